"""What readers of several formats claim alike: mirrors by their URLs, and CAs in files."""

from __future__ import annotations

from ..diagnostics import code_span
from ..docker_hub import is_docker_hub, is_upstream
from .facts import (
    UNKNOWN,
    decoded,
    is_below_api,
    repaired_certificates,
    served_by,
    text_of,
)
from .losses import host_name, key_name, place_name, source_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..diagnostics import Place
    from .facts import Reading, Served

NO_TOKEN = "a spec has user names and passwords"  # noqa: S105 - a message


DOUBLED = (
    "`/v2` is in the path twice: remove it, or add `override_path = true` in hosts.toml "
    "(Talos: `overridePath: true`)"
)
"""What is likely wrong with an API root that is below `/v2` and ends in it."""


def is_served_by_itself(source: str, served: Served) -> bool:
    """Whether a mirror is the registry itself, as files have it next to a wildcard."""
    return source == str(served.location)


def claim_mirror(reading: Reading, source: str, roots: Iterable[tuple[str, Place]]) -> bool:
    """Claim the place that serves a source: the first URL. Reports each further URL.

    Args:
        reading: takes the claims.
        source: a registry.
        roots: the URLs below which its repositories are requested, each with its location.

    Returns:
        Whether it is another place than the registry itself.
    """
    is_mirror, name, first = False, source_name(source), ""
    for index, (root, place) in enumerate(roots):
        if index:
            if root != first and not names_upstream(source, root):
                lose_endpoint(reading, source, root, place)
            continue
        first = root
        found = served_by(root)
        if found is None:
            why = "its endpoint is not the URL of a registry"
            reading.lose(place, f"the mirror of {name}", why)
            continue
        scheme, served = found
        if not is_below_api(root) or served.location.repeats_api_root:
            hint = DOUBLED if is_below_api(root) else ""
            reading.lose_root(place, root, f"the mirror of {name}", hint)
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


def lose_endpoint(reading: Reading, source: str, endpoint: str, place: Place) -> None:
    """Report an endpoint after the first one of a source."""
    what = f"the endpoint {place_name(endpoint)} of {source_name(source)}"
    found = served_by(endpoint)
    if found and found[1].location.repeats_api_root:
        reading.lose_root(place, endpoint, what, DOUBLED)
    else:
        reading.lose(place, what, "a spec has one endpoint for each source, the first one")


def lose_key(reading: Reading, source: str, consumer: str, place: Place) -> None:
    """Report a source with a path, in a file whose consumer looks mirrors up by host."""
    why = f"{consumer} looks mirrors up by the host of an image, and never by a path"
    reading.lose(place, f"the mirror of {source_name(source)}", why)


def claim_login(reading: Reading, host: str, key: str, value: Any, *steps: str | int) -> None:
    """The facts and claims of one key of a login: a user name, a password, or both in base64.

    Any other key is reported as a login that a spec cannot hold.

    Args:
        reading: takes them.
        host: whose login it is.
        key: `username`, `password`, `auth`, or another one.
        value: what the key holds.
        steps: the path of the value in the document.
    """
    place, text = reading.place(*steps), text_of(value)
    parts: dict[str, str] = {}
    if key in ("username", "password") and text is not None:
        parts = {key: text}
    elif key == "auth" and ":" in (decoded(text or "") or ""):
        username, _, password = (decoded(text or "") or "").partition(":")
        parts = {"username": username, "password": password}
    elif value not in ({}, [], "", None):
        why = "it is not the base64 of `USERNAME:PASSWORD`" if key == "auth" else NO_TOKEN
        what = f"{key_name(key)} of the login for {host_name(host)}"
        reading.lose(reading.place(*steps, on_key=True), what, why)
    for part, found in parts.items():
        reading.add(("auth", host, part), found, place, secret=True)
        reading.claim(("host", host, part), found, place, secret=True)


def lose_client_certificate(reading: Reading, host: str, place: Place) -> None:
    """Report the certificate or the key that a client identifies itself with, once for a host."""
    what = f"the client certificate for {host_name(host)}"
    if not any(loss.what == what for loss in reading.unsupported):
        reading.lose(place, what, "a spec cannot hold client certificates")


def say_ca(reading: Reading, host: str, path: str, place: Place) -> None:
    """The facts and claims of a CA in a file of its own."""
    reading.add(("ca", host), reading.source.certificates_of(path), place, shown=path)
    claim_ca(reading, host, path, place)


def claim_ca(reading: Reading, host: str, path: str, place: Place) -> None:
    """The claims of a CA in a file of its own, or why there is none."""
    text = reading.source.file_text(path)
    found = reading.source.certificates_of(path) if text is None else repaired_certificates(text)
    what = f"the CA for {host_name(host)}"
    if found is UNKNOWN:
        reading.lose(place, what, f"its file {code_span(path)} was not given")
    elif isinstance(found, str):
        reading.lose(place, what, found)
    else:
        reading.claim(("host", host, "caCert"), text, place)
