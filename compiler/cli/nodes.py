"""The files of a node, as a folder on this machine or an archive holds them, within limits.

Whatever a stranger's folder or archive is made of, a tree answers in bounded time and memory: links
are followed inside it and never multiply what is read, and names and bytes are counted.
"""

from __future__ import annotations

import errno
import itertools
import os
import posixpath
import stat
from abc import ABC, abstractmethod

from ..dialects.files import Unreadable
from ..frozen import frozen
from ..limits import LARGEST_TEXT
from ..regular_file import NOT_REGULAR, read_regular, reason
from .terminal import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

LARGEST_TREE = 64 * 1024 * 1024
"""How many bytes are read of a tree, a file that has several names being counted for each."""
MOST_NAMES = 50_000
"""How many names are listed in a tree, links to folders being followed."""
MOST_FILES = 10_000
"""How many files are read of a tree."""
DEEPEST = 32
"""How many folders may be in each other, in what is read as a whole."""
LONGEST_PATH = 4095
"""The longest path on Linux, in bytes (PATH_MAX, which counts the NUL at the end)."""
LONGEST_NAME = 255
"""The longest name on Linux's file systems, in bytes (NAME_MAX)."""
MOST_LINKS = 40
"""How many links Linux follows in one path (MAXSYMLINKS)."""
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


class Skipped(Unreadable):
    """What holds no configuration: a pipe, a device, or a file that is too large."""


@frozen
class Link:
    """A symbolic link."""

    target: str


class File(ABC):
    """What is neither a folder nor a link."""

    @abstractmethod
    def read(self, most: int) -> bytes:
        """The content.

        Args:
            most: how many bytes are read at the most.

        Raises:
            OSError: it cannot be read; `NOT_REGULAR` is the reason for a pipe or a device.
        """


class Folder(ABC):
    """A folder of a tree."""

    @property
    def mode(self) -> int | None:
        """Its permission bits, or none if they are not known."""
        return None

    @property
    @abstractmethod
    def identity(self) -> Hashable:
        """The same for each way that leads to the folder, and for no other folder."""

    @abstractmethod
    def names(self, most: int) -> list[str]:
        """The names of its entries.

        Args:
            most: how many are listed at the most.

        Raises:
            OSError: the folder cannot be listed.
        """

    @abstractmethod
    def get(self, name: str) -> Folder | File | Link | None:
        """The entry of this name, or none.

        Raises:
            OSError: the folder cannot be searched.
            ValueError: no file can have this name.
        """


class Special(File):
    """A pipe, a socket or a device."""

    def read(self, most: int) -> bytes:
        """Refuse; see `File`."""
        del most
        raise OSError(errno.EINVAL, NOT_REGULAR)


class _DiskFile(File):
    def __init__(self, path: str) -> None:
        self.path = path

    def read(self, most: int) -> bytes:
        """See `File`."""
        content, _ = read_regular(self.path, most=most, follow=False)
        return content


class DiskFolder(Folder):
    """A folder on this machine.

    Args:
        path: where it is; the path itself may lead there through links.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def mode(self) -> int | None:
        """See `Folder`."""
        return stat.S_IMODE(os.stat(self.path).st_mode)

    @property
    def identity(self) -> Hashable:
        """See `Folder`."""
        status = os.stat(self.path)
        return status.st_dev, status.st_ino

    def names(self, most: int) -> list[str]:
        """See `Folder`."""
        with os.scandir(self.path) as entries:
            return [entry.name for entry in itertools.islice(entries, most)]

    def get(self, name: str) -> Folder | File | Link | None:
        """See `Folder`."""
        path = os.path.join(self.path, name)
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                return Link(os.readlink(path))
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise
        if stat.S_ISDIR(mode):
            return DiskFolder(path)
        return _DiskFile(path) if stat.S_ISREG(mode) else Special()


class _Mount(Folder):
    """A folder that has one other folder in it, under a name."""

    def __init__(self, name: str, folder: Folder) -> None:
        self.name, self.folder = name, folder

    @property
    def identity(self) -> Hashable:
        """See `Folder`."""
        return self.name, self.folder.identity

    def names(self, most: int) -> list[str]:
        """See `Folder`."""
        return [self.name][:most]

    def get(self, name: str) -> Folder | None:
        """See `Folder`."""
        return self.folder if name == self.name else None


if TYPE_CHECKING:
    _Place = tuple[Folder, ...]
    """A folder, and before it the folders that it is in, from the root on."""


class _Count:
    """What was read of a tree, and of the trees inside it, so far."""

    def __init__(self) -> None:
        self.names, self.files, self.bytes = 0, 0, 0


class NodeTree:
    """The files of a node (see `dialects.files.Tree`), or of any folder.

    A link is followed as on the node: an absolute one begins at the root of the tree. An answer is
    remembered, so that a file is the same whenever it is read.

    Args:
        name: what the tree is called in messages.
        root: its root.

    Raises:
        InputError: in each method, if the tree exceeds a limit, or a folder cannot be read.
    """

    def __init__(self, name: str, root: Folder, count: _Count | None = None) -> None:
        self.name = name
        self._root = root
        self._count = count or _Count()
        self._texts: dict[str, str | Unreadable | None] = {}
        self._names: dict[str, list[str]] = {}

    def text(self, path: str) -> str | None:
        """The text of a file, or none if it is not there; see `Tree`."""
        if path not in self._texts:
            try:
                self._texts[path] = self._read(path)
            except Unreadable as why:
                self._texts[path] = why
        text = self._texts[path]
        if isinstance(text, Unreadable):
            raise text
        return text

    def names(self, folder: str) -> list[str] | None:
        """What is in a folder, or none if it is not there; see `Tree`."""
        if folder in self._names:
            return self._names[folder]
        place = self._place(folder)
        return self._list(folder, place[-1]) if place else None

    def mode(self, folder: str) -> int | None:
        """The permission bits of a folder, or none if they are not known; see `Tree`."""
        place = self._place(folder)
        return place[-1].mode if place else None

    def is_link(self, path: str) -> bool:
        """Whether the last part of a path is a link."""
        above, name = posixpath.split(path)
        place = self._place(above)
        return isinstance(place[-1].get(name) if place else None, Link)

    def below(self, folder: str) -> NodeTree | None:
        """A folder as a tree of its own, which shares the limits of this one; none if not there."""
        place = self._place(folder)
        name = f"{self.name.rstrip('/')}/{folder.strip('/')}"
        return NodeTree(name, place[-1], self._count) if place else None

    def mounted(self, at: str) -> NodeTree:
        """A tree that has this one at a path, and nothing else."""
        root = self._root
        for name in reversed(at.strip("/").split("/")):
            root = _Mount(name, root)
        return NodeTree(self.name, root, self._count)

    def walk(self, folder: str = "/") -> Iterator[str]:
        """The paths of all files in a folder, in the order of their names.

        Folders behind links are read, except a folder that the link itself is in.
        """
        place = self._place(folder)
        return self._walk(folder, place, ()) if place else iter(())

    def _walk(self, path: str, place: _Place, above: tuple[Hashable, ...]) -> Iterator[str]:
        identity = place[-1].identity
        if identity in above:
            return
        if len(above) > DEEPEST:
            raise self._unusable(f"more than {DEEPEST} folders in each other")
        for name in self._list(path, place[-1]) or ():
            inside = posixpath.join(path, name)
            found = self._place(inside, place, name)
            if found:
                yield from self._walk(inside, found, (*above, identity))
                continue
            self._count.files += 1
            if self._count.files > MOST_FILES:
                raise self._unusable(f"more than {MOST_FILES} files")
            yield inside

    def _read(self, path: str) -> str | None:
        try:
            found = _follow((self._root,), path)
            if found is None:
                return None
            _, entry = found
            if isinstance(entry, Folder):
                raise Skipped(f"{path}: {NOT_REGULAR}")
            content = entry.read(LARGEST_TEXT + 1)
        except OSError as error:
            kind = Skipped if reason(error) == NOT_REGULAR else Unreadable
            raise kind(f"{path}: {reason(error)}") from None
        if len(content) > LARGEST_TEXT:
            raise Skipped(f"{path}: larger than {LARGEST_TEXT} bytes")
        self._count.bytes += len(content)
        if self._count.bytes > LARGEST_TREE:
            raise self._unusable(f"its files have more than {LARGEST_TREE} bytes")
        return content.decode("utf-8", "replace")

    def _list(self, path: str, folder: Folder) -> list[str] | None:
        """The names in a folder, the first time; later what they were."""
        if path in self._names:
            return self._names[path]
        left = MOST_NAMES - self._count.names
        try:
            names = folder.names(left + 1)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise self._unusable(f"{path}: {reason(error)}") from None
        self._count.names += len(names)
        if len(names) > left:
            raise self._unusable(f"more than {MOST_NAMES} files and folders")
        self._names[path] = sorted(names)
        return self._names[path]

    def _place(self, path: str, start: _Place = (), name: str = "") -> _Place:
        """The folder at a path, with the folders that it is in; nothing if none is there.

        Args:
            path: of the folder.
            start: one that it is in, if that is known.
            name: its path below that one.
        """
        try:
            found = _follow(start or (self._root,), name if start else path)
        except OSError as error:
            raise self._unusable(f"{path}: {reason(error)}") from None
        above, entry = found or ((), None)
        return (*above, entry) if isinstance(entry, Folder) else ()

    def _unusable(self, why: str) -> InputError:
        return InputError(f"{self.name}: {why}")


def of_disk(path: str) -> NodeTree:
    """The tree of a folder on this machine.

    Args:
        path: the folder; it may be a link itself.
    """
    return NodeTree(path, DiskFolder(path))


def _follow(start: _Place, path: str) -> tuple[_Place, Folder | File] | None:
    """What is at a path after all links, with the folders that it is in; or nothing.

    Args:
        start: the folder that the path is relative to.
        path: the path; an absolute one also begins there.

    Raises:
        OSError: a folder on the way cannot be searched.
    """
    if len(path) > LONGEST_PATH:
        return None
    *above, last = start
    entry: Folder | File = last
    parts = _parts(path)
    links = 0
    while parts:
        part = parts.pop()
        if not isinstance(entry, Folder):
            return None
        if part == "..":
            entry = above.pop() if above else entry
            continue
        try:
            found = entry.get(part)
        except ValueError:  # a NUL, or half of a surrogate pair: no file is called so
            return None
        if isinstance(found, Link):
            links += 1
            if links > MOST_LINKS:
                return None
            if found.target.startswith("/"):
                entry, above = start[0], []
            parts += _parts(found.target)
        elif found is None:
            return None
        else:
            above.append(entry)
            entry = found
    return tuple(above), entry


def _parts(path: str) -> list[str]:
    """The parts of a path, the first one last."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
