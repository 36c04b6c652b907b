"""containerd: `registry.mirrors` in config.toml, or certs.d with a hosts.toml for each registry."""

from __future__ import annotations

from ..dialect import (
    Dialect,
    Format,
    Limit,
    Limits,
    Placement,
    Reader,
    Target,
    WholeNode,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...rules.rule import RuleResult
    from ...verifying.drift import Drift
    from ...verifying.node import Node
    from ...verifying.verify import Expected
    from ..files import FilesInForce, Tree

RUNTIME = "containerd"
CONFIG_ROOT = "/etc/containerd"
CONFIG_PATH = f"{CONFIG_ROOT}/certs.d"
MAIN = f"{CONFIG_ROOT}/config.toml"
_MAIN_WITH_CONFIG_PATH = (
    "version = 2\n"
    f'[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "{CONFIG_PATH}"\n'
    f'[plugins."io.containerd.cri.v1.images".registry]\nconfig_path = "{CONFIG_PATH}"\n'
)
MAIN_WITH_IMPORTS = f'version = 2\nimports = ["{CONFIG_ROOT}/conf.d/*.toml"]\n'
"""The smallest config.toml that reads the fragments."""
CONSUMER = "containerd"
"""Who looks mirrors up by the registry of an image: containerd, in all that embed it."""


def _is_modelled(version: str) -> bool:
    from .versions import is_modelled

    return is_modelled(version)


def tls_hosts(spec: Spec) -> Iterator[tuple[str, bool, bool]]:
    """The mirrors' hosts that need TLS settings: host, whether it has a CA, and skips checks."""
    for host in dict.fromkeys(mirror.location.host for mirror in spec.mirrors):
        access = spec.access(host)
        if access and not access.plain_http and (access.ca_cert or access.insecure_skip_verify):
            yield host, bool(access.ca_cert), access.insecure_skip_verify


def _config_limits(choice: TargetEntry) -> Limits:
    api, version = choice.option("endpoints") == "api", choice.option("version", "")
    tls = None if version.startswith("1.") else Limit(reported_by="RS203")
    if not api:
        tls = Limit(reported_by="RS212")
    with_path = api and choice.option("caFile") is not None
    return Limits(
        wildcard=None,
        registry_beside_wildcard=None if api else Limit(),
        library=Limit(consumer=CONSUMER) if api else None,
        ipv6=None,
        deny=Limit(advice="target `certs.d` can"),
        login=Limit(reported_by="RS214"),
        ca=tls if tls or with_path else Limit(reported_by="RS203"),
        skip_verify=tls,
    )


def _conflicts(choice: TargetEntry) -> Iterator[RuleResult]:
    from .rules import conflicts

    return conflicts(choice)


def _left_out_of_import(spec: Spec, choice: TargetEntry) -> str:
    """Where other files have a CA, or skip checks, which this choice cannot express (RS203)."""
    if choice.option("endpoints") != "api":
        return ""
    version, path = choice.option("version"), choice.option("caFile")
    lacks = any((skip and not version) or (ca and not path) for _, ca, skip in tls_hosts(spec))
    return "target `containerd` cannot name a CA; `certs.d` can" if lacks else ""


def _config_placement(spec: Spec, choice: TargetEntry) -> Placement:
    from .write_config import placement

    return placement(spec, choice)


def _certs_d_limits(choice: TargetEntry) -> Limits:
    has_login = choice.option("credentials", "none") != "none"
    return Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=Limit(consumer=CONSUMER),
        ipv6=None,
        deny=None,
        login=None if has_login else Limit(reported_by="RS214"),
        ca=None,
        skip_verify=None,
    )


def _certs_d_placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec
    folder = choice.option("configPath", CONFIG_PATH)
    return Placement(
        (("certs.d", folder), ("", CONFIG_ROOT)),
        ("containerd",),
        assumed=((MAIN, MAIN_WITH_IMPORTS),),
    )


def _sandbox_image(choice: TargetEntry) -> str:
    """What is written, or else what the line of containerd is built with."""
    from .versions import PAUSE_IMAGE, PAUSE_TAGS

    line = ".".join(choice.option("version", "").split(".")[:2])
    written: str = choice.option("sandboxImage", "")
    return written or (f"{PAUSE_IMAGE}:{PAUSE_TAGS[line]}" if line in PAUSE_TAGS else "")


def _namespace_of(path: str) -> str:
    from .read_hosts import namespace_of

    return namespace_of(path)


def _is_default(reading: Reading) -> bool:
    from .read_hosts import is_default

    return is_default(reading)


def _files_in_force(tree: Tree) -> FilesInForce | None:
    from .in_force import files_in_force

    return files_in_force(tree)


def _drift_of_hosts(expected: Expected, reading: Reading) -> Iterable[Drift]:
    from .verify import drift_of_hosts

    return drift_of_hosts(expected, reading)


def _drift_of_config(expected: Expected, reading: Reading) -> Iterable[Drift]:
    from .verify import drift_of_config

    return drift_of_config(expected, reading)


def _compare_node(node: Node) -> None:
    from .compare_node import compare

    compare(node)


CONFIG = Target(
    name="containerd",
    summary="the containerd mirrors of a node, as in the Palette procedure",
    file="containerd.toml",
    destination="/etc/containerd/config.toml",
    on_nodes=True,
    restart="containerd",
    options=("version", "form", "configVersion", "endpoints", "caFile"),
    makes=("containerd",),
    versions=("1.6", "2.0"),
    limits=_config_limits,
    module="containerd.write_config",
    placement=_config_placement,
    conflicts=_conflicts,
    left_out_of_import=_left_out_of_import,
    sandbox_image=_sandbox_image,
)
CERTS_D = Target(
    name="certs.d",
    summary="hosts.toml for each registry, and the containerd fragment that points to them",
    file="",
    destination=CONFIG_ROOT,
    on_nodes=True,
    restart="containerd (for conf.d only)",
    options=("version", "configPath", "credentials", "sandboxImage", "systemdCgroup"),
    makes=("containerd", "hosts.toml"),
    limits=_certs_d_limits,
    module="containerd.write_hosts",
    parts=("certs.d", "conf.d/50-regspec.toml"),
    placement=_certs_d_placement,
    one_choice=True,
    sandbox_image=_sandbox_image,
)
CONFIG_FORMAT = Format("containerd", rank=6, of_each_host=True, drift=_drift_of_config)
HOSTS_FORMAT = Format(
    "hosts.toml",
    rank=11,
    of_each_host=True,
    in_each_folder="hosts.toml",
    folders_at=CONFIG_PATH,
    needs=((MAIN, _MAIN_WITH_CONFIG_PATH),),
    namespace_of=_namespace_of,
    is_default=_is_default,
    names={
        "asked": "the list of endpoints for {0}",
        "capabilities": "`capabilities` for {0}",
        "skip_verify": "`skip_verify` for {0}",
        "header": "`header` for {0}",
        "client": "`client` for {0}",
    },
    drift=_drift_of_hosts,
)
DIALECT = Dialect(
    name="containerd",
    modules=("resolve", "rules", "runbook"),
    targets=(CONFIG, CERTS_D),
    formats=(CONFIG_FORMAT, HOSTS_FORMAT),
    readers=(
        Reader("toml", "containerd.read_config", last=True),
        Reader("toml", "containerd.read_hosts"),
    ),
    reads=("config.toml and hosts.toml of containerd",),
    on_node=WholeNode(CONFIG_ROOT, MAIN, _compare_node, _files_in_force),
    runtime=RUNTIME,
    version_in_rows=True,
    versions=_is_modelled,
    installed_at=(CONFIG_ROOT,),
)
