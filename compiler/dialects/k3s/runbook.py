"""What the runbook says of k3s and RKE2."""

from __future__ import annotations

from ..dialect import Section
from . import FOLDERS, SERVICES, distribution_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The files of one choice: how a node gets them, and how it is compared with them."""
    distribution = distribution_of(made.choice)
    server, agent = SERVICES[distribution]
    return Section(
        "k3s/runbook.md.j2",
        {
            "distribution": distribution,
            "folder": FOLDERS[distribution],
            "moves": [{"root": made.root, "parts": made.parts, "to": FOLDERS[distribution]}],
            "server": server,
            "agent": agent,
            "deny": spec.fallback == "deny",
        },
        {"nodes": 30, "validate": 40},
    )
