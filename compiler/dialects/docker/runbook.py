"""What the runbook says of dockerd."""

from __future__ import annotations

from ..dialect import Section
from . import TARGET, has_containerd_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget

_DAEMON, _AUTHORITIES = TARGET.parts


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The files of one choice: how a node gets them, and how it is compared with them."""
    parts = [part for part in made.parts if part == _AUTHORITIES]
    root = "" if made.root == "." else f"{made.root}/"
    return Section(
        "docker/runbook.md.j2",
        {
            "source": f"{root}{_DAEMON}",
            "moves": [{"root": made.root, "parts": parts, "to": TARGET.destination}]
            if parts
            else [],
            "deny": spec.fallback == "deny",
            "containerd_store": has_containerd_store(made.choice),
        },
        {"nodes": 70, "validate": 80},
    )
