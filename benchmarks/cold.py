"""How long a cold command takes, as a multiple of `python -c pass`, in interleaved runs.

    python benchmarks/cold.py [RUNS]

Prints for each command the median of the ratios of CPU time (user and system, whole process) and
the largest resident memory above that of `pass`. Ratios hold on a noisy machine; seconds do not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = str(ROOT / "examples/harbor-airgap.yaml")
REGSPEC = [sys.executable, "-m", "regspec"]
PASS = [sys.executable, "-c", "pass"]
BAD = "registry: {endpoint: https://harbor.example.org/}\nmirors: [docker.io]\n"


def measure(words: list[str]) -> tuple[float, int]:
    """The CPU time of one run in seconds, and its peak memory in KiB (on Linux)."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main() -> None:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    # A checkout may be told not to keep byte code, which triples every start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as scratch:
        bad = Path(scratch, "bad.yaml")
        bad.write_text(BAD)
        out = f"{scratch}/out"
        commands = {
            "compile, new files": [*REGSPEC, "compile", SPEC, "-o", out],
            "compile --check, up to date": [*REGSPEC, "compile", SPEC, "-o", out, "--check"],
            "check": [*REGSPEC, "check", SPEC],
            "explain, one image": [*REGSPEC, "explain", SPEC, "nginx:1.25"],
            "compile, an invalid spec": [*REGSPEC, "compile", str(bad), "-o", out],
            "--help": [*REGSPEC, "--help"],
        }
        ratios: dict[str, list[float]] = {name: [] for name in commands}
        memory: dict[str, int] = {}
        for run in range(runs + 1):
            base, base_memory = measure(PASS)
            for name, words in commands.items():
                if name.endswith("new files"):
                    for file in Path(out).glob("*"):
                        file.unlink()
                seconds, peak = measure(words)
                if run:  # the first run of all warms the caches
                    ratios[name].append(seconds / base)
                    memory[name] = max(memory.get(name, 0), peak - base_memory)
    print(f"{'command':32}{'x pass':>8}{'+ MiB':>8}   ({runs} runs, medians)")
    for name, values in ratios.items():
        print(f"{name:32}{statistics.median(values):8.1f}{memory[name] / 1024:8.1f}")


if __name__ == "__main__":
    main()
