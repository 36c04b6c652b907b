"""Same spec, same environment: the same bytes, whatever the machine is like."""

from __future__ import annotations

import getpass
import platform
import shutil
import socket
import stat
from pathlib import Path

import pytest

LOGINS = {"REGISTRY_PASSWORD": "s3cret", "NEXUS_PASSWORD": "n3xus"}
AROUND = {
    "hash seed 0": {"PYTHONHASHSEED": "0"},
    "hash seed 1": {"PYTHONHASHSEED": "1"},
    "hash seed 4242": {"PYTHONHASHSEED": "4242"},
    "C locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "UTF-8 locale": {"LC_ALL": "C.UTF-8"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "far east": {"TZ": "Pacific/Kiritimati"},
    "far west": {"TZ": "Etc/GMT+12"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "in CI": {"CI": "true"},
}


def files(folder):
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def expected(regspec, root, tmp_path_factory):
    out = tmp_path_factory.mktemp("expected")
    done = regspec("compile", root / "examples/everything.yaml", "-o", out, cwd=out, env=LOGINS)
    assert done.returncode == 0, done.stderr
    return files(out), done.stderr


@pytest.mark.parametrize("around", AROUND)
def test_the_surroundings_do_not_matter(around, expected, regspec, root, tmp_path):
    env = LOGINS | AROUND[around]
    spec = root / "examples/everything.yaml"
    done = regspec("compile", spec, "-o", "out", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert (files(tmp_path / "out"), done.stderr) == expected


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o177])
def test_the_umask_does_not_matter(umask, expected, regspec, root, tmp_path):
    spec = root / "examples/everything.yaml"
    (tmp_path / "out").mkdir()
    done = regspec("compile", spec, "-o", "out", cwd=tmp_path, env=LOGINS, umask=umask)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "out") == expected[0]


def test_the_folder_does_not_matter(expected, regspec, root, tmp_path):
    elsewhere = tmp_path / "a folder with blanks, ünd more" / "sites"
    shutil.copytree(root / "examples", elsewhere)
    done = regspec("compile", "everything.yaml", cwd=elsewhere, env=LOGINS)
    assert done.returncode == 0, done.stderr
    assert files(elsewhere / "out") == expected[0]


def test_nothing_of_the_machine_is_in_an_output(expected, root):
    text = b"".join(content for content, _ in expected[0].values()).decode()
    names = {socket.gethostname(), platform.node(), str(root), str(Path.cwd()), "/tmp/", "/root"}
    if getpass.getuser() != "root":
        names.add(getpass.getuser())
    for name in names - {"", "localhost"}:
        assert name not in text, name
