"""Stretches of a text: their lines and columns, and what of a line may be shown."""

from __future__ import annotations

import re
from bisect import bisect_right

from .diagnostics import Span, printable
from .frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .diagnostics import Path

_LONGEST_LINE = 160
_BEFORE_MARK = 60
# An anchor, an alias, a tag or a directive: its name could be anything.
_NAME = re.compile(r"[&*!%][^\s,\[\]{}]*")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@frozen
class Showing:
    """What of a document may be shown in messages."""

    value: Callable[[Path, Any], bool]
    """Whether the scalar at a path may be."""
    key: Callable[[Path], bool]
    """Whether the last key of a path may be."""
    shapes: bool = False
    """Whether the signs around values and keys may be, such as the braces of a mapping."""


@frozen
class Stretch:
    """A key or a scalar: its first and last (exclusive) character, and whether it is shown."""

    start: int
    end: int
    shown: bool


class Lines:
    """The lines of a text, as editors count them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._breaks = _LINE_BREAK.finditer(text)
        self._starts = [0]
        """The starts of the first lines: of the lines that were needed, and the next one."""

    def index(self, offset: int) -> int:
        """The line that a character is on, counted from 0."""
        starts = self._starts
        while starts[-1] <= offset and (line_break := next(self._breaks, None)):
            starts.append(line_break.end())
        return bisect_right(starts, offset) - 1

    def window(self, offset: int) -> tuple[int, int]:
        """The part of its line that is shown around a character: first and last (exclusive)."""
        first = self._starts[self.index(offset)]
        line_end = _LINE_BREAK.search(self.text, first)
        last = line_end.start() if line_end else len(self.text)
        if last - first > _LONGEST_LINE:
            first = max(first, offset - _BEFORE_MARK)
        return first, min(last, first + _LONGEST_LINE)

    def all(self) -> Iterator[tuple[int, int]]:
        """The first and last (exclusive) character of every line, without its break."""
        starts = self._starts[: self.index(len(self.text)) + 1]
        for index, first in enumerate(starts):
            if first == len(self.text):
                return
            after = starts[index + 1] if index + 1 < len(starts) else len(self.text)
            yield first, first + len(self.text[first:after].rstrip("\r\n"))

    def shown(self, first: int, last: int, stretches: Sequence[Stretch]) -> str:
        """A line, with what may be shown of it."""
        parts = (printable(shown) for _, shown in self._shown(first, last, stretches))
        return "".join(parts).rstrip()

    def span(self, start: int) -> Span:
        """The line and column of a character, without an excerpt."""
        line = self.index(start)
        return Span(line + 1, start - self._starts[line] + 1)

    def excerpt(self, start: int, end: int, stretches: Sequence[Stretch]) -> Span:
        """The span of a stretch of characters on its first line, with what may be shown of it.

        Args:
            start: the first character that is meant.
            end: the last one (exclusive).
            stretches: the keys and scalars in the window of `start`, in order.
        """
        first, last = self.window(start)
        excerpt, mark_from, mark_to = "", None, 0
        for offset, shown in self._shown(first, last, stretches):
            if offset == start:
                mark_from = len(excerpt)
            if shown == "#" and excerpt.endswith("#"):
                excerpt += "\\x23"  # as in `inert`, where it moves no mark
            else:
                excerpt += " " if shown == "\t" else printable(shown)
            if offset < min(end, last):
                mark_to = len(excerpt)
        if mark_from is None:
            mark_from = len(excerpt)
        span = self.span(start)
        line_end = _LINE_BREAK.search(self.text, start)
        end = min(end, line_end.start() if line_end else len(self.text))
        end_column = span.column + end - start if end > start else 0
        return Span(span.line, span.column, excerpt.rstrip(), (mark_from, mark_to), end_column)

    def _shown(
        self, first: int, last: int, stretches: Sequence[Stretch]
    ) -> Iterator[tuple[int, str]]:
        """Each character of a window with its offset; what is hidden as one `...`."""
        position = first
        for stretch in stretches:
            yield from self._between(position, min(stretch.start, last))
            begin, end = max(stretch.start, first), min(stretch.end, last)
            if stretch.shown:
                yield from enumerate(self.text[begin:end], begin)
            elif begin < end:
                yield begin, "..."
            position = max(position, end)
        yield from self._between(position, last)

    def _between(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """What stands between keys and scalars: punctuation, but no comment and no name."""
        text = self.text[first:last]
        comment = text.find("#")
        if comment >= 0:
            text = text[:comment]
        position = 0
        for name in _NAME.finditer(text):
            yield from enumerate(text[position : name.start()], first + position)
            yield first + name.start(), "..."
            position = name.end()
        yield from enumerate(text[position:], first + position)
