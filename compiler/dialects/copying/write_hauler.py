"""Manifests for hauler, which brings images and files into the air gap.

Source: hauler-dev/hauler, pkg/apis/hauler.cattle.io/v1 (the keys), pkg/getter (a path is a URL
without a scheme), pkg/reference (the name of a file becomes one of a repository) and pkg/store
(`rewrite` says where in a registry an image goes).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from ... import emit, reference
from .. import companions
from ..dialect import Artifact
from . import HAULER
from .write_copy_list import copies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_FOLDER = "regspec"
"""Before the names of files: a first part with a dot in it would be taken for a registry."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._/-]")


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", HAULER.file)
    public, secret = companions.for_bundles(spec, HAULER)
    yield _manifest(
        f"{root}/files.yaml",
        "Files",
        "regspec-files",
        {"files": [{"path": quote(path), "name": name} for path, name in _named(public)]},
        companions.left_out(secret),
    )
    by_host: dict[str, list[dict[str, str]]] = {}
    for source, destination in dict.fromkeys(copies(spec)):
        image = {"name": source, "rewrite": _with_tag(destination)}
        by_host.setdefault(destination.partition("/")[0], []).append(image)
    for number, (host, images) in enumerate(by_host.items(), 1):
        path = f"{root}/images/{host.replace(':', '_')}.yaml"
        # One manifest for each: `store copy` sends all of a store to one registry.
        yield _manifest(path, "Images", f"regspec-images-{number}", {"images": images}, "")


def _manifest(path: str, kind: str, name: str, spec: dict[str, Any], note: str) -> Artifact:
    data = {
        "apiVersion": "content.hauler.cattle.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }
    return Artifact(path, f"{emit.HEADER}\n{note}{emit.yaml_text(data)}", data, "yaml")


def _named(paths: list[str]) -> Iterator[tuple[str, str]]:
    """Each file with a name that hauler takes, and that no other file has."""
    taken: set[str] = set()
    for path in paths:
        plain = name = f"{_FOLDER}/{_NOT_IN_NAMES.sub('_', path)}"
        while name.lower() in taken:
            name = f"{plain}-{len(taken)}"
        taken.add(name.lower())
        yield path, name


def _with_tag(destination: str) -> str:
    """Where an image goes, with a tag of its digest if its name has only the digest."""
    parsed = reference.parse(destination)
    if parsed.tag:
        return destination
    # hauler renames only to tags. A request by digest finds the image under any tag.
    return f"{parsed.registry}/{parsed.repository}:{parsed.digest.partition(':')[2][:64]}"
