"""What is in a tar archive: its members, each with its name, and where in it their data is.

No number of a header is believed: what is not in the archive is not there, and what an archive may
have of everything has a limit.

Sources: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; the manual of
GNU tar, "Tar Internals" and "Storing Sparse Files".
"""

from __future__ import annotations

import re

from ..frozen import frozen
from .nodes import LONGEST_PATH, File

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_HEADER = 1 << 20
"""The largest pax header, or long name, in bytes."""
MOST_RECORDS = 500_000
"""How many records of pax headers, and data segments of sparse files, an archive may have."""

_BLOCK = 512
_MAGIC, _MAGIC_AT = b"ustar", 257
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_DECIMAL = re.compile(rb"[0-9]{1,20}")

HARD_LINK, SYMBOLIC_LINK, FOLDER, FOLDER_LIST = b"1", b"2", b"5", b"D"
_LONG_NAME, _LONG_TARGET, _SPARSE = b"L", b"K", b"S"
_PAX, _PAX_OF_SOLARIS, _PAX_GLOBAL = b"x", b"X", b"g"
SPECIAL = (b"3", b"4", b"6")
WITHOUT_FILE = (b"V", b"M")
"""A volume's label, and the rest of a file that is in another volume."""
_OF_SPARSE = b"GNU.sparse."
_OFFSET, _LENGTH = _OF_SPARSE + b"offset", _OF_SPARSE + b"numbytes"
_KEYS = {
    b"path",
    b"linkpath",
    b"size",
    *(_OF_SPARSE + key for key in (b"major", b"name", b"realsize", b"size", b"map")),
    _OFFSET,
    _LENGTH,
}
"""The keys of pax headers that are read."""


class DamagedArchive(Exception):  # noqa: N818 - it says what the archive is
    """Why an archive cannot be read."""


@frozen
class _Segment:
    """A piece of a file that an archive holds; between two of them a sparse file has zeros."""

    offset: int
    start: int
    length: int


class Packed(File):
    """A file in an archive.

    Args:
        content: the whole archive.
        segments: where in it the data is.
        size: of the file, in bytes.
    """

    def __init__(self, content: memoryview, segments: tuple[_Segment, ...], size: int) -> None:
        self.content, self.segments, self.size = content, segments, size

    def read(self, most: int) -> bytes:
        """See `File`."""
        size = min(self.size, most)
        made = bytearray(size)
        for one in self.segments:
            length = min(one.length, size - one.offset)
            if length > 0:
                made[one.offset : one.offset + length] = self.content[
                    one.start : one.start + length
                ]
        return bytes(made)


@frozen
class Member:
    """One member of an archive."""

    kind: bytes
    name: str
    target: str
    """Of a link."""
    file: Packed
    mode: int | None = None
    """The permission bits; none if the header has no number there."""


def begins(content: bytes) -> bool:
    """Whether a file begins as a tar archive does.

    Args:
        content: of the file.
    """
    first = content[:_BLOCK]
    if first and not first.strip(b"\0"):
        return not content.strip(b"\0")  # as an archive of nothing is
    return first[_MAGIC_AT:].startswith(_MAGIC) or (len(first) == _BLOCK and _is_header(first))


def members(content: bytes) -> Iterator[Member]:
    """The members of an archive, in their order.

    Args:
        content: the archive, which is not compressed.

    Raises:
        DamagedArchive: it is damaged, or has more of something than it may.
    """
    return _Reader(content).members()


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.view = memoryview(content)
        self.position = 0
        self.records = 0

    def members(self) -> Iterator[Member]:
        """See `members`."""
        everywhere: dict[bytes, bytes] = {}
        pax: list[tuple[bytes, bytes]] = []
        long: dict[bytes, bytes] = {}
        while header := self._header():
            kind, size = header[156:157], self._number(header[124:136], "size")
            if kind in (_LONG_NAME, _LONG_TARGET):
                long[kind] = self._extension(size).partition(b"\0")[0]
            elif kind in (_PAX, _PAX_OF_SOLARIS):
                pax = self._pax(size)
            elif kind == _PAX_GLOBAL:
                everywhere |= self._pax(size)
            else:
                yield self._member(header, size, long, pax, everywhere)
                pax, long = [], {}
        if pax or long:
            raise DamagedArchive("it ends before the member that its last header is about")

    def _member(
        self,
        header: bytes,
        size: int,
        long: dict[bytes, bytes],
        pax: list[tuple[bytes, bytes]],
        everywhere: dict[bytes, bytes],
    ) -> Member:
        """A member, with what the headers before it say of it."""
        said = everywhere | dict(pax)
        kind = header[156:157]
        name = header[:100].partition(b"\0")[0]
        if header[_MAGIC_AT:].startswith(b"ustar\0"):
            prefix = header[345:500].partition(b"\0")[0]
            name = prefix + b"/" + name if prefix else name
        name = said.get(b"path", long.get(_LONG_NAME, name))
        name = said.get(_OF_SPARSE + b"name", name)
        target = header[157:257].partition(b"\0")[0]
        target = said.get(b"linkpath", long.get(_LONG_TARGET, target))
        if b"size" in said:
            size = _decimal(said[b"size"])
        if kind in (HARD_LINK, SYMBOLIC_LINK, FOLDER, *SPECIAL):
            size = 0  # whatever is said: nothing follows such a header
        if kind == _SPARSE:
            file = self._sparse(header, size)
        elif any(key.startswith(_OF_SPARSE) for key in said):
            file = self._pax_sparse(said, pax, size)
        else:
            file = Packed(self.view, (_Segment(0, self._data(size), size),), size)
        mode = _OCTAL.fullmatch(header[100:108])
        bits = int(mode[1], 8) & 0o7777 if mode and mode[1] else None
        return Member(kind, _decoded(name), _decoded(target), file, bits)

    def _header(self) -> bytes:
        """The next header; nothing at the end of the archive."""
        header = self.content[self.position : self.position + _BLOCK]
        if not header.strip(b"\0"):
            return b""
        if len(header) < _BLOCK:
            raise DamagedArchive("it ends in the middle of a header")
        if not _is_header(header):
            where = f"at byte {self.position}" if self.position else "at its beginning"
            raise DamagedArchive(f"there is no header of a tar archive {where}")
        self.position += _BLOCK
        return header

    def _data(self, size: int) -> int:
        """Where the data of a member begins; the reader goes on behind it."""
        start = self.position
        if size > len(self.content) - start:
            raise DamagedArchive("it ends in the middle of a member")
        self.position = start + size + -size % _BLOCK
        return start

    def _extension(self, size: int) -> bytes:
        """The data of a header that is about the next one."""
        if size > LARGEST_HEADER:
            raise DamagedArchive(
                f"it has a name or a pax header of more than {LARGEST_HEADER} bytes"
            )
        start = self._data(size)
        return self.content[start : start + size]

    def _pax(self, size: int) -> list[tuple[bytes, bytes]]:
        """The records of a pax header that are read, each `LENGTH KEY=VALUE` and a line break."""
        data = self._extension(size)
        records = []
        position = 0
        while position < len(data):
            self._count_records()
            blank = data.find(b" ", position, position + 20)
            length = data[position:blank] if blank > 0 else b""
            end = position + _decimal(length)
            key, equals, value = data[blank + 1 : end].partition(b"=")
            if end > len(data) or not equals or not value.endswith(b"\n"):
                raise DamagedArchive("it has a pax header that is damaged")
            if key in _KEYS:
                records.append((key, value[:-1]))
            position = end
        return records

    def _count_records(self, more: int = 1) -> None:
        self.records += more
        if self.records > MOST_RECORDS:
            raise DamagedArchive(f"its headers have more than {MOST_RECORDS} records")

    @staticmethod
    def _number(field: bytes, what: str) -> int:
        """A number of a header: octal digits, or bytes behind the byte 0x80."""
        if field[:1] == b"\x80":
            return int.from_bytes(field[1:], "big")
        digits = _OCTAL.fullmatch(field)
        if digits is None:
            raise DamagedArchive(f"a {what} in a header is not a number")
        return int(digits[1] or b"0", 8)

    def _sparse(self, header: bytes, size: int) -> Packed:
        """A sparse file in GNU tar's own format: a map of it is in the header, and behind it."""
        holes = [self._pair(header[at : at + 24]) for at in range(386, 482, 24)]
        more = header[482]
        while more:
            block = self.content[self.position : self.position + _BLOCK]
            if len(block) < _BLOCK:
                raise DamagedArchive("it ends in the middle of a header")
            self.position += _BLOCK
            holes += [self._pair(block[at : at + 24]) for at in range(0, 504, 24)]
            more = block[504]
        real_size = self._number(header[483:495], "size")
        return self._with_holes([pair for pair in holes if pair], real_size, size)

    def _pair(self, field: bytes) -> tuple[int, int] | None:
        """Offset and length of a segment, or nothing behind the last one."""
        self._count_records()
        if not field[12]:
            return None
        return self._number(field[:12], "position"), self._number(field[12:], "length")

    def _pax_sparse(
        self, said: dict[bytes, bytes], pax: list[tuple[bytes, bytes]], size: int
    ) -> Packed:
        """A sparse file in one of the three pax formats of GNU tar."""
        if said.get(_OF_SPARSE + b"major") == b"1":
            end = self.position + size
            numbers = [self._line() for _ in range(2 * self._line())]
            self.position += -self.position % _BLOCK
            size = max(end - self.position, 0)
            real_size = _decimal(said.get(_OF_SPARSE + b"realsize", b""))
        else:
            real_size = _decimal(said.get(_OF_SPARSE + b"size", b""))
            listed = said.get(_OF_SPARSE + b"map")
            fields = [value for key, value in pax if key in (_OFFSET, _LENGTH)]
            if listed is not None:
                fields = listed.split(b",") if listed else []
            self._count_records(len(fields))
            numbers = [_decimal(field) for field in fields]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
        return self._with_holes(pairs, real_size, size)

    def _line(self) -> int:
        """The next number of a map that stands before the data."""
        self._count_records()
        end = self.content.find(b"\n", self.position, self.position + 21)
        number = _decimal(self.content[self.position : max(end, self.position)])
        self.position = end + 1
        return number

    def _with_holes(self, pairs: list[tuple[int, int]], real_size: int, size: int) -> Packed:
        """A file whose segments, each an offset and a length, stand one after another."""
        start = self._data(size)
        segments = []
        behind = 0
        for offset, length in pairs:
            if offset < behind or offset + length > real_size or length > size:
                raise DamagedArchive("it has a sparse file whose map is damaged")
            if length:
                segments.append(_Segment(offset, start, length))
            behind, start, size = offset + length, start + length, size - length
        return Packed(self.view, tuple(segments), real_size)


def _is_header(block: bytes) -> bool:
    """Whether the sum of a header's bytes is the one that it has in it."""
    digits = _OCTAL.fullmatch(block, 148, 156)
    if digits is None or not digits[1]:
        return False
    wanted = int(digits[1], 8)
    unsigned = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if unsigned == wanted:
        return True
    rest = block[:148] + block[156:]
    # Old programs took bytes for signed ones.
    return unsigned - 256 * sum(byte > 127 for byte in rest) == wanted  # noqa: PLR2004


def _decimal(digits: bytes) -> int:
    """A number of a pax header."""
    if not _DECIMAL.fullmatch(digits):
        raise DamagedArchive("it has a pax header that is damaged")
    return int(digits)


def _decoded(name: bytes) -> str:
    """A name, cut to a length that shows that it is too long."""
    return name[: LONGEST_PATH + 1].decode("utf-8", "surrogateescape")
