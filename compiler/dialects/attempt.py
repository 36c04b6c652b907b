"""What every resolver yields: the requests for the manifest of an image, in order."""

from __future__ import annotations

import posixpath
from urllib.parse import quote

from ..diagnostics import inert
from ..docker_hub import default_host
from ..frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..reference import Reference


@frozen
class Attempt:
    """One URL that is requested, if every earlier one answers that it has no such manifest."""

    url: str
    upstream: bool
    """Whether the host is the registry that the image names, under any name, and not a mirror."""
    file: str | None = None
    """The file because of which it is requested."""
    authorities: tuple[str, ...] = ()
    """The CA files that its certificate is checked with, in addition to the trust store."""
    skip_verify: bool = False
    login: str = ""
    """Where the login is from that is sent: a file, or nothing."""
    falls_back: bool = False
    """Whether the same is requested by http if the port does not speak TLS."""


@frozen
class Outcome:
    """What becomes of the pull of one image."""

    loads: bool
    """Whether the runtime runs at all, given its files."""
    reason: str | None = field(default=None, convert=lambda why: why and inert(why))
    """Why it does not, or why nothing is requested."""
    attempts: tuple[Attempt, ...] = ()
    notes: tuple[str, ...] = field(default=(), convert=lambda notes: tuple(map(inert, notes)))
    """What in the files has no effect, and why."""
    becomes: str = ""
    """The reference that a webhook writes in place of the image."""


@frozen
class Resolver:
    """One runtime with its files, which are read once for many images."""

    runtime: str
    """What the runtime is called in the rows of `explain`."""
    pull: Callable[[str, Reference], Outcome]
    """What becomes of an image: as it was written, and in full."""
    version: str | None = None
    """Of a runtime that behaves differently by version."""


class NothingRequested(Exception):  # noqa: N818 - it says what the runtime does
    """No request is made for an image; the message says why."""


def resolver_of(runtime: str, attempts: Callable[[Reference], Iterable[Attempt]]) -> Resolver:
    """A runtime that always runs, and does not care how an image was written.

    Args:
        runtime: what it is called.
        attempts: gives what it requests for an image, in order, or raises `NothingRequested`.
    """

    def pull(written: str, image: Reference) -> Outcome:
        del written
        try:
            return Outcome(loads=True, attempts=tuple(attempts(image)))
        except NothingRequested as why:
            return Outcome(loads=True, reason=str(why))

    return Resolver(runtime, pull)


def manifest_url(image: Reference, scheme: str, host: str, path: str) -> str:
    """The URL of a manifest below the root of an API; a mirror receives the registry's name.

    Args:
        image: what is requested.
        scheme: `http` or `https`.
        host: `host[:port]`.
        path: the root of the API, such as `/v2`; slashes at its end, or twice, are one.
    """
    root = posixpath.normpath(f"/{path}/{image.repository}").replace("//", "/")
    url = f"{scheme}://{host}{root}/manifests/{image.digest or image.tag or 'latest'}"
    if host in (image.registry, default_host(image.registry)):
        return url
    return f"{url}?ns={quote(image.registry, safe='')}"
