"""RS2xx: targets, their options, and what they cannot express."""

from __future__ import annotations

from ..diagnostics import Place, Severity, code_list, code_span
from ..dialects import TARGETS
from ..output import PathClaims
from ..reference import DOCKER_HUB_ALIASES
from .rule import LintContext, RuleResult, place_of, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS201", Severity.ERROR)
def foreign_option(subject: LintContext) -> Iterator[RuleResult]:
    """An option belongs to another target.

    It would have no effect, which is not what its author thinks.

    Fix: remove it, or move it to the entry of its target.

    Source: `regspec targets` lists the options of each.

    Bad:
        targets:
          - {target: secret, version: "1.7"}

    Good:
        targets:
          - secret
          - {target: containerd, form: full}
    """
    for choice in subject.choices:
        taken = ("out", *TARGETS[choice.target].options)
        for option, _ in choice.options:
            if option not in taken:
                yield (
                    place_of(choice, option, on_key=True),
                    f"target {code_span(choice.target)} has no option {code_span(option)}",
                    f"its options are {code_list(taken)}",
                )


@rule("RS202", Severity.ERROR)
def exclusive_options(subject: LintContext) -> Iterator[RuleResult]:
    """Two options of one target exclude each other.

    The documented endpoints and the whole documented file exist in version 2 of the
    configuration format only. containerd 1.x does not start with version 3, or ignores it. A
    cloud-config has no Secret next to it that could have a name.

    Fix: leave out `configVersion`; version 2 works with every containerd. Leave out `name` and
    `namespaces`.

    Source: the documented config.toml; measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        targets:
          - {target: containerd, configVersion: 3}

    Good:
        targets:
          - {target: containerd, endpoints: api}
    """
    for choice in subject.choices:
        if conflicts := TARGETS[choice.target].conflicts:
            yield from conflicts(choice)


@rule("RS204", Severity.ERROR)
def same_file_twice(subject: LintContext) -> Iterator[RuleResult]:
    """Two targets write one file, or one writes below what is the other's file.

    One of the two would be lost.

    Fix: give one of them another `out`.

    Source: what a file system can hold; names that differ in case only are the same on some.

    Bad:
        targets:
          - containerd
          - {target: containerd, endpoints: api}

    Good:
        targets:
          - containerd
          - {target: containerd, endpoints: api, out: containerd-api.toml}
    """
    claims = PathClaims()
    for choice in subject.choices:
        for path in TARGETS[choice.target].paths(choice):
            if claims.take(path, choice.target) is not None:
                yield (
                    place_of(choice, "out"),
                    f"another target also writes {code_span(path)}, or a path above or below it",
                    "give one of them another `out`",
                )
                break


@rule("RS205", Severity.ERROR)
def pull_secret_without_login(subject: LintContext) -> Iterator[RuleResult]:
    """`pullSecret` without a login.

    The chart would create a pull secret that holds nothing, and pulls would fail as before.

    Fix: give the registry, or a host, a `username` and a `password`; else leave it out.

    Source: the charts' `imagePullSecret` block.

    Bad:
        imageSwap: {pullSecret: true}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        imageSwap: {pullSecret: true}
    """
    spec = subject.spec
    if any(access.has_login for access in subject.accesses):
        return
    for choice in subject.choices:
        if TARGETS[choice.target].needs_login:
            yield (
                place_of(choice),
                f"target `{choice.target}` has no login to hold",
                "add `username` and `password` to `registry`, or remove the target",
            )
    for key, block in (("imageSwap", spec.image_swap), ("certManager", spec.cert_manager)):
        if block and block.pull_secret:
            yield (
                Place((key, "pullSecret"), on_key=True),
                "`pullSecret` has no login to hold",
                "add `username` and `password` to `registry`, or leave it out",
            )


@rule("RS206", Severity.ERROR)
def library_alone(subject: LintContext) -> Iterator[RuleResult]:
    """Containerd cannot have a mirror of `docker.io/library` alone.

    It looks mirrors up by the registry, so `docker.io/library` follows `docker.io`. Without that,
    or with another place for it, the mirror would be missing on the nodes. k3s, Talos, dockerd and
    BuildKit are the same.

    Fix: also list `docker.io`, so that its path with `/library` is the path of `docker.io/library`.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        mirrors: [docker.io/library]
        targets:
          - {target: containerd, endpoints: api}

    Good:
        mirrors: [docker.io, docker.io/library]
        targets:
          - {target: containerd, endpoints: api}
    """
    readers = [
        limit.consumer
        for choice in subject.choices
        if (limit := TARGETS[choice.target].limits_of(choice).library)
    ]
    if not readers:
        return
    mirrors = {mirror.source: mirror for mirror in subject.spec.mirrors}
    library, hub = mirrors.get("docker.io/library"), mirrors.get("docker.io")
    if library is None or (hub and hub.location.below("library") == library.location):
        return
    if any(alias in mirrors for alias in DOCKER_HUB_ALIASES):
        return  # which RS311 reports
    if hub:
        advice = f"serve it from {code_span(str(hub.location.below('library')))}, below `docker.io`"
    else:
        advice = (
            "also list `docker.io`, so that its path with `/library` is the path of this mirror"
        )
    message = f"{readers[0]} cannot have a mirror of `docker.io/library` alone"
    yield library.place, message, advice
