"""Spectro Cloud's charts and its management plane: Helm values and the registry Secret."""

from __future__ import annotations

from ..dialect import Dialect, Format, Limit, Limits, Reader, Target

_LIMITS = Limits(
    wildcard=None,
    registry_beside_wildcard=Limit(),
    library=None,
    ipv6=Limit("`::` splits its pairs", mark="::"),
    deny=None,
    login=None,
    ca=None,
    skip_verify=None,
)
VALUES = Target(
    name="values",
    summary="Helm values of the image-swap chart, and cert-manager's images",
    file="values.yaml",
    destination="helm upgrade --values values.yaml image-swap image-swap-*.tgz --install",
    on_nodes=False,
    restart="",
    options=(),
    makes=("values",),
    limits=_LIMITS,
    module="charts.write_values",
    carries_mirror_string=True,
    for_webhook=True,
)
SECRET = Target(
    name="secret",
    summary="the registry Secret (registry-info in jet-system)",
    file="registry-secret.yaml",
    destination="kubectl create --filename registry-secret.yaml",
    on_nodes=False,
    restart="",
    options=(),
    makes=("secret",),
    limits=_LIMITS,
    module="charts.write_secret",
    carries_mirror_string=True,
    for_webhook=True,
)
PALETTE = Target(
    name="palette",
    summary="the values of the management-plane chart that must match image-swap's",
    file="palette-values.yaml",
    destination="helm upgrade --values palette-values.yaml (after the chart's own values)",
    on_nodes=False,
    restart="",
    options=(),
    makes=("values",),
    limits=_LIMITS,
    module="charts.write_palette",
    carries_mirror_string=True,
    for_webhook=True,
)
VALUES_FORMAT = Format(
    "values",
    rank=1,
    of_each_host=False,
    by_target=True,  # what one of the charts lacks, the other must not make up for
    parts={
        "config": (
            ("registry",),
            ("mirror",),
            ("image imageSwap",),
            ("isEKSCluster",),
            ("create config",),
            ("login", "config"),
        ),
        "global": (("login", "global"),),
        "image": (("image certManager",),),
        "imagePullSecret": (("create image",), ("login", "image")),
    },
)
SECRET_FORMAT = Format("secret", rank=2, of_each_host=False)
DIALECT = Dialect(
    name="charts",
    modules=("resolve", "rules", "runbook"),
    targets=(VALUES, SECRET, PALETTE),
    formats=(VALUES_FORMAT, SECRET_FORMAT),
    readers=(Reader("yaml", "charts.read_values", last=True), Reader("yaml", "charts.read_secret")),
    reads=("Helm values", "the registry Secret"),
    runtime="image-swap",
)
