"""A package definition for zarf, which brings images and files into the air gap.

Source: zarf-dev/zarf, src/api/v1alpha1 (the keys) and src/pkg/transform: without checksums, an
image is pushed to `REGISTRY-URL/REPOSITORY:TAG`, so one registry URL fits the images of one mirror.
"""

from __future__ import annotations

import posixpath
import re

from ... import emit, reference
from .. import companions
from ..dialect import Artifact
from . import ZARF
from .write_copy_list import copies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_NOT_IN_NAMES = re.compile("[^a-z0-9]+")
_FOLDER = "regspec"


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    path = choice.option("out", ZARF.file)
    public, secret = companions.for_bundles(spec, ZARF)
    files = [
        {
            "source": posixpath.relpath(file, posixpath.dirname(path) or "."),
            "target": f"{_FOLDER}/{file}",
        }
        for file in public
    ]
    components: list[dict[str, Any]] = [
        {
            "name": "files",
            "description": f"What regspec has made, to the folder {_FOLDER}",
            "required": True,
            "files": files,
        },
        *_images(spec),
    ]
    data = {
        "kind": "ZarfPackageConfig",
        "metadata": {"name": f"regspec-{_slug(spec.registry.endpoint.host)}"},
        "components": components,
    }
    text = f"{emit.HEADER}\n{companions.left_out(secret)}{emit.yaml_text(data)}"
    yield Artifact(path, text, data, "yaml")


def _images(spec: Spec) -> Iterator[dict[str, Any]]:
    """A component for the images of each registry URL that zarf is to be given."""
    by_place: dict[str, dict[str, None]] = {}
    for source, destination in copies(spec):
        by_place.setdefault(_registry_url(source, destination), {})[source] = None
    taken: set[str] = set()
    for place, images in by_place.items():
        plain = name = f"images-{_slug(place)}" if place else "images-of-other-names"
        while name in taken:
            name = f"{plain}-{len(taken)}"
        taken.add(name)
        how = f"mirror-resources --no-img-checksum --registry-url {place}"
        elsewhere = "zarf cannot push these to where the mirrors look; target copy-list says where"
        yield {"name": name, "description": how if place else elsewhere, "images": list(images)}


def _registry_url(source: str, destination: str) -> str:
    """What stands before the repository where the image goes; nothing if that is another one.

    zarf keeps the name of an image whose registry, as text, begins the URL: it pushes
    `quay.io/a/b` to itself, and not to `quay.io.example.org/a/b`.

    Source: zarf-dev/zarf, src/pkg/transform, ImageTransformHostWithoutChecksum.
    """
    image = reference.parse(source)
    parsed = reference.parse(destination)
    name = f"{parsed.registry}/{parsed.repository}"
    place = name.removesuffix(f"/{image.repository}")
    return "" if place == name or place.startswith(image.registry) else place


def _slug(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text.lower()).strip("-")
