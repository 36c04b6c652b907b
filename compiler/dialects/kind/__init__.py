"""kind: a cluster whose node mounts the certs.d of containerd."""

from __future__ import annotations

from ...frozen import replace
from ..containerd import CERTS_D, CONSUMER, RUNTIME
from ..dialect import Dialect, Limit, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import TargetEntry


def sets_config_path(choice: TargetEntry, *, has_logins: bool) -> bool:
    """Whether the cluster sets `config_path`, so that a node image of any version reads certs.d.

    Args:
        choice: of this target.
        has_logins: whether the spec has a login.
    """
    with_logins = has_logins and choice.option("credentials") == "config"
    return with_logins or bool(choice.option("patches"))


def _limits(choice: TargetEntry) -> Limits:
    """Limits of one choice; a node image with containerd 1.x reads certs.d only with the patch."""
    has_login = choice.option("credentials", "none") != "none"
    version = choice.option("version", "")
    unread = None if sets_config_path(choice, has_logins=False) else Limit(reported_by="RS230")
    tls = unread if version.startswith("1.") else None
    return Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=Limit(consumer=CONSUMER),
        ipv6=None,
        deny=unread if not version or version.startswith("1.") else None,
        login=None if has_login else Limit(reported_by="RS214"),
        ca=tls,
        skip_verify=tls,
    )


def _on_its_node(choice: TargetEntry) -> TargetEntry:
    """A kind cluster mounts what `certs.d` puts on a node."""
    kept = tuple(option for option in choice.options if option[0] in ("version", "credentials"))
    return replace(choice, target=CERTS_D.name, options=kept)


TARGET = Target(
    name="kind",
    summary="a kind cluster, and the certs.d that it mounts",
    file="kind",
    destination="kind create cluster --config cluster.yaml (in this folder)",
    on_nodes=False,
    restart="",
    options=("version", "credentials", "patches"),
    makes=("hosts.toml",),
    versions=("1.6", "2.0"),
    limits=_limits,
    module="kind.write",
    parts=("cluster.yaml", "certs.d"),
    stands_for=_on_its_node,
)
DIALECT = Dialect(
    name="kind",
    modules=("resolve", "rules", "runbook"),
    targets=(TARGET,),
    runtime=RUNTIME,
    version_in_rows=True,
)
