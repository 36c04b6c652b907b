"""How many specs a second are compiled in one go, and how it grows with their number of mirrors.

    python benchmarks/fleet.py [SPECS]

Prints CPU seconds for each and, for several processes, how many times as fast the clock says it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGSPEC = [sys.executable, "-m", "regspec", "compile"]
HEAD = "apiVersion: regspec/v1\nkind: RegistrySpec\nregistry: {endpoint: harbor.example.org}\n"


def measure(words: list[str], folder: str) -> tuple[float, float, float]:
    """The CPU seconds, the clock's seconds and the peak memory in MiB of a command."""
    begun = time.perf_counter()
    process = subprocess.Popen(words, cwd=folder, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    taken = time.perf_counter() - begun
    return usage.ru_utime + usage.ru_stime, taken, usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    spec = (ROOT / "examples/harbor-airgap.yaml").read_text("utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        for site in range(count):
            Path(scratch, f"s{site}.yaml").write_text(spec.replace("harbor", f"harbor-{site}"))
        names = [f"s{site}.yaml" for site in range(count)]
        alone, _, _ = measure([*REGSPEC, names[0], "-o", "alone"], scratch)
        clocks = {}
        for jobs in ("1", "2"):
            words = [*REGSPEC, *names, "-o", f"out-{jobs}/{{stem}}", "-j", jobs]
            for what in ("new", "unchanged"):
                cpu, clocks[what, jobs], peak = measure(words, scratch)
                rate = count / (cpu - alone)
                print(f"{count} specs, {what}, -j {jobs}: {rate:.0f} specs/s/core, {peak:.0f} MiB")
        faster = clocks["new", "1"] / clocks["new", "2"]
        print(f"-j 2 is {faster:.2f} times as fast as -j 1, on {os.cpu_count()} processors")
        seconds = {}
        for mirrors in (1000, 10_000):
            lines = "".join(f"  - r{number}.example.org\n" for number in range(mirrors))
            Path(scratch, "many.yaml").write_text(f"{HEAD}mirrors:\n{lines}")
            cpu, _, peak = measure([*REGSPEC, "many.yaml", "-o", "many"], scratch)
            seconds[mirrors] = cpu
            print(f"{mirrors} mirrors: {cpu:.2f} s, {peak:.0f} MiB")
        print(f"10,000 mirrors take {seconds[10_000] / seconds[1000]:.1f} times as long as 1,000")


if __name__ == "__main__":
    main()
