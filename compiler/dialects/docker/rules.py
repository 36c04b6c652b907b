"""RS225 and RS226: what dockerd cannot be configured with."""

from __future__ import annotations

from ...diagnostics import Severity, code_span
from ...mirrors import HUB, LIBRARY, WILDCARD
from ...rules.rule import LintContext, RuleResult, rule
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...mirrors import Mirror

_OTHERS = "`certs.d` (containerd), `registries.conf` (podman) or `buildkit` can"
_OTHERS_OF_ALL = "`certs.d` (containerd) or `k3s` can"


def is_for_dockerd(mirror: Mirror) -> bool:
    """Whether dockerd can have a mirror: of Docker Hub or its library, at the root of a host."""
    return mirror.source == LIBRARY or (mirror.source == HUB and not mirror.location.path)


@rule("RS225", Severity.ERROR)
def not_for_dockerd(subject: LintContext) -> Iterator[RuleResult]:
    """Dockerd has mirrors of Docker Hub only, and only at the root of a host.

    daemon.json lists mirrors without a source: dockerd uses them for images of Docker Hub, and
    for images of no other registry. Up to 20.10, dockerd does not start with a mirror that has a
    path; later ones put the path before `/v2`, where a registry has no API.

    Fix: serve `docker.io` from the root of a host, or of a port of one, and leave the others to
    another target; where one spec has both, compile `docker` from a spec of its own. The
    image-swap webhook needs no mirror on the node at all.

    Source: run with dockerd 20.10.24; moby/moby, daemon/pkg/registry/config.go; moby/moby#18818,
    #47144.

    Bad:
        registry: {baseContentPath: airgap-images}
        mirrors: [docker.io, quay.io]
        targets: [docker]

    Good:
        mirrors: [{source: docker.io, path: ""}]
        targets: [docker]
    """
    if not subject.has(TARGET.name):
        return
    for mirror in subject.spec.mirrors:
        if mirror.source == HUB and mirror.location.path:
            yield (
                mirror.place,
                f"dockerd cannot use {code_span(str(mirror.location))}: its mirrors have no path",
                f"serve `docker.io` from the root of a host, or leave out `docker`: {_OTHERS}",
            )
        elif mirror.source not in (HUB, LIBRARY):
            others = _OTHERS_OF_ALL if mirror.source == WILDCARD else _OTHERS
            yield (
                mirror.place,
                f"dockerd has mirrors of `docker.io` only, and none of {code_span(mirror.source)}",
                f"keep it in a spec without `docker`: {others}",
            )


@rule("RS226", Severity.WARNING)
def login_of_docker_hub(subject: LintContext) -> Iterator[RuleResult]:
    """Dockerd contacts a mirror without the credentials of its host.

    It sends the credentials of Docker Hub to a mirror, if the user who pulls has them, and the same
    to the upstream when the mirror fails. A mirror that requires its own answers 401, and dockerd
    contacts the upstream. Only images that are named by the host are pulled with the login for it.

    Fix: let the mirror of Docker Hub be pulled from without a login.

    Source: run with dockerd 20.10.24; moby/moby#30880.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        mirrors: [{source: docker.io, path: ""}]
        targets: [docker]

    Good:
        mirrors: [{source: docker.io, path: ""}]
        targets: [docker]
    """
    spec = subject.spec
    for mirror in spec.mirrors:
        access = spec.access(mirror.location.host)
        if subject.has(TARGET.name) and mirror.source == HUB and access and access.has_login:
            host = code_span(mirror.location.host)
            yield (
                mirror.place,
                f"dockerd does not send the login of {host} to it when it is a mirror",
                "let it be pulled from without one; `certs.d` and `registries.conf` send it",
            )


RULES = (not_for_dockerd, login_of_docker_hub)
