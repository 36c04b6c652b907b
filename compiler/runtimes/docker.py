"""dockerd: which URLs it asks for the manifest of an image, before the upstream's.

Source: moby/moby, daemon/pkg/registry; run with dockerd 20.10.24.
"""

from __future__ import annotations

import ipaddress

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

    An address may be in a range, but one of IPv6 only with a port: without one dockerd looks it up
    with its brackets, and finds nothing.
    """
    listed = data.get("insecure-registries", ())
    return host in listed or any(_is_in(host, entry) for entry in listed if "/" in entry)


def _is_in(host: str, entry: str) -> bool:
    """Whether a host is an address in a range; what its name leads to, nobody asks here."""
    if host.endswith("]"):
        return False
    address = (host.rpartition(":")[0] or host).strip("[]")
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
