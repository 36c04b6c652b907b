"""RS5xx: logins and secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..diagnostics import Path, Place, Severity
from .rule import Found, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Text

_PLACEHOLDER = re.compile(r"REPLACE_WITH_|<[a-z][a-z _-]*>\Z")


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


@rule("RS502", Severity.WARNING)
def half_a_login(subject: Subject) -> Iterator[Found]:
    """A user name without a password, or the reverse.

    A login takes both. With one of them empty the registry answers 401, or the consumer pulls
    anonymously and finds nothing in a private project.

    Fix: give both, or none for a registry that needs no login.

    Source: the documented parameter table; RFC 7617.

    Bad:
        registry: {username: puller}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
    """
    spec = subject.spec
    for access in (spec.registry.access, *spec.hosts.values()):
        if bool(access.username) != bool(access.password):
            there, missing = (
                ("username", "password") if access.username else ("password", "username")
            )
            yield (
                Place((*access.path, there), on_key=True),
                f"`{there}` without `{missing}` is no login",
                f"add `{missing}`, or remove both",
            )


@rule("RS503", Severity.WARNING)
def literal_password(subject: Subject) -> Iterator[Found]:
    """A password stands in the spec as text.

    A spec is made to be kept in git, and whoever reads it there can push to the registry.

    Fix: `password: {env: NAME}` or `{file: PATH}`, with the file outside git.

    Source: rancher/rke#3004, and others who had to rotate what they had committed.

    Bad:
        registry: {username: puller, password: hunter2}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
    """
    spec = subject.spec
    for access in (spec.registry.access, *spec.hosts.values()):
        if isinstance(access.password, str) and access.password:
            yield (
                Place((*access.path, "password"), on_key=True),
                "a password stands in the spec as text",
                "write `{env: NAME}` or `{file: PATH}`",
            )


@rule("RS504", Severity.WARNING)
def placeholder(subject: Subject) -> Iterator[Found]:
    """A placeholder of the documentation was left in.

    `REPLACE_WITH_CUSTOM_REGISTRY_...` and `<your-...>` are what the documented files hold where
    values belong. They compile, and fail on the cluster.

    Fix: write the value, or leave the key out.

    Source: the documented registry-secret.yaml and values.yaml.

    Bad:
        registry: {name: REPLACE_WITH_CUSTOM_REGISTRY_NAME}

    Good:
        registry: {name: Internal Registry}
    """
    spec = subject.spec
    texts: list[tuple[Path, Text]] = [(("registry", "name"), spec.registry.name)]
    for access in (spec.registry.access, *spec.hosts.values()):
        texts += [((*access.path, "username"), access.username)]
        texts += [((*access.path, "password"), access.password)]
    for path, text in texts:
        if isinstance(text, str) and _PLACEHOLDER.match(text):
            yield (
                Place(path, on_key=True),
                f"`{path[-1]}` is a placeholder of the documentation",
                "write its value, or leave the key out",
            )
