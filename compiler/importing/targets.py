"""The targets that make what was read, with the options that they need for it."""

from __future__ import annotations

import posixpath
import re

from .. import model, schema
from ..diagnostics import Place, Severity
from ..dialects import DEFAULT_TARGETS, TARGETS
from .claims import ImportNote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from ..dialects import Target
    from .claims import InputDocument


def add_targets(data: dict[str, Any], given: Sequence[InputDocument]) -> list[ImportNote]:
    """Add `targets` to a spec, unless they are the targets that it has without this key.

    Args:
        data: of the spec, complete otherwise.
        given: what was read.

    Returns:
        What no target makes.
    """
    left: list[ImportNote] = []
    targets = _targets(given, data, left)
    if targets and [target for target, _ in targets] != list(DEFAULT_TARGETS):
        data["targets"] = [target for target, _ in targets]
        left += _refused(data, [one for _, one in targets])
    return left


def _targets(
    given: Sequence[InputDocument], data: dict[str, Any], left: list[ImportNote]
) -> list[tuple[Any, InputDocument]]:
    """The targets that make such files, with the options that they need, and a file of each."""
    choices = _choices(given)
    targets: list[tuple[Any, InputDocument]] = []
    for name, target in TARGETS.items():
        several = choices.get(name, [])
        outs = _outs(name, [first.file for _, first in several])
        for (options, first), out in zip(several, outs, strict=True):
            choice = model.TargetEntry(name, tuple(options.items()))
            left_out = target.left_out_of_import
            why = left_out(model.build(data), choice) if left_out else ""
            if why:
                what = f"target `{name}`"
                note = ImportNote(first, Place(()), why, what=what, severity=Severity.WARNING)
                left.append(note)
                continue
            entry = {"target": name, **({"out": out} if out else {}), **options}
            targets.append((name if list(entry) == ["target"] else entry, first))
    return targets


def _choices(
    given: Sequence[InputDocument],
) -> dict[str, list[tuple[dict[str, Any], InputDocument]]]:
    """By target, each set of options that some files need, and the first of these files."""
    choices: dict[str, list[tuple[dict[str, Any], InputDocument]]] = {}
    for document in given:
        name = document.reading.target
        if not name:
            continue
        known = choices.setdefault(name, [])
        if not _joins([options for options, _ in known], TARGETS[name], document.reading.options):
            known.append((dict(document.reading.options), document))
    return choices


def _joins(known: list[dict[str, Any]], target: Target, options: dict[str, Any]) -> bool:
    """Whether the options of a file belong to a known choice, which gets what it has not."""
    if target.one_choice:
        if known:
            known[0].update(options)
        return bool(known)
    joined_by = target.joined_by
    if not joined_by:
        return options in known
    for choice in known:
        if _without(choice, joined_by) == _without(options, joined_by):
            choice.setdefault(joined_by, []).extend(options.get(joined_by, ()))
            return True
    return False


def _refused(data: dict[str, Any], given: list[InputDocument]) -> Iterator[ImportNote]:
    """Drop the options that the schema refuses, such as a folder that is a list of folders."""
    for finding in schema.check(data):
        match finding.place.path:
            case ("targets", int(index), str(option), *_):
                target = data["targets"][index]
                if isinstance(target, dict) and target.pop(option, None) is not None:
                    what = f"option `{option}` of target `{target['target']}`"
                    yield ImportNote(given[index], Place(()), "a spec has no such value", what=what)


def _outs(target: str, files: list[str]) -> list[str]:
    """Where each of several files of one target goes: its own name, or one that is free."""
    if len(files) < 2:  # noqa: PLR2004 - one goes where it always does
        return [""] * len(files)
    outs: list[str] = []
    for file in files:
        name = re.sub(r"[^A-Za-z0-9._-]", "", posixpath.basename(file)) or target
        stem, dot, ending = name.partition(".")
        number = 1
        while name in outs:
            number += 1
            name = f"{stem}-{number}{dot}{ending}"
        outs.append(name)
    return outs


def _without(options: dict[str, Any], left_out: str) -> dict[str, Any]:
    """The options without one of them."""
    return {name: value for name, value in options.items() if name != left_out}
