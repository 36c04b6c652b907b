"""registries.yaml of k3s and RKE2, from which these make containerd's configuration.

Source: k3s-io/k3s, pkg/agent/containerd/config.go: an endpoint with a path is used verbatim.
"""

from __future__ import annotations

from .. import emit
from ..dialects.dialect import Artifact
from ..dialects.k3s import TARGET
from ..mirrors import WILDCARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..model import Spec, TargetEntry

_DENY = """\
# When a mirror fails, the upstream is asked, unless every server and agent is started with
# --disable-default-registry-endpoint.
"""


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    folder = f"/etc/rancher/{choice.option('distribution', 'k3s')}/ca"
    mirrors = {m.source: {"endpoint": [spec.api_root(m.location)]} for m in spec.by_registry}
    wildcard = any(mirror.source == WILDCARD for mirror in spec.mirrors)
    configs: dict[str, Any] = {}
    authorities: dict[str, str] = {}
    for host in spec.mirror_hosts:
        access = spec.access(host)
        config: dict[str, Any] = {}
        if access and access.login:
            username, password = access.login
            config["auth"] = {"username": username, "password": password}
        if access and not access.plain_http and access.insecure_skip_verify:
            config["tls"] = {"insecure_skip_verify": True}
        elif access and not access.plain_http and access.ca_cert:
            name = f"{host.replace(':', '_')}.crt"
            authorities[name] = str(access.ca_cert)
            config["tls"] = {"ca_file": f"{folder}/{name}"}
        if access and access.plain_http:
            # Also for images that are named by it: k3s takes https otherwise.
            mirrors.setdefault(host, {"endpoint": [f"{spec.origin(host)}/v2"]})
        elif wildcard and "tls" not in config:
            # Without any, k3s drops the host's own entry, and the wildcard takes its images.
            config["tls"] = {"insecure_skip_verify": False}
        if config:
            configs[host] = config
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
    for name, ca in authorities.items():
        yield Artifact(f"{root}/ca/{name}", ca, ca, "text")
