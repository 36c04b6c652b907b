"""The plain forms of commands, which are read without click, do what click's forms do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from regspec.cli import plain

BROKEN = "registry: {endpoint: https://harbor.example.org/}\nmirors: [docker.io]\n"


@pytest.mark.parametrize(
    "words, asked",
    [
        ("compile a.yaml", ("compile", ("a.yaml",), set(), "out")),
        (
            "compile a.yaml b.yaml -o {stem} --check",
            ("compile", ("a.yaml", "b.yaml"), {"--check"}, "{stem}"),
        ),
        ("compile --check --output x a.yaml", ("compile", ("a.yaml",), {"--check"}, "x")),
        ("check a.yaml b.yaml", ("check", ("a.yaml", "b.yaml"), set(), "out")),
        ("check -q a.yaml --strict", ("check", ("a.yaml",), {"-q", "--strict"}, "out")),
        ("explain a.yaml nginx x", ("explain", ("a.yaml", "nginx", "x"), set(), "out")),
        ("explain --allow-upstream a b", ("explain", ("a", "b"), {"--allow-upstream"}, "out")),
    ],
)
def test_what_is_plain(words, asked):
    read = plain.read(words.split())
    assert (read.command, read.names, read.flags, read.output) == asked


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["rules"],
        ["compile"],
        ["compile", "-"],
        ["compile", "--help"],
        ["compile", "a.yaml", "-o"],
        ["compile", "a.yaml", "-o", ""],
        ["compile", "a.yaml", "-o", "--check"],
        ["compile", "a.yaml", "-oout"],
        ["compile", "a.yaml", "--output=out"],
        ["compile", "a.yaml", "--diff"],
        ["compile", "a.yaml", "--strict"],
        ["compile", "--", "a.yaml"],
        ["compile", ""],
        ["--debug", "compile", "a.yaml"],
        ["check"],
        ["check", "-"],
        ["check", "a.yaml", "-o", "out"],
        ["check", "a.yaml", "--check"],
        ["check", "a.yaml", "--fix"],
        ["check", "a.yaml", "--str"],
        ["check", "a.yaml", "-qh"],
        ["explain", "a.yaml"],
        ["explain", "-", "nginx"],
        ["explain", "a.yaml", "-i", "images.txt"],
        ["explain", "a.yaml", "nginx", "-q"],
        ["explain", "a.yaml", ""],
    ],
)
def test_what_is_left_to_click(words):
    assert plain.read(words) is None


def test_completion_is_left_to_click(monkeypatch):
    monkeypatch.setenv("_REGSPEC_COMPLETE", "bash_complete")
    assert plain.read(["compile", "a.yaml"]) is None
    assert plain.read(["check", "a.yaml"]) is None


def both(folder, words, **environment):
    """What a command says, with what is there for speed only and without it."""
    return [
        subprocess.run(
            [sys.executable, "-m", "regspec", *words],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "REGSPEC_FAST": fast, **environment},
            capture_output=True,
            check=False,
        )
        for fast in ("1", "0")
    ]


def same(done):
    """The exit code and the output of two that must not differ."""
    first, second = ((one.returncode, one.stdout, one.stderr) for one in done)
    assert first == second
    return first


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


@pytest.fixture
def specs(tmp_path, root, smallest):
    """A folder with specs, good and bad, for what writes nothing."""
    (tmp_path / "registry.yaml").write_bytes((root / "examples/harbor-airgap.yaml").read_bytes())
    (tmp_path / "smallest.yaml").write_text(smallest)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    (tmp_path / "text.yaml").write_text("a: [")
    (tmp_path / "copied.yaml").write_text(f"{smallest}targets: [copy-list]\n")
    (tmp_path / "secret.yaml").write_text(
        smallest.replace("org}", "org, username: x, password: {env: NOT_SET}}")
    )
    return tmp_path


@pytest.mark.parametrize(
    "words, code",
    [
        ("check registry.yaml", 0),
        ("check registry.yaml --strict", 1),
        ("check registry.yaml -q", 0),
        ("check registry.yaml registry.yaml", 0),
        ("check --strict smallest.yaml registry.yaml secret.yaml --quiet", 1),
        ("check secret.yaml", 0),
        ("check broken.yaml registry.yaml", 1),
        ("check text.yaml", 1),
        ("check missing.yaml registry.yaml", 2),
        ("check .", 2),
        ("explain registry.yaml nginx", 1),
        ("explain registry.yaml nginx:1.25 quay.io/a/b@sha256:" + "0" * 64, 1),
        ("explain registry.yaml nginx --allow-upstream", 1),
        ("explain smallest.yaml ghcr.io/a/b nginx nginx", 1),
        ("explain smallest.yaml harbor.example.org/a/nginx", 0),
        ("explain smallest.yaml NGINX nginx", 1),
        ("explain smallest.yaml NGINX", 1),
        ("explain copied.yaml nginx", 2),
        ("explain copied.yaml NGINX", 2),
        ("explain broken.yaml nginx", 1),
        ("explain broken.yaml NGINX", 1),
        ("explain secret.yaml nginx", 1),
        ("explain text.yaml nginx", 1),
        ("explain missing.yaml nginx", 2),
    ],
)
def test_both_say_the_same(specs, words, code):
    assert same(both(specs, words.split()))[0] == code
    assert same(both(specs, words.split(), GITHUB_ACTIONS="true", FORCE_COLOR="1"))[0] == code


@pytest.mark.parametrize(
    "words, code",
    [
        ("", 2),
        ("--help", 0),
        ("-h", 0),
        ("--version", 0),
        ("--debug", 2),
        ("--helpp", 2),
        ("chekc registry.yaml", 2),
        ("check --help", 0),
        ("check registry.yaml --format json", 0),
        ("explain registry.yaml", 2),
        ("rules", 0),
        ("targets", 0),
        ("schema", 0),
        ("compile registry.yaml smallest.yaml -j 2 --check -o {stem}", 1),
        ("compile registry.yaml missing.yaml -j 2 --check -o {stem}", 2),
    ],
)
def test_both_say_the_same_by_click(specs, words, code):
    assert same(both(specs, words.split()))[0] == code


def test_ctrl_c_is_the_same_for_both(specs):
    script = (
        "from regspec import cli, pipeline\n"
        "def stop(*words, **named): raise KeyboardInterrupt\n"
        "pipeline.check_spec = stop\n"
        "cli.main(['check', 'registry.yaml'])\n"
    )
    for fast in ("1", "0"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=specs,
            env={"PATH": os.environ["PATH"], "REGSPEC_FAST": fast},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (130, b"")
        assert done.stderr == b"\nstopped; every file is whole\n"


@pytest.mark.parametrize("stream, code", [("stdout", 2), ("stderr", 0)])
def test_a_help_that_goes_nowhere_is_the_same_for_both(specs, stream, code):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as nothing:
        assert codes_with(stream, nothing, specs, "--help") == [code, code]


def test_the_help_imports_no_command():
    script = (
        "import sys\n"
        "from regspec.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*(name for name in sys.modules if name.startswith('regspec.')), file=sys.stderr)\n"
    )
    words = [sys.executable, "-P", "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    imported = {name.removeprefix("regspec.") for name in done.stderr.split()}
    assert "cli.group" in imported
    assert not imported & {"targets", "pipeline", "reports", "cli.options", "cli.check", "cli.init"}


@pytest.mark.parametrize("name", ["everything", "cert-manager"])
def test_both_explain_every_target_the_same(root, name):
    words = ["explain", str(root / f"examples/{name}.yaml"), "nginx", "quay.io/a/b:1", "x.y/z"]
    assert same(both(root, words))[0] in (0, 1)


@pytest.mark.parametrize(
    "words", ["compile registry.yaml", "check registry.yaml", "explain registry.yaml nginx"]
)
def test_click_is_not_imported(tmp_path, root, words):
    (tmp_path / "registry.yaml").write_bytes((root / "examples/harbor-airgap.yaml").read_bytes())
    script = (
        "import sys\n"
        "from regspec.cli import main\n"
        f"try: main({words.split()!r})\n"
        "except SystemExit as end: code = end.code\n"
        "slow = {'click', 'jinja2', 'jsonschema', 'tomlkit', 'tomllib', 'yaml.constructor',\n"
        "        'dataclasses', 'pathlib', 'importlib.resources', 'difflib', 'typing'}\n"
        "print(sorted(slow & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = done.stderr.splitlines()[-1]
    # An editable install of setuptools imports some of them by itself.
    before = subprocess.run(
        [sys.executable, "-P", "-c", "import sys; print(sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in ("pathlib", "importlib.resources", "difflib", "dataclasses", "typing"):
        if f"'{name}'" in before:
            imported = imported.replace(f"'{name}', ", "").replace(f"'{name}'", "")
    assert imported.replace(", ]", "]") == "[]", imported


def codes_with(stream, taker, folder, words):
    """The exit codes of both where an output of theirs goes to something that takes nothing."""
    return [
        subprocess.run(
            [sys.executable, "-m", "regspec", *words.split()],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "REGSPEC_FAST": fast},
            check=False,
            **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: taker},
        ).returncode
        for fast in ("1", "0")
    ]


@pytest.mark.parametrize(
    "stream, words",
    [
        ("stderr", "compile broken.yaml"),
        ("stderr", "compile smallest.yaml"),
        ("stderr", "check registry.yaml"),
        ("stderr", "explain broken.yaml nginx"),
        ("stdout", "explain smallest.yaml nginx"),
    ],
)
def test_an_output_that_is_full_is_told(specs, stream, words):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as nothing:
        assert codes_with(stream, nothing, specs, words) == [2, 2]


@pytest.mark.parametrize(
    "stream, words, code",
    [
        ("stderr", "compile smallest.yaml", 1),
        ("stderr", "check registry.yaml", 1),
        ("stderr", "explain broken.yaml nginx", 1),
        ("stdout", "explain smallest.yaml nginx", 0),
    ],
)
def test_a_reader_that_goes_away_has_seen_enough(specs, stream, words, code):
    read, write = os.pipe()
    os.close(read)
    try:
        assert codes_with(stream, write, specs, words) == [code, code]
    finally:
        os.close(write)


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


def with_installed_pyyaml(folder, changes):
    """Copies the installed PyYAML to a folder, and changes its files: text to text, or to none."""
    copy = folder / "yaml"
    shutil.copytree(Path(yaml.__file__).parent, copy)
    for name, change in changes.items():
        path = copy / name
        if change is None:
            (path,) = copy.glob(name)
            path.unlink()
            continue
        text = path.read_text() if path.exists() else ""
        assert not text or change[0] in text, f"{name} has changed: {text}"
        path.write_text(text.replace(*change) if text else change[1])


LOADED = """
import sys
sys.path.insert(0, {folder!r})
from regspec.cli import lean_yaml
lean_yaml.install()
from regspec import document
import yaml.error
assert yaml.error.__file__.startswith({folder!r}), yaml.error.__file__
assert document.parse('a: [1, b]').data == {{'a': [1, 'b']}}
try: document.parse('a: "x')
except document.NotADocument as why: assert why.problems[0].message == "this quote is not closed"
lean = 'yaml.constructor' not in sys.modules
import yaml
assert yaml.safe_load('a: [1, b]') == {{'a': [1, 'b']}}
print(lean, yaml.__version__)
"""


def loaded(folder):
    """Whether only the needed part of the PyYAML in a folder is loaded, and its version."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(folder=str(folder))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout.split()


INSTALLED = f"__version__ = '{yaml.__version__}'"


@pytest.mark.parametrize("version", ["6.0.1", "6.0.99", "6.1", "7.0.0rc1", "2027.1"])
def test_the_version_of_pyyaml_does_not_matter(version, tmp_path):
    with_installed_pyyaml(
        tmp_path, {"__init__.py": (INSTALLED, f"__version__ = {version!r}  # a new release")}
    )
    assert loaded(tmp_path) == ["True", version]


CHANGED_LAYOUTS = {
    "a module needs the package": {
        "error.py": ("class Mark:", "from yaml import prepared\nclass Mark:"),
        "__init__.py": ("from .error import *", "prepared = 1\nfrom .error import *"),
    },
    "another name of a base class": {
        "error.py": ("MarkedYAMLError", "LocatedError"),
        "scanner.py": ("MarkedYAMLError", "LocatedError"),
        "parser.py": ("MarkedYAMLError", "LocatedError"),
        "composer.py": ("MarkedYAMLError", "LocatedError"),
        "constructor.py": ("MarkedYAMLError", "LocatedError"),
    },
    "no parser in C": {"_yaml*.so": None},
    "another module instead of the parser in C": {
        "_yaml*.so": None,
        "_yaml.py": (
            "",
            "from yaml.loader import SafeLoader\nclass CParser(SafeLoader):\n    pass\n",
        ),
    },
}


@pytest.mark.parametrize("case", CHANGED_LAYOUTS)
def test_a_pyyaml_laid_out_in_another_way_is_imported_whole(case, tmp_path):
    with_installed_pyyaml(tmp_path, CHANGED_LAYOUTS[case])
    assert loaded(tmp_path) == ["False", yaml.__version__]


def test_a_parser_that_acts_in_another_way_is_imported_whole(tmp_path):
    script = (
        "import sys\n"
        "from regspec.cli import lean_yaml\n"
        "lean_yaml._try_out = lambda package: 1 / 0\n"
        "lean_yaml.install()\n"
        "assert 'yaml.constructor' in sys.modules\n"
        "from regspec import document\n"
        "try: document.parse('a: [')\n"
        "except document.NotADocument as why: assert why.problems[0].start == 4\n"
        "print(document.parse('a: 1').data)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "{'a': 1}\n", done.stderr
