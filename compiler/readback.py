"""Artifacts read back in the forms that regspec writes: quickly, or not at all.

It may only say what surely every reader says. Whatever else stands in a text is a doubt, and the
readers of PyYAML and tomllib decide, which take longer to import than a spec takes to compile.
"""

from __future__ import annotations

import json
import re

from .emit import is_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_INTEGER = r"(?:0|[1-9][0-9]{0,8})"
_PLAIN = r"[ !#-\[\]-~]*"
_TEXT = rf'"{_PLAIN}(?:\\["\\]{_PLAIN})*"'
"""Quoted printable ASCII, which TOML and JSON spell alike."""
_NAME = rf"(?:[A-Za-z0-9_-]+|{_TEXT})"
_NAMES = re.compile(_NAME)
_TABLE = re.compile(rf"\[({_NAME}(?:\.{_NAME})*)\]\Z")
_VALUE = re.compile(rf"(?:({_TEXT})|\[(?:{_TEXT}(?:, {_TEXT})*)?\]|{{}}|true|false|{_INTEGER})\Z")
_LINE = re.compile(rf"( *)(- )?(?:({_NAME}):(?: (?=.)|\Z))?([^ ].*)?\Z")


class _Doubt(Exception):  # noqa: N818 - not an error
    """A text is not in one of our forms."""


class _Blocks:
    """The mappings and lists around a line, and the place that has no value yet."""

    def __init__(self) -> None:
        self.data: list[Any] = [None]
        self.opened: list[tuple[int, Any]] = []
        self.empty: tuple[int, Any, Any] | None = (-1, self.data, 0)
        """How far its line is indented, the mapping or list, and the key or index in it."""

    def at(self, indent: int, kind: type) -> Any:
        """The mapping or list whose lines are indented so far; it begins where a value lacks."""
        if self.empty:
            above, around, key = self.empty
            if indent <= above:
                raise _Doubt
            around[key] = kind()
            self.empty = None
            self.opened.append((indent, around[key]))
        while self.opened and self.opened[-1][0] > indent:
            self.opened.pop()
        if not self.opened or self.opened[-1][0] != indent:
            raise _Doubt
        around = self.opened[-1][1]
        if type(around) is not kind:
            raise _Doubt
        return around

    def add(self, indent: int, key: str | None) -> None:
        """Add a key, or an item without a key, which has no value yet."""
        around = self.at(indent, list if key is None else dict)
        if key is None:
            around.append(None)
        elif key in around:
            raise _Doubt
        self.empty = (indent, around, len(around) - 1 if key is None else key)

    def fill(self, value: Any) -> None:
        """Give the place that has none its value."""
        if self.empty:
            _, around, key = self.empty
            around[key], self.empty = value, None


def yaml(text: str) -> Any:
    """The data of one YAML document in block style: mappings, lists, text, true and false, numbers.

    Returns:
        The data; none if there is something else in it, or it is broken.
    """
    blocks, lines = _Blocks(), text.removeprefix("---\n").split("\n")
    if lines.pop():
        return None  # the last line is not whole
    lines.reverse()
    try:
        while lines:
            line = lines.pop()
            if not line or (line[0] == "#" and line.isascii() and line.isprintable()):
                continue
            found = _LINE.match(line)
            if not found or not (found[2] or found[3]):
                return None
            blanks, dash, name, value = found.groups()
            indent = len(blanks)
            if dash:
                blocks.add(indent, None)
            if name:
                key = _unquoted(name)
                if key is name and not is_text(key):
                    return None
                blocks.add(indent + len(dash or ""), key)
            if value == "|":
                blocks.fill(_literal(lines, indent))
            elif value:
                blocks.fill(_scalar(value))
    except _Doubt:
        return None
    return None if blocks.empty else blocks.data[0]


def _scalar(value: str) -> Any:
    found = _VALUE.match(value)
    if found:
        return _unquoted(value) if found[1] else json.loads(value)
    if is_text(value):
        return value
    raise _Doubt


def _literal(lines: list[str], above: int) -> str:
    """The text of a literal block, whose lines are taken off the end of the list."""
    first = lines[-1] if lines else ""
    indent = len(first) - len(first.lstrip(" "))
    if indent <= above or indent == len(first):
        raise _Doubt
    block = []
    while lines and (not lines[-1] or lines[-1].startswith(first[:indent])):
        line = lines.pop()[indent:]
        if not (line.isascii() and line.isprintable()) or (line and not line.strip(" ")):
            raise _Doubt
        block.append(line)
    return "\n".join(block).rstrip("\n") + "\n"


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
        if key not in table and is_text(key) and _VALUE.match(value):
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
    if not name.startswith('"'):
        return name
    text: str = json.loads(name) if "\\" in name else name[1:-1]
    return text
