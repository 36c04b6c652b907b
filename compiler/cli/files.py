"""Reading specs, and writing files that do not exist yet."""

from __future__ import annotations

import contextlib
import os
import stat
import sys

from ..limits import LARGEST_TEXT
from ..regular_file import NOT_REGULAR, read_regular, reason
from .terminal import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

STDIN = "-"
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def read_spec(name: str) -> bytes:
    """The bytes of a spec, `-` being the standard input.

    Raises:
        InputError: it does not exist, is not a regular file, or is too large.
    """
    return read_bytes(name, LARGEST_TEXT, "; pipe a spec in with `-` as its name")


def read_bytes(name: str, most: int, otherwise: str = "") -> bytes:
    """The bytes of a file, `-` being the standard input.

    Args:
        name: the file.
        most: how many bytes it may have.
        otherwise: what to do if a file is not a regular one.

    Raises:
        InputError: it does not exist, is not a regular file, or is too large.
    """
    if name == STDIN:
        if sys.stdin is None:
            raise InputError("standard input is closed")
        content = sys.stdin.buffer.read(most + 1)
    else:
        try:
            content, _ = read_regular(name, most=most + 1)
        except OSError as error:
            raise InputError(f"{name}: {_why_not(name, error, otherwise)}") from None
    if len(content) > most:
        raise InputError(f"{name}: larger than {most} bytes")
    return content


def _why_not(name: str, error: OSError, otherwise: str) -> str:
    """Why a file cannot be read, and what to do about it."""
    from . import mistyped

    if os.path.isdir(name):
        return f"a folder; {mistyped.advice_on_folder(name)}"
    why = reason(error)
    if why == NOT_REGULAR:
        return why + otherwise
    advice = mistyped.advice_on_file(name) if isinstance(error, FileNotFoundError) else ""
    return f"{why}; {advice}" if advice else why


def write_new(files: Sequence[tuple[str, str, int]]) -> None:
    """Write files of which none exists yet: all of them, or none.

    Args:
        files: the name, the text and the permission bits of each, less the umask.

    Raises:
        InputError: one exists already, or cannot be written.
    """
    with contextlib.ExitStack() as undo:
        for name, text, mode in files:
            try:
                descriptor = os.open(name, _NEW_FLAGS, mode)
                undo.callback(_remove, name)
                with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
            except OSError as error:
                there = isinstance(error, FileExistsError)
                why = "exists already; move it away first" if there else reason(error)
                raise InputError(f"{name}: {why}") from None
        undo.pop_all()


def rewrite(name: str, content: bytes) -> None:
    """Replace a spec as a whole, with its permissions; a link stays one.

    Raises:
        InputError: it cannot be written.
    """
    path = os.path.realpath(name)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.regspec-new")
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        _remove(temporary)
        with open(os.open(temporary, _NEW_FLAGS, 0o600), "wb") as file:
            file.write(content)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            _remove(temporary)
        raise InputError(f"{name}: {reason(error)}") from None


def _remove(name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name)


def folder_of(name: str) -> str:
    """The folder that the paths in a spec are relative to; the empty text is where we are."""
    return "" if name == STDIN else os.path.dirname(name)
