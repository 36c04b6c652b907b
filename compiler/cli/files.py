"""Reading specs, and what every command tells about them."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..diagnostics import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDIN = "-"
LARGEST_SPEC = 16 * 1024 * 1024
"""The largest spec that is read, in bytes."""

_STYLES = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "info": {"fg": "cyan", "bold": True},
    "bold": {"bold": True},
    "gutter": {"fg": "blue", "bold": True},
}


class CannotRead(click.ClickException):
    """A spec cannot be read: exit code 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        """Print the message as every other error of ours looks."""
        say_error(self.message)


def read_spec(name: str) -> bytes:
    """The bytes of a spec, `-` being the standard input.

    Raises:
        CannotRead: there is none, it is no regular file, or it is too large.
    """
    if name == STDIN:
        if sys.stdin is None:
            raise CannotRead("standard input is closed")
        content = sys.stdin.buffer.read(LARGEST_SPEC + 1)
    else:
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:  # noqa: PTH123 - it is a descriptor
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise CannotRead(
                        f"{click.format_filename(name)}: not a regular file; "
                        "pipe a spec in with `-` as its name"
                    )
                content = file.read(LARGEST_SPEC + 1)
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            raise CannotRead(f"{click.format_filename(name)}: {reason}") from None
    if len(content) > LARGEST_SPEC:
        raise CannotRead(f"{click.format_filename(name)}: larger than {LARGEST_SPEC} bytes")
    return content


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
    """Tells on a terminal how many of several specs are done, from the second second on."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.begun = time.monotonic()
        self.shown = False

    def over(self, names: Sequence[str]) -> Iterator[str]:
        """The names, one after another, with the count shown between them."""
        for done, name in enumerate(names):
            if sys.stderr.isatty() and time.monotonic() - self.begun > 1:
                click.echo(f"\r{done} of {self.total} specs", err=True, nl=False)
                self.shown = True
            yield name
        self.clear()

    def clear(self) -> None:
        """Take the count off its line, before something else is told."""
        if self.shown:
            click.echo("\r\x1b[K", err=True, nl=False, color=True)
            self.shown = False
