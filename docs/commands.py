"""The page on the command line, from the help of the commands themselves."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import click
from click.testing import CliRunner
from regspec.cli.exit_codes import Exit
from regspec.cli.group import regspec

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 78
"""What click makes of a terminal with 80 columns."""


def cli_page(note: str) -> str:
    """docs/cli.md, from click."""
    lines = [
        "# The command line\n",
        note,
        "The output of `regspec --help` and `regspec COMMAND --help`. Findings go to stderr.",
        "Artifacts, diffs and output for programs go to stdout. regspec never uses a network, and",
        "never changes a cluster or a node.\n",
        "## Exit codes\n",
        "All commands have the same exit codes. With several specs, the highest one is used.\n",
        "| code | meaning |",
        "| --- | --- |",
        *(f"| {code.value} | {_meaning(code)} |" for code in Exit),
        "",
        "## Variables\n",
        "| variable | effect |",
        "| --- | --- |",
        "| `NO_COLOR` | no colour, even on a terminal |",
        "| `FORCE_COLOR` | colour, even without a terminal |",
        "| `GITHUB_ACTIONS` | findings are annotations by default |",
        "| `SOURCE_DATE_EPOCH` | the day for the checks of certificates, without `--at` |",
        "| `REGSPEC_FAST=0` | no fast path, same output ([performance.md](performance.md)) |",
        "",
        "In addition, regspec reads only the variables that a spec names with `{env: NAME}`.\n",
        *_manual(regspec, ()),
    ]
    return "\n".join(lines)


def _manual(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    """The help of a command and of those below it."""
    done = CliRunner().invoke(
        regspec, [*words, "--help"], prog_name="regspec", terminal_width=WIDTH
    )
    yield f"## `{' '.join(('regspec', *words))}`\n"
    yield f"```text\n{done.stdout.rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from _manual(below, (*words, name))


def _meaning(code: Exit) -> str:
    """The docstring below a member, which only its source has."""
    source = inspect.getsource(Exit)
    text = source.split(f"{code.name} = {code.value}\n")[1].split('"""')[1]
    return text[0].lower() + text[1:].rstrip(".")
