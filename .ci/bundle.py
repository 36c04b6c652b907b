"""Make one archive from which regspec runs on a machine without a network.

    python .ci/bundle.py [--python 3.11]... [--machine x86_64]... [--wheels DIR] [--output DIR]

docs/airgap.md says what is in it. The same wheels give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import shutil
import string
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import archives
import parts
import sbom
from archives import Member
from packaging import tags
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from parts import Part

ROOT = Path(__file__).resolve().parent.parent
TEXTS = Path(__file__).resolve().parent / "airgap"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")
GLIBC = range(28, 16, -1)
"""The minor versions of glibc 2 whose wheels are taken, the best first (PEP 600)."""


@dataclass(frozen=True, slots=True)
class Combination:
    """A Python, as `3.11`, on a machine, as `uname -m` says it."""

    python: str
    machine: str

    @property
    def platforms(self) -> list[str]:
        """The platform tags whose wheels run there, the best first."""
        modern = [f"manylinux_2_{minor}_{self.machine}" for minor in GLIBC]
        return [*modern, f"manylinux2014_{self.machine}"]

    @property
    def tags(self) -> list[tags.Tag]:
        """The wheel tags that run there, the best first."""
        short = f"cp{self.python.replace('.', '')}"
        version = tuple(map(int, self.python.split(".")))
        compiled = tags.cpython_tags(version, abis=[short], platforms=self.platforms)
        pure = tags.compatible_tags(version, interpreter=short, platforms=self.platforms)
        return [*compiled, *pure]

    def described(self) -> str:
        """The combination as pex wants to have it described: a "complete platform"."""
        markers = {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }
        accepted = [str(tag) for tag in self.tags]
        return json.dumps({"compatible_tags": accepted, "marker_environment": markers})


def pinned() -> list[Requirement]:
    """What the bundle carries beside regspec: the dependency group `airgap` of pyproject.toml."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    return [Requirement(line) for line in groups["airgap"]]


def gather(folder: Path, combinations: Iterable[Combination]) -> None:
    """Build regspec's wheel into a folder, and download the others for all combinations."""
    with tempfile.TemporaryDirectory() as scratch:
        run("build", "--no-isolation", "--outdir", scratch, ROOT)
        for wheel in Path(scratch).glob("*.whl"):
            shutil.copy(wheel, folder)
    # Without the markers: pip holds them against the Python that it runs on.
    names = [f"{need.name}{need.specifier}" for need in pinned()]
    for one in combinations:
        where = ["--implementation=cp", f"--python-version={one.python}"]
        where += [f"--platform={platform}" for platform in one.platforms]
        only = ("--no-deps", "--only-binary=:all:")
        run("pip", "download", "--quiet", *only, f"--dest={folder}", *where, *names)


def run(module: str, *words: str | Path, **variables: str) -> None:
    """Run a module of this Python; what it says is shown if it fails.

    Raises:
        SystemExit: it failed.
    """
    command = [sys.executable, "-m", module, *map(str, words)]
    done = subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}error: `{module}` failed")


def chosen(folder: Path, combinations: Iterable[Combination]) -> list[Path]:
    """The wheels of a folder that the combinations need.

    Raises:
        SystemExit: one is not there.
    """
    found = set()
    for one, need in itertools.product(combinations, [Requirement("regspec"), *pinned()]):
        accepted = set(one.tags)
        fitting = set()
        for path in folder.glob("*.whl"):
            name, version, _, offered = parse_wheel_filename(path.name)
            wanted = name == canonicalize_name(need.name) and version in need.specifier
            if wanted and not accepted.isdisjoint(offered):
                fitting.add(path)
        if not fitting:
            sys.exit(f"error: no wheel of `{need}` for CPython {one.python} on {one.machine}")
        found |= fitting
    return sorted(found)


def zipapp(wheels: Iterable[Path], combinations: Iterable[Combination]) -> bytes:
    """The single executable file, for all combinations (docs/decisions/0009-zipapp.md)."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "wheels")
        folder.mkdir()
        for wheel in wheels:
            shutil.copy(wheel, folder)
        words: list[str | Path] = []
        for one in combinations:
            described = Path(scratch, f"{one.python}-{one.machine}.json")
            described.write_text(one.described(), "utf-8")
            words += ["--complete-platform", described]
        made = Path(scratch, "regspec.pyz")
        words += ["--pre-resolved-dists", folder, "--venv", "--sh-boot", "--output-file", made]
        run("pex", "regspec", "--script=regspec", *words, PEX_ROOT=f"{scratch}/root")
        return made.read_bytes()


def requirements(carried: Iterable[Part]) -> str:
    """What pip is to install, each with the digests of its wheels."""
    markers = {str(canonicalize_name(need.name)): need.marker for need in pinned()}
    lines = []
    for part in carried:
        marker = f"; {found}" if (found := markers.get(part.name)) else ""
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in part.wheels]
        hashes = [f"    --hash=sha256:{digest}" for digest in sorted(digests)]
        lines.append(" \\\n".join([f"{part.name}=={part.version}{marker}", *hashes]))
    return "\n".join(lines) + "\n"


def content(wheels: Sequence[Path], combinations: Sequence[Combination]) -> dict[str, Member]:
    """The files of the bundle by their path, the digests of all among them."""
    carried = parts.of_wheels(wheels)
    pyz = zipapp(wheels, combinations)
    with tempfile.NamedTemporaryFile(suffix=".pyz") as file:
        file.write(pyz)
        file.flush()
        pex = parts.of_pex(Path(file.name))
    pythons = " ".join(dict.fromkeys(one.python for one in combinations))
    machines = " ".join(dict.fromkeys(one.machine for one in combinations))
    install = (TEXTS / "install.sh").read_text("utf-8")
    install = install.replace("@PYTHONS@", pythons).replace("@MACHINES@", machines)
    regspec = next(part for part in carried if part.name == "regspec")
    readme = string.Template((TEXTS / "README.md").read_text("utf-8")).substitute(
        version=regspec.version,
        combinations="\n".join(f"- {one.python} on {one.machine}" for one in combinations),
        packages="\n".join(
            f"| {part.name} | {part.version} | {part.licence} |" for part in (*carried, pex)
        ),
    )
    files = {
        "README.md": Member(readme.encode()),
        "install.sh": Member(install.encode(), executable=True),
        "regspec.pyz": Member(pyz, executable=True),
        "requirements.txt": Member(requirements(carried).encode()),
        "sbom.cdx.json": Member(sbom.document(carried, pex, pyz, archives.moment()).encode()),
    }
    files |= {f"wheels/{path.name}": Member(path.read_bytes()) for path in wheels}
    for part in (*carried, pex, *pex.inside):
        folder = f"licenses/{'pex/' if part in pex.inside else ''}{part.label}"
        files |= {f"{folder}/{name}": Member(data) for name, data in part.notices.items()}
    sums = [f"{hashlib.sha256(files[name].data).hexdigest()}  {name}\n" for name in sorted(files)]
    return files | {"SHA256SUMS": Member("".join(sums).encode())}


def main() -> None:
    """Read the command line, make the bundle, and print its path."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", action="append", choices=PYTHONS, help="default: all")
    parser.add_argument("--machine", action="append", choices=MACHINES, help="default: all")
    parser.add_argument("--wheels", type=Path, help="take the wheels from here; download nothing")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="default: dist")
    given = parser.parse_args()
    pairs = itertools.product(given.python or PYTHONS, given.machine or MACHINES)
    combinations = [Combination(*pair) for pair in pairs]
    with tempfile.TemporaryDirectory() as scratch:
        if not given.wheels:
            gather(Path(scratch), combinations)
        wheels = chosen(given.wheels or Path(scratch), combinations)
        files = content(wheels, combinations)
    version = next(p.name for p in wheels if p.name.startswith("regspec-")).split("-")[1]
    name = f"regspec-{version}-airgap"
    given.output.mkdir(parents=True, exist_ok=True)
    archive = given.output / f"{name}.tar.gz"
    archives.write_tar(archive, {f"{name}/{path}": member for path, member in files.items()})
    print(archive)


if __name__ == "__main__":
    main()
