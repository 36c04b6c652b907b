"""The image-swap webhook in MAPS mode: what it makes of the image of a pod.

Source: phenixblue/imageswap-webhook 1.5.3, whose code was read and run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "default"
"""The key for all registries that have none of their own."""
HUB = "docker.io"


class Refused(Exception):  # noqa: N818 - it says what becomes of the pod
    """The webhook fails on an image, and so the pod is refused."""


def swap(pairs: Mapping[str, str], image: str) -> str:
    """The image that the webhook writes in place of another.

    The name is taken as it stands in the pod: `nginx` is not turned into `library/nginx`, and
    `index.docker.io` is not `docker.io`.

    Args:
        pairs: the map, by source; the chart adds an empty `default` to one without.
        image: the image as a pod names it.

    Raises:
        Refused: only `docker.io/library` is in the map, and this is another image of Docker Hub.
    """
    first, slash, rest = image.partition("/")
    written = "." in first and bool(rest)
    registry = key = first if written else HUB
    if key not in pairs and key.partition(":")[0] in pairs:
        key = key.partition(":")[0]
    library = f"{key}/library"
    if key in pairs or library in pairs:
        if not slash and library in pairs:
            key = library
        if key not in pairs:
            raise Refused
        return _swapped(pairs[key], key, registry, image, written=written)
    return _by_default(pairs.get(DEFAULT, ""), registry, image)


def _swapped(value: str, key: str, registry: str, image: str, *, written: bool) -> str:
    if not value:
        return image
    if value.endswith("-"):
        name = image if written else f"{registry.partition(':')[0]}/{image}"
        return value + re.sub(":.*/", "/", name)
    if key in image:
        # The key is a pattern, and every occurrence is replaced.
        return re.sub(key, value, image)
    return f"{value}/{image}"


def _by_default(value: str, registry: str, image: str) -> str:
    if not value:
        return image
    if value.endswith("-"):
        return f"{value}{registry.partition(':')[0]}/{image}"
    if registry in image:
        return image.replace(registry, value)
    return f"{value}/{image}"
