"""The arguments and options that several commands share."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from .. import reports
from ..dialects import TARGETS
from .completing import FILE_NAME
from .days import today
from .files import STDIN

LINE_FORMS = tuple(reports.LINES)
ALL_FORMS = (*LINE_FORMS, "json", "sarif")

F = TypeVar("F", bound=Callable[..., Any])


def _stdin_once(
    _context: click.Context, _parameter: click.Parameter, specs: tuple[str, ...]
) -> tuple[str, ...]:
    if specs.count(STDIN) > 1:
        raise click.UsageError("standard input has one spec: write `-` once")
    return specs


specs_argument = click.argument(
    "specs",
    metavar="SPEC...",
    nargs=-1,
    required=True,
    type=FILE_NAME,
    callback=_stdin_once,
)


def naming_formats(command: F) -> F:
    """Put the formats that are read into the help of a command, at `{formats}`."""
    from ..recognise import known_formats
    from ..resources import docstring

    command.__doc__ = docstring(command).replace("{formats}", known_formats())
    return command


class _TargetName(click.Choice[str]):
    """The name of a target that exists when the option is read."""

    choices = property(lambda _self: tuple(TARGETS), lambda _self, _given: None)


target_option = click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    type=_TargetName(()),
    help="Only this target, with its options in the spec or its defaults; see `regspec targets`. "
    "Repeatable.",
)

allow_file_option = click.option(
    "--allow-file",
    "allowed",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also allow `{file: PATH}` to name files inside DIR. Repeatable.",
)


def _day(
    _context: click.Context, _parameter: click.Parameter, written: dt.datetime | None
) -> Callable[[], dt.date]:
    return written.date if written else today


at_option = click.option(
    "--at",
    "today",
    metavar="DATE",
    type=click.DateTime(("%Y-%m-%d",)),
    callback=_day,
    help="The day for which CA certificates are checked, such as 2027-01-31. Default: the day of "
    "SOURCE_DATE_EPOCH, or today.",
)


def _modelled(
    _context: click.Context, _parameter: click.Parameter, written: str | None
) -> str | None:
    from ..dialects.containerd import versions

    problem = None if written is None else versions.problem_with(written)
    if problem:
        raise click.BadParameter("; ".join(problem))
    return written


containerd_option = click.option(
    "--containerd",
    "version",
    metavar="VERSION",
    callback=_modelled,
    help="A version (1.6.20) or a line (1.7) of containerd. Default: the version of a target, or "
    "every line that can read the node's files.",
)


def _of_runtimes(
    _context: click.Context, _parameter: click.Parameter, written: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    from ..explaining.explain import runtimes

    known = runtimes()
    versions: dict[str, tuple[str, ...]] = {}
    for text in written:
        runtime, equals, version = text.partition("=")
        if not equals or runtime not in known:
            names = ", ".join(name for name, dialect in known.items() if dialect.versions)
            raise click.BadParameter(f"{text} is not RUNTIME=VERSION; RUNTIME is one of {names}")
        is_known = known[runtime].versions
        if is_known is None:
            raise click.BadParameter(f"every version of {runtime} pulls alike; leave it out")
        if not is_known(version):
            raise click.BadParameter(f"{version} is not a version of {runtime} that regspec knows")
        versions[runtime] = (*versions.get(runtime, ()), version)
    return {runtime: tuple(sorted(set(of), key=_numbers)) for runtime, of in versions.items()}


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", version)]


versions_option = click.option(
    "--version",
    "versions",
    metavar="RUNTIME=VERSION",
    multiple=True,
    callback=_of_runtimes,
    help="A version of containerd, talos or buildkit, such as buildkit=0.11. Repeatable. "
    "Default: the newest, and all lines of containerd.",
)


def images_option(help_text: str) -> Callable[[F], F]:
    """The option `-i` of a command that reads lists of images.

    Args:
        help_text: its help.
    """
    return click.option(
        "-i", "--images", "lists", multiple=True, metavar="FILE", type=FILE_NAME, help=help_text
    )


def text_or_json(help_text: str) -> Callable[[F], F]:
    """The option `--format` of a command that prints text or JSON.

    Args:
        help_text: its help.
    """
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help=help_text,
    )
