"""k3s and RKE2: which URL their containerd asks first for the manifest of an image.

Source: k3s-io/k3s, pkg/agent/containerd/config.go, normalizeEndpointAddress.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from ..dialects.attempt import Attempt, manifest_url, resolver_of
from ..dialects.files import yaml_documents
from ..docker_hub import default_host
from ..frozen import replace
from ..mirrors import WILDCARD, assumed_scheme

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ..dialects.attempt import Resolver
    from ..dialects.files import Tree
    from ..reference import Reference

_FILES = ("/etc/rancher/k3s/registries.yaml", "/etc/rancher/rke2/registries.yaml")


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """k3s or RKE2, by the registries.yaml that there is; no version of it is told apart."""
    del versions
    for path in _FILES:
        text = files.text(path)
        if text is not None:
            (data,) = yaml_documents(text)
            yield resolver_of("k3s", partial(_attempts, files, data, path))


def _attempts(
    files: Tree, data: Mapping[str, Any], path: str, image: Reference
) -> Iterator[Attempt]:
    """The mirror, and the upstream, which k3s adds unless a flag of its own says otherwise."""
    host = default_host(image.registry)
    upstream = manifest_url(image, assumed_scheme(host), host, "/v2")
    url = first_url(data, image)
    if url is not None:
        yield replace(_attempt(files, data, path, url, image), file=path)
    # An endpoint of the registry itself takes the place of the one that k3s would add.
    if url is None or urlsplit(url).netloc != host:
        yield _attempt(files, data, path, upstream, image)


def _attempt(
    files: Tree, data: Mapping[str, Any], path: str, url: str, image: Reference
) -> Attempt:
    """A request, with what registries.yaml has for its host, whether it is a mirror or not."""
    host = urlsplit(url).netloc
    config = data.get("configs", {}).get(host, {})
    tls = config.get("tls", {})
    ca = tls.get("ca_file", "")
    return Attempt(
        url,
        upstream=host == default_host(image.registry),
        file=path if config else None,
        authorities=(ca,) if ca and files.text(ca) is not None else (),
        skip_verify=tls.get("insecure_skip_verify", False),
        login=path if "auth" in config else "",
    )


def first_url(data: Mapping[str, Any], image: Reference) -> str | None:
    """The URL that registries.yaml leads to; none when no mirror is meant for the image."""
    mirrors = data.get("mirrors", {})
    mirror = mirrors.get(image.registry) or mirrors.get(WILDCARD)
    if not mirror:
        return None
    parts = urlsplit(mirror["endpoint"][0])
    path = "/v2" if parts.path in ("", "/", "/v2") else parts.path
    return manifest_url(image, parts.scheme, parts.netloc, path)
