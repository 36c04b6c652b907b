"""The one place that knows where the schema and the templates are."""

from __future__ import annotations

import json
import os
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
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


def docstring(function: Callable[..., Any]) -> str:
    """The docstring of a function: a manual or a help, which users read.

    `python -OO` drops docstrings. Then it is read from the source.

    Returns:
        The docstring; or, where there is no source either, a sentence that says so.
    """
    if function.__doc__ is not None:
        return function.__doc__
    import ast
    import inspect
    import textwrap

    try:
        source = textwrap.dedent(inspect.getsource(function))
    except OSError:
        return "This text is missing: Python runs with -OO, and the source is not installed."
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef)  # noqa: S101 - for the type checker
    return ast.get_docstring(definition, clean=False) or ""
