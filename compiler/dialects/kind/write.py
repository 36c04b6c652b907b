"""A kind cluster whose node has the mirrors: its configuration, and the certs.d that it mounts.

Source: kubernetes-sigs/kind, pkg/apis/config/v1alpha4/types.go (the keys) and
pkg/cluster/internal/providers/docker/provision.go: a relative path on the host is one below the
folder that kind is run in.
"""

from __future__ import annotations

from ... import emit
from ..containerd import CONFIG_PATH, write_config, write_hosts
from ..dialect import Artifact
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_NOTE = "# Run kind in the folder of this file: its paths are relative to where kind is run.\n"


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    cluster, hosts = TARGET.parts
    credentials = choice.option("credentials", "none")
    logins = spec.logins if credentials == "config" else {}
    mount = {"hostPath": hosts, "containerPath": CONFIG_PATH, "readOnly": True}
    data: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [{"role": "control-plane", "extraMounts": [mount]}],
    }
    if logins or choice.option("patches"):
        data["containerdConfigPatches"] = [
            _patch(plugin, logins) for plugin in write_config.PLUGINS.values()
        ]
    yield Artifact(
        path=f"{root}/{cluster}",
        text=f"{emit.HEADER}\n{_NOTE}{emit.yaml_text(data)}",
        data=data,
        syntax="yaml",
        mode=0o600 if logins else 0o644,
        holds_secret=bool(logins),
        secret_keys=frozenset({"containerdConfigPatches"}),
    )
    yield from write_hosts.hosts(spec, f"{root}/{hosts}", header=credentials == "header")


def _patch(plugin: str, logins: dict[str, tuple[str, str]]) -> str:
    """The registry table of one plugin; a node has the one or the other, by its containerd."""
    registry = ("plugins", plugin, "registry")
    tables: emit.Tables = [(registry, {"config_path": CONFIG_PATH})]
    for host, (username, password) in logins.items():
        login = {"username": username, "password": password}
        tables += [((*registry, "configs", host, "auth"), login)]
    return emit.toml_text(emit.with_plain_headers(tables)).lstrip("\n")
