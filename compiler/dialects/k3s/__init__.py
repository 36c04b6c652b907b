"""k3s and RKE2: registries.yaml, of which they make containerd's configuration."""

from __future__ import annotations

from ..containerd import READER
from ..dialect import Artifact, Dialect, Limit, Limits, Placement, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Choice, Spec


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.k3s import render

    return render(spec, choice)


def _placement(spec: Spec, choice: Choice) -> Placement:
    del spec
    if choice.option("distribution") == "rke2":
        return Placement((("", "/etc/rancher/rke2"),), ("rke2-server", "rke2-agent"))
    return Placement((("", "/etc/rancher/k3s"),), ("k3s", "k3s-agent"))


_DENIED_BY_FLAG = "start the servers and agents with `--disable-default-registry-endpoint`"
TARGET = Target(
    name="k3s",
    summary="registries.yaml of k3s and RKE2, with the CA files that it names",
    file="k3s",
    destination="/etc/rancher/k3s (or rke2)",
    on_nodes=True,
    restart="k3s or k3s-agent (rke2-server or rke2-agent)",
    options=("distribution",),
    limits=Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=Limit(consumer=READER),
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
DIALECT = Dialect("k3s", (TARGET,))
