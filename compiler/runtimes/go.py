"""How Go's standard library and its TOML readers take texts that Python's take otherwise."""

from __future__ import annotations

import re
from urllib.parse import unquote

from .. import emit
from ..frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_DEEPEST = 200
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*\Z")
_IPV6 = r"\[[0-9A-Fa-f:.%A-Za-z]*\]\Z"
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class NotToml(ValueError):  # noqa: N818 - it says what the text is not
    """A text is not TOML, or nested or long beyond reason."""


class NotUrl(ValueError):  # noqa: N818 - it says what the text is not
    """A text that Go's `url.Parse` refuses."""


@frozen
class Url:
    """The parts of a URL that containerd uses."""

    scheme: str
    host: str
    """`host[:port]`, without a user."""
    path: str
    """Without its escapes."""


def toml(text: str) -> dict[str, Any]:
    """The data of a TOML text.

    Raises:
        NotToml: it has none.
    """
    try:
        data: dict[str, Any] = emit.read_toml(text)
    except (ValueError, RecursionError) as error:
        import tomllib

        said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "beyond all reason"
        raise NotToml(said) from None
    level: list[Any] = [data]
    for _ in range(_DEEPEST):
        level = [below for node in level for below in _below(node)]
        if not level:
            return data
    raise NotToml("nested too deeply")


def _below(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def url(text: str) -> Url:
    """The parts of a URL as `url.Parse` has them.

    Raises:
        NotUrl: it refuses the text.
    """
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):  # noqa: PLR2004
        raise NotUrl("invalid control character in URL")
    rest = text.partition("#")[0]
    scheme, colon, after = rest.partition(":")
    if colon and "/" not in scheme:
        if not scheme:
            raise NotUrl("missing protocol scheme")
        if _SCHEME.match(scheme):
            rest = after
        elif "/" not in rest.partition(":")[0]:
            raise NotUrl("first path segment in URL cannot contain colon")
    else:
        scheme = ""
    host, path = "", rest.partition("?")[0]
    if path.startswith("//"):
        host, slash, path = path[2:].partition("/")
        path = slash + path
    if _ESCAPE.search(path):
        raise NotUrl("invalid URL escape")
    return Url(scheme.lower(), _host(host.rpartition("@")[2]), unquote(path))


def _host(host: str) -> str:
    name, bracket, port = host.partition("]") if host.startswith("[") else (host, "", "")
    if bracket:
        if not re.match(_IPV6, f"{name}]"):
            raise NotUrl("invalid character in host name")
    elif host.startswith("["):
        raise NotUrl("missing ']' in host")
    else:
        name, colon, port = host.partition(":")
        port = colon + port
        if not _HOST.match(name):
            raise NotUrl("invalid character in host name")
    if port and not re.match(r":[0-9]*\Z", port):
        raise NotUrl("invalid port after host")
    return host


def matches(names: list[str], pattern: str) -> list[str]:
    """The names that a component of a `filepath.Glob` pattern matches.

    Raises:
        ValueError: the pattern is none.
    """
    try:
        compiled = re.compile(_translated(pattern), re.DOTALL)
    except re.error:
        raise ValueError("syntax error in pattern") from None
    return [name for name in names if compiled.fullmatch(name)]


def _translated(pattern: str) -> str:
    """A pattern of Go as a regular expression: `[^a]` negates, `!` is a character."""
    parts, position = [], 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            parts.append(".*")
        elif character == "?":
            parts.append(".")
        elif character == "[":
            end = pattern.find("]", position + 1)
            if end < 0:
                raise ValueError("syntax error in pattern")
            members = pattern[position:end]
            negated = members.startswith("^")
            body = re.escape(members[negated:]).replace(r"\-", "-")
            parts.append(f"[{'^' if negated else ''}{body}]")
            position = end + 1
        else:
            if character == "\\" and position < len(pattern):
                character = pattern[position]
                position += 1
            parts.append(re.escape(character))
    return "".join(parts)
