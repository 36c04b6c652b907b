"""Reporting the findings in specs, to people and programs."""

from __future__ import annotations

import os

from ..diagnostics import Severity
from .files import STDIN, read_spec
from .terminal import InputError, Progress, echo_as_is, echo_error, style, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..diagnostics import Diagnostic
    from ..pipeline import Result


_ABOUT_THIS_MACHINE = frozenset({"RS409"})
"""The codes of findings about the installation: reported once in a run, not for each spec."""


def default_form() -> str:
    """The default form of findings: annotations in GitHub Actions, text elsewhere."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"


def shown_name(name: str) -> str:
    """How a spec is called in messages."""
    return "<stdin>" if name == STDIN else name


class Reporter:
    """Reports the diagnostics of one spec after another, and counts them."""

    def __init__(self, form: str, *, errors_only: bool = False) -> None:
        self.form = form
        self.errors_only = errors_only
        self.counts = dict.fromkeys(Severity, 0)
        self.specs = 0
        self.fixed = self.fixable = 0
        self.unreadable = 0
        """How many specs could not be read."""
        self.progress = Progress()
        self._kept: list[tuple[str, Diagnostic]] = []
        self._codes: set[str] = set()
        """The codes of the findings that were reported."""

    def read(self, names: Iterable[str], what: str) -> Iterator[tuple[str, bytes]]:
        """The name and bytes of each spec that can be read; for another the reason is reported.

        Args:
            names: the specs, `-` being the standard input.
            what: what becomes of them, such as `specs compiled`.
        """
        names = list(dict.fromkeys(names))
        for name in self.progress.over(names, what):
            try:
                content = read_spec(name)
            except InputError as error:
                self.progress.clear()
                error.show()
                self.unreadable += 1
                continue
            yield name, content

    def report(self, name: str, result: Result) -> None:
        """Report what was found in a spec: at once on stderr, or at the end as one document."""
        self.specs += 1
        if not (result.diagnostics or result.unreported):
            return
        from .. import reports

        shown = shown_name(name)
        self.progress.clear()
        for diagnostic in result.diagnostics:
            is_new = diagnostic.code not in self._codes
            if diagnostic.code in _ABOUT_THIS_MACHINE and not is_new:
                continue
            self._codes.add(diagnostic.code)
            self.counts[diagnostic.severity] += 1
            self.fixable += diagnostic.fixable
            if self.errors_only and diagnostic.severity is not Severity.ERROR:
                continue
            if self.form == "text":
                echo_as_is(reports.text(diagnostic, shown, style, with_manual=is_new))
            elif self.form in reports.LINES:
                echo_as_is(reports.LINES[self.form](diagnostic, shown, style))
            else:
                self._kept.append((shown, diagnostic))
        if result.unreported:
            echo_error(f"{shown}: and {result.unreported} more")

    def finish(self) -> None:
        """Print what was kept for the end on stdout."""
        if self.form == "sarif":
            from .. import sarif

            write_stdout(sarif.log(self._kept).encode())
        elif self.form == "json":
            from .. import reports

            write_stdout(reports.as_json(self._kept).encode())

    def summary(self) -> str:
        """How many specs there were, and what was found in them."""
        found = [
            pluralize(count, name)
            for severity, name in (
                (Severity.ERROR, "error"),
                (Severity.WARNING, "warning"),
                (Severity.INFO, "info"),
            )
            if (count := self.counts[severity])
        ]
        if self.unreadable:
            found.append(f"{pluralize(self.unreadable, 'spec')} could not be read")
        said = f"{pluralize(self.specs, 'spec')} checked: {', '.join(found) or 'nothing found'}"
        if self.fixed:
            said += f"; {self.fixed} fixed"
        return said + (f"; --fix would fix {self.fixable}" if self.fixable else "")


def pluralize(count: int, what: str) -> str:
    """A number of things in words, such as `1 file` or `2 files`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
