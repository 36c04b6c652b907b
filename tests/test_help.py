"""The help of every command: it fits 80 columns, and the examples come first."""

from __future__ import annotations

import click
import pytest
from regspec.cli.group import regspec

COMMANDS = {"": regspec, **regspec.commands}
MOST_USED = ("compile", "check", "explain", "import", "verify")


def help_of(name):
    """What `regspec NAME --help` prints on a terminal that is wider than 80 columns."""
    root = click.Context(regspec, info_name="regspec", terminal_width=None, max_content_width=80)
    if not name:
        return regspec.get_help(root)
    context = click.Context(COMMANDS[name], info_name=name, parent=root)
    return COMMANDS[name].get_help(context)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_fits_80_columns(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert [line for line in help_of(name).splitlines() if len(line) > 80] == []
    assert regspec.context_settings["max_content_width"] == 80


@pytest.mark.parametrize("name", MOST_USED)
def test_the_help_of_a_much_used_command_begins_with_examples(name):
    usage, summary, examples, *rest = help_of(name).split("\n\n")
    assert usage.startswith("Usage: ")
    assert len(summary.splitlines()) == 1
    assert all(
        f"regspec {name} " in line or "regspec rule" in line for line in examples.split("\n")
    )
    assert rest


@pytest.mark.parametrize("name", MOST_USED)
def test_the_options_of_a_much_used_command_are_under_titles(name):
    command = COMMANDS[name]
    text = help_of(name)
    for option in command.params:
        if isinstance(option, click.Option):
            assert text.count(f" {max(option.opts, key=len)}") >= 1
    _, others = text.split("Other options:\n")
    assert len(others.splitlines()) == 1
    assert others.split()[-6:] == ["--help", "Show", "this", "message", "and", "exit."]
