"""Talos: the registries of its machine configuration, in either of its two forms."""

from __future__ import annotations

from ..containerd import CONSUMER
from ..dialect import Artifact, Dialect, Format, Limit, Limits, Reader, Target

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

FIRST_WITH_OVERRIDE_PATH = (1, 3)
FIRST_WITH_SKIP_FALLBACK = (1, 9)
FIRST_WITH_DOCUMENTS = (1, 12)


def version_of(choice: TargetEntry) -> tuple[int, int] | None:
    """The version of Talos that a choice of this target is for, or none if it does not say."""
    version: str | None = choice.option("version")
    if version is None:
        return None
    major, minor = version.partition("-")[0].split(".")[:2]
    return int(major), int(minor)


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


def _limits(choice: TargetEntry) -> Limits:
    version, deny = version_of(choice), None
    if version and FIRST_WITH_OVERRIDE_PATH <= version < FIRST_WITH_SKIP_FALLBACK:
        who = f"Talos {choice.option('version')}"
        deny = Limit(advice="Talos 1.9 and later can", consumer=who, option="version")
    return Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=Limit(consumer=CONSUMER),
        ipv6=None,
        deny=deny,
        login=None,
        ca=None,
        skip_verify=None,
    )


def _reader() -> ReadingView:
    from .read import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    from .verify import unparsable

    return unparsable(text, reading)


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


def _rules() -> tuple[Rule, ...]:
    from .rules import RULES

    return RULES


TARGET = Target(
    name="talos",
    summary="the registries of Talos, as a patch of its machine configuration",
    file="talos/registries.yaml",
    destination="talosctl patch machineconfig --patch @talos/registries.yaml",
    on_nodes=False,
    restart="",
    options=("version",),
    makes=("talos",),
    limits=_limits,
    render=_render,
)
FORMAT = Format(
    "talos",
    rank=8,
    of_each_host=True,
    names={"skipFallback": "`skipFallback` of {0}"},
    unparsable=_unparsable,
)
DIALECT = Dialect(
    name="talos",
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("yaml stream", _reader),),
    reads=("the machine configuration of Talos",),
    rules=_rules,
    section=_section,
    resolvers=_resolvers,
)
