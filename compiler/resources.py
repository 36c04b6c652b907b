"""The one place that knows where the schema and the templates are."""

import json
from typing import Any


def _text(package: str, name: str) -> str:
    # Most commands need neither, and this import takes longer than the rest of theirs.
    from importlib.resources import files  # noqa: PLC0415

    return (files(package) / name).read_text("utf-8")


def schema_text() -> str:
    """The JSON Schema of a spec, as text."""
    return _text("regspec.schemas", "registry-spec.schema.json")


def schema() -> dict[str, Any]:
    """The JSON Schema of a spec, as data."""
    data: dict[str, Any] = json.loads(schema_text())
    return data


def template_text(name: str) -> str:
    """The text of one template, by the name of its file."""
    return _text("regspec.templates", name)
