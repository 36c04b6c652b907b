"""RS31x: what the mirrors leave out, or send round in a circle."""

from __future__ import annotations

import itertools

from .. import reference
from ..diagnostics import Place, Severity, code_list, code_span
from ..dialects import TARGETS
from ..docker_hub import is_docker_hub, is_upstream
from ..explaining import coverage
from ..mirrors import WILDCARD, Location, MirrorIndex
from .rule import LintContext, RuleResult, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..mirrors import Mirror
    from ..model import Spec

_LIBRARY = "docker.io/library"
_SHORT = 8
"""A name that is shorter than this may differ from a well-known one in a letter, and be right."""


@rule("RS311", Severity.WARNING)
def alias_as_source(subject: LintContext) -> Iterator[RuleResult]:
    """A source is another name of Docker Hub.

    Runtimes turn `nginx` and `index.docker.io/library/nginx` into `docker.io/library/nginx` before
    they look for a mirror, so a mirror of `index.docker.io` or `registry-1.docker.io` is never
    found. The webhook finds it only where a pod spells the name so.

    Fix: write `docker.io`.

    Source: measured on containerd 1.6.20 to 2.4.0-beta; phenixblue/imageswap-webhook, run.

    Bad:
        mirrors: [index.docker.io]

    Good:
        mirrors: [docker.io, docker.io/library]
    """
    for mirror in subject.spec.mirrors:
        if mirror.source in reference.DOCKER_HUB_ALIASES:
            yield (
                mirror.place,
                f"no runtime looks for a mirror of {code_span(mirror.source)}",
                "write `docker.io`, which all its names are turned into",
                _as_docker_hub(subject.spec, mirror),
            )


def _as_docker_hub(spec: Spec, mirror: Mirror) -> str | None:
    """What keeps a mirror of an alias where it is, when it becomes one of `docker.io`."""
    if any(reference.DOCKER_HUB in other.source for other in spec.mirrors if other is not mirror):
        return None
    if mirror.place.part:
        return f"{reference.DOCKER_HUB}::{mirror.documented}"
    # The path of a mirror in short form is its source. A long form may have the same path.
    ends_so = mirror.location.path.rpartition("/")[2] == mirror.source
    return None if ends_so else reference.DOCKER_HUB


@rule("RS312", Severity.WARNING)
def old_kubernetes_registry_alone(subject: LintContext) -> Iterator[RuleResult]:
    """`k8s.gcr.io` has a mirror, but `registry.k8s.io` has none.

    Kubernetes took its images from `k8s.gcr.io` until 1.24 and takes them from `registry.k8s.io`
    since; the old name gets no new images. A current cluster would contact the upstream for its
    pause image and its control plane.

    Fix: also list `registry.k8s.io`.

    Source: kubernetes/k8s.io, the freeze of k8s.gcr.io; the documented example has both.

    Bad:
        mirrors: [quay.io, k8s.gcr.io]

    Good:
        mirrors: [quay.io, k8s.gcr.io, registry.k8s.io]
    """
    sources = {mirror.source: mirror for mirror in subject.spec.mirrors}
    if "k8s.gcr.io" in sources and not {"registry.k8s.io", WILDCARD} & sources.keys():
        yield (
            sources["k8s.gcr.io"].place,
            "`k8s.gcr.io` gets no new images; `registry.k8s.io`, which does, has no mirror",
            "add `registry.k8s.io` to the mirrors",
        )


@rule("RS313", Severity.WARNING)
def circle(subject: LintContext) -> Iterator[RuleResult]:
    """A source is served from itself, under whatever name, or is the private registry.

    Images that are named by the private registry need no mirror: the webhook would put the
    registry before them once more at every admission, and containerd would look for
    `PATH/PATH/NAME`. A mirror of `docker.io` on `registry-1.docker.io`, `index.docker.io` or
    `registry.hub.docker.com` is Docker Hub itself: the images are still pulled from the internet.

    Fix: remove the mirror, or name the private registry in its place. A runtime pulls such an image
    from the registry in its name.

    Source: phenixblue/imageswap-webhook#55; measured with containerd.

    Bad:
        mirrors: [quay.io, harbor.example.org]

    Good:
        mirrors: [quay.io]
    """
    registry = subject.spec.registry.endpoint.host
    wildcard = any(mirror.source == WILDCARD for mirror in subject.spec.mirrors)
    for mirror in subject.spec.mirrors:
        host, source = mirror.location.host, mirror.source.partition("/")[0]
        if is_docker_hub(host) and (source == WILDCARD or is_docker_hub(source)):
            yield (
                mirror.place,
                (
                    f"source {code_span(mirror.source)} is served from {code_span(host)}, "
                    "which is Docker Hub itself"
                ),
                "name a registry of your own in its place, or remove the mirror",
            )
            continue
        if wildcard and str(mirror.location) == mirror.source:
            continue  # what keeps the wildcard from it
        if mirror.source == registry or is_upstream(host, mirror.source):
            what = "the private registry" if mirror.source == registry else "served from"
            help_text = "remove it"
            if str(mirror.location) == registry:
                help_text = "leave it out: `registry` also applies to the images that it names"
            yield mirror.place, f"source {code_span(mirror.source)} is {what} itself", help_text


def _by_source(spec: Spec) -> dict[str, Mirror]:
    """The mirrors by source; of two with one source, which is an error, the first."""
    return {mirror.source: mirror for mirror in reversed(spec.mirrors)}


@rule("RS314", Severity.WARNING)
def one_place_for_two(subject: LintContext) -> Iterator[RuleResult]:
    """Two upstream registries are served from one place.

    `gcr.io/team/app:1` and `ghcr.io/team/app:1` would be one image there: whichever was pushed
    last is what both names pull. (`k8s.gcr.io` and `registry.k8s.io` hold the same images.)

    Fix: give each its own `path`, and push its images there.

    Source: concluded from the mirror map; the documented example has such a pair.

    Bad:
        mirrors: [docker.io, docker.io/library, gcr.io, {source: ghcr.io, path: gcr.io}]

    Good:
        mirrors: [docker.io, docker.io/library, gcr.io, ghcr.io]
    """
    first: dict[str, str] = {}
    for mirror in subject.spec.mirrors:
        location, source = str(mirror.location), mirror.source
        other = first.setdefault(location, source)
        if other == source or {other, source} == {"k8s.gcr.io", "registry.k8s.io"}:
            continue
        yield (
            mirror.place,
            (
                f"{code_span(source)} and {code_span(other)} are both served from "
                f"{code_span(location)}"
            ),
            "give each a `path` of its own, where its images are pushed",
        )


@rule("RS315", Severity.WARNING)
def library_missing(subject: LintContext) -> Iterator[RuleResult]:
    """`docker.io` has a mirror, but `docker.io/library` has none.

    To a runtime `nginx` is `docker.io/library/nginx`. The webhook does not know that: it makes
    `HOST/docker.io/nginx` of it, which has no image. With a line for
    `docker.io/library` it puts such names there.

    Fix: also list `docker.io/library`.

    Source: phenixblue/imageswap-webhook#41, #77, #119; its code, run.

    Bad:
        mirrors: [docker.io]

    Good:
        mirrors: [docker.io, docker.io/library]
    """
    mirrors = _by_source(subject.spec)
    if subject.has_string and "docker.io" in mirrors and _LIBRARY not in mirrors:
        hub = Location.parse(mirrors["docker.io"].documented)
        yield (
            mirrors["docker.io"].place,
            (
                f"the webhook would pull `nginx` from {code_span(str(hub.below('nginx')))}, "
                f"not from {code_span(str(hub.below('library/nginx')))}"
            ),
            "add `docker.io/library` to the mirrors",
        )


@rule("RS316", Severity.WARNING)
def wildcard_and_registry(subject: LintContext) -> Iterator[RuleResult]:
    """The wildcard catches images that are named by the private registry itself.

    `harbor.example.org/base/app` becomes `harbor.example.org/base/base/app`: for the webhook at
    every admission once more, for containerd whenever such an image is pulled. (Targets whose form
    is not documented elsewhere take care of it themselves.)

    Fix: list the registry as its own mirror, which both leave as it is.

    Source: phenixblue/imageswap-webhook, run with a default; measured on containerd 1.6.20 to
    2.4.0-beta.

    Bad:
        mirrors:
          - {source: "*", path: all}

    Good:
        mirrors:
          - {source: "*", path: all}
          - {source: harbor.example.org, target: harbor.example.org}
    """
    mirrors = _by_source(subject.spec)
    wildcard = mirrors.get(WILDCARD)
    if wildcard is None or not any(
        TARGETS[choice.target].limits_of(choice).registry_beside_wildcard
        for choice in subject.choices
    ):
        return
    for host in dict.fromkeys(mirror.location.host for mirror in subject.spec.mirrors):
        if host in mirrors or (host == wildcard.location.host and not wildcard.location.path):
            continue
        yield (
            wildcard.place,
            f"`*` sends images of {code_span(host)} itself to {code_span(str(wildcard.location))}",
            f"add {code_span(f'{{source: {host}, target: {host}}}')} to the mirrors",
        )


@rule("RS317", Severity.INFO)
def no_docker_hub(subject: LintContext) -> Iterator[RuleResult]:
    """There is no mirror of `docker.io`.

    An image without a registry in its name is Docker Hub's. In an air gap such a pod waits until
    the pull times out.

    Fix: list `docker.io` and `docker.io/library`, unless no image comes from there.

    Source: the grammar of distribution/reference; the documented example has it first.

    Bad:
        mirrors: [quay.io]

    Good:
        mirrors: [quay.io, docker.io, docker.io/library]
    """
    hub = {"docker.io", _LIBRARY, WILDCARD, *reference.DOCKER_HUB_ALIASES}
    if not hub & {mirror.source for mirror in subject.spec.mirrors}:
        yield (
            subject.spec.mirrors[0].place,
            "no mirror serves `docker.io`, where images without a registry in their name are",
            "add `docker.io` and `docker.io/library`",
        )


@rule("RS318", Severity.WARNING)
def library_alone_for_webhook(subject: LintContext) -> Iterator[RuleResult]:
    """The webhook refuses pods when it knows `docker.io/library` and not `docker.io`.

    It finds the one and then looks for the other: `bitnami/redis`, and `docker.io/library/nginx`
    spelt out, end in an error of the webhook, and with its failure policy no such pod is
    admitted.

    Fix: also list `docker.io`.

    Source: phenixblue/imageswap-webhook, run with such a map: KeyError, HTTP 500.

    Bad:
        mirrors: [docker.io/library]

    Good:
        mirrors: [docker.io/library, docker.io]
    """
    mirrors = _by_source(subject.spec)
    hub = {"docker.io", *reference.DOCKER_HUB_ALIASES}
    if subject.has_string and _LIBRARY in mirrors and not hub & mirrors.keys():
        yield (
            mirrors[_LIBRARY].place,
            "the webhook refuses pods with other images of Docker Hub, such as `bitnami/redis`",
            "add `docker.io` to the mirrors",
        )


@rule("RS319", Severity.WARNING)
def image_without_mirror(subject: LintContext) -> Iterator[RuleResult]:
    """An image of the list is on a registry that has no mirror.

    In the air gap nothing serves it: the pull times out at the upstream.

    Fix: add its registry to the mirrors, or take the image off the list.

    Source: aws/eks-anywhere#1979 and others, where images were found missing behind the gap.

    Bad:
        images: ["quay.io/team/app:1"]

    Good:
        images: ["docker.io/team/app:1"]
    """
    sources = {mirror.source for mirror in subject.spec.mirrors} | {subject.registry_host}
    if WILDCARD in sources or subject.copies_images:  # which RS217 reports
        return
    counts: dict[str, int] = {}
    first: dict[str, tuple[Place, str]] = {}
    library = _LIBRARY in sources
    for place, image, parsed in _images(subject):
        if library and f"{parsed.registry}/{parsed.repository}".startswith(f"{_LIBRARY}/"):
            continue
        if parsed.registry not in sources:
            counts[parsed.registry] = counts.get(parsed.registry, 0) + 1
            first.setdefault(parsed.registry, (place, image))
    for registry, (place, image) in first.items():
        more = f" and {counts[registry] - 1} more" if counts[registry] > 1 else ""
        yield (
            place,
            f"no mirror serves {code_span(image)}{more}, of {code_span(registry)}",
            f"add {code_span(registry)} to the mirrors",
        )


@rule("RS320", Severity.WARNING)
def webhook_and_node_disagree(subject: LintContext) -> Iterator[RuleResult]:
    """The webhook would pull an image of the list from another place than a node would.

    The webhook works on the text of the name. It puts no `library/` into `docker.io/nginx`, and
    replaces a registry's name wherever it occurs, also in `quay.io/acme/quay.io-sync`. The mirrors
    of the nodes work on the parts of a reference.

    Fix: push the image to both places, or name it otherwise in the pod: `nginx` or
    `docker.io/library/nginx` for what is `docker.io/nginx`.

    Source: phenixblue/imageswap-webhook#119; its code, run.

    Bad:
        images: ["docker.io/nginx:1.25"]

    Good:
        images: ["nginx:1.25", "docker.io/library/redis:7"]
    """
    if not subject.has_string or not subject.resolved.images:
        return
    from ..dialects.imageswap.resolve import Refused, swap

    mirrors = _by_source(subject.spec)
    pairs = dict(
        mirror.pair.split("::", 1) for mirror in mirrors.values() if not mirror.proxy_cache
    )
    found: list[tuple[Place, str, str, str]] = []
    places = MirrorIndex(subject.spec.mirrors)
    for place, image, parsed in _images(subject):
        mirror, place_there = places.find(parsed)
        bare = "/" not in image and _LIBRARY not in mirrors
        told = bare or "." not in parsed.registry or parsed.registry == subject.registry_host
        if mirror is None or mirror.proxy_cache or told:
            continue
        try:
            swapped = swap(pairs, image)
        except Refused:
            continue
        served = place_there + parsed.version
        if swapped != served:
            found.append((place, image, swapped, served))
    if found:
        place, image, swapped, served = found[0]
        more = f" (and {len(found) - 1} more like it)" if len(found) > 1 else ""
        yield (
            place,
            (
                f"the webhook would pull {code_span(image)} from {code_span(swapped)}, "
                f"a node from {code_span(served)}{more}"
            ),
            "push it to both places, or name it otherwise in the pod",
        )


@rule("RS321", Severity.WARNING)
def sandbox_image_missing(subject: LintContext) -> Iterator[RuleResult]:
    """The image list lacks the sandbox image of the containerd on the nodes.

    containerd starts every pod with it, and pulls it by itself, without the webhook and without a
    pull secret. Without it in the registry no pod starts, whatever else is there.

    Fix: put it on the list; or, where config.toml names another as `sandbox_image`, ignore this
    rule.

    Source: containerd's own defaults, by version; kubernetes/kubeadm#2801, containerd#8653.

    Bad:
        mirrors: [registry.k8s.io]
        images: ["registry.k8s.io/pause:3.9"]
        targets:
          - {target: containerd, endpoints: api, version: "1.7", form: full}

    Good:
        mirrors: [registry.k8s.io]
        images: ["registry.k8s.io/pause:3.8"]
        targets:
          - {target: containerd, endpoints: api, version: "1.7", form: full}
    """
    listed = {
        f"{parsed.registry}/{parsed.repository}:{parsed.tag}" for _, _, parsed in _images(subject)
    }
    hosts = frozenset(subject.spec.mirror_hosts)
    for choice in subject.choices:
        wanted = coverage.sandbox_image(choice)
        own = wanted.partition("/")[0] in hosts  # which needs no mirror
        if listed and wanted and wanted not in listed and not own:
            yield (
                Place(("images",), on_key=True),
                f"the list lacks {code_span(wanted)}, the sandbox image of the nodes",
                "add it, unless the nodes' config.toml names another",
            )
            return


@rule("RS323", Severity.INFO, asked=True)
def unused_mirror(subject: LintContext) -> Iterator[RuleResult]:
    """No image of the bundle is from the source of a mirror.

    It does no harm, unless the list is incomplete: then the images that it is for are missing.

    Fix: remove the mirror, or complete the list. only `regspec coverage` reports it.

    Source: the design of `regspec coverage`.

    Bad:
        mirrors: [docker.io, docker.io/library, quay.io]
        images: [nginx]

    Good:
        mirrors: [docker.io, docker.io/library]
        images: [nginx]
    """
    unused = _coverage(subject).unused
    for mirror in subject.spec.mirrors:
        if mirror.source in unused:
            yield (
                mirror.place,
                f"no image is from {code_span(mirror.source)}",
                "remove it, or complete the list of images",
            )


@rule("RS324", Severity.WARNING)
def images_collide(subject: LintContext) -> Iterator[RuleResult]:
    """Two images of the list would be one in the registry.

    Their registries are served from one place, and they have the same name there: whichever is
    pushed last is what both names pull.

    Fix: give each registry a `path` of its own.

    Source: concluded from the mirror map.

    Bad:
        mirrors: [docker.io, docker.io/library, gcr.io, {source: ghcr.io, path: gcr.io}]
        images: ["gcr.io/a/b:1", "ghcr.io/a/b:1"]
        lint: {ignore: [RS314]}

    Good:
        mirrors: [docker.io, docker.io/library, gcr.io, ghcr.io]
        images: ["gcr.io/a/b:1", "ghcr.io/a/b:1"]
    """
    for place, images in _coverage(subject).collisions:
        yield (
            Place(("images",), on_key=True),
            f"{code_list(images)} would all be {code_span(place)}",
            "give each registry a `path` of its own",
        )


def _coverage(subject: LintContext) -> coverage.Coverage:
    images = subject.resolved.images
    listed = images if isinstance(images, tuple) else ()
    return coverage.analyse(
        subject.spec, (*listed, *coverage.of_spec(subject.spec, subject.choices))
    )


_WELL_KNOWN = [
    "docker.io",
    "gcr.io",
    "ghcr.io",
    "quay.io",
    "k8s.gcr.io",
    "registry.k8s.io",
    "us-docker.pkg.dev",
    "mcr.microsoft.com",
    "nvcr.io",
    "public.ecr.aws",
    "registry.gitlab.com",
    "docker.elastic.co",
    "icr.io",
    "lscr.io",
    "cgr.dev",
    "registry.redhat.io",
    "registry.access.redhat.com",
    "xpkg.upbound.io",
    "registry.suse.com",
]


@rule("RS322", Severity.WARNING)
def misspelt_registry(subject: LintContext) -> Iterator[RuleResult]:
    """A source is nearly the name of a well-known registry.

    A mirror of `dcoker.io` serves nothing: no image names it, and the images of `docker.io` go to
    the upstream.

    Fix: correct the name.

    Source: the public registries that charts name most.

    Bad:
        mirrors: [docker.io, docker.io/library, qauy.io]

    Good:
        mirrors: [docker.io, docker.io/library, quay.io]
    """
    sources = {mirror.source for mirror in subject.spec.mirrors}
    for mirror in subject.spec.mirrors:
        if mirror.source in _WELL_KNOWN:
            continue
        meant = [name for name in _WELL_KNOWN if name not in sources and _slip(mirror.source, name)]
        if meant:
            yield (
                mirror.place,
                f"{code_span(mirror.source)} is not a well-known registry",
                f"did you mean {' or '.join(map(code_span, meant))}?",
            )


def _slip(name: str, meant: str) -> bool:
    """Whether a name has one character more, less or other than is meant, or two the wrong way."""
    if abs(len(name) - len(meant)) > 1:
        return False
    if len(name) > 4 and name[:2] != meant[:2] and name[-2:] != meant[-2:]:  # noqa: PLR2004
        return False  # one slip leaves the beginning or the end as it is
    start = _alike(name, meant)
    name, meant = name[start:], meant[start:]
    end = _alike(name[::-1], meant[::-1])
    name, meant = name[: len(name) - end], meant[: len(meant) - end]
    if len(name) == len(meant) == 1:
        return start + 1 + end >= _SHORT
    return len(name) + len(meant) == 1 or (len(name) < 3 and name == meant[::-1])  # noqa: PLR2004


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _images(subject: LintContext) -> Iterator[tuple[Place, str, reference.Reference]]:
    """The images of the list that are references, each with its location."""
    listed = isinstance(subject.spec.images, tuple)
    images = subject.resolved.images
    for index, image in enumerate(images if isinstance(images, tuple) else ()):
        try:
            parsed = reference.parse(image)
        except reference.NotAReference:
            continue  # another rule reports it
        yield Place(("images", index) if listed else ("images",)), image, parsed
