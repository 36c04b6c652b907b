"""Many specs at once: `compile --jobs`."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest
from regspec.file_list import LIST


@pytest.fixture
def sites(tmp_path, root):
    """Makes a fleet of as many sites."""

    def make(number):
        text = (root / "examples/harbor-airgap.yaml").read_text()
        (tmp_path / "sites").mkdir()
        for site in range(number):
            spec = text.replace("harbor.example.org", f"harbor-{site}.example.org")
            (tmp_path / f"sites/s{site:03}.yaml").write_text(spec)
        return sorted(f"sites/{path.name}" for path in (tmp_path / "sites").iterdir())

    return make


def files_below(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LIST
    }


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_the_files_are_those_of_a_plain_compile(regspec, tmp_path, sites, jobs):
    names = sites(40)
    plain = regspec("compile", *names, "-o", "plain/{stem}", cwd=tmp_path)
    assert plain.returncode == 0
    done = regspec("compile", *names, "-o", "fleet/{stem}", "-j", jobs, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("40 specs: 120 files written, 0 up to date, ")
    assert files_below(tmp_path / "fleet") == files_below(tmp_path / "plain")
    assert len(files_below(tmp_path / "fleet")) == 120


def test_one_that_fails_is_told_on_one_line_and_holds_up_no_other(regspec, tmp_path, sites):
    names = sites(6)
    (tmp_path / names[1]).write_text((tmp_path / names[1]).read_text() + "miror: 1\nmirrror: 1\n")
    (tmp_path / names[3]).write_text("- a list\n")
    done = regspec("compile", *names, "-o", "out/{stem}", "-j", "2", cwd=tmp_path)
    assert done.returncode == 1
    first, second, summary = done.stderr.splitlines()
    assert first == "sites/s001.yaml:24:1: error[schema]: unknown key `miror` (and 1 more)"
    assert second.startswith("sites/s003.yaml:1:1: error[")
    assert summary.startswith("6 specs: 12 files written, 0 up to date, ")
    assert summary.endswith("2 of 6 specs failed (`regspec check` tells why)")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"s000", "s002", "s004", "s005"}


def test_what_cannot_be_read_or_written_is_exit_2_and_holds_up_no_other(regspec, tmp_path, sites):
    names = sites(3)
    (tmp_path / "out/s001/values.yaml").mkdir(parents=True)
    done = regspec("compile", *names, "sites/no.yaml", "-o", "out/{stem}", "-j", "2", cwd=tmp_path)
    assert done.returncode == 2
    assert "error: out/s001/values.yaml" in done.stderr
    assert "error: sites/no.yaml: no such file" in done.stderr
    assert (tmp_path / "out/s000/values.yaml").is_file()
    assert (tmp_path / "out/s002/values.yaml").is_file()


def test_what_is_unchanged_is_not_touched(regspec, tmp_path, sites):
    names = sites(4)
    words = ("compile", *names, "-o", "out/{stem}", "-j", "2")
    regspec(*words, cwd=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")}
    spec = tmp_path / names[2]
    spec.write_text(spec.read_text().replace("Internal", "External"))
    done = regspec(*words, cwd=tmp_path)
    assert done.stderr.startswith("4 specs: 1 file written, 11 up to date")
    changed = {path for path, then in before.items() if path.stat().st_mtime_ns != then}
    assert {path.name for path in changed if path.is_file()} == {"values.yaml"}


def test_check_tells_each_file_that_is_stale(regspec, tmp_path, sites):
    names = sites(3)
    words = ("compile", *names, "-o", "out/{stem}", "-j", "2")
    regspec(*words, cwd=tmp_path)
    assert regspec(*words, "--check", cwd=tmp_path).returncode == 0
    (tmp_path / "out/s001/values.yaml").write_text("")
    before = files_below(tmp_path / "out")
    done = regspec(*words, "--check", cwd=tmp_path)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert told[0] == "out/s001/values.yaml: not up to date"
    assert told[1].startswith("3 specs: 1 not up to date, 8 up to date")
    assert files_below(tmp_path / "out") == before


@pytest.mark.parametrize(
    "words, said",
    [
        (("-o", "out"), "would both go to out"),
        (("-o", "out/{stem}", "-"), "takes specs that are files"),
        (("-o", "out/{stem}", "--diff"), "--jobs tells one line a spec"),
        (("-o", "out/{stem}", "--stdout"), "--jobs tells one line a spec"),
        (("-o", "out/{stem}", "--depfile", "d"), "--jobs tells one line a spec"),
        (("-o", "out/{stem}", "--jobs", "0"), "not in the range"),
        (("-o", "a/{stem}/b", "elsewhere/s000.yaml"), "would both go to a/s000/b"),
    ],
)
def test_what_does_not_go_together_is_refused(regspec, tmp_path, sites, words, said):
    names = sites(2)
    done = regspec("compile", *names, "-j", "2", *words, cwd=tmp_path)
    assert said in done.stderr
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()


def test_no_folder_is_inside_another(regspec, tmp_path, sites):
    sites(1)
    (tmp_path / "s000").mkdir()
    spec = (tmp_path / "sites/s000.yaml").read_text()
    (tmp_path / "a.yaml").write_text(spec)
    (tmp_path / "b").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/b").symlink_to("a/b")
    (tmp_path / "b.yaml").write_text(spec)
    done = regspec("compile", "a.yaml", "b.yaml", "-o", "out/{stem}", "-j", "2", cwd=tmp_path)
    assert done.returncode == 2
    assert "the folder of b.yaml is inside that of a.yaml" in done.stderr


def heed_interrupts():
    """Shells have what they start in the background ignore them, and so would this process."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_running(group):
    """Whether a process of the group has not ended yet."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupted_run_leaves_whole_files(tmp_path, sites):
    names = sites(400)
    words = [sys.executable, "-m", "regspec", "compile", *names, "-o", "out/{stem}", "-j", "2"]
    said = tmp_path / "said"
    # The last site waits for another compile, so that the run has not ended when it is stopped.
    (tmp_path / "out/s399").mkdir(parents=True)
    last = os.open(tmp_path / "out/s399", os.O_RDONLY)
    fcntl.flock(last, fcntl.LOCK_EX)
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            words,
            cwd=tmp_path,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=heed_interrupts,  # noqa: PLW1509 - no thread of pytest holds a lock
        )
    while not list(tmp_path.glob("out/*/values.yaml")):
        assert process.poll() is None, said.read_text()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert said.read_text().endswith("stopped; every file is whole\n")
    while is_running(process.pid):
        time.sleep(0.01)
    os.close(last)
    files = files_below(tmp_path / "out")
    assert files
    assert not [name for name in files if name.endswith(".regspec-new")]
    ends = {
        "values.yaml": b'"\n',
        "registry-secret.yaml": b"type: Opaque\n",
        "containerd.toml": b"]\n",
    }
    assert all(text.endswith(ends[name.rpartition("/")[2]]) for name, text in files.items())


def test_no_secret_of_a_failing_site_is_told(regspec, tmp_path, sites):
    names = sites(3)
    spec = tmp_path / names[1]
    spec.write_text(
        spec.read_text().replace("registry:\n", "registry:\n  password: [hunter2]\n  username: a\n")
    )
    done = regspec("compile", *names, "-o", "out/{stem}", "-j", "2", cwd=tmp_path)
    assert done.returncode == 1
    assert "`password`" in done.stderr
    assert "hunter2" not in done.stderr
