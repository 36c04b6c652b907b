"""The arguments and options that several commands share."""

import datetime as dt
import os
from pathlib import Path

import click

from ..targets import TARGETS
from .files import STDIN


def _stdin_once(
    _context: click.Context, _parameter: click.Parameter, specs: tuple[str, ...]
) -> tuple[str, ...]:
    if specs.count(STDIN) > 1:
        raise click.UsageError("standard input holds one spec: write `-` once")
    return specs


specs_argument = click.argument(
    "specs", metavar="SPEC...", nargs=-1, required=True, callback=_stdin_once
)

target_option = click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    type=click.Choice(tuple(TARGETS)),
    help="Only this target, with its options in the spec or its defaults. Repeatable.",
)

allow_file_option = click.option(
    "--allow-file",
    "allowed",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also let `{file: PATH}` name files inside DIR. Repeatable.",
)


def today() -> dt.date:
    """The day in UTC: that of SOURCE_DATE_EPOCH, where a build has set it, or the real one."""
    try:
        return dt.datetime.fromtimestamp(
            int(os.environ.get("SOURCE_DATE_EPOCH", "")), dt.UTC
        ).date()
    except (ValueError, OverflowError, OSError):
        return dt.datetime.now(dt.UTC).date()


def _day(
    _context: click.Context, _parameter: click.Parameter, written: dt.datetime | None
) -> dt.date:
    return written.date() if written else today()


at_option = click.option(
    "--at",
    "today",
    metavar="DATE",
    type=click.DateTime(("%Y-%m-%d",)),
    callback=_day,
    help="The day for which CA certificates are looked at, such as 2027-01-31. Default: that of "
    "SOURCE_DATE_EPOCH, or today.",
)
