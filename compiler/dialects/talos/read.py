"""The machine configuration of Talos, or patches of it: registries in both of their forms."""

from __future__ import annotations

import posixpath
import re

from ...diagnostics import code_span
from ...reading.claims import (
    claim_login,
    claim_mirror,
    is_served_by_itself,
    lose_client_certificate,
    lose_key,
    names_upstream,
)
from ...reading.facts import (
    Fact,
    Reading,
    certificates_in,
    decoded,
    repaired_certificates,
    switch_of,
    text_of,
)
from ...reading.losses import host_name, key_name, source_name
from . import DOCUMENTS, FORMAT, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...diagnostics import Path, Place
    from ...reading.facts import Served, Source

_FACTS = ("endpoint", "tls", "ca", "auth")
"""The kinds of facts that a configuration should have."""
_FIRST_WITH_DOCUMENTS = "1.12"
_LIKE_A_REGISTRY = "regist|mirror"
"""In the kind of a document that is one of these, or was meant to be."""
_DOUBLED = "without `overridePath: true` (`override_path` of containerd), Talos adds `/v2`"
_OF_A_DOCUMENT = ("apiVersion", "kind", "name")


def recognises(data: Any) -> bool:
    """Whether a document is one of such a configuration that may speak of registries."""
    if not isinstance(data, dict):
        return False
    if "kind" in data:
        kind = data["kind"]
        is_of_talos = data.get("apiVersion") == "v1alpha1" and isinstance(kind, str)
        return is_of_talos and bool(re.search(_LIKE_A_REGISTRY, kind, re.IGNORECASE))
    machine = data.get("machine")
    return isinstance(machine, dict) and ("registries" in machine or "version" in data)


def read(source: Source, steps: tuple[int, ...]) -> Reading:
    """The facts of a configuration, which may be several documents.

    Args:
        source: the stream.
        steps: which of its documents it is.
    """
    exhaustive = frozenset({"endpoint", "tls"})
    reading = Reading(FORMAT.kind, source, exhaustive=exhaustive, target=TARGET.name)
    reading.cannot_express = _cannot_express
    documents = [(step, source.data[step]) for step in steps]
    for kind in _FACTS:
        reading.anchors[kind,] = reading.place(steps[0])
    configurations = _Configurations(reading)
    for step, data in documents:
        if "kind" not in data:
            configurations.take_patch(data, step)
    for step, data in documents:
        if "kind" in data:
            configurations.take_document(data, step)
            reading.options["version"] = _FIRST_WITH_DOCUMENTS
    configurations.add_facts()
    return reading


def _cannot_express(source: str, served: Served) -> bool:
    return "/" in source or is_served_by_itself(source, served)


class _Configurations:
    """What the documents say, by name: of what is said in both forms the newer one counts.

    Source: siderolabs/talos, pkg/machinery/config/container/container.go.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._mirrors: dict[str, tuple[list[tuple[Any, bool, Path]], dict[str, Any], Path]] = {}
        self._tls: dict[str, tuple[dict[str, Any], Path, bool]] = {}
        self._logins: dict[str, tuple[dict[str, Any], Path]] = {}

    def take_patch(self, data: dict[str, Any], step: int) -> None:
        """The document v1alpha1, or a patch of it."""
        reading = self._reading
        reading.leave_others(data, ("version", "machine"), step)
        reading.leave_others(data["machine"], ("registries",), step, "machine")
        path: Path = (step, "machine", "registries")
        registries = reading.table(data["machine"].get("registries"), *path)
        if registries:
            for kind in _FACTS:
                reading.anchors[kind,] = reading.place(*path, on_key=True)
        reading.leave_others(registries, ("mirrors", "config"), *path)
        mirrors = reading.table(registries.get("mirrors"), *path, "mirrors")
        for source, value in mirrors.items():
            at: Path = (*path, "mirrors", source)
            table = reading.table(value, *at)
            override = self._override(table, at)
            urls = reading.texts(table.get("endpoints"), *at, "endpoints")
            places = [(url, override, (*at, "endpoints", i)) for i, url in enumerate(urls)]
            self._mirrors[source] = places, table, at
            known = ("endpoints", "overridePath", "skipFallback")
            reading.leave_others(table, known, *at, of=source_name(source))
        for host, value in reading.table(registries.get("config"), *path, "config").items():
            at = (*path, "config", host)
            table = reading.table(value, *at)
            if table.get("tls") is not None:
                self._tls[host] = reading.table(table["tls"], *at, "tls"), (*at, "tls"), True
            if table.get("auth") is not None:
                self._logins[host] = reading.table(table["auth"], *at, "auth"), (*at, "auth")
            reading.leave_others(table, ("tls", "auth"), *at, of=host_name(host))

    def take_document(self, data: dict[str, Any], step: int) -> None:
        """One of the documents that there are since 1.12."""
        if data["kind"] not in DOCUMENTS:
            why = (
                f"{code_span(data['kind'])} is not a kind of document that Talos has for registries"
            )
            place = self._reading.place(step, "kind")
            self._reading.lose(place, "", why)
            self._reading.add(("format",), value=False, place=place, shown=why)
            return
        name = text_of(data.get("name"))
        if not name:
            self._reading.lose(self._reading.place(step), "this document", "it has no `name`")
            return
        settings = {key: value for key, value in data.items() if key not in _OF_A_DOCUMENT}
        match data["kind"]:
            case "RegistryMirrorConfig":
                self._mirrors[name] = self._endpoints(settings, step), settings, (step,)
                known = ("endpoints", "skipFallback")
                self._reading.leave_others(settings, known, step, of=source_name(name))
            case "RegistryTLSConfig":
                self._tls[name] = settings, (step,), False
            case "RegistryAuthConfig":
                self._logins[name] = settings, (step,)

    def _endpoints(self, settings: dict[str, Any], step: int) -> list[tuple[Any, Any, Path]]:
        listed = settings.get("endpoints")
        if listed is not None and not isinstance(listed, list):
            self._reading.lose(self._reading.place(step, "endpoints"), "", "it is not a list")
        places: list[tuple[Any, bool, Path]] = []
        for index, value in enumerate(listed if isinstance(listed, list) else ()):
            at: Path = (step, "endpoints", index)
            table = self._reading.table(value, *at)
            place = (*at, "url") if "url" in table else at
            places.append((text_of(table.get("url")), self._override(table, at), place))
            self._reading.leave_others(table, ("url", "overridePath"), *at, of="an endpoint")
        return places

    def _override(self, table: dict[str, Any], path: Path) -> bool:
        """Whether a path is right as it is. Reports a text, which Talos does not accept."""
        override = table.get("overridePath")
        if override is not None and not isinstance(override, bool):
            place = self._reading.place(*path, "overridePath")
            why = "`overridePath` is not true or false without quotes"
            self._reading.add(("format",), value=False, place=place, shown=why)
        return switch_of(override) is True

    def add_facts(self) -> None:
        """Say and claim it all."""
        for source, (places, table, path) in self._mirrors.items():
            _say_mirror(self._reading, source, places, table, path)
        for host, (tls, path, is_encoded) in self._tls.items():
            _say_tls(self._reading, host, tls, path, is_encoded=is_encoded)
        for host, (login, path) in self._logins.items():
            _say_login(self._reading, host, login, path)


def _say_mirror(
    reading: Reading,
    source: str,
    places: list[tuple[Any, bool, Path]],
    table: dict[str, Any],
    path: Path,
) -> None:
    at = reading.place(*places[0][2]) if places else reading.place(*path)
    roots = [(_root(url or "", override=override), steps) for url, override, steps in places]
    written = table.get("skipFallback", False)
    skip = switch_of(written)
    while len(roots) > 1 and names_upstream(source, roots[-1][0]) and skip is not True:
        roots.pop()  # the upstream comes last, whether it is written or not
    asked = tuple(root for root, _ in roots)
    hint = _DOUBLED if any(_is_doubled(root) for root in asked) else ""
    shown = ", ".join(asked)
    reading.facts.append(Fact(("endpoint", source), asked, at, shown=shown, hint=hint))
    where = reading.place(*path, "skipFallback") if "skipFallback" in table else at
    reading.add(("skipFallback", source), written or False, where)
    # Without a scheme, Talos takes it for no URL.
    urls = ((root if "://" in root else "", reading.place(*steps)) for root, steps in roots)
    if "/" in source:
        lose_key(reading, source, "Talos", at)
    elif not roots:
        reading.lose(at, f"the mirror of {source_name(source)}", "it has no endpoint")
    elif claim_mirror(reading, source, urls):
        listed = any(names_upstream(source, root) for root in asked[1:])
        denied = skip is True and not listed
        reading.claim(("fallback", source), "deny" if denied else "allow", where)


def _is_doubled(root: str) -> bool:
    """Whether `/v2` was added to the path of a URL that is below `/v2`."""
    path = root.partition("://")[2].partition("/")[2]
    return path.startswith("v2/") and path.endswith("/v2")


def _root(url: str, *, override: bool) -> str:
    """The API root: the URL below which repositories are requested.

    Source: siderolabs/talos, internal/pkg/containers/image/resolver.go: `/v2` is added unless the
    path ends in it, or `overridePath` says that it is right as it is.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("/")
    path = posixpath.normpath(f"/{path}").replace("//", "/").rstrip("/") if slash else ""
    return f"{scheme}://{host}{path if override or path.endswith('/v2') else f'{path}/v2'}"


def _say_tls(
    reading: Reading, host: str, tls: dict[str, Any], path: Path, *, is_encoded: bool
) -> None:
    """The TLS settings of a host, whose CA is base64 in the older form and PEM in the newer."""
    for key, value in tls.items():
        place = reading.place(*path, key)
        if key == "insecureSkipVerify":
            reading.add(("tls", host, key), value, place)
            reading.claim_switch(("host", host, key), value, place)
        elif key == "ca" and text_of(value):
            _say_ca(reading, host, text_of(value) or "", place, is_encoded=is_encoded)
        elif key == "clientIdentity" and value:
            lose_client_certificate(reading, host, reading.place(*path, key, on_key=True))
        elif value not in ({}, [], "", None):
            what = f"{key_name(key)} of {host_name(host)}"
            at = reading.place(*path, key, on_key=True)
            reading.lose(at, what, "a spec has no such TLS setting")


def _say_ca(reading: Reading, host: str, written: str, place: Place, *, is_encoded: bool) -> None:
    """A CA; one in the form of the other documents is one that Talos does not take."""
    plain = decoded(written)
    text = written if plain is None else plain
    found, repaired = certificates_in(text), repaired_certificates(text)
    mixed_up = "it is base64, where PEM belongs" if plain else "it is PEM, where base64 belongs"
    right = isinstance(found, str) or is_encoded == (plain is not None)
    reading.add(("ca", host), found if right else mixed_up, place)
    if isinstance(repaired, str):
        reading.lose(place, f"the CA for {host_name(host)}", repaired)
    else:
        reading.claim(("host", host, "caCert"), text, place)


def _say_login(reading: Reading, host: str, login: dict[str, Any], path: Path) -> None:
    """The login of a host: as two texts, or both in one."""
    for key, value in login.items():
        claim_login(reading, host, key, value, *path, key)
