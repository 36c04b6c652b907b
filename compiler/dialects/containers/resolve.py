"""podman, CRI-O, skopeo and buildah: the repositories that they request an image from, in order.

Source: containers/image, pkg/sysregistriesv2: the longest prefix wins, and is replaced as text.
"""

from __future__ import annotations

from ... import reference
from ...docker_hub import default_host, is_upstream
from ...frozen import frozen
from .. import values
from ..attempt import Attempt, Outcome, Resolver
from . import VERSION_1, is_version_1, short_names
from .validation import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..files import Tree

_BY_DIGEST, _BY_TAG = "digest-only", "tag-only"
_FOLDER = "/etc/containers"
_KEYS = (
    *("registry", "mirror", "prefix", "location", "insecure", "blocked"),
    *("mirror-by-digest-only", "pull-from-mirror", "aliases", "short-name-mode"),
    *(short_names.SEARCH, VERSION_1, "search", "block"),
)


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """podman, CRI-O, skopeo and buildah, which resolve images alike in every version."""
    del versions
    try:
        pull = _pull_of(files)
    except values.Refused as why:
        pull = refusing(str(why))
    yield Resolver("containers", pull)


def refusing(reason: str) -> Callable[[str, Reference], Outcome]:
    """What becomes of every image on a node whose files are refused."""
    outcome = Outcome(loads=False, reason=reason)
    return lambda _written, _image: outcome


def _pull_of(files: Tree) -> Callable[[str, Reference], Outcome]:
    """How images are resolved with the files of a node.

    Raises:
        values.Refused: every pull fails with them.
    """
    folder = f"{_FOLDER}/registries.conf.d"
    drop_ins = sorted(name for name in files.names(folder) or () if name.endswith(".conf"))
    paths = [f"{_FOLDER}/registries.conf", *(f"{folder}/{name}" for name in drop_ins)]
    found = {path: values.from_toml(files, path) for path in paths if values.is_there(files, path)}
    folded = {path: _folded(data, _KEYS) for path, data in found.items()}
    for path, data in folded.items():
        for _, why in refusals(data, path):
            raise values.Refused(f"{path}: {why}")
    read = [*map(_of_version_2, folded.values())]
    registries = [
        registry for data in read for registry in values.tables(data.get("registry"), "`registry`")
    ]
    logins = values.from_json(files, f"{_FOLDER}/auth.json").get("auths")
    site = Site(
        Registries({"registry": registries}),
        file=next(reversed(found), None),
        authorities=frozenset(_with_authorities(files, f"{_FOLDER}/certs.d")),
        folder=f"{_FOLDER}/certs.d",
        logins=frozenset(values.table(logins, "`auths`")),
        login="auth.json",
    )
    return short_names.resolved(site.pull, short_names.read(read))


def _folded(value: Any, keys: tuple[str, ...]) -> Any:
    """A value whose tables have the known keys in any letter case, with the keys in lower case.

    Source: unifyStruct of BurntSushi/toml, which prefers a key in its own letter case; run with
    skopeo 1.9.3.
    """
    if isinstance(value, list):
        return [_folded(item, keys) for item in value]
    if not isinstance(value, dict):
        return value
    folded = {key.lower(): key for key in value if key.lower() in keys}
    own = {key: value[name] for key, name in folded.items()}
    exact = {key: item for key, item in value.items() if key in keys or key.lower() not in keys}
    return {
        key: item if key == "aliases" else _folded(item, keys)
        for key, item in {**own, **exact}.items()
    }


def _of_version_2(data: dict[str, Any]) -> dict[str, Any]:
    """What a file says in version 2 of the format; version 1 has no mirrors, but can block.

    Source: containers/image, pkg/sysregistriesv2, V1RegistriesConf.ConvertToV2; run with skopeo
    1.9.3 and podman 4.3.1.
    """
    if not is_version_1(data):
        return data
    old = values.table(data[VERSION_1], f"`{VERSION_1}`")
    lists = {
        key: values.texts(values.table(old.get(key), f"`{key}`").get("registries"), f"`{key}`")
        for key in ("search", "insecure", "block")
    }
    named = dict.fromkeys(place.rstrip("/") for place in (*lists["block"], *lists["insecure"]))
    blocked, insecure = (
        {place.rstrip("/") for place in lists[key]} for key in ("block", "insecure")
    )
    tables = [
        {"location": place, "blocked": place in blocked, "insecure": place in insecure}
        for place in named
    ]
    return {short_names.SEARCH: [*lists["search"]], "registry": tables}


def _with_authorities(files: Tree, folder: str) -> Iterator[str]:
    """The hosts that have a CA in a folder."""
    for host in files.names(folder) or ():
        if values.is_there(files, f"{folder}/{host}/ca.crt"):
            yield host


@frozen
class Site:
    """What podman, CRI-O and the others have read, from any location."""

    registries: Registries
    file: str | None
    """The path of the file with the mirrors."""
    authorities: frozenset[str]
    """The hosts that have a CA, below a folder."""
    folder: str
    logins: frozenset[str]
    """The hosts that have a login."""
    login: str
    """The file with the logins."""

    def pull(self, image: Reference) -> Outcome:
        """The mirrors in their order, and then the registry itself, without blocked ones.

        Every place is looked up again: a place that is blocked is not requested, be it a mirror or
        not.
        """
        sources = self.registries.sources(image)
        if any(source.place is None for source in sources):
            why = f"a mirror of its prefix makes no name of an image of {image}: the pull fails"
            return Outcome(loads=True, reason=why)
        has_mirrors = len(sources) > 1
        attempts: list[Attempt] = []
        for source in sources:
            if not self.registries.is_blocked(str(source.place)):
                is_named = source.is_mirror or not has_mirrors
                attempts += self._requests(source, image, self.file if is_named else None)
        blocked = f"registries.conf blocks {image.registry}, and each mirror of it"
        return Outcome(loads=True, reason=None if attempts else blocked, attempts=tuple(attempts))

    def _requests(self, source: Source, image: Reference, file: str | None) -> Iterator[Attempt]:
        """The requests at one place: by https and, where it is insecure, by http."""
        host, _, repository = str(source.place).partition("/")
        host = default_host(host)
        ca = f"{self.folder}/{host}/ca.crt"
        insecure = source.insecure
        for scheme in ("https", "http") if insecure else ("https",):
            yield Attempt(
                f"{scheme}://{host}/v2/{repository}/manifests/"
                f"{image.digest or image.tag or 'latest'}",
                upstream=is_upstream(host, image.registry, scheme),
                file=file if source.is_configured else None,
                authorities=(ca,) if host in self.authorities and not insecure else (),
                skip_verify=insecure and scheme == "https",
                login=self.login if host in self.logins else "",
            )


@frozen
class Source:
    """One place that an image is requested from."""

    place: str | None
    """`HOST/REPOSITORY`; none if what comes out is not the name of an image."""
    insecure: bool
    is_mirror: bool
    is_configured: bool
    """Whether a table names it."""


class Registries:
    """A registries.conf, read once for many images.

    Args:
        data: of the file. Of two tables with one prefix, the later one counts.

    Raises:
        values.Refused: every pull fails with it.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._registries: dict[str, Mapping[str, Any]] = {}
        for registry in values.tables(data.get("registry"), "`registry`"):
            location = _location(registry)
            prefix = values.text(registry.get("prefix"), "`prefix`").rstrip("/") or location
            if not prefix:
                raise values.Refused("a [[registry]] has neither `prefix` nor `location`")
            mirrors = tuple(
                _Mirror(
                    _location(mirror),
                    values.flag(mirror.get("insecure"), "`insecure`"),
                    values.text(mirror.get("pull-from-mirror"), "`pull-from-mirror`"),
                )
                for mirror in values.tables(registry.get("mirror"), "`mirror`")
            )
            if any(not mirror.location for mirror in mirrors):
                raise values.Refused(f"a mirror of {prefix} has no `location`")
            flags = {
                key: values.flag(registry.get(key), f"`{key}`")
                for key in ("insecure", "blocked", "mirror-by-digest-only")
            }
            self._registries[prefix] = {"location": location, "mirrors": mirrors, **flags}

    def sources(self, image: Reference) -> list[Source]:
        """Where an image is requested, in order; the last one is the registry itself.

        Source: containers/image, pkg/sysregistriesv2, PullSourcesFromReference.
        """
        name = f"{image.registry}/{image.repository}"
        prefix, table = self._found(name)
        if not table:
            return [Source(name, insecure=False, is_mirror=False, is_configured=False)]
        # An image with a tag and a digest is requested by its digest.
        others = _BY_TAG if image.digest else _BY_DIGEST
        mirrors: Iterable[_Mirror] = table["mirrors"]
        if table["mirror-by-digest-only"] and not image.digest:
            mirrors = ()
        found = [
            Source(
                _rewritten(mirror.location, prefix, name),
                insecure=mirror.insecure,
                is_mirror=True,
                is_configured=True,
            )
            for mirror in mirrors
            if mirror.images != others
        ]
        place = _rewritten(table["location"], prefix, name) if table["location"] else name
        own = Source(place, insecure=table["insecure"], is_mirror=False, is_configured=True)
        return [*found, own]

    def first(self, image: Reference) -> str | None:
        """`HOST/REPOSITORY` of the first mirror of an image, or none if it has none."""
        return next((source.place for source in self.sources(image) if source.is_mirror), None)

    def is_blocked(self, place: str) -> bool:
        """Whether nothing is requested at `HOST/REPOSITORY`, be it a mirror or the registry itself.

        Source: containers/image, docker/docker_client.go, newDockerClient.
        """
        _, table = self._found(place)
        return bool(table) and table["blocked"] is True

    def _found(self, name: str) -> tuple[str, Mapping[str, Any]]:
        """The longest prefix of a name that has a table, and the table.

        A prefix without a port is one of the same host with any port. `*.example.org` is one of
        each host below example.org.

        Source: containers/image, pkg/sysregistriesv2, refMatchingPrefix.
        """
        candidate = name
        while candidate:
            if candidate in self._registries:
                return candidate, self._registries[candidate]
            candidate = candidate[: max(candidate.rfind("/"), candidate.rfind(":"), 0)]
        host = name.partition("/")[0]
        below = host.partition(":")[0]
        while "." in below:
            below = below.partition(".")[2]
            if f"*.{below}" in self._registries:
                end = host.index(below) + len(below)
                return name[:end], self._registries[f"*.{below}"]
        return "", {}


@frozen
class _Mirror:
    location: str
    insecure: bool
    images: str
    """`digest-only`, `tag-only`, or all."""


def _location(table: Mapping[str, Any]) -> str:
    """The location of a registry or a mirror, or an empty text.

    Raises:
        values.Refused: it has a scheme.
    """
    location = values.text(table.get("location"), "`location`")
    if "://" in location:
        raise values.Refused("a `location` has a scheme, such as https://")
    return location.rstrip("/")


def _rewritten(location: str, prefix: str, name: str) -> str | None:
    """A name with a location in place of its prefix; none if that is not the name of an image."""
    place = location + name[len(prefix) :]
    try:
        reference.parse(place)
    except reference.NotAReference:
        return None
    return place
