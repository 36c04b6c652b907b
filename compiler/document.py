"""YAML text to plain data, and the place of every key and value in it.

regspec reads YAML more strictly than YAML 1.1 does: only `true`, `false`, `null`, `~` and
decimal numbers are not text, a key stands once, and there are no tags. So nobody's `no` or
`010` becomes something else.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from .diagnostics import Path, Place, Span, holds_login, printable, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEEPEST = 64
"""How many levels of nesting a document may have; a spec has six."""
MOST_ALIASED = 10_000
"""How many nodes the aliases of a document may stand for, all together."""
LONGEST_NUMBER = 30
"""How many characters a number may have."""
_LONGEST_LINE = 160
_BEFORE_MARK = 60

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?\Z")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class _Extent:
    """Where a key and its value stand in the text: first and last (exclusive) character."""

    key: tuple[int, int] | None
    value: tuple[int, int]
    scalar: bool
    """Whether the value is text or a number, and written at its own place (no alias)."""


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """Why a text is not a document: at which stretch of characters, and what to do."""

    start: int
    end: int
    message: str
    help: str = ""
    on_key: bool = False
    """Whether the stretch is a key, which can be shown."""


class NotADocument(Exception):  # noqa: N818 - it says what the text is not
    """The text is not one YAML document that regspec reads.

    Args:
        text: the whole text.
        problems: why, at least one.
    """

    def __init__(self, text: str, problems: list[SyntaxProblem]) -> None:
        super().__init__("not a document")
        self.text = text
        self.problems = problems

    def spans(self) -> Iterator[tuple[SyntaxProblem, Span]]:
        """Each problem with its line and column; of the text only keys are shown."""
        lines = Lines(self.text)
        for problem in self.problems:
            start, end = problem.start, problem.end
            before = self.text[lines.starts[lines.index(start)] : start]
            if problem.on_key and not before.strip(" -"):
                rest = _Mask([(start, end)], [(end + 1, len(self.text))])
                yield problem, lines.span(start, end, rest)
            else:
                yield problem, lines.span(start)


@dataclass(frozen=True)
class Document:
    """One YAML document: its plain data, and where each path of it stands."""

    text: str = field(repr=False)
    data: Any = field(repr=False)

    @cached_property
    def _extents(self) -> dict[Path, _Extent]:
        """The places are looked for only when one is shown, in a second reading."""
        extents: dict[Path, _Extent] = {}
        _Composer(self.text, extents).compose()
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
        return self._lines.span(start, end, _Mask(known, hidden))

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


@dataclass(frozen=True, slots=True)
class _Mask:
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

    def span(self, start: int, end: int = 0, mask: _Mask | None = None) -> Span:
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


def parse(text: str) -> Document:
    """Read a text as one document.

    Args:
        text: YAML, without a byte order mark.

    Raises:
        NotADocument: it is not YAML, not one document, nested too deeply, has a key twice, …
    """
    bad = _NOT_YAML.search(text)
    if bad:
        problem = SyntaxProblem(
            bad.start(),
            bad.start(),
            f"control character U+{ord(bad[0]):04X} is not allowed in YAML",
            r"remove it, or write it as an escape such as `\x07` in double quotes",
        )
        raise NotADocument(text, [problem])
    composer = _Composer(text, None)
    data = composer.compose()
    if composer.problems:
        raise NotADocument(text, composer.problems)
    return Document(text, data)


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence that is being read."""

    container: Any
    start: int
    end: int
    key: str | None = None
    key_at: tuple[int, int] | None = None
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    anchor: str | None = None
    count_before: int = 0


class _Composer:
    """One reading of a text, event by event, without recursion."""

    def __init__(self, text: str, extents: dict[Path, _Extent] | None) -> None:
        self.text = text
        self.extents = extents
        self.problems: list[SyntaxProblem] = []
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: set[str] = set()
        self.nodes = 0
        self.aliased = 0
        self.root: Any = None

    def compose(self) -> Any:
        """The data of the document; what is wrong with it is added to `problems`."""
        documents = 0
        for event in self._events():
            match event:
                case yaml.ScalarEvent() if self._is_key():
                    self._key(event)
                case yaml.ScalarEvent():
                    self._add(self._scalar(event), event, scalar=True)
                case yaml.AliasEvent() if self._is_key():
                    self._stop(event, "an alias is not a key")
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._open(event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._close(event)
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        self._stop(
                            event,
                            "a second document starts here",
                            "one file is one spec: remove this line and what follows",
                        )
        if not documents:
            self._stop(None, "the document is empty", "`regspec init` writes a spec to start from")
        return self.root

    def _events(self) -> Iterator[Any]:
        loader = _Loader(self.text)
        try:
            while (event := loader.get_event()) is not None:
                yield event
        except yaml.YAMLError as error:
            raise NotADocument(self.text, [_syntax_problem(self.text, error)]) from None
        finally:
            loader.dispose()

    def _stop(self, event: Any, message: str, advice: str = "") -> None:
        at = event.start_mark.index if event else 0
        raise NotADocument(
            self.text, [*self.problems, SyntaxProblem(at, at, message, advice)]
        ) from None

    def _is_key(self) -> bool:
        return bool(
            self.stack and isinstance(self.stack[-1].container, dict) and self.stack[-1].key is None
        )

    def _key(self, event: Any) -> None:
        frame = self.stack[-1]
        at = (event.start_mark.index, event.end_mark.index)
        key = event.value
        if key in frame.seen:
            first_line = Lines(self.text).span(frame.seen[key][0]).line
            self.problems.append(
                SyntaxProblem(
                    *at, f"{word(key)} is set twice", f"first set on line {first_line}", on_key=True
                )
            )
        frame.seen.setdefault(key, at)
        frame.key, frame.key_at = key, at

    def _scalar(self, event: Any) -> Any:
        self._refuse_tag(event)
        text = event.value
        if not event.implicit[0]:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        number = _NUMBER.match(text)
        if not number:
            return text
        if len(text) > LONGEST_NUMBER:
            at = (event.start_mark.index, event.end_mark.index)
            self.problems.append(
                SyntaxProblem(*at, "this number is too long", "put it in quotes to make it text")
            )
            return 0
        return float(text) if number[1] else int(text)

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            at = event.start_mark.index
            self.problems.append(
                SyntaxProblem(
                    at, at, "a YAML tag is not allowed here", "put text in quotes instead"
                )
            )

    def _open(self, event: Any) -> None:
        if self._is_key():
            self._stop(event, "a key must be a word")
        if len(self.stack) >= DEEPEST:
            self._stop(event, f"nested more than {DEEPEST} levels deep")
        self._refuse_tag(event)
        container: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        before = self.nodes
        start, end = event.start_mark.index, event.end_mark.index
        self._add(container, event, scalar=False)
        if event.anchor:
            self.open_anchors.add(event.anchor)
        self.stack.append(_Frame(container, start, end, anchor=event.anchor, count_before=before))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.anchor:
            self.open_anchors.discard(frame.anchor)
            self.anchors[frame.anchor] = (frame.container, self.nodes - frame.count_before)
        if not self.stack:
            return
        parent = self.stack[-1]
        if self.extents is not None and isinstance(parent.container, dict | list):
            path = self._path()
            opened = self.extents[path]
            self.extents[path] = _Extent(
                opened.key, (opened.value[0], event.end_mark.index), scalar=False
            )
        if isinstance(parent.container, dict):
            parent.key = None

    def _alias(self, event: Any) -> None:
        anchor = event.anchor
        if anchor in self.open_anchors:
            self._stop(event, "an alias stands inside what it stands for")
        if anchor not in self.anchors:
            self._stop(
                event,
                "this alias has no anchor",
                "text that begins with `*` must be in quotes",
            )
        value, count = self.anchors[anchor]
        self.aliased += count
        if self.aliased > MOST_ALIASED:
            self._stop(event, f"the aliases stand for more than {MOST_ALIASED} values")
        self.nodes += count - 1
        self._add(value, event, scalar=False)
        self._finish_value()

    def _add(self, value: Any, event: Any, *, scalar: bool) -> None:
        """Put a value where it belongs."""
        self.nodes += 1
        if not self.stack:
            self.root = value
        else:
            frame = self.stack[-1]
            if isinstance(frame.container, dict):
                frame.container.setdefault(frame.key, value)
            else:
                frame.container.append(value)
        if self.extents is not None:
            key_at = self.stack[-1].key_at if self.stack else None
            at = (event.start_mark.index, event.end_mark.index)
            self.extents.setdefault(self._path(), _Extent(key_at, at, scalar))
        if scalar:
            if event.anchor:
                self.anchors[event.anchor] = (value, 1)
            self._finish_value()

    def _finish_value(self) -> None:
        if self.stack and isinstance(self.stack[-1].container, dict):
            self.stack[-1].key = None

    def _path(self) -> Path:
        """The path of the value that was added last."""
        steps = (
            frame.key if isinstance(frame.container, dict) else len(frame.container) - 1
            for frame in self.stack
        )
        return tuple(step for step in steps if step is not None)


def _syntax_problem(text: str, error: yaml.YAMLError) -> SyntaxProblem:
    """What the YAML parser says, in words that help; never a word of the text."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or "it cannot be read"
    context = getattr(error, "context", None)
    at = min(mark.index if mark else 0, len(text))
    character = text[at : at + 1]
    if "cannot start any token" in said and character == "\t":
        return SyntaxProblem(at, at, "a tab cannot indent YAML", "use blanks")
    if "cannot start any token" in said:
        advice = f"text that begins with `{printable(character)}` must be in quotes"
        return SyntaxProblem(at, at, f"`{printable(character)}` cannot begin a value", advice)
    if "mapping values are not allowed" in said:
        advice = "text with `: ` in it must be in quotes; a key stands on a line of its own"
        return SyntaxProblem(at, at, "there is a `:` where no key can be", advice)
    if "unexpected end of stream" in said and context and "quoted" in context:
        start = min(error.context_mark.index, len(text))  # type: ignore[attr-defined]
        return SyntaxProblem(start, start, "this quote is not closed", "close it")
    if _Loader is yaml.SafeLoader:
        # The words of the parser in Python may quote the text, and a password in it.
        said = re.sub(r"'[^']*'", "...", said)
    while_reading = f" {context}" if context else ""
    return SyntaxProblem(at, at, f"this is not YAML: {said}{while_reading}")
