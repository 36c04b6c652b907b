"""What the runbook says of Talos."""

from __future__ import annotations

from ..dialect import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The patch of one choice: how it is applied, and how a node is compared with it."""
    del spec
    (artifact,) = made.artifacts
    return Section(
        "talos/runbook.md.j2",
        {
            "version": made.choice.option("version", ""),
            "path": artifact.path,
            "login": artifact.holds_secret,
        },
        {"nodes": 50, "validate": 70},
    )
