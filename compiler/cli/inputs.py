"""The files that are read back: single ones, folders, archives, and the standard input."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from ..dialects.files import Unreadable
from ..file_list import LIST
from ..frozen import frozen
from ..limits import LARGEST_TEXT
from ..regular_file import read_regular
from .archive import is_archive, unpack
from .files import STDIN, read_bytes
from .nodes import LARGEST_TREE, NodeTree, Skipped, of_disk
from .terminal import InputError, echo_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..dialects.files import Tree
    from ..reading.facts import Reading

_NODE = (
    "/etc/containerd",
    "/etc/rancher",
    "/etc/containers",
    "/etc/docker",
    "/etc/buildkit",
)
"""The folders of which a node's root has at least one."""
_CONTAINERD = "/etc/containerd"
_PROSE = ".md"
"""Beside configuration, what only people read, though lines of it may look like TOML."""


@frozen
class Text:
    """One text that was given, or one file of a folder or archive."""

    name: str
    """What it is called in messages."""
    path: str
    content: str
    """With its byte order mark, if it has one."""
    tree: Tree
    """What else was given with it."""
    argument: str = ""
    """The word of the command line that it is from, if that is a folder or an archive."""

    def file_text(self, path: str) -> str | None:
        """The text of a file that this one names: at its path, beside it, or of its name."""
        folder, name = posixpath.split(path)
        beside = posixpath.dirname(self.path)
        candidates = [path, posixpath.join(beside, path.lstrip("/")), posixpath.join(beside, name)]
        candidates.append(posixpath.join(beside, posixpath.basename(folder), name))
        for candidate in candidates:
            try:
                text = self.tree.text(candidate)
            except Unreadable:
                continue
            if text is not None:
                return text
        return None


@frozen
class NodeFiles:
    """The files of a node that were given as a folder or archive."""

    name: str
    tree: NodeTree
    at: str
    """Where on the node the folder is: `/` if it is the root."""
    argument: str = ""
    """The word of the command line that it is from."""

    def shown(self, path: str) -> str:
        """What a file of the node is called in messages."""
        below = posixpath.relpath(path, self.at)
        return f"{self.name.rstrip('/')}/{below}"


def read(names: tuple[str, ...]) -> Iterator[Text | NodeFiles]:
    """What was given: texts, and nodes as a whole.

    Args:
        names: files, folders, tar archives of such folders; `-` is the standard input.

    Raises:
        InputError: one of them cannot be read.
    """
    siblings = _Siblings()
    for name in names:
        if name != STDIN and os.path.isdir(name):
            yield from of_tree(name, of_disk(name))
            continue
        content = read_bytes(name, LARGEST_TREE)
        shown = "<stdin>" if name == STDIN else name
        if is_archive(content):
            yield from of_tree(shown, _unpacked(shown, content))
            continue
        if len(content) > LARGEST_TEXT:
            raise InputError(f"{shown}: larger than {LARGEST_TEXT} bytes")
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise InputError(f"{shown}: it is no text in UTF-8") from None
        path = "/stdin" if name == STDIN else Path(name).absolute().as_posix()
        siblings.given.append(path)
        yield Text(shown, path, text, siblings)


def texts_of(node: NodeFiles) -> Iterator[Text]:
    """The files of a node that are read, one by one."""
    for folder in _NODE:
        for path in node.tree.walk(folder):
            text = _text(node.tree, path)
            if text is not None:
                yield Text(node.shown(path), path, text, node.tree)


def readings_of(text: Text, *, alone: bool) -> list[Reading]:
    """What a text says; nothing, if it is of no known format and stands among others.

    Args:
        text: one that was given.
        alone: whether it was named, and not only the folder that it is in.

    Raises:
        InputError: it is of no known format, and was named.
        NotADocument: it is broken.
    """
    from .. import recognise

    if text.path.endswith(_PROSE):
        if alone:
            raise InputError(f"{text.name}: it is for people to read")
        return []
    try:
        return recognise.read(text.content, text.path, text.file_text)
    except recognise.Unknown as why:
        if alone:
            formats = f": {why.formats}" if why.formats else ""
            raise InputError(f"{text.name}: {why}{formats}") from None
        return []


def _unpacked(name: str, content: bytes) -> NodeTree:
    """An archive as a tree; the members that are not in it are reported."""
    archive = unpack(name, content)
    if archive.skipped:
        more = f", and {archive.skipped - 1} more" if archive.skipped > 1 else ""
        said = f"skipped, as GNU tar does: {archive.first}{more}"
        echo_error(f"{name}: {said}")
    return NodeTree(name, archive.root)


class _Siblings:
    """The files beside those that were given, on this machine: what a path in one may mean."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def text(self, path: str) -> str | None:
        """The text of a file below the folder of one that was given; see `Tree`."""
        try:
            real = os.path.realpath(path)
        except ValueError:  # a NUL, or half of a surrogate pair: no file is called so
            return None
        folders = {posixpath.dirname(os.path.realpath(one)) for one in self.given}
        if not any(real.startswith(f"{folder}/") for folder in folders):
            return None
        try:
            content, _ = read_regular(real, most=LARGEST_TEXT + 1, follow=False)
        except OSError:
            return None
        if len(content) > LARGEST_TEXT:
            return None
        return content.decode("utf-8", "replace")

    def names(self, folder: str) -> list[str] | None:
        """See `Tree`; nobody asks."""
        del folder
        return None


def of_tree(name: str, tree: NodeTree) -> Iterator[Text | NodeFiles]:
    """A node, if it is laid out as one, or else each file by itself.

    Args:
        name: what it is called in messages.
        tree: the files.
    """
    whole = _node_of(name, tree, name)
    if whole:
        yield whole
        return
    nodes = []
    for folder in tree.names("/") or ():
        inside = tree.below(f"/{folder}")
        node = _node_of(f"{name.rstrip('/')}/{folder}", inside, name) if inside else None
        if node:
            nodes.append(f"/{folder}/")
            if not tree.is_link(f"/{folder}"):
                yield node
    for path in tree.walk():
        if not path.startswith(tuple(nodes)):
            text = _text(tree, path)
            if text is not None:
                yield Text(f"{name.rstrip('/')}{path}", path, text, tree, name)


def _node_of(name: str, tree: NodeTree, argument: str) -> NodeFiles | None:
    """The node that a tree is laid out as: a root, or its /etc/containerd; or none."""
    if any(tree.names(folder) is not None for folder in _NODE):
        return NodeFiles(name, tree, "/", argument)
    if "config.toml" in (tree.names("/") or ()):
        return NodeFiles(name, tree.mounted(_CONTAINERD), _CONTAINERD, argument)
    return None


def _text(tree: NodeTree, path: str) -> str | None:
    """The text of a file that is read because of the folder that it is in.

    None for the list of what regspec wrote there, which says nothing of a site.

    Raises:
        InputError: it cannot be read.
    """
    if posixpath.basename(path) == LIST:
        return None
    try:
        return tree.text(path)
    except Skipped as why:
        echo_error(f"{tree.name}: not read: {why}")
        return None
    except Unreadable as why:
        raise InputError(f"{tree.name}: {why}") from None
