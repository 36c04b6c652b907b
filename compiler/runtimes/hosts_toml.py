"""One folder of certs.d, as each version of containerd reads it.

Source: core/remotes/docker/config/hosts.go; measured on the versions in versions.MEASURED.
"""

from __future__ import annotations

import posixpath
import re

from ..frozen import frozen
from . import go

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..dialects.files import Tree
    from .versions import Version

_CAPABILITIES = frozenset({"pull", "resolve", "push"})
_KEY = r"""("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)"""
_HEADER = r"(?m)^[ \t]*\[[ \t]*host[ \t]*\.[ \t]*" + _KEY
_DURATION = r"[+-]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)\Z"
TRIPLE = '"' * 3
# What may look like a header and is none: comments and texts, in the order of the file, so that
# none of them begins inside another.
_HIDES = (
    rf"""(?s){TRIPLE}(?:[^"\\]++|\\.|"(?!""))*+"{{3,5}}|\'\'\'(?:[^']++|'(?!''))*+'{{3,5}}"""
    r"""|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'|#[^\n]*+"""
)


class Defect(Exception):  # noqa: N818 - it says what is wrong
    """A hosts.toml that containerd ignores as a whole; the message says why."""


class NoFile(Exception):  # noqa: N818 - it says what is missing
    """A file that a hosts.toml names is missing or wrong, so nothing is asked at all."""


@frozen
class Host:
    """One place that is asked, in the order of the list; the last may be without a host."""

    scheme: str
    host: str
    path: str
    capabilities: frozenset[str]
    authorities: tuple[str, ...] = ()
    """The CA files."""
    skip_verify: bool = False
    has_header: bool = False
    """Whether a login of its own goes along."""
    clients: tuple[str, ...] = ()
    """The files of the client's certificates and keys."""


NOBODY = Host("", "", "", frozenset())
"""The root of a file that names no server; the registry of the image takes its place."""


def read(text: str, folder: str, version: Version) -> list[Host]:
    """The hosts of a hosts.toml, the root of the file as the last.

    Args:
        text: the file.
        folder: where it is; CA files are relative to it.
        version: of containerd.

    Raises:
        Defect: the file is ignored.
    """
    if version.major == 1:
        text = text.removeprefix("\ufeff")
    try:
        data = go.toml(text)
    except go.NotToml as error:
        raise Defect(f"it is not TOML: {error}") from None
    tables = data.get("host", {})
    if not isinstance(tables, dict):
        raise Defect("`host` is not a table")
    if "host" not in data and (version.before(1, 7, 0) or _before_1_7_32(version)):
        raise Defect("invalid `host` tree")
    server = data.get("server", "")
    if not isinstance(server, str):
        raise Defect("`server` is not text")
    for name, table in tables.items():
        _check_settings(name, table)
    _check_settings("", data)
    names = list(tables) if version.major == 1 else list(_headers(text))
    hosts = [_host(name, tables.get(name), folder, version) for name in names if name in tables]
    return [*hosts, _host(server, data, folder, version)]


def _before_1_7_32(version: Version) -> bool:
    return version.before(1, 7, 32)


def _headers(text: str) -> Iterator[str]:
    """The hosts in the order of their table headers; only these count since 2.0."""
    last = None
    for match in re.finditer(_HEADER, re.sub(_HIDES, _blank, text)):
        name = str(go.toml(f"x = {match[1]}")["x"]) if match[1][0] in "\"'" else match[1]
        if name != last:
            yield name
        last = name


def _blank(match: re.Match[str]) -> str:
    """Nothing in place of a comment or of a text of several lines; the rest stays."""
    text = match[0]
    return "" if text.startswith("#") else '""' if text[:3] in (TRIPLE, "'''") else text


def _check_settings(name: str, settings: Any) -> None:
    """The types of the settings of a host, or of the root; all are looked at, used or not."""
    if not isinstance(settings, dict):
        raise Defect(f'`host."{name}"` is not a table')
    if not isinstance(settings.get("capabilities", []), list):
        raise Defect("`capabilities` is not a list")
    if not all(isinstance(capability, str) for capability in settings.get("capabilities", [])):
        raise Defect("a capability is not text")
    for key in ("override_path", "skip_verify"):
        if not isinstance(settings.get(key, False), bool):
            raise Defect(f"`{key}` is not true or false")
    if not isinstance(settings.get("header", {}), dict):
        raise Defect("`header` is not a table")


def _host(url: str, settings: Any, folder: str, version: Version) -> Host:
    known = _CAPABILITIES if version.before(2, 2, 0) else _CAPABILITIES | {"referrers"}
    capabilities = settings.get("capabilities", [])
    for capability in capabilities:
        if capability.lower() not in known:
            raise Defect(f"unknown capability {capability!r}")
    _check_timeout(settings.get("dial_timeout"), version)
    override = settings.get("override_path", False)
    scheme = host = path = ""
    if url:
        try:
            parts = go.url(url if url.startswith("http") else f"https://{url}")
        except go.NotUrl as why:
            raise Defect(f"{url!r} is no URL: {why}") from None
        scheme, host, path = parts.scheme, parts.host, parts.path
        if path:
            path = posixpath.normpath(path)
            if not path.endswith("/v2") and not override:
                path = f"{path}/v2"
        elif not override:
            path = "/v2"
    return Host(
        scheme=scheme,
        host=host,
        path=path,
        capabilities=frozenset(c.lower() for c in capabilities) or frozenset(known),
        authorities=tuple(_paths(settings.get("ca", []), folder)),
        skip_verify=settings.get("skip_verify", False),
        has_header=any(
            key.lower() == "authorization" for key in _headers_of(settings.get("header", {}))
        ),
        clients=tuple(_clients(settings.get("client"), folder)),
    )


def _headers_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Defect("`header` is not a table")
    for one in value.values():
        values = one if isinstance(one, list) else [one]
        if not all(isinstance(text, str) for text in values):
            raise Defect("a value of `header` is not text")
    return value


def _check_timeout(value: Any, version: Version) -> None:
    """`dial_timeout` is known since 2.0.7 and 2.1; before, it is ignored."""
    if value in (None, "") or version.before(2, 0, 7):
        return
    if not isinstance(value, str) or not re.match(_DURATION, value):
        raise Defect("`dial_timeout` is not a duration")


def _clients(value: Any, folder: str) -> Iterator[str]:
    """The files of `client`: one, a list of them, or a list of pairs of certificate and key."""
    if value is None:
        return
    for entry in [value] if isinstance(value, str) else value if isinstance(value, list) else [0]:
        pair = entry if isinstance(entry, list) else [entry]
        wanted = 2 if isinstance(entry, list) else 1
        if len(pair) != wanted or not all(isinstance(path, str) for path in pair):
            raise Defect("`client` is not the path of a file, or a list of them or of pairs")
        for index, path in enumerate(pair):
            if path or not index:  # the key may be in the certificate's file
                yield posixpath.normpath(posixpath.join(folder, str(path)))


def _paths(value: Any, folder: str) -> Iterator[str]:
    """The files of `ca`, which is one or a list of them."""
    for path in [value] if isinstance(value, str) else value if isinstance(value, list) else [0]:
        if not isinstance(path, str):
            raise Defect("`ca` is not the path of a file, or a list of them")
        yield posixpath.normpath(posixpath.join(folder, path))


def missing_file(hosts: list[Host], tree: Tree) -> str:
    """Which CA file is missing or holds no certificate, so that nothing is asked; or nothing."""
    for host in hosts:
        for path in host.authorities:
            text = tree.text(path)
            if text is None:
                return f"{path} is missing: no request is made"
            if "-----BEGIN CERTIFICATE-----" not in text:
                return f"{path} holds no certificate: no request is made"
        for path in host.clients:
            if tree.text(path) is None:
                return f"{path} is missing: no request is made"
    return ""
