"""dockerd: which URLs it asks for the manifest of an image, before the upstream's.

Source: moby/moby, daemon/pkg/registry; run with dockerd 20.10.24.
"""

from __future__ import annotations

from .hosts import HUB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..reference import Reference


def mirror_urls(data: Mapping[str, Any], image: Reference) -> list[str]:
    """The URLs that `registry-mirrors` lead to, in order; none for any registry but Docker Hub."""
    mirrors = data.get("registry-mirrors", []) if image.registry == HUB else []
    # The API is below the whole of a mirror's URL, so that a path would stand before `/v2`.
    return [manifest_url(mirror.rstrip("/"), image) for mirror in mirrors]


def manifest_url(origin: str, image: Reference) -> str:
    """The URL of an image's manifest at a registry, which is not told for whom it is asked."""
    return f"{origin}/v2/{image.repository}/manifests/{image.digest or image.tag or 'latest'}"


def is_insecure(data: Mapping[str, Any], host: str) -> bool:
    """Whether http, and a certificate that nobody checks, are allowed for a host.

    An IPv6 address is in the range of it alone only with a port: without one dockerd looks it up
    with its brackets, and finds nothing.
    """
    listed = data.get("insecure-registries", ())
    address, bracket, port = host.partition("]:")
    return host in listed or (bool(bracket and port) and f"{address[1:]}/128" in listed)
