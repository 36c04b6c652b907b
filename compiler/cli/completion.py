"""`regspec completion`: the script that lets a shell complete the words of regspec."""

from __future__ import annotations

import click

from .terminal import write_stdout

_VARIABLE = "_REGSPEC_COMPLETE"
"""The variable of a completion request; click makes its name from the name of the program."""
SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes commands, options and files.

    \b
      eval "$(regspec completion bash)"         in ~/.bashrc
      eval "$(regspec completion zsh)"          in ~/.zshrc, after compinit
      regspec completion fish > ~/.config/fish/completions/regspec.fish
    """
    from click import shell_completion

    root = context.find_root()
    known = shell_completion.get_completion_class(shell)
    if known is None:
        raise click.UsageError(f"click does not know {shell}")
    complete = known(root.command, {}, "regspec", _VARIABLE)
    # The method of the base class: the one for bash starts a bash to check its version.
    write_stdout(f"{shell_completion.ShellComplete.source(complete).strip()}\n".encode())
