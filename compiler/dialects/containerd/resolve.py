"""containerd: its requests for the manifest of an image, in order.

Source: measured on the versions in versions.MEASURED, request by request; registryHosts in
pkg/cri/server/image_pull.go at v1.7.34 and internal/cri/server/images/image_pull.go at v2.3.4,
ConfigureHosts in hosts.go, resolver.go in remotes/docker.
"""

from __future__ import annotations

import posixpath

from ...docker_hub import default_host, is_upstream
from ...frozen import frozen, replace
from ..attempt import Attempt, Outcome, Resolver
from ..files import Unreadable
from . import CONFIG_PATH, config_load, go_syntax, hosts_toml, ignored_keys
from .versions import LINES, is_modelled, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...reference import Reference
    from ..files import Tree
    from .versions import Version

WILDCARD = "*"
DEFAULT_FOLDER = "_default"


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """One for each version that is given and modelled, or else for every line."""
    for version in modelled(versions):
        yield _resolver(files, version)


def modelled(versions: tuple[str, ...]) -> tuple[str, ...]:
    """The versions that are known, or else every line."""
    return tuple(filter(is_modelled, versions)) or LINES


def _resolver(files: Tree, version: str) -> Resolver:
    parsed = parse(version)
    assert parsed is not None  # noqa: S101 - it is modelled
    model = Containerd(files, parsed)

    def pull(written: str, image: Reference) -> Outcome:
        del written
        return model.pull(image)

    return Resolver("containerd", pull, version)


class Containerd:
    """The containerd of one node, which pulls images; its files are read once.

    Args:
        tree: the files of the node.
        version: of its containerd.
    """

    def __init__(self, tree: Tree, version: Version) -> None:
        self.configuration = config_load.load(tree, version)
        self._tree = tree
        self._version = version
        self._folders: dict[str, _Folder] = {}
        headers = self.configuration.registry.get("headers", {})
        self._may_ask = all(
            go_syntax.is_header(name, value) for name, values in headers.items() for value in values
        )
        self._notes = list(self.configuration.notes)
        if CONFIG_PATH not in self.configuration.folders and tree.names(CONFIG_PATH):
            unread = ignored_keys.of_unread_folder(CONFIG_PATH, self.configuration.folders)
            self._notes.append(unread)
        self._files = [root for root in self.configuration.folders if self._is_file(root)]

    def pull(self, image: Reference) -> Outcome:
        """The requests for the manifest of one image.

        Args:
            image: the reference, normalised.
        """
        configuration = self.configuration
        if not configuration.loads:
            return Outcome(loads=False, reason=configuration.reason, notes=configuration.notes)
        notes = [*self._notes]
        if image.registry.startswith("[") and self._version.before(1, 7, 0):
            return Outcome(
                loads=True, reason="1.6 does not treat an address as a registry", notes=tuple(notes)
            )
        try:
            if configuration.local and not configuration.folders:
                attempts = self._by_mirrors(image, notes)
            else:
                folder = self._folder(image.registry)
                notes += folder.notes
                attempts = self._by_hosts(folder, image, notes)
        except (hosts_toml.NoFile, Unreadable, ValueError) as why:
            return Outcome(loads=True, reason=str(why), notes=tuple(notes))
        # Immediate repeats are one: the same host as [host] and as server gets two requests.
        kept = [a for i, a in enumerate(attempts) if not i or a.url != attempts[i - 1].url]
        return Outcome(loads=True, attempts=tuple(kept), notes=tuple(notes))

    def _by_mirrors(self, image: Reference, notes: list[str]) -> list[Attempt]:
        """`registry.mirrors`: the endpoints of the registry or the wildcard, then the upstream."""
        mirrors = self.configuration.registry.get("mirrors", {})
        key = image.registry if image.registry in mirrors else WILDCARD
        endpoints = [
            _endpoint(text, self._version) for text in mirrors.get(key, {}).get("endpoint", [])
        ]
        upstream = default_host(image.registry)
        if not any(endpoint.host == image.registry for endpoint in endpoints):
            scheme = "http" if go_syntax.is_localhost(upstream) else "https"
            endpoints.append(go_syntax.Url(scheme, upstream, ""))
        attempts = []
        for parts in endpoints:
            host = parts.host
            authorities, skip = self._tls(host)
            url = self._url(image, parts.scheme, host, parts.path or "/v2", notes)
            if url:
                attempts.append(
                    Attempt(
                        url=url,
                        upstream=is_upstream(host, image.registry, parts.scheme),
                        file=None if host == upstream else self.configuration.origins.get(key),
                        authorities=authorities,
                        skip_verify=skip,
                        login=self._login(host),
                    )
                )
        return attempts

    def _url(self, image: Reference, scheme: str, host: str, path: str, notes: list[str]) -> str:
        """The URL of a manifest as it is requested, or nothing if no manifest is.

        A `?` or `#` in the path cuts it, and a header that HTTP forbids keeps the request back.

        Source: request.String and addNamespace in remotes/docker/resolver.go at v1.7.34, addQuery
        at v2.2.0.

        Raises:
            ValueError: no request is sent.
        """
        if not self._may_ask:
            return ""
        root = posixpath.normpath(f"/{path}/{image.repository}").replace("//", "/")
        manifest = f"/manifests/{image.digest or image.tag or 'latest'}"
        asked = root + manifest
        if host not in (image.registry, default_host(image.registry)):
            keeps = not self._version.before(2, 2, 0)
            asked = go_syntax.with_query(asked, "ns", image.registry, keeps=keeps)
        url = go_syntax.requested(f"{scheme}://{host}{asked}", self._version) or ""
        if url and manifest not in url:
            notes.append(f"{url} is requested in place of the manifest: its path is cut short")
            return ""
        return url

    def _tls(self, host: str) -> tuple[tuple[str, ...], bool]:
        """The CA files and whether checks are skipped, of `registry.configs."HOST".tls`."""
        tls = self.configuration.registry.get("configs", {}).get(host, {}).get("tls")
        if tls is None or self._version.major > 1:
            return (), False
        ca = tls.get("ca_file", "")
        pair = [tls.get("cert_file", ""), tls.get("key_file", "")]
        if any(pair) and not all(pair):
            raise hosts_toml.NoFile("`cert_file` and `key_file` go together: no request is made")
        if ca and self._tree.text(ca) is None:
            raise hosts_toml.NoFile(f"{ca} is missing: no request is made")
        why = hosts_toml.missing_pair((pair[0], pair[1]), self._tree) if all(pair) else ""
        if why:
            raise hosts_toml.NoFile(why)
        return ((ca,) if ca else ()), bool(tls.get("insecure_skip_verify"))

    def _login(self, host: str) -> str:
        """Where the login of a host is from."""
        config = self.configuration.registry.get("configs", {}).get(host, {})
        return f'registry.configs."{host}".auth' if config.get("auth") else ""

    def _by_hosts(self, folder: _Folder, image: Reference, notes: list[str]) -> list[Attempt]:
        """`config_path`: the hosts of the registry's folder; without one, the upstream."""
        if folder.missing:
            raise hosts_toml.NoFile(folder.missing)
        hosts = [*folder.hosts]
        if not hosts or not hosts[-1].host:
            root = hosts.pop() if hosts else hosts_toml.NOBODY
            hosts.append(_upstream(root, image.registry, self._version))
        hosts = self.with_others(image.registry, hosts)
        wanted = {"pull"} if image.digest else {"pull", "resolve"}
        attempts = []
        for host in hosts:
            first = _tries_https_first(host, self._version)
            scheme = "https" if first else host.scheme
            url = self._url(image, scheme, host.host, host.path, notes)
            if url and wanted <= host.capabilities and not host.is_silent:
                attempts.append(
                    Attempt(
                        url=url,
                        upstream=is_upstream(host.host, image.registry, host.scheme),
                        file=host.origin or folder.file,
                        authorities=host.authorities,
                        skip_verify=host.skip_verify,
                        login=(folder.file or "") if host.has_header else self._login(host.host),
                        falls_back=first or (host.may_be_http and host.scheme == "https"),
                    )
                )
        return attempts

    def with_others(self, registry: str, hosts: list[hosts_toml.Host]) -> list[hosts_toml.Host]:
        """The hosts of a registry, with hosts that the runtime adds; containerd adds none.

        Args:
            registry: the registry that the image names.
            hosts: what its folder says, the upstream included.
        """
        del registry
        return hosts

    def _folder(self, registry: str) -> _Folder:
        """The folder of a registry: with its port in underscores, as it is, or for all others."""
        host, colon, port = registry.rpartition(":")
        names = [f"{host}_{port}_"] if colon and host else []
        for root in self.configuration.folders:
            if root in self._files:
                return _Folder(missing=f"{root} is not a folder: no request is made")
            for name in (*names, registry, DEFAULT_FOLDER):
                path = f"{root}/{name}"
                if path not in self._folders:
                    self._folders[path] = self._read(path)
                if self._folders[path].there:
                    return self._folders[path]
        return _Folder()

    def _is_file(self, path: str) -> bool:
        """Whether a path, or a folder above it, is a file."""
        while path not in ("", "/"):
            if self._tree.names(path) is not None:
                return False
            if self._is_there(path):
                return True
            path = posixpath.dirname(path)
        return False

    def _is_there(self, path: str) -> bool:
        """Whether there is a file, be it a pipe or one that may not be read."""
        try:
            return self._tree.text(path) is not None
        except Unreadable:
            return True

    def _read(self, path: str) -> _Folder:
        """One folder of certs.d."""
        names = self._tree.names(path)
        if names is None:
            if not self._is_there(path):
                return _Folder(there=False)
            return _Folder(missing=f"{path} is not a folder: no request is made")
        file, note, hosts = f"{path}/hosts.toml", "", None
        ignored: list[str] = []
        if self._tree.names(file) is not None:
            return _Folder(missing=f"{file} is a folder: no request is made")
        text = self._tree.text(file)
        if not text:
            note = f"{path} has no hosts.toml, or an empty one"
        else:
            try:
                hosts = hosts_toml.read(text, path, self._version, ignored)
            except hosts_toml.Defect as why:
                note = f"{file} is ignored: {why}"
            except hosts_toml.NoFile as why:
                return _Folder(missing=f"{file}: {why}")
        if hosts is None:
            hosts = [self._of_docker(path, names)]
        missing = hosts_toml.missing_file(hosts, self._tree)
        notes = (*((note,) if note else ()), *ignored)
        return _Folder(tuple(hosts), None if note else file, notes, missing)

    def _of_docker(self, path: str, names: list[str]) -> hosts_toml.Host:
        """The certificates and keys that Docker would take from a folder.

        Source: loadCertFiles in hosts.go.
        """
        files = {name: f"{path}/{name}" for name in sorted(names)}
        files = {name: at for name, at in files.items() if self._tree.names(at) is None}
        authorities = tuple(at for name, at in files.items() if name.endswith(".crt"))
        clients = tuple(
            (at, f"{path}/{key}" if (key := f"{name[:-5]}.key") in names else at)
            for name, at in files.items()
            if name.endswith(".cert")
        )
        return replace(
            hosts_toml.NOBODY,
            authorities=authorities,
            clients=clients,
            has_tls=bool(authorities or clients),
        )


@frozen
class _Folder:
    """What one folder of certs.d says."""

    hosts: tuple[hosts_toml.Host, ...] = ()
    file: str | None = None
    notes: tuple[str, ...] = ()
    missing: str = ""
    """Why no request is sent, if a file is missing."""
    there: bool = True


def _endpoint(text: str, version: Version) -> go_syntax.Url:
    """The parts of an endpoint, whose scheme may be left out.

    Raises:
        ValueError: it is not a URL, so that no request is sent.
    """
    try:
        if "://" not in text:
            scheme = (
                "http"
                if go_syntax.is_localhost(go_syntax.url(f"dummy://{text}", version).host)
                else "https"
            )
            text = f"{scheme}://{text}"
        return go_syntax.url(text, version)
    except go_syntax.NotUrl as why:
        raise ValueError(
            f"the endpoint {text!r} is not a URL ({why}): no request is made"
        ) from None


def _upstream(root: hosts_toml.Host, registry: str, version: Version) -> hosts_toml.Host:
    """The host that an image names, with the TLS settings of the root of a hosts.toml.

    This machine is contacted by http, and its certificate is not checked.

    Source: ConfigureHosts in hosts.go at v1.6.24, v1.6.25, v1.7.7 and v1.7.8.
    """
    host, scheme = default_host(registry), "https"
    skips = root.skip_verify
    if go_syntax.is_localhost(registry):
        port = go_syntax.port_of(registry)
        older = version.before(1, 6, 25) or (version.minor == 7 and version.before(1, 7, 8))  # noqa: PLR2004
        scheme = "http" if older or port not in ("", "443") else "https"
        if older or port != "80":
            root, skips = replace(root, has_tls=True), True
    return replace(
        root,
        scheme=scheme,
        host=host,
        path="/v2",
        capabilities=frozenset({"pull", "resolve", "push"}),
        skip_verify=skips,
    )


def _tries_https_first(host: hosts_toml.Host, version: Version) -> bool:
    """Whether an http host with settings of TLS is contacted by https first.

    Source: explicitTLS in hosts.go at v1.6.25, v1.7.7, v1.7.8, v1.7.24 and v2.0.0.
    """
    if host.scheme != "http" or not host.has_tls:
        return False
    line, patch = (version.major, version.minor), version.patch
    exempt: dict[tuple[int, int], list[tuple[int, tuple[str, ...] | None]]] = {
        (1, 6): [(25, ("", "80")), (0, None)],
        (1, 7): [(24, ("80",)), (8, ("", "80")), (7, ()), (0, None)],
    }
    ports = next(ports for since, ports in exempt.get(line, [(0, ("80",))]) if patch >= since)
    return ports is not None and go_syntax.port_of(host.host) not in ports
