"""podman, CRI-O, skopeo and buildah: which repository they ask first for an image.

Source: containers/image, pkg/sysregistriesv2: the longest prefix wins, and is replaced as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..reference import Reference


def first_repository(data: Mapping[str, Any], image: Reference) -> str | None:
    """`HOST/REPOSITORY` that registries.conf leads to; none when it has no mirror of the image."""
    name = f"{image.registry}/{image.repository}"
    best: Mapping[str, Any] = {}
    for registry in data.get("registry", ()):
        prefix = registry["prefix"]
        if name.startswith(f"{prefix}/") and len(prefix) > len(best.get("prefix", "")):
            best = registry
    if not best.get("mirror"):
        return None
    location: str = best["mirror"][0]["location"]
    return location + name.removeprefix(best["prefix"])
