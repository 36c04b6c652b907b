"""dockerd: the URLs that it requests the manifest of an image from, in order.

Source: moby/moby, daemon/pkg/registry; run with dockerd 20.10.24.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from ...docker_hub import HUB, default_host, is_upstream
from .. import values
from ..attempt import Attempt
from .insecure import is_insecure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Resolver
    from ..files import Tree

_DAEMON, _AUTHORITIES = "/etc/docker/daemon.json", "/etc/docker/certs.d"


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """The one runtime, dockerd, with its daemon.json and certs.d, in whatever version."""
    del versions
    yield values.resolver("dockerd", partial(_attempts_of, files))


def _attempts_of(files: Tree) -> Callable[[Reference], Iterator[Attempt]]:
    data = values.from_json(files, _DAEMON)
    values.texts(data.get("insecure-registries"), "`insecure-registries`")
    for mirror in values.texts(data.get("registry-mirrors"), "`registry-mirrors`"):
        origin = values.origin_of(mirror)
        if origin is None or mirror.removeprefix(origin) not in ("", "/"):
            raise values.Refused(f"{_DAEMON}: dockerd takes no mirror but http(s)://HOST[:PORT]")
    return partial(_attempts, files, data)


def _attempts(files: Tree, data: Mapping[str, Any], image: Reference) -> Iterator[Attempt]:
    """The mirrors of Docker Hub, then the host by https, then by http if that is allowed."""
    host = default_host(image.registry)
    own = [f"https://{host}", *([f"http://{host}"] if is_insecure(data, host) else [])]
    urls = mirror_urls(data, image)
    for url in (*urls, *(manifest_url(origin, image) for origin in own)):
        parts = urlsplit(url)
        ca = f"{_AUTHORITIES}/{parts.netloc}/ca.crt"
        secure = parts.scheme == "https"
        yield Attempt(
            url,
            upstream=is_upstream(parts.netloc, image.registry, parts.scheme),
            file=_DAEMON if url in urls else None,
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
