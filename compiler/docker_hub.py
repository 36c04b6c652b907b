"""What every runtime takes for granted about the host of a registry."""

from __future__ import annotations

HUB, HUB_HOST = "docker.io", "registry-1.docker.io"


def default_host(registry: str) -> str:
    """The host of a registry: the host of Docker Hub has another name."""
    return HUB_HOST if registry == HUB else registry


def without_default_port(scheme: str, host: str) -> str:
    """A host without a port that its scheme says anyway."""
    port = {"http": ":80", "https": ":443"}.get(scheme, "")
    return host.removesuffix(port)
