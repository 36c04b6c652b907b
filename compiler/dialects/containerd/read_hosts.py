"""hosts.toml: one folder of certs.d of containerd."""

from __future__ import annotations

import posixpath
import re

from ...diagnostics import code_span
from ...docker_hub import is_docker_hub, is_upstream
from ...frozen import frozen
from ...mirrors import LIBRARY, WILDCARD
from ...reading.claims import NO_TOKEN, claim_ca, lose_client_certificate, lose_endpoint
from ...reading.facts import Fact, Reading, decoded, is_below_api, served_by, switch_of
from ...reading.losses import host_name, key_name, place_name, source_name
from .. import dialects
from . import CERTS_D, HOSTS_FORMAT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ...diagnostics import Place
    from ...reading.facts import Source
    from ..dialect import HostsFolder

_DEFAULT = "_default"
_PORT = re.compile(r"(.+)_([0-9]+)_\Z")
_PULLS = ("pull", "resolve")
_KEYS = ("capabilities", "ca", "skip_verify", "override_path", "header")
_NO_PATH = "an empty path is not a file, and containerd makes no request"
UPSTREAM = "the upstream"
_OF_PULLS = ("capabilities",)


def recognises(data: Any) -> bool:
    """Whether a TOML text is such a file."""
    return isinstance(data, dict) and ("server" in data or isinstance(data.get("host"), dict))


def is_default(reading: Reading) -> bool:
    """Whether a hosts.toml has the registry itself alone, as containerd requests it without one."""
    return all(
        fact.value == (UPSTREAM,) if fact.subject[0] == "asked" else fact.subject[0] in _OF_PULLS
        for fact in reading.facts
    )


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
    """One host to contact."""

    root: str
    """The API root, or what stands for the upstream."""
    is_upstream: bool
    """Whether it is the registry that the file is for, under whatever name."""
    table: dict[str, Any] | None
    """Its settings; none if it is not written."""
    steps: tuple[str, ...]
    """Where the settings are."""


def read(source: Source) -> Reading:
    """The facts of one namespace: the hosts to contact in order, and how."""
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
        reading.lose(reading.place(), "this hosts.toml", why)
        return reading
    reading.cannot_express = lambda upstream, _served: upstream == LIBRARY
    for kind in ("asked", "capabilities", "skip_verify", "ca", "header"):
        reading.anchors[kind, namespace] = reading.place()
    hosts = _hosts(reading, namespace)
    roots = tuple(UPSTREAM if _is_api_of_upstream(host) else host.root for host in hosts)
    first = hosts[0]
    at = reading.place() if first.table is None else _place(reading, first)
    hint = next(filter(None, (_hint(url, table) for url, table in _urls(source.data))), "")
    shown = ", then ".join(roots)
    reading.facts.append(Fact(("asked", namespace), roots, at, shown=shown, hint=hint))
    for index, host in enumerate(hosts):
        if host.table is not None:
            _say_how(reading, (namespace, str(index)), host.table, host.steps)
        if not index:
            _claim(reading, namespace, host)
        elif host.table is not None:
            _leave_host(reading, namespace, host, host.table)
    if any(fact.subject[0] == "mirror" for fact in reading.claims):
        asked = any(host.is_upstream and _is_pulled_from(host) for host in hosts)
        reading.claim(("fallback", namespace), "allow" if asked else "deny", at)
    known = ("server", "host", "client", *_KEYS)
    reading.leave_others(source.data, known, of=source_name(namespace))
    return reading


def _hosts(reading: Reading, namespace: str) -> list[_Host]:
    """The hosts to contact in order, then the server, by default the upstream.

    A second request to the same host in a row is in vain, and is left out.
    """
    data = reading.source.data
    hosts: list[_Host] = []

    def add(root: str, table: dict[str, Any] | None, *steps: str) -> None:
        if not hosts or hosts[-1].root != root:
            hosts.append(_Host(root, _is_upstream(root, namespace), table, steps))

    for url, table in reading.table(data.get("host"), "host").items():
        settings = reading.table(table, "host", url)
        add(_root(url, settings), settings, "host", url)
    server = data.get("server")
    if isinstance(server, str) and _has_host(server):
        add(_root(server, data), data)
    else:
        if server:
            why = "it names no host, so that containerd contacts the upstream"
            reading.lose(reading.place("server"), "`server`", why)
        add(UPSTREAM, None)
    return hosts


def _has_host(url: str) -> bool:
    """Whether a URL names a host; `https:/HOST`, and `http...` without `://`, do not.

    Source: parseHostConfig in core/remotes/docker/config/hosts.go puts `https://` before what does
    not begin with `http`; for a server without a host, ConfigureHosts has the upstream.
    """
    whole = url if url.startswith("http") else f"https://{url}"
    return re.match(r"https?://[^/?#]", whole) is not None


def _is_api_of_upstream(host: _Host) -> bool:
    """Whether it is requested just as the upstream is if nothing is written."""
    scheme, _, rest = host.root.partition("://")
    as_usual = scheme == "https" and rest.partition("/")[2] == "v2"
    return host.root == UPSTREAM or (host.is_upstream and as_usual)


def _is_upstream(root: str, namespace: str) -> bool:
    scheme, _, rest = root.partition("://")
    host = rest.partition("/")[0]
    if root == UPSTREAM or is_upstream(host, namespace, scheme):
        return True
    return namespace == WILDCARD and is_docker_hub(host)  # the upstream of some images


def _is_pulled_from(host: _Host) -> bool:
    """Whether images are requested there, and not just pushed."""
    given = (host.table or {}).get("capabilities")
    listed = given if isinstance(given, list) else []
    return not listed or any(str(one).lower() in _PULLS for one in listed)


def _urls(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every URL of a file, with the settings that belong to it."""
    hosts = data.get("host")
    for url, table in hosts.items() if isinstance(hosts, dict) else ():
        if isinstance(table, dict):
            yield url, table
    if isinstance(data.get("server"), str):
        yield data["server"], data


def _hint(url: str, table: dict[str, Any]) -> str:
    """What to say of a URL whose path is below `/v2` and gets, or has, another `/v2` at its end."""
    path = _root(url, table).partition("://")[2].partition("/")[2]
    if not path.startswith("v2/") or not path.endswith("/v2"):
        return ""
    if url.rstrip("/").endswith("/v2"):
        return "the path ends in `/v2`: remove it, and write `override_path = true`"
    return "without `override_path = true`, containerd adds `/v2` to the path"


def _place(reading: Reading, host: _Host) -> Place:
    return reading.place(*(host.steps or ("server",)))


def _leave_host(reading: Reading, namespace: str, host: _Host, table: dict[str, Any]) -> None:
    """A host after the first one: itself, or its TLS settings and login if it is the upstream."""
    hint = _hint(host.steps[-1], table) if host.steps else ""
    if hint:
        what = f"the endpoint {place_name(host.root)} of {source_name(namespace)}"
        reading.lose_root(_place(reading, host), host.root, what, hint)
        return
    if not host.is_upstream:
        lose_endpoint(reading, namespace, host.root, _place(reading, host))
        return
    for key in ("ca", "skip_verify", "header", "client"):
        if key in table:
            what = f"`{key}` of {source_name(namespace)} itself"
            why = "a spec has the TLS settings and logins of mirrors"
            reading.lose(reading.place(*host.steps, key, on_key=True), what, why)


def _root(url: str, table: dict[str, Any]) -> str:
    """The API root: the URL below which repositories are requested.

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
    """How one host is contacted.

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
        found = reading.source.certificates_of(path) if path else _NO_PATH
        reading.add(("ca", *which), found, reading.place(*steps, "ca"), shown=path)
    for key, value in _headers(table):
        subject = ("header", *which, key.lower())
        reading.add(subject, value, reading.place(*steps, "header", key), secret=True)


def _authorities(reading: Reading, table: dict[str, Any]) -> list[str]:
    """The paths of the CA files; an empty one stays empty."""
    value = table.get("ca")
    folder = posixpath.dirname(reading.source.path)
    listed = value if isinstance(value, list) else [value]
    return [posixpath.join(folder, one) if one else "" for one in listed if isinstance(one, str)]


def _headers(table: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The headers. A list of one value is the same as the value; containerd sends every value."""
    header = table.get("header")
    for key, value in header.items() if isinstance(header, dict) else ():
        alone = isinstance(value, list) and len(value) == 1
        yield key, value[0] if alone else value


def _claim(reading: Reading, namespace: str, host: _Host) -> None:
    """What the first place says of the mirror and of its host."""
    table, at = host.table, _place(reading, host)
    found = None if table is None else served_by(host.root)
    if table is None:
        reading.leave(reading.place(), "it names no mirror", "this hosts.toml")
        return
    if found is None:
        what = f"the mirror of {source_name(namespace)}"
        reading.lose(at, what, "it is not the URL of a registry")
        return
    scheme, served = found
    name = served.location.host
    hint = _hint(host.steps[-1] if host.steps else str(reading.source.data.get("server")), table)
    if hint or not is_below_api(host.root):
        reading.lose_root(at, host.root, hint)
        return
    if host.is_upstream and (namespace != name or is_docker_hub(name)):
        reading.leave(at, f"{code_span(name)} is {code_span(namespace)} itself, not a mirror of it")
        return
    if namespace == name and not served.location.path:
        reading.claim(("itself", name), True, at)  # noqa: FBT003
    else:
        reading.claim(("mirror", namespace), served, at)
    reading.claim(("host", name, "plainHTTP"), scheme == "http", at)
    _claim_trust(reading, name, host, table, secure=scheme == "https")
    _claim_logins(reading, name, host, table)
    if table.get("client"):
        at = reading.place(*host.steps, "client", on_key=True)
        lose_client_certificate(reading, name, at)
    if host.steps:
        reading.leave_others(table, (*_KEYS, "client"), *host.steps, of=host_name(name))


def _claim_trust(
    reading: Reading, name: str, host: _Host, table: dict[str, Any], *, secure: bool
) -> None:
    """What the certificate of a host is checked with, if it is."""
    at, skip = _place(reading, host), switch_of(table.get("skip_verify", False))
    if secure or skip is True:
        where = reading.place(*host.steps, "skip_verify") if "skip_verify" in table else at
        reading.claim(("host", name, "insecureSkipVerify"), skip is True, where)
    if secure and not skip and not table.get("ca"):
        reading.claim(("host", name, "caCert"), "", at)
    for path in _authorities(reading, table):
        claim_ca(reading, name, path, reading.place(*host.steps, "ca"))


def _claim_logins(reading: Reading, name: str, host: _Host, table: dict[str, Any]) -> None:
    """The login of basic authentication in a header. Reports every other header."""
    for key, value in _headers(table):
        place = reading.place(*host.steps, "header", key)
        kind, _, encoded = value.partition(" ") if isinstance(value, str) else ("", "", "")
        username, colon, password = (decoded(encoded) or "").partition(":")
        if key.lower() == "authorization" and kind.lower() == "basic" and colon:
            reading.claim(("host", name, "username"), username, place, secret=True)
            reading.claim(("host", name, "password"), password, place, secret=True)
            reading.options["credentials"] = "header"
            continue
        is_login = key.lower() == "authorization"
        why = NO_TOKEN if is_login else "a spec has no headers"
        of = f"header {key_name(key)} of {host_name(name)}"
        reading.lose(reading.place(*host.steps, "header", key, on_key=True), of, why)
