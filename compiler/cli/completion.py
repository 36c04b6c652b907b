"""`regspec completion`: the script that lets a shell complete the words of regspec."""

from __future__ import annotations

import click

from .terminal import write_stdout

_VARIABLE = "_REGSPEC_COMPLETE"
"""What tells regspec to complete; click makes the name of that of the program."""
SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes commands, options, targets and files.

    For bash it belongs into ~/.bashrc, for zsh into ~/.zshrc after compinit:

    \b
      eval "$(regspec completion bash)"
      eval "$(regspec completion zsh)"
      regspec completion fish > ~/.config/fish/completions/regspec.fish
    """
    from click import shell_completion

    root = context.find_root()
    known = shell_completion.get_completion_class(shell)
    if known is None:
        raise click.UsageError(f"click does not know {shell}")
    complete = known(root.command, {}, "regspec", _VARIABLE)
    # Of the base class: that of bash starts a bash, to see whether it is one of before 2016.
    write_stdout(f"{shell_completion.ShellComplete.source(complete).strip()}\n".encode())
