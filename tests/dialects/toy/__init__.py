"""Toy: a consumer that there is not, to show what one needs: this folder and a line."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limits, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ..attempt import Resolver
    from ..companions import CompiledTarget
    from ..dialect import ReadingView, Section
    from ..files import Tree


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


def _placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec, choice
    return Placement((("", "/etc/toy/mirrors.json"),), ("toy",))


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
    name="toy",
    summary="the mirrors of a toy",
    file="toy.json",
    destination="/etc/toy/mirrors.json",
    on_nodes=True,
    restart="toy",
    options=("loud",),
    makes=("toy",),
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
    placement=_placement,
)
FORMAT = Format("toy", rank=99, of_each_host=False)
DIALECT = Dialect(
    name="toy",
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("yaml", _reader),),
    reads=("the mirrors of a toy",),
    resolvers=_resolvers,
    section=_section,
)
