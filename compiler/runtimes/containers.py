"""podman, CRI-O, skopeo and buildah: which repository they ask first for an image.

Source: containers/image, pkg/sysregistriesv2: the longest prefix wins, and is replaced as text.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..reference import Reference

_BY_DIGEST, _BY_TAG = "digest-only", "tag-only"


class Registries:
    """A registries.conf, read once for many images.

    Args:
        data: of the file.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._registries = {
            registry.get("prefix") or registry["location"]: registry
            for registry in data.get("registry", ())
        }

    def asked(self, image: Reference) -> tuple[str | None, bool]:
        """What is asked for an image.

        Returns:
            `HOST/REPOSITORY` that is asked first, none when it has no mirror of the image; and
            whether the upstream must not be asked, also when the mirror fails.
        """
        name = prefix = f"{image.registry}/{image.repository}"
        while prefix not in self._registries:
            prefix, slash, _ = prefix.rpartition("/")
            if not slash:
                return None, False
        registry = self._registries[prefix]
        blocked = registry.get("blocked", False)
        # An image with a tag and a digest is asked for by its digest.
        others = _BY_TAG if image.digest else _BY_DIGEST
        for mirror in registry.get("mirror", ()):
            if mirror.get("pull-from-mirror") != others:
                return mirror["location"] + name[len(prefix) :], blocked
        return None, blocked
