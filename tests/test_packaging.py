"""What is installed: one import package, whole, from a wheel, an sdist and a checkout alike."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"regspec": "compiler", "regspec.schemas": "schemas", "regspec.templates": "templates"}


def source_files():
    """Every file that belongs into the package, by its path in it."""
    for package, folder in FOLDERS.items():
        prefix = Path(*package.split("."))
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".typed", ".json", ".j2") and "__pycache__" not in path.parts:
                yield str(prefix / path.relative_to(ROOT / folder))


def test_the_list_of_packages_matches_the_folders():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert listed["package-dir"] == FOLDERS
    found = {str(Path(name).parent).replace("/", ".") for name in source_files()}
    assert sorted(listed["packages"]) == sorted(found)


@pytest.fixture(scope="module")
def built(copy_checkout, made_once):
    """An sdist of the checkout, and a wheel made from that sdist."""

    def make(folder):
        checkout = copy_checkout(folder / "checkout")
        (checkout / "site").mkdir(exist_ok=True)
        (checkout / "site/index.html").write_text("what `make site` leaves")
        words = ("build", "--no-isolation", "--outdir", folder, checkout)
        subprocess.run([sys.executable, "-m", *words], check=True, capture_output=True)

    dist = made_once("built", make)
    (wheel,) = dist.glob("*.whl")
    (sdist,) = dist.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def test_the_wheel_holds_the_package_and_nothing_else(built):
    names = zipfile.ZipFile(built["wheel"]).namelist()
    package = {name for name in names if ".dist-info/" not in name}
    assert package == set(source_files())


def test_the_sdist_holds_what_the_tests_need(built):
    with tarfile.open(built["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"golden/harbor-airgap/registry.yaml", "tests/test_packaging.py", "Makefile"}
    assert wanted | {"examples/ca.crt", "LICENSE", ".ci/run"} <= names
    assert {"docs/conf.py", "docs/pictures/flow.svg"} <= names
    assert not any(name.partition("/")[0] == "site" for name in names)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_an_installed_regspec_gives_the_same_bytes(kind, built, regspec, tmp_path):
    site = tmp_path / "site"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--target", site, built[kind]),
        ],
        check=True,
        capture_output=True,
    )
    assert {path.name.partition("-")[0] for path in site.iterdir()} <= {"regspec", "bin"}
    env = {"PYTHONPATH": str(site)}
    where = subprocess.run(
        [sys.executable, "-c", "import regspec; print(regspec.__file__)"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(site)), "another regspec was found"
    spec = ROOT / "examples/harbor-airgap.yaml"
    for folder, variables in (("installed", env), ("editable", {})):
        done = regspec("compile", spec, "-o", folder, cwd=tmp_path, env=variables)
        assert done.returncode == 0, done.stderr
    installed, editable = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("installed", "editable")
    )
    assert installed == editable
    assert len(installed) == 4  # with the list of them


def test_the_examples_of_the_api_type_check_against_the_installed_package(built, tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python3*/site-packages")
    zipfile.ZipFile(built["wheel"]).extractall(site)
    blocks = re.findall(r"```pycon\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.DOTALL)
    (tmp_path / "examples.py").write_text(doctest.script_from_examples("\n".join(blocks)))
    (tmp_path / "mistake.py").write_text("import regspec\n\nregspec.compile_spec(1).failed()\n")

    def mypy(file):
        words = ("-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache")
        return subprocess.run(
            [sys.executable, *words, "--python-executable", venv / "bin/python", file],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    done = mypy("examples.py")
    assert done.stdout == "Success: no issues found in 1 source file\n"
    refused = mypy("mistake.py")
    assert 'has incompatible type "int"' in refused.stdout
    assert '"bool" not callable' in refused.stdout
