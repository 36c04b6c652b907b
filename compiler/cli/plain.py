"""The plain form of `compile`, which hooks and Make run: read without click.

An import of click takes longer than all that a compile does. What is not of this form, and whatever
looks like a mistake, is left to click, which has the words for it.
"""

from __future__ import annotations

import gc
import os

from ..frozen import frozen
from .compiling import DEFAULT_FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_COMPLETING = "_REGSPEC_COMPLETE"
"""The variable by which a shell asks for completion in place of running anything."""


@frozen
class Plain:
    """`compile SPEC... [-o DIR] [--check]`."""

    specs: tuple[str, ...]
    output: str
    check: bool


def read(words: Sequence[str]) -> Plain | None:
    """What is asked in the plain form; none if it is asked in any other.

    Args:
        words: those after the name of the program.
    """
    if not words or words[0] != "compile" or _COMPLETING in os.environ:
        return None
    specs, output, check = [], DEFAULT_FOLDER, False
    rest = iter(words[1:])
    for word in rest:
        if word in ("-o", "--output"):
            output = next(rest, "")
            if not output or output.startswith("-"):
                return None
        elif word == "--check":
            check = True
        elif not word or word.startswith("-"):
            return None
        else:
            specs.append(word)
    return Plain(tuple(specs), output, check) if specs else None


def run(asked: Plain) -> int:
    """Do what is asked, and give the exit code."""
    if len(asked.specs) == 1:
        gc.disable()  # what little there is of it lives no longer than the process
    from .compiling import compile_all, finish
    from .days import today
    from .telling import Teller, default_form

    compiled, code = compile_all(
        asked.specs, asked.output, (), (), today, Teller(default_form()), with_placeholders=False
    )
    return finish(compiled, code, check=asked.check, diff=False)
