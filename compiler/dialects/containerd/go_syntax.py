"""How Go's standard library and its TOML readers take texts that Python's take otherwise."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from ... import emit, limits
from ...frozen import frozen
from . import toml_1

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .versions import Version

_FIRST_OF_2 = 2
_NOT_UTF_8 = "\ufffd"
"""What a byte that is not UTF-8 has become when the file was read."""
_TRIPLE = '"' * 3
STRINGS_AND_COMMENTS = (
    rf"""(?s){_TRIPLE}(?:(?:""?)?(?:[^"\\]++|\\.))*+"{{3,5}}|\'\'\'(?:(?:''?)?[^']++)*+'{{3,5}}"""
    r"""|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'|#[^\n]*+"""
)
"""The strings and the comments of a TOML text, so that none of them begins inside another."""
_MOMENT = r"(?:[0-9]{4}-|[0-9]{2}:)[0-9:.TtZz+-]*(?: [0-9][0-9:.Zz+-]*)?"
_TOKENS = rf"""{STRINGS_AND_COMMENTS}|[{{}}[\],=]|\s+|{_MOMENT}|[^{{}}[\],="'#\s]+|."""
_BEYOND_1_0 = re.compile(r"\\e|[=[,]\s*(?:[0-9]{4}-|[0-9]{2}:)")
_BEYOND_1_0_AND_IN_1_1 = re.compile(rf"{_BEYOND_1_0.pattern}|\\x|{{")
_SOME_DATE = "1979-05-27"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_USER = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*\Z")
_HOST = re.compile(
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:\[\]<>\"-]|[^\x00-\x7f]|%[89A-Fa-f][0-9A-Fa-f])*\Z"
)
_HOST_AND_PORT = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*)):([^:\[\]]*)\Z")
_ADDRESS = re.compile(r"(?:\[[^\[\]]+\]|[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::[0-9]*)?\Z")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOTTED = rf"(?=[0-9.]*[A-Za-z_-]){_LABEL}(?:\.{_LABEL})*"
_NAME = re.compile(rf"(?=[^:]{{1,254}}(?::|\Z)){_DOTTED}\.?(?::[0-9]*)?\Z")
_PLAIN = re.compile(
    rf"https?://{_DOTTED}(?::[0-9]+)?/[A-Za-z0-9/._~:@-]*(?:\?[A-Za-z0-9=._%-]*)?\Z"
)
"""A URL that is requested as it is written; nearly all are such."""
_LOOPBACK = r"127(?:\.(?:0|[1-9][0-9]{0,2})){3}\Z"
_AS_WRITTEN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/\[\]%-]*\Z")
"""A path that needs no further escapes."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_IPV6 = r"\[[0-9A-Fa-f:.%A-Za-z]*\]\Z"
_DURATION = re.compile(
    r"[+-]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)\Z"
)
_LONGEST_NUMBER = 19
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class NotToml(ValueError):  # noqa: N818 - it says what the text is not
    """A text is not TOML, or nested or long beyond reason.

    Attributes:
        panics: whether its reader in Debian's containerd 1.6.20 panics.
    """

    panics = False


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
    written: str = ""
    """The path as it is written."""
    query: str = ""


def toml(text: str, version: Version) -> dict[str, Any]:
    """The data of a TOML text, as a version of containerd reads it.

    Raises:
        NotToml: it has none.
    """
    try:
        limits.check_toml(text)
    except limits.TooMuch as why:
        raise NotToml(str(why)) from None
    if version.major < _FIRST_OF_2:
        try:
            return toml_1.loads(text.removeprefix("\ufeff"))
        except toml_1.Invalid as why:
            refused = NotToml(str(why))
            refused.panics = isinstance(why, toml_1.NoValue)
            raise refused from None
    if _NOT_UTF_8 in text:
        raise NotToml("it is not UTF-8")
    try:
        return limits.load_toml(_in_toml_1_0(text, version), emit.read_toml)
    except ValueError as error:
        raise NotToml(str(error)) from None


def _in_toml_1_0(text: str, version: Version) -> str:
    r"""A text in which what go-toml/v2 takes beyond TOML 1.0 is written as in that.

    That is `\e` in a string, dates that do not exist, which no setting of containerd has, and, from
    2.4 on, `\xHH` and inline tables on several lines.

    Source: unstable/parser.go in github.com/pelletier/go-toml@v2.2.0 and @v2.4.3.
    """
    newer = not version.before(2, 4, 0)
    if not (_BEYOND_1_0_AND_IN_1_1 if newer else _BEYOND_1_0).search(text):
        return text
    parts: list[str] = []
    brackets = [""]
    before = ""
    for match in re.finditer(_TOKENS, text):
        part = match[0]
        is_blank = part.isspace() or part.startswith("#")
        if part in ("{", "["):
            brackets.append(part)
        elif part in ("}", "]") and len(brackets) > 1:
            brackets.pop()
            if newer and part == "}":
                _drop_comma(parts)
        elif is_blank:
            part = " " if newer and brackets[-1] == "{" else part
        else:
            part = _value_in_toml_1_0(part, before, newer=newer)
        parts.append(part)
        before = before if is_blank else part
    return "".join(parts)


def _value_in_toml_1_0(part: str, before: str, *, newer: bool) -> str:
    """A token, after another one, with the escapes and the date that TOML 1.0 has."""
    if part.startswith('"'):
        return re.sub(r"(?s)\\(x[0-9a-fA-F]{2}|.)", _older_escape if newer else _escape, part)
    is_moment = before in ("=", "[", ",") and re.fullmatch(_MOMENT, part)
    return _SOME_DATE if is_moment else part


def _drop_comma(parts: list[str]) -> None:
    """Drop the comma at the end of an inline table."""
    blanks = []
    while parts and parts[-1] == " ":
        blanks.append(parts.pop())
    if not parts or parts[-1] != ",":
        parts += blanks
    else:
        parts.pop()


def _escape(match: re.Match[str]) -> str:
    return r"\u001b" if match[1] == "e" else match[0]


def _older_escape(match: re.Match[str]) -> str:
    code = match[1]
    return rf"\u00{code[1:]}" if len(code) > 1 else _escape(match)


def _below(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def url(text: str, version: Version) -> Url:
    """The parts of a URL as `url.Parse` has them in a version of containerd.

    Source: parse, parseAuthority and parseHost in net/url of Go. Go 1.26, which go.mod requires
    since v2.3.0, refuses a second colon in a host.

    Raises:
        NotUrl: it refuses the text.
    """
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):  # noqa: PLR2004
        raise NotUrl("invalid control character in URL")
    rest, _, fragment = text.partition("#")
    if _ESCAPE.search(fragment):
        raise NotUrl("invalid URL escape")
    scheme = ""
    if rest.startswith(":"):
        raise NotUrl("missing protocol scheme")
    if match := _SCHEME.match(rest):
        scheme, rest = match[1].lower(), rest[match.end() :]
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, "", "")  # opaque, as in mailto:
        if ":" in rest.partition("/")[0]:
            raise NotUrl("first path segment in URL cannot contain colon")
    host, path = "", rest
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
        user, at, host = authority.rpartition("@")
        if at and (not _USER.match(user) or _ESCAPE.search(user)):
            raise NotUrl("invalid userinfo")
        host = _host(host, strict=not version.before(2, 3, 0))
    if _ESCAPE.search(path):
        raise NotUrl("invalid URL escape")
    return Url(scheme, host, _unescaped(path), path, query)


def _unescaped(path: str) -> str:
    return unquote(path, errors="surrogateescape")


def _host(host: str, *, strict: bool) -> str:
    """`host[:port]`, if it is one; without its escapes."""
    if host.startswith("["):
        name, bracket, port = host.rpartition("]")
        if not bracket:
            raise NotUrl("missing ']' in host")
        if not re.match(_IPV6, f"{name}]"):
            raise NotUrl("invalid character in host name")
    else:
        name, colon, port = host.rpartition(":")
        name, port = (name, colon + port) if colon else (port, "")
        if not _HOST.match(name) or (strict and ":" in name):
            raise NotUrl("invalid character in host name")
    if port and not re.match(r":[0-9]*\Z", port):
        raise NotUrl("invalid port after host")
    return _unescaped(host)


def requested(text: str, version: Version) -> str | None:
    """The URL as it goes over the wire if `http.Client` is given a text, or none if nothing does.

    Nothing is sent to a host that is neither an address nor a name that DNS allows.

    Source: NewRequest and removeEmptyPort in net/http, EscapedPath in net/url, isDomainName in net
    of Go.
    """
    if _PLAIN.match(text):
        return text
    try:
        parts = url(text, version)
    except NotUrl:
        return None
    host = parts.host.removesuffix(":")
    if parts.scheme not in ("http", "https") or not host:
        return None
    path = parts.written
    if not _AS_WRITTEN.match(path):
        path = quote(parts.path, safe="$&+,/:;=@", errors="surrogateescape")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return None
    if not (_ADDRESS.match(host) or _NAME.match(host)):
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{path or '/'}{query}"


def with_query(path: str, key: str, value: str, *, keeps: bool) -> str:
    """A path with one more parameter, where what follows a `?` is a query already.

    Args:
        path: the path.
        key: the name of the parameter.
        value: its value.
        keeps: whether the parameters that are there stay.

    Raises:
        NotUrl: the text is not a query.
    """
    path, mark, written = path.partition("?")
    parameters = [(key, value)]
    for pair in written.split("&") if mark and keeps else ():
        if ";" in pair or _ESCAPE.search(pair):
            raise NotUrl("invalid query")
        if pair:
            name, _, text = pair.partition("=")
            parameters.append((unquote_plus(name), unquote_plus(text)))
    parameters.sort(key=lambda one: one[0])
    encoded = "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in parameters)
    return f"{path}?{encoded}"


def port_of(host: str) -> str:
    """The port of `host[:port]` as `net.SplitHostPort` has it, or nothing."""
    match = _HOST_AND_PORT.match(host)
    return match[3] if match else ""


def is_localhost(host: str) -> bool:
    """Whether `host[:port]` is this machine; an address in brackets without a port is not.

    Source: IsLocalhost in remotes/docker/resolver.go of github.com/containerd/containerd@v1.7.34.
    """
    match = _HOST_AND_PORT.match(host)
    name = (match[1] or match[2] or "") if match else host
    return name in ("localhost", "::1") or re.match(_LOOPBACK, name) is not None


def is_header(name: str, value: str) -> bool:
    """Whether HTTP permits a header; a request with another one is not made."""
    return bool(_HEADER_NAME.match(name)) and not _CONTROL.search(value)


def is_duration(text: str) -> bool:
    """Whether `time.ParseDuration` takes a text, such as `1h30m`; it ends at 292 years."""
    if not _DURATION.match(text):
        return False
    total = 0
    for whole, part, unit in re.findall(r"([0-9]*)\.?([0-9]*)([a-zµμ]+)", text):
        if len(whole) > _LONGEST_NUMBER:
            return False
        fraction = int(part[:_LONGEST_NUMBER] or 0) * _NANOSECONDS[unit] // 10 ** len(part)
        total += int(whole or 0) * _NANOSECONDS[unit] + fraction
    return total < 2**63
