"""Toy: a consumer that there is not, to show what one needs: this folder and a line."""

from __future__ import annotations

from ..dialect import Dialect, Format, Limits, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec, TargetEntry


def _placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec, choice
    return Placement((("", "/etc/toy/mirrors.json"),), ("toy",))


TARGET = Target(
    name="toy",
    summary="the mirrors of a toy",
    file="toy.json",
    destination="/etc/toy/mirrors.json",
    on_nodes=True,
    restart="toy",
    options=("loud",),
    makes=("toy",),
    limits=Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=None,
        ipv6=None,
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    module="toy.write",
    placement=_placement,
)
FORMAT = Format("toy", rank=99, of_each_host=False)
DIALECT = Dialect(
    name="toy",
    modules=("resolve", "runbook"),
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("yaml", "toy.read"),),
    reads=("the mirrors of a toy",),
)
