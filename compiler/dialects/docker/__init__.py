"""dockerd: daemon.json and certs.d, for either of its image stores.

The classic store has mirrors of Docker Hub only, at the root of a host. The containerd image store
of Engine 28 and later reads certs.d/HOST/hosts.toml for every registry.

Source: moby/moby, daemon/hosts.go.
"""

from __future__ import annotations

import re

from ..containerd import CONSUMER, HOSTS_FORMAT
from ..dialect import (
    Dialect,
    Format,
    HostsFolder,
    Limit,
    Limits,
    NodeFiles,
    Placement,
    Reader,
    Target,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...rules.rule import RuleResult
    from ...verifying.drift import Drift
    from ...verifying.node import Node
    from ...verifying.verify import Expected

DAEMON, AUTHORITIES = "/etc/docker/daemon.json", "/etc/docker/certs.d"
STORE = "containerd-snapshotter"
"""The key of `features` in daemon.json that chooses the image store."""
CONTAINERD_STORE = {"imageStore": CONSUMER}
"""The option that chooses the image store of containerd."""
CONTAINERD = "2.2"
"""The version of containerd whose code reads hosts.toml in the dockerd that was run."""


def has_containerd_store(choice: TargetEntry) -> bool:
    """Whether a choice of this target is for the containerd image store."""
    return CONTAINERD_STORE.items() <= dict(choice.options).items()


def _placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec
    folders = (("", TARGET.destination),)
    reloads = not has_containerd_store(choice)  # `features` needs a restart
    return Placement(folders, ("docker",), shared=("daemon.json",), reloads=reloads)


def _limits(choice: TargetEntry) -> Limits:
    login = Limit(reported_by="RS226")
    containerd_store = has_containerd_store(choice)
    if containerd_store:
        advice = f"write `{{target: {TARGET.name}, imageStore: containerd, credentials: header}}`"
        reason = "dockerd requests mirrors without it"
        login = Limit(reason=reason, advice=advice, reported_by="RS214")
    return Limits(
        wildcard=None if containerd_store else Limit(reported_by="RS225"),
        registry_beside_wildcard=None,
        library=Limit(consumer="dockerd"),
        ipv6=None,
        deny=None if containerd_store else Limit(advice=_BY_NETWORK),
        login=None if containerd_store and choice.option("credentials") == "header" else login,
        ca=None,
        skip_verify=None,
    )


def _conflicts(choice: TargetEntry) -> Iterator[RuleResult]:
    """The credentials that dockerd cannot read (RS202)."""
    from ...rules.rule import place_of

    place = place_of(choice, "credentials")
    credentials = choice.option("credentials", "none")
    if credentials == "config":
        problem = "dockerd does not read the fragment of containerd that `config` is for"
        yield place, problem, "write `credentials: header`, or leave it out"
    elif credentials != "none" and not has_containerd_store(choice):
        problem = "the classic image store has no file for credentials of mirrors"
        yield place, problem, "leave it out, or add `imageStore: containerd`"


def _is_version(text: str) -> bool:
    """Whether a text has the form of a version of dockerd, such as `29` or `28.5.1`."""
    return bool(re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,2}", text))


def _left_out_of_import(spec: Spec, choice: TargetEntry) -> str:
    from .rules import is_for_dockerd

    if has_containerd_store(choice) or all(is_for_dockerd(mirror) for mirror in spec.mirrors):
        return ""
    return "target `docker` has a mirror of `docker.io` only, at the root of a host"


def _drift(expected: Expected, reading: Reading) -> Iterator[Drift]:
    from .verify import drift

    return drift(expected.spec, reading)


def _unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    from .verify import unparsable

    return unparsable(text, reading)


def _compare_hosts(node: Node, choice: TargetEntry) -> bool:
    from .verify import compare_hosts

    return compare_hosts(node, choice)


_BY_NETWORK = "`imageStore: containerd` can, with Engine 28 and later; else only the network"
TARGET = Target(
    name="docker",
    summary="daemon.json of dockerd, to merge into an existing one, and its CA files",
    file="docker",
    destination="/etc/docker",
    on_nodes=True,
    restart="docker (with the classic image store, a reload will do)",
    options=("imageStore", "credentials"),
    makes=("docker", HOSTS_FORMAT.kind),
    limits=_limits,
    module="docker.write",
    parts=("daemon.json", "certs.d"),
    placement=_placement,
    conflicts=_conflicts,
    left_out_of_import=_left_out_of_import,
    one_choice=True,
)
_ON_NODE = NodeFiles(
    (DAEMON,), only_if_chosen=True, authorities="certs.d", compare_choice=_compare_hosts
)
FORMAT = Format(
    "docker",
    rank=12,
    of_each_host=False,
    on_node=_ON_NODE,
    names={"imageStore": f"`features.{STORE}`"},
    insecure_may_be_http=True,
    drift=_drift,
    unparsable=_unparsable,
)
DIALECT = Dialect(
    name="docker",
    modules=("resolve", "rules", "runbook"),
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("yaml", "docker.read", last=True),),
    reads=("daemon.json",),
    runtime="dockerd",
    versions=_is_version,
    hosts_of=HostsFolder(AUTHORITIES, "daemon.json", TARGET.name, CONTAINERD_STORE),
    installed_at=(DAEMON, f"{AUTHORITIES}/*/{HOSTS_FORMAT.in_each_folder}"),
)
