"""The table as Markdown, and its place in a page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .measure import Middle

BEGIN = "<!-- measured: `python -m benchmarks --write docs/performance.md` replaces this -->"
END = "<!-- measured: end -->"
_HEADINGS = ("", "result", "middle half", "without the fast path", "memory, MiB")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    result: str
    spread: str = ""
    slow: str = ""
    """The result with REGSPEC_FAST=0."""
    memory: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of the headings."""
        return (self.what, self.result, self.spread, self.slow, self.memory)


def figures(number: float) -> str:
    """A number with three figures, for more mean nothing."""
    return f"{number:.{2 - min(2, math.floor(math.log10(number)))}f}"


def times(ratio: float) -> str:
    """A multiple of `python -c pass`."""
    return f"{figures(ratio)} x"


def spread(of: Middle) -> str:
    """Where the middle half of the runs lies."""
    return f"{figures(of.low)} to {figures(of.high)}"


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table, without the columns in which nothing stands."""
    columns = [
        index
        for index in range(len(_HEADINGS))
        if index == 0 or any(row.cells[index] for row in rows)
    ]
    lines = ["| " + " | ".join(_HEADINGS[index] for index in columns) + " |"]
    lines.append("| --- |" + " --: |" * (len(columns) - 1))
    lines += ["| " + " | ".join(row.cells[index] for index in columns) + " |" for row in rows]
    return "".join(f"{line}\n" for line in lines)


def put_into(page: str, text: str) -> str:
    """A page with a text in the place of what was measured before.

    Raises:
        ValueError: the page has no such place.
    """
    before, begin, rest = page.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no line `{BEGIN}`, or no `{END}` after it")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"
