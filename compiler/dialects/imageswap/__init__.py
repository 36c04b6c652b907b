"""The upstream image-swap webhook: the ConfigMap with its map."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limit, Limits, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ..attempt import Resolver
    from ..companions import CompiledTarget
    from ..dialect import ReadingView, Section
    from ..files import Tree

DEFAULT = "default"
"""The key for all registries that have none of their own."""
HUB = "docker.io"


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


def _map_reader() -> ReadingView:
    from .read import is_map, read_text

    return is_map, read_text


def _reader() -> ReadingView:
    from .read import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


TARGET = Target(
    name="imageswap",
    summary="the ConfigMap with the map of the upstream image-swap webhook",
    file="imageswap/configmap.yaml",
    destination="kubectl apply --filename imageswap/configmap.yaml",
    on_nodes=False,
    restart="",
    options=(),
    makes=("imageswap",),
    limits=Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=None,
        ipv6=Limit("`::` splits its pairs", mark="::"),
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    render=_render,
    for_webhook=True,
)
FORMAT = Format("imageswap", rank=10, of_each_host=False, names={"map": "the place of {0}"})
DIALECT = Dialect(
    name="imageswap",
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("text", _map_reader), Reader("yaml", _reader)),
    reads=("a map of image-swap",),
    resolvers=_resolvers,
    section=_section,
)
