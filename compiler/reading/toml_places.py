"""Where each key and value of a TOML text stands: tomllib has the values without locations."""

from __future__ import annotations

import re
import tomllib

from .. import limits
from ..document import Document, Extent, NotADocument, SyntaxProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..diagnostics import Path

_BETWEEN = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_BLANKS = re.compile(r"[ \t]*")
# Possessive: for each step that may be taken back, Python's matcher keeps 100 bytes.
# A group that repeats possessively must not fail half-way: Python before 3.11.5 goes on from there.
_LONG = r"\"\"\"(?:(?:\"\"?)?(?:[^\"\\]++|\\.))*+\"{3,5}|'''(?:(?:''?)?[^']++)*+'{3,5}"
_SHORT = r'"(?:[^"\\\n]++|\\.)*+"' + r"|'[^'\n]*+'"
_KEY = re.compile(rf"{_SHORT}|[A-Za-z0-9_-]+")
_SCALAR = re.compile(rf"{_LONG}|{_SHORT}|[^\s,\]}}#]+(?: [0-9][^\s,\]}}#]*)?", re.DOTALL)
_WORDS = re.compile(r" ?(?:\(.*\)|'[^']{2,}'|\"[^\"]{2,}\")")
"""What of the words of tomllib is of the text."""
_AT = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)\Z")


def parse(text: str) -> Document:
    """Read a TOML text.

    Args:
        text: with or without a byte order mark.

    Raises:
        NotADocument: it is not TOML, or beyond a limit.
    """
    text = text.removeprefix("\ufeff")
    try:
        return Document(text, limits.load_toml(text, tomllib.loads), extents)
    except tomllib.TOMLDecodeError as error:
        raise NotADocument(text, [_problem(text, str(error))]) from None
    except limits.TooMuch as why:
        raise NotADocument(text, [SyntaxProblem(0, 0, str(why))]) from None


def _problem(text: str, said: str) -> SyntaxProblem:
    """What tomllib says, which may quote a character of the text, and so a key; without it."""
    at = _AT.search(said)
    start = len(text)
    if at and at[1]:
        before = text.split("\n")[: int(at[1]) - 1]
        start = sum(len(line) + 1 for line in before) + int(at[2]) - 1
    message = _WORDS.sub("", _AT.sub("", said)).strip()
    start = min(start, len(text))
    return SyntaxProblem(start, start, f"this is not TOML: {message[:1].lower()}{message[1:]}")


def extents(text: str) -> dict[Path, Extent]:
    """The place of every path of a TOML text.

    Args:
        text: which tomllib reads.
    """
    return _Scanner(text).scan()


class _Scanner:
    """Goes through a TOML text once, and trusts that it is one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, Extent] = {}
        self.tables: dict[Path, int] = {}
        """How many tables each array of tables has had so far."""

    def scan(self) -> dict[Path, Extent]:
        """The place of every path."""
        table: Path = ()
        self._skip(_BETWEEN)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BETWEEN)
        return self.found

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _header(self) -> Path:
        start = self.at
        of_array = self.text.startswith("[[", start)
        self.at += 2 if of_array else 1
        path: Path = ()
        keys = self._keys()
        self.at += 2 if of_array else 1
        for index, (key, at) in enumerate(keys):
            path = (*path, key)
            last = index == len(keys) - 1
            self.found.setdefault(path, Extent(at, (start, self.at), scalar=False))
            if last and of_array:
                self.tables[path] = self.tables.get(path, -1) + 1
            if path in self.tables:
                path = (*path, self.tables[path])
                self.found.setdefault(path, Extent(None, (start, self.at), scalar=False))
        return path

    def _keys(self) -> list[tuple[str, tuple[int, int]]]:
        """A dotted key: each part, and where it stands."""
        keys = []
        while True:
            self._skip(_BLANKS)
            match = _KEY.match(self.text, self.at)
            if not match:
                raise ValueError("no key")
            written = match[0]
            quoted = written[0] in "\"'"
            name = str(tomllib.loads(f"x = {written}")["x"]) if quoted else written
            keys.append((name, match.span()))
            self.at = match.end()
            self._skip(_BLANKS)
            if self.text[self.at : self.at + 1] != ".":
                return keys
            self.at += 1

    def _pair(self, table: Path) -> None:
        """`KEY = VALUE`, of a table or of one in braces."""
        start = self.at
        keys = self._keys()
        self.at += 1  # the `=`
        self._skip(_BLANKS)
        path = (*table, *(key for key, _ in keys))
        for length in range(1, len(keys)):
            above = path[: len(table) + length]
            self.found.setdefault(
                above, Extent(keys[length - 1][1], (start, self.at), scalar=False)
            )
        self._value(path, keys[-1][1])

    def _value(self, path: Path, key: tuple[int, int] | None) -> None:
        start = self.at
        opening = self.text[start]
        if opening in "[{":
            self.at += 1
            self._skip(_BETWEEN)
            count = 0
            while self.text[self.at] not in "]}":
                if opening == "[":
                    self._value((*path, count), None)
                else:
                    self._pair(path)
                count += 1
                self._skip(_BETWEEN)
                if self.text[self.at] == ",":
                    self.at += 1
                    self._skip(_BETWEEN)
            self.at += 1
        else:
            self._skip(_SCALAR)
        self.found[path] = Extent(key, (start, self.at), scalar=opening not in "[{")
