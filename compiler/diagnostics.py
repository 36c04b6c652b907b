"""What can be wrong with a spec, and where.

Inside the compiler a problem is a `Finding` at a `Place`: a path of keys and indexes. It
becomes a `Diagnostic` with a line and a column only when it is going to be shown.
"""

from __future__ import annotations

import enum
import re

from .frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value of a spec."""

_LONGEST_WORD = 100
_DIGEST = "@sha[0-9]+:[0-9a-f]+"


class Severity(enum.Enum):
    """How bad a finding is."""

    ERROR = "error"
    """No consumer can use it, or it loses data: nothing is written."""
    WARNING = "warning"
    """It works somewhere only, or is likely a mistake."""
    INFO = "info"
    """Advice."""


@frozen
class Place:
    """Where a finding is: at the value of a path, at its key, or at a part of its text."""

    path: Path
    on_key: bool = False
    part: tuple[int, int] | None = None
    """First and last (exclusive) character of the value's text, in characters."""


@frozen
class Finding:
    """One problem, at a place that no line is known of yet."""

    severity: Severity
    code: str
    place: Place
    message: str
    help: str = ""
    fix: str | None = None
    """The certain replacement, or `REMOVE` to take the item out; none if it is not known."""


REMOVE = ""
"""The fix that takes an item out of its list."""


@frozen
class Span:
    """A stretch of one line of the spec; lines and columns count from 1, in characters."""

    line: int
    column: int
    excerpt: str = ""
    """The line, without anything secret; empty when nothing may be shown of it."""
    mark: tuple[int, int] = (0, 0)
    """First and last (exclusive) character of the excerpt that is meant."""
    end_column: int = 0
    """The column after the last character that is meant; 0 if it is not known."""


def printable(text: str) -> str:
    """The text with every character that a terminal could act on replaced by its escape.

    It stays one line. Control characters are replaced, and so is what is invisible or reverses the
    direction of the text.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def inert(text: str) -> str:
    """A line that may be printed, whatever its source: `printable`, and not a command.

    The runner of a CI job executes commands that it finds in the output of a job. They begin with
    `::` at the start of a line, or with `##[` or `##vso[` anywhere in it.
    Source: actions/runner, src/Runner.Common/ActionCommand.cs; Azure Pipelines, logging commands.
    """
    text = printable(text).replace("##", "#\\x23")
    return text.replace("::", "\\x3a:", 1) if text.lstrip().startswith("::") else text


@frozen
class Diagnostic:
    """One problem as it is shown; whatever its texts quote, they are `inert`."""

    severity: Severity
    code: str
    message: str = field(convert=inert)
    help: str = field(convert=inert)
    span: Span
    fixable: bool = False
    """Whether `regspec check --fix` fixes it."""


def holds_login(text: str) -> bool:
    """Whether a text may have a login before a host: an `@` that is not before a digest."""
    return "@" in text and "@" in re.sub(_DIGEST, "", text)


def code_span(text: str, most: int = _LONGEST_WORD) -> str:
    """An author's word in backticks, without a login, cut when long.

    Args:
        text: the word.
        most: how many characters of it are shown.
    """
    if holds_login(text):
        digest = re.search(_DIGEST, text)
        end = text.rfind("@", 0, digest.start() if digest else len(text))
        text = f"...{text[end:]}"
    if len(text) > most:
        text = text[: most - 3] + "..."
    return f"`{text}`"


def code_list(texts: Iterable[str]) -> str:
    """Several words in backticks, separated by commas."""
    return ", ".join(code_span(text) for text in texts)
