"""What a spec cannot say of what was read, for the whole of what was given."""

from __future__ import annotations

import re

from .. import schema
from ..diagnostics import Severity, code_span
from ..dialects import format_of
from ..docker_hub import is_docker_hub, is_upstream
from ..mirrors import WILDCARD
from ..reading.losses import source_name
from .claims import ImportNote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .claims import Claim, ClaimSet, InputDocument

_ADDED = "consumers add that by themselves, unless hosts.toml has `override_path = true`"
_PART = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?/[a-z0-9._/-]+\Z")
"""A part of a registry, as a source of other formats."""


def of_mirror(source: str, said: Claim) -> ImportNote | None:
    """Why a spec cannot have a mirror, if it cannot."""
    served = said.fact.value.location
    if served.repeats_api_root:
        why = f"the path of {code_span(str(served))} begins or ends with `/v2`; {_ADDED}"
        what = f"the mirror of {code_span(source)}"
        return ImportNote(said.given, said.fact.place, why, what=what, severity=Severity.WARNING)
    location = str(served)
    for definition, text in (("source", source), ("location", location)):
        problem = schema.problem_with(definition, text)
        if problem is None:
            continue
        why = problem[0]
        if definition == "source" and _PART.match(source):
            why = "a spec has mirrors of whole registries, and of `docker.io/library`"
        what = f"the mirror of {source_name(source)}"
        return ImportNote(said.given, said.fact.place, why, what=what, severity=Severity.WARNING)
    return None


def of_upstream(source: str, said: Claim, *, private: bool) -> ImportNote | None:
    """Why a mirror is the upstream itself, under whatever name, if it is.

    Args:
        source: a registry.
        said: where it is served from.
        private: whether the registry itself as its own mirror says something: next to a wildcard,
            or because others are served from it. Docker Hub is an upstream all the same.
    """
    served = said.fact.value.location
    registry = source.partition("/")[0]
    if source == WILDCARD or is_docker_hub(registry):
        if not is_docker_hub(served.host):
            return None
    elif private or served.path or not is_upstream(served.host, registry):
        return None
    name = "Docker Hub" if is_docker_hub(served.host) else "the registry"
    why = f"{code_span(str(served))} is {name} itself"
    what = f"the mirror of {code_span(source)}"
    return ImportNote(said.given, said.fact.place, why, what=what, severity=Severity.WARNING)


def of_fallback(decided: str, several: Iterable[Claim]) -> Iterator[ImportNote]:
    """What says something else of the upstream than the command line."""
    for one in several:
        if one.fact.value != decided:
            why = f"`--fallback {decided}` decides"
            what = f"`fallback: {one.fact.value}`"
            yield ImportNote(one.given, one.fact.place, why, what=what)


def of_mirror_sets(given: Sequence[InputDocument]) -> Iterator[ImportNote]:
    """The sources that have a mirror for tags only, or for digests only."""
    only = {id(one): format_of(one.reading.kind).mirrors_only for one in given}
    facts = [(one, fact) for one in given if only[id(one)] for fact in one.reading.claims]
    mirrors = [(one, fact) for one, fact in facts if fact.subject[0] == "mirror"]
    served: dict[str, set[str]] = {}
    for one, fact in mirrors:
        served.setdefault(fact.subject[1], set()).add(only[id(one)])
    for one, fact in mirrors:
        source = fact.subject[1]
        if len(served[source]) == 1 and schema.problem_with("source", source) is None:
            what = f"that the mirror of {code_span(source)} is for {only[id(one)]} only"
            why = "the mirrors of a spec are for tags and digests"
            yield ImportNote(one, fact.place, why, what=what)


def of_authorities(claims: ClaimSet) -> None:
    """Report the CAs that a file refers to by the name of an object that was not given."""
    for one in claims.of("authorities in"):
        if not claims.of("authorities"):
            what = f"the CAs in {code_span(one.fact.value)}"
            claims.lose(one, what, "this ConfigMap was not given")
