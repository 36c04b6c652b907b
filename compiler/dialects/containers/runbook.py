"""What the runbook says of podman, CRI-O, skopeo and buildah."""

from __future__ import annotations

from ..dialect import Section
from . import FOLDER, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget

_LOGINS = TARGET.parts[-1]


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The files of one choice: how a node gets them, and how it is compared with them."""
    del spec
    return Section(
        "containers/runbook.md.j2",
        {
            "moves": [
                {
                    "root": made.root,
                    "parts": made.parts,
                    "to": FOLDER,
                    # tar would make it with the umask of the node's root.
                    "folders": [f"{FOLDER}/registries.conf.d"],
                }
            ],
            "login": _LOGINS in made.parts,
        },
        {"nodes": 40, "validate": 60},
    )
