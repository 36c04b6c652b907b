"""The targets that make what was read, with the options that they need for it."""

from __future__ import annotations

import posixpath
import re

from . import model, schema
from .diagnostics import Place
from .dialects import DEFAULT_TARGETS, TARGETS
from .import_claims import Told
from .mirrors import HUB, LIBRARY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from .import_claims import Given


def add_targets(data: dict[str, Any], given: Sequence[Given]) -> list[Told]:
    """Add `targets` to a spec, unless they are those that it has without.

    Args:
        data: of the spec, complete otherwise.
        given: what was read.

    Returns:
        What no target makes.
    """
    left: list[Told] = []
    targets = _targets(given, data, left)
    if targets and [target for target, _ in targets] != list(DEFAULT_TARGETS):
        data["targets"] = [target for target, _ in targets]
        left += _refused(data, [one for _, one in targets])
    return left


def _targets(
    given: Sequence[Given], data: dict[str, Any], left: list[Told]
) -> list[tuple[Any, Given]]:
    """The targets that make such files, with the options that they need, and a file of each."""
    options: dict[str, list[tuple[dict[str, Any], Given]]] = {}
    for one in given:
        reading = one.reading
        if not reading.target:
            continue
        known = options.setdefault(reading.target, [])
        new = dict(reading.options)
        if reading.target == "certs.d" and known:
            known[0][0].update(new)
            continue
        joined_by = TARGETS[reading.target].joined_by
        alike = [had for had, _ in known if _without(had, joined_by) == _without(new, joined_by)]
        if joined_by and alike:
            alike[0].setdefault(joined_by, []).extend(new.get(joined_by, ()))
        elif new not in [had for had, _ in known]:
            known.append((new, one))
    targets: list[tuple[Any, Given]] = []
    for name in TARGETS:
        several = options.get(name, [])
        outs = _outs(name, [first.file for _, first in several])
        for (had, first), out in zip(several, outs, strict=True):
            if name == "containerd" and _lacks_tls(had, data):
                why = "no `containerd` target tells a CA; `certs.d` does"
                left.append(Told(first, Place(()), why))
                continue
            if name == "docker" and not _is_for_dockerd(data):
                why = "target `docker` has a mirror of `docker.io` only, at the root of a host"
                left.append(Told(first, Place(()), why))
                continue
            chosen = {"target": name, **({"out": out} if out else {}), **had}
            targets.append((name if list(chosen) == ["target"] else chosen, first))
    return targets


def _lacks_tls(options: dict[str, Any], data: dict[str, Any]) -> bool:
    """Whether the target would need TLS settings that its file does not have (RS203)."""
    if options.get("endpoints") != "api":
        return False
    known, has_path = "version" in options, "caFile" in options
    return any(
        not access.plain_http
        and ((access.insecure_skip_verify and not known) or (access.ca_cert and not has_path))
        for spec in [model.build(data)]
        for mirror in spec.mirrors
        if (access := spec.access(mirror.location.host))
    )


def _is_for_dockerd(data: dict[str, Any]) -> bool:
    """Whether the target is not refused, as it is where other files have more mirrors (RS225)."""
    return all(
        mirror.source in (HUB, LIBRARY) and (mirror.source == LIBRARY or not mirror.location.path)
        for mirror in model.build(data).mirrors
    )


def _refused(data: dict[str, Any], given: list[Given]) -> Iterator[Told]:
    """Drop the options that the schema refuses, such as a folder that is a list of folders."""
    for finding in schema.check(data):
        match finding.place.path:
            case ("targets", int(index), str(option), *_):
                target = data["targets"][index]
                if isinstance(target, dict) and target.pop(option, None) is not None:
                    why = f"its `{option}` is none that a spec can have"
                    yield Told(given[index], Place(()), why)


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
