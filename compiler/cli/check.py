"""`regspec check`: what is wrong with specs, without writing anything."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from .exit_codes import Exit
from .files import folder_of
from .options import allow_file_option, at_option, specs_argument, target_option
from .telling import ALL_FORMS, Teller, default_form

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from ..rules import Selection


@click.command("check", short_help="Find what is wrong with specs; write nothing.")
@specs_argument
@target_option
@allow_file_option
@at_option
@click.option("--select", metavar="CODES", help="Tell only these rules: RS101,RS3 (RS3xx).")
@click.option("--ignore", metavar="CODES", help="Do not tell these rules. An error is always told.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings too.")
@click.option("-q", "--quiet", is_flag=True, help="Tell errors only, and no summary.")
@click.option(
    "--format",
    "form",
    type=click.Choice(ALL_FORMS),
    help="How to tell: text; concise, one line each; github, for GitHub Actions, and the default "
    "there; json, one list, or sarif, one log, on stdout.",
)
def check_command(
    specs: tuple[str, ...],
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    today: dt.date,
    select: str | None,
    ignore: str | None,
    strict: bool,
    quiet: bool,
    form: str | None,
) -> int:
    """Check each SPEC as compile does, and write nothing; `-` reads one from standard input.

    User names and passwords are never looked up, so no secret is needed: a variable that is not
    set is only an info. CA certificates and image lists are read.

    \b
      regspec check registry.yaml
      regspec check sites/*.yaml --strict --format concise
      regspec rule RS101                what a code means, and what to do
    """
    from ..diagnostics import Severity
    from ..pipeline import check_spec
    from ..sources import FolderReader

    selection = _selection(select, ignore)
    teller, code = Teller(form or default_form(), errors_only=quiet), Exit.DONE
    for name, content in teller.read(specs, "specs checked"):
        result = check_spec(
            content,
            targets=targets,
            environment=os.environ,
            read_file=FolderReader(folder_of(name), allowed),
            today=today,
            selection=selection,
        )
        teller.tell(name, result)
        if result.failed or (strict and teller.counts[Severity.WARNING]):
            code = Exit.ATTENTION
    teller.finish()
    if not quiet:
        click.echo(teller.summary(), err=True)
    return Exit.CANNOT if teller.unreadable else code


def _selection(select: str | None, ignore: str | None) -> Selection:
    from ..rules import Selection

    return Selection(_codes("--select", select), _codes("--ignore", ignore))


def _codes(option: str, written: str | None) -> tuple[str, ...]:
    """The codes of an option, each of which must be that of a rule or its beginning."""
    from ..rules import RULES
    from ..schema import nearest

    codes = tuple(code.strip().upper() for code in (written or "").split(",") if code.strip())
    for code in codes:
        if len(code) < 3 or not any(known.startswith(code) for known in RULES):  # noqa: PLR2004 - RS and a digit
            meant = nearest(code, list(RULES))
            advice = f"; did you mean {meant}?" if meant else "; `regspec rules` lists them"
            raise click.UsageError(f"{option}: {code} is no rule{advice}")
    return codes
