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
