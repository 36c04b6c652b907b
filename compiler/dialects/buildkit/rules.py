"""RS227: what BuildKit cannot be configured with."""

from __future__ import annotations

from ...diagnostics import Severity, code_span
from ...rules.rule import LintContext, RuleResult, place_of, rule
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS227", Severity.INFO)
def login_of_the_builder(subject: LintContext) -> Iterator[RuleResult]:
    """BuildKit's configuration has no credentials: it uses the credentials of the user who builds.

    The client, such as `docker buildx build` or `buildctl`, takes it from its own config.json, by
    the host of the mirror. Without one there the registry answers 401, and BuildKit
    contacts the upstream.

    Fix: run `docker login HOST` as the user who builds; or give them the dockerconfigjson of target
    `pull-secret`.

    Source: moby/buildkit, util/resolver/authorizer.go.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets: [buildkit]

    Good:
        targets: [buildkit]
    """
    wanting = [
        host
        for host in subject.spec.mirror_hosts
        if (access := subject.spec.access(host)) and access.has_login
    ]
    for choice in subject.choices:
        if choice.target == TARGET.name and wanting:
            more = f" (and {len(wanting) - 1} more)" if len(wanting) > 1 else ""
            yield (
                place_of(choice),
                f"target `buildkit` leaves the login of {code_span(wanting[0])}{more} out",
                f"run `docker login {wanting[0]}` as the user who builds",
            )


RULES = (login_of_the_builder,)
