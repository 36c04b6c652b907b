"""k3s and RKE2: which URL their containerd asks first for the manifest of an image.

Source: k3s-io/k3s, pkg/agent/containerd/config.go, normalizeEndpointAddress.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from .containerd import WILDCARD, manifest_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..reference import Reference


def first_url(data: Mapping[str, Any], image: Reference) -> str | None:
    """The URL that registries.yaml leads to; none when no mirror is meant for the image."""
    mirrors = data.get("mirrors", {})
    mirror = mirrors.get(image.registry) or mirrors.get(WILDCARD)
    if not mirror:
        return None
    parts = urlsplit(mirror["endpoint"][0])
    path = "/v2" if parts.path in ("", "/", "/v2") else parts.path
    return manifest_url(image, parts.scheme, parts.netloc, path)
