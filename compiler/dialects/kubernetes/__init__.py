"""Kubernetes itself: the pull secret of pods."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Choice, Spec


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.pull_secret import render

    return render(spec, choice)


TARGET = Target(
    name="pull-secret",
    summary="a pull secret with every login of the spec",
    file="pull-secret.yaml",
    destination="kubectl apply --filename pull-secret.yaml",
    on_nodes=False,
    restart="",
    options=("name", "namespaces"),
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
    needs_login=True,
)
DIALECT = Dialect("kubernetes", (TARGET,))
