"""The runbook's section about Spectro Cloud's charts and the registry Secret."""

from __future__ import annotations

from ... import mirrors
from ..dialect import Section
from . import PALETTE, SECRET, VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget

_PARTS = {
    VALUES.name: {"procedure": 10, "cluster": 10, "validate": 10},
    PALETTE.name: {"cluster": 20},
    SECRET.name: {"procedure": 11, "cluster": 40, "validate": 10},
}


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The file of one choice: the procedure it belongs to, and how it is installed and compared."""
    return Section(
        "charts/runbook.md.j2",
        {
            "target": made.target.name,
            "path": made.root,
            "mirror_string": mirrors.to_string(spec.mirrors),
        },
        _PARTS[made.target.name],
    )
