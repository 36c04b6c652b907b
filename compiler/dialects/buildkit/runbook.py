"""What the runbook says of BuildKit."""

from __future__ import annotations

from ..dialect import Section
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget

_FILE, _AUTHORITIES = TARGET.parts


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The files of one choice: how a node gets them, and how it is compared with them."""
    parts = [part for part in made.parts if part == _AUTHORITIES]
    root = "" if made.root == "." else f"{made.root}/"
    moves = [{"root": made.root, "parts": parts, "to": TARGET.destination}] if parts else []
    return Section(
        "buildkit/runbook.md.j2",
        {
            "source": f"{root}{_FILE}",
            "moves": moves,
            "log_in_to": [host for host in spec.mirror_hosts if host in spec.logins],
            "deny": spec.fallback == "deny",
        },
        {"nodes": 70, "validate": 80},
    )
