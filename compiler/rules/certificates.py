"""RS4xx: encoding, and CA certificates."""

from __future__ import annotations

from .. import authorities
from ..diagnostics import Place, Severity
from .rule import LintContext, RuleResult, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..authorities import Authority


@rule("RS401", Severity.WARNING)
def unused_ca(subject: LintContext) -> Iterator[RuleResult]:
    """`insecureSkipVerify` makes the CA certificate useless.

    A consumer that skips the verification of a certificate never checks the CA. One of the
    two was probably meant for a test.

    Fix: leave out `insecureSkipVerify`, so that the CA is used; else leave out `caCert`.

    Source: the documented parameter table: `insecureSkipVerify` is for connections that are
    not checked, `caCert` for checking them.

    Bad:
        registry: {insecureSkipVerify: true, caCert: {file: ca.crt}}

    Good:
        registry: {caCert: {file: ca.crt}}
    """
    for access in subject.accesses:
        if access.insecure_skip_verify and access.ca_cert and not access.plain_http:
            yield (
                Place((*access.path, "insecureSkipVerify"), on_key=True),
                "`insecureSkipVerify` leaves `caCert` without use",
                "remove one of them; with the CA the connection is checked",
            )


@rule("RS402", Severity.WARNING)
def tls_of_plain_http(subject: LintContext) -> Iterator[RuleResult]:
    """`plainHTTP` makes the TLS keys useless, or `plainHTTP` is wrong.

    A registry that speaks http has no certificate to check. Given TLS settings for an http
    endpoint, containerd tries https on that port first.

    Fix: leave out `plainHTTP`, or `caCert` and `insecureSkipVerify`.

    Source: containerd/containerd#11647; measured since 1.6.25.

    Bad:
        registry: {plainHTTP: true, caCert: {file: ca.crt}}

    Good:
        registry: {plainHTTP: true}
    """
    for access in subject.accesses:
        keys = [("caCert", access.ca_cert), ("insecureSkipVerify", access.insecure_skip_verify)]
        if access.plain_http and any(value for _, value in keys):
            first = next(key for key, value in keys if value)
            yield (
                Place((*access.path, "plainHTTP"), on_key=True),
                f"with `plainHTTP` there is no TLS for `{first}`",
                "remove one of them",
            )


def _read(subject: LintContext) -> Iterator[tuple[Place, tuple[Authority | None, ...]]]:
    """Every CA text that can be read, with its location; none if the library is missing."""
    for access in subject.resolved_accesses:
        if isinstance(access.ca_cert, str) and access.ca_cert:
            try:
                found = authorities.read(access.ca_cert)
            except authorities.NoLibrary:
                return
            yield Place((*access.path, "caCert"), on_key=True), found


def _authorities(subject: LintContext) -> Iterator[tuple[Place, str, Authority]]:
    """Every certificate that can be read, with its location and its name in messages."""
    for place, found in _read(subject):
        for number, authority in enumerate(found, 1):
            if authority is not None:
                yield place, _called(number, len(found)), authority


def _called(number: int, count: int) -> str:
    return "the CA certificate" if count == 1 else f"certificate {number} of {count}"


@rule("RS403", Severity.WARNING)
def not_x509(subject: LintContext) -> Iterator[RuleResult]:
    """A certificate of the CA is not an X.509 certificate.

    It has the lines of PEM around it, but what is in it cannot be read. Consumers leave it out of
    their pool, or refuse the whole file.

    Fix: export the CA certificate again.

    Source: RFC 5280; Go's crypto/x509, which containerd, the kubelet and the webhook's clients
    use.

    Bad:
        registry: {caCert: {file: not-x509.crt}}

    Good:
        registry: {caCert: {file: ca.crt}}
    """
    for place, found in _read(subject):
        for number, authority in enumerate(found, 1):
            if authority is None:
                called = _called(number, len(found))
                yield place, f"{called} is not an X.509 certificate", "export it again"


@rule("RS404", Severity.WARNING)
def out_of_its_time(subject: LintContext) -> Iterator[RuleResult]:
    """A CA certificate has expired, or is not valid yet.

    Pulls fail with `x509: certificate has expired or is not yet valid`, on every node at once.

    Fix: get the CA certificate that signs the registry's certificate today. `--at DATE` checks
    another day, the one of the maintenance window for instance.

    Source: RFC 5280, section 4.1.2.5.

    Bad:
        registry: {caCert: {file: expired.crt}}

    Good:
        registry: {caCert: {file: ca.crt}}
    """
    if subject.today is None:
        return
    for place, called, authority in _authorities(subject):
        today = subject.today()
        if today > authority.last_day:
            yield place, f"{called} expired on {authority.last_day}", "get its successor"
        elif today < authority.first_day:
            first = authority.first_day
            yield place, f"{called} is not valid before {first}", "check the clock that issued it"


@rule("RS405", Severity.WARNING)
def not_a_ca(subject: LintContext) -> Iterator[RuleResult]:
    """A certificate is not a CA certificate.

    Nothing can be checked with it but the very same certificate. When the registry's certificate is
    renewed, every pull fails, though the CA has stayed the same.

    Fix: give the certificate of the CA that has signed the registry's, which says `CA:TRUE`.

    Source: RFC 5280, section 4.2.1.9.

    Bad:
        registry: {caCert: {file: server.crt}}

    Good:
        registry: {caCert: {file: ca.crt}}
    """
    for place, called, authority in _authorities(subject):
        if not authority.is_ca:
            yield (
                place,
                f"{called} is not the certificate of a CA",
                "give the certificate of the CA, so that the registry's certificate can be renewed",
            )


@rule("RS406", Severity.WARNING)
def weak(subject: LintContext) -> Iterator[RuleResult]:
    """A CA certificate has a weak key, or a signature that consumers refuse.

    Go, which containerd and the kubelet are written in, refuses certificates signed with SHA-1
    since 1.18 and RSA keys below 1024 bits since 1.24; others draw the line at 2048.

    Fix: have the CA make a new certificate.

    Source: the release notes of Go 1.18 and 1.24; NIST SP 800-131A.

    Bad:
        registry: {caCert: {file: weak.crt}}

    Good:
        registry: {caCert: {file: ca.crt}}
    """
    for place, called, authority in _authorities(subject):
        if authority.weakness:
            yield place, f"{called} is weak: {authority.weakness}", "have a new one made"


@rule("RS407", Severity.INFO)
def out_of_order(subject: LintContext) -> Iterator[RuleResult]:
    """A chain of CA certificates is out of order.

    Each certificate should be followed by the one that has signed it, the root last. A pool of
    CAs has no order, but tools that print, compare or cut such a file go by it.

    Fix: sort the file.

    Source: RFC 8446, section 4.4.2, for the chains that servers send.

    Bad:
        registry: {caCert: {file: root-first.crt}}

    Good:
        registry: {caCert: {file: chain.crt}}
    """
    for place, found in _read(subject):
        subjects = [authority and authority.subject for authority in found]
        for number, authority in enumerate(found, 1):
            if authority is None or authority.issuer in (authority.subject, *subjects[number:][:1]):
                continue
            if authority.issuer in subjects:
                called = _called(number, len(found))
                yield place, f"{called} is not followed by the one that has signed it", "sort them"
                break


@rule("RS408", Severity.INFO)
def same_certificate_twice(subject: LintContext) -> Iterator[RuleResult]:
    """A CA text holds one certificate twice.

    It does no harm, but every output has it twice, and one of the two was perhaps meant to be
    another.

    Fix: remove one.

    Source: the canonical form of a CA keeps all its certificates.

    Bad:
        registry: {caCert: {file: twice.crt}}

    Good:
        registry: {caCert: {file: ca.crt}}
    """
    for place, found in _read(subject):
        first: dict[str, int] = {}
        for number, authority in enumerate(found, 1):
            if authority is not None and first.setdefault(authority.pem, number) != number:
                same = first[authority.pem]
                called = _called(number, len(found))
                yield place, f"{called} is the same as number {same}", "remove one of them"


@rule("RS409", Severity.INFO)
def not_looked_at(subject: LintContext) -> Iterator[RuleResult]:
    """The CA certificates were not checked, because a library is missing.

    The PEM text is always checked. Expiry and the kind of the certificates are checked only with
    the library `cryptography`.

    Fix: install `cryptography` in the environment of regspec, or ignore this rule.

    Source: docs/decisions/0006-x509.md.

    Bad:
        registry: {caCert: {file: ca.crt}}

    Good:
        registry: {}
    """
    for access in subject.resolved_accesses:
        if isinstance(access.ca_cert, str) and access.ca_cert:
            try:
                authorities.read(access.ca_cert)
            except authorities.NoLibrary:
                yield (
                    Place((*access.path, "caCert"), on_key=True),
                    "CA expiry was not checked: the `cryptography` package is not installed",
                    "install `cryptography` next to regspec, or write `lint: {ignore: [RS409]}`",
                )
                return
