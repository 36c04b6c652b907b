"""The command line: the only place that prints, exits, or sees the environment."""

from __future__ import annotations

import gc
import os
import sys

from . import lean_yaml, plain
from .exit_codes import Exit
from .terminal import STOPPED, InputError, echo_as_is, echo_error, forget, report_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_ISSUES = "please report it with what you ran, without secrets"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    Args:
        arguments: the words after the command; none takes the words of the process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stderr is None:  # closed by who started us
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - to the end
    fast = os.environ.get("REGSPEC_FAST") != "0"
    if not fast:
        # What is only quicker cannot be imported then; everything goes on without it.
        package = __package__.partition(".")[0]
        sys.modules |= dict.fromkeys((f"{package}.generated", f"{package}.readback"))  # type: ignore[arg-type]
    elif words and not words[0].startswith("-"):  # without a command, no YAML is read
        lean_yaml.install()
    try:
        code = plain.run(words) if fast else None
        if code is None:
            code = _by_click(words, fast=fast)
        if fast and arguments is None:
            _leave(code)
    except InputError as error:
        error.show()
        code = Exit.CANNOT
    except BrokenPipeError:  # the reader is gone: the code that click gives
        forget(sys.stdout)
        forget(sys.stderr)
        code = Exit.ATTENTION
    except OSError as error:
        _tell(error)
        code = Exit.CANNOT
    except KeyboardInterrupt:
        echo_as_is(f"\n{STOPPED}\n")  # after the ^C, as click does
        code = Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a file beyond a limit, or a bug of regspec
        code = _report(error, debug="--debug" in words)
    sys.exit(code)


def _report(error: Exception, *, debug: bool) -> Exit:
    """Report an input that is beyond a limit, or a bug of regspec."""
    from ..limits import TooMuch

    if isinstance(error, TooMuch):
        echo_error(f"error: {error}")
        return Exit.CANNOT
    echo_error(f"error: this is a bug in regspec ({type(error).__name__}); {_ISSUES}")
    if debug:
        import traceback

        # The frames only: an exception's own words may hold what the spec holds.
        echo_as_is("".join(traceback.format_tb(error.__traceback__)))
    return Exit.OURS


def _by_click(words: Sequence[str], *, fast: bool) -> int:
    """Let click read the words, and run the command; see `group.run`."""
    if fast:
        gc.disable()  # what an import of click makes stays
    from .group import run

    if fast:
        gc.enable()
    return run(words)


def _leave(code: int) -> None:
    """End the process at once: everything is written, and what is in memory needs no taking down.

    Processes that it has started are waited for in the usual way.

    Raises:
        OSError: what was said does not go out.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    if "multiprocessing" not in sys.modules:
        os._exit(code)


def _tell(error: OSError) -> None:
    try:
        report_error((error.strerror or "cannot read or write").lower())
    except OSError:  # the output for errors may be what is full
        forget(sys.stderr)
    forget(sys.stdout)
