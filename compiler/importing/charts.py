"""What a spec says of charts: their images, and whether they have a pull secret."""

from __future__ import annotations

from ..model import CERT_MANAGER_IMAGES, IMAGE_SWAP_IMAGES
from .forms import is_upstream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..mirrors import Location
    from .claims import ClaimSet

_IMAGES = {"imageSwap": IMAGE_SWAP_IMAGES, "certManager": CERT_MANAGER_IMAGES}


def blocks(claims: ClaimSet, base: Location) -> dict[str, dict[str, Any]]:
    """The block of each chart of which anything is said.

    Args:
        claims: of all files.
        base: the place of the registry that images of an upstream are below.
    """
    found = {block: _block(claims, block, base) for block in _IMAGES}
    return {block: chart for block, chart in found.items() if chart}


def _block(claims: ClaimSet, block: str, base: Location) -> dict[str, Any]:
    chart: dict[str, Any] = {}
    cluster = claims.decide("isEKSCluster") if block == "imageSwap" else None
    if cluster:
        said = claims.of("isEKSCluster")
        claims.set_value(chart, (block, "isEKSCluster"), said, value=cluster.fact.value)
    images = _images(claims, block, base)
    if images:
        chart["images"] = images
    if claims.decide("pullSecret", block):
        said = claims.of("pullSecret", block)
        claims.set_value(chart, (block, "pullSecret"), said, value=True)
    return chart


def _images(claims: ClaimSet, block: str, base: Location) -> dict[str, Any]:
    """The images of a chart as upstream has them, or exactly as they are written."""
    said = {name: claims.decide("image", block, name) for name in _IMAGES[block]}
    known = {name: one for name, one in said.items() if one}
    if len(known) < len(said):
        for one in known.values():
            claims.leave(one, "a spec has all images of a chart or none, and some are missing")
        return {}
    images: dict[str, Any] = {}
    for name, one in known.items():
        written = one.fact.value
        upstream = written.removeprefix(f"{base}/")
        exact = upstream == written or not is_upstream(upstream, base.host)
        images[name] = {"exact": written} if exact else upstream
        claims.note((block, "images"), claims.of("image", block, name))
    return images
