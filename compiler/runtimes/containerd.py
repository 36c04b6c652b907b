"""containerd: what it asks for the manifest of an image, in order.

Source: measured on the versions in versions.MEASURED, request by request.
"""

from __future__ import annotations

from ..dialects.attempt import Attempt, Outcome, manifest_url
from ..dialects.files import Unreadable
from ..frozen import frozen, replace
from ..mirrors import assumed_scheme
from . import go, hosts_toml, node
from .hosts import default_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..dialects.files import Tree
    from ..reference import Reference
    from .versions import Version

WILDCARD = "*"
DEFAULT_FOLDER = "_default"


class Resolver:
    """What one node asks when it pulls images; its files are read once.

    Args:
        tree: the files of the node.
        version: of its containerd.
    """

    def __init__(self, tree: Tree, version: Version) -> None:
        self.configuration = node.load(tree, version)
        self._tree = tree
        self._version = version
        self._folders: dict[str, _Folder] = {}

    def pull(self, image: Reference) -> Outcome:
        """What is asked for the manifest of one image.

        Args:
            image: the reference, normalised.
        """
        configuration = self.configuration
        if not configuration.loads:
            return Outcome(loads=False, reason=configuration.reason, notes=configuration.notes)
        notes = configuration.notes
        try:
            if configuration.local and not configuration.folders:
                attempts = self._by_mirrors(image)
            else:
                folder = self._folder(image.registry)
                notes += folder.notes
                attempts = self._by_hosts(folder, image)
        except (hosts_toml.NoFile, Unreadable, ValueError) as why:
            return Outcome(loads=True, reason=str(why), notes=notes)
        # Immediate repeats are one: with the same host as [host] and as server it is asked twice.
        kept = [a for i, a in enumerate(attempts) if not i or a.url != attempts[i - 1].url]
        return Outcome(loads=True, attempts=tuple(kept), notes=notes)

    def _by_mirrors(self, image: Reference) -> list[Attempt]:
        """`registry.mirrors`: the endpoints of the registry or the wildcard, then the upstream."""
        mirrors = self.configuration.registry.get("mirrors", {})
        key = image.registry if image.registry in mirrors else WILDCARD
        endpoints = [_endpoint(text) for text in mirrors.get(key, {}).get("endpoint", [])]
        upstream = default_host(image.registry)
        if not any(endpoint.host == image.registry for endpoint in endpoints):
            endpoints.append(go.Url(assumed_scheme(upstream), upstream, ""))
        attempts = []
        for parts in endpoints:
            host = parts.host
            if not host or parts.scheme not in ("http", "https"):
                continue  # no request comes of it
            authorities, skip = self._tls(host)
            attempts.append(
                Attempt(
                    url=manifest_url(image, parts.scheme, host, parts.path or "/v2"),
                    upstream=host == upstream,
                    file=None if host == upstream else self.configuration.origins.get(key),
                    authorities=authorities,
                    skip_verify=skip,
                    login=self._login(host),
                )
            )
        return attempts

    def _tls(self, host: str) -> tuple[tuple[str, ...], bool]:
        """The CA files and whether checks are skipped, of `registry.configs."HOST".tls`."""
        tls = self.configuration.registry.get("configs", {}).get(host, {}).get("tls")
        if tls is None or self._version.major > 1:
            return (), False
        ca = tls.get("ca_file", "")
        pair = [tls.get("cert_file", ""), tls.get("key_file", "")]
        if any(pair) and not all(pair):
            raise hosts_toml.NoFile("`cert_file` and `key_file` go together: nothing is asked")
        for path in filter(None, [*pair, ca]):
            if self._tree.text(path) is None:
                raise hosts_toml.NoFile(f"{path} is missing: no request is made")
        return ((ca,) if ca else ()), bool(tls.get("insecure_skip_verify"))

    def _login(self, host: str) -> str:
        """Where the login of a host is from."""
        config = self.configuration.registry.get("configs", {}).get(host, {})
        return f'registry.configs."{host}".auth' if config.get("auth") else ""

    def _by_hosts(self, folder: _Folder, image: Reference) -> list[Attempt]:
        """`config_path`: the hosts of the registry's folder; without one, the upstream."""
        if folder.missing:
            raise hosts_toml.NoFile(folder.missing)
        hosts = [*folder.hosts]
        if not hosts or not hosts[-1].host:
            root = hosts.pop() if hosts else hosts_toml.NOBODY
            hosts.append(_upstream(root, image.registry))
        wanted = {"pull"} if image.digest else {"pull", "resolve"}
        return [
            Attempt(
                url=manifest_url(image, host.scheme, host.host, host.path),
                upstream=host.host == default_host(image.registry),
                file=folder.file,
                authorities=host.authorities,
                skip_verify=host.skip_verify,
                login=(folder.file or "") if host.has_header else self._login(host.host),
            )
            for host in hosts
            if host.host and wanted <= host.capabilities
        ]

    def _folder(self, registry: str) -> _Folder:
        """The folder of a registry: with its port in underscores, as it is, or for all others."""
        host, colon, port = registry.rpartition(":")
        names = [f"{host}_{port}_"] if colon and host else []
        for root in self.configuration.folders:
            for name in (*names, registry, DEFAULT_FOLDER):
                path = f"{root}/{name}"
                if path not in self._folders:
                    self._folders[path] = self._read(path)
                if self._folders[path].there:
                    return self._folders[path]
        return _Folder()

    def _read(self, path: str) -> _Folder:
        """One folder of certs.d."""
        names = self._tree.names(path)
        if names is None:
            if self._tree.text(path) is None:
                return _Folder(there=False)
            return _Folder(missing=f"{path} is no folder: no request is made")
        file, note, hosts = f"{path}/hosts.toml", "", None
        text = self._tree.text(file)
        if not text:
            note = f"{path} has no hosts.toml, or an empty one"
        else:
            try:
                hosts = hosts_toml.read(text, path, self._version)
            except hosts_toml.Defect as why:
                note = f"{file} is ignored: {why}"
        if hosts is None:
            # The certificates that Docker would take from there.
            found = tuple(
                f"{path}/{name}"
                for name in names
                if name.endswith(".crt") and self._tree.names(f"{path}/{name}") is None
            )
            hosts = [replace(hosts_toml.NOBODY, authorities=found)]
        missing = hosts_toml.missing_file(hosts, self._tree)
        return _Folder(tuple(hosts), None if note else file, (note,) if note else (), missing)


@frozen
class _Folder:
    """What one folder of certs.d says."""

    hosts: tuple[hosts_toml.Host, ...] = ()
    file: str | None = None
    notes: tuple[str, ...] = ()
    missing: str = ""
    """Why nothing is asked, if a file is missing."""
    there: bool = True


def _endpoint(text: str) -> go.Url:
    """The parts of an endpoint, whose scheme may be left out.

    Raises:
        ValueError: it is no URL, so that nothing at all is asked.
    """
    try:
        parts = go.url(text if "://" in text else f"dummy://{text}")
    except go.NotUrl as why:
        raise ValueError(f"the endpoint {text!r} is no URL ({why}): nothing is asked") from None
    if "://" in text:
        return parts
    # An address in brackets without a port is not taken for one of this machine.
    scheme = "https" if parts.host.endswith("]") else assumed_scheme(parts.host)
    return go.Url(scheme, parts.host, parts.path)


def _upstream(root: hosts_toml.Host, registry: str) -> hosts_toml.Host:
    """The host that an image names, with the TLS settings of the root of a hosts.toml."""
    host = default_host(registry)
    scheme = assumed_scheme(host)
    if scheme == "http" and host.rpartition("]")[2].partition(":")[2] in ("", "443"):
        scheme = "https"  # only another port of this machine is taken for http here
    return hosts_toml.Host(
        scheme=scheme,
        host=host,
        path="/v2",
        capabilities=frozenset({"pull", "resolve", "push"}),
        authorities=root.authorities,
        skip_verify=root.skip_verify,
        has_header=root.has_header,
    )
