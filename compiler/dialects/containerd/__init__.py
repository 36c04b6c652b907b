"""containerd: `registry.mirrors` in config.toml, or certs.d with a hosts.toml for each registry."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limit, Limits, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Choice, Spec
    from ..attempt import Resolver
    from ..dialect import ReadingView
    from ..files import Tree

CONFIG_ROOT = "/etc/containerd"
CONFIG_PATH = f"{CONFIG_ROOT}/certs.d"
MAIN = f"{CONFIG_ROOT}/config.toml"
MAIN_WITH_IMPORTS = f'version = 2\nimports = ["{CONFIG_ROOT}/conf.d/*.toml"]\n'
"""The smallest config.toml that reads the fragments."""
CONSUMER = "containerd"
"""Who looks mirrors up by the registry of an image: containerd, in all that embed it."""


def _config(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.containerd import render

    return render(spec, choice)


def _certs_d(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.certs_d import render

    return render(spec, choice)


def _config_limits(choice: Choice) -> Limits:
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


def _config_placement(spec: Spec, choice: Choice) -> Placement:
    from ...targets.containerd import placement

    return placement(spec, choice)


def _certs_d_limits(choice: Choice) -> Limits:
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


def _certs_d_placement(spec: Spec, choice: Choice) -> Placement:
    del spec
    folder = choice.option("configPath", CONFIG_PATH)
    return Placement(
        (("certs.d", folder), ("", CONFIG_ROOT)),
        ("containerd",),
        assumed=((MAIN, MAIN_WITH_IMPORTS),),
    )


def _sandbox_image(choice: Choice) -> str:
    """What is written, or else what the line of containerd is built with."""
    from ...runtimes.versions import PAUSE_IMAGE, PAUSE_TAGS

    line = ".".join(choice.option("version", "").split(".")[:2])
    written: str = choice.option("sandboxImage", "")
    return written or (f"{PAUSE_IMAGE}:{PAUSE_TAGS[line]}" if line in PAUSE_TAGS else "")


def _config_reader() -> ReadingView:
    from ...readers.containerd import read, recognises

    return recognises, read


def _hosts_reader() -> ReadingView:
    from ...readers.hosts_toml import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


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
    sandbox_image=_sandbox_image,
)
_FORMATS = (
    Format("containerd", rank=6, of_each_host=True),
    Format(
        "hosts.toml",
        rank=11,
        of_each_host=True,
        in_each_folder="hosts.toml",
        names={
            "asked": "what is asked for {0}",
            "capabilities": "`capabilities` for {0}",
            "skip_verify": "`skip_verify` for {0}",
            "header": "`header` for {0}",
            "client": "`client` for {0}",
        },
    ),
)
DIALECT = Dialect(
    name="containerd",
    targets=(CONFIG, CERTS_D),
    formats=_FORMATS,
    readers=(Reader("toml", _config_reader, last=True), Reader("toml", _hosts_reader)),
    reads=("config.toml and hosts.toml of containerd",),
    resolvers=_resolvers,
    explains_nodes=True,
)
