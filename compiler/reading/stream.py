"""YAML and JSON as Kubernetes and Helm take them: files that others wrote, to be read back.

Unlike a spec, such a file may hold several documents, anchors on text, tags, merge keys, and the
many words of YAML 1.1 for true and false. A number stays the text that was written, known as one.
"""

from __future__ import annotations

import json
import re

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .. import limits
from ..composer import Composer, Extent, Frame, NotADocument, SyntaxProblem, first_unreadable
from ..document import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..diagnostics import Path

_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"
_STARTS = (MappingStartEvent, SequenceStartEvent)
_ENDS = (MappingEndEvent, SequenceEndEvent)
_ITEM = object()
"""In place of the key of a value that is in a list."""
_NUMBER = re.compile(
    r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?"
    r"(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)
"""What some reader of YAML takes for a number."""
_PAIR_OF_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_BLANK = r"\u0020" * 2


def parse(text: str) -> Document:
    """Read a stream of YAML documents, or one JSON text.

    Args:
        text: without a byte order mark.

    Returns:
        The list of the documents, an empty one being none, and their places.

    Raises:
        NotADocument: it is neither, or beyond a limit.
    """
    try:
        limits.check_size(text)
        if text.lstrip()[:1] in ("{", "["):
            return Document(text, [load_json(text)], _extents_of_json)
    except (limits.TooMuch, HalfCharacter) as why:
        raise NotADocument(text, [SyntaxProblem(0, 0, str(why))]) from None
    except json.JSONDecodeError:
        pass  # a flow mapping of YAML, perhaps
    unreadable = first_unreadable(text)
    if unreadable:
        raise NotADocument(text, [unreadable])
    composer = _Stream(text, None)
    data = composer.compose()
    if composer.problems:
        raise NotADocument(text, composer.problems)
    return Document(text, data, _extents_of_yaml)


class HalfCharacter(ValueError):  # noqa: N818 - it says what the text has
    """A text has an escape that is half a character."""


def load_json(text: str, constant: Callable[[str], Any] | None = None) -> Any:
    """The data of a JSON text; a number that is too long stays the text that was written.

    Args:
        text: without a byte order mark.
        constant: gets `NaN` and `Infinity`, which are not JSON; without it, they are floats.

    Raises:
        json.JSONDecodeError: it is not JSON.
        TooMuch: it is beyond a limit.
        HalfCharacter: it has one.
    """
    limits.check_json(text)
    try:
        data = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=constant)
    except RecursionError:
        raise limits.too_deep() from None
    limits.check_depth([data])
    if "\\u" in text:
        try:
            json.dumps(data, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise HalfCharacter("this has half a character in it") from None
    return data


def _integer(written: str) -> Any:
    return int(written) if len(written) <= limits.LONGEST_NUMBER else Unquoted(written)


def _float(written: str) -> Any:
    return float(written) if len(written) <= limits.LONGEST_NUMBER else Unquoted(written)


def _extents_of_yaml(text: str) -> dict[Path, Extent]:
    extents: dict[Path, Extent] = {}
    _Stream(text, extents).compose()
    return extents


def _extents_of_json(text: str) -> dict[Path, Extent]:
    try:
        return _extents_of_yaml(_json_as_yaml(text))
    except NotADocument:
        return {}


def _json_as_yaml(text: str) -> str:
    """A text of the same length: JSON is YAML, except for tabs and for characters in two halves."""
    return _PAIR_OF_SURROGATES.sub(lambda _: _BLANK, text.replace("\t", " "))


def texts_by_key(text: str) -> Iterator[tuple[str, str]]:
    """Each text of a stream of documents that is the value of a key, with that key.

    Unlike `parse` it takes a key that is set twice, and needs no memory for what it passes over.

    Args:
        text: YAML or JSON.

    Raises:
        NotADocument: it is neither, or nested too deeply.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        text = _json_as_yaml(text)
    return _Keyed(text, None).pairs()


class Unquoted(str):
    """A number without quotes: kubectl and Helm do not treat it as its text."""

    __slots__ = ()


def _value(event: Any) -> Any:
    """What a scalar stands for: text, true, false, nothing, or the text of a number."""
    value: str = event.value
    if not event.implicit[0] or event.tag is not None:
        return value
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    if value in _NULL:
        return None
    return Unquoted(value) if _NUMBER.match(value) else value


class _Stream(Composer):
    """One reading of a text that may hold several documents: the items of a list."""

    around = 1
    deepest = limits.DEEPEST
    most_values = limits.MOST_VALUES

    def __init__(self, text: str, extents: dict[Path, Extent] | None) -> None:
        super().__init__(text, extents)
        self.stack.append(Frame([], 0, 0))
        self.merging: list[Any] = []
        """The open mappings that have a merge key; a quoted one is a key like others."""

    def compose(self) -> list[Any]:
        """The data of the documents; what is wrong with them is added to `problems`."""
        documents: list[Any] = self.stack[0].container
        super().compose()
        return documents

    def _key(self, event: Any) -> None:
        if event.value == _MERGE and event.implicit[0]:
            self.merging.append(self.stack[-1].container)
        super()._key(event)
        if self.problems:  # of which only the first one is shown
            raise NotADocument(self.text, self.problems)

    def _begin(self, event: Any) -> None:
        """Begin a document, which does not see the anchors of the one before it."""
        del event
        self.anchors.clear()

    def _scalar(self, event: Any) -> Any:
        value = _value(event)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        return value

    def _refuse_tag(self, event: Any) -> None:
        """A tag has no effect here."""

    def _close(self, event: Any) -> None:
        container = self.stack[-1].container
        if self.merging and self.merging[-1] is container:
            self.merging.pop()
            merged = container.pop(_MERGE)
            for one in merged if isinstance(merged, list) else [merged]:
                for key, value in one.items() if isinstance(one, dict) else ():
                    container.setdefault(key, value)
        super()._close(event)


class _Keyed(Composer):
    """One reading of a text for the texts that are values of keys."""

    deepest = limits.DEEPEST

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each key with its text."""
        keys: list[Any] = [_ITEM]
        """Of each open mapping the key whose value comes next, or none; of a list `_ITEM`."""
        texts: dict[str, Any] = {}
        for event in self._events():
            kind = type(event)
            if kind in _ENDS:
                keys.pop()
            elif kind is ScalarEvent and keys[-1] is None:
                keys[-1] = event.value
                continue
            elif kind in _STARTS:
                if keys[-1] is None:
                    self._stop(event, "a key must be a word")
                self._refuse_depth(event, len(keys) - 1)
                keys.append(None if kind is MappingStartEvent else _ITEM)
                continue
            elif kind is ScalarEvent or kind is AliasEvent:
                value = texts.get(event.anchor) if kind is AliasEvent else _value(event)
                if event.anchor:
                    texts[event.anchor] = value
                if type(value) is str and keys[-1] is not _ITEM:
                    yield keys[-1], value
            else:
                continue
            if keys[-1] is not _ITEM:
                keys[-1] = None
