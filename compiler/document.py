"""One YAML document: its plain data, and a line and a column for every path of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .composer import Composer, Extent, NotADocument, SyntaxProblem, first_unreadable
from .diagnostics import Path, Place, Span, holds_login
from .places import Lines, Mask

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Document", "NotADocument", "SyntaxProblem", "parse"]


@dataclass(frozen=True)
class Document:
    """One YAML document: its plain data, and where each path of it stands."""

    text: str = field(repr=False)
    data: Any = field(repr=False)

    @cached_property
    def _extents(self) -> dict[Path, Extent]:
        """The places are looked for only when one is shown, in a second reading."""
        extents: dict[Path, Extent] = {}
        Composer(self.text, extents).compose()
        return extents

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)

    @cached_property
    def _paths_by_line(self) -> dict[int, list[Path]]:
        """The paths whose key or scalar value covers a line, by the line's index."""
        paths: dict[int, list[Path]] = {}
        for path, extent in self._extents.items():
            covered = set()
            for at in (extent.key, extent.value if extent.scalar else None):
                if at:
                    last = max(at[0], at[1] - 1)
                    covered |= set(range(self._lines.index(at[0]), self._lines.index(last) + 1))
            for line in covered:
                paths.setdefault(line, []).append(path)
        return paths

    def span(self, place: Place, is_public: Callable[[Path], bool]) -> Span:
        """The line and column of a place, with an excerpt that shows only what is public.

        Args:
            place: where; a path that does not exist stands for the nearest one above it.
            is_public: whether the value of a path may be shown.
        """
        path = place.path
        while path and path not in self._extents:
            path = path[:-1]
        extent = self._extents.get(path)
        if extent is None:
            return self._lines.span(0)
        start, end = extent.key if place.on_key and extent.key else extent.value
        if place.part and path == place.path:
            start, end = self._part(path, start, end, *place.part)
        paths = self._paths_by_line.get(self._lines.index(start), [])
        hidden = [
            self._extents[other].value
            for other in paths
            if self._extents[other].scalar
            and (not is_public(other) or holds_login(str(self._value(other))))
        ]
        # Below a secret, or below what nobody knows, a key may be the secret itself.
        hidden += [
            key
            for other in paths
            if (key := self._extents[other].key) and not is_public(other[:-1])
        ]
        shown = extent.scalar or (place.on_key and extent.key is not None)
        if not shown or any(first < end and start < last for first, last in hidden):
            return self._lines.span(start)
        known = [key for other in paths if (key := self._extents[other].key)]
        known += [self._extents[other].value for other in paths if self._extents[other].scalar]
        return self._lines.span(start, end, Mask(known, hidden))

    def _part(self, path: Path, start: int, end: int, first: int, last: int) -> tuple[int, int]:
        """Where a part of a value stands: the same occurrence of the same characters.

        A value's text is not its characters in the document (quotes, escapes, indentation),
        but words in it are, in the same order.
        """
        value = str(self._value(path))
        wanted = value[first:last]
        found = start - 1
        for _ in range(value.count(wanted, 0, first) + 1):
            found = self.text.find(wanted, found + 1, end)
            if found < 0:
                return start, end
        return found, found + len(wanted)

    def _value(self, path: Path) -> Any:
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
