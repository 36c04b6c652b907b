"""What verify reports of a buildkitd.toml, in addition to what its facts show."""

from __future__ import annotations

from ...reading.shapes import ANY, SWITCH, TEXT, wrong_types
from ...verifying.drift import Drift

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...reading.facts import Reading
    from ...reading.shapes import Shape

_REGISTRY = {
    **{key: [TEXT] for key in ("mirrors", "ca", "tlsconfigdir")},
    **dict.fromkeys(("http", "insecure"), SWITCH),
    "keypair": [{"key": TEXT, "cert": TEXT}],
}
_SHAPE: Shape = {"registry": {ANY: _REGISTRY}}


def unparsable(_text: str, reading: Reading) -> Iterator[Drift]:
    """The values of another type than buildkitd reads; then it does not start.

    Source: moby/buildkit, util/resolver/config/config.go.
    """
    for path, shape in wrong_types(reading.source.data, _SHAPE):
        message = f"this must be {shape}: buildkitd does not start with it"
        yield Drift(reading, reading.place(*path), message)
