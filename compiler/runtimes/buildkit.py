"""BuildKit: which URL it asks first for the manifest of an image.

Source: moby/buildkit, util/resolver/resolver.go, NewRegistryConfig; it is read, not run.
"""

from __future__ import annotations

from ..mirrors import assumed_scheme
from .containerd import manifest_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..reference import Reference


def first_url(data: Mapping[str, Any], image: Reference) -> str | None:
    """The URL that buildkitd.toml leads to; none when no mirror is meant for the image."""
    mirrors = of_host(data, image.registry).get("mirrors")
    if not mirrors:
        return None
    place = mirrors[0].partition("://")[2] or mirrors[0]
    host, _, path = place.rstrip("/").partition("/")
    return manifest_url(image, scheme(data, host), host, f"/v2/{path}".rstrip("/"))


def scheme(data: Mapping[str, Any], host: str) -> str:
    """The scheme that a host is asked by: what its own table says, whoever it is a mirror of."""
    table = of_host(data, host)
    if table.get("insecure"):
        return "https"
    http = table.get("http")
    return assumed_scheme(host) if http is None else "http" if http else "https"


def of_host(data: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The table of a registry or a mirror; there is none for all others."""
    table: dict[str, Any] = data.get("registry", {}).get(host, {})
    return table
