"""Measures this checkout and prints the table."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import cold, fleet, instructions, machine, peers, plain, table
from .measure import Meter, medians

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
"""What of the environment every command has: nothing that makes Python another one."""


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page if that is asked for."""
    asked = _asked(words)
    load = os.getloadavg()[0]
    environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
    with tempfile.TemporaryDirectory(prefix="regspec-bench-") as name:
        scratch = Path(name)
        runs = scratch / "runs"
        runs.mkdir()
        meter = Meter(runs, environment)
        _say("making the environments")
        installed = plain.make(scratch / "plain", byte_code=True)
        about = machine.described(installed, asked.runs, asked.fleet_runs, load)
        rows = _measured(asked, meter, installed, scratch)
    text = f"{about}\n\n{table.markdown(rows)}"
    print(text, end="")
    if asked.write:
        page = asked.write.read_text("utf-8")
        asked.write.write_text(table.put_into(page, text), "utf-8")


def _measured(
    asked: argparse.Namespace, meter: Meter, installed: plain.Plain, scratch: Path
) -> list[table.Row]:
    fresh = plain.make(scratch / "fresh", byte_code=False)
    folder = scratch / "cold"
    folder.mkdir()
    jobs = cold.jobs(installed, fresh, folder)
    others = []
    if asked.peers:
        meter.run(jobs["`compile`, files up to date"])
        found = peers.all_of(asked.peers.absolute(), folder / "registry.yaml", scratch)
        others = [peers.judged(peer, meter, folder / "kept") for peer in found]
        jobs |= {peer.name: peer.job for peer in others if peer.runs}
    costs = meter.rounds(jobs, asked.runs, _progress("cold commands", asked.runs))
    many = scratch / "many"
    many.mkdir()
    fleets = fleet.jobs(installed, many, asked.specs, asked.mirrors)
    counted = meter.rounds(fleets, asked.fleet_runs, _progress("fleets", asked.fleet_runs))
    floor = medians(costs[cold.BASE]).memory
    return [
        *_counted(),
        *cold.rows(costs, others),
        *fleet.rows(counted, asked.specs, asked.mirrors, floor),
    ]


def _counted() -> list[table.Row]:
    """What does not depend on how busy the machine is, where there is valgrind to count it."""
    if not shutil.which("valgrind"):
        return []
    what = "cold `compile SPEC -o DIR`, new files: instructions, not time"
    return [table.Row(what, table.times(instructions.ratio()))]


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=15, metavar="N", help="rounds of cold commands")
    parser.add_argument("--fleet-runs", type=int, default=3, metavar="N", help="rounds of fleets")
    parser.add_argument("--specs", type=int, default=1000, metavar="N", help="specs of a fleet")
    parser.add_argument(
        "--mirrors", type=int, default=10_000, metavar="N", help="mirrors of the largest spec"
    )
    parser.add_argument(
        "--peers", type=Path, metavar="VENV", help="also measure the peers in this environment"
    )
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="also write the table into this page"
    )
    return parser.parse_args(words)


def _progress(what: str, rounds: int) -> Callable[[int], None]:
    return lambda done: _say(f"{what}: {done} of {rounds} rounds")


def _say(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    main()
