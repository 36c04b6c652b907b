"""The streams: what is printed, said and painted, and how far along a long run is."""

from __future__ import annotations

import os
import sys
import time

from ..diagnostics import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO, TypeVar

    T = TypeVar("T")

PROGRESS_AFTER = 1.0
"""How many seconds pass before progress is told."""

_CODES = {
    "error": "\x1b[31m\x1b[1m",
    "warning": "\x1b[33m\x1b[1m",
    "info": "\x1b[36m\x1b[1m",
    "good": "\x1b[32m\x1b[1m",
    "bold": "\x1b[1m",
    "gutter": "\x1b[34m",
}
"""How a terminal is told the colour of a role."""

STOPPED = "stopped; every file is whole"
"""What is said of Ctrl-C."""


class Unusable(Exception):  # noqa: N818 - it says what is
    """A spec or a stream cannot be read or written: exit code 2."""

    @property
    def message(self) -> str:
        """Which, and why."""
        return str(self)

    def show(self) -> None:
        """Print the message as every other error of ours looks."""
        say_error(self.message)


def say(text: str, end: str = "\n") -> None:
    """Write to the standard error, at once."""
    sys.stderr.write(f"{text}{end}")
    sys.stderr.flush()


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
        forget(sys.stdout)
        sys.exit(0)


def forget(stream: TextIO | None) -> None:
    """Keep Python from failing once more, on its way out, over an output that takes nothing."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_error(message: str) -> None:
    """Print an error that has no place in a spec."""
    say(f"{paint('error', 'error')}: {printable(message)}")


def _colored(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def paint(role: str, text: str, stream: TextIO | None = None) -> str:
    """A text in the colour of its role: on a terminal; NO_COLOR and FORCE_COLOR decide otherwise.

    Args:
        role: `error`, `warning`, `info`, `good`, `bold` or `gutter`.
        text: what is painted.
        stream: where it goes; none is the standard error.
    """
    return f"{_CODES[role]}{text}\x1b[0m" if _colored(stream or sys.stderr) else text


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
                say(f"\r{done} of {len(things)} {what}", end="")
                self.shown = True
            yield thing
        self.clear()

    def clear(self) -> None:
        """Take the count off its line, before something else is told."""
        if self.shown:
            say("\r\x1b[K", end="")
            self.shown = False
