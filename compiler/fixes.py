"""Fixing a spec: the smallest edits that undo what is certainly a slip of form.

A finding knows what belongs in its place (`Finding.fix`). Here that becomes an edit of the text,
which keeps quotes, comments and everything else as it was; and each edit is read back, so that
nothing but the value it is about has changed.
"""

from __future__ import annotations

import copy
import json
import re

from . import document
from .diagnostics import REMOVE
from .frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from .diagnostics import Finding, Path, Place

    Find = Callable[[document.Document], Iterable[Finding]]

MOST_ROUNDS = 8
"""How often a fixed spec is checked again: what one phase refuses hides the next one's finds."""
_PLAIN = re.compile(r"(?!(?:true|false|null)\Z)[a-zA-Z](?:[a-zA-Z0-9./:_-]*[a-zA-Z0-9])?\Z")
_DASH = re.compile(r"-[ \t]+\Z")


@frozen
class Edit:
    """One stretch of characters of a spec, and what takes its place."""

    start: int
    end: int
    text: str


def fix(text: str, find: Find) -> tuple[str, int]:
    """A spec with everything fixed that can be, and how many mistakes that were.

    Args:
        text: the spec.
        find: what is wrong with a document.

    Raises:
        document.NotADocument: the text is not a document.
    """
    count = 0
    if "\r\n" in text:
        before, text = document.parse(text).data, text.replace("\r\n", "\n")
        count = int(document.parse(text).data == before)
    for _ in range(MOST_ROUNDS):
        parsed = document.parse(text)
        found = [finding for finding in find(parsed) if finding.fix is not None]
        fixed, done = _fixed(parsed, found)
        if not done:
            break
        text, count = fixed, count + done
    return text, count


def edits(parsed: document.Document, finding: Finding) -> list[Edit]:
    """What would fix a finding in the text; nothing when it cannot be done there."""
    if finding.fix is None:
        return []
    if finding.fix == REMOVE:
        return _removal(parsed, finding.place.path)
    at = parsed.written(finding.place)
    # A key may not become one that is there already.
    taken = finding.place.on_key and finding.fix in parsed.value(finding.place.path[:-1])
    if at is None or taken:
        return []
    start, end = at
    if finding.place.part:
        return [Edit(start, end, finding.fix)]
    written = parsed.text[start:end]
    if "\n" in written:
        return []
    return [Edit(start, end, _as_written(written, finding.fix))]


def _fixed(parsed: document.Document, found: Sequence[Finding]) -> tuple[str, int]:
    """The text with as many findings fixed as can be, and how many these were."""
    text = _read_back(parsed, found)
    if text is not None:
        return text, sum(bool(edits(parsed, finding)) for finding in found)
    for finding in found:  # one of them stands in the way of the others
        text = _read_back(parsed, [finding])
        if text is not None and text != parsed.text:
            return text, 1
    return parsed.text, 0


def _read_back(parsed: document.Document, found: Sequence[Finding]) -> str | None:
    """The text with all of these fixed, or none if it does not say what it should then."""
    text, wanted = parsed.text, copy.deepcopy(parsed.data)
    pending: list[Edit] = []
    for finding in sorted(found, key=lambda finding: parsed.offset(finding.place), reverse=True):
        made = edits(parsed, finding)
        if made:
            pending += made
            _change(wanted, finding.place, finding.fix or REMOVE)
    after = len(text) + 1
    for edit in sorted(set(pending), key=lambda edit: edit.start, reverse=True):
        if edit.end > after:
            return None
        text, after = text[: edit.start] + edit.text + text[edit.end :], edit.start
    try:
        return text if document.parse(text).data == wanted else None
    except document.NotADocument:
        return None


def _change(data: Any, place: Place, fix: str) -> None:
    """Do to the data what an edit does to the text; the last places come first."""
    *steps, last = place.path
    for step in steps:
        data = data[step]
    if place.part:
        first, end = place.part
        data[last] = data[last][:first] + fix + data[last][end:]
    elif place.on_key:
        items = [(fix if key == last else key, value) for key, value in data.items()]
        data.clear()
        data.update(items)
    elif fix == REMOVE:
        del data[last]
    else:
        data[last] = fix


def _as_written(written: str, value: str) -> str:
    """A value in the quotes that another was written in, or in some if it needs them."""
    if written[:1] in ("'", '"') and not {"'", '"', "\\"} & set(value):
        return f"{written[0]}{value}{written[0]}"
    return value if _PLAIN.match(value) else json.dumps(value)


def _removal(parsed: document.Document, path: Path) -> list[Edit]:
    """The edits that take an item out of its list, and leave a comment next to it."""
    at, around = parsed.extent(path), parsed.extent(path[:-1])
    if at is None or around is None:
        return []
    text, (start, end) = parsed.text, at
    if text[around[0]] == "[":
        after = re.compile(r"[ \t]*,[ \t]*").match(text, end)
        before = re.compile(r",[ \t]*\Z").search(text[around[0] : start])
        if after:
            end = after.end()
        elif before:
            start = around[0] + before.start()
        return [Edit(start, end, "")]
    dash = _DASH.search(text[:start])
    if dash is None:
        return []
    if len(parsed.value(path[:-1])) == 1:
        return [Edit(dash.start(), end, " []")]  # further in than the key
    line = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    alone = not text[end : line_end if line_end >= 0 else len(text)].strip()
    if alone and line_end >= 0 and not text[line : dash.start()].strip():
        return [Edit(line, line_end + 1, "")]
    return [Edit(dash.start(), end, "")]
