"""Which mirrors a spec gets of what files claim: their places, their order and their form."""

from __future__ import annotations

from ..diagnostics import Place, code_span
from ..dialects import format_of
from ..docker_hub import is_docker_hub
from ..mirrors import HUB, WILDCARD
from . import losses
from .claims import Claim, ImportNote
from .forms import can_be_short, path_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from ..mirrors import Location
    from .claims import ClaimSet, InputDocument

MAX_CONFLICTS = 1000
"""How many disagreements are looked for, as of one rule. More are not read."""


def served(claims: ClaimSet) -> dict[str, Claim]:
    """Where each source is served from, in the best order that a file has."""
    origins = _by_speaker(claims.given)
    preferred = {origin for origin, held in origins.items() if claims.prefers(*held.values())}
    order = sorted(origins.values(), key=_rank)
    found: dict[str, Claim] = {}
    for source in dict.fromkeys(source for held in order for source in held):
        first = _served_from(claims, source, origins, preferred)
        if first is None:
            continue
        lost = losses.of_mirror(source, first)
        if lost is None:
            found[source] = first
        else:
            claims.left.append(lost)
    for alias in [source for source in found if source != HUB and is_docker_hub(source)]:
        if HUB in found:
            what = f"the mirror of {code_span(alias)}"
            why = f"it is another name of {code_span(HUB)}, which has a mirror"
            claims.lose(found.pop(alias), what, why)
    return _without_upstreams(claims, found)


def _without_upstreams(claims: ClaimSet, found: dict[str, Claim]) -> dict[str, Claim]:
    """The mirrors that are not the upstream itself; the others are reported."""
    others = {
        said.fact.value.location.host
        for source, said in found.items()
        if losses.of_upstream(source, said, private=False) is None
    }
    others |= {str(one.fact.value).partition("/")[0] for one in claims.of("endpoint")}
    kept = {}
    for source, said in found.items():
        private = WILDCARD in found or said.fact.value.location.host in others
        lost = losses.of_upstream(source, said, private=private)
        if lost is None:
            kept[source] = said
        else:
            claims.left.append(lost)
    return kept


def _by_speaker(given: Sequence[InputDocument]) -> dict[str, dict[str, Claim]]:
    """The first that each speaker says of each source."""
    origins: dict[str, dict[str, Claim]] = {}
    for one in given:
        for fact in one.reading.claims:
            if fact.subject[0] == "mirror":
                held = origins.setdefault(one.origin, {})
                held.setdefault(fact.subject[1], Claim(one, fact))
    return origins


def _rank(held: dict[str, Claim]) -> int:
    rank = format_of(next(iter(held.values())).given.reading.kind).rank
    assert rank is not None  # noqa: S101 - it holds mirrors
    return rank


def _served_from(
    claims: ClaimSet, source: str, origins: dict[str, dict[str, Claim]], preferred: set[str]
) -> Claim | None:
    """Where one source is served from, or none if the file that is right does not have it."""
    said = claims.decide("mirror", source, same=lambda value: str(value.location))
    assert said is not None  # noqa: S101 - the source is from the claims
    _compare_proxies(claims, source, said)
    for origin, held in origins.items():
        if source in held:
            continue
        one = next(iter(held.values())).given
        if one.reading.cannot_express(source, said.fact.value):
            continue
        if origin in preferred:
            claims.leave(said, f"{code_span(source)} has no mirror in the preferred file")
            return None
        if not preferred:
            if len(claims.disagreements) >= MAX_CONFLICTS:
                break  # there may be as many as sources times files
            at = one.reading.anchors.get(("mirror",), Place(()))
            message = f"{code_span(source)} has no mirror here, and has one in"
            claims.disagreements.append(ImportNote(one, at, message, said))
    return said


def _compare_proxies(claims: ClaimSet, source: str, first: Claim) -> None:
    """Whether `/v2/` stands in the string must be the same wherever it could stand."""
    if claims.prefers(first):
        return
    known = _of_known_proxies(claims.of("mirror", source))
    for other in known[1:]:
        if other.fact.value.proxy_cache != known[0].fact.value.proxy_cache:
            has = {True: "has", False: "has no"}[other.fact.value.proxy_cache]
            message = f"the place of {code_span(source)} {has} `/v2/`, unlike"
            told = ImportNote(other.given, other.fact.place, message, known[0])
            claims.disagreements.append(told)


def _of_known_proxies(said: Iterable[Claim]) -> list[Claim]:
    """The claims of a form that says whether the mirror is a proxy cache."""
    return [one for one in said if one.fact.value.proxy_cache is not None]


def entries(
    claims: ClaimSet, served_from: dict[str, Claim], base: Location
) -> tuple[list[Any], bool]:
    """The mirrors of a spec in their shortest form.

    Args:
        claims: of all files.
        served_from: where each source is served from, from `served`.
        base: the place of the registry that mirrors are below.

    Returns:
        The mirrors, and whether a mirror is a proxy cache unless it says that it is not.
    """
    proxies = {source: _is_proxy(claims, source) for source in served_from}
    below = {
        source: path_below(base, said.fact.value.location) for source, said in served_from.items()
    }
    inside = [proxies[source] for source in served_from if below[source] is not None]
    common = inside.count(True) > len(inside) / 2
    mirrors: list[Any] = []
    for source, said in served_from.items():
        location = said.fact.value.location
        same = [one for one in claims.of("mirror", source) if one.fact.value.location == location]
        claims.note(("mirrors",), same)
        path, default = below[source], common
        entry: dict[str, Any] = {"source": source}
        if path is None:
            entry["target"], default = str(location), False
        elif path != source or not can_be_short(source):
            entry["path"] = path
        if proxies[source] != default:
            entry["proxyCache"] = proxies[source]
        mirrors.append(source if list(entry) == ["source"] else entry)
    return mirrors, common


def _is_proxy(claims: ClaimSet, source: str) -> bool:
    """Whether a file says so; one that is preferred first."""
    said = _of_known_proxies(claims.of("mirror", source))
    preferred = [one for one in said if claims.prefers(one)]
    return bool((preferred or said)[0].fact.value.proxy_cache) if said else False
