"""What the runbook says of the files for new machines."""

from __future__ import annotations

from .. import node_files
from ..dialect import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The files of one choice: how new machines get them, and what they replace there."""
    return Section(
        "cluster_api/runbook.md.j2",
        {
            "root": made.root,
            "name": made.root.rpartition("/")[2],
            "cloud_init": made.choice.option("format") == "cloud-init",
            "secret": "secret.yaml" in made.parts,
            "replaced": [file.path for file in node_files.files(spec, made.choice) if file.shared],
        },
        {"nodes": 80},
    )
