"""podman, CRI-O, skopeo and buildah: registries.conf, certs.d and auth.json."""

from __future__ import annotations

from ..dialect import Dialect, Format, Limit, Limits, NodeFiles, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...verifying.drift import Drift


VERSION_1 = "registries"
"""The table of version 1 of the format."""
LISTS_OF_VERSION_1 = ("search", "insecure", "block")


def is_version_1(data: dict[str, Any]) -> bool:
    """Whether a file has settings in version 1 of the format."""
    table = data.get(VERSION_1)
    lists = [table.get(key) for key in LISTS_OF_VERSION_1] if isinstance(table, dict) else []
    return any(isinstance(one, dict) and one.get("registries") for one in lists)


def _placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec, choice
    return Placement((("", FOLDER),), ("crio",))


def _unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    from .verify import unparsable

    return unparsable(text, reading)


FOLDER = "/etc/containers"
"""Where its files go on a node."""
NO_IPV6 = Limit("its readers take no such host", mark="[")
"""Names and IPv4 addresses are hosts to them, and nothing else."""
TARGET = Target(
    name="registries.conf",
    summary="registries.conf.d, certs.d and auth.json of podman, CRI-O, skopeo and buildah",
    file="containers",
    destination="/etc/containers (auth.json: where REGISTRY_AUTH_FILE or global_auth_file points)",
    on_nodes=True,
    restart="crio (podman, skopeo and buildah need none)",
    options=(),
    makes=("registries.conf", "certificates", "logins"),
    limits=Limits(
        wildcard=Limit(),
        registry_beside_wildcard=None,
        library=None,
        ipv6=NO_IPV6,
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    module="containers.write",
    parts=("registries.conf.d/50-regspec.conf", "certs.d", "auth.json"),
    placement=_placement,
)
FORMAT = Format(
    "registries.conf",
    rank=3,
    of_each_host=True,
    on_node=NodeFiles(
        ("/etc/containers/registries.conf",),
        drop_ins="/etc/containers/registries.conf.d",
        authorities="certs.d",
        for_all_users=True,
    ),
    names={
        "location": "`location` of {0}",
        "blocked": "`blocked` of {0}",
        "mirror setting": "{2} of a mirror of {0}",
        "mirror insecure": "`insecure` of the mirror of {0}",
    },
    of_a_mirror=("location", "blocked", "mirror insecure"),
    unparsable=_unparsable,
)
DIALECT = Dialect(
    name="containers",
    modules=("resolve", "rules", "runbook"),
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("toml", "containers.read"),),
    reads=("registries.conf",),
    runtime="containers",
    installed_at=("/etc/containers/registries.conf", "/etc/containers/registries.conf.d"),
)
