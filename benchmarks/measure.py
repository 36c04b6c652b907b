"""What commands cost, in interleaved runs (A B C A B C), so that all meet the same machine."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

ALONE = Path(__file__).with_name("alone.py")
NEW = "{new}"
"""Stands in the words of a command for a folder that no other run has."""


class Failed(Exception):  # noqa: N818 - it says what became of the command
    """A command did not end as it should."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost: the processes that it started and waited for included."""

    cpu: float
    """Seconds, user and system."""
    clock: float
    """Seconds."""
    memory: float
    """The peak of its largest process, in MiB."""


@dataclass(frozen=True, slots=True)
class Job:
    """Commands that do one thing together, one after another."""

    commands: tuple[tuple[str, ...], ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Beside those variables that every command has."""
    folder: Path = Path()
    expected: int = 0
    """The exit code of each."""
    in_folder: bool = False
    """Whether its new folder has to be there already."""


@dataclass(frozen=True, slots=True)
class Middle:
    """The median of several numbers, and the two between which the middle half of them lies."""

    low: float
    median: float
    high: float


def middle(numbers: Sequence[float]) -> Middle:
    """The median and the quartiles of at least one number."""
    if len(numbers) == 1:
        return Middle(numbers[0], numbers[0], numbers[0])
    low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
    return Middle(low, median, high)


def ratios(costs: Iterable[Cost], bases: Iterable[Cost]) -> list[float]:
    """The CPU time of each run as a multiple of that of the base in the same round."""
    return [cost.cpu / base.cpu for cost, base in zip(costs, bases, strict=True)]


def medians(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.clock for cost in costs),
        statistics.median(cost.memory for cost in costs),
    )


class Meter:
    """Runs commands below a scratch folder, in which nothing is removed before the end.

    Some file systems (ext4) are slow to make files for a while after others were removed, so a run
    never clears what one before it has written; it writes elsewhere.
    """

    def __init__(self, scratch: Path, environment: Mapping[str, str]) -> None:
        self.scratch = scratch
        self.environment = environment
        self._numbers = itertools.count()

    def run(self, job: Job) -> Cost:
        """Run the commands of a job once.

        Raises:
            Failed: the exit code of one is not that which is expected.
        """
        new = self.scratch / f"run{next(self._numbers):05}"
        if job.in_folder:
            new.mkdir()
        cpu = clock = memory = 0.0
        for command in job.commands:
            words = [word.replace(NEW, str(new)) for word in command]
            variables = {
                key: value.replace(NEW, str(new)) for key, value in job.environment.items()
            }
            told = subprocess.run(
                [sys.executable, "-I", "-S", str(ALONE), *words],
                env={**self.environment, **variables},
                cwd=job.folder,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout.split()
            if int(told[0]) != job.expected:
                raise Failed(f"{' '.join(words[:4])} ...: exit code {told[0]}")
            cpu += float(told[1])
            clock += float(told[2])
            memory = max(memory, float(told[3]) / 1024)
        return Cost(cpu, clock, memory)

    def rounds(
        self, jobs: Mapping[str, Job], count: int, tell: Callable[[int], None]
    ) -> dict[str, list[Cost]]:
        """Run all jobs in turn, several times; a first round, which fills caches, is not counted.

        Args:
            jobs: by their names.
            count: how many rounds are counted.
            tell: told how many are done.
        """
        costs: dict[str, list[Cost]] = {name: [] for name in jobs}
        for number in range(count + 1):
            tell(number)
            for name, job in jobs.items():
                cost = self.run(job)
                if number:
                    costs[name].append(cost)
        return costs
