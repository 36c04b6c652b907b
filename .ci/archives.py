"""Archives whose bytes depend on what is in them, not on where and when they were made."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import time
import zipfile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EARLIEST = 315532800
"""1980-01-01 in seconds since 1970: no zip archive can hold an earlier day."""


class Member(NamedTuple):
    """A file of an archive.

    Attributes:
        data: its bytes.
        executable: whether whoever unpacks the archive may run it.
    """

    data: bytes
    executable: bool = False

    @property
    def mode(self) -> int:
        """The permissions: those that a umask of 022 gives."""
        return 0o755 if self.executable else 0o644


def moment() -> int:
    """The time that all files bear, in seconds since 1970.

    It is that of SOURCE_DATE_EPOCH, the variable that reproducible builds agreed on
    (reproducible-builds.org), and 1980-01-01 without it.
    """
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", EARLIEST)), EARLIEST)


def write_tar(path: Path, members: Mapping[str, Member]) -> None:
    """Write a gzipped tar archive of regular files, sorted by name, which belong to nobody."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=moment()) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(members):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(members[name].data), moment()
            info.mode = members[name].mode
            archive.addfile(info, io.BytesIO(members[name].data))
    path.write_bytes(packed.getvalue())


def settle_tar(path: Path) -> None:
    """Write an archive of regular files again, without the traces of its making."""
    with tarfile.open(path) as archive:
        files = [info for info in archive.getmembers() if info.isfile()]
        members = {
            info.name: Member(content.read(), bool(info.mode & stat.S_IXUSR))
            for info in files
            if (content := archive.extractfile(info))
        }
    write_tar(path, members)


def settle_wheel(path: Path) -> None:
    """Write a wheel again, in its own order, without the traces of its making."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, time.gmtime(moment())[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, whose permissions follow
            info.external_attr = (stat.S_IFREG | Member(data).mode) << 16
            archive.writestr(info, data)
    path.write_bytes(packed.getvalue())
