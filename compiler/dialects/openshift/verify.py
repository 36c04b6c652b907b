"""What verify reports of documents of OpenShift that name each other."""

from __future__ import annotations

from ...diagnostics import code_span
from ...reading.facts import text_of
from ...verifying.drift import Drift
from . import AUTHORITIES, DIGEST_MIRRORS, IMAGE, TAG_MIRRORS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ...reading.facts import Reading
    from ...verifying.verify import Expected

_PAIRS = {DIGEST_MIRRORS.kind: TAG_MIRRORS, TAG_MIRRORS.kind: DIGEST_MIRRORS}
_TRUSTED = ("additionalTrustedCA",)


def cross_references(
    expected: Iterable[Reading], found: Reading, given: Iterable[Reading]
) -> Iterator[Drift]:
    """What does not match the other documents: the ConfigMap's name, or a set without its pair.

    Args:
        expected: the documents of this kind in the outputs of the spec.
        found: an image configuration, or a set of mirrors.
        given: all documents.
    """
    if found.kind == IMAGE.kind:
        yield from _other_authorities(expected, found, given)
    elif any(reading.facts for reading in expected):
        yield from _one_set_alone(found, list(given))


def drift(expected: Expected, reading: Reading) -> Iterator[Drift]:
    """The registries of mirrors that the image configuration does not let a node pull from.

    Source: openshift/api, config/v1, RegistrySources; with `blocked`, containers/image also
    refuses a mirror.
    """
    sources = reading.source.data.get("spec")
    sources = sources.get("registrySources") if isinstance(sources, dict) else None
    if not isinstance(sources, dict):
        return
    places = [str(mirror.location) for mirror in expected.spec.mirrors]
    blocked, allowed = (sources.get(f"{key}Registries") for key in ("blocked", "allowed"))
    for index, entry in enumerate(blocked if isinstance(blocked, list) else ()):
        place = next((place for place in places if _covers(entry, place)), "")
        if place:
            message = f"{code_span(entry)} is blocked: nothing is pulled from {code_span(place)}"
            at = reading.place("spec", "registrySources", "blockedRegistries", index)
            yield Drift(reading, at, message)
    if isinstance(allowed, list):
        for place in places:
            if not any(_covers(entry, place) for entry in allowed):
                at = reading.place("spec", "registrySources", "allowedRegistries", on_key=True)
                yield Drift(
                    reading, at, f"{code_span(place)} is not allowed: nothing is pulled from it"
                )


def _covers(entry: Any, place: str) -> bool:
    """Whether an entry is for a location: its registry, a part of its path, or `*.HOST`."""
    if not isinstance(entry, str):
        return False
    host = place.partition("/")[0]
    if entry.startswith("*."):
        return host.partition(":")[0].endswith(entry[1:])
    return place == entry or place.startswith((f"{entry}/", f"{entry}:"))


def _one_set_alone(found: Reading, given: list[Reading]) -> Iterator[Drift]:
    """A set for images with a digest without one for images with a tag, or the reverse.

    It is reported once, at the first of several sets.
    """
    other = _PAIRS[found.kind]
    first = next(reading for reading in given if reading.kind == found.kind)
    if found is first and all(reading.kind != other.kind for reading in given):
        message = (
            f"there is no `{other.kind}` with it: images with a {other.mirrors_only[:-1]} have no "
            "mirror"
        )
        yield Drift(found, found.place("kind"), message)


def _other_authorities(
    expected: Iterable[Reading], found: Reading, given: Iterable[Reading]
) -> Iterator[Drift]:
    """An image configuration that names another ConfigMap than the one with the CAs.

    Without a ConfigMap among the documents, nothing is reported.
    """
    needs_authorities = any(
        _TRUSTED in [fact.subject for fact in reading.facts] for reading in expected
    )
    maps = [_name_of_authorities(one) for one in given if one.kind == AUTHORITIES.kind]
    names = list(dict.fromkeys(filter(None, maps)))
    name = _name_of_authorities(found)
    if needs_authorities and name and names and name not in names:
        place = found.place("spec", "additionalTrustedCA", "name")
        message = (
            f"`additionalTrustedCA` is {code_span(name)}; the CAs are in {code_span(names[0])}"
        )
        yield Drift(found, place, message)


def _name_of_authorities(reading: Reading) -> str:
    """The name of the ConfigMap with the CAs, as itself or the image configuration has it."""
    data = reading.source.data
    holder = data.get("metadata")
    if reading.kind == IMAGE.kind:
        spec = data.get("spec")
        holder = spec.get("additionalTrustedCA") if isinstance(spec, dict) else None
    elif reading.kind != AUTHORITIES.kind:
        return ""
    return (text_of(holder.get("name")) or "") if isinstance(holder, dict) else ""
