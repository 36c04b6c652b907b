"""What the runtime of each target asks for an image, given what the target makes."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from . import reference
from .dialects import TARGETS
from .dialects.containerd import CONFIG_PATH
from .dialects.talos import resolve as talos
from .emit import MAIN_WITH_IMPORTS, read_toml
from .frozen import frozen, replace
from .mirrors import Places, assumed_scheme
from .runtimes import (
    buildkit,
    containerd,
    containers,
    docker,
    hosts,
    imageswap,
    k3s,
    node,
    openshift,
    versions,
)
from .targets import certs_d
from .targets.imageswap import pairs as imageswap_pairs
from .verdicts import NONE, Row, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .model import Choice, Spec
    from .runtimes.containerd import Attempt, Outcome
    from .runtimes.node import Tree

    Rows = Callable[[str, reference.Reference], Iterator[Row]]


class Site:
    """What the rows of one spec have in common, worked out once."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.hosts = frozenset(spec.mirror_hosts)
        """The hosts that the spec has mirrors on."""
        self._places = Places(spec.mirrors)

    def meant(self, image: reference.Reference) -> str | None:
        """`HOST/REPOSITORY` where the spec has an image; none if it has no mirror of it."""
        if image.registry in self.hosts:
            return f"{image.registry}/{image.repository}"
        return self._places.find(image)[1] or None

    def judged(self, outcome: Outcome, image: reference.Reference) -> str:
        """The verdict on what is asked for an image."""
        return verdict(outcome, self.meant(image), self.hosts)


def resolver(tree: Tree, version: str) -> containerd.Resolver:
    """The model of containerd for a node, by what somebody called its version."""
    parsed = versions.parse(version)
    if parsed is None:
        raise ValueError(version)
    return containerd.Resolver(tree, parsed)


def _containerd(site: Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The rows of containerd, for each version."""
    if choice.target == "containerd":
        placed = {node.MAIN: next(iter(files.values()))}
    else:
        out = choice.option("out", TARGETS[choice.target].file)
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
    own = choice.option("version")
    chosen = wanted or ((own,) if own and versions.is_modelled(own) else versions.LINES)

    def tree(version: str) -> Tree:
        if choice.target != "kind":
            return node.Files(placed)
        main = _of_node_image(next(iter(files.values())), version)
        return node.Files(placed | {node.MAIN: main})

    resolvers = [(version, resolver(tree(version), version)) for version in chosen]

    def rows(image: str, parsed: reference.Reference) -> Iterator[Row]:
        for version, model in resolvers:
            outcome = model.pull(parsed)
            judged = site.judged(outcome, parsed)
            yield Row(image, "containerd", choice.target, version, outcome, judged)

    return rows


def _of_node_image(cluster: str, version: str) -> str:
    """config.toml of a kind node: with the patch, or as the image of a version has it.

    Images with containerd 2.x set `config_path`; those with 1.x do not (RS230).
    """
    table, value = f'[plugins."{certs_d.PLUGIN[1]}".registry]', CONFIG_PATH
    parsed = versions.parse(version)
    of_image = f'{table}\nconfig_path = "{value}"\n' if parsed and parsed.major > 1 else ""
    patches = _yaml(cluster)[0].get("containerdConfigPatches", [of_image])
    return f"version = 2\n{patches[0]}"


def _webhook(site: Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The row of a webhook: the node then asks for what it has written."""
    del files, wanted
    target = choice.target
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


def _k3s(site: Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The row of k3s or RKE2, by registries.yaml."""
    del wanted
    (data,) = _yaml(next(iter(files.values())))
    folder = f"/etc/rancher/{choice.option('distribution', 'k3s')}"
    file = f"{folder}/{TARGETS[choice.target].parts[0]}"
    return _rows(site, "k3s", choice, lambda image: _by_k3s(site, data, image, file))


def _by_k3s(site: Site, data: Any, image: reference.Reference, file: str) -> Iterator[Attempt]:
    """The mirror, and the upstream, which k3s adds unless a flag of its own says otherwise."""
    upstream = _of_k3s(data, _upstream(image).url, image, file)
    url = k3s.first_url(data, image)
    if url is not None:
        yield replace(_of_k3s(data, url, image, file), file=file)
    if url != upstream.url and (url is None or image.registry not in site.hosts):
        yield upstream


def _of_k3s(data: Any, url: str, image: reference.Reference, file: str) -> Attempt:
    """A request, with what registries.yaml has for its host, whether it is a mirror or not."""
    host = urlsplit(url).netloc
    config = data.get("configs", {}).get(host, {})
    tls = config.get("tls", {})
    return containerd.Attempt(
        url,
        upstream=host == hosts.default_host(image.registry),
        file=file if config else None,
        authorities=(tls["ca_file"],) if "ca_file" in tls else (),
        skip_verify=tls.get("insecure_skip_verify", False),
        login=file if "auth" in config else "",
    )


def _containers(site: Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The row of podman, CRI-O, skopeo and buildah, by registries.conf."""
    del wanted
    data = containers.Registries(read_toml(next(iter(files.values()))))
    on_node = _OnNode(f"/etc/containers/{TARGETS[choice.target].parts[0]}")
    return _rows(site, "containers", choice, lambda image: _by_prefix(site, data, image, on_node))


def _openshift(site: Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The row of CRI-O on OpenShift, by what its operator makes of the objects."""
    del wanted
    objects = [one for path, text in files.items() if path.endswith(".yaml") for one in _yaml(text)]
    data = containers.Registries(openshift.registries_conf(objects))
    on_node = _OnNode(openshift.FILE, openshift.AUTHORITIES, "the pull secret of the cluster")
    return _rows(site, "openshift", choice, lambda image: _by_prefix(site, data, image, on_node))


@frozen
class _OnNode:
    """Where CRI-O, podman and the others read what."""

    file: str
    """Of the mirrors."""
    authorities: str = "/etc/containers/certs.d"
    logins: str = "auth.json"


def _by_prefix(
    site: Site, data: containers.Registries, image: reference.Reference, on_node: _OnNode
) -> Iterator[Attempt]:
    """The mirror, by https and, where it is insecure, by http; then the upstream, if it may be."""
    place, blocked = data.asked(image)
    if place is not None:
        yield from _by_containers(site, place, image, on_node)
    if not blocked:
        host = hosts.default_host(image.registry)
        if image.registry in site.hosts:
            name = f"{image.registry}/{image.repository}"
            yield from _by_containers(site, name, image, on_node)
        else:
            yield containerd.Attempt(
                containerd.manifest_url(image, "https", host, "/v2"), upstream=True
            )


def _by_containers(
    site: Site, place: str, image: reference.Reference, on_node: _OnNode
) -> Iterator[Attempt]:
    """The requests for `HOST/REPOSITORY`."""
    host, _, repository = place.partition("/")
    access = site.spec.access(host)
    insecure = site.spec.is_insecure(host)
    ca = f"{on_node.authorities}/{host}/ca.crt" if access and access.ca_cert else ""
    for scheme in ("https", "http") if insecure else ("https",):
        yield containerd.Attempt(
            f"{scheme}://{host}/v2/{repository}/manifests/{image.digest or image.tag or 'latest'}",
            upstream=host == hosts.default_host(image.registry),
            file=on_node.file,
            authorities=(ca,) if ca and not insecure else (),
            skip_verify=insecure and scheme == "https",
            login=on_node.logins if access and access.has_login else "",
        )


def _talos(site: Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The row of Talos, by its machine configuration."""
    del wanted
    registries = talos.Registries(_yaml(next(iter(files.values()))))
    return _rows(site, "talos", choice, registries.attempts)


def _docker(site: Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The row of dockerd, by daemon.json."""
    del wanted
    data = json.loads(next(iter(files.values())))
    folder = f"{choice.option('out', TARGETS[choice.target].file)}/"
    placed = frozenset(f"/etc/docker/{path.removeprefix(folder)}" for path in files)
    return _rows(site, "dockerd", choice, lambda image: _by_docker(data, image, placed))


def _by_docker(data: Any, image: reference.Reference, placed: frozenset[str]) -> Iterator[Attempt]:
    """The mirrors of Docker Hub, or the host by https and then, where it may be, by http."""
    host = hosts.default_host(image.registry)
    own = [f"https://{host}", *([f"http://{host}"] if docker.is_insecure(data, host) else [])]
    urls = docker.mirror_urls(data, image)
    for url in (*urls, *(docker.manifest_url(origin, image) for origin in own)):
        parts = urlsplit(url)
        insecure = docker.is_insecure(data, parts.netloc)
        ca = f"/etc/docker/certs.d/{parts.netloc}/ca.crt"
        yield containerd.Attempt(
            url,
            upstream=parts.netloc == host,
            file="/etc/docker/daemon.json" if url in urls else None,
            authorities=(ca,) if ca in placed and parts.scheme == "https" else (),
            skip_verify=insecure and parts.scheme == "https",
        )


def _buildkit(site: Site, choice: Choice, files: dict[str, str], wanted: Sequence[str]) -> Rows:
    """The row of BuildKit, by buildkitd.toml."""
    del wanted
    data = read_toml(next(iter(files.values())))
    return _rows(site, "buildkit", choice, lambda image: _by_buildkit(data, image))


def _by_buildkit(data: Any, image: reference.Reference) -> Iterator[Attempt]:
    """The mirror, and then the upstream, which BuildKit always adds."""
    upstream = hosts.default_host(image.registry)
    scheme = buildkit.scheme(data, image.registry)
    own = containerd.manifest_url(image, scheme, upstream, "/v2")
    for url in dict.fromkeys(filter(None, (buildkit.first_url(data, image), own))):
        host = urlsplit(url).netloc
        table = buildkit.of_host(data, host if url != own else image.registry)
        yield containerd.Attempt(
            url,
            upstream=host == upstream,
            file="/etc/buildkit/buildkitd.toml" if url != own else None,
            authorities=tuple(table.get("ca", ())),
            skip_verify=table.get("insecure", False),
        )


def _upstream(image: reference.Reference) -> Attempt:
    host = hosts.default_host(image.registry)
    url = containerd.manifest_url(image, assumed_scheme(host), host, "/v2")
    return containerd.Attempt(url, upstream=True)


def _rows(
    site: Site,
    runtime: str,
    choice: Choice,
    attempts: Callable[[reference.Reference], Iterator[Attempt]],
) -> Rows:
    """The rows of a runtime that has one form, whatever its version."""

    def rows(image: str, parsed: reference.Reference) -> Iterator[Row]:
        outcome = containerd.Outcome(loads=True, attempts=tuple(attempts(parsed)))
        yield Row(image, runtime, choice.target, None, outcome, site.judged(outcome, parsed))

    return rows


def _yaml(text: str) -> list[Any]:
    """The documents of a stream that hold something."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, loader) if document]


RUNTIMES: dict[str, Callable[[Site, Choice, dict[str, str], Sequence[str]], Rows]] = {
    "values": _webhook,
    "secret": _webhook,
    "palette": _webhook,
    "imageswap": _webhook,
    "containerd": _containerd,
    "certs.d": _containerd,
    "k3s": _k3s,
    "registries.conf": _containers,
    "talos": _talos,
    "openshift": _openshift,
    "docker": _docker,
    "buildkit": _buildkit,
    "kind": _containerd,
}
"""For each target that a runtime reads: what makes the rows of its files."""
