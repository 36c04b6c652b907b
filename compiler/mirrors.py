"""The mirror map, and the image-swap string that has it, in both directions.

The string is `SOURCE::TARGET` pairs joined by commas, as values.yaml and the Secret hold it.
What the webhook does with it: phenixblue/imageswap-webhook, and tests that ran it.
"""

from __future__ import annotations

import re

from .diagnostics import Path, Place, code_span
from .frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .reference import Reference

WILDCARD = "*"
HUB = "docker.io"
LIBRARY = "docker.io/library"
_WILDCARD_IN_STRING = "default"
_ENTRY = r"[^,\n]+"
_LOOPBACK = r"127(?:\.[0-9]+){3}\Z"


@frozen
class Location:
    """A place in a registry: `host[:port]` and a path below it, which may be empty."""

    host: str
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Location:
        """Read `host[:port][/path]`."""
        host, _, path = text.partition("/")
        return cls(host, path)

    def below(self, path: str) -> Location:
        """The location that a path below this one leads to."""
        return Location(self.host, "/".join(part for part in (self.path, path) if part))

    @property
    def repeats_api_root(self) -> bool:
        """Whether the path begins or ends with `/v2`: the root of an API that was copied into it.

        Every consumer adds `/v2` itself, and requests `/v2/PATH/v2/REPOSITORY` then.
        """
        return self.path.startswith("v2/") or f"/{self.path}".endswith("/v2")

    def __str__(self) -> str:
        """`host[:port][/path]`, without a trailing slash."""
        return f"{self.host}/{self.path}" if self.path else self.host


@frozen
class Mirror:
    """One upstream registry and where it is served from."""

    source: str
    """`host[:port]`, `docker.io/library`, or `*` for all others."""
    location: Location
    proxy_cache: bool = False
    """Whether the documented string has `/v2/` after the host."""
    place: Place = field(default=Place(()), compare=False)
    """Where the spec says it."""

    @property
    def documented(self) -> str:
        """The right side of the documented pair: `host[:port][/v2][/path]`."""
        if not self.proxy_cache:
            return str(self.location)
        return str(Location(f"{self.location.host}/v2", self.location.path))

    @property
    def pair(self) -> str:
        """The documented pair, `SOURCE::TARGET`."""
        source = _WILDCARD_IN_STRING if self.source == WILDCARD else self.source
        return f"{source}::{self.documented}"


def to_string(mirrors: Iterable[Mirror]) -> str:
    """The documented comma-separated string, in the order of the mirrors."""
    return ",".join(mirror.pair for mirror in mirrors)


@frozen
class Entry:
    """One entry of a mirror string, read or refused."""

    source: str
    target: str
    """As written, `/v2/` included."""
    start: int
    """Where the entry's text begins in the string, in characters."""
    end: int
    problem: str = ""
    help: str = ""

    def mirror(self, path: Path) -> Mirror:
        """The mirror that a readable entry stands for.

        Args:
            path: the path of the whole string in the spec.
        """
        host, slash, rest = self.target.partition("/v2/")
        if slash and "/" not in host:
            location, proxy_cache = Location(host, rest), True
        elif self.target.endswith("/v2") and self.target.count("/") == 1:
            location, proxy_cache = Location(self.target.removesuffix("/v2")), True
        else:
            location, proxy_cache = Location.parse(self.target), False
        source = WILDCARD if self.source == _WILDCARD_IN_STRING else self.source
        return Mirror(source, location, proxy_cache, Place(path, part=(self.start, self.end)))


def read_string(text: str) -> Iterator[Entry]:
    """The entries of a mirror string, in order; one that cannot be read says why.

    Args:
        text: pairs separated by commas or newlines, with blanks around them or not.
    """
    for match in re.finditer(_ENTRY, text):
        written = match[0]
        entry = written.strip()
        if not entry:
            continue
        start = match.start() + len(written) - len(written.lstrip())
        source, separator, target = (part.strip() for part in entry.partition("::"))
        problem, advice = _problem(entry, source, separator, target)
        yield Entry(source, target, start, start + len(entry), problem, advice)


def _problem(entry: str, source: str, separator: str, target: str) -> tuple[str, str]:
    """Why an entry cannot be read and what to do, or two empty texts."""
    if entry.startswith(("[EXACT]", "[REPLACE]")):
        return (
            f"{code_span(entry)} cannot be in the mirror string",
            "write the image where it is used, or keep this line in the webhook's own map",
        )
    if source == "noswap_wildcards":
        return (
            "`noswap_wildcards` cannot be in the mirror string",
            "its value has commas, which separate the pairs, so keep it in the webhook's own map",
        )
    if not separator:
        host, colon, rest = entry.partition(":")
        advice = f"write {code_span(f'{host.strip()}::{rest.strip()}')}" if colon and rest else ""
        return f"{code_span(entry)} is not a `SOURCE::TARGET` pair", advice
    if "::" in target:
        return (
            f"{code_span(entry)} has more than one `::`",
            "separate the pairs with commas; the string cannot have an IPv6 address",
        )
    if not target:
        return (
            f"{code_span(entry)} has no target",
            "remove it: a source that is not listed stays as it is",
        )
    return "", ""


class MirrorIndex:
    """Where the images of a mirror map are: the longest source that an image's name begins with.

    Args:
        mirrors: of two with one source, which is an error, the first counts.
    """

    def __init__(self, mirrors: Iterable[Mirror]) -> None:
        self._mirrors: dict[str, Mirror] = {}
        for mirror in mirrors:
            self._mirrors.setdefault(mirror.source, mirror)

    def find(self, image: Reference) -> tuple[Mirror | None, str]:
        """The mirror that serves an image, and `HOST/REPOSITORY` of it there; or none."""
        library = self._mirrors.get(LIBRARY)
        if library and f"{image.registry}/{image.repository}".startswith(f"{LIBRARY}/"):
            return library, str(library.location.below(image.repository.partition("/")[2]))
        mirror = self._mirrors.get(image.registry) or self._mirrors.get(WILDCARD)
        return mirror, str(mirror.location.below(image.repository)) if mirror else ""


def default_scheme(host: str) -> str:
    """The scheme of a host for which none is said: http on this machine, else https.

    Source: measured with containerd 1.6.20 to 2.4.0-beta.
    """
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    local = name in ("localhost", "::1") or re.match(_LOOPBACK, name)
    return "http" if local else "https"
