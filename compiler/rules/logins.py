"""RS5xx: logins and secrets."""

from __future__ import annotations

import re

from .. import placeholders
from ..diagnostics import Path, Place, Severity
from .rule import LintContext, RuleResult, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Text

_PLACEHOLDER = r"REPLACE_WITH_|<[a-z][a-z _-]*>\Z"


@rule("RS501", Severity.ERROR)
def colon_in_user_name(subject: LintContext) -> Iterator[RuleResult]:
    """A user name with a colon reaches no registry.

    A login travels as the base64 of `USER:PASSWORD`, to the registry and in pull secrets. Anyone
    who reads it ends the user name at the first colon, so another login arrives, and the answer is
    401.

    Fix: use an account without a colon in its name.

    Source: RFC 7617, section 2; kubernetes/kubernetes, pkg/credentialprovider/config.go.

    Bad:
        registry: {username: "team:puller", password: {env: REGISTRY_PASSWORD}}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
    """
    for access in subject.resolved_accesses:
        if isinstance(access.username, str) and ":" in access.username:
            yield (
                Place((*access.path, "username")),
                "a user name with `:` in it reaches no registry",
                "use an account without one",
            )


@rule("RS502", Severity.WARNING)
def half_a_login(subject: LintContext) -> Iterator[RuleResult]:
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
    for access in subject.accesses:
        if bool(access.username) != bool(access.password):
            there, missing = (
                ("username", "password") if access.username else ("password", "username")
            )
            yield (
                Place((*access.path, there), on_key=True),
                f"`{there}` needs `{missing}`",
                f"add `{missing}`, or remove both",
            )


@rule("RS503", Severity.WARNING)
def literal_password(subject: LintContext) -> Iterator[RuleResult]:
    """A password stands in the spec as text.

    A spec is made to be kept in git, and everyone who reads it there can push to the registry.

    Fix: `password: {env: NAME}` or `{file: PATH}`, with the file outside git.

    Source: rancher/rke#3004, and others who had to rotate what they had committed.

    Bad:
        registry: {username: puller, password: hunter2}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
    """
    for access in subject.accesses:
        if isinstance(access.password, str) and access.password:
            yield (
                Place((*access.path, "password"), on_key=True),
                "a password stands in the spec as text",
                "write `{env: NAME}` or `{file: PATH}`",
            )


@rule("RS504", Severity.WARNING)
def placeholder(subject: LintContext) -> Iterator[RuleResult]:
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
    for access in subject.accesses:
        texts += [((*access.path, "username"), access.username)]
        texts += [((*access.path, "password"), access.password)]
    for path, text in texts:
        if isinstance(text, str) and re.match(_PLACEHOLDER, text):
            yield (
                Place(path, on_key=True),
                f"`{path[-1]}` is a placeholder of the documentation",
                "write its value, or leave the key out",
            )


@rule("RS505", Severity.WARNING)
def mangled_login(subject: LintContext) -> Iterator[RuleResult]:
    """A login has a blank at one of its ends, or a control character.

    It was most likely copied along. Consumers send it to the registry as it is, which answers 401;
    some strip it, so the login works in one place and not in the other. A line break in it cannot
    stand in a header at all.

    Fix: remove it from the text, the variable or the file. One line break at the end of a file is
    dropped anyway.

    Source: RFC 7617, section 2; charmed-kubernetes/bundle#384, `echo` without `-n`.

    Bad:
        registry: {username: "puller ", password: {env: REGISTRY_PASSWORD}}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
    """
    for access in subject.resolved_accesses:
        for key, text in (("username", access.username), ("password", access.password)):
            if not isinstance(text, str):
                continue
            control = any(ord(character) < 0x20 or ord(character) == 0x7F for character in text)  # noqa: PLR2004
            if control or text != text.strip():
                what = "a control character in it" if control else "a blank at one of its ends"
                yield (
                    Place((*access.path, key), on_key=True),
                    f"`{key}` has {what}",
                    "remove it, unless it really is a part of it",
                )


@rule("RS507", Severity.ERROR)
def placeholder_of_regspec(subject: LintContext) -> Iterator[RuleResult]:
    """A login is what `regspec compile --secrets placeholder` writes in place of one.

    It was copied from files that are kept without secrets: into the spec, a variable or a file.
    The registry would answer 401 to it.

    Fix: write where the real login is, as `{env: NAME}` or `{file: PATH}`, and put it there.

    Source: docs/secrets.md.

    Bad:
        registry:
          username: REGSPEC_PLACEHOLDER_REGISTRY_USERNAME
          password: {env: REGISTRY_PASSWORD}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
    """
    for access, resolved in zip(subject.accesses, subject.resolved_accesses, strict=True):
        for key in ("username", "password"):
            written, text = getattr(access, key), getattr(resolved, key)
            if isinstance(text, str) and placeholders.is_in(text):
                literal = isinstance(written, str)
                yield (
                    Place((*access.path, key), on_key=True),
                    f"`{key}` {placeholders.WHY}",
                    "write `{env: NAME}` or `{file: PATH}`, and put the real one there"
                    if literal
                    else "put the real one where this refers to",
                )
