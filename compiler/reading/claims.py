"""What readers of several formats claim alike: mirrors by their URLs, and CAs in files."""

from __future__ import annotations

from ..docker_hub import is_docker_hub, is_upstream
from .facts import UNKNOWN, is_below_api, repaired_certificates, served_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..diagnostics import Place
    from .facts import Reading, Served


DOUBLED = (
    "`/v2` is in the path twice: remove it, or add `override_path = true` in hosts.toml "
    "(Talos: `overridePath: true`)"
)
"""What is likely wrong with an API root that is below `/v2` and ends in it."""


def is_served_by_itself(source: str, served: Served) -> bool:
    """Whether a mirror is the registry itself, as stands beside a wildcard."""
    return source == str(served.location)


def claim_mirror(reading: Reading, source: str, roots: Iterable[tuple[str, Place]]) -> bool:
    """Claim where a source is served from, by the first URL; of any other it is told.

    Args:
        reading: takes the claims.
        source: a registry.
        roots: the URLs below which its repositories are asked for, each with its place.

    Returns:
        Whether it is another place than the registry itself.
    """
    is_mirror = False
    for index, (root, place) in enumerate(roots):
        found = served_by(root)
        if index and names_upstream(source, root):
            continue  # the upstream after the mirror is a claim of its own
        if index and found and found[1].location.repeats_api_root:
            reading.lose_root(place, root, DOUBLED)
            continue
        if index or found is None:
            why = "a second place for one source" if index else "it is no URL of a registry"
            reading.leave(place, why)
            continue
        scheme, served = found
        if not is_below_api(root) or served.location.repeats_api_root:
            reading.lose_root(place, root, DOUBLED if is_below_api(root) else "")
            continue
        host = served.location.host
        is_own = is_served_by_itself(source, served) and not is_docker_hub(host)
        is_mirror = source != host or not is_own
        if is_mirror:
            reading.claim(("mirror", source), served, place)
        else:
            reading.claim(("itself", host), True, place)  # noqa: FBT003
        reading.claim(("host", host, "plainHTTP"), scheme == "http", place)
    return is_mirror


def names_upstream(source: str, url: str) -> bool:
    """Whether a URL, or `HOST/PATH`, is of the registry that a mirror is for, under any name."""
    scheme, separator, rest = url.partition("://")
    host = (rest if separator else url).partition("/")[0]
    return is_upstream(host, source.partition("/")[0], scheme if separator else "https")


def say_ca(reading: Reading, host: str, path: str, place: Place) -> None:
    """The facts and claims of a CA in a file of its own."""
    reading.add(("ca", host), reading.source.certificates_of(path), place)
    claim_ca(reading, host, path, place)


def claim_ca(reading: Reading, host: str, path: str, place: Place) -> None:
    """The claims of a CA in a file of its own, or why there is none."""
    text = reading.source.file_text(path)
    found = reading.source.certificates_of(path) if text is None else repaired_certificates(text)
    if found is UNKNOWN:
        reading.leave(place, "its file was not given")
    elif isinstance(found, str):
        reading.leave(place, found)
    else:
        reading.claim(("host", host, "caCert"), text, place)
