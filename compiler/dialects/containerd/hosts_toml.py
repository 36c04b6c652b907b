"""One folder of certs.d, as each version of containerd reads it.

Source: remotes/docker/config/hosts.go in github.com/containerd/containerd at v1.6.20 to v1.7.34,
core/remotes/docker/config/hosts.go at v2.0.0 to v2.4.0-beta.0; measured on the versions in
versions.MEASURED.
"""

from __future__ import annotations

import posixpath
import re

from ... import pem
from ...frozen import frozen
from . import go_syntax, ignored_keys, structures
from .versions import Version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..files import Tree

_FIRST_OF_2 = 2
_OF_DEBIAN = Version(1, 6, 20)
_CAPABILITIES = frozenset({"pull", "resolve", "push"})
_KEY = r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)[ \t]*"""
_HEADER = rf"(?m)^[ \t]*\[{_KEY}\.{_KEY}[.\]]"


class Defect(Exception):  # noqa: N818 - it says what is wrong
    """A hosts.toml that containerd ignores as a whole; the message says why."""


class NoFile(Exception):  # noqa: N818 - it says what is missing
    """A file that a hosts.toml names is missing or wrong, so containerd sends no request."""


@frozen
class Host:
    """One host to contact, in the order of the list. The last one may be without a host."""

    scheme: str
    host: str
    path: str
    capabilities: frozenset[str]
    authorities: tuple[str, ...] = ()
    """The CA files."""
    skip_verify: bool = False
    has_header: bool = False
    """Whether a login of its own goes along."""
    clients: tuple[tuple[str, str], ...] = ()
    """The files of the client's certificates, each with the file of its key."""
    has_tls: bool = False
    """Whether anything of TLS is set, whatever its value: then HTTPS is tried before HTTP."""
    is_silent: bool = False
    """Whether a header that HTTP forbids, or a negative timeout, keeps every request from it."""
    origin: str = ""
    """The file that it is from, if it is not the hosts.toml."""
    may_be_http: bool = False
    """Whether the same is requested by http if the port does not speak TLS, whatever the port."""


NOBODY = Host("", "", "", frozenset())
"""The root of a file that names no server; the registry of the image takes its place."""


def read(text: str, folder: str, version: Version, notes: list[str] | None = None) -> list[Host]:
    """The hosts of a hosts.toml, the root of the file as the last.

    Args:
        text: the file.
        folder: where it is; CA files are relative to it.
        version: of containerd.
        notes: takes what in the file has no effect.

    Raises:
        Defect: the file is ignored.
        NoFile: containerd panics when it reads the file.
    """
    try:
        data = go_syntax.toml(text, version)
        if notes is not None:
            notes += ignored_keys.of_hosts_toml(f"{folder}/hosts.toml", data, version)
        _check_hosts(data, version)
        table = structures.decode(data, structures.hosts(version), version, "hosts.toml")
    except go_syntax.NotToml as error:
        if error.panics and version == _OF_DEBIAN:
            raise NoFile(f"Debian's containerd 1.6.20 panics: {error}") from None
        raise Defect(f"it is not TOML: {error}") from None
    except structures.WrongType as why:
        raise Defect(str(why)) from None
    tables = table.get("host", {})
    names = list(data.get("host", {})) if version.major == 1 else list(_headers(text, version))
    if notes is not None:
        others = [name for name in tables if name not in names]
        notes += ignored_keys.of_hosts_without_header(f"{folder}/hosts.toml", others)
    hosts = [_host(name, tables[name], folder, version) for name in names if name in tables]
    return [*hosts, _host(table.get("server", ""), table, folder, version)]


def _check_hosts(data: dict[str, Any], version: Version) -> None:
    """1.x: how the order of the hosts is found.

    Source: getSortedHosts in remotes/docker/config/hosts.go at v1.6.20 and v1.7.32, which accepts a
    file without a `host`.
    """
    if version.major >= _FIRST_OF_2:
        return
    hosts = data.get("host")
    if not isinstance(hosts, dict):
        if version.before(1, 7, 32):
            raise Defect("invalid `host` tree")
        data["host"] = {} if hosts is None else hosts
    elif len(hosts) > 1 and not all(isinstance(table, dict) for table in hosts.values()):
        raise NoFile("a host that is not a table makes containerd panic")


def _headers(text: str, version: Version) -> Iterator[str]:
    """The hosts in the order of their table headers; only these count since 2.0."""
    last = None
    for match in re.finditer(_HEADER, re.sub(go_syntax.STRINGS_AND_COMMENTS, _blank, text)):
        first, name = (
            go_syntax.toml(f"x = {key}", version)["x"] if key[0] in "\"'" else key
            for key in (match[1], match[2])
        )
        if first == "host" and name != last:
            yield name
            last = name


def _blank(match: re.Match[str]) -> str:
    """Nothing in place of a comment or of a text of several lines; the rest stays."""
    text = match[0]
    return "" if text.startswith("#") else '""' if text[:3] in ('"' * 3, "'" * 3) else text


def _host(url: str, settings: dict[str, Any], folder: str, version: Version) -> Host:
    """One host, or the root of the file.

    Source: parseHostConfig in hosts.go.
    """
    scheme, host, path = _place(url, settings.get("override_path", False), version)
    known = _CAPABILITIES if version.before(2, 2, 0) else _CAPABILITIES | {"referrers"}
    capabilities = frozenset(one.lower() for one in settings.get("capabilities", []))
    if capabilities - known:
        raise Defect(f"unknown capability {min(capabilities - known)!r}")
    timeout = settings.get("dial_timeout", "")
    if timeout and not go_syntax.is_duration(timeout):
        raise Defect("`dial_timeout` is not a duration")
    authorities = tuple(_paths(settings.get("ca"), folder))
    clients = tuple(_clients(settings.get("client"), folder))
    headers = dict(_headers_of(settings.get("header", {})))
    return Host(
        scheme=scheme,
        host=host,
        path=path,
        capabilities=capabilities or known,
        authorities=authorities,
        skip_verify=settings.get("skip_verify", False),
        has_header=any(name.lower() == "authorization" for name in headers),
        clients=clients,
        # 2.0.7 also treated `dial_timeout` as a setting of TLS. 2.1 does not.
        has_tls="ca" in settings
        or "skip_verify" in settings
        or bool(clients)
        or (bool(timeout) and version.before(2, 1, 0)),
        is_silent=timeout.startswith("-")
        or not all(
            go_syntax.is_header(name, value) for name, values in headers.items() for value in values
        ),
    )


def _place(url: str, override: bool, version: Version) -> tuple[str, str, str]:  # noqa: FBT001
    """The scheme, host and path of a `server` or of the name of a host."""
    if not url:
        return "", "", ""
    try:
        parts = go_syntax.url(url if url.startswith("http") else f"https://{url}", version)
    except go_syntax.NotUrl as why:
        raise Defect(f"{url!r} is not a URL: {why}") from None
    path = posixpath.normpath(parts.path) if parts.path else ""
    if not override and not (path and path.endswith("/v2")):
        path = f"{path}/v2"
    return parts.scheme, parts.host, path


def _headers_of(header: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name, value in header.items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in values):
            raise Defect("a value of `header` is not text")
        yield name, values


def _clients(value: Any, folder: str) -> Iterator[tuple[str, str]]:
    """The files of `client`: one, a list of them, or a list of pairs of certificate and key."""
    for entry in [value] if isinstance(value, str) else _listed("client", value):
        pair = entry if isinstance(entry, list) else [entry]
        wanted = 2 if isinstance(entry, list) else 1
        if len(pair) != wanted or not all(isinstance(path, str) for path in pair):
            raise Defect("`client` is not the path of a file, or a list of them or of pairs")
        paths = [posixpath.normpath(posixpath.join(folder, path)) for path in pair]
        yield paths[0], paths[-1]


def _paths(value: Any, folder: str) -> Iterator[str]:
    """The files of `ca`, which is one or a list of them."""
    for path in [value] if isinstance(value, str) else _listed("ca", value):
        if not isinstance(path, str):
            raise Defect("`ca` is not the path of a file, or a list of them")
        yield posixpath.normpath(posixpath.join(folder, path))


def _listed(key: str, value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise Defect(f"`{key}` is neither text nor a list")
    return value or []


def missing_file(hosts: list[Host], tree: Tree) -> str:
    """The file of TLS that is missing or cannot be loaded, so that no request is sent; or empty.

    Source: updateTLSConfigFromHost in core/remotes/docker/config/hosts.go at v2.1.0.
    """
    for host in hosts:
        for path in host.authorities:
            text = tree.text(path)
            if text is None:
                return f"{path} is missing: no request is made"
            if not pem.certificates(text):
                return f"{path} holds no certificate that Go can load: no request is made"
        for pair in host.clients:
            why = missing_pair(pair, tree)
            if why:
                return why
    return ""


def missing_pair(pair: tuple[str, str], tree: Tree) -> str:
    """Why a client's certificate and key cannot be loaded, so no request is sent; or empty."""
    texts = [tree.text(path) for path in pair]
    for path, text in zip(pair, texts, strict=True):
        if text is None:
            return f"{path} is missing: no request is made"
    if not pem.is_key_pair(texts[0] or "", texts[1] or ""):
        return f"{pair[0]} and {pair[1]} are not a certificate and its key: no request is made"
    return ""
