"""A group of commands whose help lists them by what one does with them."""

from __future__ import annotations

from typing import Any

import click


class GroupedCommands(click.Group):
    """A group whose commands stand under titles, in the order in which they were added."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.sections: dict[str, list[str]] = {}
        """The names of the commands under each title."""

    def add_section(self, title: str, *commands: click.Command) -> None:
        """Add commands under a title."""
        self.sections[title] = [str(command.name) for command in commands]
        for command in commands:
            self.add_command(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section; the helps of all begin in one column."""
        widest = max(map(len, self.commands), default=0)
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(widest), self.commands[name].get_short_help_str(limit=200))
                        for name in names
                        if not self.commands[name].hidden
                    ]
                )
        del ctx
