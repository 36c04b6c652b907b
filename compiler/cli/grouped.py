"""Help in sections: commands by what they do, and options by what they are about."""

from __future__ import annotations

import importlib
import inspect

import click

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def _restore_help(command: click.Command) -> None:
    """Give a command its help, which is a docstring, where `python -OO` dropped it."""
    if command.help is None and command.callback is not None:
        from ..resources import docstring

        command.help = inspect.cleandoc(docstring(command.callback))


class GroupedOptions(click.Command):
    """A command whose help lists the options under titles.

    Args:
        sections: under each title the options, each by its longest form. An option
            that no title has is listed last.
    """

    def __init__(
        self, *arguments: Any, sections: Mapping[str, tuple[str, ...]], **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self.sections = sections

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        rows = {}
        for option in self.get_params(ctx):
            row = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if row is not None:
                written, help_text = row
                name = max(option.opts, key=len)
                rows[name] = (written.ljust(_COLUMN), help_text)
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([rows.pop(name) for name in names])
        with formatter.section("Other options"):
            formatter.write_dl(list(rows.values()))


_COLUMN = 30
"""How many characters an option has before its help; click wraps what is longer."""


class GroupedCommands(click.Group):
    """A group whose commands are listed under titles, and are imported when they are requested.

    Args:
        sections: under each title the names of its commands, in order, each with the module of this
            package that has it as `NAME_command`, and with its help in a list of commands.
    """

    def __init__(
        self,
        *arguments: Any,
        sections: Mapping[str, Mapping[str, tuple[str, str]]],
        **settings: Any,
    ) -> None:
        super().__init__(*arguments, **settings)
        _restore_help(self)
        self.sections = sections
        self._listed = {
            name: listed for commands in sections.values() for name, listed in commands.items()
        }

    @property
    def commands(self) -> dict[str, click.Command]:
        """All commands by their names; each is imported."""
        return {name: self._command(name) for name in self._listed}

    @commands.setter
    def commands(self, value: object) -> None:
        """Click begins with none, and adds none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, section by section."""
        del ctx
        return list(self._listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command by its name; none if there is no such."""
        del ctx
        return self._command(cmd_name) if cmd_name in self._listed else None

    def _command(self, name: str) -> click.Command:
        module, command_help = self._listed[name]
        imported = importlib.import_module(f".{module}", __package__)
        command: click.Command = getattr(imported, f"{name}_command")
        command.short_help = command_help
        _restore_help(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section without importing a command; all helps begin in one column."""
        widest = max(map(len, self._listed))
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(widest), command_help)
                        for name, (_, command_help) in commands.items()
                    ]
                )
        del ctx
