"""RS225 and RS226: what dockerd cannot be configured with."""

from __future__ import annotations

from ...diagnostics import Severity, code_span
from ...mirrors import HUB, LIBRARY, WILDCARD
from ...rules.rule import LintContext, RuleResult, rule
from ..containerd.rules import OF_LOGINS
from . import TARGET, has_containerd_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...mirrors import Mirror

_STORE = "add `imageStore: containerd` (Engine 28 and later)"
_OTHERS = "`certs.d` (containerd), `registries.conf` (podman) or `buildkit` can"
_OTHERS_OF_ALL = "`certs.d` (containerd) or `k3s` can"


def is_for_dockerd(mirror: Mirror) -> bool:
    """Whether the classic image store can have a mirror.

    It can have a mirror of Docker Hub or its library, at the root of a host, and a registry that is
    served from itself.
    """
    at_root = mirror.source == HUB and not mirror.location.path
    return at_root or mirror.source in (LIBRARY, str(mirror.location))


def _has_classic_store(subject: LintContext) -> bool:
    """Whether a target of the spec is for the classic image store."""
    return any(
        choice.target == TARGET.name and not has_containerd_store(choice)
        for choice in subject.choices
    )


@rule("RS225", Severity.ERROR)
def not_for_dockerd(subject: LintContext) -> Iterator[RuleResult]:
    """The classic image store has mirrors of Docker Hub only, and only at the root of a host.

    daemon.json lists mirrors without a source: dockerd uses them for images of Docker Hub, and
    for images of no other registry. Up to 20.10, dockerd does not start with a mirror that has a
    path; later ones put the path before `/v2`, where a registry has no API. The containerd image
    store of Engine 28 and later reads a hosts.toml for each registry, which has neither limit.

    Fix: add `imageStore: containerd` if all machines have that store. Otherwise serve `docker.io`
    from the root of a host, or of a port of one, and leave the others to another target; where one
    spec has both, compile `docker` from a spec of its own. The image-swap webhook needs no mirror
    on the node at all.

    Source: run with dockerd 20.10.24 and 29.7.2; moby/moby, daemon/pkg/registry/config.go and
    daemon/hosts.go; moby/moby#18818, #47144.

    Bad:
        registry: {baseContentPath: airgap-images}
        mirrors: [docker.io, quay.io]
        targets: [docker]

    Good:
        registry: {baseContentPath: airgap-images}
        mirrors: [docker.io, quay.io]
        targets:
          - {target: docker, imageStore: containerd}
    """
    if not _has_classic_store(subject):
        return
    for mirror in subject.spec.mirrors:
        if is_for_dockerd(mirror):
            continue
        if mirror.source == HUB:
            yield (
                mirror.place,
                f"dockerd cannot use {code_span(str(mirror.location))}: its mirrors have no path",
                f"{_STORE}, or leave out `docker`: {_OTHERS}",
            )
        else:
            others = _OTHERS_OF_ALL if mirror.source == WILDCARD else _OTHERS
            yield (
                mirror.place,
                f"dockerd has mirrors of `docker.io` only, and none of {code_span(mirror.source)}",
                f"{_STORE}, or keep it in a spec without `docker`: {others}",
            )


@rule("RS226", Severity.WARNING)
def login_of_docker_hub(subject: LintContext) -> Iterator[RuleResult]:
    """With the classic image store, dockerd does not send a mirror the credentials of its host.

    It sends the credentials of Docker Hub to a mirror, if the user who pulls has them, and the same
    to the upstream when the mirror fails. A mirror that requires its own answers 401, and dockerd
    contacts the upstream. Only images that are named by the host are pulled with the login for it.

    Fix: let the mirror of Docker Hub be pulled from without a login. With `imageStore: containerd`,
    `credentials: header` writes it.

    Source: run with dockerd 20.10.24; moby/moby#30880.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        mirrors: [{source: docker.io, path: ""}]
        targets: [docker]

    Good:
        mirrors: [{source: docker.io, path: ""}]
        targets: [docker]
    """
    spec, classic = subject.spec, _has_classic_store(subject)
    for mirror in spec.mirrors:
        access = spec.access(mirror.location.host)
        if classic and mirror.source == HUB and access and access.has_login:
            host = code_span(mirror.location.host)
            yield (
                mirror.place,
                f"dockerd does not send the login of {host} to it when it is a mirror",
                "let it be pulled from without one; `certs.d` and `registries.conf` send it",
            )


RULES = (not_for_dockerd, login_of_docker_hub, *OF_LOGINS)
