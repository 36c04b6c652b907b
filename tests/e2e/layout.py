"""The smallest image that a runtime can pull, as an OCI layout: a layer of one file.

The content follows from the name, so an image has one digest wherever it is stored, and
images of two names share no blob.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KIND = "application/vnd.oci.image"
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def digest(name: str) -> str:
    """The digest of the image that is called `name`, such as `hello:1`."""
    return sha256(blobs(name)[-1])


def write(name: str, folder: Path) -> None:
    """Write the image that is called `name` as an OCI layout."""
    store = folder / "blobs/sha256"
    store.mkdir(parents=True)
    parts = blobs(name)
    for part in parts:
        (store / sha256(part).removeprefix("sha256:")).write_bytes(part)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    index = {"schemaVersion": 2, "manifests": [described(parts[-1], "manifest.v1+json")]}
    (folder / "index.json").write_text(json.dumps(index))


def blobs(name: str) -> tuple[bytes, bytes, bytes]:
    """The layer, the configuration and the manifest."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("name")
        member.size = len(name)
        archive.addfile(member, io.BytesIO(name.encode()))
    layer = packed.getvalue()
    config = encoded(
        {
            "architecture": ARCHITECTURE,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer)]},
        }
    )
    manifest = encoded(
        {
            "schemaVersion": 2,
            "mediaType": f"{KIND}.manifest.v1+json",
            "config": described(config, "config.v1+json"),
            "layers": [described(layer, "layer.v1.tar")],
        }
    )
    return layer, config, manifest


def described(part: bytes, kind: str) -> dict[str, object]:
    """The descriptor of a blob."""
    return {"mediaType": f"{KIND}.{kind}", "digest": sha256(part), "size": len(part)}


def encoded(data: dict[str, object]) -> bytes:
    """The bytes that stand for the data, always the same."""
    return json.dumps(data, sort_keys=True).encode()


def sha256(part: bytes) -> str:
    """The name of a blob."""
    return f"sha256:{hashlib.sha256(part).hexdigest()}"
