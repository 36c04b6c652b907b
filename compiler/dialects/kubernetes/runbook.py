"""What the runbook says of pull secrets."""

from __future__ import annotations

from ..dialect import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The Secrets of one choice: how a cluster gets them."""
    del spec
    values = {"path": made.root, "named": made.choice.option("namespaces") is not None}
    return Section("kubernetes/runbook.md.j2", values, {"cluster": 50})
