"""What regspec writes: one module a target, and the list of them all."""

from __future__ import annotations

from . import containerd, secret, values
from .target import Artifact, Target

__all__ = ["DEFAULT_TARGETS", "TARGETS", "Artifact", "Target"]

TARGETS: dict[str, Target] = {
    "values": values.TARGET,
    "secret": secret.TARGET,
    "containerd": containerd.TARGET,
}
DEFAULT_TARGETS = ("values", "secret", "containerd")
