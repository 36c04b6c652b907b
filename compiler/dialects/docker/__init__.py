"""dockerd: daemon.json and certs.d, whose mirrors are of Docker Hub only, at the root of a host."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Limit, Limits, Placement, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Choice, Spec


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.docker import render

    return render(spec, choice)


def _placement(spec: Spec, choice: Choice) -> Placement:
    del spec, choice
    folders = (("", TARGET.destination),)
    return Placement(folders, ("docker",), shared=("daemon.json",), reloads=True)


_BY_NETWORK = "only the network can: let it refuse the upstream at once"
TARGET = Target(
    name="docker",
    summary="daemon.json of dockerd, to be merged into the one that is there, and its CA files",
    file="docker",
    destination="/etc/docker",
    on_nodes=True,
    restart="docker (a reload will do)",
    options=(),
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
)
DIALECT = Dialect("docker", (TARGET,))
