"""registries.yaml of k3s and RKE2, from which these make containerd's configuration.

Source: k3s-io/k3s, pkg/agent/containerd/config.go: an endpoint with a path is used verbatim.
"""

from __future__ import annotations

from ... import emit
from ...mirrors import WILDCARD, default_scheme
from ...model import Trust
from ..dialect import Artifact
from . import FOLDERS, TARGET, distribution_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_DENY = """\
# When a mirror fails, nodes contact the upstream, unless each server and agent is started with
# --disable-default-registry-endpoint.
"""


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    folder = f"{FOLDERS[distribution_of(choice)]}/ca"
    mirrors = {m.source: {"endpoint": [spec.api_root(m.location)]} for m in spec.by_registry}
    configs: dict[str, Any] = {}
    for host in spec.mirror_hosts:
        config = {**_auth(spec, host), **_tls(spec, host, folder)}
        if config:
            configs[host] = config
        if spec.trust(host) is Trust.PLAIN_HTTP:
            # For images that name the host itself: k3s uses https otherwise.
            mirrors.setdefault(host, {"endpoint": [f"{spec.origin(host)}/v2"]})
    data: dict[str, Any] = {"mirrors": mirrors, **({"configs": configs} if configs else {})}
    has_login = any("auth" in config for config in configs.values())
    warning = _DENY if spec.fallback == "deny" else ""
    yield Artifact(
        path=f"{root}/registries.yaml",
        text=f"{emit.HEADER}\n{warning}{emit.yaml_text(data)}",
        data=data,
        syntax="yaml",
        mode=0o600 if has_login else 0o644,
        holds_secret=has_login,
        secret_keys=frozenset({"username", "password"}),
    )
    for host, ca in spec.authorities.items():
        yield Artifact(f"{root}/ca/{_file_of_ca(host)}", ca, ca, "text")


def _auth(spec: Spec, host: str) -> dict[str, Any]:
    """The credentials of a host, or nothing."""
    access = spec.access(host)
    if not access or not access.login:
        return {}
    username, password = access.login
    return {"auth": {"username": username, "password": password}}


def _tls(spec: Spec, host: str, folder: str) -> dict[str, Any]:
    """The TLS settings of a host, or nothing."""
    match spec.trust(host):
        case Trust.SKIP_VERIFY:
            return {"tls": {"insecure_skip_verify": True}}
        case Trust.CA:
            return {"tls": {"ca_file": f"{folder}/{_file_of_ca(host)}"}}
        case Trust.SYSTEM | Trust.PLAIN_HTTP if _is_dropped(spec, host):
            return {"tls": {"insecure_skip_verify": False}}
    return {}


def _is_dropped(spec: Spec, host: str) -> bool:
    """Whether k3s drops the entry of a host that has no TLS settings and is requested by default.

    k3s drops an entry with nothing but the default endpoint of the host: https, or http on a
    loopback address. The wildcard would then match the images that name the host. The setting
    changes nothing else: k3s writes no `skip_verify` for it.

    Source: k3s-io/k3s, pkg/agent/containerd/config.go, getHostConfigs and endpointHasConfig;
    pkg/agent/templates, HostsTomlTemplate.
    """
    by_default = spec.trust(host) is Trust.SYSTEM or default_scheme(host) == "http"
    return by_default and any(mirror.source == WILDCARD for mirror in spec.mirrors)


def _file_of_ca(host: str) -> str:
    return f"{host.replace(':', '_')}.crt"
