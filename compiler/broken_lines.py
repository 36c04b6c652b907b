"""What may be shown of a line of a spec that is not YAML: no part that could be a secret.

Without a document, the text has no paths. A line is shown if all of its keys are keys of the schema
that hold no secret, and if no secret above it can reach down to it. Of a line with a secret, only
the key is shown.
"""

from __future__ import annotations

import re

from . import resources, schema
from .diagnostics import Span, holds_login
from .places import Lines, Stretch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LINE = re.compile(
    r"(?P<indent>[ \t\xa0]*)(?P<dash>-*[ \xa0]*)"
    r"[\"']?(?P<key>[A-Za-z]\w*)?[\"']?(?P<colon>[ ]?:|[ ]=)?"
)
_KEY = re.compile(r"([A-Za-z]\w*)\s*[:=]")
_HARMLESS = re.compile(r"[A-Za-z0-9 \t\xa0._/:*,=\[\]{}\"'-]*\Z")
_LISTS = frozenset({"mirrors", "targets", "images", "ignore"})
"""The keys whose items are names."""
_MAPPINGS = frozenset({"registry", "hosts"})
"""The keys whose values hold secrets and more."""
_MOST_LINES = 5000
"""How many lines above one are read; below more of them, nothing is shown."""


def span_in(text: str, at: int) -> Span:
    """The line and column of a character, with its line if that can hold no secret.

    Args:
        text: the whole text.
        at: the character.
    """
    lines = Lines(text)
    line = lines.index(at)
    plain, secret = _keys()
    above = text[: lines.window(at)[0]].splitlines()
    first, last = lines.window(at)
    if line > _MOST_LINES or lines.span(at).column > last - first + 1:
        return lines.span(at)
    shown = _shown_part(above, text[first:last], plain, secret)
    if not shown:
        return lines.span(at)
    stretches = [Stretch(first, first + shown, shown=True)]
    if text[first + shown : last].strip():
        stretches.append(Stretch(first + shown, last, shown=False))
    return lines.excerpt(at, at + 1, stretches)


def _keys() -> tuple[frozenset[str], frozenset[str]]:
    """The keys of the schema without a secret in them, and those with one."""
    plain: set[str] = set()
    secret: set[str] = set()
    nodes: list[Any] = [resources.schema()]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            for name, below in node.get("properties", {}).items():
                hidden = schema.resolved(below).get("writeOnly")
                (secret if hidden else plain).add(name)
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node
    return frozenset(plain - secret), frozenset(secret)


def _shown_part(above: list[str], line: str, plain: frozenset[str], secret: frozenset[str]) -> int:
    """How many characters of a line may be shown, from its beginning."""
    match = _LINE.match(line)
    assert match is not None  # noqa: S101 - every part of it may be empty
    key, is_item = match["key"], bool(match["dash"])
    parent = _parent(above, len(match["indent"]), is_item=is_item)
    outer = parent is None or parent in plain or parent in _MAPPINGS
    if not outer or any(_may_reach_down(other, plain) for other in above):
        return 0
    if key in secret and match["colon"]:
        return match.end() + (line[match.end() : match.end() + 1] == " ")
    comment = re.search(r"(?:^|\s)#", line)
    visible = line[: comment.start()] if comment else line
    keys = set(_KEY.findall(visible))
    is_known = key in plain or (is_item and parent in _LISTS)
    if key in _MAPPINGS:
        is_known = bool(re.fullmatch(rf"\s*{key}\s*:?\s*", visible))
    is_harmless = keys <= plain and _HARMLESS.match(visible) and not holds_login(visible)
    return len(visible.rstrip()) if is_known and is_harmless else 0


def _may_reach_down(line: str, plain: frozenset[str]) -> bool:
    """Whether the value of a line may go on below it: a text in quotes, a block, a bracket."""
    comment = re.search(r"(?:^|\s)#", line)
    visible = (line[: comment.start()] if comment else line).rstrip()
    keys = set(_KEY.findall(visible))
    if keys and keys <= plain and not re.search(r"[|>][-+0-9]*\Z", visible):
        return False
    return (
        bool(re.search(r"[|>][-+0-9]*\Z", visible))
        or visible.count('"') % 2 == 1
        or visible.count("'") % 2 == 1
        or visible.count("{") > visible.count("}")
        or visible.count("[") > visible.count("]")
    )


def _parent(above: list[str], indent: int, *, is_item: bool) -> str | None:
    """The key of the nearest line above that is indented less; none at the top level."""
    for line in reversed(above):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        assert match is not None  # noqa: S101 - every part of it may be empty
        other = len(match["indent"])
        if other < indent or (is_item and other == indent and not match["dash"]):
            return match["key"] or ""
    return None
