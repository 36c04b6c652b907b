"""What every test may use: the real command, and a way to write a spec."""

from __future__ import annotations

import fcntl
import importlib.util
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from regspec import cli, dialects, resources, schema
from regspec.cli.group import regspec as command

ROOT = Path(__file__).resolve().parent.parent
HEAD = "apiVersion: regspec/v1\nkind: RegistrySpec\n"
SMALLEST = (
    HEAD + "registry: {endpoint: harbor.example.org}\nmirrors: [docker.io, docker.io/library]\n"
)


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden files; read the diff"
    )


def pytest_sessionfinish(session):
    """Under CI a skipped test is a real consumer left out: the run fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("skipped tests fail the run under CI", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


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
    """Runs `regspec` as its own process: regspec(*words, cwd=, env=, input=, umask=)."""

    def run(*words, cwd, env=None, input=None, umask=-1, timeout=20):  # noqa: A002
        kept = ("PATH", "HOME", "LANG", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH")
        base = {key: os.environ[key] for key in kept if key in os.environ}
        return subprocess.run(
            [sys.executable, "-m", "regspec", *map(str, words)],
            cwd=cwd,
            env=base | (env or {}),
            input=input,
            capture_output=True,
            text=not isinstance(input, bytes),
            umask=umask,
            timeout=timeout,
            check=False,
        )

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
