"""The values of the management-plane chart that must match the values of image-swap."""

from __future__ import annotations

from ... import emit
from ..dialect import Artifact
from . import PALETTE, write_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    data: dict[str, Any] = {"config": write_values.registry_config(spec)}
    if spec.logins:
        data["global"] = {
            "imagePullSecret": {"dockerConfigJson": write_values.encoded_logins(spec)}
        }
    yield Artifact(
        path=choice.option("out", PALETTE.file),
        text=f"{emit.HEADER}\n{emit.yaml_text(data)}",
        data=data,
        syntax="yaml",
        mode=0o600 if spec.logins else 0o644,
        holds_secret=bool(spec.logins),
        secret_keys=write_values.SECRET_KEYS,
    )
