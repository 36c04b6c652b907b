"""The plain forms of `compile`, `check` and `explain`, which people, hooks and Make run.

They are read without click, whose import takes longer than all that they do. What is of another
form, and whatever looks like a mistake, is left to click, which has the words for it.
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
    """`compile SPEC... [-o DIR] [--check]`, or another command with a flag or two."""

    command: str
    names: tuple[str, ...]
    """The specs; of `explain` the spec and its images."""
    flags: frozenset[str] = frozenset()
    output: str = DEFAULT_FOLDER


def read(words: Sequence[str]) -> Plain | None:
    """What is asked in a plain form; none if it is asked in any other.

    Args:
        words: those after the name of the program.
    """
    if not words or words[0] not in _COMMANDS or _COMPLETING in os.environ:
        return None
    _, known, least = _COMMANDS[words[0]]
    names, flags, output = [], set(), DEFAULT_FOLDER
    rest = iter(words[1:])
    for word in rest:
        if word in known:
            flags.add(word)
        elif word in ("-o", "--output") and words[0] == "compile":
            output = next(rest, "")
            if not output or output.startswith("-"):
                return None
        elif not word or word.startswith("-"):
            return None
        else:
            names.append(word)
    asked = Plain(words[0], tuple(names), frozenset(flags), output)
    return asked if len(names) >= least else None


def run(words: Sequence[str]) -> int | None:
    """Do what is asked in a plain form, and give the exit code.

    Args:
        words: those after the name of the program.

    Returns:
        None if it is asked in any other, or is a mistake that click tells; nothing is done then.
    """
    asked = read(words)
    if asked is None:
        return None
    perform, _, least = _COMMANDS[asked.command]
    if len(asked.names) == least:
        gc.disable()  # what little there is of it lives no longer than the process
    return perform(asked)


def _compile(asked: Plain) -> int:
    from .compiling import WriteOptions, compile_all, finish
    from .days import today
    from .reporting import Reporter, default_form

    compiled, code = compile_all(
        asked.names, asked.output, (), (), today, Reporter(default_form()), with_placeholders=False
    )
    return finish(
        compiled, code, WriteOptions(asked.output, check="--check" in asked.flags), asked.names
    )


def _check(asked: Plain) -> int:
    from .checking import CheckOptions, check_all
    from .days import today
    from .reporting import Reporter, default_form

    quiet = bool(asked.flags & {"-q", "--quiet"})
    checking = CheckOptions(today, None, strict="--strict" in asked.flags)
    return check_all(asked.names, checking, Reporter(default_form(), errors_only=quiet))


def _explain(asked: Plain) -> int | None:
    from .explaining import ExplainOptions, NoRuntime, explain_spec, refused

    spec, *images = asked.names
    explaining = ExplainOptions(allow_upstream="--allow-upstream" in asked.flags)
    try:
        return None if refused(images) else explain_spec(spec, images, explaining)
    except NoRuntime:
        return None


_COMMANDS = {
    "compile": (_compile, ("--check",), 1),
    "check": (_check, ("--strict", "-q", "--quiet"), 1),
    "explain": (_explain, ("--allow-upstream",), 2),
}
"""What does each, the flags that it knows, and how many names it takes at least."""
