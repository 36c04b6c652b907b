"""YAML and JSON as Kubernetes and Helm take them: files that others wrote, to be read back.

Unlike a spec, such a file may hold several documents, anchors on text, tags, merge keys, and the
many words of YAML 1.1 for true and false. A number stays the text that was written, known as one.
"""

from __future__ import annotations

import json
import re

from .composer import Composer, Extent, Frame, NotADocument, SyntaxProblem, first_unreadable
from .document import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .diagnostics import Path

_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"
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
        NotADocument: it is neither.
    """
    if text.lstrip()[:1] in ("{", "["):
        try:
            data = json.loads(text)
            json.dumps(data, ensure_ascii=False).encode()
            return Document(text, [data], _extents_of_json)
        except UnicodeEncodeError:
            problem = SyntaxProblem(0, 0, "this has half a character in it")
            raise NotADocument(text, [problem]) from None
        except (ValueError, RecursionError):
            pass  # a flow mapping of YAML, perhaps
    unreadable = first_unreadable(text)
    if unreadable:
        raise NotADocument(text, [unreadable])
    composer = _Stream(text, None)
    data = composer.compose()
    if composer.problems:
        raise NotADocument(text, composer.problems)
    return Document(text, data, _extents_of_yaml)


def _extents_of_yaml(text: str) -> dict[Path, Extent]:
    extents: dict[Path, Extent] = {}
    _Stream(text, extents).compose()
    return extents


def _extents_of_json(text: str) -> dict[Path, Extent]:
    """JSON is YAML, but for tabs between its tokens and for characters in two halves."""
    same_length = _PAIR_OF_SURROGATES.sub(lambda _: _BLANK, text.replace("\t", " "))
    try:
        return _extents_of_yaml(same_length)
    except NotADocument:
        return {}


class Unquoted(str):
    """A number without quotes: kubectl and Helm take it for something else than its text."""

    __slots__ = ()


class _Stream(Composer):
    """One reading of a text that may hold several documents: the items of a list."""

    around = 1

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

    def _begin(self, event: Any) -> None:
        """Begin a document, which does not see the anchors of the one before it."""
        del event
        self.anchors.clear()

    def _scalar(self, event: Any) -> Any:
        value: Any = event.value
        if event.implicit[0] and event.tag is None:
            if value in _TRUE or value in _FALSE:
                value = value in _TRUE
            elif value in _NULL:
                value = None
            elif _NUMBER.match(value):
                value = Unquoted(value)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        return value

    def _refuse_tag(self, event: Any) -> None:
        """A tag says nothing that matters here."""

    def _close(self, event: Any) -> None:
        container = self.stack[-1].container
        if self.merging and self.merging[-1] is container:
            self.merging.pop()
            merged = container.pop(_MERGE)
            for one in merged if isinstance(merged, list) else [merged]:
                for key, value in one.items() if isinstance(one, dict) else ():
                    container.setdefault(key, value)
        super()._close(event)
