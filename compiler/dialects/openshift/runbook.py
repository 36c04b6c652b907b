"""What the runbook says of OpenShift."""

from __future__ import annotations

from ..dialect import Section
from . import CONFIG_MAP, NAME, PULL_SECRET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec
    from ..companions import CompiledTarget


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The objects of one choice: how a cluster gets them, and how it is compared with them."""
    del spec
    objects = [f"imagedigestmirrorset/{NAME}", f"imagetagmirrorset/{NAME}"]
    if "image-config.yaml" in made.parts:
        objects.append("image.config.openshift.io/cluster")
    return Section(
        "openshift/runbook.md.j2",
        {
            "root": made.root,
            "objects": " ".join(objects),
            "authorities": CONFIG_MAP if "ca.yaml" in made.parts else "",
            "pull_secret": next((path for path in made.paths if path.endswith(PULL_SECRET)), ""),
        },
        {"nodes": 60, "validate": 50},
    )
