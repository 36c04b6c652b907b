"""dockerd: the URLs that it requests the manifest of an image from, in order.

The classic image store reads daemon.json. The containerd image store of Engine 28 and later reads
a hosts.toml for each registry with the code of containerd, and merges daemon.json into it.

Source: moby/moby, daemon/pkg/registry and daemon/hosts.go; run with dockerd 20.10.24 and 29.7.2.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from ...docker_hub import HUB, default_host, is_upstream
from ...frozen import replace
from .. import values
from ..attempt import Attempt, Outcome, Resolver
from ..containerd import HOSTS_FORMAT
from . import AUTHORITIES, DAEMON, STORE
from .insecure import is_insecure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..files import Tree

_FIRST_WITH_HOSTS, _FIRST_BY_DEFAULT = 28, 29
_FIRST_WITH_PATHS = 23
"""The first version that starts with a mirror that has a path."""
_UNKNOWN = (
    f"{DAEMON} does not set `features.{STORE}`: new installations of Engine 29 and later read "
    "hosts.toml, upgraded ones and earlier versions do not"
)


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """Dockerd with its daemon.json and certs.d, with the image store that it has.

    Without a version, both stores are shown if it matters and is not known which one it is.
    """
    try:
        data = values.from_json(files, DAEMON)
        features = values.table(data.get("features"), "`features`")
        store = values.flag(features[STORE], f"`{STORE}`") if STORE in features else None
    except values.Refused as why:
        refusing = Outcome(loads=False, reason=str(why))
        for version in versions or (None,):
            yield Resolver("dockerd", lambda _written, _image: refusing, version)
        return
    is_open = store is None and _has_hosts(files)
    known = versions or (("28", "29") if is_open else (None,))
    for version in known:
        major = int(version.partition(".")[0]) if version else None
        has_containerd = store
        if has_containerd is None:
            has_containerd = major is not None and major >= _FIRST_BY_DEFAULT
        notes = (_UNKNOWN,) if is_open and _may_read_hosts(major) else ()
        if has_containerd:
            from .resolve_hosts import with_hosts

            reads_hosts = _may_read_hosts(major)
            resolver = with_hosts(files, data, version, reads_hosts=reads_hosts)
        else:
            attempts = partial(_attempts_of, files, data, major)
            resolver = values.resolver("dockerd", attempts, version)
        yield _noted(resolver, notes)


def _may_read_hosts(major: int | None) -> bool:
    return major is None or major >= _FIRST_WITH_HOSTS


def _has_hosts(files: Tree) -> bool:
    """Whether there is a hosts.toml that the containerd image store would read."""
    return any(
        values.is_there(files, f"{AUTHORITIES}/{name}/{HOSTS_FORMAT.in_each_folder}")
        for name in files.names(AUTHORITIES) or ()
    )


def _noted(resolver: Resolver, notes: tuple[str, ...]) -> Resolver:
    """A resolver with notes on each outcome."""
    if not notes:
        return resolver

    def pull(written: str, image: Reference) -> Outcome:
        outcome = resolver.pull(written, image)
        return replace(outcome, notes=(*outcome.notes, *notes))

    return replace(resolver, pull=pull)


def _attempts_of(
    files: Tree, data: Mapping[str, Any], major: int | None
) -> Callable[[Reference], Iterator[Attempt]]:
    values.texts(data.get("insecure-registries"), "`insecure-registries`")
    takes_paths = major is not None and major >= _FIRST_WITH_PATHS
    for mirror in values.texts(data.get("registry-mirrors"), "`registry-mirrors`"):
        origin = values.origin_of(mirror)
        path = mirror.removeprefix(origin or "")
        if origin is None or not (takes_paths or path in ("", "/")):
            raise values.Refused(f"{DAEMON}: dockerd takes no mirror but http(s)://HOST[:PORT]")
    return partial(_attempts, files, data)


def _attempts(files: Tree, data: Mapping[str, Any], image: Reference) -> Iterator[Attempt]:
    """The mirrors of Docker Hub, then the host by https, then by http if that is allowed."""
    host = default_host(image.registry)
    own = [f"https://{host}", *([f"http://{host}"] if is_insecure(data, host) else [])]
    urls = mirror_urls(data, image)
    for url in (*urls, *(manifest_url(origin, image) for origin in own)):
        parts = urlsplit(url)
        ca = f"{AUTHORITIES}/{parts.netloc}/ca.crt"
        secure = parts.scheme == "https"
        yield Attempt(
            url,
            upstream=is_upstream(parts.netloc, image.registry, parts.scheme),
            file=DAEMON if url in urls else None,
            authorities=(ca,) if secure and values.is_there(files, ca) else (),
            skip_verify=secure and is_insecure(data, parts.netloc),
        )


def mirror_urls(data: Mapping[str, Any], image: Reference) -> list[str]:
    """The URLs that `registry-mirrors` lead to, in order; none except for Docker Hub."""
    mirrors = (data.get("registry-mirrors") or []) if image.registry == HUB else []
    # The API is below the whole of a mirror's URL, so that a path would stand before `/v2`.
    return [manifest_url(mirror.rstrip("/"), image) for mirror in mirrors]


def manifest_url(origin: str, image: Reference) -> str:
    """The URL of an image's manifest at a registry. It does not name the upstream."""
    return f"{origin}/v2/{image.repository}/manifests/{image.digest or image.tag or 'latest'}"
