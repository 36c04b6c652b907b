"""One reading of a YAML text, event by event: its data, and where each path of it stands.

regspec reads YAML more strictly than YAML 1.1 does: only `true`, `false`, `null`, `~` and
decimal numbers are not text, a key stands once, and there are no tags. So `no` and `010` stay what
they are.
"""

from __future__ import annotations

import re

from yaml.error import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .diagnostics import Path, Span, code_span
from .frozen import frozen, replace
from .limits import LONGEST_NUMBER, MOST_OF_SPEC
from .places import Lines, Showing, Stretch

try:
    from yaml._yaml import CParser as _Parser
except ImportError:
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

DEEPEST = 64
"""How many levels of nesting a document may have; a spec has six."""
MOST_ALIASED = 10_000
"""How many nodes the aliases of a document may stand for, all together."""
_STARTS = (MappingStartEvent, SequenceStartEvent)
_ENDS = (MappingEndEvent, SequenceEndEvent)
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
# The loader in C refuses these itself.
_SURROGATE = "[\ud800-\udfff]"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?\Z")
_NOT_YAML = "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_NOT_YAML_IN_ASCII = "[^\t\n\r\x20-\x7e]"
"""The same of ASCII: the other takes Python as long to compile as half a start."""


@frozen
class Extent:
    """Where a key and its value stand in the text: first and last (exclusive) character."""

    key: tuple[int, int] | None
    value: tuple[int, int]
    scalar: bool
    """Whether the value is text or a number, and written at its own place (no alias)."""


@frozen
class SyntaxProblem:
    """Why a text is not a document: at which stretch of characters, and what to do."""

    start: int
    end: int
    message: str
    help: str = ""
    twice: tuple[Path, int] | None = None
    """The path of a key that is set twice, and where it stood first."""


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

    def spans(self, showing: Showing) -> Iterator[tuple[SyntaxProblem, Span]]:
        """Each problem with its line and column; of the text only known keys are shown."""
        lines = Lines(self.text)
        for problem in self.problems:
            span = lines.span(problem.start)
            if problem.twice is None:
                yield problem, span
                continue
            path, first = problem.twice
            message, known = "this key is set twice", showing.key(path)
            before = self.text[lines.window(problem.start)[0] : problem.start]
            if known:
                message = f"{code_span(str(path[-1]))} is set twice"
            if known and not before.strip(" -"):
                start, end = problem.start, problem.end
                key, rest = Stretch(start, end, True), Stretch(end + 1, len(self.text), False)  # noqa: FBT003
                span = lines.excerpt(start, end, [key, rest])
            advice = f"first set on line {lines.index(first) + 1}"
            yield replace(problem, message=message, help=advice), span


def first_unreadable(text: str) -> SyntaxProblem | None:
    """The first character of a text that YAML does not allow, or none."""
    bad = re.search(_NOT_YAML_IN_ASCII if text.isascii() else _NOT_YAML, text)
    if not bad:
        return None
    code = ord(bad[0])
    if bad[0] in "\x85\u2028\u2029":
        # YAML 1.1 folds these as line breaks, YAML 1.2 and editors do not.
        what = "line separator U+{:04X} is not the same to all readers of YAML"
    else:
        what = "control character U+{:04X} is not allowed in YAML"
    return SyntaxProblem(
        bad.start(),
        bad.start(),
        what.format(code),
        f"remove it, or write it as the escape `\\u{code:04x}` in double quotes",
    )


class Frame:
    """A mapping or sequence that is being read."""

    __slots__ = ("anchor", "container", "count_before", "end", "key", "key_at", "seen", "start")

    def __init__(
        self, container: Any, start: int, end: int, anchor: str | None = None, count_before: int = 0
    ) -> None:
        self.container = container
        self.start = start
        self.end = end
        self.key: str | None = None
        self.key_at: tuple[int, int] | None = None
        self.seen: dict[str, tuple[int, int]] = {}
        self.anchor = anchor
        self.count_before = count_before


class Composer:
    """One reading of a text, event by event, without recursion."""

    around = 0
    """How many frames there are around a document."""
    deepest = DEEPEST
    most_values = MOST_OF_SPEC

    def __init__(self, text: str, extents: dict[Path, Extent] | None) -> None:
        self.text = text
        self.extents = extents
        self.problems: list[SyntaxProblem] = []
        self.stack: list[Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: set[str] = set()
        self.nodes = 0
        self.aliased = 0
        self.root: Any = None
        self.documents = 0

    def compose(self) -> Any:
        """The data of the document; what is wrong with it is added to `problems`."""
        for event in self._events():
            kind = type(event)
            if kind is ScalarEvent:
                if self._is_key():
                    self._key(event)
                else:
                    self._add(self._scalar(event), event, scalar=True)
            elif kind in _ENDS:
                self._close(event)
            elif kind in _STARTS:
                self._open(event)
            elif kind is AliasEvent:
                if self._is_key():
                    self._stop(event, "an alias is not a key")
                self._alias(event)
            elif kind is DocumentStartEvent:
                self.documents += 1
                self._begin(event)
        if not self.documents:
            self._stop(None, "the document is empty", "`regspec init` writes a spec to start from")
        return self.root

    def _begin(self, event: Any) -> None:
        """Begin a document, of which a spec is one."""
        if self.documents > 1:
            self._stop(
                event,
                "a second document starts here",
                "one file is one spec: remove this line and what follows",
            )

    def _events(self) -> Iterator[Any]:
        loader = _Parser(self.text)
        try:
            while (event := loader.get_event()) is not None:
                yield event
        except (YAMLError, ValueError) as error:
            from .slips import syntax_problem

            problem = syntax_problem(self.text, error, _Parser)
            self._refuse_depth_before(problem.start)
            raise NotADocument(self.text, [problem]) from None
        finally:
            loader.dispose()

    def _refuse_depth_before(self, end: int) -> None:
        """Refuse deep nesting in front of a mistake.

        The parser reads up to a thousand characters ahead of its events, and has a limit of its own
        since PyYAML 6.0.4. It may report a mistake before the event that is nested too deeply.
        """
        depth = self.around
        loader = _Parser(self.text[:end])
        try:
            while (event := loader.get_event()) is not None:
                kind = type(event)
                if kind in _ENDS:
                    depth -= 1
                elif kind in _STARTS:
                    self._refuse_depth(event, depth)
                    depth += 1
        except (YAMLError, ValueError):
            pass  # the text ends in the middle
        finally:
            loader.dispose()

    def _refuse_depth(self, event: Any, depth: int) -> None:
        if depth - self.around >= self.deepest:
            self._stop(event, f"nested more than {self.deepest} levels deep")

    def _stop(self, event: Any, message: str, advice: str = "") -> None:
        at = event.start_mark.index if event else 0
        raise NotADocument(
            self.text, [*self.problems, SyntaxProblem(at, at, message, advice)]
        ) from None

    def _is_key(self) -> bool:
        if not self.stack:
            return False
        frame = self.stack[-1]
        return frame.key is None and type(frame.container) is dict

    def _key(self, event: Any) -> None:
        frame = self.stack[-1]
        at = (event.start_mark.index, event.end_mark.index)
        key = event.value
        if key in frame.seen:
            path = (*self._path(), key)
            self.problems.append(SyntaxProblem(*at, "", twice=(path, frame.seen[key][0])))
        frame.seen.setdefault(key, at)
        frame.key, frame.key_at = key, at

    def _scalar(self, event: Any) -> Any:
        self._refuse_tag(event)
        self._refuse_name(event)
        text: str = event.value
        if not text.isascii() and re.search(_SURROGATE, text):
            at = event.start_mark.index
            self.problems.append(SyntaxProblem(at, at, "this has half a character in it"))
            return ""
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

    def _refuse_name(self, event: Any) -> None:
        """Refuse an anchor on text: more likely it is a part of the text, a password perhaps."""
        if event.anchor:
            at = event.start_mark.index
            self.problems.append(
                SyntaxProblem(
                    at,
                    at,
                    "an anchor is for a mapping or a list",
                    "text that begins with `&` must be in quotes",
                )
            )

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
        self._refuse_depth(event, len(self.stack))
        self._refuse_tag(event)
        container: Any = {} if isinstance(event, MappingStartEvent) else []
        before = self.nodes
        start, end = event.start_mark.index, event.end_mark.index
        self._add(container, event, scalar=False)
        if event.anchor:
            self.open_anchors.add(event.anchor)
        self.stack.append(Frame(container, start, end, anchor=event.anchor, count_before=before))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.anchor:
            self.open_anchors.discard(frame.anchor)
            self.anchors[frame.anchor] = (frame.container, self.nodes - frame.count_before)
        if not self.stack:
            return
        parent = self.stack[-1]
        if self.extents is not None:
            path = self._path()
            opened = self.extents[path]
            self.extents[path] = Extent(
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
        if self.nodes - self.aliased > self.most_values:
            self._stop(event, f"more than {self.most_values:,} values")
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
            self.extents.setdefault(self._path(), Extent(key_at, at, scalar))
        if scalar:
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
