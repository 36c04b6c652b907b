"""Reading specs, and what every command tells about them."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ..diagnostics import printable
from ..regular_file import NOT_REGULAR, read_regular, reason
from .exit_codes import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDIN = "-"
LARGEST_SPEC = 16 * 1024 * 1024
"""The largest spec that is read, in bytes."""

PROGRESS_AFTER = 1.0
"""How many seconds pass before progress is told."""

_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
T = TypeVar("T")
_STYLES = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "info": {"fg": "cyan", "bold": True},
    "bold": {"bold": True},
    "gutter": {"fg": "blue", "bold": True},
}


class Unusable(click.ClickException):
    """A spec or a stream cannot be read or written: exit code 2."""

    exit_code = Exit.CANNOT

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        """Print the message as every other error of ours looks."""
        say_error(self.message)


def read_spec(name: str) -> bytes:
    """The bytes of a spec, `-` being the standard input.

    Raises:
        Unusable: there is none, it is no regular file, or it is too large.
    """
    return read_bytes(name, LARGEST_SPEC, "; pipe a spec in with `-` as its name")


def read_bytes(name: str, most: int, otherwise: str = "") -> bytes:
    """The bytes of a file, `-` being the standard input.

    Args:
        name: the file.
        most: how many bytes it may have.
        otherwise: what to do where a file is no regular one.

    Raises:
        Unusable: there is none, it is no regular file, or it is too large.
    """
    if name == STDIN:
        if sys.stdin is None:
            raise Unusable("standard input is closed")
        content = sys.stdin.buffer.read(most + 1)
    else:
        try:
            content, _ = read_regular(name, most=most + 1)
        except OSError as error:
            why = reason(error)
            if why == NOT_REGULAR:
                why += otherwise
            raise Unusable(f"{click.format_filename(name)}: {why}") from None
    if len(content) > most:
        raise Unusable(f"{click.format_filename(name)}: larger than {most} bytes")
    return content


def write_new(files: Sequence[tuple[str, str, int]]) -> None:
    """Write files of which none exists yet: all of them, or none.

    Args:
        files: the name, the text and the permission bits of each, less the umask.

    Raises:
        Unusable: one exists already, or cannot be written.
    """
    with contextlib.ExitStack() as undo:
        for name, text, mode in files:
            try:
                descriptor = os.open(name, _NEW_FLAGS, mode)
                undo.callback(Path(name).unlink, missing_ok=True)
                with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
            except OSError as error:
                there = isinstance(error, FileExistsError)
                why = "is there already; move it away first" if there else reason(error)
                raise Unusable(f"{click.format_filename(name)}: {why}") from None
        undo.pop_all()


def rewrite(name: str, content: bytes) -> None:
    """Replace a spec as a whole, with its permissions; a link stays one.

    Raises:
        Unusable: it cannot be written.
    """
    path = Path(name).resolve()
    temporary = path.with_name(f".{path.name}.regspec-new")
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        temporary.unlink(missing_ok=True)
        temporary.touch(0o600, exist_ok=False)
        temporary.write_bytes(content)
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise Unusable(f"{click.format_filename(name)}: {reason(error)}") from None


def put(content: bytes) -> None:
    """Write to the standard output, all of it; a reader that goes away has seen enough.

    Raises:
        Unusable: the standard output is closed.
        OSError: it cannot be written to, a full disk for instance.
    """
    if sys.stdout is None:
        raise Unusable("standard output is closed")
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        forget_stdout()
        sys.exit(0)


def forget_stdout() -> None:
    """Keep Python from failing once more, on its way out, over an output that takes nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def folder_of(name: str) -> Path:
    """The folder that the paths in a spec are relative to."""
    return Path() if name == STDIN else Path(name).parent


def say_error(message: str) -> None:
    """Print an error that has no place in a spec."""
    click.echo(f"{paint('error', 'error')}: {printable(message)}", err=True, color=colored())


def colored() -> bool:
    """Whether diagnostics have colours: on a terminal, unless NO_COLOR or FORCE_COLOR decides."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stderr.isatty()


def paint(role: str, text: str) -> str:
    """A text in the colour of its role, when there are colours."""
    return click.style(text, **_STYLES[role]) if colored() else text  # type: ignore[arg-type]


class Progress:
    """Tells on a terminal how many of several things are done, when it takes long."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.shown = False

    def over(self, things: Sequence[T], what: str) -> Iterator[T]:
        """The things, one after another, with the count shown between them.

        Args:
            things: what is gone through.
            what: what becomes of them, such as `specs compiled`.
        """
        for done, thing in enumerate(things):
            if sys.stderr.isatty() and time.monotonic() - self.begun > PROGRESS_AFTER:
                click.echo(f"\r{done} of {len(things)} {what}", err=True, nl=False)
                self.shown = True
            yield thing
        self.clear()

    def clear(self) -> None:
        """Take the count off its line, before something else is told."""
        if self.shown:
            click.echo("\r\x1b[K", err=True, nl=False, color=True)
            self.shown = False
