"""k3s and RKE2: registries.yaml, of which they make containerd's configuration."""

from __future__ import annotations

from ..containerd import CONSUMER
from ..dialect import Artifact, Dialect, Format, Limit, Limits, NodeFiles, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ..attempt import Resolver
    from ..dialect import ReadingView
    from ..files import Tree


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from ...targets.k3s import render

    return render(spec, choice)


def _placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec
    if choice.option("distribution") == "rke2":
        return Placement((("", "/etc/rancher/rke2"),), ("rke2-server", "rke2-agent"))
    return Placement((("", "/etc/rancher/k3s"),), ("k3s", "k3s-agent"))


def _reader() -> ReadingView:
    from ...readers.k3s import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from ...runtimes.k3s import resolvers

    return resolvers(files, versions)


_DENIED_BY_FLAG = "start the servers and agents with `--disable-default-registry-endpoint`"
TARGET = Target(
    name="k3s",
    summary="registries.yaml of k3s and RKE2, with the CA files that it names",
    file="k3s",
    destination="/etc/rancher/k3s (or rke2)",
    on_nodes=True,
    restart="k3s or k3s-agent (rke2-server or rke2-agent)",
    options=("distribution",),
    makes=("k3s",),
    limits=Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=Limit(consumer=CONSUMER),
        ipv6=None,
        deny=Limit(advice=_DENIED_BY_FLAG),
        login=None,
        ca=None,
        skip_verify=None,
    ),
    render=_render,
    parts=("registries.yaml", "ca"),
    placement=_placement,
)
_ON_NODE = NodeFiles(
    ("/etc/rancher/k3s/registries.yaml", "/etc/rancher/rke2/registries.yaml"), required=True
)
_FORMAT = Format("k3s", rank=7, of_each_host=True, on_node=_ON_NODE)
DIALECT = Dialect(
    name="k3s",
    targets=(TARGET,),
    formats=(_FORMAT,),
    readers=(Reader("yaml", _reader),),
    reads=("registries.yaml of k3s",),
    resolvers=_resolvers,
)
