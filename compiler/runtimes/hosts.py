"""What every runtime takes for granted about the host of a registry."""

from __future__ import annotations

import re

HUB, HUB_HOST = "docker.io", "registry-1.docker.io"
_LOOPBACK = r"127(?:\.[0-9]+){3}\Z"


def default_host(registry: str) -> str:
    """The host of a registry: that of Docker Hub has another name."""
    return HUB_HOST if registry == HUB else registry


def without_default_port(scheme: str, host: str) -> str:
    """A host without a port that its scheme says anyway."""
    port = {"http": ":80", "https": ":443"}.get(scheme, "")
    return host.removesuffix(port)


def assumed_scheme(host: str) -> str:
    """The scheme of a host for which none is said: http on this machine, else https.

    Source: measured with containerd 1.6.20 to 2.4.0-beta.
    """
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    local = name in ("localhost", "::1") or re.match(_LOOPBACK, name)
    return "http" if local else "https"
