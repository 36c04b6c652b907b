"""RS1xx: endpoints, and the dialects that write them."""

from __future__ import annotations

from .. import mirrors, schema
from ..diagnostics import Path, Place, Severity, code_span
from ..dialects import TARGETS
from ..mirrors import Location
from .rule import LintContext, RuleResult, rule, structure_rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@rule("RS102", Severity.ERROR)
def not_an_address(subject: LintContext) -> Iterator[RuleResult]:
    """A host in brackets is not an IPv6 address, or one of four numbers not an IPv4 address.

    Nothing resolves such a name, so every pull fails.

    Fix: write the address of the registry, an IPv6 address in brackets.

    Source: RFC 3986, section 3.2.2.

    Bad:
        registry: {endpoint: "[fd00::1::2]:5000"}
        targets: [containerd]

    Good:
        registry: {endpoint: "[fd00::1]:5000"}
        targets: [containerd]
    """
    for place, host in _hosts(subject):
        name, bracket, _ = host.removeprefix("[").partition("]")
        if not bracket:
            name = host.partition(":")[0]
            if name.count(".") != 3 or not name.replace(".", "").isdecimal():  # noqa: PLR2004
                continue
        import ipaddress

        try:
            (ipaddress.IPv6Address if bracket else ipaddress.IPv4Address)(name)
        except ValueError:
            kind = "IPv6" if bracket else "IPv4"
            yield place, f"{code_span(name)} is not an {kind} address", ""


def _hosts(subject: LintContext) -> Iterator[tuple[Place, str]]:
    """Every host that the spec names, once for each place that names it."""
    spec = subject.spec
    endpoint = spec.registry.endpoint.host
    yield Place(("registry", "endpoint")), endpoint
    for mirror in spec.mirrors:
        if mirror.location.host != endpoint:
            yield mirror.place, mirror.location.host
        yield mirror.place, mirror.source
    for host, access in spec.hosts.items():
        yield Place(access.path, on_key=True), host


@rule("RS103", Severity.ERROR)
def ipv6_in_mirror_string(subject: LintContext) -> Iterator[RuleResult]:
    """The mirror string of `values` and `secret` cannot have an IPv6 address.

    The webhook splits each pair at `::`; an address with `::` in it makes three parts, and the
    line is skipped without a message: nothing of that registry is swapped.

    registries.conf, OpenShift's mirror sets, copy lists and bundles cannot either: their readers
    take no such address for a host.

    Fix: give the registry a DNS name, or compile only other targets.

    Source: phenixblue/imageswap-webhook, reading of the map file; skopeo 1.9.3, run; the
    patterns of openshift/api, config/v1.

    Bad:
        registry: {endpoint: "[fd00::1]:5000"}

    Good:
        registry: {endpoint: "[fd00::1]:5000"}
        targets: [containerd]
    """
    limits = [
        (choice.target, limit)
        for choice in subject.choices
        if (limit := TARGETS[choice.target].limits_of(choice).ipv6)
    ]
    told: set[str] = set()
    for mirror in subject.spec.mirrors if limits else ():
        for text, place in (
            (mirror.location.host, _host_place(subject, mirror)),
            (mirror.source, mirror.place),
        ):
            refusing = [(name, limit) for name, limit in limits if limit.mark in text]
            if refusing and text not in told:
                told.add(text)
                name, limit = refusing[0]
                yield (
                    place,
                    f"target {code_span(name)} cannot have {code_span(text)}: {limit.reason}",
                    "use a DNS name, or list only targets that can: `targets: [certs.d]`",
                )


def _host_place(subject: LintContext, mirror: mirrors.Mirror) -> Place:
    if mirror.location.host == subject.spec.registry.endpoint.host and not mirror.place.part:
        return Place(("registry", "endpoint"))
    return mirror.place


@structure_rule("RS104")
def unreadable_mirror_string(data: dict[str, Any]) -> Iterator[RuleResult]:
    """An entry of `registry.mirrorRegistries` cannot be read.

    The webhook skips a line that it cannot part at `::`, and writes a scheme or a trailing
    slash of the right side into image references, which are then invalid. Lines with
    `[EXACT]`, `[REPLACE]` and `noswap_wildcards` cannot stand in the comma-separated string.

    Fix: write `SOURCE::HOST[:PORT]/PATH`, or move to the list `mirrors`.

    Source: phenixblue/imageswap-webhook, run with such entries.

    Bad:
        registry:
          mirrorRegistries: quay.io::https://harbor.example.org/quay.io

    Good:
        registry:
          mirrorRegistries: quay.io::harbor.example.org/quay.io
    """
    path: Path = ("registry", "mirrorRegistries")
    text = data["registry"].get("mirrorRegistries")
    if text is None:
        return
    entries = list(mirrors.read_string(text))
    for entry in entries:
        place = Place(path, part=(entry.start, entry.end))
        if entry.problem:
            yield place, entry.problem, entry.help
            continue
        wrong = None if entry.source == "default" else schema.problem_with("source", entry.source)
        if entry.source == mirrors.WILDCARD:
            wrong = "`*` is not a registry", "write `default` for all others"
        wrong = wrong or schema.problem_with("location", entry.target)
        if wrong:
            yield place, *wrong, _fixed(entry)
    if not entries:
        yield Place(path), "`mirrorRegistries` has no pair in it", "list the mirrors in `mirrors`"


def _fixed(entry: mirrors.Entry) -> str | None:
    """A pair of the mirror string whose parts differ from what they should be in form only."""
    source = schema.fixed("source", entry.source)
    target = schema.fixed("location", entry.target)
    return f"{source}::{target}" if source and target and source != mirrors.WILDCARD else None


@rule("RS105", Severity.ERROR)
def v2_in_path(subject: LintContext) -> Iterator[RuleResult]:
    """The path of a mirror begins with `/v2`.

    `/v2` is the root of a registry's API, not a part of a repository's name. Every target
    writes it where its consumer needs it; one more leads to `/v2/v2/`, which no registry
    answers.

    Fix: leave it out; for a Harbor proxy-cache project write `proxyCache: true`.

    Source: the note on the doubled `/v2/v2/` in the Palette procedure; the webhook, run with such a
    target.

    Bad:
        mirrors:
          - {source: quay.io, target: harbor.example.org/v2/quay}

    Good:
        mirrors:
          - {source: quay.io, target: harbor.example.org/quay, proxyCache: true}
        targets: [containerd]
    """
    for mirror in subject.spec.mirrors:
        if f"{mirror.location.path}/".startswith("v2/"):
            yield (
                mirror.place,
                f"the path of the mirror of {code_span(mirror.source)} begins with `/v2`",
                "leave it out; for a Harbor proxy-cache project add `proxyCache: true`",
            )


@rule("RS106", Severity.ERROR)
def source_named_default(subject: LintContext) -> Iterator[RuleResult]:
    """A source is called `default`.

    In the webhook's map that is not a registry, but all registries without a line of their own.

    Fix: write `"*"` if that is meant; a registry's name has a dot or a port.

    Source: phenixblue/imageswap-webhook, reading of the map file.

    Bad:
        mirrors: [default]

    Good:
        mirrors:
          - {source: "*", path: ""}
    """
    for mirror in subject.spec.mirrors:
        if mirror.source == "default":
            yield mirror.place, "`default` is not a registry", 'write `"*"` for all others'


@structure_rule("RS107")
def proxy_cache_of_a_string(data: dict[str, Any]) -> Iterator[RuleResult]:
    """`proxyCache` has no effect on a pasted mirror string.

    The string itself has `/v2/` after the host where a mirror is a proxy cache.

    Fix: remove `proxyCache`, or list the mirrors in `mirrors`.

    Source: the design of the spec.

    Bad:
        registry: {proxyCache: true, mirrorRegistries: "quay.io::harbor.example.org/quay"}

    Good:
        registry: {mirrorRegistries: "quay.io::harbor.example.org/v2/quay"}
        targets: [containerd]
    """
    registry = data["registry"]
    if "mirrorRegistries" in registry and registry.get("proxyCache"):
        yield (
            Place(("registry", "proxyCache"), on_key=True),
            "`proxyCache` has no effect on `mirrorRegistries`",
            "write `/v2/` after the host in the string, or list the mirrors in `mirrors`",
        )


@rule("RS108", Severity.WARNING)
def proxy_cache_and_webhook(subject: LintContext) -> Iterator[RuleResult]:
    """With `/v2/` in the mirror string, containerd works and the webhook does not.

    One string feeds both. containerd takes `/v2/` as the root of the registry's API, as it
    should be. The webhook writes it into the reference of the image, whose repository is then
    `v2/...`, and the runtime requests `/v2/v2/...`, which no registry has.

    Fix: use ordinary projects in place of proxy caches where the webhook runs.

    Source: phenixblue/imageswap-webhook, run with such a map; the note of the Palette procedure on
    `/v2/v2/`.

    Bad:
        mirrors:
          - {source: quay.io, proxyCache: true}

    Good:
        mirrors: [quay.io]
    """
    caches = [mirror for mirror in subject.spec.mirrors if mirror.proxy_cache]
    if subject.has_string and caches:
        first = caches[0]
        others = f" (and {len(caches) - 1} more)" if len(caches) > 1 else ""
        repository = Location("v2", first.location.path)
        yield (
            first.place,
            (
                f"the webhook would pull images of {code_span(first.source)}{others} from "
                f"{code_span(f'{repository}/...')}, which does not exist"
            ),
            "only containerd works with `proxyCache`; mirror into an ordinary project instead",
        )


@rule("RS110", Severity.WARNING)
def registry_without_a_dot(subject: LintContext) -> Iterator[RuleResult]:
    """The webhook takes an image on a host without a dot for one of Docker Hub.

    It reads the part before the first slash as a registry only if it has a dot. What it has
    swapped to `localhost:30003/docker.io/nginx` is therefore swapped once more whenever the pod is
    changed, and the pod ends in InvalidImageName or ImagePullBackOff.

    Fix: give the registry a name with a dot.

    Source: phenixblue/imageswap-webhook#55; its code, run.

    Bad:
        registry: {endpoint: "registry:5000"}

    Good:
        registry: {endpoint: "registry.example.org:5000"}
    """
    hub = {"docker.io", "docker.io/library", mirrors.WILDCARD}
    if not subject.has_webhook or not hub & {mirror.source for mirror in subject.spec.mirrors}:
        return
    told: set[str] = set()
    for mirror in subject.spec.mirrors:
        host = mirror.location.host
        if "." not in host and "::" not in host and host not in told:
            told.add(host)
            yield (
                _host_place(subject, mirror),
                (
                    f"the webhook takes images on {code_span(host)}, which has no "
                    "dot, for Docker Hub's"
                ),
                "use a name with a dot, or list only targets without the mirror string",
            )


@rule("RS111", Severity.WARNING)
def source_without_a_dot(subject: LintContext) -> Iterator[RuleResult]:
    """The webhook never finds a source without a dot.

    It reads the part before the first slash as a registry only if it has a dot. Images of
    `localhost:5000` or `registry:5000` are Docker Hub's to it, and become
    `HOST/docker.io/registry:5000/NAME`, which is not a reference.

    Fix: name the upstream registry with a dot, also in the pods.

    Source: phenixblue/imageswap-webhook, run with such images.

    Bad:
        mirrors: [docker.io, docker.io/library, {source: "registry:5000", path: team}]

    Good:
        mirrors: [docker.io, docker.io/library, {source: "registry.example.net:5000", path: team}]
    """
    if not subject.has_webhook:
        return
    for mirror in subject.spec.mirrors:
        source = mirror.source
        if "." not in source and "::" not in source and source not in ("default", mirrors.WILDCARD):
            yield (
                mirror.place,
                f"the webhook never finds {code_span(source)}, which has no dot",
                "use a name with a dot, or list only targets without the mirror string",
            )


@rule("RS112", Severity.INFO)
def tab_in_mirror_string(subject: LintContext) -> Iterator[RuleResult]:
    r"""A pasted mirror string has a tab next to `::`, which the webhook does not strip.

    It removes blanks only, so the line that this was pasted from has never matched any image.
    What regspec writes is right; the cluster that has the old string is not.

    Fix: remove the tab; `regspec check --fix` does.

    Source: phenixblue/imageswap-webhook, run with such a map.

    Bad:
        registry: {mirrorRegistries: "quay.io\t::harbor.example.org/q"}

    Good:
        registry: {mirrorRegistries: "quay.io::harbor.example.org/q"}
    """
    string = subject.spec.mirror_string
    for entry in mirrors.read_string(string):
        if "\t" in string[entry.start : entry.end]:
            yield (
                Place(("registry", "mirrorRegistries"), part=(entry.start, entry.end)),
                f"the tab next to `::` keeps the webhook from finding {code_span(entry.source)}",
                "remove it: where this string comes from, it has never matched",
                f"{entry.source}::{entry.target}",
            )


@rule("RS113", Severity.WARNING)
def v2_at_end_of_path(subject: LintContext) -> Iterator[RuleResult]:
    """The path of a mirror, or the base path of the registry, ends in `/v2`.

    That is nearly always the root of an API that was copied along, such as Artifactory's
    `/artifactory/api/docker/REPOSITORY/v2`, or a hosts.toml without `override_path`. A spec says
    the path of a repository, to which every target adds `/v2` itself: `/v2/PATH/v2/NAME` is
    requested, which no registry answers.

    Fix: leave out the `/v2`. If the API of the registry is below another path than `/v2`, use the
    name or the port that the registry has for Docker clients. If the path is right, ignore this
    rule.

    Source: containerd/containerd#5518; the documentation of JFrog and Sonatype on their paths.

    Bad:
        registry: {endpoint: "harbor.example.org", baseContentPath: hub/v2}
        mirrors: [quay.io]
        targets: [registries.conf]

    Good:
        registry: {endpoint: "harbor.example.org", baseContentPath: hub}
        mirrors: [quay.io]
        targets: [registries.conf]
    """
    registry = subject.spec.registry
    base = registry.endpoint.below(registry.base_content_path)
    advice = "leave out `/v2`: every target adds it, with `override_path` where it is needed"
    if _ends_in_v2(base):
        key = "baseContentPath" if registry.base_content_path else "endpoint"
        yield (
            Place(("registry", key)),
            f"the base path {code_span(base.path)} ends in `/v2`, like the root of an API",
            advice,
        )
    for mirror in subject.spec.mirrors:
        if _ends_in_v2(mirror.location) and mirror.location != base:
            yield (
                mirror.place,
                (
                    f"the path {code_span(mirror.location.path)} of the mirror of "
                    f"{code_span(mirror.source)} ends in `/v2`, like the root of an API"
                ),
                advice,
            )


def _ends_in_v2(location: Location) -> bool:
    """Whether a path has a last part that is `v2`, below others; RS105 is about the first part."""
    return location.path.endswith("/v2") and not location.path.startswith("v2/")
