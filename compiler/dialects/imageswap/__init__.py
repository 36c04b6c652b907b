"""The upstream image-swap webhook: the ConfigMap with its map."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Limit, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Choice, Spec


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.imageswap import render

    return render(spec, choice)


TARGET = Target(
    name="imageswap",
    summary="the ConfigMap with the map of the upstream image-swap webhook",
    file="imageswap/configmap.yaml",
    destination="kubectl apply --filename imageswap/configmap.yaml",
    on_nodes=False,
    restart="",
    options=(),
    limits=Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=None,
        ipv6=Limit("`::` parts its pairs", mark="::"),
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    render=_render,
    for_webhook=True,
)
DIALECT = Dialect("imageswap", (TARGET,))
