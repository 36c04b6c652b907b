"""dockerd: daemon.json and certs.d, whose mirrors are of Docker Hub only, at the root of a host."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limit, Limits, NodeFiles, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...rules.rule import Rule
    from ...verifying.drift import Drift
    from ...verifying.verify import Expected
    from ..attempt import Resolver
    from ..companions import CompiledTarget
    from ..dialect import ReadingView, Section
    from ..files import Tree


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


def _placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec, choice
    folders = (("", TARGET.destination),)
    return Placement(folders, ("docker",), shared=("daemon.json",), reloads=True)


def _reader() -> ReadingView:
    from .read import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _rules() -> tuple[Rule, ...]:
    from .rules import RULES

    return RULES


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


def _left_out_of_import(spec: Spec, _choice: TargetEntry) -> str:
    from .rules import is_for_dockerd

    if all(is_for_dockerd(mirror) for mirror in spec.mirrors):
        return ""
    return "target `docker` has a mirror of `docker.io` only, at the root of a host"


def _drift(expected: Expected, reading: Reading) -> Iterator[Drift]:
    from .verify import drift

    return drift(expected.spec, reading)


def _unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    from .verify import unparsable

    return unparsable(text, reading)


_BY_NETWORK = "only the network can: let it refuse the upstream at once"
TARGET = Target(
    name="docker",
    summary="daemon.json of dockerd, to be merged into the one that is there, and its CA files",
    file="docker",
    destination="/etc/docker",
    on_nodes=True,
    restart="docker (a reload will do)",
    options=(),
    makes=("docker",),
    limits=Limits(
        wildcard=Limit(reported_by="RS225"),
        registry_beside_wildcard=None,
        library=Limit(consumer="dockerd"),
        ipv6=None,
        deny=Limit(advice=_BY_NETWORK),
        login=Limit(reported_by="RS226"),
        ca=None,
        skip_verify=None,
    ),
    render=_render,
    parts=("daemon.json", "certs.d"),
    placement=_placement,
    left_out_of_import=_left_out_of_import,
)
_ON_NODE = NodeFiles(("/etc/docker/daemon.json",), only_if_chosen=True, authorities="certs.d")
FORMAT = Format(
    "docker",
    rank=12,
    of_each_host=False,
    on_node=_ON_NODE,
    insecure_may_be_http=True,
    drift=_drift,
    unparsable=_unparsable,
)
DIALECT = Dialect(
    name="docker",
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("yaml", _reader, last=True),),
    reads=("daemon.json",),
    rules=_rules,
    section=_section,
    resolvers=_resolvers,
)
