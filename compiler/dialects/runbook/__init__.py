"""The runbook: the documented steps for the person at the site."""

from __future__ import annotations

from ..dialect import DESCRIBES, Artifact, Dialect, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


TARGET = Target(
    name="runbook",
    summary="the steps of the Palette procedure with the values of this spec, for the operator",
    file="RUNBOOK.md",
    destination="the person at the site",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
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
    companions=DESCRIBES,
)
DIALECT = Dialect(
    name="runbook",
    targets=(TARGET,),
)
