"""The streams: what is printed, said and painted, and how far along a long run is."""

from __future__ import annotations

import os
import sys
import time

from ..diagnostics import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO, TypeVar

    T = TypeVar("T")

PROGRESS_AFTER = 1.0
"""How many seconds pass before progress is printed."""

_CODES = {
    "error": "\x1b[31m\x1b[1m",
    "warning": "\x1b[33m\x1b[1m",
    "info": "\x1b[36m\x1b[1m",
    "good": "\x1b[32m\x1b[1m",
    "bold": "\x1b[1m",
    "gutter": "\x1b[34m",
}
"""The code of the colour of each role."""

STOPPED = "stopped; every file is whole"
"""What is said of Ctrl-C."""


class InputError(Exception):
    """A spec or a stream cannot be read or written: exit code 2."""

    @property
    def message(self) -> str:
        """Which, and why."""
        return str(self)

    def show(self) -> None:
        """Print the message in the form of every other error."""
        report_error(self.message)


def echo_error(line: str) -> None:
    """Write one line to the standard error, at once; whatever it quotes, it is `inert`."""
    echo_as_is(f"{inert(line)}\n")


def echo_as_is(text: str) -> None:
    """Write to the standard error what moves the cursor, is in colours, or is of several lines.

    Args:
        text: of our own making; what it quotes is inert already, as in a diagnostic.
    """
    sys.stderr.write(text)
    sys.stderr.flush()


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to the standard output; whatever they quote, they are `inert`."""
    write_stdout("".join(f"{inert(line)}\n" for line in lines).encode())


def write_stdout(content: bytes) -> None:
    """Write a file, or what a form such as JSON has made inert, to the standard output as it is.

    All of it is written; a reader that goes away has seen enough.

    Raises:
        InputError: the standard output is closed.
        OSError: it cannot be written to, a full disk for instance.
    """
    if sys.stdout is None:
        raise InputError("standard output is closed")
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


def report_error(message: str) -> None:
    """Print an error that has no place in a spec."""
    echo_as_is(error_line(message))


def error_line(message: str) -> str:
    """An error that has no place in a spec, in the colour of one."""
    return f"{style('error', 'error')}: {inert(message)}\n"


def _colored(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def style(role: str, text: str, stream: TextIO | None = None) -> str:
    """A text in the colour of its role: on a terminal; NO_COLOR and FORCE_COLOR decide otherwise.

    Args:
        role: `error`, `warning`, `info`, `good`, `bold` or `gutter`.
        text: what is painted.
        stream: where it goes; none is the standard error.
    """
    return f"{_CODES[role]}{text}\x1b[0m" if _colored(stream or sys.stderr) else text


class Progress:
    """Prints on a terminal how many of several things are done, if it takes long."""

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
                echo_as_is(f"\r{done} of {len(things)} {what}")
                self.shown = True
            yield thing
        self.clear()

    def clear(self) -> None:
        """Take the count off its line, before something else is printed."""
        if self.shown:
            echo_as_is("\r\x1b[K")
            self.shown = False
