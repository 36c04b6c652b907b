"""A text that was read: its plain data, and a line and a column for every path of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import islice

from .composer import Composer, Extent, NotADocument, SyntaxProblem, first_unreadable
from .frozen import frozen
from .places import Lines, Showing, Stretch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .diagnostics import Path, Place, Span

_WORD = r"[^\s,]+"
_MOST_WORDS = 500_000
"""How many words of a value are looked for; a mirror string with 100,000 entries has as many."""
_NEAR = 4096
"""How many characters of quoting and indentation may stand before a word."""

__all__ = ["Document", "Extent", "NotADocument", "SyntaxProblem", "parse"]


def _extents_of_spec(text: str) -> dict[Path, Extent]:
    extents: dict[Path, Extent] = {}
    Composer(text, extents).compose()
    return extents


@frozen
class _Run:
    """Characters of a value that stand in the text as they are."""

    start: int
    """The first one in the value."""
    end: int
    """The last one in the value, exclusive."""
    in_text: int
    """The first one in the text."""


def _spelt_alike(text: str, start: int, end: int, value: str) -> Iterator[_Run]:
    """The runs of a value in the order of the text: all of it, or else its words.

    A value's text is not its characters in the document (quotes, escapes, indentation), but words
    in it are, in the same order. Each is looked for near the one before it, so that the time is
    linear in the value.

    Args:
        text: the whole text.
        start: the first character of the value in it.
        end: the last one, exclusive.
        value: what it stands for.
    """
    for quote in (0, 1):
        if text.startswith(value, start + quote):
            yield _Run(0, len(value), start + quote)
            return
    at, before = start, 0
    for match in islice(re.finditer(_WORD, value), _MOST_WORDS):
        word = match[0]
        at += match.start() - before  # nothing is shorter in the text than in the value
        found = text.find(word, at, min(end, at + len(word) + _NEAR))
        if found >= 0:
            yield _Run(match.start(), match.end(), found)
        at, before = max(at, found) + len(word), match.end()


class Document:
    """A text that was read: its plain data, and where each path of it stands.

    Args:
        text: the text.
        data: its data.
        read_extents: finds the places in the text, in the way of its syntax.
    """

    def __init__(
        self,
        text: str,
        data: Any,
        read_extents: Callable[[str], dict[Path, Extent]] = _extents_of_spec,
    ) -> None:
        self.text = text
        self.data = data
        self.read_extents = read_extents
        self._runs: dict[Path, list[_Run]] = {}
        """The runs of each value of which a part was looked for."""

    @cached_property
    def _extents(self) -> dict[Path, Extent]:
        """The places are looked for only when one is shown, in a second reading."""
        return self.read_extents(self.text)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)

    @cached_property
    def _stretches(self) -> list[tuple[int, int, Path, bool]]:
        """The keys and scalars in the order of the text: start, end, path, whether a key."""
        stretches = []
        for path, extent in self._extents.items():
            if extent.key:
                stretches.append((*extent.key, path, True))
            if extent.scalar:
                stretches.append((*extent.value, path, False))
        return sorted(stretches, key=lambda stretch: stretch[:2])

    @cached_property
    def _ends(self) -> list[int]:
        """Where the stretches end, also in order, for none is inside another."""
        return [stretch[1] for stretch in self._stretches]

    def offset(self, place: Place) -> int:
        """The first character of a place, by which findings are sorted."""
        return self._at(place)[1]

    def extent(self, path: Path) -> tuple[int, int] | None:
        """The first and last (exclusive) character of a value, where it is written itself."""
        extent = self._extents.get(path)
        return extent.value if extent else None

    def written(self, place: Place) -> tuple[int, int] | None:
        """The characters of a key, of a text, or of a part of it; none if they are not just so.

        An alias is written elsewhere, and a part may be spelt with escapes.
        """
        extent = self._extents.get(place.path)
        if extent is None or not (place.on_key or extent.scalar):
            return None
        _, start, end = self._at(place)
        if place.part:
            first, last = place.part
            if self.text[start:end] != str(self.value(place.path))[first:last]:
                return None
        return start, end

    def shown_lines(self, showing: Showing) -> list[str]:
        """Every line of the text, with what may be shown of it; no comments."""
        lines, shown = self._lines, []
        stretches = iter(self._stretches)
        ahead = next(stretches, None)
        near: list[Stretch] = []
        for first, last in lines.all():
            near = [stretch for stretch in near if stretch.end > first]
            while ahead and ahead[0] < last:
                begin, stop, path, is_key = ahead
                visible = showing.key(path) if is_key else self._shown(path, showing)
                near.append(Stretch(begin, stop, visible))
                ahead = next(stretches, None)
            shown.append(lines.shown(first, last, near))
        return shown

    def _at(self, place: Place) -> tuple[Path, int, int]:
        """The path that a place stands for, and its first and last (exclusive) character."""
        path = place.path
        while path and path not in self._extents:
            path = path[:-1]
        extent = self._extents.get(path)
        if extent is None:
            return path, 0, 0
        start, end = extent.key if place.on_key and extent.key else extent.value
        if place.part and path == place.path:
            start, end = self._part(path, start, end, *place.part)
        return path, start, end

    def span(self, place: Place, showing: Showing) -> Span:
        """The line and column of a place, with an excerpt that shows only what may be.

        Args:
            place: where; a path that does not exist stands for the nearest one above it.
            showing: what may be shown.
        """
        path, start, end = self._at(place)
        extent = self._extents.get(path)
        if extent is None:
            return self._lines.span(start)
        on_key = place.on_key and extent.key is not None
        if on_key or extent.scalar:
            if not (showing.key(path) if on_key else self._shown(path, showing)):
                return self._lines.span(start)
        elif not path or not showing.shapes:
            return self._lines.span(start)
        first, last = self._lines.window(start)
        near: list[Stretch] = []
        for index in range(bisect_right(self._ends, first - 1), len(self._stretches)):
            begin, stop, other, is_key = self._stretches[index]
            if begin >= last:
                break
            shown = showing.key(other) if is_key else self._shown(other, showing)
            near.append(Stretch(begin, stop, shown))
        return self._lines.excerpt(start, end, near)

    def _shown(self, path: Path, showing: Showing) -> bool:
        return showing.value(path, self.value(path))

    def _part(self, path: Path, start: int, end: int, first: int, last: int) -> tuple[int, int]:
        """Where a part of a value stands; the whole value, if the part is not spelt as it is."""
        if path not in self._runs:
            self._runs[path] = list(_spelt_alike(self.text, start, end, str(self.value(path))))
        begin, stop = self._in_text(path, first), self._in_text(path, last - 1)
        if begin is None or stop is None or stop + 1 - begin != last - first:
            return start, end
        return begin, stop + 1

    def _in_text(self, path: Path, offset: int) -> int | None:
        """Where a character of a value stands in the text, if its word is spelt as it is."""
        runs = self._runs[path]
        index = bisect_right(runs, offset, key=lambda run: run.start) - 1
        if index < 0 or offset >= runs[index].end:
            return None
        return runs[index].in_text + offset - runs[index].start

    def value(self, path: Path) -> Any:
        """The data at a path."""
        value = self.data
        for step in path:
            value = value[step]
        return value


def parse(text: str) -> Document:
    """Read a text as one document.

    Args:
        text: YAML, without a byte order mark.

    Raises:
        NotADocument: it is not YAML, not one document, nested too deeply, has a key twice, …
    """
    unreadable = first_unreadable(text)
    if unreadable:
        raise NotADocument(text, [unreadable])
    composer = Composer(text, None)
    data = composer.compose()
    if composer.problems:
        raise NotADocument(text, composer.problems)
    return Document(text, data)
