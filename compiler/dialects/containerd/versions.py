"""Versions of containerd, and the lines that behave alike in most respects."""

from __future__ import annotations

import re

from ...frozen import frozen

MEASURED = (
    *("1.6.20", "1.6.39", "1.7.0", "1.7.34"),
    *("2.0.0", "2.0.11", "2.1.0", "2.1.9", "2.2.0", "2.2.7", "2.3.4", "2.4.0-beta"),
)
"""The versions whose requests were recorded; the last of a line stands for the line."""
_VERSION = r"v?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(?:[-+~].*)?\Z"


@frozen
class Version:
    """One version of containerd."""

    major: int
    minor: int
    patch: int

    def before(self, *numbers: int) -> bool:
        """Whether it is older than the version of these numbers."""
        return (self.major, self.minor, self.patch) < numbers


def parse(text: str) -> Version | None:
    """The version that a text names, or none; a line (`1.7`) is its last measured version."""
    match = re.match(_VERSION, text)
    if not match:
        return None
    major, minor, patch = match.groups()
    if patch is None:
        line = f"{major}.{minor}."
        last = [measured for measured in MEASURED if measured.startswith(line)]
        if last:
            return parse(last[-1])
    return Version(int(major), int(minor), int(patch or 0))


LINES = tuple(dict.fromkeys(".".join(version.split(".")[:2]) for version in MEASURED))
"""The lines of containerd, oldest first."""
_LAST_OF_1 = "1.7"
_RANGE = f"write a version from {LINES[0]} to {LINES[-1]}"

PAUSE_IMAGE = "registry.k8s.io/pause"
PAUSE_TAGS = {
    "1.6": "3.6",
    "1.7": "3.8",
    "2.0": "3.10",
    "2.1": "3.10",
    "2.2": "3.10.1",
    "2.3": "3.10.2",
    "2.4": "3.10.2",
}
"""The tag of the sandbox image that each line of containerd is built with."""


def is_modelled(text: str) -> bool:
    """Whether a text names a version of one of the lines that are modelled."""
    version = parse(text)
    return version is not None and f"{version.major}.{version.minor}" in LINES


def problem_with(text: str) -> tuple[str, str] | None:
    """What is wrong with a version: the message, and what to write in its place.

    Args:
        text: an entered version of containerd.

    Returns:
        None for a version of a line that is modelled.
    """
    if is_modelled(text):
        return None
    message, advice = f"containerd {text} is not a known version", f"{_RANGE}, such as 2.1.4"
    version = parse(text)
    if version:
        line = (version.major, version.minor)
        below = [known for known in LINES if _numbers(known) < line][-1:]
        above = [known for known in LINES if _numbers(known) > line][:1]
        nearest = " and ".join(f"`{known}`" for known in (*below, *above))
        advice = f"{_RANGE}; the nearest {'are' if below and above else 'is'} {nearest}"
        if _numbers(_LAST_OF_1) < line < (2, 0):
            advice = f"{advice} (1.{version.minor} looks like a version of Kubernetes)"
    return message, advice


def _numbers(line: str) -> tuple[int, int]:
    major, minor = line.split(".")
    return int(major), int(minor)
