"""The files that are read back: single ones, folders, archives, and the standard input."""

from __future__ import annotations

import io
import os
import posixpath
import tarfile
import zlib
from pathlib import Path

from ..dialects.files import Files, Unreadable
from ..frozen import frozen
from ..limits import LARGEST_TEXT
from ..regular_file import read_regular
from .files import STDIN, read_bytes
from .nodes import NodeFolder
from .terminal import Unusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..dialects.files import Tree
    from ..readers import Reading

_LARGEST = 64 * 1024 * 1024
"""The largest file or archive that is read, in bytes; of an archive, unpacked."""
_MOST_FILES = 10_000
_MOST_WALKED = 25_000
"""How many files and folders may be below a folder of a node: for each registry there are two."""
_DEEPEST = 32
_MOST_LINKS = 500
_LINKS_DEEP = 8
"""How many links may lead to each other in an archive."""
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
_GZIP, _TAR, _TAR_AT = b"\x1f\x8b", b"ustar", 257


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
    tree: Tree
    at: str
    """Where on the node the folder is: `/` if it is the root."""
    argument: str = ""
    """The word of the command line that it is from."""

    def shown(self, path: str) -> str:
        """What a file of the node is called in messages."""
        below = posixpath.relpath(path, self.at)
        return f"{self.name.rstrip('/')}/{below}"


@frozen
class _Inside:
    """A folder of a tree as a tree of its own."""

    tree: Tree
    folder: str

    def text(self, path: str) -> str | None:
        """See `Tree`."""
        return self.tree.text(f"{self.folder}{posixpath.normpath(path)}")

    def names(self, folder: str) -> list[str] | None:
        """See `Tree`."""
        return self.tree.names(posixpath.normpath(f"{self.folder}{folder}"))


@frozen
class _Below:
    """A tree of files that is mounted at a path."""

    tree: Tree
    at: str

    def text(self, path: str) -> str | None:
        """See `Tree`."""
        inside = posixpath.relpath(path, self.at)
        return None if inside.startswith("..") else self.tree.text(f"/{inside}")

    def names(self, folder: str) -> list[str] | None:
        """See `Tree`."""
        if folder == self.at:
            return self.tree.names("/")
        inside = posixpath.relpath(folder, self.at)
        return None if inside.startswith("..") else self.tree.names(f"/{inside}")


def read(names: tuple[str, ...]) -> Iterator[Text | NodeFiles]:
    """What was given: texts, and nodes as a whole.

    Args:
        names: files, folders, tar archives of such folders; `-` is the standard input.

    Raises:
        Unusable: one of them cannot be read.
    """
    siblings = _Siblings()
    for name in names:
        if name != STDIN and os.path.isdir(name):
            folder = NodeFolder(Path(name))
            yield from of_tree(name, folder, lambda path, root=name: os.path.islink(root + path))  # type: ignore[misc]
            continue
        content = read_bytes(name, _LARGEST)
        shown = "<stdin>" if name == STDIN else name
        empty = bool(content) and not content.strip(b"\0")  # as an archive of nothing is
        if empty or content.startswith(_GZIP) or content[_TAR_AT:].startswith(_TAR):
            yield from of_tree(shown, _unpacked(shown, content))
            continue
        if len(content) > LARGEST_TEXT:
            raise Unusable(f"{shown}: larger than {LARGEST_TEXT} bytes")
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise Unusable(f"{shown}: it is no text in UTF-8") from None
        path = "/stdin" if name == STDIN else Path(name).absolute().as_posix()
        siblings.given.append(path)
        yield Text(shown, path, text, siblings)


def texts_of(node: NodeFiles) -> Iterator[Text]:
    """The files of a node that are read, one by one."""
    for folder in _NODE:
        for path in _walk(node.name, node.tree, folder):
            text = node.tree.text(path)
            if text is not None:
                yield Text(node.shown(path), path, text, node.tree)


def readings_of(text: Text, *, alone: bool) -> list[Reading]:
    """What a text says; nothing, if it is of no known format and stands among others.

    Args:
        text: one that was given.
        alone: whether it was named, and not only the folder that it is in.

    Raises:
        Unusable: it is of no known format, and was named.
        NotADocument: it is broken.
    """
    from .. import readers

    if text.path.endswith(_PROSE):
        if alone:
            raise Unusable(f"{text.name}: it is for people to read")
        return []
    try:
        return readers.read(text.content, text.path, text.file_text)
    except readers.Unknown as why:
        if alone:
            formats = f": {why.formats}" if why.formats else ""
            raise Unusable(f"{text.name}: {why}{formats}") from None
        return []


class _Siblings:
    """The files beside those that were given, on this machine: what a path in one may mean."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def text(self, path: str) -> str | None:
        """The text of a file below the folder of one that was given; see `Tree`."""
        if "\0" in path:
            return None
        real = os.path.realpath(path)
        folders = {posixpath.dirname(os.path.realpath(one)) for one in self.given}
        if not any(real.startswith(f"{folder}/") for folder in folders):
            return None
        try:
            content, _ = read_regular(real, most=LARGEST_TEXT + 1, follow=False)
        except OSError:
            return None
        return None if len(content) > LARGEST_TEXT else content.decode("utf-8", "replace")

    def names(self, folder: str) -> list[str] | None:
        """See `Tree`; nobody asks."""
        del folder
        return None


def _unpacked(name: str, content: bytes) -> Files:
    """The regular files of an archive; nothing of it is written to the disk."""
    texts: dict[str, str] = {}
    links: dict[str, str] = {}
    left = _LARGEST
    try:
        if content.startswith(_GZIP):
            # As a whole and no further than this: a header alone may claim gigabytes.
            content = zlib.decompressobj(wbits=31).decompress(content, _LARGEST + 1)
        if len(content) > _LARGEST:
            raise Unusable(f"{name}: it holds too much")
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for count, member in enumerate(archive):
                left -= member.size
                if left < 0 or count > _MOST_FILES or len(links) > _MOST_LINKS:
                    raise Unusable(f"{name}: it holds too much")
                path = posixpath.normpath(f"/{member.name}")
                if member.issym():
                    links[path] = posixpath.join(posixpath.dirname(path), member.linkname)
                elif member.islnk():
                    links[path] = f"/{member.linkname}"
                elif file := archive.extractfile(member) if member.isfile() else None:
                    texts[path] = file.read(_LARGEST).decode("utf-8", "replace")
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError):
        raise Unusable(f"{name}: it is no whole archive") from None
    return Files(_linked(texts, links))


def _linked(texts: dict[str, str], links: dict[str, str]) -> dict[str, str]:
    """The texts with those that links lead to, as on the node: an absolute one begins at the root.

    A link that leads out of the archive, or to what it is in itself, leads nowhere.
    """
    for _ in range(_LINKS_DEEP):
        before = len(texts)
        for path, target in links.items():
            real = posixpath.normpath(target)
            if path.startswith(f"{real.rstrip('/')}/"):
                continue
            below = {
                path + one.removeprefix(real): text
                for one, text in texts.items()
                if one == real or one.startswith(f"{real}/")
            }
            if len(texts) + len(below) <= _MOST_FILES:
                texts = below | texts
        if len(texts) == before:
            break
    return texts


def of_tree(
    name: str, tree: Tree, is_link: Callable[[str], bool] = lambda _path: False
) -> Iterator[Text | NodeFiles]:
    """A node, if it is laid out as one, or else each file by itself.

    Args:
        name: what it is called in messages.
        tree: the files.
        is_link: whether a path is a link; into a folder behind one nobody goes.
    """
    whole = _node_of(name, tree)
    if whole:
        yield whole
        return
    inside = [
        one
        for folder in tree.names("/") or ()
        if not is_link(f"/{folder}")
        and (one := _node_of(f"{name.rstrip('/')}/{folder}", _Inside(tree, f"/{folder}"), name))
    ]
    yield from inside
    nodes = tuple(f"/{posixpath.basename(one.name)}/" for one in inside)
    paths = (path for path in _walk(name, tree, "/", is_link) if not path.startswith(nodes))
    for count, path in enumerate(paths):
        if count > _MOST_FILES:
            raise Unusable(f"{name}: more than {_MOST_FILES} files")
        try:
            text = tree.text(path)
        except Unreadable as why:
            raise Unusable(f"{name}: {why}") from None
        if text is not None:
            yield Text(f"{name.rstrip('/')}{path}", path, text, tree, name)


def _node_of(name: str, tree: Tree, argument: str = "") -> NodeFiles | None:
    """The node that a tree is laid out as: a root, or its /etc/containerd; or none."""
    if any(tree.names(folder) is not None for folder in _NODE):
        return NodeFiles(name, tree, "/", argument or name)
    if "config.toml" in (tree.names("/") or ()):
        return NodeFiles(name, _Below(tree, _CONTAINERD), _CONTAINERD, argument or name)
    return None


def _walk(
    name: str, tree: Tree, top: str, is_link: Callable[[str], bool] = lambda _path: False
) -> Iterator[str]:
    """The files below a folder, in order; a link to a folder that it is in leads nowhere.

    Raises:
        Unusable: there are too many.
    """
    origin = _real(tree, top)
    waiting: list[tuple[str, tuple[str, ...]]] = [
        (posixpath.join(top, one), (origin,)) for one in reversed(tree.names(top) or ())
    ]
    count = linked = 0
    while waiting:
        path, above = waiting.pop()
        count += 1
        names = tree.names(path)
        if names is None:
            yield path
        elif len(above) <= _DEEPEST and not is_link(path):
            real = _real(tree, path)
            linked += real != posixpath.join(origin, posixpath.relpath(path, top))
            if real not in above:
                waiting += [(posixpath.join(path, one), (*above, real)) for one in reversed(names)]
        if count > _MOST_WALKED or linked > _MOST_LINKS:
            raise Unusable(f"{name}: too many files and folders")


def _real(tree: Tree, path: str) -> str:
    """What a path of a tree leads to, where it has links."""
    match tree:
        case NodeFolder():
            return tree.real(path) or ""
        case _Inside():
            return _real(tree.tree, f"{tree.folder}{path}")
        case _Below():
            return _real(tree.tree, f"/{posixpath.relpath(path, tree.at)}")
    return path
