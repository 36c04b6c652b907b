"""Diagnostics in the forms that people and programs read."""

from __future__ import annotations

from .diagnostics import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .diagnostics import Diagnostic

_GITHUB_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def text(
    diagnostic: Diagnostic,
    file: str,
    paint: Callable[[str, str], str] = lambda _role, text: text,
    *,
    with_manual: bool = False,
) -> str:
    """A diagnostic as text: message, location, the line, help; and a blank line.

    Args:
        diagnostic: what to show.
        file: the name of the spec, as the user wrote it.
        paint: gives a text the colour of a role (`error`, `warning`, `info`, `bold`, `gutter`).
        with_manual: whether a line names the command that prints the manual of the code.
    """
    span = diagnostic.span
    role = diagnostic.severity.value
    gutter = " " * len(str(span.line))
    bar = paint("gutter", f"{gutter} |")
    lines = [
        paint(role, f"{role}[{diagnostic.code}]") + paint("bold", f": {diagnostic.message}"),
        f"{gutter}{paint('gutter', '-->')} {inert(file)}:{span.line}:{span.column}",
    ]
    if span.excerpt:
        first, last = span.mark
        lines += [
            bar,
            f"{paint('gutter', f'{span.line} |')} {span.excerpt}",
            f"{bar} {' ' * first}{paint(role, '^' * max(1, last - first))}",
        ]
    notes = [f"help: {diagnostic.help}"] if diagnostic.help else []
    if with_manual:
        notes.append(f"see: `regspec rule {diagnostic.code}`")
    if notes and span.excerpt:
        lines.append(bar)
    lines += [f"{gutter} {paint('gutter', '=')} {note}" for note in notes]
    return "\n".join(lines) + "\n\n"


def concise(
    diagnostic: Diagnostic, file: str, paint: Callable[[str, str], str] = lambda _role, text: text
) -> str:
    """A diagnostic on one line, `FILE:LINE:COLUMN: SEVERITY[CODE]: MESSAGE`, without the help."""
    span, role = diagnostic.span, diagnostic.severity.value
    where = f"{inert(file)}:{span.line}:{span.column}"
    return f"{where}: {paint(role, f'{role}[{diagnostic.code}]')}: {diagnostic.message}\n"


def github(diagnostic: Diagnostic, file: str, _paint: object = None) -> str:
    """A diagnostic as a workflow command of GitHub Actions, which shows it at the line.

    Source of the escapes: actions/toolkit, packages/core/src/command.ts.
    """
    span = diagnostic.span
    properties = {
        "file": file,
        "line": span.line,
        "col": span.column,
        **({"endColumn": span.end_column} if span.end_column else {}),
        "title": f"regspec {diagnostic.code}",
    }
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = diagnostic.message
    if diagnostic.help:
        message += f"\nhelp: {diagnostic.help}"
    return f"::{_GITHUB_LEVELS[diagnostic.severity.value]} {written}::{_data(message)}\n"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return inert(_data(value).replace(":", "%3A").replace(",", "%2C"))


def as_json(findings: Iterable[tuple[str, Diagnostic]]) -> str:
    """All diagnostics of a run as one JSON list.

    Args:
        findings: each diagnostic with the name of its spec, as the user wrote it.
    """
    rows = [
        {
            "file": file,
            "line": diagnostic.span.line,
            "column": diagnostic.span.column,
            "endColumn": diagnostic.span.end_column or None,
            "severity": diagnostic.severity.value,
            "code": diagnostic.code,
            "message": diagnostic.message,
            "help": diagnostic.help or None,
        }
        for file, diagnostic in findings
    ]
    return json_text(rows)


def json_text(data: Any, indent: int | None = 2) -> str:
    """Data as JSON that may be printed: ASCII, and without `##`; see `diagnostics.inert`.

    A `#` is in texts only, where JSON has an escape for it, so the data stays the same.
    """
    import json

    return json.dumps(data, indent=indent).replace("##", "#\\u0023") + "\n"


LINES: dict[str, Callable[..., str]] = {"text": text, "concise": concise, "github": github}
"""The forms that print one diagnostic after another."""
