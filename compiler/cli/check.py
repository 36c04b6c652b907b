"""`regspec check`: findings in specs, without writing anything."""

from __future__ import annotations

import click

from .checking import CheckOptions, check_all
from .completing import CODES
from .files import STDIN
from .grouped import GroupedOptions
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


@click.command(
    "check",
    cls=GroupedOptions,
    sections={
        "What to check": ("--target", "--allow-file", "--at"),
        "Which rules": ("--select", "--ignore", "--include-ignored", "--strict"),
        "Fixes": ("--fix", "--diff"),
        "Output": ("--quiet", "--format"),
    },
)
@specs_argument
@target_option
@allow_file_option
@at_option
@click.option(
    "--select", metavar="CODES", type=CODES, help="Report only these rules, such as RS101,RS3."
)
@click.option(
    "--ignore",
    metavar="CODES",
    type=CODES,
    help="Do not report these rules. An error is always reported.",
)
@click.option("--include-ignored", is_flag=True, help="Also report the rules of `lint.ignore`.")
@click.option("--strict", is_flag=True, help="Also exit 1 on warnings.")
@click.option("--fix", is_flag=True, help="Fix slips of form; report the rest.")
@click.option(
    "--diff", is_flag=True, help="Print what --fix would change, without secrets; write nothing."
)
@click.option("-q", "--quiet", is_flag=True, help="Report errors only, and no summary.")
@click.option(
    "--format",
    "form",
    type=click.Choice(ALL_FORMS),
    help="Output format for findings: text, concise (one line each), github (annotations, the "
    "default in GitHub Actions), json (one list) or sarif (one log). json and sarif go to stdout.",
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
    """Check each SPEC as compile does, and write nothing.

    \b
      regspec check registry.yaml
      regspec check sites/*.yaml --strict --format concise
      regspec check registry.yaml --diff          what --fix would change
      regspec rule RS101                          the manual of a rule

    `-` reads a spec from standard input. Credentials are never read, so no secret is needed: a
    variable that is not set is an info. CA certificates and image lists are read.

    --fix changes upper case, a scheme, an extra slash, another name of Docker Hub (where the path
    is written out), a tab next to `::`, CRLF, and ignored rules that report nothing. It changes
    only these bytes, so comments stay. A spec from standard input is printed, with its fixes.
    """
    selection = _selection(select, ignore, with_ignored=include_ignored)
    form = form or default_form()
    if STDIN in specs and (fix or diff) and form not in LINE_FORMS:
        raise click.UsageError(f"--format {form} and a fixed `-` would both be printed")
    asked = CheckOptions(today, selection, targets, allowed, strict, fix, diff)
    return check_all(specs, asked, Reporter(form, errors_only=quiet))


def _selection(select: str | None, ignore: str | None, *, with_ignored: bool) -> Selection:
    from ..rules import Selection

    codes = _codes("--select", select), _codes("--ignore", ignore)
    return Selection(*codes, with_ignored=with_ignored)


def _codes(option: str, written: str | None) -> tuple[str, ...]:
    """The codes of an option, each of which must be the code of a rule or its beginning."""
    from ..rules import RULES, code_meant

    codes = tuple(code.strip().upper() for code in (written or "").split(",") if code.strip())
    for code in codes:
        if len(code) < 3 or not any(known.startswith(code) for known in RULES):  # noqa: PLR2004 - RS and a digit
            meant = code_meant(code, RULES)
            advice = f"; did you mean {meant}?" if meant else "; `regspec rules` lists them"
            raise click.UsageError(f"{option}: {code} is not the code of a rule{advice}")
    return codes
