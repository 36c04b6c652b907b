"""A group of commands whose help lists them by what one does with them."""

from __future__ import annotations

import importlib

import click

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class GroupedCommands(click.Group):
    """A group whose commands stand under titles, and are imported when they are asked for.

    Args:
        sections: under each title the names of its commands, in order, each with the module of this
            package that has it as `NAME_command`.
    """

    def __init__(
        self, *arguments: Any, sections: Mapping[str, Mapping[str, str]], **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self.sections = sections
        self._modules = {
            name: module for commands in sections.values() for name, module in commands.items()
        }

    @property
    def commands(self) -> dict[str, click.Command]:
        """All commands by their names; each is imported."""
        return {name: self._command(name) for name in self._modules}

    @commands.setter
    def commands(self, value: object) -> None:
        """Click begins with none, and adds none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, section by section."""
        del ctx
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command by its name; none if there is no such."""
        del ctx
        return self._command(cmd_name) if cmd_name in self._modules else None

    def _command(self, name: str) -> click.Command:
        module = importlib.import_module(f".{self._modules[name]}", __package__)
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section; the helps of all begin in one column."""
        widest = max(map(len, self._modules))
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(widest), self._command(name).get_short_help_str(limit=200))
                        for name in names
                    ]
                )
        del ctx
