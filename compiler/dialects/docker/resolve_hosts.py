"""dockerd with the containerd image store: what it requests for an image, in order.

Each registry has a hosts.toml, which the code of containerd reads. daemon.json is merged into it.

Source: moby/moby, daemon/hosts.go; run with dockerd 29.7.2.
"""

from __future__ import annotations

import posixpath
from urllib.parse import urlsplit

from ...docker_hub import HUB
from ...frozen import replace
from .. import values
from ..attempt import Outcome, Resolver
from ..containerd import HOSTS_FORMAT, MAIN, hosts_toml, versions
from ..containerd.resolve import Containerd
from . import AUTHORITIES, CONTAINERD, DAEMON
from .insecure import is_insecure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..files import Tree


def with_hosts(
    files: Tree, data: Mapping[str, Any], version: str | None, *, reads_hosts: bool
) -> Resolver:
    """The runtime with this image store.

    Args:
        files: the files of the node.
        data: of daemon.json.
        version: of dockerd, if it is known.
        reads_hosts: whether this version reads hosts.toml files.
    """
    try:
        model = _Dockerd(_Store(files, reads_hosts=reads_hosts), data)
    except values.Refused as why:
        outcome = Outcome(loads=False, reason=str(why))
        return Resolver("dockerd", lambda _written, _image: outcome, version)
    return Resolver("dockerd", lambda _written, image: model.pull(image), version)


class _Store:
    """The files of a node as the code of containerd in dockerd is given them."""

    def __init__(self, files: Tree, *, reads_hosts: bool) -> None:
        self._files = files
        self._reads_hosts = reads_hosts

    def text(self, path: str) -> str | None:
        """See `Tree`: in place of a config.toml, the folder that dockerd has built in."""
        if path == MAIN:
            plugin = '[plugins."io.containerd.cri.v1.images".registry]'
            return f'version = 3\n{plugin}\nconfig_path = "{AUTHORITIES}"\n'
        if not self._reads_hosts and posixpath.basename(path) == HOSTS_FORMAT.in_each_folder:
            return None
        return self._files.text(path)

    def names(self, folder: str) -> list[str] | None:
        """See `Tree`."""
        return self._files.names(folder)

    def mode(self, folder: str) -> int | None:
        """See `Tree`."""
        return self._files.mode(folder)


class _Dockerd(Containerd):
    """The containerd image store of a dockerd.

    Args:
        tree: the files of the node.
        data: of daemon.json.

    Raises:
        values.Refused: dockerd does not start with this daemon.json.
    """

    def __init__(self, tree: Tree, data: Mapping[str, Any]) -> None:
        version = versions.parse(CONTAINERD)
        assert version is not None  # noqa: S101 - it is one of the measured versions
        super().__init__(tree, version)
        self._data = data
        values.texts(data.get("insecure-registries"), "`insecure-registries`")
        self._mirrors = values.texts(data.get("registry-mirrors"), "`registry-mirrors`")
        for mirror in self._mirrors:
            if values.origin_of(mirror) is None:
                raise values.Refused(f"{DAEMON}: dockerd takes no mirror but http(s)://HOST[:PORT]")

    def with_others(self, registry: str, hosts: list[hosts_toml.Host]) -> list[hosts_toml.Host]:
        """The hosts with the mirrors of daemon.json, which dockerd merges only with one host.

        Source: mergeLegacyConfig in daemon/hosts.go.
        """
        if len(hosts) != 1:
            return hosts
        mirrors = self._mirrors if registry == HUB else ()
        merged = [*(_mirror(url, hosts[0]) for url in mirrors), *hosts]
        return [
            replace(host, skip_verify=True, may_be_http=True)
            if is_insecure(self._data, host.host)
            else host
            for host in merged
        ]


def _mirror(url: str, last: hosts_toml.Host) -> hosts_toml.Host:
    """A mirror of daemon.json: it has the CA, keys and headers of the host that is requested last.

    Its path is kept, and `/v2` is added unless the path ends with it.
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return replace(
        last,
        scheme=parts.scheme,
        host=parts.netloc,
        path=path if path.endswith("/v2") else f"{path}/v2",
        capabilities=frozenset({"pull", "resolve"}),
        has_tls=False,
        origin=DAEMON,
    )
