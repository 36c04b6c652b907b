"""CA certificates in files of their own."""

from __future__ import annotations

import posixpath

from ...reading.claims import lose_client_certificate
from ...reading.facts import Reading, certificates_in, repaired_certificates
from .. import formats
from . import CERTIFICATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...reading.facts import Source

_OF_CLIENTS = (".cert", ".key")
"""How the files end that a client identifies itself with; a CA ends in `.crt`."""


def recognises(text: str) -> bool:
    """Whether a text is PEM without anything else."""
    start = text.lstrip(" \t\r\n\ufeff")
    return start.startswith("-----BEGIN ") or "\n-----BEGIN CERTIFICATE-----" in text


def read(source: Source) -> Reading:
    """The certificates. If the file is in a folder for the CA of a host, they are of that host."""
    reading = Reading(CERTIFICATES.kind, source)
    repaired = repaired_certificates(source.data)
    host = _host(source)
    if host and source.path.endswith(_OF_CLIENTS):
        lose_client_certificate(reading, host, reading.place())
    elif host:
        reading.anchors["ca", host] = reading.place()
        reading.add(("ca", host), certificates_in(source.data), reading.place())
        reading.claim(("host", host, "caCert"), source.data, reading.place())
    elif isinstance(repaired, str):
        reading.leave(reading.place(), repaired)
    return reading


def _host(source: Source) -> str:
    """The host whose CA a file is by its path, such as certs.d/HOST/ca.crt, or an empty text.

    A file of another format next to it, such as hosts.toml, names the CA of a host itself.
    """
    folder = posixpath.dirname(source.path)
    parent, host = posixpath.split(folder)
    of_hosts = {one.on_node.authorities for one in formats() if one.on_node} - {""}
    if posixpath.basename(parent) not in of_hosts:
        return ""
    others = [posixpath.join(folder, one.in_each_folder) for one in formats() if one.in_each_folder]
    return host if all(source.file_text(path) is None for path in others) else ""
