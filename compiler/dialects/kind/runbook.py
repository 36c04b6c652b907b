"""What the runbook says of a kind cluster."""

from __future__ import annotations

from ..dialect import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget


def section(spec: Spec, made: CompiledTarget) -> Section:
    """One cluster: how it is created, and how all nodes of kind are compared."""
    del spec
    return Section("kind/runbook.md.j2", {"root": made.root}, {"nodes": 90, "validate": 90})
