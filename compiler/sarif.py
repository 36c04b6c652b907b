"""Diagnostics as SARIF 2.1.0, which code scanning reads.

Source: the OASIS standard, with errata 01. No snippet is written, so no line of a spec is in it.
"""

from __future__ import annotations

import inspect
import os
from urllib.parse import quote

from . import __version__
from .reports import json_text
from .rules import RULES
from .rules.phases import PHASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .diagnostics import Diagnostic

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def log(findings: Iterable[tuple[str, Diagnostic]]) -> str:
    """All diagnostics of a run as one SARIF log.

    Args:
        findings: each diagnostic with the name of its spec, as the user wrote it. A path becomes
            relative to the working folder, which for code scanning is the folder of the repository.
    """
    findings = list(findings)
    codes = sorted({diagnostic.code for _, diagnostic in findings})
    driver = {
        "name": "regspec",
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(file, diagnostic, codes) for file, diagnostic in findings],
    }
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(whole)


def _rule(code: str) -> dict[str, Any]:
    rule = RULES.get(code)
    manual = inspect.cleandoc(rule.manual if rule else PHASES[code])
    first, _, rest = manual.partition("\n")
    described: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": first},
        "help": {"text": rest.strip()},
    }
    if rule:
        described["defaultConfiguration"] = {"level": _LEVELS[rule.severity.value]}
    return described


def _result(file: str, diagnostic: Diagnostic, codes: list[str]) -> dict[str, Any]:
    span = diagnostic.span
    region = {"startLine": span.line, "startColumn": span.column}
    if span.end_column:
        region["endColumn"] = span.end_column
    message = diagnostic.message
    if diagnostic.help:
        message += f"\nhelp: {diagnostic.help}"
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": _LEVELS[diagnostic.severity.value],
        "message": {"text": message},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": region}}
        ],
    }


def _uri(file: str) -> str:
    """The relative URI of a spec; a path that would look like one with a scheme is quoted."""
    path = os.path.relpath(file) if os.path.isabs(file) else os.path.normpath(file)
    return quote(os.fsencode(path), safe="/")
