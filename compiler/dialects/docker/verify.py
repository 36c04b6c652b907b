"""What verify reports of a daemon.json, in addition to what its facts show."""

from __future__ import annotations

from ...diagnostics import Place, code_span
from ...verifying.drift import Drift
from . import AUTHORITIES, TARGET, has_containerd_store
from .insecure import is_insecure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...verifying.node import Node


def drift(spec: Spec, reading: Reading) -> Iterator[Drift]:
    """What does not fit to the other settings.

    These are ranges of addresses that contain a host whose certificate must be checked, and
    mirrors that dockerd requests before the hosts of docker.io/hosts.toml.
    """
    has_hosts = any(
        choice.target == TARGET.name and has_containerd_store(choice) for choice in spec.targets
    )
    for fact in reading.facts:
        kind, name = fact.subject[0], fact.subject[-1]
        if kind == "mirrors" and has_hosts:
            message = "dockerd requests `registry-mirrors` before hosts.toml: remove it"
            yield Drift(reading, fact.place, message, fact)
        entry = f"{name[1:-1]}/128" if name.endswith("]") else name
        for host in spec.mirror_hosts if kind == "insecure" and "/" in entry else ():
            covered = is_insecure({"insecure-registries": [entry]}, host)
            if covered and not spec.is_insecure(host):
                message = (
                    f"{code_span(host)} is in {code_span(entry)}: its certificate is not checked"
                )
                yield Drift(reading, fact.place, message, fact)


def compare_hosts(node: Node, choice: TargetEntry) -> bool:
    """Add what differs in the hosts.toml files of dockerd to what was found on a node.

    Returns:
        Whether the choice has such files.
    """
    if not has_containerd_store(choice):
        return False
    from ..containerd import compare_node

    compare_node.compare_hosts(node, AUTHORITIES)
    return True


def unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    """A byte order mark, which keeps dockerd from starting.

    Source: run with dockerd 20.10.24.
    """
    if text.startswith("\ufeff"):
        message = "a byte order mark is before it: dockerd 20.10 does not start with it"
        yield Drift(reading, Place(()), message)
