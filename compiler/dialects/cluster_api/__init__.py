"""Cluster API and cloud-init: they carry the files of other targets to new machines."""

from __future__ import annotations

from ..dialect import CARRIES, Artifact, Dialect, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...rules.rule import Rule
    from ..companions import CompiledTarget
    from ..dialect import Section

MAX_FILES = 200
"""So many `files` of a machine Cluster API takes."""


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


def _rules() -> tuple[Rule, ...]:
    from ..containerd import rules_of_versions
    from .rules import RULES

    return (*RULES, *rules_of_versions())


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


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
    render=_render,
    parts=(
        "kustomization.yaml",
        "control-plane.yaml",
        "control-plane-template.yaml",
        "workers.yaml",
        "secret.yaml",
        "cloud-config.yaml",
    ),
    companions=CARRIES,
)
DIALECT = Dialect(
    name="cluster_api",
    targets=(TARGET,),
    rules=_rules,
    section=_section,
)
