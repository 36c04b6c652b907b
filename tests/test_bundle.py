"""The archive for the air gap: whole, the same each time, and enough without a network."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import regspec as package
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

NAME = f"regspec-{package.__version__}-airgap"
THIS = (
    *("--python", f"{sys.version_info.major}.{sys.version_info.minor}"),
    *("--machine", platform.machine()),
)
BASE = Path(sys._base_executable)
"""A Python that knows nothing of this checkout, which the tests' own one does."""


def make(checkout, *words, before=(), umask=-1, **variables):
    """Runs the maker of a copy of the checkout."""
    return subprocess.run(
        [*before, sys.executable, checkout / ".ci/bundle.py", *words],
        env=os.environ | variables,
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def checkout(copy_checkout, tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("made") / "checkout")


@pytest.fixture(scope="session")
def archive(checkout, made_once):
    """The archive for this Python and this machine."""

    def of_this_machine(folder):
        done = make(checkout, *THIS, "--output", folder)
        assert (done.returncode, done.stdout) == (0, f"{folder / NAME}.tar.gz\n"), done.stderr

    return made_once("bundle", of_this_machine) / f"{NAME}.tar.gz"


@pytest.fixture
def bundle(archive, tmp_path):
    """The bundle, unpacked."""
    (tmp_path / "carried").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path / "carried"], check=True)
    return tmp_path / "carried" / NAME


@pytest.fixture
def site(root, tmp_path):
    """A folder with a spec, where nothing of regspec is."""
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(root / "examples/harbor-airgap.yaml", folder / "registry.yaml")
    return folder


@pytest.fixture
def cut_off(site):
    """Runs a command without a network, a home, or any setting of ours."""
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        assert not os.environ.get("CI"), "CI must be able to unshare the network"
        pytest.skip("this machine does not let us unshare the network")
    empty = {"PATH": f"{BASE.parent}:/usr/bin:/bin", "HOME": str(site / "home")}

    def run(*words, **variables):
        return subprocess.run(
            ["unshare", "-n", *map(str, words)],
            cwd=site,
            env=empty | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def compiles_as_here(command, run, site, regspec):
    """Whether a regspec writes, without a network, what the one of this checkout writes."""
    done = run(*command, "compile", "registry.yaml", "-o", "there")
    assert done.returncode == 0, done.stderr
    assert regspec("compile", "registry.yaml", "-o", "here", cwd=site).returncode == 0
    there, here = (
        {path.name: path.read_bytes() for path in (site / folder).iterdir()}
        for folder in ("there", "here")
    )
    assert len(here) == 4  # with the list of the files
    return there == here


def test_there_is_no_network_where_these_tests_run(cut_off):
    dial = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    assert "Network is unreachable" in cut_off(BASE, "-c", dial).stderr


def test_what_install_sh_installs_works_without_a_network(bundle, cut_off, site, regspec):
    done = cut_off(bundle / "install.sh", PIP_TARGET="elsewhere", PYTHONPATH="elsewhere")
    assert done.returncode == 0, done.stderr
    command = site / "regspec-venv/bin/regspec"
    version = f"regspec {package.__version__}\n"
    assert done.stdout == f"{version}installed: {command}\n"
    assert not (site / "elsewhere").exists(), "pip took a setting from the environment"
    where = cut_off(command.parent / "python", "-c", "import regspec; print(regspec.__file__)")
    assert where.stdout.startswith(str(site / "regspec-venv/lib"))
    assert compiles_as_here([command], cut_off, site, regspec)


def test_the_single_file_works_without_a_network(bundle, cut_off, site, regspec):
    command = shutil.move(bundle / "regspec.pyz", site / "regspec")
    shutil.rmtree(bundle)
    for _start in ("first", "second"):  # the second one takes another way through pex
        assert cut_off(command, "--version").stdout == f"regspec {package.__version__}\n"
    where = cut_off(command, "-c", "import regspec; print(regspec.__file__)", PEX_INTERPRETER="1")
    assert where.stdout.startswith(str(site / "home/.cache/pex"))
    assert compiles_as_here([command], cut_off, site, regspec)


def test_every_file_is_listed_with_its_digest(bundle):
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=bundle, check=True)
    listed = {line.split("  ")[1] for line in (bundle / "SHA256SUMS").read_text().splitlines()}
    files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert listed == files - {"SHA256SUMS"}


def test_a_damaged_copy_is_not_installed(bundle, cut_off, site):
    wheel = next(bundle.glob("wheels/click-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1])
    done = cut_off(bundle / "install.sh")
    assert done.returncode == 1
    assert "the files are not those of the bundle; copy it again" in done.stderr
    assert not (site / "regspec-venv").exists()


def test_a_wheel_that_was_exchanged_with_its_sum_is_not_installed(bundle, cut_off, site):
    wheel = next(bundle.glob("wheels/click-*.whl"))
    before = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    after = hashlib.sha256(wheel.read_bytes()).hexdigest()
    sums = bundle / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(before, after))
    done = cut_off(bundle / "install.sh")
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (site / "regspec-venv/bin/regspec").exists()


def test_install_sh_says_what_it_cannot_do(bundle, cut_off, site):
    unknown = cut_off(bundle / "install.sh", PYTHON="/bin/false")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith(f"error: no CPython of {THIS[1]} was found")
    (site / "full").mkdir()
    taken = cut_off(bundle / "install.sh", "full")
    assert taken.returncode == 1
    assert "is there already and is no virtual environment" in taken.stderr
    assert cut_off(bundle / "install.sh", "--force").returncode == 2


def test_the_same_wheels_give_the_same_bytes(archive, bundle, checkout, cut_off, tmp_path):
    """The second maker is elsewhere, has another umask, time zone and cache, and no network."""
    del cut_off  # which knows whether this machine lets us
    elsewhere = tmp_path / "another/checkout"
    shutil.copytree(checkout, elsewhere)
    done = make(
        elsewhere,
        *(*THIS, "--wheels", bundle / "wheels", "--output", tmp_path / "dist"),
        before=("unshare", "-n"),
        umask=0o077,
        TZ="Asia/Kolkata",
        HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    again = tmp_path / "dist" / archive.name
    assert again.read_bytes() == archive.read_bytes()


def test_the_archive_tells_nothing_of_its_maker(archive):
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {
        (0, 0, "", "", 315532800)
    }
    executable = {Path(m.name).name for m in members if m.mode == 0o755}
    assert executable == {"install.sh", "regspec.pyz"}
    assert [m.name for m in members] == sorted(m.name for m in members)


def test_a_wheel_that_lacks_is_told(checkout, tmp_path):
    done = make(checkout, *THIS, "--wheels", tmp_path, "--output", tmp_path / "dist")
    assert done.returncode == 1
    assert done.stderr == f"error: no wheel of `regspec` for CPython {THIS[1]} on {THIS[3]}\n"
    assert not (tmp_path / "dist").exists()


def test_the_sbom_is_valid_and_knows_every_wheel(bundle):
    text = (bundle / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    broken = text.replace('"type": "library"', '"type": "book"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None
    sbom = json.loads(text)
    parts = [sbom["metadata"]["component"], *sbom["components"]]
    files = {
        reference["url"]: reference["hashes"][0]["content"]
        for part in parts
        for reference in part.get("externalReferences", ())
    }
    (zipapp,) = (part for part in parts if part["type"] == "file")
    files[zipapp["name"]] = zipapp["hashes"][0]["content"]
    wheels = {f"wheels/{path.name}" for path in bundle.glob("wheels/*")}
    assert wheels <= set(files)
    for name, digest in files.items():
        assert hashlib.sha256((bundle / name).read_bytes()).hexdigest() == digest, name
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in sbom["dependencies"]}
    direct = {ref.partition("@")[0] for ref in needs[f"regspec@{package.__version__}"]}
    assert direct == {"click", "jinja2", "jsonschema", "pyyaml", "tomlkit"}


def test_every_package_has_its_licence_in_the_list_and_in_full(bundle):
    sbom = json.loads((bundle / "sbom.cdx.json").read_text())
    (zipapp,) = (part for part in sbom["components"] if part["type"] == "file")
    (pex,) = zipapp["components"]
    parts = [sbom["metadata"]["component"], pex]
    parts += [part for part in sbom["components"] if part["type"] == "library"]
    readme = (bundle / "README.md").read_text()
    assert len(parts) == len(list(bundle.glob("wheels/*"))) + 1
    for part in parts:
        assert part["licenses"], part["name"]
        assert re.search(rf"^\| {part['name']} \| {part['version']} \| \S", readme, re.MULTILINE)
    folders = [bundle / "licenses" / f"{part['name']}-{part['version']}" for part in parts]
    inside = [f"{part['name']}-{part['version']}" for part in pex["components"]]
    assert inside
    for folder in (*folders, *(bundle / "licenses/pex" / name for name in inside)):
        assert any(path.stat().st_size > 500 for path in folder.rglob("*")), folder


def test_no_index_and_no_path_of_the_maker_is_inside(bundle, checkout):
    for name in ("README.md", "install.sh", "requirements.txt", "sbom.cdx.json", "SHA256SUMS"):
        text = (bundle / name).read_text()
        assert "http" not in text.replace("http://cyclonedx.org/schema/", ""), name
        assert str(checkout) not in text
    with zipfile.ZipFile(bundle / "regspec.pyz") as pyz:
        for name in pyz.namelist():
            assert str(checkout.parent).encode() not in pyz.read(name), name
