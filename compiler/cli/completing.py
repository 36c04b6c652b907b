"""What a shell offers for words that are not commands, options or choices."""

from __future__ import annotations

import inspect

import click

TYPE_CHECKING = False
if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _FileName(click.types.StringParamType):
    """The name of a file, or `-`; a shell offers existing files."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell offer files, and the folders on the way to them."""
        from click.shell_completion import CompletionItem

        del ctx, param
        return [CompletionItem(incomplete, type="file")]


class _Codes(click.types.StringParamType):
    """Codes of rules, joined by commas."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The codes that begin as the last one does, each with the first line of its manual."""
        from click.shell_completion import CompletionItem

        from ..rules import RULES

        del ctx, param
        before, comma, last = incomplete.rpartition(",")
        found = [RULES[code] for code in sorted(RULES) if code.startswith(last.upper())]
        return [
            CompletionItem(
                before + comma + rule.code, help=inspect.cleandoc(rule.manual).split("\n")[0]
            )
            for rule in found
        ]


FILE_NAME = _FileName()
CODES = _Codes()
