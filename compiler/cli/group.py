"""The commands, as click reads them from the words of a command line."""

from __future__ import annotations

import click

from .. import __version__
from ..diagnostics import inert
from .exit_codes import Exit
from .grouped import GroupedCommands
from .terminal import STOPPED, echo_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_SECTIONS = {
    "Write files": {
        "init": ("init", "Write a spec to start from."),
        "import": ("import_", "Make a spec of existing files."),
        "compile": ("compile", "Compile specs into the files of their sites."),
    },
    "Check and compare": {
        "check": ("check", "Report the mistakes in specs; write nothing."),
        "explain": ("explain", "List from where each runtime pulls an image."),
        "coverage": ("coverage", "Report the images of a bundle without a mirror."),
        "verify": ("verify", "Compare installed files with a spec."),
    },
    "Reference": {
        "targets": ("targets", "List the targets and where their files belong."),
        "rules": ("rules", "List the rules."),
        "rule": ("rules", "Print the manual of a code."),
        "schema": ("schema", "Print the JSON Schema of a spec."),
    },
    "Builds and shells": {
        "integrate": ("integrate", "Print the lines for make, GitHub or GitLab."),
        "completion": ("completion", "Print the completion script of a shell."),
    },
}
"""The commands, by what they do: the module of each, and its help in a list."""


@click.group(
    cls=GroupedCommands,
    sections=_SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="""\b
Exit codes:
  0  done, or up to date
  1  the spec or the files need attention
  2  usage, or the spec or the output cannot be read or written
  3  a bug of regspec
130  stopped by Ctrl-C""",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Print a traceback for a bug of regspec.")
def regspec(debug: bool) -> None:
    """Compile one registry spec into every file that an air-gapped Kubernetes site needs.

    regspec works offline and applies nothing: Helm, kubectl and the node's own tools do that.

    \b
      regspec init                      write a registry.yaml to start from
      regspec check registry.yaml       report its mistakes
      regspec compile registry.yaml     compile it into out/
    """


def run(words: Sequence[str]) -> int:
    """Run a command and report wrong usage.

    Args:
        words: those after the name of the program.

    Returns:
        The exit code.
    """
    try:
        code = regspec.main(list(words), prog_name="regspec", standalone_mode=False)
    except click.ClickException as error:
        from .mistyped import advice_on_usage

        advice = advice_on_usage(error.format_message(), words)
        # click quotes the words of the command line as they are
        error.message = inert(error.message)  # type: ignore[misc]
        error.show()
        if advice:
            echo_error(advice)
        return error.exit_code
    except click.exceptions.Abort:
        echo_error(STOPPED)
        return Exit.INTERRUPTED
    return code or Exit.DONE
