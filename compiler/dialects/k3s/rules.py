"""RS240: the runtime image, which RKE2 pulls by itself."""

from __future__ import annotations

from ...diagnostics import Severity
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


RULES = (runtime_image_below_a_path,)
