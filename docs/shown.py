"""Runs what a page shows, and puts the real output into it.

A block of `console` contains commands after `$ ` (a line after `> ` continues a command) and their
output, with errors. All commands of a page run in one shell and one scratch folder, as a reader
would type them. A block after `<!-- file: NAME -->` is written to this file, and a block after
`<!-- not run -->` is not changed.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLOCK = re.compile(r"(<!-- [^\n]* -->\n)?```(\w+)\n(.*?)```\n", re.DOTALL)
_FILE = re.compile(r"<!-- file: (\S+) -->\n")
_NOT_RUN = "<!-- not run -->\n"
_END = "\x1e"
"""What the shell prints after each command."""


class Failed(Exception):  # noqa: N818 - the name says what happened to the commands
    """The commands of a page did not all run."""


def refreshed(page: str, files: Mapping[str, str] | None = None) -> str:
    """A page with what its commands really print.

    Args:
        page: its text.
        files: what the scratch folder holds at first, texts by their paths.

    Raises:
        Failed: the shell ended before the last command.
    """
    blocks = list(_BLOCK.finditer(page))
    script, run = ["exec 2>&1"], []
    for block in blocks:
        mark, kind, content = block[1] or "", block[2], block[3]
        name = _FILE.fullmatch(mark)
        if name:
            script.append(f"printf %s {shlex.quote(content)} > {shlex.quote(name[1])}")
        elif kind == "console" and mark != _NOT_RUN:
            run.append(block)
            for command in commands(content):
                script += [command, "status=$?", f"printf '{_END}'", "(exit $status)"]
    *outputs, rest = printed("\n".join(script), files or {}).split(_END)
    if rest or len(outputs) != sum(len(commands(block[3])) for block in run):
        raise Failed("the shell has ended too early")
    left = iter(outputs)
    pieces, end = [], 0
    for block in run:
        made = "".join(_shown(command, next(left)) for command in commands(block[3]))
        pieces += [page[end : block.start(3)], made]
        end = block.end(3)
    return "".join([*pieces, page[end:]])


def commands(block: str) -> list[str]:
    """The commands of one block, each as a shell reads it."""
    found: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif line.startswith("> ") and found:
            found[-1] += f"\n{line[2:]}"
    return found


def _shown(command: str, output: str) -> str:
    lines = f"{output.rstrip()}\n" if output.strip() else ""
    return f"$ {command.replace(chr(10), chr(10) + '> ')}\n{lines}"


def printed(script: str, files: Mapping[str, str]) -> str:
    """What a shell script prints in a scratch folder, without errors.

    Args:
        script: the commands.
        files: what the folder holds at first, texts by their paths.
    """
    environment = {
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in files.items():
            Path(scratch, name).write_text(text, encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - the commands of our own pages
            ["bash", "-c", script],  # noqa: S607 - wherever bash is
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stdout
