"""RS31x: what the mirrors leave out, or send round in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import reference
from ..diagnostics import Severity, word
from ..mirrors import WILDCARD
from .rule import Found, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS311", Severity.WARNING)
def alias_as_source(subject: Subject) -> Iterator[Found]:
    """A source is another name of Docker Hub.

    Runtimes turn `nginx` and `index.docker.io/library/nginx` into `docker.io/library/nginx` before
    they look for a mirror, so a mirror of `index.docker.io` or `registry-1.docker.io` is never
    found. The webhook finds it only where a pod spells the name so.

    Fix: write `docker.io`.

    Source: measured on containerd 1.6.20 to 2.4.0-beta; phenixblue/imageswap-webhook, run.

    Bad:
        mirrors: [index.docker.io]

    Good:
        mirrors: [docker.io]
    """
    for mirror in subject.spec.mirrors:
        if mirror.source in reference.DOCKER_HUB_ALIASES:
            yield (
                mirror.place,
                f"no runtime looks for a mirror of {word(mirror.source)}",
                "write `docker.io`, which all its names are turned into",
            )


@rule("RS312", Severity.WARNING)
def old_kubernetes_registry_alone(subject: Subject) -> Iterator[Found]:
    """`k8s.gcr.io` has a mirror, but `registry.k8s.io` has none.

    Kubernetes took its images from `k8s.gcr.io` until 1.24 and takes them from `registry.k8s.io`
    since; the old name gets no new images. A cluster of today would ask the upstream for its
    pause image and its control plane.

    Fix: list `registry.k8s.io` too.

    Source: kubernetes/k8s.io, the freeze of k8s.gcr.io; the documented example has both.

    Bad:
        mirrors: [docker.io, k8s.gcr.io]

    Good:
        mirrors: [docker.io, k8s.gcr.io, registry.k8s.io]
    """
    sources = {mirror.source: mirror for mirror in subject.spec.mirrors}
    if "k8s.gcr.io" in sources and not {"registry.k8s.io", WILDCARD} & sources.keys():
        yield (
            sources["k8s.gcr.io"].place,
            "`k8s.gcr.io` gets no new images; `registry.k8s.io`, which does, has no mirror",
            "add `registry.k8s.io` to the mirrors",
        )


@rule("RS313", Severity.WARNING)
def circle(subject: Subject) -> Iterator[Found]:
    """A source is served from itself, or is the private registry.

    Images that are named by the private registry need no mirror: the webhook would put the
    registry before them once more at every admission, and containerd would look for
    `PATH/PATH/NAME`.

    Fix: remove the mirror; a runtime pulls such an image from where its name says.

    Source: phenixblue/imageswap-webhook#55; measured with containerd.

    Bad:
        mirrors: [docker.io, harbor.example.org]

    Good:
        mirrors: [docker.io]
    """
    registry = subject.spec.registry.endpoint.host
    for mirror in subject.spec.mirrors:
        if mirror.source in (registry, mirror.location.host):
            what = "the private registry" if mirror.source == registry else "served from"
            yield mirror.place, f"source {word(mirror.source)} is {what} itself", "remove it"
