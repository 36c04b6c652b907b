"""CA certificates: any PEM text into the one canonical form that every output holds.

The form: the CERTIFICATE blocks in order, 64 characters a line, LF, one final newline, and
nothing between the blocks. What is inside a certificate is not looked at.
"""

from __future__ import annotations

import base64
import binascii
import re
import textwrap

_BEGIN = "-----BEGIN "
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END ([A-Z0-9 ]+)-----", re.DOTALL)
_SEQUENCE = 0x30
_LONG_FORM = 0x80


class NotCertificates(ValueError):  # noqa: N818 - it says what the text is not
    """A text is not a list of certificates in PEM.

    Args:
        message: why, without a word of the text.
        help: what to do.
    """

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - as in Finding
        super().__init__(message)
        self.message = message
        self.help = help


def canonical(text: str) -> str:
    """The certificates of a text in the canonical form; an empty text stays empty.

    Indentation, trailing blanks, CRLF and lost line breaks inside the text are mended.

    Raises:
        NotCertificates: it has no certificate, or something else beside them.
    """
    if not text:
        return ""
    if _BEGIN not in text:
        raise _not_pem(text)
    blocks = _BLOCK.findall(text)
    if len(blocks) != text.count(_BEGIN):
        raise NotCertificates(
            "a `-----BEGIN` line has no `-----END` line", "paste the whole certificate"
        )
    lines: list[str] = []
    for label, body, end_label in blocks:
        if "PRIVATE KEY" in label:
            raise NotCertificates(
                "this holds a private key, not only certificates",
                "give the CA certificate; the key belongs on the registry and nowhere else",
            )
        if label != "CERTIFICATE":
            raise NotCertificates(
                f"this holds a `{label}`, not a certificate",
                "give the `-----BEGIN CERTIFICATE-----` block of the CA",
            )
        if end_label != label:
            raise NotCertificates(f"a `BEGIN {label}` ends in `END {end_label}`")
        body_text = base64.b64encode(_der(body)).decode()
        lines += ["-----BEGIN CERTIFICATE-----", *textwrap.wrap(body_text, 64)]
        lines += ["-----END CERTIFICATE-----"]
    return "\n".join(lines) + "\n"


def _der(body: str) -> bytes:
    """The bytes of one block, which must be one whole ASN.1 sequence."""
    if "\\n" in body:
        raise NotCertificates(
            r"the line breaks of this certificate are written as `\n`",
            "put real line breaks, or double quotes around the text, in place of them",
        )
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        raise NotCertificates("the text of a certificate is not base64") from None
    if len(der) < 4 or der[0] != _SEQUENCE:  # noqa: PLR2004 - tag and a long length
        raise NotCertificates("a `CERTIFICATE` block does not hold a certificate")
    length, header = der[1], 2
    if length > _LONG_FORM:
        header += length - _LONG_FORM
        length = int.from_bytes(der[2:header], "big")
    if len(der) != header + length:
        cut = "is cut short" if len(der) < header + length else "has more after its end"
        raise NotCertificates(f"a certificate {cut}", "paste the whole certificate")
    return der


def _not_pem(text: str) -> NotCertificates:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return NotCertificates(
            "this is not a certificate in PEM", "it begins with `-----BEGIN CERTIFICATE-----`"
        )
    if _BEGIN.encode() in decoded:
        return NotCertificates(
            "this is the base64 of a PEM text", "give the PEM text itself: decode it once"
        )
    return NotCertificates(
        "this is base64 without the PEM lines around it",
        "put `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----` around it",
    )
