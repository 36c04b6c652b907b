"""The manual of a rule in its fixed sections, made from the docstring of the rule.

A docstring has the summary, why it matters, `Fix:`, `Source:`, `Bad:` and `Good:`.
"""

from __future__ import annotations

import inspect
import re

HEADINGS = ("What it reports", "Why it matters", "How to fix it", "Example", "Source")
"""The sections of a manual, in order; a code without an example has no such section."""

_LABEL = re.compile(r"(Fix|Source|Bad|Good):\s*")


def sections(manual: str) -> dict[str, str]:
    """The text of each section of a manual, by its heading.

    Args:
        manual: the docstring of a rule, or the manual of another code.
    """
    paragraphs = inspect.cleandoc(manual).split("\n\n")
    parts: dict[str, list[str]] = {"What it reports": [paragraphs[0]]}
    label = ""
    for paragraph in paragraphs[1:]:
        match = _LABEL.match(paragraph)
        label = match[1] if match else label
        text = paragraph if label in ("Bad", "Good") else _LABEL.sub("", paragraph, count=1)
        heading = {"": "Why it matters", "Fix": "How to fix it", "Source": "Source"}.get(
            label, "Example"
        )
        if heading == "How to fix it":
            text = text[:1].upper() + text[1:]
        parts.setdefault(heading, []).append(text)
    return {heading: "\n\n".join(parts[heading]) for heading in HEADINGS if heading in parts}


def as_text(manual: str) -> str:
    """A manual with its headings, as `regspec rule` prints it.

    Args:
        manual: the docstring of a rule, or the manual of another code.
    """
    blocks = []
    for heading, text in sections(manual).items():
        indented = "\n".join(f"  {line}".rstrip() for line in text.split("\n"))
        blocks.append(f"{heading}:\n{indented}")
    return "\n\n".join(blocks)
