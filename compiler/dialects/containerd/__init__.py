"""containerd: `registry.mirrors` in config.toml, or certs.d with a hosts.toml for each registry."""

from __future__ import annotations

from ..dialect import (
    Artifact,
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
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...rules.rule import Rule
    from ...verifying.node import Node
    from ..attempt import Resolver
    from ..companions import CompiledTarget
    from ..dialect import ReadingView, Section
    from ..files import Tree

CONFIG_ROOT = "/etc/containerd"
CONFIG_PATH = f"{CONFIG_ROOT}/certs.d"
MAIN = f"{CONFIG_ROOT}/config.toml"
MAIN_WITH_IMPORTS = f'version = 2\nimports = ["{CONFIG_ROOT}/conf.d/*.toml"]\n'
"""The smallest config.toml that reads the fragments."""
CONSUMER = "containerd"
"""Who looks mirrors up by the registry of an image: containerd, in all that embed it."""


def tls_hosts(spec: Spec) -> Iterator[tuple[str, bool, bool]]:
    """The mirrors' hosts that need TLS settings: host, whether it has a CA, and skips checks."""
    for host in dict.fromkeys(mirror.location.host for mirror in spec.mirrors):
        access = spec.access(host)
        if access and not access.plain_http and (access.ca_cert or access.insecure_skip_verify):
            yield host, bool(access.ca_cert), access.insecure_skip_verify


def _config(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_config import render

    return render(spec, choice)


def _certs_d(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write_hosts import render

    return render(spec, choice)


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


def _conflicts(choice: TargetEntry) -> Iterator[tuple[str, str, str]]:
    from .rules import conflicts

    return conflicts(choice)


def _left_out_of_import(spec: Spec, choice: TargetEntry) -> str:
    """Where other files have a CA, or skip checks, which this choice cannot carry (RS203)."""
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


def _config_reader() -> ReadingView:
    from .read_config import read, recognises

    return recognises, read


def _hosts_reader() -> ReadingView:
    from .read_hosts import read, recognises

    return recognises, read


def _namespace_of(path: str) -> str:
    from .read_hosts import namespace_of

    return namespace_of(path)


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _compare_node(node: Node) -> None:
    from .compare_node import compare

    compare(node)


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


def _rules() -> tuple[Rule, ...]:
    from .rules import RULES

    return RULES


def rules_of_logins() -> tuple[Rule, ...]:
    """Those about where a login goes, for all targets that write certs.d."""
    from .rules import OF_LOGINS

    return OF_LOGINS


CONFIG = Target(
    name="containerd",
    summary="the containerd registry mirrors that a node should have",
    file="containerd.toml",
    destination="/etc/containerd/config.toml",
    on_nodes=True,
    restart="containerd",
    options=("version", "form", "configVersion", "endpoints", "caFile"),
    makes=("containerd",),
    limits=_config_limits,
    render=_config,
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
    render=_certs_d,
    parts=("certs.d", "conf.d/50-regspec.toml"),
    placement=_certs_d_placement,
    one_choice=True,
    sandbox_image=_sandbox_image,
)
CONFIG_FORMAT = Format("containerd", rank=6, of_each_host=True)
HOSTS_FORMAT = Format(
    "hosts.toml",
    rank=11,
    of_each_host=True,
    in_each_folder="hosts.toml",
    namespace_of=_namespace_of,
    names={
        "asked": "what is asked for {0}",
        "capabilities": "`capabilities` for {0}",
        "skip_verify": "`skip_verify` for {0}",
        "header": "`header` for {0}",
        "client": "`client` for {0}",
    },
)
DIALECT = Dialect(
    name="containerd",
    targets=(CONFIG, CERTS_D),
    formats=(CONFIG_FORMAT, HOSTS_FORMAT),
    readers=(Reader("toml", _config_reader, last=True), Reader("toml", _hosts_reader)),
    reads=("config.toml and hosts.toml of containerd",),
    rules=_rules,
    section=_section,
    resolvers=_resolvers,
    on_node=WholeNode(CONFIG_ROOT, MAIN, _compare_node),
)
