"""The guard of our English: each entry of the vocabulary, and textlint with all of them."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROSE = runpy.run_path(str(ROOT / ".ci/prose.py"))
SETTINGS = PROSE["settings"]()
VOCABULARY = SETTINGS["vocabulary"]


@pytest.fixture
def textlint(monkeypatch, tmp_path):
    """What checks the files of an empty folder."""
    if not PROSE["is_installed"]():
        assert not os.environ.get("CI"), "CI must have textlint: make prose"
        pytest.skip("textlint is not installed: make prose")
    monkeypatch.setitem(PROSE["check"].__globals__, "ROOT", tmp_path)
    return lambda *names: PROSE["check"](tmp_path / name for name in names)


@pytest.mark.parametrize("entry", VOCABULARY, ids=lambda entry: entry["write"])
def test_an_entry_finds_its_bad_example_only(entry):
    pattern = re.compile(entry["pattern"], re.IGNORECASE)
    assert pattern.search(entry["bad"])
    assert not pattern.search(entry["good"])


def test_no_good_example_is_a_finding_of_another_entry():
    for entry in VOCABULARY:
        for other in VOCABULARY:
            assert not re.search(other["pattern"], entry["good"], re.IGNORECASE), entry["good"]


def test_textlint_finds_every_bad_example(textlint, tmp_path):
    (tmp_path / "a.md").write_text("".join(f"{entry['bad']}\n\n" for entry in VOCABULARY))
    (tmp_path / "b.md").write_text("".join(f"{entry['good']}\n\n" for entry in VOCABULARY))
    found = {(one.file, one.line, one.write) for one in textlint("a.md", "b.md")}
    expected = {("a.md", 2 * n + 1, entry["write"]) for n, entry in enumerate(VOCABULARY)}
    assert found >= expected
    assert {file for file, _, _ in found} == {"a.md"}


def test_code_is_not_prose(textlint, tmp_path):
    (tmp_path / "a.md").write_text("`told`\n\n```text\ntold\n```\n")
    (tmp_path / "a.py").write_text('told = "told"\nx = f"{told} `told` is"\n')
    (tmp_path / "a.json").write_text('{"told": "told"}\n')
    assert textlint("a.md", "a.py", "a.json") == []


def test_a_finding_in_python_or_json_has_its_own_location(textlint, tmp_path):
    (tmp_path / "a.py").write_text(
        '"""One line.\n\nOthers are told.\n"""\n\nx = f"a {y} is told"  # it is told\n'
    )
    (tmp_path / "a.json").write_text('{"description":\n  "What is told"}\n')
    found = [(one.file, one.line, one.column) for one in textlint("a.json", "a.py")]
    assert found == [("a.json", 2, 12), ("a.py", 3, 12), ("a.py", 6, 16), ("a.py", 6, 31)]


def test_a_listed_file_exists():
    for one in (*SETTINGS["checked"], *SETTINGS["later"]):
        assert PROSE["files"]([one]), one


def test_a_file_that_is_still_to_be_edited_is_not_checked():
    checked, every = (set(PROSE["listed"](every=every)) for every in (False, True))
    later = set(PROSE["files"](SETTINGS["later"]))
    assert not checked & later
    assert checked | later == every
    assert ROOT / "README.md" in checked


@pytest.mark.parametrize("ci", ["", "true"])
def test_without_textlint_a_line_says_that_nothing_was_checked(ci, tmp_path):
    """A newcomer has no Node.js, and can lint nevertheless."""
    env = {"PATH": str(tmp_path), "CI": ci}
    words = [sys.executable, ROOT / ".ci/prose.py"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if ci else 0)
    assert done.stderr.startswith("prose: not checked, because textlint is not installed")
    assert not done.stdout
