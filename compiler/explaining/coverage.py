"""How the images of a bundle and the mirrors of a spec fit together."""

from __future__ import annotations

from .. import reference
from ..dialects import TARGETS
from ..frozen import frozen
from ..mirrors import LIBRARY, WILDCARD, MirrorIndex
from ..reference import DOCKER_HUB
from ..reports import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from ..mirrors import Mirror
    from ..model import Spec, TargetEntry


@frozen
class Registry:
    """The images of one upstream registry, and the mirror that serves them."""

    name: str
    images: tuple[str, ...]
    """As they were given, each once."""
    source: str | None
    """The source of the mirror, which may be `*`; none if nothing serves them."""
    location: str | None
    """Where the mirror is."""


@frozen
class Coverage:
    """Which images are served from where, which are not, and which mirrors are for nothing."""

    registries: tuple[Registry, ...]
    """In the order of the images."""
    unused: tuple[str, ...]
    """The sources of the mirrors that no image is from."""
    collisions: tuple[tuple[str, tuple[str, ...]], ...]
    """Places where several images would be one, with these images."""
    no_images: tuple[str, ...] = ()
    """The texts that are not image references."""

    @property
    def complete(self) -> bool:
        """Whether every image is served, and from a place of its own."""
        served = all(registry.source for registry in self.registries)
        return served and not self.collisions and not self.no_images

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries that `mirrors` lacks, ready to be pasted."""
        missing = [registry.name for registry in self.registries if not registry.source]
        return tuple(
            f"- {{source: {name!r}, path: {name.rpartition(':')[0]}}}".replace("'", '"')
            if ":" in name
            else f"- {name}"
            for name in missing
        )


def of_spec(spec: Spec, choices: Iterable[TargetEntry]) -> Iterator[str]:
    """The images that a spec needs in addition to its list: those for the charts and the sandbox.

    A chart names its images by their place in the private registry, so that they need no mirror:
    one of theirs is left out if there is none, and is not missing.
    """
    places = MirrorIndex(spec.mirrors)
    for block in (spec.image_swap, spec.cert_manager):
        for image in block.images if block else ():
            if not image.exact and _may_be_served(places, image.reference):
                yield image.reference
    for choice in choices:
        sandbox = sandbox_image(choice)
        if sandbox:
            yield sandbox


def _may_be_served(places: MirrorIndex, image: str) -> bool:
    try:
        return places.find(reference.parse(image))[0] is not None
    except reference.NotAReference:
        return True  # reported with the others that are not references


def sandbox_image(choice: TargetEntry) -> str:
    """The sandbox image of the nodes that a target is for, or nothing if it is not known."""
    sandbox_image_of = TARGETS[choice.target].sandbox_image
    return sandbox_image_of(choice) if sandbox_image_of else ""


def analyse(spec: Spec, images: Iterable[str]) -> Coverage:
    """Compare images with the mirrors of a spec.

    Args:
        spec: the spec.
        images: references; texts that are not references are reported as such.
    """
    mirrors = {mirror.source: mirror for mirror in reversed(spec.mirrors)}
    own = frozenset(spec.mirror_hosts)
    index = MirrorIndex(spec.mirrors)
    wrong: dict[str, None] = {}
    by_registry: dict[str, dict[str, None]] = {}
    places: dict[str, dict[str, str]] = {}
    used: set[str] = set()
    for image in images:
        try:
            parsed = reference.parse(image)
        except reference.NotAReference:
            wrong[image] = None
            continue
        mirror, served = index.find(parsed)
        library = mirror is not None and mirror.source == LIBRARY
        name = LIBRARY if library and DOCKER_HUB not in mirrors else parsed.registry
        by_registry.setdefault(name, {})[image] = None
        if mirror is not None:
            used |= {mirror.source, parsed.registry}
            places.setdefault(f"{served}{parsed.version}", {}).setdefault(str(parsed), image)
    return Coverage(
        registries=tuple(
            Registry(name, tuple(found), *_served_by(name, mirrors, own))
            for name, found in by_registry.items()
        ),
        unused=tuple(source for source in mirrors if source not in used)[::-1],
        collisions=tuple(
            (place, tuple(found.values())) for place, found in places.items() if len(found) > 1
        ),
        no_images=tuple(wrong),
    )


def _served_by(
    name: str, mirrors: Mapping[str, Mirror], own: frozenset[str]
) -> tuple[str | None, str | None]:
    """The source of the mirror that serves a registry, and its location; none without one.

    Args:
        name: the registry.
        mirrors: by their sources.
        own: the hosts of the mirrors, which serve themselves, also next to a wildcard.
    """
    mirror = mirrors.get(name) or (None if name in own else mirrors.get(WILDCARD))
    if mirror:
        return mirror.source, str(mirror.location)
    return (name, name) if name in own else (None, None)


def as_json(coverage: Coverage) -> str:
    """All of it as one JSON object."""
    rows: dict[str, Any] = {
        "complete": coverage.complete,
        "registries": [
            {
                "registry": registry.name,
                "images": list(registry.images),
                "source": registry.source,
                "served_from": registry.location,
            }
            for registry in coverage.registries
        ],
        "unused": list(coverage.unused),
        "collisions": [
            {"place": place, "images": list(found)} for place, found in coverage.collisions
        ],
        "missing": list(coverage.entries),
        "no_images": list(coverage.no_images),
    }
    return json_text(rows)
