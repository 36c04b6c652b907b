"""The one place that knows where the schema and the templates are."""

from __future__ import annotations

import json
import os
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _text(package: str, name: str) -> str:
    # As pkgutil.get_data does it, which takes longer to import than the rest of a start.
    module: Any = import_module(package)
    content: bytes = module.__loader__.get_data(f"{os.path.dirname(module.__file__)}/{name}")
    return content.decode()


def schema_text() -> str:
    """The JSON Schema of a spec, as text."""
    return _text("regspec.schemas", "registry-spec.schema.json")


def schema() -> dict[str, Any]:
    """The JSON Schema of a spec, as data."""
    data: dict[str, Any] = json.loads(schema_text())
    return data


def template_text(name: str) -> str:
    """The text of one template, by the name of its file; `FOLDER/FILE` is one of a dialect."""
    folder, slash, file = name.rpartition("/")
    return _text(f"regspec.dialects.{folder}" if slash else "regspec.templates", file)
