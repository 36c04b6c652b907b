"""The runbook: the documented steps for the person at the site."""

from __future__ import annotations

from ..dialect import DESCRIBES, Dialect, Limits, Target

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
    module="runbook.write",
    companions=DESCRIBES,
)
DIALECT = Dialect(
    name="runbook",
    targets=(TARGET,),
)
