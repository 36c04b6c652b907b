"""The dependency file of a compile for make: which files were made, and from which files."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# A backslash escapes these, and then the backslashes before it have to be doubled.
_ESCAPED = re.compile(r"(\\*)([ #:*?\[])")
# What GNU make has no way to write: it would end the name, the rule or the line there, or take
# the name for an archive's member, a home folder or grouped targets. Nor are bytes written that
# are not UTF-8, which Python keeps as surrogates.
_NOT_NAMEABLE = re.compile(r"[\x00-\x1f\x7f;]|\A~|[\\&]\Z|\(.*\)\Z|[\ud800-\udfff]")


class NotNameable(Exception):  # noqa: N818 - it says what the name is
    """A file has a name that no makefile can hold."""


def rule(targets: Iterable[str], prerequisites: Iterable[str]) -> str:
    """A depfile as `gcc -MD -MP` writes it: one rule, and an empty one for each prerequisite.

    The empty rules keep make from failing over a file that was removed together with what
    referred to it.

    Args:
        targets: the files that were made, as make calls them.
        prerequisites: the files that they were made from.

    Raises:
        NotNameable: one of the names cannot be written.

    Source: GNU make's manual, "Rule Syntax" and "Wildcards", and what GNU make 4.3 does.
    """
    made, used = list(dict.fromkeys(targets)), list(dict.fromkeys(prerequisites))
    head = " \\\n".join(_target(name) for name in made)
    lines = [" \\\n  ".join([f"{head}:", *(_prerequisite(name) for name in used)])]
    lines += [f"\n{_target(name)}:" for name in used]
    return "".join(f"{line}\n" for line in lines)


def _target(name: str) -> str:
    return _escaped(name).replace("%", r"\%")


def _prerequisite(name: str) -> str:
    return _escaped(name).replace("|", r"\|")


def _escaped(name: str) -> str:
    if _NOT_NAMEABLE.search(name):
        raise NotNameable(f"{name}: make has no way to write this name; rename it")
    escaped = _ESCAPED.sub(r"\1\1\\\2", name.replace("$", "$$"))
    # Only an expansion hides it from make, which otherwise treats the line as an assignment.
    return escaped.replace("=", "$(or =)")
