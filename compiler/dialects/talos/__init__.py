"""Talos: the registries of its machine configuration, in either of its two forms."""

from __future__ import annotations

from ..containerd import CONSUMER
from ..dialect import Dialect, Format, Limit, Limits, Reader, Target, is_release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import TargetEntry
    from ...reading.facts import Reading
    from ...verifying.drift import Drift

FIRST_WITH_OVERRIDE_PATH = (1, 3)
FIRST_WITH_SKIP_FALLBACK = (1, 9)
FIRST_WITH_DOCUMENTS = (1, 12)
DOCUMENTS = ("RegistryMirrorConfig", "RegistryTLSConfig", "RegistryAuthConfig")
"""The kinds of the newer documents."""


def version_of(choice: TargetEntry) -> tuple[int, int] | None:
    """The version of Talos that a choice of this target is for, or none if it does not say."""
    version: str | None = choice.option("version")
    if version is None:
        return None
    major, minor = version.partition("-")[0].split(".")[:2]
    return int(major), int(minor)


def panics_at_tls(choice: TargetEntry) -> bool:
    """Whether a version of Talos stops at a `RegistryTLSConfig` without a client certificate.

    Source: siderolabs/talos, registry_tls.go of 1.12.0, which was run; fixed in 1.12.2.
    """
    return choice.option("version") in ("1.12.0", "1.12.1")


def _limits(choice: TargetEntry) -> Limits:
    version, deny = version_of(choice), None
    if version and FIRST_WITH_OVERRIDE_PATH <= version < FIRST_WITH_SKIP_FALLBACK:
        who = f"Talos {choice.option('version')}"
        deny = Limit(advice="Talos 1.9 and later can", consumer=who, option="version")
    return Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=Limit(consumer=CONSUMER),
        ipv6=None,
        deny=deny,
        login=None,
        ca=None,
        skip_verify=None,
    )


def _unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    from .verify import unparsable

    return unparsable(text, reading)


TARGET = Target(
    name="talos",
    summary="the registries of Talos, as a patch of its machine configuration",
    file="talos/registries.yaml",
    destination="talosctl patch machineconfig --patch @talos/registries.yaml",
    on_nodes=False,
    restart="",
    options=("version",),
    makes=("talos",),
    versions=("1.3", "1.9"),
    limits=_limits,
    module="talos.write",
)
FORMAT = Format(
    "talos",
    rank=8,
    of_each_host=True,
    names={"skipFallback": "`skipFallback` of {0}"},
    unparsable=_unparsable,
)
DIALECT = Dialect(
    name="talos",
    modules=("resolve", "rules", "runbook"),
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("yaml stream", "talos.read"),),
    reads=("the machine configuration of Talos",),
    runtime="talos",
    versions=is_release,
)
