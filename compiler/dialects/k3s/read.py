"""registries.yaml of k3s and RKE2."""

from __future__ import annotations

import re

from ...mirrors import LIBRARY
from ...reading.claims import (
    claim_mirror,
    is_served_by_itself,
    names_upstream,
    say_ca,
)
from ...reading.facts import Reading, text_of
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
    exhaustive = frozenset({"endpoint", "tls", "rewrite"})
    reading = Reading(FORMAT.kind, source, exhaustive=exhaustive, target=TARGET.name)
    reading.cannot_express = _cannot_express
    mirrors, configs = data.get("mirrors") or {}, data.get("configs") or {}
    home = "mirrors" if "mirrors" in data else next(iter(data))
    for kind in ("endpoint", "tls", "ca", "auth"):
        reading.anchors[kind,] = reading.place(home, on_key=True)
    for name, table in mirrors.items():
        _mirror(reading, name, table, ("mirrors", name))
    for host, table in configs.items():
        _host(reading, host, table, ("configs", host))
    reading.leave_others(data, ("mirrors", "configs"))
    return reading


def _cannot_express(source: str, served: Served) -> bool:
    return source == LIBRARY or is_served_by_itself(source, served)


def _mirror(reading: Reading, source: str, table: Any, path: Path) -> None:
    table = reading.table(table, *path)
    endpoints = reading.texts(table.get("endpoint"), *path, "endpoint")
    rewrite = table.get("rewrite")
    below = _below(reading, source, rewrite, (*path, "rewrite"))
    roots = tuple(_root(one, below or "") for one in endpoints)
    at = reading.place(*path, "endpoint") if endpoints else reading.place(*path, on_key=True)
    reading.add(("endpoint", source), roots, at, shown=", ".join(endpoints))
    if below is not None:
        places = [reading.place(*path, "endpoint", index) for index in range(len(roots))]
        is_mirror = claim_mirror(reading, source, zip(roots, places, strict=True))
        for root, place in zip(roots[1:], places[1:], strict=True):
            if is_mirror and names_upstream(source, root):
                reading.claim(("fallback",), "allow", place)
    reading.leave_others(table, ("endpoint", "rewrite"), *path)


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
        reading.leave(place, "a rewrite that does not put a path before every repository")
    return None


def _root(endpoint: str, below: str) -> str:
    """The URL below which repositories are asked for.

    Source: k3s-io/k3s, pkg/agent/containerd/config.go: no path, `/` and `/v2` are all `/v2`. Any
    other path is used as it is.
    """
    scheme, separator, rest = endpoint.partition("://")
    if not separator:
        scheme, rest = "https", endpoint
    host, _, path = rest.rstrip("/").partition("/")
    path = "/".join(part for part in (path or "v2", below) if part)
    return f"{scheme}://{host}/{path}"


def _host(reading: Reading, host: str, table: Any, path: Path) -> None:
    table = reading.table(table, *path)
    tls = reading.table(table.get("tls"), *path, "tls")
    login = reading.table(table.get("auth"), *path, "auth")
    for key, value in tls.items():
        place = reading.place(*path, "tls", key)
        if key == "insecure_skip_verify":
            reading.add(("tls", host, key), value, place)
            reading.claim_switch(("host", host, "insecureSkipVerify"), value, place)
        elif key == "ca_file" and isinstance(value, str):
            reading.add(("tls", host, key), value, place)
            say_ca(reading, host, value, place)
            if value.startswith(f"{FOLDERS['rke2']}/"):
                reading.options["distribution"] = "rke2"
        else:
            reading.leave(reading.place(*path, "tls", key, on_key=True))
    for key, value in login.items():
        place, text = reading.place(*path, "auth", key), text_of(value)
        if key in ("username", "password") and text is not None:
            reading.add(("auth", host, key), text, place, secret=True)
            reading.claim(("host", host, key), text, place, secret=True)
        else:
            reading.leave(reading.place(*path, "auth", key, on_key=True))
    reading.leave_others(table, ("tls", "auth"), *path)
