"""RS5xx: logins and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diagnostics import Place, Severity
from .rule import Found, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS501", Severity.ERROR)
def colon_in_user_name(subject: Subject) -> Iterator[Found]:
    """A user name with a colon cannot stand in a pull secret.

    The `auth` of a pull secret is the base64 of `USER:PASSWORD`. The kubelet ends the user name
    at the first colon, so another login arrives, and the registry answers 401.

    Fix: use an account without a colon in its name.

    Source: RFC 7617, section 2; kubernetes/kubernetes, pkg/credentialprovider/config.go.

    Bad:
        registry: {username: "team:puller", password: {env: REGISTRY_PASSWORD}}
        imageSwap: {pullSecret: true}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        imageSwap: {pullSecret: true}
    """
    spec = subject.resolved
    if not any(block and block.pull_secret for block in (spec.image_swap, spec.cert_manager)):
        return
    for access in (spec.registry.access, *spec.hosts.values()):
        if isinstance(access.username, str) and ":" in access.username:
            yield (
                Place((*access.path, "username")),
                "a pull secret cannot hold a user name with `:` in it",
                "use an account without one, or leave out `pullSecret`",
            )
