"""containerd: what it asks for the manifest of an image, in order.

Source: measured on the versions in versions.MEASURED, request by request.
"""

from __future__ import annotations

import ipaddress
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from . import hosts_toml, node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..reference import Reference
    from .node import Configuration, Tree
    from .versions import Version

WILDCARD = "*"
DEFAULT_FOLDER = "_default"
_HUB, _HUB_HOST = "docker.io", "registry-1.docker.io"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One URL that is asked for the manifest, if every earlier one says not found."""

    url: str
    upstream: bool
    """Whether the host is the one that the image names, which containerd adds by itself."""
    file: str | None = None
    """The file because of which it is asked."""
    authorities: tuple[str, ...] = ()
    """The CA files that its certificate is checked with, beside the trust store."""
    skip_verify: bool = False
    login: str = ""
    """Where the login is from that goes along: a file, or nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the pull of one image."""

    loads: bool
    reason: str | None
    """Why the CRI plugin does not run, or why nothing is asked."""
    attempts: tuple[Attempt, ...]
    notes: tuple[str, ...]
    """What in the files is without effect, and why."""


def pull(tree: Tree, version: Version, image: Reference) -> Outcome:
    """What a node asks when it pulls an image.

    Args:
        tree: the files of the node.
        version: of its containerd.
        image: the reference, normalised.
    """
    return pull_with(node.load(tree, version), tree, version, image)


def pull_with(
    configuration: Configuration, tree: Tree, version: Version, image: Reference
) -> Outcome:
    """The same, for a configuration that is loaded already; for many images of one node."""
    if not configuration.loads:
        return Outcome(False, configuration.reason, (), configuration.notes)  # noqa: FBT003 - loads
    notes = list(configuration.notes)
    try:
        if configuration.registry.get("mirrors") or not configuration.folders:
            attempts = list(_by_mirrors(configuration, tree, version, image))
        else:
            attempts = list(_by_folders(configuration, tree, version, image, notes))
    except (hosts_toml.NoFile, ValueError) as why:
        return Outcome(True, str(why), (), tuple(notes))  # noqa: FBT003 - loads
    # Immediate repeats are one: with the same host as [host] and as server it is asked twice.
    kept = [a for i, a in enumerate(attempts) if not i or a.url != attempts[i - 1].url]
    return Outcome(True, None, tuple(kept), tuple(notes))  # noqa: FBT003 - loads


def default_host(registry: str) -> str:
    """The host of a registry: that of Docker Hub has another name."""
    return _HUB_HOST if registry == _HUB else registry


def assumed_scheme(host: str) -> str:
    """The scheme of a host for which none is said: http on this machine, else https."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name == "localhost":
        return "http"
    try:
        return "http" if ipaddress.ip_address(name).is_loopback else "https"
    except ValueError:
        return "https"


def _by_mirrors(
    configuration: Configuration, tree: Tree, version: Version, image: Reference
) -> Iterator[Attempt]:
    """`registry.mirrors`: the endpoints of the registry or of the wildcard, then the upstream."""
    mirrors = configuration.registry.get("mirrors", {})
    key = image.registry if image.registry in mirrors else WILDCARD
    endpoints = [_with_scheme(e) for e in mirrors.get(key, {}).get("endpoint", [])]
    file = configuration.origins.get(key)
    if not any(urlsplit(endpoint).netloc == image.registry for endpoint in endpoints):
        host = default_host(image.registry)
        endpoints.append(f"{assumed_scheme(host)}://{host}")
    attempts = []
    for endpoint in endpoints:
        parts = urlsplit(endpoint)
        authorities, skip = _tls(configuration, tree, version, parts.netloc)
        upstream = parts.netloc == default_host(image.registry)
        attempts.append(
            Attempt(
                url=manifest_url(image, parts.scheme, parts.netloc, parts.path or "/v2"),
                upstream=upstream,
                file=None if upstream else file,
                authorities=authorities,
                skip_verify=skip,
                login=_login(configuration, parts.netloc),
            )
        )
    yield from attempts


def _with_scheme(endpoint: str) -> str:
    """An endpoint as a URL.

    Raises:
        ValueError: it is none, so that nothing is asked.
    """
    url = endpoint if "://" in endpoint else f"//{endpoint}"
    parts = urlsplit(url)
    if any(c.isspace() or ord(c) < 0x20 for c in parts.netloc) or _bad_escape(parts.path):  # noqa: PLR2004
        raise ValueError(f"the endpoint {endpoint!r} is no URL: no request is made")
    return endpoint if "://" in endpoint else f"{assumed_scheme(parts.netloc)}://{endpoint}"


def _bad_escape(path: str) -> bool:
    escapes = path.split("%")[1:]
    return any(len(e) < 2 or not all(c in "0123456789abcdefABCDEF" for c in e[:2]) for e in escapes)  # noqa: PLR2004


def _tls(
    configuration: Configuration, tree: Tree, version: Version, host: str
) -> tuple[tuple[str, ...], bool]:
    """The CA files and whether checks are skipped, of `registry.configs."HOST".tls`."""
    tls = configuration.registry.get("configs", {}).get(host, {}).get("tls")
    if tls is None or version.major > 1:
        return (), False
    ca = tls.get("ca_file", "")
    if ca and tree.text(ca) is None:
        raise hosts_toml.NoFile(f"{ca} is missing: no request is made")
    return ((ca,) if ca else ()), bool(tls.get("insecure_skip_verify"))


def _login(configuration: Configuration, host: str) -> str:
    """Where the login of a host is from."""
    config = configuration.registry.get("configs", {}).get(host, {})
    return f'registry.configs."{host}".auth' if config.get("auth") else ""


def _by_folders(
    configuration: Configuration,
    tree: Tree,
    version: Version,
    image: Reference,
    notes: list[str],
) -> Iterator[Attempt]:
    """`config_path`: the hosts of the registry's folder; without one, the upstream."""
    folder = _folder(configuration, tree, image.registry)
    file, hosts = None, []
    if folder is not None:
        path = f"{folder}/hosts.toml"
        text = tree.text(path)
        if text is None:
            notes.append(f"{folder} has no hosts.toml")
        else:
            try:
                hosts, file = hosts_toml.read(text, folder, version), path
            except hosts_toml.Defect as why:
                notes.append(f"{path} is ignored: {why}")
        if file is None:
            hosts = [_by_certificates(folder, tree)]
    if not hosts:
        hosts = [hosts_toml.Host("", "", "", frozenset())]
    if not hosts[-1].host:
        hosts[-1] = _upstream(hosts[-1], image.registry)
    hosts_toml.check_files(hosts, tree)
    wanted = {"pull"} if image.digest else {"pull", "resolve"}
    for host in hosts:
        if not host.host or not wanted <= host.capabilities:
            continue
        yield Attempt(
            url=manifest_url(image, host.scheme, host.host, host.path),
            upstream=host.host == default_host(image.registry),
            file=file,
            authorities=host.authorities,
            skip_verify=host.skip_verify,
            login=(file or "") if host.has_header else _login(configuration, host.host),
        )


def _folder(configuration: Configuration, tree: Tree, registry: str) -> str | None:
    """The folder of a registry: with its port in underscores, as it is, or for all others."""
    host, colon, port = registry.rpartition(":")
    names = [f"{host}_{port}_"] if colon and host else []
    for root in configuration.folders:
        for name in (*names, registry, DEFAULT_FOLDER):
            if tree.names(f"{root}/{name}") is not None:
                return f"{root}/{name}"
    return None


def _by_certificates(folder: str, tree: Tree) -> hosts_toml.Host:
    """The upstream with the CA files of its folder, as Docker has them."""
    names = tree.names(folder) or []
    authorities = tuple(f"{folder}/{name}" for name in names if name.endswith(".crt"))
    return hosts_toml.Host("", "", "", frozenset(), authorities)


def _upstream(root: hosts_toml.Host, registry: str) -> hosts_toml.Host:
    """The host that an image names, with the TLS settings of the root of a hosts.toml."""
    host = default_host(registry)
    return hosts_toml.Host(
        scheme=assumed_scheme(host),
        host=host,
        path="/v2",
        capabilities=frozenset({"pull", "resolve", "push"}),
        authorities=root.authorities,
        skip_verify=root.skip_verify,
        has_header=root.has_header,
    )


def manifest_url(image: Reference, scheme: str, host: str, path: str) -> str:
    """The URL of a manifest below the root of an API; a mirror is told the registry meant.

    Args:
        image: what is asked for.
        scheme: `http` or `https`.
        host: `host[:port]`.
        path: the root of the API, such as `/v2`; slashes at its end, or twice, are one.
    """
    root = posixpath.normpath(f"/{path}/{image.repository}").replace("//", "/")
    url = f"{scheme}://{host}{root}/manifests/{image.digest or image.tag or 'latest'}"
    if host in (image.registry, default_host(image.registry)):
        return url
    return f"{url}?ns={quote(image.registry, safe='')}"
