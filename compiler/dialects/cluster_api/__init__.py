"""Cluster API and cloud-init: they bring the files of other targets to new machines."""

from __future__ import annotations

from ..dialect import CARRIES, Dialect, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import TargetEntry
    from ...rules.rule import RuleResult

MAX_FILES = 200
"""So many `files` of a machine Cluster API takes."""


def _conflicts(choice: TargetEntry) -> Iterator[RuleResult]:
    from .rules import conflicts

    return conflicts(choice)


TARGET = Target(
    name="kubeadm",
    summary="the files of nodes, as patches for Cluster API or as a cloud-config",
    file="kubeadm",
    destination="kustomize (as a component of the cluster's), or cloud-init (as user data)",
    on_nodes=False,
    restart="",
    options=("version", "name", "namespaces", "format", "secrets", "carry"),
    makes=(),
    limits=Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=None,
        ipv6=None,
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    module="cluster_api.write",
    parts=(
        "kustomization.yaml",
        "control-plane.yaml",
        "control-plane-template.yaml",
        "workers.yaml",
        "secret.yaml",
        "cloud-config.yaml",
    ),
    companions=CARRIES,
    conflicts=_conflicts,
)
DIALECT = Dialect(
    name="cluster_api",
    modules=("rules", "runbook"),
    targets=(TARGET,),
)
