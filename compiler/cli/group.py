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
        "import": ("import_", "Make a spec of files that are there already."),
        "compile": ("compile", "Compile specs into the files of their sites."),
    },
    "Check and compare": {
        "check": ("check", "Find what is wrong with specs; write nothing."),
        "explain": ("explain", "Tell where each runtime will pull an image from."),
        "coverage": ("coverage", "Tell which images of a bundle no mirror serves."),
        "verify": ("verify", "Compare what is there with what a spec compiles to."),
    },
    "Look things up": {
        "targets": ("targets", "List the targets and where their files go."),
        "rules": ("rules", "List the rules."),
        "rule": ("rules", "Explain what the code of a diagnostic means."),
        "schema": ("schema", "Print the JSON Schema of a spec."),
    },
    "Fit it into builds and shells": {
        "integrate": ("integrate", "Print what a build system needs: make, GitHub, GitLab."),
        "completion": ("completion", "Print what makes a shell complete regspec's words."),
    },
}
"""The commands, by what one does with them: the module of each, and its help in a list."""


@click.group(
    cls=GroupedCommands,
    sections=_SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Exit codes:
  0  done, or up to date
  1  the spec or the files need attention
  2  usage, or the spec or the output cannot be read or written
  3  a bug of regspec
130  stopped by Ctrl-C""",
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


def run(words: Sequence[str]) -> int:
    """Run a command and tell of wrong usage.

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
