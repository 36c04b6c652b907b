"""What regspec knows of each consumer: one folder a dialect, and the list of their targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from .dialect import Artifact, Dialect, Format, Target

__all__ = [
    "DEFAULT_TARGETS",
    "FOLDERS",
    "TARGETS",
    "Artifact",
    "Dialect",
    "Format",
    "Target",
    "dialect_of",
    "dialects",
    "format_of",
    "formats",
    "makers_of",
]

FOLDERS = {
    "values": "charts",
    "secret": "charts",
    "containerd": "containerd",
    "certs.d": "containerd",
    "k3s": "k3s",
    "registries.conf": "containers",
    "talos": "talos",
    "openshift": "openshift",
    "docker": "docker",
    "buildkit": "buildkit",
    "kind": "kind",
    "kubeadm": "cluster_api",
    "imageswap": "imageswap",
    "pull-secret": "kubernetes",
    "palette": "charts",
    "copy-list": "copying",
    "regsync": "copying",
    "runbook": "runbook",
    "hauler": "copying",
    "zarf": "copying",
}
"""Every target in its order, and the folder of its dialect. Nothing is discovered."""
DEFAULT_TARGETS = ("values", "secret", "containerd")


def dialect_of(target: str) -> Dialect:
    """The dialect of a target. The first use imports its front."""
    dialect: Dialect = import_module(f".{FOLDERS[target]}", __name__).DIALECT
    return dialect


def dialects() -> Iterator[Dialect]:
    """All dialects, in the order of their first targets."""
    for folder in dict.fromkeys(FOLDERS.values()):
        yield import_module(f".{folder}", __name__).DIALECT


def formats() -> Iterator[Format]:
    """All formats, in the order of their dialects."""
    return (one for dialect in dialects() for one in dialect.formats)


def format_of(kind: str) -> Format:
    """The format of a kind of file."""
    return next(one for one in formats() if one.kind == kind)


def makers_of(kind: str) -> tuple[str, ...]:
    """The targets that make files of a kind, the targets of its own dialect first."""
    makers = [name for name, target in TARGETS.items() if kind in target.makes]
    own = [d.targets for d in dialects() if any(one.kind == kind for one in d.formats)]
    names = {target.name for targets in own for target in targets}
    return tuple(sorted(makers, key=lambda name: name not in names))


class _Targets(Mapping[str, Target]):
    """The targets by their names. The first use of a target imports its front."""

    def __getitem__(self, name: str) -> Target:
        for target in dialect_of(name).targets:
            if target.name == name:
                return target
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in FOLDERS

    def __iter__(self) -> Iterator[str]:
        return iter(FOLDERS)

    def __len__(self) -> int:
        return len(FOLDERS)


TARGETS: Mapping[str, Target] = _Targets()
