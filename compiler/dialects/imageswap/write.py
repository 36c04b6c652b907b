"""The map of the upstream image-swap webhook, in the form that is safe with it.

No scheme, no `/v2`, `::` always, a `default`, and `docker.io` never without `docker.io/library`.
Source: phenixblue/imageswap-webhook 1.5.3, read and run.
"""

from __future__ import annotations

from ... import emit
from ...mirrors import LIBRARY, WILDCARD
from ..dialect import Artifact
from . import DEFAULT, HUB, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry


def pairs(spec: Spec) -> dict[str, str]:
    """The lines of the map, in the order of the mirrors; `default` comes first."""
    lines = {DEFAULT: ""}
    for mirror in (*spec.mirrors, *spec.by_registry):
        lines[DEFAULT if mirror.source == WILDCARD else mirror.source] = str(mirror.location)
    hub = next((m.location for m in spec.mirrors if m.source == HUB), None)
    wildcard = next((m.location for m in spec.mirrors if m.source == WILDCARD), None)
    if LIBRARY in lines and hub is None:
        lines[HUB] = HUB if wildcard is None else str(wildcard)  # else it refuses the pod
    hub = hub or wildcard
    if hub is not None:
        # It does not know that `nginx` is `library/nginx`.
        lines.setdefault(HUB, str(hub))
        lines.setdefault(LIBRARY, str(hub.below("library")))
    return lines


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    lines = "".join(f"{source}::{target}\n" for source, target in pairs(spec).items())
    data = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "imageswap-maps", "namespace": "imageswap-system"},
        "data": {"maps": lines},
    }
    yield Artifact(
        path=choice.option("out", TARGET.file),
        text=f"{emit.HEADER}\n{emit.yaml_text(data)}",
        data=data,
        syntax="yaml",
    )
