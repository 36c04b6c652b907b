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

_BEGIN, _END, _DASHES = "-----BEGIN ", "-----END ", "-----"
_BLANKS = " \t\r"
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
    """The type of each block, whether it has headers, and its bytes. The text is read once."""
    text = f"\n{text}"
    at, end = 0, 0
    while (start := text.find(f"\n{_BEGIN}", at)) >= 0 and end >= 0:
        at = start + 1
        line_end = text.find("\n", at)
        line = text[at:line_end].rstrip(_BLANKS) if line_end >= 0 else ""
        if not line.endswith(_DASHES):
            continue
        kind, body = line[len(_BEGIN) : -len(_DASHES)], line_end + 1
        while (header_end := text.find("\n", body)) >= 0 and ":" in text[body:header_end]:
            body = header_end + 1
        if end < body - 1:
            end = text.find(f"\n{_END}", body - 1)
        if end < 0 or text.find(f"\n{_BEGIN}", body - 1, end) >= 0:
            continue
        after = text.find("\n", end + 1)
        last = text[end + 1 : after if after >= 0 else len(text)].rstrip(_BLANKS)
        if last != f"{_END}{kind}{_DASHES}":
            continue
        try:
            content = base64.b64decode(re.sub(r"\s", "", text[body : end + 1]), validate=True)
        except ValueError:
            continue
        yield kind, body > line_end + 1, content
        at = end + 1


def _is_certificate(der: bytes) -> bool:
    """Whether the bytes are one sequence of two sequences and a string of bits."""
    outer = _elements(der, 1)
    if outer is None or [tag for tag, _ in outer] != [_SEQUENCE]:
        return False
    parts = _elements(outer[0][1], len(_PARTS_OF_CERTIFICATE))
    return parts is not None and [tag for tag, _ in parts] == _PARTS_OF_CERTIFICATE


def _elements(data: bytes, most: int) -> list[tuple[int, bytes]] | None:
    """The elements of DER one after another; none if they do not fill the bytes, or are more."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        if len(data) < at + 2 or len(found) == most:
            return None
        length, start = data[at + 1], at + 2
        if length >= _LONG:
            size = length - _LONG
            length = int.from_bytes(data[start : start + size], "big")
            start += size
        if start + length > len(data):
            return None
        found.append((data[at], data[start : start + length]))
        at = start + length
    return found
