"""registries.yaml of k3s and RKE2."""

from __future__ import annotations

import re

from ...mirrors import WILDCARD
from ...reading.claims import (
    claim_login,
    claim_mirror,
    is_served_by_itself,
    lose_client_certificate,
    lose_key,
    names_upstream,
    say_ca,
)
from ...reading.facts import Reading, text_of
from ...reading.losses import host_name, key_name, source_name
from . import FOLDERS, FORMAT, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...diagnostics import Path
    from ...reading.facts import Served, Source

_ALL = re.compile(r"\^?\(\.[*+]\)\$?\Z")
_BELOW = re.compile(r"(.*?)/?\$(?:1|\{1\})\Z")


def recognises(data: Any) -> bool:
    """Whether a document is a registries.yaml."""
    if not isinstance(data, dict) or not data or "kind" in data or "apiVersion" in data:
        return False
    if set(data) == {"auths"} and data["auths"] is not None:
        return False  # a dockerconfigjson
    return set(data) <= {"mirrors", "configs", "auths"} and all(
        isinstance(table, dict | None) for table in data.values()
    )


def read(source: Source) -> Reading:
    """The facts of registries.yaml."""
    data = source.data
    exhaustive = frozenset({"endpoint", "tls", "rewrite", "default"})
    reading = Reading(FORMAT.kind, source, exhaustive=exhaustive, target=TARGET.name)
    reading.cannot_express = _cannot_express
    mirrors, configs = data.get("mirrors") or {}, data.get("configs") or {}
    home = "mirrors" if "mirrors" in data else next(iter(data))
    for kind in ("endpoint", "tls", "ca", "auth"):
        reading.anchors[kind,] = reading.place(home, on_key=True)
    for name, table in mirrors.items():
        _mirror(reading, name, table, ("mirrors", name))
    for host, table in configs.items():
        if host == WILDCARD:
            _default(reading, table, ("configs", host))
        else:
            _host(reading, host, table, ("configs", host))
    for host in reading.table(data.get("auths"), "auths"):
        what = f"the login for {host_name(host)}"
        why = "`auths` is an older form: write it below `configs`"
        reading.lose(reading.place("auths", host, on_key=True), what, why)
    return reading


def _cannot_express(source: str, served: Served) -> bool:
    return "/" in source or is_served_by_itself(source, served)


def _mirror(reading: Reading, source: str, table: Any, path: Path) -> None:
    table = reading.table(table, *path)
    endpoints = reading.texts(table.get("endpoint"), *path, "endpoint")
    rewrite = table.get("rewrite")
    below = _below(reading, source, rewrite, (*path, "rewrite"))
    roots = [_root(one, below or "") for one in endpoints]
    at = reading.place(*path, "endpoint") if endpoints else reading.place(*path, on_key=True)
    listed = len(roots)
    while len(roots) > 1 and names_upstream(source, roots[-1]):
        roots.pop()  # the upstream comes last, whether it is written or not
    reading.add(("endpoint", source), tuple(roots), at, shown=", ".join(endpoints))
    if "/" in source:
        lose_key(reading, source, "k3s", at)
    elif not roots:
        what = f"the mirror of {source_name(source)}"
        why = "it has no endpoint; only the registry that is embedded in k3s uses such an entry"
        reading.lose(at, what, why)
    elif below is not None:
        places = [reading.place(*path, "endpoint", index) for index in range(len(roots))]
        is_mirror = claim_mirror(reading, source, zip(roots, places, strict=True))
        if is_mirror and len(roots) < listed:
            reading.claim(("fallback", source), "allow", at)
    reading.leave_others(table, ("endpoint", "rewrite"), *path, of=source_name(source))


def _below(reading: Reading, source: str, rewrite: Any, path: Path) -> str | None:
    """The path that a rewrite puts before every repository, or none if it does something else."""
    if rewrite is None:
        return ""
    rewrite = reading.table(rewrite, *path)
    if len(rewrite) == 1:
        ((pattern, replacement),) = rewrite.items()
        match = _BELOW.match(text_of(replacement) or "")
        if _ALL.match(pattern) and match:
            return match[1]
    for pattern, replacement in rewrite.items():
        place = reading.place(*path, pattern)
        reading.add(("rewrite", source, pattern), text_of(replacement), place)
        what = f"the mirror of {source_name(source)}"
        why = "it has a rewrite that does not put a path before every repository"
        reading.lose(place, what, why)
    return None


def _root(endpoint: str, below: str) -> str:
    """The API root: the URL below which repositories are requested.

    Source: k3s-io/k3s, pkg/agent/containerd/config.go: no path, `/` and `/v2` are all `/v2`. Any
    other path is used as it is.
    """
    scheme, separator, rest = endpoint.partition("://")
    if not separator:
        scheme, rest = "https", endpoint
    host, _, path = rest.rstrip("/").partition("/")
    path = "/".join(part for part in (path or "v2", below) if part)
    return f"{scheme}://{host}/{path}"


def _default(reading: Reading, table: Any, path: Path) -> None:
    """The entry `"*"`: settings of each host that has no entry of its own.

    Source: docs.rke2.io, "Containerd Registry Configuration", wildcard support; rancher/wharfie.
    """
    table = reading.table(table, *path)
    for block in ("tls", "auth"):
        for key, value in reading.table(table.get(block), *path, block).items():
            if value in ({}, [], "", None):
                continue
            is_login = block == "auth"
            place = reading.place(*path, block, key, on_key=True)
            reading.add(("default", WILDCARD, key), value, place, secret=is_login)
            what = f'{key_name(key)} of `configs."*"`'
            why = "k3s uses it for each host without an entry in `configs`; a spec names each host"
            reading.lose(place, what, why)
    reading.leave_others(table, ("tls", "auth"), *path, of=host_name(WILDCARD))


def _host(reading: Reading, host: str, table: Any, path: Path) -> None:
    table = reading.table(table, *path)
    name = host_name(host)
    for key, value in reading.table(table.get("tls"), *path, "tls").items():
        place = reading.place(*path, "tls", key)
        if key == "insecure_skip_verify":
            reading.add(("tls", host, key), value, place)
            reading.claim_switch(("host", host, "insecureSkipVerify"), value, place)
        elif key == "ca_file" and isinstance(value, str):
            reading.add(("tls", host, key), value, place)
            if value:
                say_ca(reading, host, value, place)
            if value.startswith(f"{FOLDERS['rke2']}/"):
                reading.options["distribution"] = "rke2"
        elif value in ({}, [], "", None):
            continue
        elif key in ("cert_file", "key_file"):
            lose_client_certificate(reading, host, reading.place(*path, "tls", key, on_key=True))
        else:
            at = reading.place(*path, "tls", key, on_key=True)
            reading.lose(at, f"{key_name(key)} of {name}", "a spec has no such TLS setting")
    for key, value in reading.table(table.get("auth"), *path, "auth").items():
        claim_login(reading, host, key, value, *path, "auth", key)
    reading.leave_others(table, ("tls", "auth"), *path, of=name)
