"""k3s and RKE2: registries.yaml, of which they make containerd's configuration."""

from __future__ import annotations

from ..containerd import CONSUMER
from ..dialect import Dialect, Format, Limit, Limits, NodeFiles, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...verifying.drift import Drift
    from ...verifying.node import Node, NodeFileProblem

FOLDERS = {"k3s": "/etc/rancher/k3s", "rke2": "/etc/rancher/rke2"}
"""The folder of the files on a node, by distribution."""
SERVICES = {"k3s": ("k3s", "k3s-agent"), "rke2": ("rke2-server", "rke2-agent")}
"""The systemd units that read the files, by distribution: of a server, and of an agent."""


def distribution_of(choice: TargetEntry) -> str:
    """The distribution that a choice of this target is for: `k3s` or `rke2`."""
    distribution: str = choice.option("distribution", "k3s")
    return distribution


def _placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec
    distribution = distribution_of(choice)
    return Placement((("", FOLDERS[distribution]),), SERVICES[distribution])


def _unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    from .verify import unparsable

    return unparsable(text, reading)


def _upstream(node: Node, path: str) -> Iterator[Drift | NodeFileProblem]:
    from .verify import upstream

    return upstream(node, path)


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
    module="k3s.write",
    parts=("registries.yaml", "ca"),
    placement=_placement,
)
FILES = tuple(f"{folder}/registries.yaml" for folder in FOLDERS.values())
"""The paths of registries.yaml on a node."""
_ON_NODE = NodeFiles(FILES, required=True, settings=_upstream)
FORMAT = Format(
    "k3s",
    rank=7,
    of_each_host=True,
    on_node=_ON_NODE,
    unparsable=_unparsable,
    names={"default": '{1} of `configs."*"`'},
)
DIALECT = Dialect(
    name="k3s",
    modules=("resolve", "rules", "runbook"),
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("yaml", "k3s.read"),),
    reads=("registries.yaml of k3s",),
    runtime="k3s",
    installed_at=tuple(FOLDERS.values()),
)
