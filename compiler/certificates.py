"""CA certificates: any PEM text into the one canonical form that every output holds.

The form: the CERTIFICATE blocks in order, 64 characters a line, LF, one final newline, and
nothing between the blocks. The content of a certificate is not checked.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN = "-----BEGIN "
_END = "-----END "
_DASHES = "-----"
_OTHER_LABELS = ("PUBLIC KEY", "CERTIFICATE REQUEST", "TRUSTED CERTIFICATE", "X509 CRL", "PKCS7")
_SEQUENCE = 0x30
_LONG_FORM = 0x80


class NotCertificates(ValueError):  # noqa: N818 - it says what the text is not
    """A text is not a list of certificates in PEM.

    Args:
        message: why, without any part of the text.
        help: what to do.
    """

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - as in Finding
        super().__init__(message)
        self.message = message
        self.help = help


def canonical(text: str) -> str:
    """The certificates of a text in the canonical form; an empty text stays empty.

    Indentation, trailing blanks, CRLF and lost line breaks inside the text are fixed.

    Raises:
        NotCertificates: it has no certificate, or something else next to them.
    """
    if not text:
        return ""
    import base64

    if _BEGIN not in text:
        raise _not_pem(text)
    lines: list[str] = []
    for label, body, end_label in _blocks(text):
        if "PRIVATE KEY" in label:
            raise NotCertificates(
                "this holds a private key, not only certificates",
                "give the CA certificate; the key belongs on the registry and nowhere else",
            )
        if label != "CERTIFICATE":
            kind = f"`{label}`" if label in _OTHER_LABELS else "block of another kind"
            raise NotCertificates(
                f"this holds a {kind}, not a certificate",
                "give the `-----BEGIN CERTIFICATE-----` block of the CA",
            )
        if end_label != label:
            raise NotCertificates("a `BEGIN CERTIFICATE` line ends in another `END`")
        body_text = base64.b64encode(_der(body)).decode()
        rows = [body_text[start : start + 64] for start in range(0, len(body_text), 64)]
        lines += ["-----BEGIN CERTIFICATE-----", *rows, "-----END CERTIFICATE-----"]
    return "\n".join(lines) + "\n"


def _blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """The PEM blocks of a text: label, body, and the label of the end."""
    position = text.find(_BEGIN)
    while position >= 0:
        label_end = text.find(_DASHES, position + len(_BEGIN))
        end = text.find(_END, label_end + 1)
        stop = text.find(_DASHES, end + len(_END))
        another = text.find(_BEGIN, position + 1)
        if min(label_end, end, stop) < 0 or 0 <= another < end:
            raise NotCertificates(
                "a `-----BEGIN` line has no `-----END` line", "paste the whole certificate"
            )
        label = text[position + len(_BEGIN) : label_end]
        yield label, text[label_end + len(_DASHES) : end], text[end + len(_END) : stop]
        position = another


def _der(body: str) -> bytes:
    """The bytes of one block, which must be one whole ASN.1 sequence."""
    import base64

    if "\\n" in body:
        raise NotCertificates(
            r"the line breaks of this certificate are written as `\n`",
            "put real line breaks, or double quotes around the text, in place of them",
        )
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
    except ValueError:
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
    import base64

    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        decoded = b""
    if _BEGIN.encode() in decoded:
        return NotCertificates(
            "this is the base64 of a PEM text", "give the PEM text itself: decode it once"
        )
    if decoded[:1] == bytes([_SEQUENCE]):
        return NotCertificates(
            "this is base64 without the PEM lines around it",
            "put `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----` around it",
        )
    message = "this is not a certificate in PEM"
    if len(text.split()) == 1 and ("/" in text or "." in text):
        return NotCertificates(message, "to name a file, write `{file: PATH}`")
    return NotCertificates(message, "it begins with `-----BEGIN CERTIFICATE-----`")
