"""What verify reports of a daemon.json, in addition to what its facts show."""

from __future__ import annotations

from ...diagnostics import Place, code_span
from ...verifying.drift import Drift
from .insecure import is_insecure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec
    from ...reading.facts import Reading


def drift(spec: Spec, reading: Reading) -> Iterator[Drift]:
    """The ranges of addresses that contain a host whose certificate must be checked."""
    for fact in reading.facts:
        kind, name = fact.subject[0], fact.subject[-1]
        entry = f"{name[1:-1]}/128" if name.endswith("]") else name
        for host in spec.mirror_hosts if kind == "insecure" and "/" in entry else ():
            covered = is_insecure({"insecure-registries": [entry]}, host)
            if covered and not spec.is_insecure(host):
                message = (
                    f"{code_span(host)} is in {code_span(entry)}: its certificate is not checked"
                )
                yield Drift(reading, fact.place, message, fact)


def unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    """A byte order mark, which keeps dockerd from starting.

    Source: run with dockerd 20.10.24.
    """
    if text.startswith("\ufeff"):
        message = "a byte order mark is before it: dockerd 20.10 does not start with it"
        yield Drift(reading, Place(()), message)
