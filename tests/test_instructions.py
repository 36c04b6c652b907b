"""What a cold compile costs, counted and not timed, so that it says the same on any machine."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_a_cold_compile_takes_no_more_instructions_than_the_limit(root):
    """The limit and its reason are in benchmarks/instructions.py."""
    if not shutil.which("valgrind"):
        pytest.skip("no valgrind here")
    command = [sys.executable, "-m", "benchmarks.instructions"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "times the instructions of `python -c pass`" in done.stdout
