"""RS240 and RS242: what k3s and RKE2 request in spite of the files."""

from __future__ import annotations

from ...diagnostics import Severity, code_span
from ...mirrors import HUB, WILDCARD
from ...rules.rule import LintContext, RuleResult, place_of, rule
from . import TARGET, distribution_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS240", Severity.WARNING)
def runtime_image_below_a_path(subject: LintContext) -> Iterator[RuleResult]:
    """RKE2 skips a mirror with a path when it pulls its own runtime image.

    Before containerd runs, RKE2 pulls `docker.io/rancher/rke2-runtime` with a puller of its own.
    This puller first requests `/v2/PATH/` of a mirror. Registries such as docker-registry have no
    such page and answer 404. The puller then skips the mirror and requests the image from Docker
    Hub. A node without a way to Docker Hub does not start. Images that containerd pulls are not
    affected.

    Fix: serve `docker.io` from the root of a host. Or put the archive of RKE2's images below
    `/var/lib/rancher/rke2/agent/images` on each node, and ignore this warning.

    Source: rancher/wharfie, pkg/registries, which was run with docker-registry; RKE2, "Air-Gap
    Install".

    Bad:
        registry: {baseContentPath: airgap}
        mirrors: [docker.io]
        targets: [{target: k3s, distribution: rke2}]

    Good:
        mirrors: [{source: docker.io, path: ""}]
        targets: [{target: k3s, distribution: rke2}]
    """
    mirrors = {mirror.source: mirror for mirror in subject.spec.by_registry}
    mirror = mirrors.get(HUB) or mirrors.get(WILDCARD)
    if mirror is None or not mirror.location.path:
        return
    for choice in subject.choices:
        if choice.target == TARGET.name and distribution_of(choice) == "rke2":
            yield (
                place_of(choice, "distribution"),
                "RKE2 skips a mirror with a path for its runtime image `rancher/rke2-runtime`",
                "serve `docker.io` from the root of a host, or put the image archive on each node",
            )


@rule("RS242", Severity.WARNING)
def flag_without_effect(subject: LintContext) -> Iterator[RuleResult]:
    """k3s requests a source itself, if the site has settings for the host of the source.

    `--disable-default-registry-endpoint` keeps k3s from requesting a registry itself when its
    mirror fails. The flag has no effect for a registry that has a login or TLS settings of its own
    in registries.yaml. The spec has such settings when a mirror of another source is on the host.

    Fix: put the mirrors on another host if the registry must never be requested.

    Source: k3s-io/k3s, pkg/agent/containerd/config.go, getHostConfigs, which was run.

    Bad:
        mirrors:
          - {source: old.example.org, path: old}
          - {source: quay.io, target: old.example.org/quay}
        hosts: {old.example.org: {insecureSkipVerify: true}}
        targets: [k3s]

    Good:
        mirrors: [{source: old.example.org, path: old}, quay.io]
        targets: [k3s]
    """
    spec = subject.spec
    if spec.fallback != "deny" or not subject.has(TARGET.name):
        return
    for mirror in spec.by_registry:
        is_own = mirror.source in spec.mirror_hosts and mirror.source != str(mirror.location)
        access = spec.access(mirror.source) if is_own else None
        if access and (access.has_login or access.ca_cert or access.insecure_skip_verify):
            yield (
                mirror.place,
                (
                    f"k3s requests {code_span(mirror.source)} itself when its mirror fails: the "
                    "site has a login or TLS settings for this host"
                ),
                "put the mirrors on another host if it must never be requested",
            )


RULES = (runtime_image_below_a_path, flag_without_effect)
