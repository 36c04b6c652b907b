"""`regspec check`: what is wrong with specs, without writing anything."""

from __future__ import annotations

import click

from .checking import CheckOptions, check_all
from .completing import CODES
from .files import STDIN
from .options import (
    ALL_FORMS,
    LINE_FORMS,
    allow_file_option,
    at_option,
    specs_argument,
    target_option,
)
from .reporting import Reporter, default_form

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from ..rules import Selection


@click.command("check")
@specs_argument
@target_option
@allow_file_option
@at_option
@click.option(
    "--select", metavar="CODES", type=CODES, help="Tell only these rules: RS101,RS3 (RS3xx)."
)
@click.option(
    "--ignore",
    metavar="CODES",
    type=CODES,
    help="Do not tell these rules. An error is always told.",
)
@click.option("--include-ignored", is_flag=True, help="Tell what `lint.ignore` leaves out too.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings too.")
@click.option("--fix", is_flag=True, help="Mend what is certainly a slip of form; tell the rest.")
@click.option(
    "--diff", is_flag=True, help="Print what --fix would mend, without secrets; write nothing."
)
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
    today: Callable[[], dt.date],
    select: str | None,
    ignore: str | None,
    include_ignored: bool,
    strict: bool,
    fix: bool,
    diff: bool,
    quiet: bool,
    form: str | None,
) -> int:
    """Check each SPEC as compile does, and write nothing; `-` reads one from standard input.

    With --fix, upper case, a scheme or a slash too many, another name of Docker Hub where the path
    is written out, a tab beside `::`, CRLF, and ignored rules that find nothing are mended in the
    file: only those bytes, and comments stay. What was read from standard input is printed, mended.

    User names and passwords are never looked up, so no secret is needed: a variable that is not
    set is only an info. CA certificates and image lists are read.

    \b
      regspec check registry.yaml
      regspec check sites/*.yaml --strict --format concise
      regspec check registry.yaml --diff          what --fix would mend
      regspec rule RS101                what a code means, and what to do
    """
    selection = _selection(select, ignore, with_ignored=include_ignored)
    form = form or default_form()
    if STDIN in specs and (fix or diff) and form not in LINE_FORMS:
        raise click.UsageError(f"--format {form} and a mended `-` would both be printed")
    asked = CheckOptions(today, selection, targets, allowed, strict, fix, diff)
    return check_all(specs, asked, Reporter(form, errors_only=quiet))


def _selection(select: str | None, ignore: str | None, *, with_ignored: bool) -> Selection:
    from ..rules import Selection

    codes = _codes("--select", select), _codes("--ignore", ignore)
    return Selection(*codes, with_ignored=with_ignored)


def _codes(option: str, written: str | None) -> tuple[str, ...]:
    """The codes of an option, each of which must be that of a rule or its beginning."""
    from ..rules import RULES, code_meant

    codes = tuple(code.strip().upper() for code in (written or "").split(",") if code.strip())
    for code in codes:
        if len(code) < 3 or not any(known.startswith(code) for known in RULES):  # noqa: PLR2004 - RS and a digit
            meant = code_meant(code, RULES)
            advice = f"; did you mean {meant}?" if meant else "; `regspec rules` lists them"
            raise click.UsageError(f"{option}: {code} is no rule{advice}")
    return codes
