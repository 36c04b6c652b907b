"""RS4xx: encoding, and CA certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diagnostics import Place, Severity
from .rule import Found, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS401", Severity.WARNING)
def unused_ca(subject: Subject) -> Iterator[Found]:
    """`insecureSkipVerify` makes the CA certificate useless.

    A consumer that skips the verification of a certificate never looks at the CA. One of the
    two was probably meant for a test.

    Fix: leave out `insecureSkipVerify`, so that the CA is used; else leave out `caCert`.

    Source: the documented parameter table: `insecureSkipVerify` is for connections that are
    not checked, `caCert` for checking them.

    Bad:
        registry: {insecureSkipVerify: true, caCert: {file: ca.crt}}

    Good:
        registry: {caCert: {file: ca.crt}}
    """
    spec = subject.spec
    for access in (spec.registry.access, *spec.hosts.values()):
        if access.insecure_skip_verify and access.ca_cert:
            yield (
                Place((*access.path, "insecureSkipVerify"), on_key=True),
                "`insecureSkipVerify` leaves `caCert` without use",
                "remove one of them; with the CA the connection is checked",
            )


@rule("RS402", Severity.WARNING)
def tls_of_plain_http(subject: Subject) -> Iterator[Found]:
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
    spec = subject.spec
    for access in (spec.registry.access, *spec.hosts.values()):
        keys = [("caCert", access.ca_cert), ("insecureSkipVerify", access.insecure_skip_verify)]
        if access.plain_http and any(value for _, value in keys):
            first = next(key for key, value in keys if value)
            yield (
                Place((*access.path, "plainHTTP"), on_key=True),
                f"with `plainHTTP` there is no TLS for `{first}`",
                "remove one of them",
            )
