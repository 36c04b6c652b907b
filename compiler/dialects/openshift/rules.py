"""RS241: a registry with a port next to a source of the same host."""

from __future__ import annotations

from ...diagnostics import Severity, code_span
from ...rules.rule import LintContext, RuleResult, rule
from ..containers.rules import not_blocked
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS241", Severity.WARNING)
def source_of_every_port(subject: LintContext) -> Iterator[RuleResult]:
    """On OpenShift, a source without a port also is the source of images at a port of its host.

    CRI-O compares an image with a source as text, and `harbor.example.org` is the beginning of
    `harbor.example.org:8443/app`. So CRI-O looks for images that are named by the registry itself
    in the mirror of the source. That gives the name of no image, or the name of another one, and
    the pull fails. Target `registries.conf` has an entry for the registry that prevents this. The
    objects of OpenShift cannot say it.

    Fix: name the registry by a host that is not a source, or leave out the source.

    Source: containers/image, pkg/sysregistriesv2, refMatchingPrefix; run with CRI-O 1.37.

    Bad:
        registry: {endpoint: harbor.example.org:8443}
        mirrors: [docker.io, {source: harbor.example.org, path: own}]
        fallback: allow
        targets: [openshift]

    Good:
        registry: {endpoint: harbor.example.org:8443}
        mirrors: [docker.io]
        targets: [openshift]
    """
    if not subject.has(TARGET.name):
        return
    spec = subject.spec
    sources = {mirror.source for mirror in spec.mirrors}
    for mirror in spec.mirrors:
        for host in spec.mirror_hosts:
            if host.startswith(f"{mirror.source}:") and host not in sources:
                yield (
                    mirror.place,
                    (
                        f"on OpenShift, images of {code_span(host)} are also looked for in the "
                        f"mirror of {code_span(mirror.source)}"
                    ),
                    "name the registry by a host that is not a source",
                )


RULES = (not_blocked, source_of_every_port)
