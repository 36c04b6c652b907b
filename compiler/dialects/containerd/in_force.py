"""Which files of a node containerd reads: config.toml, its imports, and the folders of certs.d."""

from __future__ import annotations

import posixpath

from ...limits import TooMuch
from ..files import FilesInForce, Unreadable
from . import CONFIG_PATH, CONFIG_ROOT, MAIN, config_load, versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..files import Tree

_HOSTS = "hosts.toml"
_ENDING = ".toml"


def files_in_force(tree: Tree) -> FilesInForce | None:
    """The files that any version of containerd reads, with what is left of the others.

    Args:
        tree: the files of a node.

    Returns:
        Them; none if config.toml is not there, or is refused by every version, so that it cannot be
        known.
    """
    try:
        if tree.text(MAIN) is None:
            return None
    except Unreadable:
        return None
    try:
        loaded = [
            (line, config_load.load(tree, version), config_load.paths(tree, version))
            for line in versions.LINES
            if (version := versions.parse(line))
        ]
    except TooMuch:
        return None
    running = [one for one in loaded if one[1].loads]
    if not running:
        return None
    configuration = dict.fromkeys(path for _, _, paths in running for path in paths)
    named = dict.fromkeys(
        folder
        for _, one, _ in running
        if one.registry.get("config_path") and one.file is not None
        for folder in one.folders
    )
    by_default = [line for line, one, _ in running if CONFIG_PATH in one.folders]
    folders = tuple(named) or ((CONFIG_PATH,) if _has_hosts(tree, CONFIG_PATH) else ())
    warnings = []
    if not named and folders and not any(one.registry.get("mirrors") for _, one, _ in running):
        who = f"containerd before {by_default[0]}" if by_default else "containerd"
        warnings.append(f"`config_path` is not set: {who} does not read {CONFIG_PATH}")
    elif not named and folders:
        folders = ()
    warnings += [
        f"`config_path` names {folder}, which is not among the files that were given"
        for folder in named
        if tree.names(folder) is None
    ]
    paths = [*configuration, *(path for folder in folders for path in _below(tree, folder))]
    unread = [path for path in _likely(tree) if path not in paths]
    return FilesInForce(tuple(paths), tuple(unread), tuple(warnings))


def _has_hosts(tree: Tree, root: str) -> bool:
    return any(_HOSTS in (tree.names(f"{root}/{name}") or ()) for name in tree.names(root) or ())


def _below(tree: Tree, root: str) -> Iterator[str]:
    """The files in the folders of a certs.d."""
    for folder in tree.names(root) or ():
        for name in tree.names(f"{root}/{folder}") or ():
            yield f"{root}/{folder}/{name}"


def _likely(tree: Tree) -> Iterator[str]:
    """The files below /etc/containerd that would be read in another place."""
    for name in tree.names(CONFIG_ROOT) or ():
        path = f"{CONFIG_ROOT}/{name}"
        if name.endswith(_ENDING):
            yield path
        for below in tree.names(path) or ():
            if below.endswith(_ENDING):
                yield posixpath.join(path, below)
            elif _HOSTS in (tree.names(posixpath.join(path, below)) or ()):
                yield posixpath.join(path, below, _HOSTS)
