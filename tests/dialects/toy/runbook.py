"""What the runbook says of toys."""

from __future__ import annotations

from ..dialect import Section


def section(spec, made):
    """How a toy is given its file, and looked at afterwards."""
    del spec
    values = {"path": made.artifacts[0].path}
    return Section("toy/runbook.md.j2", values, {"nodes": 500, "validate": 500})
