"""Writes the man pages, for a release: one of regspec and one of each command.

    python docs/man.py out/man

They hold no date, so that the same version gives the same bytes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from click_man.core import write_man_pages
from regspec import __version__
from regspec.cli.group import regspec


def write(folder: Path) -> None:
    """Write every page into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"regspec {__version__}"
    write_man_pages("regspec", regspec, version=name, target_dir=str(folder), date=name)
    for page in folder.iterdir():
        # A list of words without blanks fits on no line: let it break after each `|`.
        text = re.sub(r"^.*\[\S+\|\S+\]\n", _breakable, page.read_text(), flags=re.MULTILINE)
        page.write_text(text)


def _breakable(line: re.Match[str]) -> str:
    return ".na\n" + line[0].replace("|", r"|\:") + ".ad\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    print(f"{sys.argv[1]}: try `man -l {sys.argv[1]}/regspec-compile.1`")
