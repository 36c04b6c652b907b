"""Certificates and keys in PEM as Go reads them: what it cannot load stops a pull.

Source: Decode in encoding/pem, AppendCertsFromPEM in crypto/x509 and X509KeyPair in crypto/tls of
Go 1.19 to 1.26. Of a certificate only the outline is checked; that a key fits it is not.
"""

from __future__ import annotations

import base64
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = re.compile(
    r"(?:\A|(?<=\n))-----BEGIN (?P<type>[^\n]*?)-----[ \t]*\r?\n"
    r"(?P<headers>(?:[^\n:]*:[^\n]*\n)*)"
    r"(?P<body>(?:[^\n]*\n)*?)-----END (?P=type)-----[ \t]*\r?(?:\n|\Z)"
)
_SEQUENCE, _BITS, _LONG = 0x30, 0x03, 0x80
_PARTS_OF_CERTIFICATE = [_SEQUENCE, _SEQUENCE, _BITS]


def certificates(text: str) -> list[bytes]:
    """The certificates that are added to a pool, in DER. One good block is enough for the pool."""
    return [
        der
        for kind, headers, der in _blocks(text)
        if kind == "CERTIFICATE" and not headers and _is_certificate(der)
    ]


def is_key_pair(certificates: str, keys: str) -> bool:
    """Whether a text begins with a certificate, and another one has a private key."""
    chain = [der for kind, _, der in _blocks(certificates) if kind == "CERTIFICATE"]
    key = next((der for kind, _, der in _blocks(keys) if f" {kind}".endswith(" PRIVATE KEY")), b"")
    return bool(chain) and _is_certificate(chain[0]) and key[:1] == bytes([_SEQUENCE])


def _blocks(text: str) -> Iterator[tuple[str, bool, bytes]]:
    """The type of each block, whether it has headers, and its bytes."""
    at = 0
    while match := _BLOCK.search(text, at):
        try:
            body = re.sub(r"[ \t\r\n]", "", match["body"])
            yield match["type"], bool(match["headers"]), base64.b64decode(body, validate=True)
        except ValueError:
            at = match.start() + 1
        else:
            at = match.end()


def _is_certificate(der: bytes) -> bool:
    """Whether the bytes are one sequence of two sequences and a string of bits."""
    outer = _elements(der)
    if outer is None or [tag for tag, _ in outer] != [_SEQUENCE]:
        return False
    parts = _elements(outer[0][1])
    return parts is not None and [tag for tag, _ in parts] == _PARTS_OF_CERTIFICATE


def _elements(data: bytes) -> list[tuple[int, bytes]] | None:
    """The elements of DER one after another, or none if they do not fill the bytes."""
    found = []
    while data:
        if len(data) < 2:  # noqa: PLR2004 - a tag and a length
            return None
        length, start = data[1], 2
        if length >= _LONG:
            start += length - _LONG
            length = int.from_bytes(data[2:start], "big")
        if start + length > len(data):
            return None
        found.append((data[0], data[start : start + length]))
        data = data[start + length :]
    return found
