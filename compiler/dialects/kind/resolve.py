"""A node of a kind cluster: containerd with what the cluster mounts and patches."""

from __future__ import annotations

import posixpath

from ..containerd import CONFIG_PATH, MAIN
from ..containerd import resolve as containerd
from ..containerd.versions import parse
from ..files import Files, yaml_documents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..attempt import Resolver
    from ..files import Tree

_PLUGIN = "io.containerd.grpc.v1.cri"


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """Containerd of each version, which decides what the node image sets."""
    (cluster,) = yaml_documents(files.text("/cluster.yaml") or "")
    mounted = dict(_mounted(files, cluster))
    for version in containerd.modelled(versions):
        node = Files(mounted | {MAIN: _of_node_image(cluster, version)})
        yield from containerd.resolvers(node, (version,))


def _mounted(files: Tree, cluster: Any) -> Iterator[tuple[str, str]]:
    """The files of a node that the cluster mounts, by their paths there."""
    for mount in cluster["nodes"][0].get("extraMounts", ()):
        folder = posixpath.join("/", mount["hostPath"])
        yield from _below(files, folder, mount["containerPath"])


def _below(files: Tree, folder: str, there: str) -> Iterator[tuple[str, str]]:
    for name in files.names(folder) or ():
        path = posixpath.join(folder, name)
        text = files.text(path)
        if text is None:
            yield from _below(files, path, posixpath.join(there, name))
        else:
            yield posixpath.join(there, name), text


def _of_node_image(cluster: Any, version: str) -> str:
    """config.toml of a kind node: with the patch, or as the image of a version has it.

    Images with containerd 2.x set `config_path`; those with 1.x do not (RS230).
    """
    parsed = parse(version)
    table = f'[plugins."{_PLUGIN}".registry]\nconfig_path = "{CONFIG_PATH}"\n'
    of_image = table if parsed and parsed.major > 1 else ""
    patches = cluster.get("containerdConfigPatches", [of_image])
    return f"version = 2\n{patches[0]}"
