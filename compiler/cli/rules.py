"""`regspec rules` and `regspec rule CODE`: the codes of findings, and their manuals."""

import inspect
import os

import click

from .completing import CODES
from .terminal import write_stdout


@click.command("rules")
def rules_command() -> None:
    """List the rules with their codes and severities.

    `regspec rule CODE` prints the manual of one.
    """
    from ..rules import RULES

    rows = [
        f"{code}  {rule.severity.value:7}  {inspect.cleandoc(rule.manual).splitlines()[0]}"
        for code, rule in sorted(RULES.items())
    ]
    write_stdout("".join(f"{row}\n" for row in rows).encode())


@click.command("rule")
@click.argument("code", metavar="CODE", type=CODES)
def rule_command(code: str) -> None:
    """Print the manual of a CODE: what it reports, why, and how to fix it.

    \b
      regspec rule RS101
      regspec rule schema
    """
    from ..rules import RULES, code_meant
    from ..rules.manuals import as_text
    from ..rules.phases import PHASES
    from ..schema import nearest

    if code.upper() in RULES:
        rule = RULES[code.upper()]
        heading = f"{rule.code} ({rule.severity.value})"
        manual = rule.manual
    elif code.lower() in PHASES:
        heading, manual = f"{code.lower()} (error)", PHASES[code.lower()]
    else:
        meant = code_meant(code, RULES) or nearest(code, list(PHASES))
        advice = f"did you mean {meant}?" if meant else "`regspec rules` lists them"
        if os.path.exists(code):
            advice = f"`regspec check {code}` reports findings with their codes"
        raise click.UsageError(f"{code} is not a code of a finding; {advice}")
    write_stdout(f"{heading}\n\n{as_text(manual)}\n".encode())
