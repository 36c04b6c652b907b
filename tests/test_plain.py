"""The plain form of `compile`, which is read without click, does what click's form does."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from regspec.cli import plain

BROKEN = "registry: {endpoint: https://harbor.example.org/}\nmirors: [docker.io]\n"


@pytest.mark.parametrize(
    "words, asked",
    [
        ("compile a.yaml", (("a.yaml",), "out", False)),
        ("compile a.yaml b.yaml -o {stem} --check", (("a.yaml", "b.yaml"), "{stem}", True)),
        ("compile --check --output x a.yaml", (("a.yaml",), "x", True)),
    ],
)
def test_what_is_plain(words, asked):
    read = plain.read(words.split())
    assert (read.specs, read.output, read.check) == asked


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["check", "a.yaml"],
        ["compile"],
        ["compile", "-"],
        ["compile", "--help"],
        ["compile", "a.yaml", "-o"],
        ["compile", "a.yaml", "-o", ""],
        ["compile", "a.yaml", "-o", "--check"],
        ["compile", "a.yaml", "-oout"],
        ["compile", "a.yaml", "--output=out"],
        ["compile", "a.yaml", "--diff"],
        ["compile", "--", "a.yaml"],
        ["compile", ""],
        ["--debug", "compile", "a.yaml"],
    ],
)
def test_what_is_left_to_click(words):
    assert plain.read(words) is None


def test_completion_is_left_to_click(monkeypatch):
    monkeypatch.setenv("_REGSPEC_COMPLETE", "bash_complete")
    assert plain.read(["compile", "a.yaml"]) is None


def state(folder):
    return {
        path.relative_to(folder): (path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "words",
    [
        "registry.yaml",
        "registry.yaml -o made",
        "registry.yaml -o ./made/",
        "registry.yaml registry.yaml",
        "registry.yaml --check",
        "registry.yaml other.yaml -o sites/{stem}",
        "registry.yaml other.yaml",
        "registry.yaml other.yaml --check -o sites/{stem}",
        "broken.yaml",
        "broken.yaml registry.yaml -o {stem}",
        "missing.yaml",
        ".",
        "registry.yaml -o registry.yaml",
        "registry.yaml -o full",
    ],
)
def test_both_say_and_write_the_same(tmp_path, root, smallest, words):
    found = []
    for fast in ("1", "0"):
        folder = tmp_path / fast
        (folder / "full").mkdir(parents=True)
        (folder / "full/values.yaml").mkdir()
        (folder / "registry.yaml").write_bytes((root / "examples/harbor-airgap.yaml").read_bytes())
        (folder / "other.yaml").write_text(smallest)
        (folder / "broken.yaml").write_text(BROKEN)
        for _ in range(2):  # the second finds the files of the first
            done = subprocess.run(
                [sys.executable, "-m", "regspec", "compile", *words.split()],
                cwd=folder,
                env={"PATH": os.environ["PATH"], "REGSPEC_FAST": fast},
                capture_output=True,
                check=False,
            )
            found.append((fast, done.returncode, done.stdout, done.stderr, state(folder)))
    half = len(found) // 2
    assert [one[1:] for one in found[:half]] == [one[1:] for one in found[half:]]


def test_click_is_not_imported(tmp_path, smallest):
    (tmp_path / "registry.yaml").write_text(smallest)
    script = (
        "import sys\n"
        "from regspec.cli import main\n"
        "try: main(['compile', 'registry.yaml'])\n"
        "except SystemExit as end: code = end.code\n"
        "slow = {'click', 'jinja2', 'jsonschema', 'tomlkit', 'tomllib', 'yaml.constructor',\n"
        "        'dataclasses', 'pathlib', 'importlib.resources', 'difflib'}\n"
        "print(code, sorted(slow & sys.modules.keys()))\n"
    )
    words = [sys.executable, "-P", "-c", script]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    imported = done.stdout
    # An editable install of setuptools imports some of them by itself.
    before = subprocess.run(
        [sys.executable, "-P", "-c", "import sys; print(sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in ("pathlib", "importlib.resources", "difflib", "dataclasses"):
        if f"'{name}'" in before:
            imported = imported.replace(f"'{name}', ", "").replace(f"'{name}'", "")
    assert imported.replace(", ]", "]").split() == ["0", "[]"], imported


@pytest.mark.parametrize("full", ["broken.yaml", "registry.yaml"])
def test_an_output_that_is_full_is_told(tmp_path, smallest, full):
    (tmp_path / "registry.yaml").write_text(smallest)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    codes = []
    for fast in ("1", "0"):
        with open("/dev/full", "w") as nothing:
            done = subprocess.run(
                [sys.executable, "-m", "regspec", "compile", full],
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "REGSPEC_FAST": fast},
                stderr=nothing,
                check=False,
            )
        codes.append(done.returncode)
    assert codes == [2, 2]


YAML = """
import sys
from regspec.cli import lean_yaml
lean_yaml.install()
{before}
import yaml
from yaml.scanner import ScannerError
assert yaml.safe_load('a: [1, "b", 2026-11-23]')["a"][:2] == [1, "b"]
assert yaml.dump({{"a": 1}}) == "a: 1\\n"
assert yaml.load("a: 1", yaml.CSafeLoader) == {{"a": 1}}
try: yaml.safe_load("a: 'x")
except ScannerError: pass
try: yaml.load("a: [", yaml.CSafeLoader)
except yaml.YAMLError as why: assert why.problem_mark
assert yaml.resolver.Resolver and yaml.reader.ReaderError
print(len(yaml.__version__), "yaml.constructor" in {known})
"""


def test_all_of_pyyaml_is_there_when_it_is_asked_for():
    lean = YAML.format(before="known = set(sys.modules)", known="known")
    done = subprocess.run([sys.executable, "-c", lean], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["5", "False"], done.stderr
    composed = (
        "from regspec import document\n"
        "assert document.parse('a: [1, b]').data == {'a': [1, 'b']}\n"
        "try: document.parse('a: [')\n"
        "except document.NotADocument as why: assert why.problems[0].start == 4\n"
        "known = set(sys.modules)"
    )
    lean = YAML.format(before=composed, known="known")
    done = subprocess.run([sys.executable, "-c", lean], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["5", "False"], done.stderr


def test_another_pyyaml_is_imported_whole(tmp_path):
    script = (
        "import sys\n"
        "from regspec.cli import lean_yaml\n"
        "lean_yaml.TESTED = ('5.0',)\n"
        "lean_yaml.install()\n"
        "assert 'yaml' not in sys.modules\n"
        "lean_yaml.TESTED = ('6.0.3', '6.0.2', '6.0.1')\n"
        "lean_yaml._load = lambda package: 1 / 0\n"
        "lean_yaml.install()\n"
        "assert not [name for name in sys.modules if name.startswith('yaml')]\n"
        "from regspec import document\n"
        "print(document.parse('a: 1').data)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "{'a': 1}\n", done.stderr
