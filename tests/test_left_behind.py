"""A run that leaves something in the checkout fails, and under CI one that skips a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LEAVES = {
    "nothing": ("", ""),
    "a file": ("Path('left').touch()", "left behind in the checkout: left\n"),
    "an ignored file": ("Path('x.pyc').touch()", "left behind in the checkout: x.pyc\n"),
    "byte code of a script": (
        "Path('docs/__pycache__').mkdir(); Path('docs/__pycache__/x.pyc').touch()",
        "left behind in the checkout: docs/__pycache__/\n",
    ),
    "a changed source": (
        "Path('source').write_text('changed')",
        "left behind in the checkout: source\n",
    ),
    "what the Makefile makes": ("Path('out').mkdir(); Path('out/x.pyc').touch()", ""),
}


@pytest.fixture
def run(tmp_path):
    """Runs one test with a body in a checkout of its own: its exit code, and what it prints."""
    for folder in ("tests", "docs"):
        (tmp_path / folder).mkdir()
    shutil.copy(Path(__file__).parent / "conftest.py", tmp_path / "tests")
    (tmp_path / ".gitignore").write_text("*.pyc\n__pycache__/\n")
    (tmp_path / "source").write_text("source")
    (tmp_path / "docs/page.md").write_text("# Page\n")

    def git(*words):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)

    def run(body, *words, ci=""):
        (tmp_path / "tests/test_one.py").write_text(
            "from pathlib import Path\nimport pytest\n"
            f"def test_one():\n    {body or 'pass'}\ndef test_other(): pass\n"
        )
        git("init", "--quiet")
        git("add", "--all")
        git("-c", "user.name=a", "-c", "user.email=a", "commit", "--quiet", "--message=a")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir=.", *words],
            cwd=tmp_path,
            env={key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
            | {"CI": ci, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("case, words", [*((case, ()) for case in LEAVES), ("a file", ("-n", "2"))])
def test_what_is_left_behind_fails_the_run(run, case, words):
    body, message = LEAVES[case]
    code, said = run(body, *words)
    assert code == bool(message), said
    assert message in said
    assert message or "left behind" not in said


@pytest.mark.parametrize("ci, code", [("", 0), ("true", 1)])
def test_what_was_there_before_matters_under_ci_only(run, tmp_path, ci, code):
    (tmp_path / "x.pyc").touch()
    assert run("", ci=ci)[0] == code


@pytest.mark.parametrize("ci, code", [("", 0), ("true", 1)])
def test_a_skipped_test_fails_the_run_under_ci_only(run, ci, code):
    done, said = run("pytest.skip('not here')", ci=ci)
    assert done == code, said
