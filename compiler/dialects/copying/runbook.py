"""What the runbook says of copying images into the registry."""

from __future__ import annotations

from ..dialect import Section
from . import COPY_LIST, REGSYNC
from .write_regsync import variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget

_PLACES = {COPY_LIST.name: 10, REGSYNC.name: 20}
"""Of the two targets that the runbook describes. It does not see the targets that bundle it."""


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The file of one choice, and the command that copies what it lists."""
    return Section(
        "copying/runbook.md.j2",
        {"target": made.target.name, "path": made.root, "variables": variables(spec)},
        {"images": _PLACES[made.target.name]},
    )
