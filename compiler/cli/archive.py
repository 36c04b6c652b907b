"""Tar archives, read in memory: what GNU tar would unpack, and not what headers claim.

The one place that reads archives. It has a reader of its own, for Python's trusts what a header
says: a number of bytes, a map of holes, a chain of names that belong to the next header. `tar` has
what is in an archive; here is where that goes. tests/test_archives.py unpacks the same archives
with GNU tar.
"""

from __future__ import annotations

import re
from importlib import import_module

from ..frozen import frozen
from . import tar
from .nodes import (
    LARGEST_TREE,
    LONGEST_NAME,
    LONGEST_PATH,
    MOST_LINKS,
    MOST_NAMES,
    File,
    Folder,
    Link,
    Special,
)
from .tar import DamagedArchive
from .terminal import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

MOST_STREAMS = 10_000
"""How many compressed streams an archive may be put together from."""
MOST_MEMORY = 80 << 20
"""How many bytes the decompression of xz may need; `xz -9` makes files that need 65 MiB."""

_LONGEST_SHOWN = 100
"""How much of a name is shown, in characters."""
_PIECE = 1 << 16
_COMPRESSED = {
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\0",
    "zstd": b"\x28\xb5\x2f\xfd",
    "lz4": b"\x04\x22\x4d\x18",
    "lzip": b"LZIP\1",
}
"""How a file begins that is compressed, by the program that unpacks it."""
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
"""More of the beginning of a bzip2 file, since a text may begin with `BZh`."""
_ZEROS = re.compile(rb"\0*")


class _NotUnpacked(Exception):  # noqa: N818 - it says what the member is
    """Why a member is skipped."""


class Unpacked(Folder):
    """A folder in an archive."""

    def __init__(self) -> None:
        self.entries: dict[str, Unpacked | File | Link] = {}
        self.bits: int | None = None
        """The mode; unknown for a folder of which the archive has only the files."""

    @property
    def mode(self) -> int | None:
        """See `Folder`."""
        return self.bits

    @property
    def identity(self) -> Hashable:
        """See `Folder`."""
        return id(self)

    def names(self, most: int) -> list[str]:
        """See `Folder`."""
        del most  # there are not more than an archive may have
        return list(self.entries)

    def get(self, name: str) -> Unpacked | File | Link | None:
        """See `Folder`."""
        return self.entries.get(name)


@frozen
class Archive:
    """What an archive holds."""

    root: Folder
    skipped: int = 0
    """How many members are not in `root`, since GNU tar would not unpack them."""
    first: str = ""
    """Which one is the first of them, and why."""


def is_archive(content: bytes) -> bool:
    """Whether a file begins as a tar archive does, or as a compressed file.

    Args:
        content: of the file.
    """
    if _compression(content):
        return True
    return tar.begins(content)


def unpack(name: str, content: bytes) -> Archive:
    """The members of an archive; nothing of it is written to the disk.

    Args:
        name: what the archive is called in messages.
        content: of the file: a tar archive, or one that is compressed with gzip, bzip2 or xz.

    Raises:
        InputError: it is broken or too large, or compressed in another way.
    """
    try:
        compression = _compression(content)
        if compression:
            content = _decompressed(compression, content)
        return _Unpacking().archive(content)
    except DamagedArchive as why:
        raise InputError(f"{name}: the archive cannot be read: {why}") from None


def _compression(content: bytes) -> str:
    """The program that unpacks a file, or an empty text if the file is not compressed."""
    for program, magic in _COMPRESSED.items():
        if content.startswith(magic) and (program != "bzip2" or _BZIP2.match(content)):
            return program
    return ""


def _decompressed(program: str, content: bytes) -> bytes:
    """What a compressed file holds: its streams, one after another."""
    made = bytearray()
    position, streams = 0, 0
    while position < len(content):
        if not content.startswith(_COMPRESSED[program], position):
            raise DamagedArchive(f"other data follows its {program} data")
        streams += 1
        if streams > MOST_STREAMS:
            raise DamagedArchive(f"it has more than {MOST_STREAMS} {program} streams")
        stream, errors = _decompressor(program)
        while not stream.eof:
            piece = content[position : position + _PIECE]
            if not piece:
                raise DamagedArchive(f"its {program} data ends too early")
            position += len(piece)
            try:
                made += stream.decompress(piece, LARGEST_TREE + 1 - len(made))
            except errors:
                raise DamagedArchive(
                    f"its {program} data is damaged, or needs too much memory"
                ) from None
            if len(made) > LARGEST_TREE:
                raise DamagedArchive(f"it holds more than {LARGEST_TREE} bytes")
        position -= len(stream.unused_data)
        zeros = _ZEROS.match(content, position)
        position = zeros.end() if zeros else position
    return bytes(made)


def _decompressor(program: str) -> tuple[Any, tuple[type[Exception], ...]]:
    """What decompresses one stream, and the errors that it raises."""
    try:
        if program == "gzip":
            zlib = import_module("zlib")
            return zlib.decompressobj(wbits=31), (zlib.error, MemoryError)
        if program == "bzip2":
            return import_module("bz2").BZ2Decompressor(), (OSError, ValueError, MemoryError)
        if program == "xz":
            lzma = import_module("lzma")
            stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)
            return stream, (lzma.LZMAError, MemoryError)
    except ImportError:  # of a Python that was built without it
        pass
    raise DamagedArchive(f"it is compressed with {program}; unpack it with `{program} -d` first")


class _Unpacking:
    """Puts the members of an archive where GNU tar would."""

    def __init__(self) -> None:
        self.names = 0
        self.root = Unpacked()

    def archive(self, content: bytes) -> Archive:
        """The archive, whose last member wins of those with one name."""
        skipped, first = 0, ""
        for count, member in enumerate(tar.members(content)):
            if count >= MOST_NAMES:
                raise DamagedArchive(f"it has more than {MOST_NAMES} members")
            try:
                self._put(member)
            except _NotUnpacked as why:
                skipped += 1
                first = first or f"`{_short(member.name)}`: {why}"
        return Archive(self.root, skipped, first)

    def _put(self, member: tar.Member) -> None:
        """Put a member where GNU tar would.

        Raises:
            _NotUnpacked: it would not unpack it.
        """
        if member.kind in tar.WITHOUT_FILE:
            return
        parts = _parts_of(member.name)
        is_folder = member.kind in (tar.FOLDER, tar.FOLDER_LIST) or (
            member.name.endswith("/") and member.kind not in (tar.HARD_LINK, tar.SYMBOLIC_LINK)
        )
        if is_folder and not parts:
            return
        if not parts:
            raise _NotUnpacked("it has no name")
        folder = self._folder(parts[:-1])
        old = folder.entries.get(parts[-1])
        if is_folder:
            made = old if isinstance(old, Unpacked) else Unpacked()
            made.bits = member.mode
            if made is not old:
                self._enter(folder, parts[-1], made)
            return
        entry = self._entry(member)
        if entry is old:
            return
        if isinstance(old, Unpacked) and old.entries:
            raise _NotUnpacked("a folder of this name has files in it")
        self._enter(folder, parts[-1], entry)

    def _entry(self, member: tar.Member) -> Unpacked | File | Link:
        """What a member is that is not a folder."""
        if member.kind == tar.SYMBOLIC_LINK:
            if not member.target or "\0" in member.target or _is_too_long(member.target):
                raise _NotUnpacked("it is a link to a name that cannot be")
            return Link(member.target)
        if member.kind in tar.SPECIAL:
            return Special()
        if member.kind != tar.HARD_LINK:
            return member.file
        # Of a name with `..`, GNU tar leaves out all up to the last one.
        parts = _parts_of(re.split(r"(?:^|.*/)\.\.(?:/|$)", member.target, flags=re.DOTALL)[-1])
        try:
            folder = self._folder(parts[:-1], make=False)
        except _NotUnpacked:
            folder = Unpacked()
        linked = folder.entries.get(parts[-1]) if parts else None
        if linked is None or isinstance(linked, Unpacked):
            raise _NotUnpacked("it is a hard link to a file that is not before it in the archive")
        return linked

    def _folder(self, parts: list[str], *, make: bool = True) -> Unpacked:
        """A folder of the archive.

        Args:
            parts: its path.
            make: whether to make missing folders. The target of a link is not made.

        Raises:
            _NotUnpacked: something else is at the path, or a link that leads elsewhere.
        """
        folder = self.root
        waiting = [(part, make) for part in reversed(parts)]
        links = 0
        while waiting:
            part, makes = waiting.pop()
            found = folder.entries.get(part)
            if isinstance(found, Link):
                links += 1
                target = found.target.split("/")
                # GNU tar makes the other links last, so that nothing is unpacked through them.
                if not target[0] or ".." in target or links > MOST_LINKS:
                    raise _NotUnpacked("it is behind a link")
                waiting += [(one, False) for one in reversed(target) if one not in ("", ".")]
                continue
            if found is None and makes:
                found = Unpacked()
                self._enter(folder, part, found)
            if not isinstance(found, Unpacked):
                raise _NotUnpacked("its folder is a file, or missing")
            folder = found
        return folder

    def _enter(self, folder: Unpacked, name: str, entry: Unpacked | File | Link) -> None:
        self.names += name not in folder.entries
        if self.names > MOST_NAMES:
            raise DamagedArchive(f"it has more than {MOST_NAMES} files and folders")
        folder.entries[name] = entry


def _parts_of(name: str) -> list[str]:
    """The parts of a member's name below the folder that the archive is unpacked in.

    Raises:
        _NotUnpacked: it leads out of that folder, or no file on Linux can have it.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _NotUnpacked("its name has `..`")
    if "\0" in name or _is_too_long(name):
        raise _NotUnpacked(
            f"its name is longer than {LONGEST_PATH} bytes, or a part of it than {LONGEST_NAME}"
        )
    return parts


def _is_too_long(path: str) -> bool:
    path_bytes = path.encode("utf-8", "surrogateescape")
    longest = max(map(len, path_bytes.split(b"/")))
    return len(path_bytes) > LONGEST_PATH or longest > LONGEST_NAME


def _short(name: str) -> str:
    """A name as messages show it."""
    return name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."
