"""kind: a cluster whose node mounts the certs.d of containerd."""

from __future__ import annotations

from ...frozen import replace
from ..containerd import CERTS_D, CONSUMER, rules_of_hosts
from ..dialect import Artifact, Dialect, Limit, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...rules.rule import Rule
    from ..attempt import Resolver
    from ..companions import CompiledTarget
    from ..dialect import Section
    from ..files import Tree


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


def _limits(choice: TargetEntry) -> Limits:
    has_login = choice.option("credentials", "none") != "none"
    return Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=Limit(consumer=CONSUMER),
        ipv6=None,
        deny=None,
        login=None if has_login else Limit(reported_by="RS214"),
        ca=None,
        skip_verify=None,
    )


def _on_its_node(choice: TargetEntry) -> TargetEntry:
    """A kind cluster mounts what `certs.d` puts on a node."""
    kept = tuple(option for option in choice.options if option[0] in ("version", "credentials"))
    return replace(choice, target=CERTS_D.name, options=kept)


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _rules() -> tuple[Rule, ...]:
    from .rules import RULES

    return (*RULES, *rules_of_hosts())


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


TARGET = Target(
    name="kind",
    summary="a kind cluster that mounts certs.d, with the certs.d",
    file="kind",
    destination="kind create cluster --config cluster.yaml (in this folder)",
    on_nodes=False,
    restart="",
    options=("version", "credentials", "patches"),
    makes=("hosts.toml",),
    limits=_limits,
    render=_render,
    parts=("cluster.yaml", "certs.d"),
    stands_for=_on_its_node,
)
DIALECT = Dialect(
    name="kind",
    targets=(TARGET,),
    rules=_rules,
    resolvers=_resolvers,
    section=_section,
)
