"""The values of the management-plane chart that must match those of image-swap."""

from __future__ import annotations

from .. import emit
from . import values
from .target import Artifact, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..model import Choice, Spec


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    data: dict[str, Any] = {"config": values.registry_config(spec)}
    if spec.logins:
        data["global"] = {"imagePullSecret": {"dockerConfigJson": values.encoded_logins(spec)}}
    yield Artifact(
        path=choice.option("out", TARGET.file),
        text=f"{emit.HEADER}\n{emit.yaml_text(data)}",
        data=data,
        syntax="yaml",
        mode=0o600 if spec.logins else 0o644,
        holds_secret=bool(spec.logins),
        secret_keys=values.SECRET_KEYS,
    )


TARGET = Target(
    name="palette",
    summary="the values of the management-plane chart that must match image-swap's",
    file="palette-values.yaml",
    destination="helm upgrade --values palette-values.yaml (after the chart's own values)",
    on_nodes=False,
    restart="",
    options=(),
    render=_render,
)
