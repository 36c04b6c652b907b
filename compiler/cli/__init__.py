"""The command line: the only place that prints, exits, or sees the environment."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

from .. import __version__
from .exit_codes import Exit
from .files import forget_stdout, say_error
from .grouped import GroupedCommands

if TYPE_CHECKING:
    from collections.abc import Sequence

_ISSUES = "please report it with what you ran, without secrets"


_SECTIONS = {
    "Write files": {"init": "init", "import": "import_", "compile": "compile"},
    "Check and compare": {
        "check": "check",
        "explain": "explain",
        "coverage": "coverage",
        "verify": "verify",
    },
    "Look things up": {
        "targets": "targets",
        "rules": "rules",
        "rule": "rules",
        "schema": "schema",
    },
    "Fit it into builds and shells": {"integrate": "integrate", "completion": "completion"},
}
"""The commands, by what one does with them, and the module of each."""


@click.group(
    cls=GroupedCommands,
    sections=_SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Exit codes:
  0  done, or up to date
  1  the spec or the files need attention
  2  usage, or the spec or the output cannot be read or written
  3  a bug of regspec""",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show where regspec failed when that is its own fault.")
def regspec(debug: bool) -> None:
    """Compile one registry spec into every file that an air-gapped Kubernetes site needs.

    regspec works offline and applies nothing: Helm, kubectl and the node's own tools do that.

    \b
      regspec init                      write a registry.yaml to start from
      regspec check registry.yaml       find what is wrong with it
      regspec compile registry.yaml     compile it into out/
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    Args:
        arguments: the words after the command; none takes those of the process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if os.environ.get("REGSPEC_FAST") == "0":
        # What was made ahead of time cannot be imported then; everything goes on without it.
        sys.modules[f"{__package__.partition('.')[0]}.generated"] = None  # type: ignore[assignment]
    if sys.stderr is None:  # closed by who started us
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - to the end
    try:
        code = regspec.main(words, prog_name="regspec", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.exceptions.Abort:
        code = Exit.INTERRUPTED
    except OSError as error:
        with contextlib.suppress(OSError):  # the output for errors may be what is full
            say_error((error.strerror or "cannot read or write").lower())
        forget_stdout()
        code = Exit.CANNOT
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a bug of ours
        click.echo(f"error: this is a bug in regspec ({type(error).__name__}); {_ISSUES}", err=True)
        if "--debug" in words:
            # The frames only: an exception's own words may hold what the spec holds.
            click.echo("".join(traceback.format_tb(error.__traceback__)), err=True, nl=False)
        code = Exit.OURS
    sys.exit(code)
