"""CA certificates in files of their own."""

from __future__ import annotations

import posixpath

from ..reading.facts import Reading, certificates_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..reading.facts import Source

KIND = "certificates"
_FOLDER = "certs.d"


def is_pem(text: str) -> bool:
    """Whether a text is PEM, and nothing around it."""
    return text.lstrip().startswith("-----BEGIN ") or "\n-----BEGIN CERTIFICATE-----" in text


def read(source: Source) -> Reading:
    """The certificates; below `certs.d/HOST` those that podman and CRI-O trust for a host."""
    reading = Reading(KIND, source)
    folder = posixpath.dirname(source.path)
    host = posixpath.basename(folder)
    found = certificates_in(source.data)
    beside = source.file_text(posixpath.join(folder, "hosts.toml"))
    if posixpath.basename(posixpath.dirname(folder)) == _FOLDER and beside is None:
        reading.homes["ca", host] = reading.place()
        reading.say(("ca", host), found, reading.place())
        reading.claim(("host", host, "caCert"), source.data, reading.place())
    elif isinstance(found, str):
        reading.leave(reading.place(), found)
    return reading
