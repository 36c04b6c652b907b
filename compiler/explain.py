"""Where each runtime will pull an image from: the rows that `regspec explain` shows."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import reference
from .emit import MAIN_WITH_IMPORTS
from .mirrors import Places
from .runtimes import containerd, containers, hosts, imageswap, k3s, node, versions
from .targets import TARGETS
from .targets.imageswap import pairs as imageswap_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .model import Choice, Spec
    from .runtimes.containerd import Attempt, Outcome
    from .runtimes.node import Tree
    from .targets import Artifact

    Rows = Callable[[str, reference.Reference], Iterator["Row"]]

MIRROR, MIRROR_THEN_UPSTREAM, UPSTREAM = "mirror", "mirror, then upstream", "upstream"
WRONG_PATH, NONE, NOT_LOADED = "wrong path", "none", "not loaded"
STRING_TARGETS = ("values", "secret", "palette")
"""The targets whose mirror string the vendor's webhook reads."""
EXPLAINED = (*STRING_TARGETS, "imageswap", "containerd", "certs.d", "k3s", "registries.conf")


@dataclass(frozen=True, slots=True)
class Row:
    """What one runtime does with one image."""

    image: str
    """As it was given."""
    runtime: str
    target: str | None
    """The target whose files it reads; none for a node."""
    version: str | None
    """Of containerd; none for other runtimes."""
    outcome: Outcome
    verdict: str
    becomes: str = ""
    """The reference that a webhook writes in its place."""


def as_json(row: Row) -> str:
    """One row as one line of JSON."""
    attempts = [
        {"url": attempt.url, "upstream": attempt.upstream, "file": attempt.file}
        for attempt in row.outcome.attempts
    ]
    return json.dumps(
        {
            "image": row.image,
            "runtime": row.runtime,
            "target": row.target,
            "version": row.version,
            "loads": row.outcome.loads,
            "reason": row.outcome.reason,
            "verdict": row.verdict,
            "attempts": attempts,
        },
        ensure_ascii=False,
    )


def of_node(tree: Tree, images: Sequence[str], wanted: Sequence[str]) -> Iterator[Row]:
    """The rows of a node's files, image by image.

    Args:
        tree: the files.
        images: references, as somebody wrote them.
        wanted: versions or lines of containerd.
    """
    resolvers = [(version, _resolver(tree, version)) for version in wanted]
    for image in images:
        parsed = reference.parse(image)
        for version, resolver in resolvers:
            outcome = resolver.pull(parsed)
            yield Row(image, "containerd", None, version, outcome, verdict(outcome))


def of_spec(
    spec: Spec,
    artifacts: Iterable[tuple[Choice, Artifact]],
    images: Sequence[str],
    wanted: Sequence[str],
) -> Iterator[Row]:
    """The rows of what a spec compiles to, image by image.

    Args:
        spec: the spec, without its logins.
        artifacts: what it compiles to, each with the choice that it is from.
        images: references, as somebody wrote them.
        wanted: versions or lines of containerd; none takes what each target says, or all lines.
    """
    texts: dict[Choice, dict[str, str]] = {}
    for choice, artifact in artifacts:
        texts.setdefault(choice, {})[artifact.path] = artifact.text
    site = _Site(spec)
    runtimes = [_runtime(site, choice, files, wanted) for choice, files in texts.items()]
    for image in images:
        parsed = reference.parse(image)
        for rows in runtimes:
            yield from rows(image, parsed)


def verdict(outcome: Outcome, meant: str | None = None, known: frozenset[str] = frozenset()) -> str:
    """What to think of a list of attempts.

    Args:
        outcome: the attempts.
        meant: `HOST/REPOSITORY` where the spec has the image; none if nobody knows.
        known: hosts that count as mirrors, even if an image is named by them.
    """
    if not outcome.loads:
        return NOT_LOADED
    if not outcome.attempts:
        return NONE
    outside = [attempt for attempt in outcome.attempts if _is_outside(attempt, known)]
    mirrors = [attempt for attempt in outcome.attempts if attempt not in outside]
    if any(_misses(attempt.url, meant) for attempt in mirrors):
        return WRONG_PATH
    if not mirrors:
        return UPSTREAM
    return MIRROR_THEN_UPSTREAM if outside else MIRROR


def _is_outside(attempt: Attempt, known: frozenset[str]) -> bool:
    return attempt.upstream and urlsplit(attempt.url).netloc not in known


def _misses(url: str, meant: str | None) -> bool:
    """Whether a URL is not below `/v2/`, or for another repository than is meant."""
    parts = urlsplit(url)
    if not parts.path.startswith("/v2/"):
        return True
    repository = parts.path.removeprefix("/v2/").rpartition("/manifests/")[0]
    return meant is not None and f"{parts.netloc}/{repository}" != meant


class _Site:
    """What the rows of one spec have in common, worked out once."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.hosts = frozenset(spec.mirror_hosts)
        self._places = Places(spec.mirrors)

    def meant(self, image: reference.Reference) -> str | None:
        """`HOST/REPOSITORY` where the spec has an image; none if it has no mirror of it."""
        if image.registry in self.hosts:
            return f"{image.registry}/{image.repository}"
        return self._places.find(image)[1] or None

    def judged(self, outcome: Outcome, image: reference.Reference) -> str:
        """The verdict on what is asked for an image."""
        return verdict(outcome, self.meant(image), self.hosts)


def _resolver(tree: Tree, version: str) -> containerd.Resolver:
    parsed = versions.parse(version)
    if parsed is None:
        raise ValueError(version)
    return containerd.Resolver(tree, parsed)


def _runtime(site: _Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """Makes the rows of one image for one target."""
    text = next(iter(files.values()))
    if choice.target in ("containerd", "certs.d"):
        return _containerd(site, choice, files, wanted)
    if choice.target in (*STRING_TARGETS, "imageswap"):
        return _webhook(site, choice.target)
    data = _data(text, choice.target)
    path = TARGETS[choice.target].destination.partition(" ")[0]
    if choice.target == "k3s":
        path = f"/etc/rancher/{choice.option('distribution', 'k3s')}"
    file = f"{path}/{TARGETS[choice.target].parts[0]}"
    first = _of_k3s if choice.target == "k3s" else _of_containers

    def rows(image: str, parsed: reference.Reference) -> Iterator[Row]:
        attempts = [*first(site, data, parsed, file)]
        outcome = containerd.Outcome(loads=True, attempts=tuple(attempts))
        name = "k3s" if choice.target == "k3s" else "containers"
        yield Row(image, name, choice.target, None, outcome, site.judged(outcome, parsed))

    return rows


def _data(text: str, target: str) -> Any:
    import yaml  # noqa: PLC0415 - only these two targets need a reader

    if target == "k3s":
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return yaml.load(text, loader)  # noqa: S506 - a safe loader
    return containers.Registries(tomllib.loads(text))


def _of_k3s(site: _Site, data: Any, image: reference.Reference, file: str) -> Iterator[Attempt]:
    """The mirror, and the upstream, which k3s adds unless a flag of its own says otherwise."""
    url = k3s.first_url(data, image)
    upstream = _upstream(image)
    if url is not None:
        host = urlsplit(url).netloc
        config = data.get("configs", {}).get(host, {})
        tls = config.get("tls", {})
        yield containerd.Attempt(
            url,
            upstream=host == hosts.default_host(image.registry),
            file=file,
            authorities=(tls["ca_file"],) if "ca_file" in tls else (),
            skip_verify=tls.get("insecure_skip_verify", False),
            login=file if "auth" in config else "",
        )
    if url != upstream.url and (url is None or image.registry not in site.hosts):
        yield upstream


def _of_containers(
    site: _Site, data: Any, image: reference.Reference, file: str
) -> Iterator[Attempt]:
    """The mirror, by https and, where it is insecure, by http; then the upstream, if it may be."""
    place = data.first_repository(image)
    if place is not None:
        yield from _by_containers(site, place, image, file)
    if place is None or site.spec.fallback == "allow":
        host = hosts.default_host(image.registry)
        if image.registry in site.hosts:
            yield from _by_containers(site, f"{image.registry}/{image.repository}", image, file)
        else:
            yield containerd.Attempt(
                containerd.manifest_url(image, "https", host, "/v2"), upstream=True
            )


def _by_containers(
    site: _Site, place: str, image: reference.Reference, file: str
) -> Iterator[Attempt]:
    """The requests for `HOST/REPOSITORY`."""
    host, _, repository = place.partition("/")
    access = site.spec.access(host)
    insecure = bool(access and (access.plain_http or access.insecure_skip_verify))
    ca = f"/etc/containers/certs.d/{host}/ca.crt" if access and access.ca_cert else ""
    for scheme in ("https", "http") if insecure else ("https",):
        yield containerd.Attempt(
            f"{scheme}://{host}/v2/{repository}/manifests/{image.digest or image.tag or 'latest'}",
            upstream=host == hosts.default_host(image.registry),
            file=file,
            authorities=(ca,) if ca and not insecure else (),
            skip_verify=insecure and scheme == "https",
            login="auth.json" if host in site.spec.logins else "",
        )


def _upstream(image: reference.Reference) -> Attempt:
    host = hosts.default_host(image.registry)
    url = containerd.manifest_url(image, hosts.assumed_scheme(host), host, "/v2")
    return containerd.Attempt(url, upstream=True)


def _containerd(site: _Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The rows of containerd, for each version."""
    if choice.target == "containerd":
        placed = {node.MAIN: next(iter(files.values()))}
    else:
        out = choice.option("out", "")
        placed = {node.MAIN: MAIN_WITH_IMPORTS}
        placed |= {
            f"/etc/containerd/{path.removeprefix(f'{out}/')}": text for path, text in files.items()
        }
        folder = choice.option("configPath")
        if folder:
            placed = {
                path.replace("/etc/containerd/certs.d/", f"{folder}/", 1): text
                for path, text in placed.items()
            }
    ca = choice.option("caFile")
    if ca:
        placed[ca] = str(site.spec.registry.access.ca_cert)
    tree = node.Files(placed)
    own = choice.option("version")
    chosen = wanted or ((own,) if own and versions.is_modelled(own) else versions.LINES)
    resolvers = [(version, _resolver(tree, version)) for version in chosen]

    def rows(image: str, parsed: reference.Reference) -> Iterator[Row]:
        for version, resolver in resolvers:
            outcome = resolver.pull(parsed)
            judged = site.judged(outcome, parsed)
            yield Row(image, "containerd", choice.target, version, outcome, judged)

    return rows


def _webhook(site: _Site, target: str) -> Rows:
    """The row of a webhook: the node then asks for what it has written."""
    if target == "imageswap":
        pairs = imageswap_pairs(site.spec)
    else:
        pairs = dict(mirror.pair.split("::", 1) for mirror in site.spec.mirrors)

    def rows(image: str, parsed: reference.Reference) -> Iterator[Row]:
        try:
            becomes = imageswap.swap(pairs, image)
        except imageswap.Refused:
            outcome = containerd.Outcome(loads=True, reason="the webhook refuses the pod: HTTP 500")
            yield Row(image, "image-swap", target, None, outcome, NONE)
            return
        try:
            written = reference.parse(becomes)
        except reference.NotAReference as why:
            outcome = containerd.Outcome(loads=True, reason=f"{becomes} is no reference: {why}")
            yield Row(image, "image-swap", target, None, outcome, NONE, becomes)
            return
        host = hosts.default_host(written.registry)
        kept = written.registry not in site.hosts
        url = f"{site.spec.origin(host)}/v2/{written.repository}/manifests/"
        attempt = containerd.Attempt(
            f"{url}{written.digest or written.tag or 'latest'}", upstream=kept
        )
        outcome = containerd.Outcome(loads=True, attempts=(attempt,))
        judged = site.judged(outcome, parsed)
        yield Row(image, "image-swap", target, None, outcome, judged, becomes)

    return rows
