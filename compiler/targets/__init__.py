"""What regspec writes: one module a target, and the list of them all."""

from __future__ import annotations

from . import (
    certs_d,
    containerd,
    copy_list,
    hauler,
    imageswap,
    k3s,
    palette,
    pull_secret,
    registries_conf,
    runbook,
    secret,
    values,
    zarf,
)
from .target import Artifact, Target

__all__ = ["DEFAULT_TARGETS", "TARGETS", "Artifact", "Target"]

TARGETS: dict[str, Target] = {
    "values": values.TARGET,
    "secret": secret.TARGET,
    "containerd": containerd.TARGET,
    "certs.d": certs_d.TARGET,
    "k3s": k3s.TARGET,
    "registries.conf": registries_conf.TARGET,
    "imageswap": imageswap.TARGET,
    "pull-secret": pull_secret.TARGET,
    "palette": palette.TARGET,
    "copy-list": copy_list.TARGET,
    "runbook": runbook.TARGET,
    "hauler": hauler.TARGET,
    "zarf": zarf.TARGET,
}
DEFAULT_TARGETS = ("values", "secret", "containerd")
