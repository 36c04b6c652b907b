"""BuildKit: buildkitd.toml, with the CA files that it names."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limit, Limits, NodeFiles, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...rules.rule import Rule
    from ...verifying.drift import Drift
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
    return Placement(folders, ("buildkit",), shared=(TARGET.parts[0],))


def _reader() -> ReadingView:
    from .read import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _rules() -> tuple[Rule, ...]:
    from .rules import RULES

    return RULES


def _unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    from .verify import unparsable

    return unparsable(text, reading)


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


_BY_NETWORK = "only the network can: let it refuse the upstream at once"
TARGET = Target(
    name="buildkit",
    summary="buildkitd.toml of BuildKit, with the CA files that it names",
    file="buildkit",
    destination="/etc/buildkit",
    on_nodes=True,
    restart="buildkit (or make the builder of buildx anew)",
    options=(),
    makes=("buildkit",),
    limits=Limits(
        wildcard=Limit(),
        registry_beside_wildcard=None,
        library=Limit(consumer="BuildKit"),
        ipv6=None,
        deny=Limit(advice=_BY_NETWORK),
        login=Limit(reported_by="RS227"),
        ca=None,
        skip_verify=None,
    ),
    render=_render,
    parts=("buildkitd.toml", "ca"),
    placement=_placement,
)
FILE, AUTHORITIES = (f"{TARGET.destination}/{part}" for part in TARGET.parts)
"""The paths of buildkitd.toml and of the folder of CA files on a node."""
_ON_NODE = NodeFiles((FILE,), only_if_chosen=True)
FORMAT = Format("buildkit", rank=9, of_each_host=True, on_node=_ON_NODE, unparsable=_unparsable)
DIALECT = Dialect(
    name="buildkit",
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("toml", _reader),),
    reads=("buildkitd.toml",),
    rules=_rules,
    section=_section,
    resolvers=_resolvers,
)
