"""Stretches of a text: their lines and columns, and what of a line may be shown."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .diagnostics import Span, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_LINE = 160
_BEFORE_MARK = 60
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Mask:
    """What of a line can be shown: keys and public values, but no comment and no secret."""

    known: list[tuple[int, int]]
    hidden: list[tuple[int, int]]

    def show(self, text: str, first: int, last: int) -> Iterator[tuple[int, str]]:
        """Each character of a line with its offset, what is hidden as one `...`."""
        position = first
        while position < last:
            cover = next((b for a, b in self.hidden if a <= position < b), None)
            if cover is not None:
                yield position, "..."
                position = cover
                continue
            if text[position] == "#" and not any(a <= position < b for a, b in self.known):
                return
            yield position, text[position]
            position += 1


class Lines:
    """The lines of a text, as editors count them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]

    def index(self, offset: int) -> int:
        """The line that a character is on, counted from 0."""
        return bisect_right(self.starts, offset) - 1

    def span(self, start: int, end: int = 0, mask: Mask | None = None) -> Span:
        """The span of a stretch of characters on its first line; without a mask, no excerpt."""
        line = self.index(start)
        first = self.starts[line]
        if mask is None:
            return Span(line + 1, start - first + 1)
        stop = _LINE_BREAK.search(self.text, first)
        last = stop.start() if stop else len(self.text)
        shown_from = max(first, start - _BEFORE_MARK) if last - first > _LONGEST_LINE else first
        shown_to = min(last, shown_from + _LONGEST_LINE)
        excerpt, mark_from, mark_to = "", None, 0
        for offset, shown in mask.show(self.text, shown_from, shown_to):
            if offset == start:
                mark_from = len(excerpt)
            excerpt += " " if shown == "\t" else printable(shown)
            if offset < min(end, last):
                mark_to = len(excerpt)
        if mark_from is None:
            mark_from = len(excerpt)
        return Span(line + 1, start - first + 1, excerpt.rstrip(), (mark_from, mark_to))
