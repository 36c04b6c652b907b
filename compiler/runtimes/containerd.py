"""containerd: which URL it asks first for the manifest of an image.

Source: containerd 1.6.20 to 2.4.0-beta, measured; core/remotes/docker/config/hosts.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..reference import Reference

WILDCARD = "*"
DEFAULT_FOLDER = "_default"


def from_mirrors(registry: Mapping[str, Any], image: Reference) -> str | None:
    """The URL that `registry.mirrors` lead to; none when no mirror is meant for the image.

    Args:
        registry: the table `registry` of the CRI plugin.
        image: what is pulled.
    """
    mirrors = registry.get("mirrors", {})
    mirror = mirrors.get(image.registry) or mirrors.get(WILDCARD)
    if not mirror:
        return None
    endpoint = mirror["endpoint"][0]
    if "://" not in endpoint:
        endpoint = f"{assumed_scheme(endpoint)}://{endpoint}"
    # A path is the root of the API as it is; only without any there is /v2.
    return manifest(endpoint if urlsplit(endpoint).path else f"{endpoint}/v2", image)


def from_hosts(folders: Mapping[str, Mapping[str, Any]], image: Reference) -> str | None:
    """The URL that certs.d leads to; none when the upstream is asked first.

    Args:
        folders: the data of each hosts.toml, by the name of its folder.
        image: what is pulled.
    """
    host, colon, port = image.registry.rpartition(":")
    names = [f"{host}_{port}_"] if colon and port.isdecimal() else []
    for name in (*names, image.registry, DEFAULT_FOLDER):
        if name in folders:
            return _first(folders[name], image)
    return None


def _first(hosts: Mapping[str, Any], image: Reference) -> str | None:
    """The first `[host]`, else the `server`."""
    url, settings = next(iter(hosts.get("host", {}).items()), (hosts.get("server"), hosts))
    if url is None:
        return None
    path = urlsplit(url).path.rstrip("/")
    if not settings.get("override_path") and not path.endswith("/v2"):
        url = f"{url}/v2"
    return manifest(url, image)


def assumed_scheme(endpoint: str) -> str:
    """The scheme of an endpoint that says none: http on this machine, else https."""
    name = endpoint.partition("/")[0].partition(":")[0]
    local = name == "localhost" or endpoint.startswith(("127.", "[::1]"))
    return "http" if local else "https"


def manifest(root: str, image: Reference) -> str:
    """The URL of an image's manifest below the root of an API."""
    return f"{root}/{image.repository}/manifests/{image.digest or image.tag or 'latest'}"
