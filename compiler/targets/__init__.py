"""What regspec writes: one module a target, and the list of them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from .target import Artifact, Target

__all__ = ["DEFAULT_TARGETS", "TARGETS", "Artifact", "Target"]

_MODULES = {
    "values": "values",
    "secret": "secret",
    "containerd": "containerd",
    "certs.d": "certs_d",
    "k3s": "k3s",
    "registries.conf": "registries_conf",
    "talos": "talos",
    "openshift": "openshift",
    "docker": "docker",
    "buildkit": "buildkit",
    "kind": "kind",
    "kubeadm": "kubeadm",
    "imageswap": "imageswap",
    "pull-secret": "pull_secret",
    "palette": "palette",
    "copy-list": "copy_list",
    "regsync": "regsync",
    "runbook": "runbook",
    "hauler": "hauler",
    "zarf": "zarf",
}
"""The targets in their order, and the module of each, which ends in its `TARGET`."""


class _Targets(Mapping[str, Target]):
    """The targets by their names; the module of one is imported when it is asked for."""

    def __init__(self) -> None:
        self._imported: dict[str, Target] = {}

    def __getitem__(self, name: str) -> Target:
        target = self._imported.get(name)
        if target is None:
            target = import_module(f".{_MODULES[name]}", __name__).TARGET
            self._imported[name] = target
        return target

    def __contains__(self, name: object) -> bool:
        return name in _MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


TARGETS: Mapping[str, Target] = _Targets()
DEFAULT_TARGETS = ("values", "secret", "containerd")
