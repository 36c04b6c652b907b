"""hosts.toml: one folder of certs.d of containerd."""

from __future__ import annotations

import posixpath
import re

from ...diagnostics import code_span
from ...frozen import frozen
from ...mirrors import LIBRARY, WILDCARD
from ...reading.claims import claim_ca
from ...reading.facts import Reading, decoded, is_below_api, served_by, switch_of
from .. import dialects
from . import CERTS_D, HOSTS_FORMAT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ...diagnostics import Place
    from ...reading.facts import Source
    from ..dialect import HostsFolder

_DEFAULT = "_default"
_HUB, _HUB_HOST = "docker.io", "registry-1.docker.io"
_PORT = re.compile(r"(.+)_([0-9]+)_\Z")
_PULLS = ("pull", "resolve")
_KEYS = ("capabilities", "ca", "skip_verify", "override_path", "header")
UPSTREAM = "the upstream"


def recognises(data: Any) -> bool:
    """Whether a TOML text is such a file."""
    return isinstance(data, dict) and ("server" in data or isinstance(data.get("host"), dict))


def namespace_of(path: str) -> str:
    """The registry that a hosts.toml is for: the name of its folder, if it is called hosts.toml."""
    if posixpath.basename(path) != HOSTS_FORMAT.in_each_folder:
        return ""
    folder = posixpath.basename(posixpath.dirname(path))
    port = _PORT.match(folder)
    if port:
        return f"{port[1]}:{port[2]}"
    return WILDCARD if folder == _DEFAULT else folder


def _other_folder(source: Source) -> HostsFolder | None:
    """The folder of another runtime that a file is in, or none: then containerd reads it."""
    folders = (dialect.hosts_of for dialect in dialects())
    return next(
        (one for one in folders if one and one.contains(source.path, source.file_text)), None
    )


@frozen
class _Host:
    """One place that is asked."""

    root: str
    """The URL below which repositories are asked for, or what stands for the upstream."""
    is_upstream: bool
    """Whether it is the registry that the file is for."""
    table: dict[str, Any] | None
    """Its settings; none if it is not written."""
    steps: tuple[str, ...]
    """Where the settings are."""


def read(source: Source) -> Reading:
    """The facts of one namespace: what is asked in order, and how."""
    namespace = namespace_of(source.path)
    other = _other_folder(source)
    reading = Reading(
        HOSTS_FORMAT.kind,
        source,
        exhaustive=frozenset({"asked", "skip_verify", "header", "client"}),
        target=other.target if other else CERTS_D.name,
    )
    if other:
        reading.options |= other.options
    if not namespace:
        why = "a hosts.toml is for the registry that its folder is named after: give the folder"
        reading.leave(reading.place(), why)
        return reading
    reading.cannot_express = lambda upstream, _served: upstream == LIBRARY
    for kind in ("asked", "capabilities", "skip_verify", "ca", "header"):
        reading.anchors[kind, namespace] = reading.place()
    hosts = _hosts(reading, namespace)
    roots = tuple(UPSTREAM if host.is_upstream else host.root for host in hosts)
    first = hosts[0]
    at = reading.place() if first.table is None else _place(reading, first)
    reading.add(("asked", namespace), roots, at, shown=", then ".join(roots))
    for index, host in enumerate(hosts):
        if host.table is not None:
            _say_how(reading, (namespace, str(index)), host.table, host.steps)
        if not index:
            _claim(reading, namespace, host)
        elif host.table is not None:
            _leave_host(reading, host, host.table)
    if any(fact.subject[0] == "mirror" for fact in reading.claims):
        reading.claim(("fallback",), "allow" if hosts[-1].is_upstream else "deny", at)
    reading.leave_others(source.data, ("server", "host", *_KEYS))
    return reading


def _hosts(reading: Reading, namespace: str) -> list[_Host]:
    """What is asked in order: the hosts, then the server, which is the upstream if none is named.

    What is asked twice in a row is asked once more in vain, and is left out.
    """
    data = reading.source.data
    upstream = f"https://{_HUB_HOST if namespace == _HUB else namespace}/v2"
    hosts: list[_Host] = []

    def add(root: str, table: dict[str, Any] | None, *steps: str) -> None:
        if not hosts or hosts[-1].root != root:
            hosts.append(_Host(root, root in (upstream, UPSTREAM), table, steps))

    for url, table in reading.table(data.get("host"), "host").items():
        settings = reading.table(table, "host", url)
        add(_root(url, settings), settings, "host", url)
    server = data.get("server")
    if isinstance(server, str) and server:
        add(_root(server, data), data)
    else:
        add(UPSTREAM, None)
    return hosts


def _place(reading: Reading, host: _Host) -> Place:
    return reading.place(*(host.steps or ("server",)))


def _leave_host(reading: Reading, host: _Host, table: dict[str, Any]) -> None:
    """A place that is asked after the first one: it, or how it is reached if it is the upstream."""
    if not host.is_upstream:
        reading.leave(reading.place(*host.steps), "a second place for one source")
        return
    for key in ("ca", "skip_verify", "header", "client"):
        if key in table:
            why = "a spec says nothing of how the upstream is reached"
            reading.leave(reading.place(*host.steps, key, on_key=True), why)


def _root(url: str, table: dict[str, Any]) -> str:
    """The URL below which repositories are asked for.

    Source: containerd, core/remotes/docker/config/hosts.go: `/v2` is added unless the path ends in
    it, or `override_path` says that it is right as it is.
    """
    whole = url if url.startswith("http") else f"https://{url}"
    scheme, _, rest = whole.partition("://")
    host, slash, path = rest.partition("/")
    override = table.get("override_path") is True
    path = posixpath.normpath(f"/{path}").replace("//", "/") if slash else ""
    if not path:
        path = "" if override else "/v2"
    elif not path.endswith("/v2") and not override:
        path = f"{path.rstrip('/')}/v2"
    return f"{scheme}://{host}{path}"


def _say_how(
    reading: Reading, which: tuple[str, str], table: dict[str, Any], steps: tuple[str, ...]
) -> None:
    """How one place is asked.

    Args:
        reading: gets the facts.
        which: the namespace, and the number of the place.
        table: its settings.
        steps: where they are.
    """
    home = reading.place(*steps)
    given = reading.texts(table.get("capabilities"), *steps, "capabilities") or list(_PULLS)
    pulls = frozenset(one.lower() for one in given) & frozenset(_PULLS)
    at = reading.place(*steps, "capabilities") if "capabilities" in table else home
    shown = ", ".join(given)
    if frozenset(given) != frozenset(_PULLS):
        reading.leave(at, "a spec has `pull` and `resolve` of every mirror")
    reading.add(("capabilities", *which), pulls, at, shown=shown)
    if "client" in table:
        at = reading.place(*steps, "client")
        reading.add(("client", *which), str(table["client"]), at)
    if "skip_verify" in table:
        at = reading.place(*steps, "skip_verify")
        reading.add(("skip_verify", *which), table["skip_verify"], at)
    for path in _authorities(reading, table):
        found = reading.source.certificates_of(path)
        reading.add(("ca", *which), found, reading.place(*steps, "ca"))
    for key, value in _headers(table):
        subject = ("header", *which, key.lower())
        reading.add(subject, value, reading.place(*steps, "header", key), secret=True)


def _authorities(reading: Reading, table: dict[str, Any]) -> list[str]:
    """The paths of the CA files."""
    value = table.get("ca")
    folder = posixpath.dirname(reading.source.path)
    listed = value if isinstance(value, list) else [value]
    return [posixpath.join(folder, one) for one in listed if isinstance(one, str)]


def _headers(table: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    header = table.get("header")
    return header.items() if isinstance(header, dict) else ()


def _claim(reading: Reading, namespace: str, host: _Host) -> None:
    """What the first place says of the mirror and of its host."""
    table, at = host.table, _place(reading, host)
    found = None if table is None else served_by(host.root)
    if table is None or found is None or host.root == f"https://{_HUB_HOST}/v2":
        reading.leave(reading.place(), "it names no mirror")
        return
    if not is_below_api(host.root):
        reading.leave(at, f"{code_span(host.root)} is not below `/v2`")
        return
    scheme, served = found
    name = served.location.host
    if namespace == name and not served.location.path:
        reading.claim(("itself", name), True, at)  # noqa: FBT003
    else:
        reading.claim(("mirror", namespace), served, at)
    reading.claim(("host", name, "plainHTTP"), scheme == "http", at)
    _claim_trust(reading, name, host, table, secure=scheme == "https")
    _claim_logins(reading, name, host, table)
    if host.steps:
        reading.leave_others(table, _KEYS, *host.steps)


def _claim_trust(
    reading: Reading, name: str, host: _Host, table: dict[str, Any], *, secure: bool
) -> None:
    """What the certificate of a host is checked with, if it is."""
    at, skip = _place(reading, host), switch_of(table.get("skip_verify", False))
    if secure:
        reading.claim(("host", name, "insecureSkipVerify"), skip is True, at)
    if secure and not skip and not table.get("ca"):
        reading.claim(("host", name, "caCert"), "", at)
    for path in _authorities(reading, table):
        claim_ca(reading, name, path, reading.place(*host.steps, "ca"))


def _claim_logins(reading: Reading, name: str, host: _Host, table: dict[str, Any]) -> None:
    """The login of basic authentication in a header; any other header is none of a spec."""
    for key, value in _headers(table):
        place = reading.place(*host.steps, "header", key)
        kind, _, encoded = value.partition(" ") if isinstance(value, str) else ("", "", "")
        username, colon, password = (decoded(encoded) or "").partition(":")
        if key.lower() == "authorization" and kind.lower() == "basic" and colon:
            reading.claim(("host", name, "username"), username, place, secret=True)
            reading.claim(("host", name, "password"), password, place, secret=True)
            reading.options["credentials"] = "header"
        else:
            reading.leave(reading.place(*host.steps, "header", key, on_key=True))
