"""dockerd: the URLs that it requests the manifest of an image from, in order.

Source: moby/moby, daemon/pkg/registry; run with dockerd 20.10.24.
"""

from __future__ import annotations

import ipaddress
import json
from functools import partial
from urllib.parse import urlsplit

from ...docker_hub import HUB, default_host, is_upstream
from ..attempt import Attempt, resolver_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Resolver
    from ..files import Tree

_DAEMON, _AUTHORITIES = "/etc/docker/daemon.json", "/etc/docker/certs.d"


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """The one runtime, dockerd, with its daemon.json and certs.d, in whatever version."""
    del versions
    data = json.loads(files.text(_DAEMON) or "{}")
    yield resolver_of("dockerd", partial(_attempts, files, data))


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
            authorities=(ca,) if secure and files.text(ca) is not None else (),
            skip_verify=secure and is_insecure(data, parts.netloc),
        )


def mirror_urls(data: Mapping[str, Any], image: Reference) -> list[str]:
    """The URLs that `registry-mirrors` lead to, in order; none except for Docker Hub."""
    mirrors = data.get("registry-mirrors", []) if image.registry == HUB else []
    # The API is below the whole of a mirror's URL, so that a path would stand before `/v2`.
    return [manifest_url(mirror.rstrip("/"), image) for mirror in mirrors]


def manifest_url(origin: str, image: Reference) -> str:
    """The URL of an image's manifest at a registry. It does not name the upstream."""
    return f"{origin}/v2/{image.repository}/manifests/{image.digest or image.tag or 'latest'}"


def is_insecure(data: Mapping[str, Any], host: str) -> bool:
    """Whether http, and a certificate that is not checked, are allowed for a host.

    An address may be in a range. An IPv6 address needs a port: without one dockerd looks it up with
    its brackets, and finds nothing.
    """
    listed = data.get("insecure-registries", ())
    return host in listed or any(_is_in(host, entry) for entry in listed if "/" in entry)


def _is_in(host: str, entry: str) -> bool:
    """Whether a host is an address in a range. A name is not resolved."""
    if host.endswith("]"):
        return False
    address = (host.rpartition(":")[0] or host).strip("[]")
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
