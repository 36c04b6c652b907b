"""daemon.json and certs.d of dockerd.

The mirrors of the classic image store are of Docker Hub only, and at the root of a host. For the
containerd image store, they are in hosts.toml files, and never in daemon.json: dockerd would
request `registry-mirrors` first.

Source: moby/moby, daemon/pkg/registry/config.go and daemon/hosts.go; run with dockerd 20.10.24 and
29.7.2.
"""

from __future__ import annotations

import json

from ...mirrors import HUB
from ..dialect import Artifact
from . import STORE, TARGET, has_containerd_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    containerd_store = has_containerd_store(choice)
    data: dict[str, Any] = {"features": {STORE: True}} if containerd_store else _mirrors(spec)
    insecure = [_listed(host) for host in spec.mirror_hosts if spec.is_insecure(host)]
    if insecure:
        # This is also for images that name the host. For a mirror, any certificate is accepted.
        data["insecure-registries"] = insecure
    text = f"{json.dumps(data, indent=2, ensure_ascii=False)}\n"
    yield Artifact(f"{root}/daemon.json", text, data, "json")
    if containerd_store:
        from ..containerd.write_hosts import hosts

        header = choice.option("credentials") == "header"
        yield from hosts(spec, f"{root}/certs.d", header=header)
        return
    for host, ca in spec.authorities.items():
        yield Artifact(f"{root}/certs.d/{host}/ca.crt", ca, ca, "text")


def _mirrors(spec: Spec) -> dict[str, Any]:
    """The mirrors of Docker Hub, for the classic image store; nothing if there are none."""
    mirrors = [
        _url(spec, mirror.location.host)
        for mirror in spec.mirrors
        if mirror.source == HUB and not mirror.location.path
    ]
    return {"registry-mirrors": mirrors} if mirrors else {}


def _url(spec: Spec, host: str) -> str:
    """The URL of a mirror.

    dockerd finds the range of an IPv6 address only if a port follows: it looks up the text before
    the port. Without a port, it looks up the whole text with its brackets.
    """
    origin = spec.origin(host)
    without_port = host.endswith("]") and origin.startswith("https:")
    return f"{origin}:443" if without_port and spec.is_insecure(host) else origin


def _listed(host: str) -> str:
    """A host as dockerd lists it. An IPv6 address without a port is a range of one address."""
    return f"{host[1:-1]}/128" if host.endswith("]") else host
