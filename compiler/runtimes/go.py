"""How Go's standard library and its TOML readers take texts that Python's take otherwise."""

from __future__ import annotations

import re
from urllib.parse import unquote

from .. import emit, limits
from ..frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*\Z")
_IPV6 = r"\[[0-9A-Fa-f:.%A-Za-z]*\]\Z"
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_WRONG = "syntax error in pattern"
_MARKS = (b"?", b"[", b"\\")
_MOST_STEPS = 200_000
"""How much is compared with the patterns of a configuration: 20 of them with 10,000 files."""
_A_FOLDER = 200
"""What the list of a folder counts for, which takes longer than a comparison."""
_INVALID, _INVALID_RUNE = -1, 0xFFFD
"""A byte that is not UTF-8, and the character that Go takes it for in a class."""


class NotToml(ValueError):  # noqa: N818 - it says what the text is not
    """A text is not TOML, or beyond a limit."""


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
        return limits.load_toml(text, emit.read_toml)
    except ValueError as error:
        raise NotToml(str(error)) from None


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


class Budget:
    """How many steps the comparison of patterns with names may still take, all together."""

    def __init__(self) -> None:
        self.left = _MOST_STEPS

    def spend(self, steps: int) -> None:
        """Take some of it.

        Raises:
            ValueError: nothing is left.
        """
        self.left -= steps
        if self.left < 0:
            raise ValueError("too many files to compare with the pattern")


def matches(names: Sequence[str], pattern: str, budget: Budget) -> list[str]:
    """The names that a component of a `filepath.Glob` pattern matches.

    Args:
        names: of files and folders.
        pattern: without a slash.
        budget: a few steps of it are taken for the folder, one for each name, and one for each
            character that is compared with a class or a `?`.

    Raises:
        ValueError: the pattern has a syntax error, or the budget does not suffice.
    """
    chunks = list(_chunks(pattern.encode("utf-8", "surrogateescape")))
    for _, chunk in chunks:
        _check(chunk)
    budget.spend(_A_FOLDER + len(names))
    return [name for name in names if _is_match(name, chunks, budget)]


def _chunks(pattern: bytes) -> Iterator[tuple[bool, bytes]]:
    """A pattern as Go's `scanChunk` splits it: whether stars come first, and what follows them."""
    position = 0
    while position < len(pattern):
        start = position
        while pattern[position : position + 1] == b"*":
            position += 1
        star, start, in_class = position > start, position, False
        while position < len(pattern):
            match pattern[position : position + 1]:
                case b"\\":
                    position += 1
                case b"[":
                    in_class = True
                case b"]":
                    in_class = False
                case b"*" if not in_class:
                    break
            position += 1
        position = min(position, len(pattern))
        yield star, pattern[start:position]


def _is_match(name: str, chunks: list[tuple[bool, bytes]], budget: Budget) -> bool:
    """Go's `filepath.Match`: after stars, the first match of a chunk is the one that counts.

    Source: Go 1.22, path/filepath/match.go.
    """
    rest = name.encode("utf-8", "surrogateescape")
    for index, (star, chunk) in enumerate(chunks):
        is_last = index == len(chunks) - 1
        if star and not chunk:
            return True  # a component has no slash
        if not any(mark in chunk for mark in _MARKS):
            at = len(rest) - len(chunk) if is_last else rest.find(chunk)
            at = at if star else 0
            if at < 0 or not rest.startswith(chunk, at):
                return False
            rest = rest[at + len(chunk) :]
            continue
        for start in range(len(rest) + 1 if star else 1):
            after = _after_chunk(chunk, rest[start:], budget)
            # The last chunk must end where the name ends.
            if after is not None and (not is_last or not after):
                rest = after
                break
        else:
            return False
    return not rest


def _after_chunk(chunk: bytes, text: bytes, budget: Budget) -> bytes | None:
    """What follows a chunk at the beginning of a text, or none if it is not there."""
    at = position = 0
    budget.spend(1)
    while at < len(chunk):
        if position >= len(text):
            return None
        budget.spend(1)
        first = chunk[at : at + 1]
        if first == b"[":
            rune, position = _rune(text, position)
            found, at = _in_class(chunk, at + 1, _INVALID_RUNE if rune == _INVALID else rune)
            if not found:
                return None
            continue
        if first == b"?":
            _, position = _rune(text, position)
        else:
            at += first == b"\\"
            if chunk[at] != text[position]:
                return None
            position += 1
        at += 1
    return text[position:]


def _check(chunk: bytes) -> None:
    """Refuse a chunk with a syntax error, which Go does whether a name comes so far or not."""
    at = 0
    while at < len(chunk):
        first = chunk[at : at + 1]
        if first == b"[":
            _, at = _in_class(chunk, at + 1, 0)
            continue
        at += 2 if first == b"\\" else 1
        if at > len(chunk):
            raise ValueError(_WRONG)


def _in_class(chunk: bytes, at: int, rune: int) -> tuple[bool, int]:
    """Whether a character is in a class, and where the class ends.

    Args:
        chunk: with the class in it.
        at: the position after `[`.
        rune: the character.

    Raises:
        ValueError: the class has a syntax error.
    """
    negated = chunk[at : at + 1] == b"^"
    at += negated
    found, count = False, 0
    while not (count and chunk[at : at + 1] == b"]"):
        low, at = _bound(chunk, at)
        high = low
        if chunk[at : at + 1] == b"-":
            high, at = _bound(chunk, at + 1)
        found |= low <= rune <= high
        count += 1
    return found is not negated, at + 1


def _bound(chunk: bytes, at: int) -> tuple[int, int]:
    """One end of a range in a class, which may be escaped: Go's `getEsc`."""
    if chunk[at : at + 1] in (b"", b"-", b"]"):
        raise ValueError(_WRONG)
    at += chunk[at : at + 1] == b"\\"
    rune, after = _rune(chunk, at)
    if rune == _INVALID or after >= len(chunk):
        raise ValueError(_WRONG)
    return rune, after


def _rune(text: bytes, at: int) -> tuple[int, int]:
    """The character at a position, and the position after it; a byte that is not UTF-8 is one."""
    if at < len(text) and text[at] < 0x80:  # noqa: PLR2004 - ASCII
        return text[at], at + 1
    for end in range(at + 2, min(at + 4, len(text)) + 1):
        try:
            return ord(text[at:end].decode()), end
        except UnicodeDecodeError:
            continue
    return _INVALID, at + 1
