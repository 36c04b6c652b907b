"""podman, CRI-O, skopeo and buildah: which repository they ask first for an image.

Source: containers/image, pkg/sysregistriesv2: the longest prefix wins, and is replaced as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..reference import Reference


class Registries:
    """A registries.conf, read once for many images.

    Args:
        data: of the file.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._mirrors = {
            registry["prefix"]: registry["mirror"][0]["location"]
            if registry.get("mirror")
            else None
            for registry in data.get("registry", ())
        }

    def first_repository(self, image: Reference) -> str | None:
        """`HOST/REPOSITORY` that is asked first; none when it has no mirror of the image."""
        parts = [image.registry, *image.repository.split("/")]
        for length in range(len(parts) - 1, 0, -1):
            prefix = "/".join(parts[:length])
            if prefix in self._mirrors:
                location = self._mirrors[prefix]
                return location and "/".join([location, *parts[length:]])
        return None
