"""Talos: what it requests for the manifest of an image, in order, by its machine configuration.

Its own puller and its containerd, for which it writes a hosts.toml for each registry, do the same.

Source: siderolabs/talos, internal/pkg/containers/image/resolver.go and cri/containerd/hosts.go,
which were run in the versions 1.9.6, 1.12.0, 1.12.9 and one of 2026 (tests/dialects/talos).
"""

from __future__ import annotations

import posixpath
import re
from functools import partial
from urllib.parse import urlsplit

from ... import pem
from ...docker_hub import default_host, is_upstream
from ...frozen import frozen
from ...mirrors import WILDCARD
from ...reading.facts import decoded
from .. import values
from ..attempt import Attempt, NothingRequested, manifest_url
from ..files import texts
from . import (
    DOCUMENTS,
    FIRST_WITH_DOCUMENTS,
    FIRST_WITH_OVERRIDE_PATH,
    FIRST_WITH_SKIP_FALLBACK,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Resolver
    from ..files import Tree

_HOSTS = "/etc/cri/conf.d/hosts"
_CONFIGURATION = "the machine configuration"
_MIRROR, _TLS, _LOGIN = DOCUMENTS
_PANICS = ((1, 12, 0), (1, 12, 1))
"""The versions that stop at a `RegistryTLSConfig` without a client certificate; 1.12.0 was run."""


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """Talos of each version that is given, or the newest, by all documents of its configuration."""
    for version in versions or (None,):
        yield values.resolver("talos", partial(_attempts_of, files, version), version)


def _attempts_of(files: Tree, version: str | None) -> Callable[[Reference], Iterator[Attempt]]:
    documents = [
        values.table(document, path)
        for path, text in texts(files)
        for document in values.yaml_of(text, path)
    ]
    if version:
        _check(documents, version)
    return Registries(documents).attempts


def _check(documents: Iterable[Mapping[str, Any]], version: str) -> None:
    """Refuse what a version of Talos does not take.

    Raises:
        values.Refused: it refuses the machine configuration, or stops.
    """
    number = tuple(map(int, re.findall("[0-9]{1,9}", version.partition("-")[0])[:3]))
    for document in documents:
        kind = document.get("kind")
        if kind in (_MIRROR, _TLS, _LOGIN) and number < FIRST_WITH_DOCUMENTS:
            raise values.Refused(f"Talos {version} does not know the document `{kind}`")
        if kind == _TLS and number in _PANICS and not document.get("clientIdentity"):
            raise values.Refused(f"Talos {version} stops at a `{kind}` without `clientIdentity`")
        machine = values.table(document.get("machine"), "`machine`")
        registries = values.table(machine.get("registries"), "`registries`")
        for _, value in values.items(registries, "mirrors"):
            mirror = values.table(value, "a mirror")
            for key, first in (
                ("overridePath", FIRST_WITH_OVERRIDE_PATH),
                ("skipFallback", FIRST_WITH_SKIP_FALLBACK),
            ):
                if key in mirror and number < first:
                    raise values.Refused(f"Talos {version} does not know the key `{key}`")


@frozen
class _Mirror:
    """One registry: the places that are requested in order, and whether the registry is not."""

    places: tuple[tuple[str, bool], ...]
    """The URL of each, and whether its path is right as it is."""
    skip_fallback: bool


class Registries:
    """The registries of a machine configuration, in both forms, read once for many images.

    Args:
        documents: of the configuration. For a name in both forms, the newer form counts.

    Raises:
        values.Refused: Talos does not take the configuration.
    """

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        self._mirrors: dict[str, _Mirror] = {}
        self._tls: dict[str, Mapping[str, Any]] = {}
        self._damaged: set[str] = set()
        self._logins: set[str] = set()
        newer = []
        for document in documents:
            if "kind" in document:
                newer.append(document)
            else:
                machine = values.table(document.get("machine"), "`machine`")
                self._take_old(values.table(machine.get("registries"), "`registries`"))
        for document in newer:
            self._take_new(document)

    def _take_old(self, registries: Mapping[str, Any]) -> None:
        for source, value in values.items(registries, "mirrors"):
            mirror = values.table(value, "a mirror")
            override = values.flag(mirror.get("overridePath"), "`overridePath`")
            urls = values.texts(mirror.get("endpoints"), "`endpoints`")
            self._add(source, ((url, override) for url in urls), mirror)
        for host, value in values.items(registries, "config"):
            settings = values.table(value, f"`{host}`")
            tls = values.table(settings.get("tls"), "`tls`")
            if tls:
                self._add_tls(host, tls)
                ca = values.text(tls.get("ca"), "`ca`")
                if ca and not pem.certificates(decoded(ca) or ""):
                    self._damaged.add(host)
            if values.table(settings.get("auth"), "`auth`"):
                self._logins.add(host)

    def _take_new(self, document: Mapping[str, Any]) -> None:
        name = values.text(document.get("name"), "`name`")
        match document["kind"]:
            case "RegistryMirrorConfig":
                endpoints = values.tables(document.get("endpoints"), "`endpoints`")
                places = (
                    (
                        values.text(endpoint.get("url"), "`url`"),
                        values.flag(endpoint.get("overridePath"), "`overridePath`"),
                    )
                    for endpoint in endpoints
                )
                self._add(name, places, document)
            case "RegistryTLSConfig":
                self._add_tls(name, document)
                ca = values.text(document.get("ca"), "`ca`")
                if ca and not pem.certificates(ca):
                    self._damaged.add(name)
            case "RegistryAuthConfig":
                self._logins.add(name)

    def _add_tls(self, host: str, tls: Mapping[str, Any]) -> None:
        values.flag(tls.get("insecureSkipVerify"), "`insecureSkipVerify`")
        self._tls[host] = tls
        self._damaged.discard(host)

    def _add(
        self, source: str, places: Iterable[tuple[str, bool]], mirror: Mapping[str, Any]
    ) -> None:
        """Add a mirror.

        Raises:
            values.Refused: an endpoint has no scheme.
        """
        known = tuple(places)
        for url, _ in known:
            if values.origin_of(url) is None:
                raise values.Refused(f"an endpoint of {source} is not a URL of http or https")
        skip = values.flag(mirror.get("skipFallback"), "`skipFallback`")
        self._mirrors[source] = _Mirror(known, skip)

    def attempts(self, image: Reference) -> Iterator[Attempt]:
        """The mirrors of the registry, or else of all others; then the registry, if it may be."""
        key = image.registry if image.registry in self._mirrors else WILDCARD
        mirror = self._mirrors.get(key, _Mirror((), skip_fallback=False))
        folder = f"{_HOSTS}/{_folder_of(key)}"
        for url, override in mirror.places:
            parts = urlsplit(url)
            path = _path(parts.path, override=override)
            requested = manifest_url(image, parts.scheme, parts.netloc, path)
            yield self._attempt(requested, parts.netloc, image, folder, f"{folder}/hosts.toml")
        if not mirror.skip_fallback:
            host = default_host(image.registry)
            folder = f"{_HOSTS}/{_folder_of(image.registry)}"
            requested = manifest_url(image, "https", host, "/v2")
            yield self._attempt(requested, host, image, folder, None)

    def _attempt(
        self, url: str, host: str, image: Reference, folder: str, file: str | None
    ) -> Attempt:
        tls = self._tls.get(host, {})
        if host in self._damaged:
            why = f"the CA of {host} holds no certificate that Go can load: no request is made"
            raise NothingRequested(why)
        return Attempt(
            url,
            upstream=is_upstream(host, image.registry, urlsplit(url).scheme),
            file=file,
            authorities=(f"{folder}/{host}-ca.crt",) if tls.get("ca") else (),
            skip_verify=tls.get("insecureSkipVerify") is True,
            login=_CONFIGURATION if host in self._logins else "",
        )


def _path(path: str, *, override: bool) -> str:
    """The root of the API: `/v2` is added unless it is there or the path is right as it is."""
    whole = posixpath.normpath(path) if path else ""
    return whole if override or whole.endswith("/v2") else f"{whole.rstrip('/')}/v2"


def _folder_of(registry: str) -> str:
    """The folder of a registry's hosts.toml, in the form that containerd expects."""
    if registry == WILDCARD:
        return "_default"
    host, colon, port = registry.rpartition(":")
    return f"{host}_{port}_" if colon else registry
