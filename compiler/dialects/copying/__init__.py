"""What copies images into the registry: skopeo and crane, regsync, hauler and zarf."""

from __future__ import annotations

from ..dialect import BUNDLES, Artifact, Dialect, Limit, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...rules.rule import Rule
    from ..companions import CompiledTarget
    from ..dialect import Section


def _copy_list(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_copy_list import render

    return render(spec, choice)


def _regsync(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_regsync import render

    return render(spec, choice)


def _hauler(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_hauler import render

    return render(spec, choice)


def _zarf(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_zarf import render

    return render(spec, choice)


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


def _rules() -> tuple[Rule, ...]:
    from .rules import RULES

    return RULES


_LIMITS = Limits(
    wildcard=None,
    registry_beside_wildcard=None,
    library=None,
    ipv6=Limit("its readers take no such host", mark="["),
    deny=None,
    login=None,
    ca=None,
    skip_verify=None,
)
COPY_LIST = Target(
    name="copy-list",
    summary="the images to copy to the registry, as a list for skopeo or crane",
    file="copy-list.txt",
    destination="skopeo copy, line by line",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
    limits=_LIMITS,
    render=_copy_list,
    needs_images=True,
)
REGSYNC = Target(
    name="regsync",
    summary="the images to copy to the registry, as a configuration of regclient's regsync",
    file="regsync.yaml",
    destination="regsync once --config regsync.yaml",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
    limits=_LIMITS,
    render=_regsync,
    needs_images=True,
)
HAULER = Target(
    name="hauler",
    summary="the images, and the files without credentials, as manifests for hauler",
    file="hauler",
    destination="hauler store sync --filename hauler/files.yaml",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
    limits=_LIMITS,
    render=_hauler,
    parts=("files.yaml", "images"),
    companions=BUNDLES,
    needs_images=True,
)
ZARF = Target(
    name="zarf",
    summary="the images, and the files without credentials, as a package for zarf",
    file="zarf.yaml",
    destination="zarf package create",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
    limits=_LIMITS,
    render=_zarf,
    companions=BUNDLES,
    needs_images=True,
)
DIALECT = Dialect(
    name="copying",
    targets=(COPY_LIST, REGSYNC, HAULER, ZARF),
    rules=_rules,
    section=_section,
)
