"""`python -O` and `-OO` drop assertions and docstrings; users must not notice."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COMMANDS = [
    ("--help",),
    ("rules",),
    ("rule", "RS315"),
    ("rule", "schema"),
    ("targets",),
    ("completion", "bash"),
    ("schema",),
    ("integrate", "make"),
    ("check", "examples/harbor-airgap.yaml"),
    ("check", "examples/harbor-airgap.yaml", "--format", "sarif"),
    ("compile", "examples/harbor-airgap.yaml", "--stdout"),
    ("explain", "examples/harbor-airgap.yaml", "nginx"),
    ("coverage", "examples/harbor-airgap.yaml", "-i", "examples/images.txt"),
    ("verify", "examples/harbor-airgap.yaml", "examples/harbor-airgap.yaml"),
    ("import", "examples/ca.crt"),
]
HELPS = [
    "init",
    "import",
    "compile",
    "check",
    "explain",
    "coverage",
    "verify",
    "targets",
    "rules",
    "rule",
    "schema",
    "integrate",
    "completion",
]


def answer(option, words, cwd):
    done = subprocess.run(
        [sys.executable, *option, "-m", "regspec", *words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "REGISTRY_PASSWORD": "p"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_says_the_same(words, root):
    expected = answer((), words, root)
    assert expected[0] in (0, 1, 2)
    for option in ("-O", "-OO"):
        assert answer((option,), words, root) == expected


@pytest.mark.parametrize("command", HELPS)
def test_a_help_says_the_same(command, root):
    expected = answer((), (command, "--help"), root)
    assert expected[0] == 0
    assert len(expected[1]) > 150
    assert answer(("-OO",), (command, "--help"), root) == expected


def test_without_a_source_it_is_told():
    """As where only byte code is installed."""
    from regspec.resources import docstring

    scope = {}
    exec(compile("def made(): ...", "/nowhere.py", "exec"), scope)
    assert "Python runs with -OO" in docstring(scope["made"])
