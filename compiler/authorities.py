"""What X.509 says of CA certificates, read with the optional library `cryptography`.

docs/decisions/0006-x509.md says why it is optional.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

from .frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt

    from cryptography import x509

_END = "-----END CERTIFICATE-----\n"
LEAST_RSA_BITS = 2048
LEAST_CURVE_BITS = 224
_BROKEN_HASHES = ("md5", "sha1")


class NoLibrary(Exception):  # noqa: N818 - it says what is missing
    """`cryptography` is not installed."""


@frozen
class Authority:
    """One certificate of a CA text."""

    pem: str
    """It alone, in canonical form."""
    first_day: dt.date
    last_day: dt.date
    """UTC days between which it is valid, both included."""
    is_ca: bool
    subject: bytes
    issuer: bytes
    """The names in DER; equal for a certificate that is its own issuer."""
    weakness: str
    """Why its key or signature is weak, or an empty text."""


@lru_cache(maxsize=8)  # several rules check the same few
def read(pem: str) -> tuple[Authority | None, ...]:
    """The certificates of a CA text in order; none for one that is not an X.509 certificate.

    Args:
        pem: certificates in canonical form (`certificates.canonical`).

    Raises:
        NoLibrary: the extra `ca` is not installed.
    """
    try:
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm
    except ImportError:
        raise NoLibrary from None

    # What else than ValueError the library raises for a broken certificate.
    broken = (
        ValueError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    )

    def one(text: str) -> Authority | None:
        try:
            with warnings.catch_warnings():
                # The library warns of what a later release refuses: a serial number of zero.
                warnings.simplefilter("ignore")
                return _authority(text, x509.load_pem_x509_certificate(text.encode()))
        except broken:
            return None

    return tuple(one(block + _END) for block in pem.split(_END)[:-1])


def _authority(pem: str, certificate: x509.Certificate) -> Authority:
    from cryptography import x509

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        is_ca = constraints.value.ca
    except x509.ExtensionNotFound:
        # Before version 3 there were no extensions to say so.
        is_ca = certificate.version is x509.Version.v1
    return Authority(
        pem=pem,
        first_day=certificate.not_valid_before_utc.date(),
        last_day=certificate.not_valid_after_utc.date(),
        is_ca=is_ca,
        subject=certificate.subject.public_bytes(),
        issuer=certificate.issuer.public_bytes(),
        weakness=_weakness(certificate),
    )


def _weakness(certificate: x509.Certificate) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = certificate.public_key()
        signed_with = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""  # newer than the library
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
        return f"its RSA key has {key.key_size} bits only"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < LEAST_CURVE_BITS:
        return f"its key has {key.key_size} bits only"
    # The signature of a root over itself is not checked by any consumer.
    own = certificate.subject == certificate.issuer
    if signed_with and signed_with.name in _BROKEN_HASHES and not own:
        return f"it is signed with {signed_with.name.upper()}"
    return ""
