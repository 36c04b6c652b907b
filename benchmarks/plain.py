"""An environment as a user has it: this checkout and what it needs, and nothing else.

A checkout that is installed to be edited starts with more: what finds its folders runs in every
Python of that environment, also in `python -c pass`, and hides what regspec itself imports.
"""

from __future__ import annotations

import compileall
import re
import shutil
import sysconfig
import tomllib
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SCRIPT = """\
#!{python}
import sys
from {module} import {function}
if __name__ == '__main__':
    sys.argv[0] = sys.argv[0].removesuffix('.exe')
    sys.exit({function}())
"""
"""What pip writes for a command."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Such an environment."""

    python: str
    regspec: str
    """The command."""


def make(folder: Path, *, byte_code: bool) -> Plain:
    """Make one from this checkout and the dependencies that this Python has; no network is needed.

    Args:
        folder: where it goes.
        byte_code: whether what is installed is compiled, as pip does it and uv does not.
    """
    venv.EnvBuilder(symlinks=True).create(folder)
    python = folder / "bin/python"
    base = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", base))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    ignored = shutil.ignore_patterns("__pycache__")
    for package, source in project["tool"]["setuptools"]["package-dir"].items():
        shutil.copytree(ROOT / source, site.joinpath(*package.split(".")), ignore=ignored)
    for distribution in _needed(project["project"]["dependencies"]):
        for file in distribution.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(distribution.locate_file(file)), target)
    if byte_code:
        compileall.compile_dir(site, quiet=2)
    module, _, function = project["project"]["scripts"]["regspec"].partition(":")
    script = folder / "bin/regspec"
    script.write_text(_SCRIPT.format(python=python, module=module, function=function), "utf-8")
    script.chmod(0o755)
    return Plain(str(python), str(script))


def _needed(requirements: list[str]) -> list[metadata.Distribution]:
    """The distributions that are required, and those that they require, as far as they are here."""
    found: dict[str, metadata.Distribution] = {}
    left = list(requirements)
    while left:
        requirement = left.pop()
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement or name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # what another version of Python needs
        left += found[name].requires or ()
    return list(found.values())


def versions() -> dict[str, str]:
    """The version of each direct dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = (re.split(r"[^A-Za-z0-9._-]", one, maxsplit=1)[0] for one in project["dependencies"])
    return {name: metadata.version(name) for name in names}
