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
from .terminal import InputError, echo_as_is, echo_error, style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..dialects.files import Tree
    from ..reading.facts import Reading

    NodeLayout = Callable[[str, "NodeTree", str], "NodeFiles | None"]

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
"""The ending of text that only people read, next to configuration. Its lines may look like TOML."""
_COPIES = (".bak", ".backup", ".orig", ".old", ".save", ".rpmnew", ".rpmsave", ".swp", "~")
_COPIES_OF_DPKG = (".dpkg-dist", ".dpkg-new", ".dpkg-old", ".ucf-dist", ".ucf-old")
"""How the names of files end that people, editors and package managers set aside."""
_OF_CONSUMERS = (".toml", ".conf")
"""How the names of files on a node end that their consumer reads if it reads their folder."""
_IN_FORCE = "import"
_SYNTAXES = (".toml", ".yaml", ".yml", ".json", ".conf", ".crt", ".pem")
"""How the names of configuration files end."""


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
    is_of_node: bool = False
    """Whether its path is the one on a node."""

    def file_text(self, path: str) -> str | None:
        """The text of a file that this one names: at its path, next to it, or of its name."""
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


def read(names: tuple[str, ...], node_of: NodeLayout | None = None) -> Iterator[Text | NodeFiles]:
    """What was given: texts, and nodes as a whole.

    Args:
        names: files, folders, tar archives of such folders; `-` is the standard input.
        node_of: returns the node that a tree is laid out as, if any. Without it, a node is the root
            of one, or its /etc/containerd.

    Raises:
        InputError: one of them cannot be read.
    """
    siblings = _Siblings()
    for name in names:
        if name != STDIN and os.path.isdir(name):
            yield from of_tree(name, of_disk(name), node_of)
            continue
        content = read_bytes(name, LARGEST_TREE)
        shown = "<stdin>" if name == STDIN else name
        if is_archive(content):
            yield from of_tree(shown, _unpacked(shown, content), node_of)
            continue
        if len(content) > LARGEST_TEXT:
            raise InputError(f"{shown}: larger than {LARGEST_TEXT} bytes")
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise InputError(f"{shown}: it is not text in UTF-8") from None
        path = "/stdin" if name == STDIN else Path(name).absolute().as_posix()
        siblings.given.append(path)
        yield Text(shown, path, text, siblings)


def texts_of(node: NodeFiles) -> Iterator[Text]:
    """The files of a node that are in force, one by one. Reports files that are not.

    Args:
        node: its files.
    """
    from .. import reports
    from ..diagnostics import Diagnostic, Severity, Span
    from ..dialects import dialects

    paths: dict[str, None] = {}
    of_a_whole: list[str] = []
    for whole in (dialect.on_node for dialect in dialects()):
        in_force = whole.in_force(node.tree) if whole else None
        if whole is None or in_force is None:
            continue
        of_a_whole.append(f"{whole.folder}/")
        paths |= dict.fromkeys(in_force.paths)
        for path in in_force.unread:
            echo_error(f"{node.shown(path)}: not read: it is not in force on this node")
        for warning in in_force.warnings:
            problem = Diagnostic(Severity.WARNING, _IN_FORCE, warning, "", Span(1, 1))
            echo_as_is(reports.concise(problem, node.shown(whole.main), style))
    for folder in _NODE:
        walked = node.tree.walk(folder)
        paths |= dict.fromkeys(path for path in walked if not path.startswith(tuple(of_a_whole)))
    for path in paths:
        text = None if is_set_aside(path) else _text(node.tree, path)
        if text is not None:
            yield Text(node.shown(path), path, text, node.tree, node.argument, is_of_node=True)


def is_set_aside(path: str) -> bool:
    """Whether a file in a folder is the copy of another one, which no consumer reads."""
    return path.endswith((*_COPIES, *_COPIES_OF_DPKG))


def is_configuration(text: Text) -> bool:
    """Whether a file has the name of configuration and is not a template: it should parse."""
    return text.path.endswith(_SYNTAXES) and "{{" not in text.content


def has_known_name(text: Text) -> bool:
    """Whether a file has the name of one that regspec reads, so that it must not be broken."""
    from ..dialects import TARGETS, formats

    if text.is_of_node and text.path.endswith(_OF_CONSUMERS):
        return True
    paths = [path for target in TARGETS.values() for path in target.files]
    for one in formats():
        paths += [*(one.on_node.paths if one.on_node else ()), one.in_each_folder]
    return posixpath.basename(text.path) in {posixpath.basename(path) for path in paths} - {""}


def is_read_on_nodes(text: Text, reading: Reading) -> bool:
    """Whether a consumer reads a file of a node at its path, as far as its format is on nodes."""
    from ..dialects import format_of

    files = format_of(reading.kind).on_node
    if files is None or not text.is_of_node:
        return True
    folder, name = posixpath.split(text.path)
    ending = posixpath.splitext(files.paths[0])[1]
    return text.path in files.paths or (folder == files.drop_ins and name.endswith(ending))


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
    """The files next to the given ones, on this machine: what a path in one may mean."""

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
        """See `Tree`; it is not called."""
        del folder
        return None

    def mode(self, folder: str) -> int | None:
        """See `Tree`; it is not called."""
        del folder
        return None


def of_tree(
    name: str, tree: NodeTree, node_of: NodeLayout | None = None
) -> Iterator[Text | NodeFiles]:
    """A node, if it is laid out as one, or else each file by itself.

    Args:
        name: what it is called in messages.
        tree: the files.
        node_of: as for `read`.
    """
    layout = node_of or _node_of
    whole = layout(name, tree, name)
    if whole:
        yield whole
        return
    nodes = []
    for folder in tree.names("/") or ():
        inside = tree.below(f"/{folder}")
        node = layout(f"{name.rstrip('/')}/{folder}", inside, name) if inside else None
        if node:
            nodes.append(f"/{folder}/")
            if not tree.is_link(f"/{folder}"):
                yield node
    for path in tree.walk():
        if not path.startswith(tuple(nodes)) and not is_set_aside(path):
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

    None for the list of the files that regspec wrote there: it has no settings of a site.

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
