"""What the runbook says of the map of the image-swap webhook."""

from __future__ import annotations

from ..dialect import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The ConfigMap of one choice: how to apply it, and how to compare the cluster's one."""
    del spec
    return Section("imageswap/runbook.md.j2", {"path": made.root}, {"cluster": 30, "validate": 15})
