"""RS3xx: names of mirrors, images and hosts."""

from __future__ import annotations

from .. import reference
from ..diagnostics import Path, Place, Severity, code_span
from ..mirrors import WILDCARD
from .rule import LintContext, RuleResult, rule, structure_rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@structure_rule("RS301")
def mirrors_twice_or_never(data: dict[str, Any]) -> Iterator[RuleResult]:
    """There are no mirrors, or they are given twice.

    `mirrors` and `registry.mirrorRegistries` say the same thing in two forms. Without any,
    nothing would be pulled from the registry.

    Fix: keep one of the two.

    Source: the design of the spec.

    Bad:
        registry: {mirrorRegistries: "quay.io::harbor.example.org/quay.io"}
        mirrors: [quay.io]

    Good:
        mirrors: [quay.io]
    """
    pasted = "mirrorRegistries" in data["registry"]
    if "mirrors" in data and pasted:
        yield (
            Place(("registry", "mirrorRegistries"), on_key=True),
            "`registry.mirrorRegistries` and `mirrors` exclude each other",
            "keep one of them",
        )
    elif "mirrors" not in data and not pasted:
        yield (
            Place(()),
            "there are no mirrors",
            "add `mirrors: [docker.io, docker.io/library]`, or paste `registry.mirrorRegistries`",
        )


@structure_rule("RS302")
def path_and_target(data: dict[str, Any]) -> Iterator[RuleResult]:
    """A mirror has both a `path` and a `target`.

    `path` is below the registry's base path, `target` is a whole location elsewhere.

    Fix: keep the one that is meant.

    Source: the design of the spec.

    Bad:
        mirrors:
          - {source: quay.io, path: quay, target: nexus.example.org/quay}
        hosts: {nexus.example.org: {}}

    Good:
        mirrors:
          - {source: quay.io, target: nexus.example.org/quay}
        hosts: {nexus.example.org: {}}
    """
    for index, entry in enumerate(data.get("mirrors", ())):
        if isinstance(entry, dict) and "path" in entry and "target" in entry:
            yield (
                Place(("mirrors", index, "path"), on_key=True),
                f"the mirror of {code_span(entry['source'])} has both `path` and `target`",
                "keep one: `path` is below the base path, `target` is a whole location",
            )


@structure_rule("RS303")
def no_default_path(data: dict[str, Any]) -> Iterator[RuleResult]:
    """A mirror needs a `path`, because its source cannot be one.

    The default path is the source itself; `*`, a port or an address in brackets cannot be part of
    a repository's name, and registries answer 404 or 400 to it.

    Fix: write `path`; an empty one is the base path itself.

    Source: the grammar of repository names in the OCI distribution specification; measured
    with docker-registry.

    Bad:
        mirrors:
          - source: reg.example.org:5000

    Good:
        mirrors:
          - {source: reg.example.org:5000, path: reg.example.org}
    """
    for index, entry in enumerate(data.get("mirrors", ())):
        if not isinstance(entry, dict) or "path" in entry or "target" in entry:
            continue
        source = entry["source"]
        if source == WILDCARD:
            advice = 'add `path: ""` for the base path itself'
        elif source.startswith("["):
            advice = "add `path: NAME`, with a name for it"
        else:
            advice = f"add {code_span('path: ' + source.partition(':')[0])}"
        if source == WILDCARD or ":" in source:
            yield (
                Place(("mirrors", index, "source")),
                f"{code_span(source)} cannot be the path of its mirror",
                advice,
            )


@rule("RS304", Severity.ERROR)
def same_source_twice(subject: LintContext) -> Iterator[RuleResult]:
    """One source has two mirrors.

    Every consumer takes one of them, and not all the same one. `index.docker.io` and
    `registry-1.docker.io` are `docker.io`.

    Fix: keep one.

    Source: the webhook takes the last, TOML refuses a second table; measured.

    Bad:
        mirrors: [quay.io, ghcr.io, quay.io]

    Good:
        mirrors: [quay.io, ghcr.io]
    """
    first: dict[str, str] = {}
    for mirror in subject.spec.mirrors:
        source = mirror.source
        canonical = reference.DOCKER_HUB if source in reference.DOCKER_HUB_ALIASES else source
        if canonical not in first:
            first[canonical] = source
            continue
        alias = "" if first[canonical] == source else f" as {code_span(first[canonical])}"
        yield mirror.place, f"source {code_span(source)} is listed twice{alias}", "keep one of them"


@structure_rule("RS305")
def not_an_image(data: dict[str, Any]) -> Iterator[RuleResult]:
    """An image is not an image reference.

    No runtime accepts it: the pod stays in InvalidImageName.

    Fix: write `registry/repository:tag` or `registry/repository@sha256:...`, the repository
    in lower case.

    Source: the grammar of distribution/reference.

    Bad:
        images: ["docker.io/Team/App:1"]

    Good:
        images: ["docker.io/team/app:1"]
    """
    listed = data.get("images", ())
    texts: list[tuple[Path, Any]] = []
    if not isinstance(listed, str):
        texts += [(("images", index), image) for index, image in enumerate(listed)]
    for block in ("imageSwap", "certManager"):
        images = data.get(block, {}).get("images", {})
        texts += [((block, "images", key), image) for key, image in images.items()]
    for path, value in texts:
        place = Place((*path, "exact") if isinstance(value, dict) else path)
        text = value["exact"] if isinstance(value, dict) else value
        try:
            reference.parse(text)
        except reference.NotAReference as why:
            yield place, f"{code_span(text)} is not an image reference: {why}", ""


@rule("RS306", Severity.ERROR)
def prefixed_twice(subject: LintContext) -> Iterator[RuleResult]:
    """An image of a chart already begins with the registry.

    The compiler puts the registry before each of these images, so it would stand there twice.

    Fix: write the upstream reference, or `{exact: REFERENCE}` for one that is written as it is.

    Source: the documented prefix `<registry-url>/<namespace>`.

    Bad:
        imageSwap:
          images:
            imageSwapInitImage: harbor.example.org/init:1
            imageSwapImage: {exact: "harbor.example.org/swap:1"}

    Good:
        imageSwap:
          images:
            imageSwapInitImage: gcr.io/team/init:1
            imageSwapImage: {exact: "harbor.example.org/swap:1"}
    """
    spec = subject.spec
    prefix = f"{spec.registry.endpoint}/"
    for block in (spec.image_swap, spec.cert_manager):
        for image in block.images if block else ():
            if not image.exact and image.reference.startswith(prefix):
                yield (
                    Place(image.path),
                    f"{code_span(image.reference)} already begins with the registry",
                    "write the upstream reference, or `{exact: REFERENCE}`",
                )


@rule("RS307", Severity.WARNING)
def unknown_host(subject: LintContext) -> Iterator[RuleResult]:
    """A mirror is on a host whose login and CA the spec does not say.

    Runtimes look up logins and CAs by the host of the mirror. Without them a private registry
    answers 401, or its certificate is not trusted, and the runtime contacts the upstream.

    Fix: add the host to `hosts`; `HOST: {}` when it needs neither.

    Source: measured with containerd; containers/image and k3s also look up by host.

    Bad:
        mirrors:
          - {source: quay.io, target: "nexus.example.org:8083/quay"}

    Good:
        mirrors:
          - {source: quay.io, target: "nexus.example.org:8083/quay"}
        hosts:
          nexus.example.org:8083: {username: puller, password: {env: NEXUS_PASSWORD}}
    """
    told: set[str] = set()
    for mirror in subject.spec.mirrors:
        host = mirror.location.host
        if host not in told and subject.spec.access(host) is None:
            told.add(host)
            yield (
                mirror.place,
                (
                    f"no login or CA is known for {code_span(host)}, where "
                    f"{code_span(mirror.source)} is served"
                ),
                f"add {code_span(f'{host}: {{}}')} to `hosts`, with its login and CA if it has any",
            )


@rule("RS308", Severity.WARNING)
def unused_host(subject: LintContext) -> Iterator[RuleResult]:
    """An entry of `hosts` that no mirror is on.

    Its login and CA go nowhere, which is likely a mistake in its name or port.

    Fix: write the host as the mirror's target does, with the port; or remove the entry.

    Source: the design of the spec.

    Bad:
        hosts: {nexus.example.org: {}}

    Good:
        mirrors:
          - {source: quay.io, target: nexus.example.org/quay}
        hosts: {nexus.example.org: {}}
    """
    used = {mirror.location.host for mirror in subject.spec.mirrors}
    used.add(subject.spec.registry.endpoint.host)
    for host, access in subject.spec.hosts.items():
        if host not in used:
            yield (
                Place(access.path, on_key=True),
                f"no mirror is on the host {code_span(host)}",
                "write it as the mirror has it, with its port, or remove it",
            )


@rule("RS309", Severity.ERROR)
def invalid_with_prefix(subject: LintContext) -> Iterator[RuleResult]:
    """An image of a chart is not an image reference after the registry's name.

    What was the registry of the upstream becomes a part of the path, which has no port and no
    upper-case letters. The pod stays in InvalidImageName.

    Fix: write the image where it lies in the registry as `{exact: REFERENCE}`.

    Source: the documented prefix; the grammar of distribution/reference.

    Bad:
        imageSwap:
          images:
            imageSwapInitImage: reg.example.org:5000/team/init:1
            imageSwapImage: gcr.io/team/swap:1

    Good:
        imageSwap:
          images:
            imageSwapInitImage: {exact: "harbor.example.org/reg.example.org/team/init:1"}
            imageSwapImage: gcr.io/team/swap:1
    """
    spec = subject.spec
    for block in (spec.image_swap, spec.cert_manager):
        for image in block.images if block else ():
            try:
                reference.parse(spec.prefixed(image))
            except reference.NotAReference as why:
                yield (
                    Place(image.path),
                    (
                        f"with the registry before it, {code_span(image.reference)} "
                        f"is not a reference: {why}"
                    ),
                    "write it as it lies in the registry: `{exact: REFERENCE}`",
                )


@rule("RS310", Severity.WARNING)
def image_beside_its_mirror(subject: LintContext) -> Iterator[RuleResult]:
    """An image of a chart is pulled from another path than its mirror would pull it from.

    The chart gets the reference with the registry and the base path before it. A mirror with a
    `path` or a `target` of its own serves the same upstream image from elsewhere, so it has to be
    pushed to both places, or one of the two pulls fails.

    Fix: push the image to both, or write it as the mirror has it, as `{exact: REFERENCE}`.

    Source: the documented prefix, and the documented example, whose mirror of `us-docker.pkg.dev`
    is the base path itself.

    Bad:
        mirrors:
          - {source: gcr.io, path: google}
        imageSwap:
          images:
            imageSwapInitImage: gcr.io/team/init:1
            imageSwapImage: {exact: "harbor.example.org/google/team/swap:1"}

    Good:
        mirrors: [gcr.io]
        imageSwap:
          images:
            imageSwapInitImage: gcr.io/team/init:1
            imageSwapImage: gcr.io/team/swap:1
    """
    spec = subject.spec
    mirrors = {mirror.source: mirror for mirror in spec.mirrors}
    for block in (spec.image_swap, spec.cert_manager):
        for image in block.images if block else ():
            upstream = reference.parse(image.reference)
            mirror = mirrors.get(upstream.registry)
            if image.exact or mirror is None:
                continue
            served = str(mirror.location.below(upstream.repository))
            ending = image.reference.removeprefix(f"{upstream.registry}/")
            ending = ending.removeprefix(upstream.repository)
            if not spec.prefixed(image).startswith(f"{served}{ending}"):
                yield (
                    Place(image.path),
                    (
                        f"the mirror of {code_span(mirror.source)} would pull this "
                        f"from {code_span(served)}"
                    ),
                    f"push it to both places, or write {code_span(f'{{exact: {served}...}}')}",
                )
