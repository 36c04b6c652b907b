"""The upstream image-swap webhook: the ConfigMap with its map."""

from __future__ import annotations

from ..dialect import Dialect, Format, Limit, Limits, Reader, Target

DEFAULT = "default"
"""The key for all registries that have none of their own."""
HUB = "docker.io"


TARGET = Target(
    name="imageswap",
    summary="the ConfigMap with the map of the upstream image-swap webhook",
    file="imageswap/configmap.yaml",
    destination="kubectl apply --filename imageswap/configmap.yaml",
    on_nodes=False,
    restart="",
    options=(),
    makes=("imageswap",),
    limits=Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=None,
        ipv6=Limit("`::` splits its pairs", mark="::"),
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    module="imageswap.write",
    for_webhook=True,
)
FORMAT = Format("imageswap", rank=10, of_each_host=False, names={"map": "the place of {0}"})
DIALECT = Dialect(
    name="imageswap",
    modules=("resolve", "runbook"),
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(
        Reader("text", "imageswap.read", functions=("is_map", "read_text")),
        Reader("yaml", "imageswap.read"),
    ),
    reads=("a map of image-swap",),
    runtime="image-swap",
)
