"""Reading regular files only: others could hang or never end."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

NOT_REGULAR = "not a regular file"
_PIECE = 1 << 20
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def read_regular(
    path: str | Path, *, most: int | None = None, follow: bool = True, folder: int | None = None
) -> tuple[bytes, int]:
    """The content of a file and its permission bits.

    Args:
        path: the file, relative to `folder` if that is given.
        most: how many bytes are read at the most; none reads all.
        follow: whether the file may be behind a link.
        folder: the descriptor of a folder.

    Raises:
        OSError: it cannot be opened or read; `NOT_REGULAR` is the reason for a pipe, a device or
            a folder, none of which is waited for.
    """
    descriptor = os.open(path, _FLAGS | (0 if follow else os.O_NOFOLLOW), dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, NOT_REGULAR)
        wanted = status.st_size + 1 if most is None else min(most, status.st_size + 1)
        content = os.read(descriptor, wanted)
        # Seldom: it has grown, or the system gives less than it has.
        while len(content) != status.st_size and (most is None or len(content) < most):
            more = os.read(descriptor, _PIECE if most is None else most - len(content))
            if not more:
                break
            content += more
    finally:
        os.close(descriptor)
    return content, stat.S_IMODE(status.st_mode)


def reason(error: OSError) -> str:
    """Why a file cannot be read or written, in lower case, without its name."""
    if error.errno == errno.EINVAL and error.strerror == NOT_REGULAR:
        return NOT_REGULAR
    return (os.strerror(error.errno) if error.errno else "no reason given").lower()
