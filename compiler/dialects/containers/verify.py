"""What verify reports of a registries.conf, in addition to what its facts show."""

from __future__ import annotations

from ...verifying.drift import Drift
from .validation import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...reading.facts import Reading


def unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    """What makes podman, CRI-O, skopeo and buildah refuse the file, and with it every pull."""
    if text.startswith("\ufeff"):
        yield Drift(reading, reading.place(), f"a byte order mark is before it: {_REFUSED}")
    for path, reason in refusals(reading.source.data, reading.source.path):
        yield Drift(reading, reading.place(*path), f"{reason}: {_REFUSED}")


_REFUSED = "podman, CRI-O and skopeo refuse the whole file, and every pull fails"
