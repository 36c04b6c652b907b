"""RS0xx: the settings of the rules themselves."""

from __future__ import annotations

from ..diagnostics import REMOVE, Place, Severity, code_span
from .rule import Rule, RuleResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Idle = tuple[int, str, str]
"""The index of an entry of `lint.ignore`, its code, and why it has no effect."""


def idle_ignores(codes: tuple[str, ...], used: set[str], rules: Mapping[str, Rule]) -> list[Idle]:
    """The entries of `lint.ignore` that have no effect.

    Args:
        codes: the entries, in order.
        used: the codes with a finding that was silenced.
        rules: every rule by its code.
    """
    idle = []
    for index, code in enumerate(codes):
        if code in used:
            if code in codes[:index]:
                idle.append((index, code, "is listed twice"))
        elif code not in rules:
            idle.append((index, code, "is not a rule"))
        elif rules[code].severity is Severity.ERROR:
            idle.append((index, code, "is an error, which cannot be ignored"))
        else:
            idle.append((index, code, "finds nothing here"))
    return idle


def _idle_ignore(idle: list[Idle]) -> Iterator[RuleResult]:
    """An entry of `lint.ignore` has no effect.

    It would hide the first real finding of that rule, which is new.

    Fix: remove it.

    Source: the design of the spec.

    Bad:
        lint: {ignore: [RS308]}

    Good:
        hosts: {nexus.example.org: {}}
        lint: {ignore: [RS308]}
    """
    for index, code, why in idle:
        yield (
            Place(("lint", "ignore", index)),
            f"ignored {code_span(code)} {why}",
            "remove it",
            REMOVE,
        )


IDLE_IGNORE = Rule("RS001", Severity.WARNING, _idle_ignore)
