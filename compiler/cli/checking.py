"""What `regspec check` does, after the words of the command line are read, without click."""

from __future__ import annotations

import os

from ..diagnostics import Severity
from ..frozen import frozen
from .exit_codes import Exit
from .files import STDIN, folder_of, rewrite
from .reporting import shown_name
from .terminal import echo_error, write_lines, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from ..pipeline import FixResult
    from ..rules import Selection
    from .reporting import Reporter


@frozen
class CheckOptions:
    """How specs are checked."""

    today: Callable[[], dt.date]
    selection: Selection | None
    """Which rules are reported; none reports all that need no selection."""
    targets: tuple[str, ...] = ()
    allowed: tuple[Path, ...] = ()
    strict: bool = False
    fix: bool = False
    diff: bool = False


def check_all(specs: tuple[str, ...], options: CheckOptions, reporter: Reporter) -> int:
    """Check every spec, report its findings, and print a summary.

    Args:
        specs: the files, `-` being the standard input.
        options: the options.
        reporter: reports it; one that reports errors only reports no sum either.

    Returns:
        The exit code.
    """
    from ..pipeline import check_spec, fix_spec
    from ..sources import FolderReader

    code = Exit.DONE
    for name, content in reporter.read(specs, "specs checked"):
        given: dict[str, Any] = {
            "targets": options.targets,
            "environment": os.environ,
            "read_file": FolderReader(folder_of(name), options.allowed),
            "today": options.today,
            "selection": options.selection,
        }
        if options.fix or options.diff:
            fixed = fix_spec(content, **given)
            if options.diff:
                _show(name, fixed, content)
                code = Exit.ATTENTION if fixed.count else code
            else:
                reporter.fixed += fixed.count
                content = _keep(name, fixed)  # noqa: PLW2901 - what is checked is what is kept
        result = check_spec(content, **given)
        reporter.report(name, result)
        if result.failed or (options.strict and reporter.counts[Severity.WARNING]):
            code = Exit.ATTENTION
    reporter.finish()
    if not reporter.errors_only:
        echo_error(reporter.summary())
    return Exit.CANNOT if reporter.unreadable else code


def _show(name: str, fixed: FixResult, before: bytes) -> None:
    """Print what would be fixed in a spec."""
    if fixed.count:
        shown = shown_name(name)
        line_ends = b"\r\n" in before and b"\r\n" not in fixed.content
        ends = ("@@ CRLF at the ends of its lines becomes LF @@",) if line_ends else ()
        lines = (f"--- {shown}", f"+++ {shown}", *ends, *fixed.diff)
        write_lines(lines)


def _keep(name: str, fixed: FixResult) -> bytes:
    """Put a fixed spec where it came from."""
    if name == STDIN:
        write_stdout(fixed.content)
    elif fixed.count:
        rewrite(name, fixed.content)
    return fixed.content
