"""BuildKit: what it requests for the manifest of an image, in order.

Source: moby/buildkit, util/resolver/resolver.go, NewRegistryConfig, which was run in the versions
0.11.6, 0.16.0 and one of 2026 (tests/dialects/buildkit).
"""

from __future__ import annotations

import re
from functools import partial

from ...docker_hub import default_host, is_upstream
from ...frozen import frozen
from ...mirrors import default_scheme
from .. import values
from ..attempt import Attempt, manifest_url
from . import DIALECT, FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Resolver
    from ..files import Tree

FIRST_WITH_PATHS = (0, 12)
"""Before it, the path of a mirror stood before `/v2`, and its settings applied to the host."""
FIRST_WITH_TOML_1 = (0, 28)
"""Before it, buildkitd.toml was read by go-toml 1, as containerd 1.x reads its files."""


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """BuildKit of each version that is given, or the newest."""
    for version in versions or (None,):
        yield values.resolver(DIALECT.name, partial(_attempts_of, files, version), version)


def _attempts_of(files: Tree, version: str | None) -> Callable[[Reference], Iterator[Attempt]]:
    return Registries(_data(files, version), files, version).attempts


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall("[0-9]{1,9}", version)[:2]))


def _data(files: Tree, version: str | None) -> dict[str, Any]:
    """The data of buildkitd.toml, as a version reads it.

    Raises:
        values.Refused: buildkitd does not start with it.
    """
    if version and _number(version) < FIRST_WITH_TOML_1:
        from ..containerd import toml_1

        values.from_toml(files, FILE)  # within limits
        try:
            return toml_1.loads(files.text(FILE) or "")
        except toml_1.Invalid as why:
            raise values.Refused(f"{FILE}: {why}") from None
    return values.from_toml(files, FILE)


@frozen
class _Registry:
    """The table of one registry or mirror."""

    mirrors: tuple[str, ...]
    http: bool | None
    insecure: bool
    authorities: tuple[str, ...]


_NONE = _Registry((), None, insecure=False, authorities=())


class Registries:
    """A buildkitd.toml, read once for many images.

    Args:
        data: of the file.
        files: all files of its node.
        version: of BuildKit; none is the newest.

    Raises:
        values.Refused: buildkitd does not start with it.
    """

    def __init__(self, data: Mapping[str, Any], files: Tree, version: str | None = None) -> None:
        self._files = files
        self._has_paths = not version or _number(version) >= FIRST_WITH_PATHS
        self._registries = {}
        for host, value in values.items(data, "registry"):
            table = values.table(value, f'[registry."{host}"]')
            http = table.get("http")
            self._registries[host] = _Registry(
                values.texts(table.get("mirrors"), "`mirrors`"),
                None if http is None else values.flag(http, "`http`"),
                values.flag(table.get("insecure"), "`insecure`"),
                values.texts(table.get("ca"), "`ca`"),
            )

    def attempts(self, image: Reference) -> Iterator[Attempt]:
        """The mirrors, and then the upstream, which BuildKit always adds."""
        table = self._registries.get(image.registry, _NONE)
        host = default_host(image.registry)
        urls: dict[str, str] = {}
        for mirror in table.mirrors:
            place = (mirror.partition("://")[2] or mirror).rstrip("/")
            name, _, path = place.partition("/")
            if values.origin_of(f"https://{place}") is None:
                continue  # no request can be made
            named, root = (name, f"/v2/{path}") if self._has_paths else (place, "/v2")
            urls.setdefault(manifest_url(image, self._scheme(named), named, root), named)
        own = manifest_url(image, self._scheme(image.registry), host, "/v2")
        for url, named in urls.items():
            if url != own:
                yield self._attempt(url, named, image.registry, is_mirror=True)
        yield self._attempt(own, image.registry, image.registry, is_mirror=False)

    def _attempt(self, url: str, named: str, registry: str, *, is_mirror: bool) -> Attempt:
        table = self._registries.get(named, _NONE)
        authorities = table.authorities
        return Attempt(
            url,
            upstream=not is_mirror
            or is_upstream(named.partition("/")[0], registry, url.partition(":")[0]),
            file=FILE if is_mirror else None,
            authorities=tuple(path for path in authorities if values.is_there(self._files, path)),
            skip_verify=table.insecure,
        )

    def first_url(self, image: Reference) -> str | None:
        """The URL of the first mirror of an image, or none if it has none."""
        first = next(self.attempts(image))
        return first.url if first.file else None

    def _scheme(self, host: str) -> str:
        """The scheme for a host, by its own table, whichever registry it mirrors."""
        table = self._registries.get(host, _NONE)
        if table.insecure:
            return "https"
        if table.http is None:
            return default_scheme(host)
        return "http" if table.http else "https"
