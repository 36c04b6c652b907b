"""RS211 and RS215: what nodes make of the files, by their versions and together."""

from __future__ import annotations

from ..diagnostics import Place, Severity, code_span
from ..dialects import DEFAULT_TARGETS
from ..mirrors import WILDCARD
from .rule import LintContext, RuleResult, place_of, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS211", Severity.WARNING)
def upstream_is_asked(subject: LintContext) -> Iterator[RuleResult]:
    """This target cannot enforce `fallback: deny`, the default.

    With `registry.mirrors`, and on k3s and RKE2 by default, containerd goes on to the upstream when
    a mirror answers 401, 403, 404 or 5xx, or not at all. Behind a firewall that drops packets, that
    is 30 seconds for each request. dockerd and BuildKit also go on to the upstream.

    Talos has `skipFallback` since 1.9. The documented file of target `containerd`, a default
    target, is reported only if the spec has `fallback: deny`.

    Fix: target `certs.d` can forbid it; k3s and RKE2 can by
    `--disable-default-registry-endpoint`, and dockerd with `imageStore: containerd`. For the
    classic image store of dockerd and for BuildKit, only the network can. If it does, write
    `lint: {ignore: [RS211]}`. If runtimes may contact the upstream, write `fallback: allow`.

    Source: measured on containerd 1.6.20 to 2.4.0-beta and on dockerd 20.10.24; k3s-io/k3s#10351,
    siderolabs/talos#9723, moby/buildkit, util/resolver/resolver.go.

    Bad:
        targets: [k3s]

    Good:
        fallback: allow
        targets: [k3s]
    """
    spec = subject.spec
    if spec.fallback != "deny":
        return
    reported: set[str] = set()
    for target, choice in subject.targets:
        limit = target.limits_of(choice).deny
        if limit is None or limit.reported_by or target.name in reported:
            continue
        if not limit.option:  # another choice of the target cannot either
            reported.add(target.name)
            if not spec.fallback_written and target.name in DEFAULT_TARGETS:
                continue
        at_fallback = spec.fallback_written and not limit.option
        consumer = limit.consumer or f"target `{target.name}`"
        yield (
            Place(("fallback",)) if at_fallback else place_of(choice, limit.option),
            f"{consumer} cannot forbid the upstream, and contacts it when a mirror fails",
            limit.advice,
        )


@rule("RS215", Severity.ERROR)
def wildcard_not_expressible(subject: LintContext) -> Iterator[RuleResult]:
    """Some runtimes have no mirror for all registries.

    The prefixes of registries.conf, and so the sources of OpenShift's mirror sets, are hosts, and
    `*.example.org` at most; buildkitd.toml has hosts only. The mirror would be missing there.

    Fix: list the registries, or leave out the target.

    Source: containers/image, pkg/sysregistriesv2, openshift/api, config/v1, moby/buildkit#5191.

    Bad:
        mirrors:
          - {source: "*", path: all}
        targets: [registries.conf]

    Good:
        mirrors: [docker.io, quay.io]
        targets: [registries.conf]
    """
    refusing = {
        target.name: None
        for target, choice in subject.targets
        if (limit := target.limits_of(choice).wildcard) and not limit.reported_by
    }
    for name in refusing:
        for mirror in subject.spec.mirrors:
            if mirror.source == WILDCARD:
                yield (
                    mirror.place,
                    f"target {code_span(name)} cannot express a mirror of `*`",
                    "list the registries, or leave out the target",
                )
