"""Image names without a registry, as podman, buildah and CRI-O resolve them.

`nginx` is not `docker.io/library/nginx` to them: registries.conf has aliases of names, and a list
of registries that are tried in order. Without both, they refuse the name.

Source: containers/image, pkg/shortnames and pkg/sysregistriesv2; run with podman 4.3.1 and skopeo
1.9.3.
"""

from __future__ import annotations

from ... import reference
from ...frozen import field, frozen
from .. import values
from ..attempt import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from ...reference import Reference

_ENFORCING = "enforcing"
SEARCH = "unqualified-search-registries"


@frozen
class ShortNames:
    """What the files say of image names without a registry."""

    registries: tuple[str, ...] = ()
    """The registries that are tried, in order."""
    listed_in: str = "`unqualified-search-registries` of registries.conf"
    """What has the list of these registries."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """The full names of short names, both without tag and digest."""
    mode: str = ""
    """`short-name-mode`."""

    def candidates(self, written: str, image: Reference) -> Iterator[Reference]:
        """The images that are tried for a short name, in order.

        Args:
            written: the short name.
            image: what it is to Docker and containerd.
        """
        name = image.repository if "/" in written else image.repository.removeprefix("library/")
        alias = self.aliases.get(name)
        names = [alias] if alias else [f"{registry}/{name}" for registry in self.registries]
        return (reference.parse(f"{name}{image.version}") for name in names)

    def refusal(self, candidates: tuple[Reference, ...]) -> str:
        """Why a short name with these candidates is refused, or an empty text."""
        if not candidates:
            return f"podman and CRI-O refuse it without an alias and without {self.listed_in}"
        if self.mode == _ENFORCING and len(candidates) > 1:
            return f"`short-name-mode` `{_ENFORCING}` refuses it: several registries may have it"
        return ""


def read(files: Iterable[Mapping[str, Any]]) -> ShortNames:
    """What registries.conf and its drop-ins say; a later file takes precedence.

    Args:
        files: the data of each file, in the order in which they are read.

    Raises:
        values.Refused: every pull fails with one of them.
    """
    registries: tuple[str, ...] = ()
    aliases: dict[str, str] = {}
    mode = ""
    for data in files:
        if SEARCH in data:
            registries = values.texts(data[SEARCH], f"`{SEARCH}`")
        mode = values.text(data.get("short-name-mode", mode), "`short-name-mode`")
        for name, full in values.items(data, "aliases"):
            aliases[name] = values.text(full, "an alias")
    for name in (*registries, *filter(None, aliases.values())):
        try:
            reference.parse(f"{name}/a" if name in registries else name)
        except reference.NotAReference:
            raise values.Refused(f"`{SEARCH}` or an alias names what is not a registry") from None
    # An empty alias removes the alias of an earlier file.
    known = {name: full for name, full in aliases.items() if full}
    return ShortNames(registries, aliases=known, mode=mode)


def resolved(
    pull: Callable[[Reference], Outcome], names: ShortNames
) -> Callable[[str, Reference], Outcome]:
    """What becomes of any image, be its name short or not.

    Args:
        pull: what becomes of an image with a registry.
        names: what the files say of short names.
    """

    def pull_any(written: str, image: Reference) -> Outcome:
        if not reference.is_short_name(written):
            return pull(image)
        candidates = tuple(names.candidates(written, image))
        refused = names.refusal(candidates)
        if refused:
            return Outcome(
                loads=True,
                reason=f"a short name: {refused}; write {image}",
                notes=(
                    "registries.conf of a node may have aliases and a list of its own",
                    f"skopeo does not use them for short names, and requests {image}",
                ),
            )
        places = ", then ".join(candidate.registry for candidate in candidates)
        note = f"a short name: {names.listed_in} resolves it to {places}; write {image}"
        outcomes = [pull(candidate) for candidate in candidates]
        attempts = tuple(attempt for outcome in outcomes for attempt in outcome.attempts)
        reason = None if attempts else outcomes[0].reason
        return Outcome(loads=True, reason=reason, attempts=attempts, notes=(note,))

    return pull_any
