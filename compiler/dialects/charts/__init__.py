"""The vendor's charts and its management plane: Helm values and the registry Secret."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limit, Limits, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...rules.rule import Rule
    from ..attempt import Resolver
    from ..companions import CompiledTarget
    from ..dialect import ReadingView, Section
    from ..files import Tree


def _values(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_values import render

    return render(spec, choice)


def _secret(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_secret import render

    return render(spec, choice)


def _palette(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_palette import render

    return render(spec, choice)


def _values_reader() -> ReadingView:
    from .read_values import read, recognises

    return recognises, read


def _secret_reader() -> ReadingView:
    from .read_secret import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


def _rules() -> tuple[Rule, ...]:
    from .rules import RULES

    return RULES


_LIMITS = Limits(
    wildcard=None,
    registry_beside_wildcard=Limit(),
    library=None,
    ipv6=Limit("`::` splits its pairs", mark="::"),
    deny=None,
    login=None,
    ca=None,
    skip_verify=None,
)
VALUES = Target(
    name="values",
    summary="Helm values of the image-swap chart, and cert-manager's images",
    file="values.yaml",
    destination="helm upgrade --values values.yaml image-swap image-swap-*.tgz --install",
    on_nodes=False,
    restart="",
    options=(),
    makes=("values",),
    limits=_LIMITS,
    render=_values,
    carries_mirror_string=True,
    for_webhook=True,
)
SECRET = Target(
    name="secret",
    summary="the registry Secret (registry-info in jet-system)",
    file="registry-secret.yaml",
    destination="kubectl create --filename registry-secret.yaml",
    on_nodes=False,
    restart="",
    options=(),
    makes=("secret",),
    limits=_LIMITS,
    render=_secret,
    carries_mirror_string=True,
    for_webhook=True,
)
PALETTE = Target(
    name="palette",
    summary="the values of the management-plane chart that must match image-swap's",
    file="palette-values.yaml",
    destination="helm upgrade --values palette-values.yaml (after the chart's own values)",
    on_nodes=False,
    restart="",
    options=(),
    makes=("values",),
    limits=_LIMITS,
    render=_palette,
    carries_mirror_string=True,
    for_webhook=True,
)
VALUES_FORMAT = Format(
    "values",
    rank=1,
    of_each_host=False,
    by_target=True,  # what one of the charts lacks, the other must not make up for
)
SECRET_FORMAT = Format("secret", rank=2, of_each_host=False)
DIALECT = Dialect(
    name="charts",
    targets=(VALUES, SECRET, PALETTE),
    formats=(VALUES_FORMAT, SECRET_FORMAT),
    readers=(Reader("yaml", _values_reader, last=True), Reader("yaml", _secret_reader)),
    reads=("Helm values", "the registry Secret"),
    rules=_rules,
    section=_section,
    resolvers=_resolvers,
)
