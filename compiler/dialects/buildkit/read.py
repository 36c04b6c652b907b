"""buildkitd.toml of BuildKit: its registries. Other keys are left alone."""

from __future__ import annotations

from ...mirrors import Location, default_scheme
from ...reading.claims import (
    is_served_by_itself,
    lose_client_certificate,
    lose_key,
    names_upstream,
    say_ca,
)
from ...reading.facts import Reading, Served
from ...reading.losses import host_name, place_name, source_name
from . import FORMAT, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...diagnostics import Path, Place
    from ...reading.facts import Source

_KEYS = ("mirrors", "http", "insecure", "ca")
_OF_UPSTREAM = "it is a setting of the registry itself, and not of its mirrors"
_TLS = ("keypair", "tlsconfigdir")


def recognises(data: Any) -> bool:
    """Whether a TOML text is a buildkitd.toml: it has tables of registries or of workers."""
    return isinstance(data, dict) and any(
        isinstance(data.get(key), dict) for key in ("registry", "worker")
    )


def read(source: Source) -> Reading:
    """The facts of buildkitd.toml."""
    data = source.data
    exhaustive = frozenset({"mirrors", "tls"})
    reading = Reading(FORMAT.kind, source, exhaustive=exhaustive, target=TARGET.name)
    reading.cannot_express = _cannot_express
    tables = reading.table(data.get("registry"), "registry")
    home = "registry" if "registry" in data else next(iter(data))
    for kind in ("mirrors", "tls", "ca"):
        reading.anchors[kind,] = reading.place(home, on_key=True)
    on: dict[str, Place] = {}
    for name, table in tables.items():
        on |= _mirrors(reading, name, table)
    for name, table in tables.items():
        if isinstance(table, dict):
            _host(reading, name, table, known=name in on or not table.get("mirrors"))
    for host, place in on.items():
        at = reading.place("registry", host, on_key=True) if host in tables else place
        _assumed(reading, host, tables.get(host), at)
    reading.leave_others(data, ("registry",))
    return reading


def _cannot_express(source: str, served: Served) -> bool:
    return "/" in source or is_served_by_itself(source, served)


def _mirrors(reading: Reading, source: str, table: Any) -> dict[str, Place]:
    """The mirrors of a registry.

    Returns:
        The hosts that they are on, and where that is said.
    """
    path: Path = ("registry", source)
    table = reading.table(table, *path)
    reading.leave_others(table, (*_KEYS, *_TLS), *path, of=source_name(source))
    places = [_place(text) for text in reading.texts(table.get("mirrors"), *path, "mirrors")]
    if not places:
        return {}
    at = reading.place(*path, "mirrors")
    reading.add(("mirrors", source), tuple(places), at, shown=", ".join(places))
    others = [place for place in places[1:] if not names_upstream(source, place)]
    for place in dict.fromkeys(others):
        if place != places[0]:
            what = f"the mirror {place_name(place)} of {source_name(source)}"
            reading.lose(at, what, "a spec has one mirror for each source, the first one")
    if len(others) < len(places) - 1:
        reading.claim(("fallback", source), "allow", at)
    first = Location.parse(places[0])
    if "/" in source:
        lose_key(reading, source, "BuildKit", at)
    elif f"{first.path}/".startswith("v2/") or first.repeats_api_root:
        what = f"the mirror {place_name(places[0])} of {source_name(source)}"
        why = "BuildKit puts its own `/v2` before the path, which it has no `override_path` for"
        reading.lose(at, what, why)
    else:
        reading.claim(("mirror", source), Served(first), at)
    return {Location.parse(place).host: at for place in places}


def _place(mirror: str) -> str:
    """`HOST/PATH` of a mirror, without a scheme, which BuildKit drops."""
    return (mirror.partition("://")[2] or mirror).rstrip("/")


def _assumed(reading: Reading, host: str, table: Any, place: Place) -> None:
    """The http that BuildKit assumes for a host on this machine whose table does not exclude it.

    Source: moby/buildkit, util/resolver/resolver.go: with `insecure` it tries https first.
    """
    known = table if isinstance(table, dict) else {}
    if "http" not in known and not known.get("insecure") and default_scheme(host) == "http":
        reading.add(("tls", host, "http"), value=True, place=place)
        reading.claim(("host", host, "plainHTTP"), value=True, place=place)


def _host(reading: Reading, host: str, table: dict[str, Any], *, known: bool) -> None:
    """How a host is reached.

    Args:
        reading: gets the facts and claims.
        host: whose table it is.
        table: what is said of it.
        known: whether it may be a private registry. An upstream that has mirrors is not.
    """
    path: Path = ("registry", host)
    for key, claimed in (("http", "plainHTTP"), ("insecure", "insecureSkipVerify")):
        if key not in table:
            continue
        place = reading.place(*path, key)
        reading.add(("tls", host, key), table[key], place)
        if known:
            reading.claim_switch(("host", host, claimed), table[key], place)
        else:
            reading.lose(place, f"`{key}` of {host_name(host)}", _OF_UPSTREAM)
    if table.get("keypair"):
        lose_client_certificate(reading, host, reading.place(*path, "keypair", on_key=True))
    if table.get("tlsconfigdir"):
        what = f"`tlsconfigdir` of {host_name(host)}"
        why = "name the CA files in `ca`: regspec reads no folders of them"
        reading.lose(reading.place(*path, "tlsconfigdir", on_key=True), what, why)
    files = reading.texts(table.get("ca"), *path, "ca")
    if not files:
        return
    place = reading.place(*path, "ca")
    reading.add(("tls", host, "ca"), tuple(files), place)
    if not known:
        reading.lose(place, f"the CA for {host_name(host)}", _OF_UPSTREAM)
    elif len(files) > 1:
        reading.lose(place, f"the CA for {host_name(host)}", "it is in more than one file")
    else:
        say_ca(reading, host, files[0], place)
