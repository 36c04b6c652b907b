"""Artifacts read back in the forms that regspec writes: quickly, or not at all.

It may only say what surely every reader says. Whatever else stands in a text is a doubt, and the
readers of PyYAML and tomllib decide, which take longer to import than a spec takes to compile.
"""

from __future__ import annotations

import json
import re

from .composer import Composer, NotADocument
from .emit import is_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_INTEGER = r"(?:0|[1-9][0-9]{0,8})"
_TEXT = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
"""Quoted printable ASCII, which TOML and JSON spell alike."""
_LITERAL = re.compile(rf"(?:true|false|{_INTEGER})\Z")
_NAME = rf"(?:[A-Za-z0-9_-]+|{_TEXT})"
_NAMES = re.compile(_NAME)
_TABLE = re.compile(rf"\[({_NAME}(?:\.{_NAME})*)\]\Z")
_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_VALUE = re.compile(rf"(?:{_TEXT}|\[{_TEXT}\]|true|false|{_INTEGER})\Z")


class _Doubt(Exception):  # noqa: N818 - it is no error
    """A text is not in one of our forms."""


class _Strict(Composer):
    """One reading of a YAML document of ours."""

    def _key(self, event: Any) -> None:
        if event.tag or event.anchor or (event.implicit[0] and not is_text(event.value)):
            raise _Doubt
        super()._key(event)

    def _scalar(self, event: Any) -> Any:
        if event.implicit[0] and not (_LITERAL.match(event.value) or is_text(event.value)):
            raise _Doubt
        return super()._scalar(event)


def yaml(text: str) -> Any:
    """The data of one YAML document: mappings, lists, text, true and false, numbers.

    Returns:
        The data; none if there is something else in it, or it is broken.
    """
    if "\t" in text:
        return None  # PyYAML's two parsers differ on it
    reading = _Strict(text, None)
    try:
        data = reading.compose()
    except (NotADocument, _Doubt):
        return None
    return None if reading.problems or reading.anchors else data


def toml(text: str) -> dict[str, Any] | None:
    """The data of a TOML text: tables, and pairs on lines of their own.

    Returns:
        The data; none if there is something else in it, or it is broken.
    """
    data: dict[str, Any] = {}
    table = data
    headers: set[tuple[str, ...]] = set()
    for line in (line.strip(" ") for line in text.split("\n")):
        if not line or (line.startswith("#") and line.isascii() and line.isprintable()):
            continue
        key, equals, value = line.partition(" = ")
        header = None if equals else _TABLE.match(line)
        if _BARE.match(key) and key not in table and _VALUE.match(value):
            table[key] = json.loads(value)
            continue
        names = tuple(map(_unquoted, _NAMES.findall(header[1]))) if header else ()
        if not names or names in headers:
            return None
        headers.add(names)
        table = data
        for name in names:
            table = table.setdefault(name, {})
            if type(table) is not dict:
                return None
    return data


def _unquoted(name: str) -> str:
    text: str = json.loads(name) if name.startswith('"') else name
    return text
