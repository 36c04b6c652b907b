"""TOML as containerd 1.x reads it: go-toml 1.9.5, which takes other texts than the standard.

It accepts line breaks in an inline table, control characters in a comment, and a key behind the
header of a table. It refuses a bracket in a quoted key of a header, and a date that ends a line.

Source: lexer.go, parser.go, keysparsing.go in github.com/pelletier/go-toml@v1.9.5.
"""

from __future__ import annotations

import datetime as dt
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    _Table = dict[str, Any]
else:
    _Table = dict

_DEEPEST = 200
_LARGEST = 2**64
_BLANK = re.compile(r"[ \t]*")
_BLANKS_AND_LINES = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"#(?:[^\r\n]|\r(?!\n))*")
_HEADER = re.compile(r"\[\[([^\[\]]*)\]\]|\[([^\[\]]+)\]")
_KEY = re.compile(r"[^\r\n=]")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PART = re.compile(r"[A-Za-z0-9_ '\"-]")
_AFTER_BARE = re.compile(r"[ \t]*(?:\.|\Z)")
_LINE_BREAK = re.compile(r"\r\n|\n|")
_LITERAL = re.compile(r"'''(?:\r\n|\n)?(.*?)'''|'(?!'')(.*?)'", re.DOTALL)
_RUN = re.compile(r"[^\\\"\x00-\x08\x0a-\x1f]+")
_BASED = re.compile(r"0(?:x([0-9a-fA-F_]+)|o([0-7_]+)|b([01_]+))")
_NUMBER = re.compile(r"[+-]?[0-9_]+(\.[0-9][0-9_]*)?((?:[eE][+-]?[0-9_]*)*)")
_WORD = re.compile(r"(true|false)|[+-]?(?:inf|nan)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?")
_OFFSET = re.compile(r"Z|[+-][0-9]{2}:[0-9]{2}|")
_ESCAPED = {
    '"': '"',
    "n": "\n",
    "b": "\b",
    "f": "\f",
    "/": "/",
    "t": "\t",
    "r": "\r",
    "\\": "\\",
}


class Invalid(ValueError):  # noqa: N818 - it says what the text is
    """A text that go-toml 1.9.5 refuses; the message says why and where."""


class NoValue(Invalid):
    """Something else stands where a value belongs; go-toml 1.9.4, in Debian, panics there."""


class Moment:
    """A date or a time; no setting of containerd has one."""


class _Inline(_Table):
    """An inline table, which nothing may extend later."""


def loads(text: str) -> dict[str, Any]:
    """The data of a text, with the tables in the order of their first line.

    Raises:
        Invalid: go-toml 1.9.5 refuses the text, or the text is nested beyond reason.
    """
    return _Reader(text).read()


class _Reader:
    """One text, read from the front."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._root: dict[str, Any] = {}
        self._table: list[str] = []
        self._headers: list[str] = []
        """The headers so far, as they are written: only the same text is a duplicate."""

    def read(self) -> dict[str, Any]:
        """All statements of the text."""
        while self._skip(lines=True):
            if self._peek() == "[":
                self._header()
            else:
                self._assign()
        return self._root

    def _refused(self, why: str) -> Invalid:
        line = self._text.count("\n", 0, self._at) + 1
        return Invalid(f"{why} (at line {line})")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def _skip(self, *, lines: bool) -> bool:
        """Skip blanks, comments and optionally line breaks. Whether anything is left."""
        while True:
            self._take(_BLANKS_AND_LINES if lines else _BLANK)
            if not self._take(_COMMENT):
                return self._at < len(self._text)

    def _header(self) -> None:
        """`[a.b]` or `[[a.b]]`; what follows may be on the same line."""
        match = self._take(_HEADER)
        if not match:
            raise self._refused("the header of a table is not closed, or has a bracket in a key")
        array = match[1] is not None
        written = match[1] if array else match[2]
        keys = self._keys(written)
        if array:
            parent = self._below(self._root, keys[:-1])
            tables = parent.setdefault(keys[-1], [])
            if not _are_tables(tables):
                raise self._refused(f"`{written}` is not an array of tables")
            tables.append({})
            self._headers = [one for one in self._headers if not one.startswith(f"{written}.")]
        else:
            if written in self._headers:
                raise self._refused("duplicated tables")
            if isinstance(self._below(self._root, keys), _Inline):
                raise self._refused(f"`{written}` is an inline table")
        self._headers.append(written)
        self._table = keys

    def _below(self, table: dict[str, Any], keys: list[str]) -> dict[str, Any]:
        """The table at some keys, made where it is missing; of an array, the last table."""
        for key in keys:
            found = table.setdefault(key, _Inline() if isinstance(table, _Inline) else {})
            if isinstance(found, list) and found and _are_tables(found):
                found = found[-1]
            if not isinstance(found, dict):
                raise self._refused(f"`{key}` is not a table")
            table = found
        return table

    def _assign(self) -> None:
        """`a.b = value`."""
        *path, last = self._equation()
        value = self._value(0)
        table = self._below(self._root, [*self._table, *path])
        if isinstance(table, _Inline):
            raise self._refused("an inline table cannot be extended")
        if last in table:
            raise self._refused(f"the key `{last}` was defined twice")
        table[last] = value
        self._skip(lines=False)
        if self._peek() not in ("", "\n", "\r"):
            raise self._refused("something follows a value")

    def _equation(self) -> list[str]:
        """The keys before `=`."""
        written = []
        while self._take(_KEY):
            character = self._text[self._at - 1]
            if character in "\"'":
                self._at -= 1
                written.append(f"{character}{self._quoted()}{character}")
            elif character in " \t":
                self._take(_BLANK)
                written.append(character)
                if self._peek() != ".":
                    break
            elif character == "." or _BARE.match(character):
                written.append(character)
                if character == ".":
                    self._take(_BLANK)
            else:
                raise self._refused(f"a key cannot contain {character!r}")
        if self._peek() in ("\n", "\r") and (not written or written[-1] not in (" ", "\t")):
            raise self._refused("a key cannot contain a line break")
        keys = self._keys("".join(written))
        self._skip(lines=True)
        if self._peek() != "=":
            raise self._refused("a key has no value")
        self._at += 1
        return keys

    def _quoted(self) -> str:
        """The text of a quoted key; a basic one may have line breaks."""
        if self._peek() == '"':
            self._at += 1
            return self._basic('"', lines=True)
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise self._refused("a string is not closed")
        text = self._text[self._at + 1 : end]
        self._at = end + 1
        return text

    def _keys(self, written: str) -> list[str]:
        """The parts of a dotted key. Escapes have no meaning here any more."""
        keys, at = [], 0
        while True:
            while written[at : at + 1] in (" ", "\t"):
                at += 1
            first = written[at : at + 1]
            if not first:
                break
            if first in "\"'":
                end = written.find(first, at + 1)
                if end < 0:
                    raise self._refused("a quoted key is not closed")
                keys.append(written[at + 1 : end])
                at = end + 1
            elif first == ".":
                at += 1
                if not _PART.match(written, at):
                    raise self._refused("a part of a key is missing")
            elif bare := _BARE.match(written, at):
                keys.append(bare[0])
                at = bare.end()
                if not _AFTER_BARE.match(written, at):
                    raise self._refused("a key has something behind a part of it")
            else:
                raise self._refused(f"a key cannot contain {first!r}")
        if not keys:
            raise self._refused("a key is empty")
        return keys

    def _value(self, depth: int) -> Any:
        """The value after `=`, on the same line; in an array, also on a later line."""
        if depth > _DEEPEST:
            raise self._refused("nested too deeply")
        self._take(_BLANK)
        character = self._peek()
        if character == '"':
            self._at += 1
            if self._text.startswith('""', self._at):
                self._at += 2
                self._take(_LINE_BREAK)
                return self._basic('"""', lines=True)
            return self._basic('"', lines=False)
        if character == "[":
            return self._array(depth)
        if character == "{":
            return self._inline(depth)
        for read in (self._literal, self._word, self._moment, self._integer, self._number):
            start = self._at
            value = read()
            if self._at > start:
                return value
        raise self._without_value()

    def _without_value(self) -> Invalid:
        """What is wrong where no value is.

        Source: parseRvalue in parser.go. It has no case for the beginning of another statement, a
        comma or a closing bracket.
        """
        refused = self._refused("a value is missing or not of TOML")
        something = self._peek() in (",", "]", "}")
        if self._peek() in ("\n", "\r"):
            something = self._skip(lines=True) and self._peek() != "="
        return NoValue(str(refused)) if something else refused

    def _literal(self) -> str:
        match = self._take(_LITERAL)
        return (match[1] if match[1] is not None else match[2]) if match else ""

    def _word(self) -> bool | float:
        match = self._take(_WORD)
        if not match:
            return False
        return match[1] == "true" if match[1] else float(match[0])

    def _basic(self, terminator: str, *, lines: bool) -> str:
        parts = []
        while not self._text.startswith(terminator, self._at):
            if run := self._take(_RUN):
                parts.append(run[0])
                continue
            character = self._peek()
            self._at += 1
            if character == "\\":
                parts.append(self._escape())
            elif character == '"' or (lines and character in ("\n", "\r")):
                parts.append(character)
            elif character:
                raise self._refused("unescaped control character")
            else:
                raise self._refused("a string is not closed")
        self._at += len(terminator)
        return "".join(parts)

    def _escape(self) -> str:
        kind = self._peek()
        self._at += 1
        if kind in _ESCAPED:
            return _ESCAPED[kind]
        if kind and kind in " \t\r\n":
            self._take(_BLANKS_AND_LINES)
            return ""
        digits = {"u": 4, "U": 8}.get(kind, 0)
        code = self._text[self._at : self._at + digits]
        if not digits or not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", code):
            raise self._refused("invalid escape sequence")
        self._at += digits
        number = int(code, 16)
        is_character = number < 0xD800 or 0xDFFF < number < 0x110000  # noqa: PLR2004 - surrogates
        return chr(number) if is_character else "\ufffd"

    def _array(self, depth: int) -> list[Any]:
        self._at += 1
        values: list[Any] = []
        while self._skip(lines=True) and self._peek() != "]":
            values.append(self._value(depth + 1))
            self._skip(lines=True)
            if self._peek() == ",":
                self._at += 1
            elif self._peek() != "]":
                raise self._refused("a comma is missing in an array")
        if not self._peek():
            raise self._refused("an array is not closed")
        self._at += 1
        return values

    def _inline(self, depth: int) -> _Inline:
        """`{a = 1, b = 2}`, also on several lines; a key twice is the later one."""
        self._at += 1
        table = _Inline()
        self._skip(lines=True)
        while self._peek() != "}":
            *path, last = self._equation()
            value = self._value(depth + 1)
            node: dict[str, Any] = table
            for key in path:
                below = node.setdefault(key, {})
                node = below if isinstance(below, dict) else node
            node[last] = value
            self._skip(lines=False)
            if self._peek() == ",":
                self._at += 1
                self._skip(lines=True)
                if self._peek() == "}":
                    raise self._refused("a comma ends an inline table")
            else:
                self._skip(lines=True)
                if self._peek() != "}":
                    raise self._refused("an inline table is not closed")
        self._at += 1
        return table

    def _moment(self) -> Moment | None:
        """A date, a time, or both. A date alone needs a blank behind it."""
        clock = self._take(_CLOCK)
        date = None if clock else self._take(_DATE)
        if date and self._peek():
            if self._peek() not in " T":
                raise self._refused("incorrect date/time separation character")
            if self._peek() == "T" or re.match(r" [0-9]{2}", self._text[self._at : self._at + 3]):
                self._at += 1
                clock = self._take(_CLOCK)
                if not clock:
                    raise self._refused("a time is not complete")
                self._take(_OFFSET)
        if not (date or clock):
            return None
        try:
            dt.date.fromisoformat(date[0] if date else "2000-01-01")
            dt.time.fromisoformat(clock[0].partition(".")[0] if clock else "00:00:00")
        except ValueError:
            raise self._refused("there is no such date or time") from None
        return Moment()

    def _integer(self) -> int:
        """A number of another base."""
        match = self._take(_BASED)
        if not match:
            return 0
        digits = next(filter(None, match.groups()))
        if digits.endswith("_") or "__" in digits or digits.startswith("_"):
            raise self._refused("invalid use of _ in a number")
        base = {"x": 16, "o": 8, "b": 2}[match[0][1]]
        return self._within(int(digits, base))

    def _within(self, number: int) -> int:
        if not -_LARGEST // 2 <= number < _LARGEST:
            raise self._refused("a number has more than 64 bits")
        return number

    def _number(self) -> int | float:
        match = self._take(_NUMBER)
        if not match:
            return 0
        written = match[0]
        if re.search(r"(?:\A|[^0-9])_|_\Z|__", written):
            raise self._refused("invalid use of _ in a number")
        plain = written.replace("_", "")
        if match[1] or match[2]:
            try:
                return float(plain)
            except ValueError:
                raise self._refused("a number is not complete") from None
        if re.match(r"0[0-9]{2}", plain):
            raise self._refused("a number begins with 0")
        if len(plain) > 24:  # noqa: PLR2004 - no number of 64 bits is longer
            raise self._refused("a number has more than 64 bits")
        return self._within(int(plain))


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)
