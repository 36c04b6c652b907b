"""The one place that knows where the schema and the templates are."""

import json
from importlib.resources import files
from typing import Any


def schema_text() -> str:
    """The JSON Schema of a spec, as text."""
    return (files("regspec.schemas") / "registry-spec.schema.json").read_text("utf-8")


def schema() -> dict[str, Any]:
    """The JSON Schema of a spec, as data."""
    data: dict[str, Any] = json.loads(schema_text())
    return data


def template_text(name: str) -> str:
    """The text of one template, by the name of its file."""
    return (files("regspec.templates") / name).read_text("utf-8")
