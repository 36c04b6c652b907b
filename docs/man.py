"""Writes the man pages, for a release: one of regspec and one of each command.

    python docs/man.py out/man

They hold no date, so that the same version gives the same bytes.
"""

from __future__ import annotations

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


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    print(f"{sys.argv[1]}: try `man -l {sys.argv[1]}/regspec-compile.1`")
