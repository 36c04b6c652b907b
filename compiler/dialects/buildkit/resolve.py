"""BuildKit: which URL it requests first for the manifest of an image.

Source: moby/buildkit, util/resolver/resolver.go, NewRegistryConfig; read, not run.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from ...docker_hub import default_host, is_upstream
from ...emit import read_toml
from ...mirrors import default_scheme
from ..attempt import Attempt, manifest_url, resolver_of
from . import DIALECT, FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Resolver
    from ..files import Tree


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """BuildKit, by buildkitd.toml. All versions resolve images alike."""
    del versions
    data = read_toml(files.text(FILE) or "")
    yield resolver_of(DIALECT.name, partial(_attempts, files, data))


def _attempts(files: Tree, data: Mapping[str, Any], image: Reference) -> Iterator[Attempt]:
    """The mirror, and then the upstream, which BuildKit always adds."""
    upstream = default_host(image.registry)
    own = manifest_url(image, scheme(data, image.registry), upstream, "/v2")
    for url in dict.fromkeys(filter(None, (first_url(data, image), own))):
        parts = urlsplit(url)
        host = parts.netloc
        table = of_host(data, host if url != own else image.registry)
        yield Attempt(
            url,
            upstream=is_upstream(host, image.registry, parts.scheme),
            file=FILE if url != own else None,
            authorities=tuple(path for path in table.get("ca", ()) if files.text(path) is not None),
            skip_verify=table.get("insecure", False),
        )


def first_url(data: Mapping[str, Any], image: Reference) -> str | None:
    """The URL that buildkitd.toml leads to, or none if the image has no mirror."""
    mirrors = of_host(data, image.registry).get("mirrors")
    if not mirrors:
        return None
    place = mirrors[0].partition("://")[2] or mirrors[0]
    host, _, path = place.rstrip("/").partition("/")
    return manifest_url(image, scheme(data, host), host, f"/v2/{path}".rstrip("/"))


def scheme(data: Mapping[str, Any], host: str) -> str:
    """The scheme for a host, by its own table, whichever registry it mirrors."""
    table = of_host(data, host)
    if table.get("insecure"):
        return "https"
    http = table.get("http")
    return default_scheme(host) if http is None else "http" if http else "https"


def of_host(data: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The table of a registry or a mirror, or an empty one. No table applies to several hosts."""
    table: dict[str, Any] = data.get("registry", {}).get(host, {})
    return table
