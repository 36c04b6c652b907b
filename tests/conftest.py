"""What every test may use: the real command, and a way to write a spec."""

from __future__ import annotations

import collections
import fcntl
import importlib.util
import io
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from regspec import cli, dialects, resources, schema
from regspec.cli.group import regspec as command

ROOT = Path(__file__).resolve().parent.parent
HEAD = "apiVersion: regspec/v1\nkind: RegistrySpec\n"
SMALLEST = (
    HEAD + "registry: {endpoint: harbor.example.org}\nmirrors: [docker.io, docker.io/library]\n"
)
SECONDS = 20
"""The most CPU time that one run of `regspec` may take."""
CACHES = ROOT / ".venv/cache"

# Nothing that the tests make or run leaves a file in the checkout: `_left_behind` checks that.
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(CACHES / "hypothesis"))

# No test measures wall time, which depends on what else the machine does: an example of a property
# has no deadline, and pytest_timeout (pyproject.toml) only ends what hangs.
settings.register_profile(
    "whenever",
    settings.default,
    deadline=None,
    suppress_health_check=[*settings.default.suppress_health_check, HealthCheck.too_slow],
)
settings.load_profile("whenever")

MADE = re.compile(
    r"\.venv/|out/|regspec\.egg-info/"
    r"|(?:compiler|schemas|templates)/(?:.*/)?__pycache__/"
    r"|tests/__pycache__/"  # of this module, where Python was not told to write none
)
"""What the Makefile makes in the checkout before the tests run, as `git status` shows it."""


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden files; read the diff"
    )


def _untracked():
    """What is in the checkout beside its sources: none of it outside a Git repository."""
    words = ("git", "status", "--porcelain", "--ignored", "-z")
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return {line[3:] for line in done.stdout.split("\0") if line[:2] in ("!!", "??")}


def _changed():
    """The sources that differ from the commit."""
    done = subprocess.run(
        ("git", "diff", "--name-only", "-z"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    return set(done.stdout.split("\0"))


def pytest_sessionstart(session):
    """Note what is in the checkout before the tests run."""
    if not hasattr(session.config, "workerinput"):
        session.config.before = (_untracked(), _changed())


def pytest_sessionfinish(session):
    """Fail a run that leaves something behind, and under CI one that skips a test.

    Under CI, what the Makefile does not make must not be there at all.
    """
    if hasattr(session.config, "workerinput"):
        return
    in_ci = bool(os.environ.get("CI"))
    untracked, changed = session.config.before
    left = {path for path in _untracked() if not MADE.fullmatch(path)}
    if not in_ci:
        left -= untracked
    if not session.config.getoption("--update-golden"):
        left |= _changed() - changed
    wrong = [f"left behind in the checkout: {path}" for path in sorted(left)]
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if in_ci and reporter and reporter.stats.get("skipped"):
        wrong.append("skipped tests fail the run under CI")
    for line in wrong:
        if reporter:
            reporter.write_line(line, red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Print what the tests of random input tried, and how it ended; see docs/tried.md."""
    for report in terminalreporter.stats.get("", []):
        for name, counts in report.user_properties if report.when == "teardown" else ():
            if name == "tried" and "REGSPEC_FUZZ_RUNS" in os.environ:
                shown = ", ".join(f"{what}: {count}" for what, count in counts.items())
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {shown}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def copy_checkout():
    """Copies the sources to a folder, without what is made here, by other tests at this moment."""
    made = (".*_cache", ".hypothesis", "__pycache__", ".venv", ".git", "build", "dist", "out")

    def copy(folder):
        ignored = shutil.ignore_patterns(*made, "*.egg-info")
        return shutil.copytree(ROOT, folder, ignore=ignored, symlinks=True)

    return copy


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """A folder that the workers of a run share: made_once(name, make) fills it by make(folder)."""

    def once(name, make):
        shared = tmp_path_factory.getbasetemp()
        if "PYTEST_XDIST_WORKER" in os.environ:
            shared = shared.parent
        folder = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "whole").exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed at it
                folder.mkdir()
                make(folder)
                (folder / "whole").touch()
        return folder

    return once


@pytest.fixture
def dialect_added(monkeypatch, root):
    """Adds the folder of a dialect, for one test: dialect_added(folder, target, ...)."""

    def forget():
        schema._root.cache_clear()
        schema._validator.cache_clear()

    def add(folder, *targets):
        assert command.commands  # whose help is not to have it in other tests
        for target in targets:
            monkeypatch.setitem(dialects.FOLDERS, target, folder.name)
        monkeypatch.setattr(dialects, "__path__", [*dialects.__path__, str(folder.parent)])
        path = root / ".ci/generate.py"
        spec = importlib.util.spec_from_file_location("generate", path)
        generate = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(generate)
        text = generate.schema_text()
        monkeypatch.setattr(resources, "schema_text", lambda: text)
        forget()

    yield add
    monkeypatch.undo()
    forget()
    for name in [name for name in sys.modules if name.startswith("regspec.dialects.")]:
        if name.split(".")[2] not in {*dialects.FOLDERS.values(), "dialect", "companions"}:
            del sys.modules[name]


@pytest.fixture
def tried(request):
    """Counts what a test tries; the counts are shown at the end of a run."""
    counts = collections.Counter()
    yield counts
    request.node.user_properties.append(("tried", dict(sorted(counts.items()))))


@pytest.fixture(scope="session")
def head() -> str:
    """The two lines that every spec begins with."""
    return HEAD


@pytest.fixture(scope="session")
def smallest() -> str:
    """The smallest valid spec."""
    return SMALLEST


@pytest.fixture(scope="session")
def regspec():
    """Runs `regspec` as its own process: regspec(*words, cwd=, env=, input=, umask=).

    A run that takes more than SECONDS of CPU time fails.
    """

    def run(*words, cwd, env=None, input=None, umask=-1):  # noqa: A002 - as subprocess.run
        kept = ("PATH", "HOME", "LANG", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH")
        base = {key: os.environ[key] for key in kept if key in os.environ}
        given = {
            "stdin": None if input is None else subprocess.PIPE,
            "text": type(input) is not bytes,
        }
        with subprocess.Popen(
            [sys.executable, "-m", "regspec", *map(str, words)],
            cwd=cwd,
            env=base | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            umask=umask,
            **given,
        ) as process:
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
            try:
                out, err = process.communicate(input)
            except BaseException:
                process.kill()
                raise
        assert process.returncode != -signal.SIGXCPU, f"{words}: more than {SECONDS} s of CPU time"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


@pytest.fixture
def here(monkeypatch, capfd):
    """Runs `regspec` without a process of its own, which is ten times as fast."""

    def run(*words, cwd, env=None, umask=0o022, input=""):  # noqa: A002 - as the fixture above
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(input.encode())))
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            before = os.umask(umask)
            try:
                with pytest.raises(SystemExit) as end:
                    cli.main([str(word) for word in words])
            finally:
                os.umask(before)
        said = capfd.readouterr()
        return subprocess.CompletedProcess(words, end.value.code, said.out, said.err)

    return run


@pytest.fixture
def unprivileged():
    """The words before a command that permissions are to hold back, though root runs the tests."""
    if os.geteuid():
        return ()
    drop = "-dac_override,-dac_read_search"
    words = ("setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}")
    if not shutil.which("setpriv"):
        pytest.skip("root cannot give up its capabilities without setpriv")
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("setpriv cannot give up capabilities here")
    return words
