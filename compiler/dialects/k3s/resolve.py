"""k3s and RKE2: which URL their containerd requests first for the manifest of an image.

Source: k3s-io/k3s, pkg/agent/containerd/config.go, normalizeEndpointAddress.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from ...docker_hub import default_host, is_upstream
from ...frozen import replace
from ...mirrors import WILDCARD, default_scheme
from ..attempt import Attempt, manifest_url, resolver_of
from ..files import yaml_documents
from . import DIALECT, FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Resolver
    from ..files import Tree


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """k3s or RKE2, by which registries.yaml exists. All versions resolve images alike."""
    del versions
    for path in FILES:
        text = files.text(path)
        if text is not None:
            (data,) = yaml_documents(text)
            yield resolver_of(DIALECT.name, partial(_attempts, files, data, path))


def _attempts(
    files: Tree, data: Mapping[str, Any], path: str, image: Reference
) -> Iterator[Attempt]:
    """The mirror, and then the upstream, which k3s adds unless it is started with a flag."""
    host = default_host(image.registry)
    upstream = manifest_url(image, default_scheme(host), host, "/v2")
    url = first_url(data, image)
    if url is not None:
        yield replace(_attempt(files, data, path, url, image), file=path)
    # k3s adds no upstream where the registry itself is the endpoint.
    if url is None or urlsplit(url).netloc != host:
        yield _attempt(files, data, path, upstream, image)


def _attempt(
    files: Tree, data: Mapping[str, Any], path: str, url: str, image: Reference
) -> Attempt:
    """A request, with the settings of registries.yaml for its host, be it a mirror or not."""
    parts = urlsplit(url)
    host = parts.netloc
    config = data.get("configs", {}).get(host, {})
    tls = config.get("tls", {})
    ca = tls.get("ca_file", "")
    return Attempt(
        url,
        upstream=is_upstream(host, image.registry, parts.scheme),
        file=path if config else None,
        authorities=(ca,) if ca and files.text(ca) is not None else (),
        skip_verify=tls.get("insecure_skip_verify", False),
        login=path if "auth" in config else "",
    )


def first_url(data: Mapping[str, Any], image: Reference) -> str | None:
    """The URL that registries.yaml leads to, or none if the image has no mirror."""
    mirrors = data.get("mirrors", {})
    mirror = mirrors.get(image.registry) or mirrors.get(WILDCARD)
    if not mirror:
        return None
    parts = urlsplit(mirror["endpoint"][0])
    path = "/v2" if parts.path in ("", "/", "/v2") else parts.path
    return manifest_url(image, parts.scheme, parts.netloc, path)
