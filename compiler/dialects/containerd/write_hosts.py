"""hosts.toml for each registry, and the fragment that makes containerd look for them.

The form is the one that was measured to work on containerd 1.6.20 to 2.4.0-beta: the mirror as
`server`, so that no upstream is contacted, and an empty `[host]` table, without which 1.6 ignores
the file.
"""

from __future__ import annotations

from ... import emit
from ...mirrors import WILDCARD
from ...model import Trust
from ..dialect import Artifact
from . import CONFIG_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...mirrors import Mirror
    from ...model import Spec, TargetEntry

PLUGIN = ("plugins", "io.containerd.grpc.v1.cri")
"""In a file of version 2, which every containerd takes below every config.toml."""
_DEFAULT = "_default"
_SERVER_CA = "server-ca.crt"
"""The CA of a registry that is requested after its mirror, and has settings of its own."""
_DROP_IN = f"""{emit.HEADER}
# Before this goes to a node, remove every `registry.mirrors` and `registry.configs.*.tls` there:
# with them, containerd does not load its CRI plugin. containerd reads it when config.toml says
# imports = ["/etc/containerd/conf.d/*.toml"], and must be restarted. Up to 1.7 it replaces all CRI
# settings of config.toml. The options of this target set `sandbox_image` and `SystemdCgroup`.
"""


def folder_of(namespace: str) -> str:
    """The folder of a registry below certs.d: `reg.example.org:5000` is `reg.example.org_5000_`.

    Source: containerd, core/remotes/docker/config/hosts.go; measured on twelve versions.
    """
    if namespace == WILDCARD:
        return _DEFAULT
    host, colon, port = namespace.rpartition(":")
    return f"{host}_{port}_" if colon and port.isdecimal() else namespace


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    out = choice.option("out", "")
    root = f"{out}/" if out else ""
    yield from hosts(spec, f"{root}certs.d", header=choice.option("credentials") == "header")
    yield _drop_in(spec, choice, root)


def hosts(spec: Spec, root: str, *, header: bool) -> Iterator[Artifact]:
    """hosts.toml for each registry, and the CA next to it.

    Args:
        spec: with its references resolved.
        root: the folder that `config_path` is to name, below the output folder.
        header: whether each login goes into them.
    """
    own = {host: _itself(spec, host, header=header) for host in spec.mirror_hosts}
    folders = {
        folder_of(mirror.source): _mirror(spec, mirror, header=header)
        for mirror in spec.by_registry
        if mirror.source not in own or mirror.source != str(mirror.location)
    }
    # Images whose name contains a host of the spec without a mirror: its CA and login.
    for name, itself in own.items():
        folders.setdefault(folder_of(name), itself)
    authorities = spec.authorities
    sources = {folder_of(mirror.source): mirror.source for mirror in spec.by_registry}
    for folder, (host, tables) in folders.items():
        has_login = any("header" in path for path, _ in tables)
        yield Artifact(
            path=f"{root}/{folder}/hosts.toml",
            text=f"{emit.HEADER}\n{emit.toml_text(tables)}",
            data=emit.toml_data(tables),
            syntax="toml",
            mode=0o600 if has_login else 0o644,
            holds_secret=has_login,
            secret_keys=frozenset({"Authorization"}),
        )
        if ca := authorities.get(host):
            yield Artifact(f"{root}/{folder}/ca.crt", ca, ca, "text")
        if any(settings.get("ca") == _SERVER_CA for _, settings in tables):
            ca = authorities[sources[folder]]
            yield Artifact(f"{root}/{folder}/{_SERVER_CA}", ca, ca, "text")


def _mirror(spec: Spec, mirror: Mirror, *, header: bool) -> tuple[str, emit.Tables]:
    """The host that serves a registry, and the tables of the registry's hosts.toml."""
    location = mirror.location
    url = spec.api_root(location)
    reached: dict[str, Any] = {"capabilities": ["pull", "resolve"], "override_path": True}
    reached |= _tls(spec, location.host)
    login = _login(spec, location.host) if header else {}
    if spec.fallback == "deny":
        return location.host, _as_server(url, reached, login)
    # Without `server`, the registry that the image names is requested last.
    tables: emit.Tables = [(("host", url), reached)]
    if mirror.source in spec.mirror_hosts:
        settings = {"server": spec.origin(mirror.source), **_tls(spec, mirror.source)}
        if "ca" in settings:
            settings["ca"] = _SERVER_CA
        tables.insert(0, ((), settings))
    return location.host, tables + ([(("host", url, "header"), login)] if login else [])


def _itself(spec: Spec, host: str, *, header: bool) -> tuple[str, emit.Tables]:
    login = _login(spec, host) if header else {}
    return host, _as_server(spec.origin(host), _tls(spec, host), login)


def _as_server(url: str, reached: dict[str, Any], login: dict[str, str]) -> emit.Tables:
    tables: emit.Tables = [((), {"server": url, **reached})]
    return [*tables, *([(("header",), login)] if login else []), (("host",), {})]


def _tls(spec: Spec, host: str) -> dict[str, Any]:
    match spec.trust(host):
        case Trust.SKIP_VERIFY:
            return {"skip_verify": True}
        case Trust.CA:
            return {"ca": "ca.crt"}
    return {}  # also for plain http: given TLS settings, containerd tries https first


def _login(spec: Spec, host: str) -> dict[str, str]:
    access = spec.access(host)
    if not access or not access.login:
        return {}
    import base64

    both = base64.b64encode(":".join(access.login).encode()).decode()
    return {"Authorization": f"Basic {both}"}


def _drop_in(spec: Spec, choice: TargetEntry, root: str) -> Artifact:
    """The fragment that sets `config_path`, with the CRI settings that 1.x would lose."""
    tables: emit.Tables = [((), {"version": 2})]
    if choice.option("sandboxImage"):
        tables += [(PLUGIN, {"sandbox_image": choice.option("sandboxImage")})]
    if choice.option("systemdCgroup") is not None:
        runc = (*PLUGIN, "containerd", "runtimes", "runc")
        tables += [(runc, {"runtime_type": "io.containerd.runc.v2"})]
        tables += [((*runc, "options"), {"SystemdCgroup": choice.option("systemdCgroup")})]
    registry = (*PLUGIN, "registry")
    tables += [(registry, {"config_path": choice.option("configPath", CONFIG_PATH)})]
    logins = spec.logins if choice.option("credentials") == "config" else {}
    for host, (username, password) in logins.items():
        login = {"username": username, "password": password}
        tables += [((*registry, "configs", host, "auth"), login)]
    tables = emit.with_plain_headers(tables)
    return Artifact(
        path=f"{root}conf.d/50-regspec.toml",
        text=f"{_DROP_IN}{emit.toml_text(tables)}",
        data=emit.toml_data(tables),
        syntax="toml",
        mode=0o600 if logins else 0o644,
        holds_secret=bool(logins),
        secret_keys=frozenset({"username", "password"}),
    )
