"""Talos: what it asks for the manifest of an image, in order, by its machine configuration.

Its own puller and its containerd, for which it writes a hosts.toml for each registry, are told the
same.

Source: siderolabs/talos, internal/pkg/containers/image/resolver.go and cri/containerd/hosts.go.
"""

from __future__ import annotations

import posixpath
from urllib.parse import urlsplit

from ...docker_hub import default_host, is_upstream
from ...frozen import frozen
from ...mirrors import WILDCARD
from ..attempt import Attempt, manifest_url, resolver_of
from ..files import texts, yaml_documents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Resolver
    from ..files import Tree

_HOSTS = "/etc/cri/conf.d/hosts"
_CONFIGURATION = "the machine configuration"


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """Talos, by all documents of its machine configuration; no version is told apart."""
    del versions
    documents = [one for _, text in texts(files) for one in yaml_documents(text)]
    yield resolver_of("talos", Registries(documents).attempts)


@frozen
class _Mirror:
    """One registry: the places that are asked in order, and whether the registry is not."""

    places: tuple[tuple[str, bool], ...]
    """The URL of each, and whether its path is right as it is."""
    skip_fallback: bool


class Registries:
    """The registries of a machine configuration, in both forms, read once for many images.

    Args:
        documents: of the configuration; where two speak of one name, the newer form counts.
    """

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        self._mirrors: dict[str, _Mirror] = {}
        self._tls: dict[str, Mapping[str, Any]] = {}
        self._logins: set[str] = set()
        newer = []
        for document in documents:
            if "kind" in document:
                newer.append(document)
            else:
                self._take_old(document.get("machine", {}).get("registries", {}))
        for document in newer:
            self._take_new(document)

    def _take_old(self, registries: Mapping[str, Any]) -> None:
        for source, table in registries.get("mirrors", {}).items():
            override = table.get("overridePath", False)
            places = tuple((url, override) for url in table.get("endpoints", ()))
            self._mirrors[source] = _Mirror(places, table.get("skipFallback", False))
        for host, table in registries.get("config", {}).items():
            if table.get("tls"):
                self._tls[host] = table["tls"]
            if table.get("auth"):
                self._logins.add(host)

    def _take_new(self, document: Mapping[str, Any]) -> None:
        name = document.get("name", "")
        match document["kind"]:
            case "RegistryMirrorConfig":
                places = tuple(
                    (one["url"], one.get("overridePath", False))
                    for one in document.get("endpoints", ())
                )
                self._mirrors[name] = _Mirror(places, document.get("skipFallback", False))
            case "RegistryTLSConfig":
                self._tls[name] = document
            case "RegistryAuthConfig":
                self._logins.add(name)

    def attempts(self, image: Reference) -> Iterator[Attempt]:
        """The mirrors of the registry, or else of all others; then the registry, if it may be."""
        key = image.registry if image.registry in self._mirrors else WILDCARD
        mirror = self._mirrors.get(key, _Mirror((), skip_fallback=False))
        folder = f"{_HOSTS}/{_folder_of(key)}"
        for url, override in mirror.places:
            parts = urlsplit(url)
            path = _path(parts.path, override=override)
            asked = manifest_url(image, parts.scheme, parts.netloc, path)
            yield self._attempt(asked, parts.netloc, image, folder, f"{folder}/hosts.toml")
        if not mirror.skip_fallback:
            host = default_host(image.registry)
            folder = f"{_HOSTS}/{_folder_of(image.registry)}"
            asked = manifest_url(image, "https", host, "/v2")
            yield self._attempt(asked, host, image, folder, None)

    def _attempt(
        self, url: str, host: str, image: Reference, folder: str, file: str | None
    ) -> Attempt:
        tls = self._tls.get(host, {})
        return Attempt(
            url,
            upstream=is_upstream(host, image.registry, urlsplit(url).scheme),
            file=file,
            authorities=(f"{folder}/{host}-ca.crt",) if tls.get("ca") else (),
            skip_verify=tls.get("insecureSkipVerify", False),
            login=_CONFIGURATION if host in self._logins else "",
        )


def _path(path: str, *, override: bool) -> str:
    """The root of the API: `/v2` is added unless it is there or the path is right as it is."""
    whole = posixpath.normpath(path) if path else ""
    return whole if override or whole.endswith("/v2") else f"{whole.rstrip('/')}/v2"


def _folder_of(registry: str) -> str:
    """The folder of a registry's hosts.toml, as containerd looks for it."""
    if registry == WILDCARD:
        return "_default"
    host, colon, port = registry.rpartition(":")
    return f"{host}_{port}_" if colon else registry
