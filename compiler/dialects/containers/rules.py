"""RS228: sources that podman, CRI-O and OpenShift can reach although the upstream is forbidden."""

from __future__ import annotations

from ...diagnostics import Severity, code_list, code_span
from ...dialects import dialect_of
from ...rules.rule import LintContext, RuleResult, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS228", Severity.INFO)
def not_blocked(subject: LintContext) -> Iterator[RuleResult]:
    """A source is not blocked, because a mirror is on its host.

    With `blocked` (in OpenShift: `NeverContactSource`), podman, CRI-O, skopeo and buildah refuse
    every place on a host, also the mirrors on it. A source without a port is a host with any
    port. If such a source were blocked, nothing could be pulled from the mirrors. So targets
    `registries.conf` and `openshift` do not block it. The source itself is requested last.

    Fix: nothing has to be changed if the host is a registry of the site. Else put the mirrors on
    another host.

    Source: containers/image, docker/docker_image_src.go; run with skopeo 1.9.3 and CRI-O 1.37.

    Bad:
        registry: {endpoint: harbor.example.org:8443}
        mirrors: [docker.io, {source: harbor.example.org, path: own}]
        targets: [registries.conf]

    Good:
        registry: {endpoint: harbor.example.org:8443}
        mirrors: [docker.io]
        targets: [registries.conf]
    """
    spec = subject.spec
    # OpenShift shares this rule.
    targets = [
        choice.target
        for choice in subject.choices
        if not_blocked in dialect_of(choice.target).rules
    ]
    if spec.fallback != "deny" or not targets:
        return
    for mirror in spec.mirrors:
        if mirror.source != str(mirror.location) and not spec.may_block(mirror.source):
            yield (
                mirror.place,
                (
                    f"{code_list(targets)}: {code_span(mirror.source)} is requested when its "
                    "mirror fails, since it is not blocked: mirrors are on its host"
                ),
                "put the mirrors on another host if it must never be requested",
            )


RULES = (not_blocked,)
