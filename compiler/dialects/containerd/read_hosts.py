"""hosts.toml: one folder of certs.d of containerd."""

from __future__ import annotations

import posixpath
import re

from ...diagnostics import word
from ...mirrors import LIBRARY, WILDCARD
from ...readers.claims import say_ca
from ...readers.reading import Reading, decoded, is_below_api, served_by, switch_of
from . import CERTS_D, HOSTS_FORMAT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...readers.reading import Source

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


def read(source: Source) -> Reading:
    """The facts of one namespace: what is asked in order, and how."""
    data = source.data
    namespace = namespace_of(source.path)
    reading = Reading(
        HOSTS_FORMAT.kind,
        source,
        closed=frozenset({"asked", "skip_verify", "header", "client"}),
        target=CERTS_D.name,
    )
    if not namespace:
        why = "a hosts.toml is for the registry that its folder is named after: give the folder"
        reading.leave(reading.place(), why)
        return reading
    reading.lacks = lambda upstream, _served: upstream == LIBRARY
    for kind in ("asked", "capabilities", "skip_verify", "ca", "header"):
        reading.homes[kind, namespace] = reading.place()
    tables = reading.table(data.get("host"), "host")
    asked: list[tuple[str, dict[str, Any] | None, tuple[str, ...]]] = []
    for url, table in tables.items():
        settings = reading.table(table, "host", url)
        asked.append((_root(url, settings), settings, ("host", url)))
    server = data.get("server")
    if isinstance(server, str) and server:
        asked.append((_root(server, data), data, ()))
    else:
        asked.append((UPSTREAM, None, ()))
    upstream = f"https://{_HUB_HOST if namespace == _HUB else namespace}/v2"
    # What is asked twice in a row is asked once more in vain.
    once = [one for index, one in enumerate(asked) if not index or one[0] != asked[index - 1][0]]
    roots = tuple(UPSTREAM if root == upstream else root for root, _, _ in once)
    _, first_table, first_steps = once[0]
    at = (
        reading.place(*(first_steps or ("server",))) if first_table is not None else reading.place()
    )
    reading.say(("asked", namespace), roots, at, shown=", then ".join(roots))
    for index, (root, table, steps) in enumerate(once):
        if table is not None:
            _how(reading, namespace, index, table, steps)
        if not index:
            _claim(reading, namespace, root, table, steps)
        elif table is not None and roots[index] != UPSTREAM:
            reading.leave(reading.place(*steps), "a second place for one source")
        elif table is not None:
            _leave_settings(reading, table, steps)
    if any(fact.subject[0] == "mirror" for fact in reading.claims):
        reading.claim(("fallback",), "allow" if roots[-1] == UPSTREAM else "deny", at)
    reading.leave_others(data, ("server", "host", *_KEYS))
    return reading


def _leave_settings(reading: Reading, table: dict[str, Any], steps: tuple[str, ...]) -> None:
    for key in ("ca", "skip_verify", "header", "client"):
        if key in table:
            why = "a spec says nothing of how the upstream is reached"
            reading.leave(reading.place(*steps, key, on_key=True), why)


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


def _how(
    reading: Reading, namespace: str, index: int, table: dict[str, Any], steps: tuple[str, ...]
) -> None:
    """How one place is asked."""
    number = str(index)
    home = reading.place(*steps)
    given = reading.texts(table.get("capabilities"), *steps, "capabilities") or list(_PULLS)
    pulls = frozenset(one.lower() for one in given) & frozenset(_PULLS)
    at = reading.place(*steps, "capabilities") if "capabilities" in table else home
    shown = ", ".join(given)
    if frozenset(given) != frozenset(_PULLS):
        reading.leave(at, "a spec has `pull` and `resolve` of every mirror")
    reading.say(("capabilities", namespace, number), pulls, at, shown=shown)
    if "client" in table:
        at = reading.place(*steps, "client")
        reading.say(("client", namespace, number), str(table["client"]), at)
    if "skip_verify" in table:
        at = reading.place(*steps, "skip_verify")
        reading.say(("skip_verify", namespace, number), table["skip_verify"], at)
    for path in _paths(table.get("ca")):
        whole = posixpath.join(posixpath.dirname(reading.source.path), path)
        found = reading.source.certificates_of(whole)
        reading.say(("ca", namespace, number), found, reading.place(*steps, "ca"))
    header = table.get("header")
    for key, value in header.items() if isinstance(header, dict) else ():
        subject = ("header", namespace, number, key.lower())
        reading.say(subject, value, reading.place(*steps, "header", key), secret=True)


def _paths(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str)]


def _claim(
    reading: Reading,
    namespace: str,
    root: str,
    table: dict[str, Any] | None,
    steps: tuple[str, ...],
) -> None:
    """What the first place says of the mirror and of its host."""
    at = reading.place(*steps) if steps else reading.place("server")
    found = served_by(root) if table is not None else None
    if table is None or found is None or root == f"https://{_HUB_HOST}/v2":
        reading.leave(reading.place(), "it names no mirror")
        return
    if not is_below_api(root):
        reading.leave(at, f"{word(root)} is not below `/v2`")
        return
    scheme, served = found
    host = served.location.host
    itself = namespace == host and not served.location.path
    if itself:
        reading.claim(("itself", host), True, at)  # noqa: FBT003
    else:
        reading.claim(("mirror", namespace), served, at)
    reading.claim(("host", host, "plainHTTP"), scheme == "http", at)
    skip = switch_of(table.get("skip_verify", False))
    secure = scheme == "https"
    if secure:
        reading.claim(("host", host, "insecureSkipVerify"), skip is True, at)
    if secure and not skip and not table.get("ca"):
        reading.claim(("host", host, "caCert"), "", at)
    for path in _paths(table.get("ca")):
        whole = posixpath.join(posixpath.dirname(reading.source.path), path)
        before = len(reading.facts)
        say_ca(reading, host, whole, reading.place(*steps, "ca"))
        del reading.facts[before:]
    header = table.get("header")
    for key, value in header.items() if isinstance(header, dict) else ():
        place = reading.place(*steps, "header", key)
        kind, _, encoded = value.partition(" ") if isinstance(value, str) else ("", "", "")
        username, colon, password = (decoded(encoded) or "").partition(":")
        if key.lower() == "authorization" and kind.lower() == "basic" and colon:
            reading.claim(("host", host, "username"), username, place, secret=True)
            reading.claim(("host", host, "password"), password, place, secret=True)
            reading.options["credentials"] = "header"
        else:
            reading.leave(reading.place(*steps, "header", key, on_key=True))
    if steps:
        reading.leave_others(table, _KEYS, *steps)
