"""A release is the same bytes whoever builds it, and says its version in one place."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile

import pytest
import regspec as package

pytestmark = pytest.mark.slow

# Two people's machines: umask, time zone, language, and the day when they got the sources.
BUILDERS = {
    "ada": {"umask": 0o022, "TZ": "UTC", "LC_ALL": "C", "day": 1_500_000_000},
    "linus": {"umask": 0o077, "TZ": "Asia/Kolkata", "LC_ALL": "C.UTF-8", "day": 1_700_000_000},
}


def build(copy_checkout, folder, *, umask, day, **variables):
    """`python -m build`, in a copy of the checkout that lies in `folder`."""
    checkout = copy_checkout(folder / "checkout")
    for path in (*checkout.rglob("*"), checkout):
        path.chmod(path.stat().st_mode & ~umask)
        os.utime(path, (day, day))
    env = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", checkout],
        env=env | variables,
        umask=umask,
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def releases(copy_checkout, made_once):
    """The folders of both builders."""

    def make(folder):
        for name, given in BUILDERS.items():
            (folder / name).mkdir()
            build(copy_checkout, folder / name, **given)

    made = made_once("releases", make)
    return [made / name / "dist" for name in BUILDERS]


def test_both_builders_get_the_same_bytes(releases):
    ada, linus = (
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in dist.iterdir()}
        for dist in releases
    )
    assert ada == linus
    version = package.__version__
    assert set(ada) == {f"regspec-{version}-py3-none-any.whl", f"regspec-{version}.tar.gz"}


def test_an_archive_tells_nothing_of_its_builder(releases):
    with tarfile.open(next(releases[1].glob("*.tar.gz"))) as sdist:
        members = sdist.getmembers()
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {
        (0, 0, "", "", 315532800)
    }
    assert {m.mode for m in members} == {0o644, 0o755}
    executable = {m.name.partition("/")[2] for m in members if m.mode == 0o755}
    assert executable == {".ci/airgap/install.sh", ".ci/run"}
    with zipfile.ZipFile(next(releases[1].glob("*.whl"))) as wheel:
        assert {info.external_attr >> 16 for info in wheel.infolist()} == {0o100644}
        assert {info.date_time for info in wheel.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_version_and_the_promise_of_types_are_in_the_wheel(releases):
    with zipfile.ZipFile(next(releases[0].glob("*.whl"))) as wheel:
        info = f"regspec-{package.__version__}.dist-info"
        assert f"\nVersion: {package.__version__}\n" in wheel.read(f"{info}/METADATA").decode()
        assert "regspec/py.typed" in wheel.namelist()


def test_the_version_is_written_in_one_place(root):
    sources = [root / "pyproject.toml", *root.glob("compiler/**/*.py")]
    holding = [path.name for path in sources if f'"{package.__version__}"' in path.read_text()]
    assert holding == ["__init__.py"]
