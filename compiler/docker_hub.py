"""What every runtime takes for granted about hosts of registries, and the names of Docker Hub."""

from __future__ import annotations

HUB, HUB_HOST = "docker.io", "registry-1.docker.io"
_DOMAINS = (HUB, "hub.docker.com")
"""Docker's own domains, below which no private registry has a name. The registry is found there as
docker.io, index.docker.io, registry-1.docker.io and registry.hub.docker.com."""


def default_host(registry: str) -> str:
    """The host of a registry: the host of Docker Hub has another name."""
    return HUB_HOST if registry == HUB else registry


def is_docker_hub(host: str) -> bool:
    """Whether `host[:port]` is one of the names of Docker Hub, on whatever port."""
    name = _name_and_port(host)[0]
    return any(name == domain or name.endswith(f".{domain}") for domain in _DOMAINS)


def is_upstream(host: str, registry: str, scheme: str = "https") -> bool:
    """Whether a request to a host goes to the registry that an image names, and not to a mirror.

    No registry is guessed to be an upstream: except for the names of Docker Hub, it is the
    registry itself.

    Args:
        host: `host[:port]` of the request.
        registry: `host[:port]` of the image.
        scheme: of the request; `https` if it has none.
    """
    if is_docker_hub(registry):
        return is_docker_hub(host)
    default = {"http": "80", "https": "443"}.get(scheme, "")
    name, port = _name_and_port(host)
    own_name, own_port = _name_and_port(registry)
    return name == own_name and (port or default) in ((own_port,) if own_port else (default, "443"))


def without_default_port(scheme: str, host: str) -> str:
    """A host without a port that its scheme says anyway."""
    port = {"http": ":80", "https": ":443"}.get(scheme, "")
    return host.removesuffix(port)


def _name_and_port(host: str) -> tuple[str, str]:
    """A name in lower case without a final dot, and its port if it has one."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or port.endswith("]"):
        name, port = host.lower(), ""
    return name.removesuffix("."), port
