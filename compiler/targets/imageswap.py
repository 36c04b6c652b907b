"""The map of the upstream image-swap webhook, in the form that is safe with it.

No scheme, no `/v2`, `::` always, a `default`, and `docker.io` never without `docker.io/library`.
Source: phenixblue/imageswap-webhook 1.5.3, read and run.
"""

from __future__ import annotations

from .. import emit
from ..dialects.dialect import Artifact
from ..dialects.imageswap import TARGET
from ..mirrors import WILDCARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Choice, Spec

_HUB = "docker.io"
_LIBRARY = "docker.io/library"


def pairs(spec: Spec) -> dict[str, str]:
    """The lines of the map, in the order of the mirrors; `default` comes first."""
    lines = {"default": ""}
    for mirror in (*spec.mirrors, *spec.by_registry):
        lines["default" if mirror.source == WILDCARD else mirror.source] = str(mirror.location)
    hub = next((m.location for m in spec.mirrors if m.source == _HUB), None)
    wildcard = next((m.location for m in spec.mirrors if m.source == WILDCARD), None)
    if _LIBRARY in lines and hub is None:
        lines[_HUB] = _HUB if wildcard is None else str(wildcard)  # else it refuses the pod
    hub = hub or wildcard
    if hub is not None:
        # It does not know that `nginx` is `library/nginx`.
        lines.setdefault(_HUB, str(hub))
        lines.setdefault(_LIBRARY, str(hub.below("library")))
    return lines


def render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
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
