"""The real command over every case of golden/: exact bytes, exact files, exact words.

A case is a folder with registry.yaml, and optionally args (words for the command, `compile` unless
they begin with `check`), env (NAME=VALUE lines) and files that the spec refers to. stderr.txt and
out/ are what must come. Of bad/, where only advice is given, `check --strict` is run. Below import/
and verify/ the files are what is read back, and stdout.txt is what must come.
`pytest --update-golden` rewrites those; the diff is read like code.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections import Counter
from pathlib import Path

import pytest
from regspec.file_list import LIST
from regspec.rules import RULES
from regspec.rules.phases import PHASES

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
READ_BACK = sorted(
    path.parent for name in ("import", "verify") for path in GOLDEN.glob(f"{name}/*/args")
)
CASES = sorted({path.parent for path in GOLDEN.rglob("registry.yaml")} - {*READ_BACK})
MADE = ("stderr.txt", "stdout.txt", "out")


def files_below(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LIST
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(GOLDEN)))
def test_the_command_gives_exactly_the_golden_files(case, regspec, tmp_path, request):
    work = tmp_path / "case"
    shutil.copytree(case, work, ignore=shutil.ignore_patterns(*MADE))
    args = shlex.split((case / "args").read_text()) if (case / "args").exists() else []
    command = args.pop(0) if args[:1] == ["check"] else "compile"
    env = (case / "env").read_text() if (case / "env").exists() else ""
    variables = dict(line.split("=", 1) for line in env.splitlines() if line)

    done = regspec(command, "registry.yaml", *args, cwd=work, env=variables)

    bad = case.parent.name == "bad"
    advised = bad and "error[" not in done.stderr and "warning[" not in done.stderr
    assert done.returncode == (1 if bad and not advised else 0), done.stderr
    assert not advised or "info[" in done.stderr
    assert done.stdout == ""
    assert not bad or not (work / "out").exists(), "a bad spec has written something"
    if request.config.getoption("--update-golden"):
        update(case, work, done.stderr)
    assert done.stderr == (case / "stderr.txt").read_text(), (
        "rewrite with: pytest tests/test_golden.py --update-golden"
    )
    assert files_below(work / "out") == files_below(case / "out"), (
        "rewrite with: pytest tests/test_golden.py --update-golden"
    )


@pytest.mark.parametrize("case", READ_BACK, ids=lambda case: str(case.relative_to(GOLDEN)))
def test_reading_back_gives_exactly_the_golden_words(case, regspec, tmp_path, request):
    work = tmp_path / "case"
    shutil.copytree(case, work, ignore=shutil.ignore_patterns(*MADE))
    command, args = case.parent.name, shlex.split((case / "args").read_text())

    done = regspec(command, *args, cwd=work)

    if request.config.getoption("--update-golden"):
        if os.environ.get("CI"):
            pytest.fail("goldens are not rewritten under CI")
        (case / "stdout.txt").write_text(done.stdout)
        (case / "stderr.txt").write_text(done.stderr)
    assert done.stdout == (case / "stdout.txt").read_text()
    assert done.stderr == (case / "stderr.txt").read_text()
    assert done.returncode == int(bool(done.stdout) if command == "verify" else not done.stdout)


def update(case, work, stderr):
    if os.environ.get("CI"):
        pytest.fail("goldens are not rewritten under CI")
    (case / "stderr.txt").write_text(stderr)
    shutil.rmtree(case / "out", ignore_errors=True)
    if (work / "out").exists():
        shutil.copytree(work / "out", case / "out", ignore=shutil.ignore_patterns(LIST))
        for path in (case / "out").rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)


def told_in_bad():
    read_back = (case / name for case in READ_BACK for name in MADE[:2])
    told = (*GOLDEN.glob("bad/*/stderr.txt"), *read_back)
    return "".join(path.read_text() for path in told)


def test_there_are_cases_of_both_kinds():
    kinds = Counter(case.parent.name == "bad" for case in CASES)
    assert kinds[True] >= 150
    assert kinds[False]


# RS409 is told only where an optional library is missing; see tests/test_authorities.py.
@pytest.mark.parametrize("code", sorted({*RULES, *PHASES} - {"RS409"}))
def test_every_code_is_told_of_a_bad_spec(code):
    assert f"[{code}]:" in told_in_bad()
