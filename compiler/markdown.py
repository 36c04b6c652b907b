"""Values inside Markdown and its shell lines, where none of them can be more than text."""

from __future__ import annotations

import re

from .diagnostics import printable

_TICKS = "`+"


def code_span(text: str) -> str:
    """A text as inline code, which neither Markdown nor HTML parses.

    The run of backticks around it is longer than any inside it. Source: CommonMark, code spans.
    """
    shown = printable(text)
    ticks = _longer_than_any_in(shown, 1)
    edges = shown[:1] + shown[-1:]
    pad = " " if not shown or "`" in edges or (" " in edges and shown.strip(" ")) else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fenced(text: str, language: str) -> str:
    """Lines as a fenced block, without the final line break; its fence is longer than any inside.

    Args:
        text: lines of our own making, which hold no control character but the line break.
        language: what the block is marked as.
    """
    fence = _longer_than_any_in(text, 3)
    body = text if text.endswith("\n") else f"{text}\n"
    return f"{fence}{language}\n{body}{fence}"


def shell_word(text: str) -> str:
    """A text as one word of a shell, on one line, whatever is in it but NUL, which no word holds.

    What is not printable is written as octal bytes in `$'...'`, which POSIX has since 2024 and
    bash, zsh, ksh and busybox had before.
    """
    if text.isprintable():
        import shlex

        return shlex.quote(text)
    return "$'" + "".join(map(_in_dollar_quotes, text)) + "'"


def shell_path(path: str) -> str:
    """A relative path as one word that no program takes for an option or for standard input."""
    return shell_word(_as_path(path))


def shell_list(path: str) -> str:
    """A path as a word for helm and kubectl, which read the value as a line of CSV."""
    word = _as_path(path)
    if "," in word or '"' in word:
        word = '"' + word.replace('"', '""') + '"'
    return shell_word(word)


def remote_path(path: str) -> str:
    """A path as a word that ssh hands to the shell of another machine, and so is read twice."""
    return shell_word(shell_path(path))


def _as_path(path: str) -> str:
    return f"./{path}" if path.startswith("-") else path


def _in_dollar_quotes(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode())


def _longer_than_any_in(text: str, least: int) -> str:
    longest = max(map(len, re.findall(_TICKS, text)), default=0)
    return "`" * max(least, longest + 1)
