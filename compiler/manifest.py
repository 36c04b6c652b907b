"""What a compile has made, for those who bundle it: a manifest in JSON, and sums to check."""

from __future__ import annotations

import hashlib

from . import __version__
from .frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .dialects import Artifact

_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r"})


@frozen
class ManifestEntry:
    """One artifact, as it is listed."""

    target: str
    path: str
    """Relative to the folder of the list."""
    artifact: Artifact


@frozen
class Source:
    """One spec, and its outputs."""

    name: str
    """The name of its file, without its folder."""
    content: bytes
    made: Sequence[ManifestEntry]


def as_data(sources: Sequence[Source]) -> dict[str, Any]:
    """What the manifest holds: no time, no absolute path, the same for the same specs.

    Args:
        sources: in the order in which they are listed.
    """
    return {
        "regspec": __version__,
        "specs": [
            {
                "name": source.name,
                "sha256": _digest(source.content),
                "artifacts": [_row(made) for made in source.made],
            }
            for source in sources
        ],
    }


def sums(sources: Sequence[Source]) -> str:
    """The digests of all artifacts as `sha256sum` prints them, and `sha256sum --check` reads them.

    Source: the manual of GNU coreutils, "md5sum invocation", for names with a backslash.
    """
    lines = []
    for source in sources:
        for made in source.made:
            escaped = made.path.translate(_ESCAPES)
            mark = "\\" if escaped != made.path else ""
            lines.append(f"{mark}{_digest(made.artifact.text.encode())}  {escaped}\n")
    return "".join(lines)


def _row(made: ManifestEntry) -> dict[str, Any]:
    content = made.artifact.text.encode()
    return {
        "target": made.target,
        "path": made.path,
        "sha256": _digest(content),
        "size": len(content),
        "mode": f"{made.artifact.mode:04o}",
        "holds_secret": made.artifact.holds_secret,
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
