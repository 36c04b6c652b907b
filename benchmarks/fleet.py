"""Many specs in one go, by make, and one spec with many mirrors."""

from __future__ import annotations

import shutil
import statistics
import subprocess
from typing import TYPE_CHECKING

from .cold import EXAMPLE
from .measure import NEW, Job, medians
from .table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from .measure import Cost
    from .plain import Plain

_HEAD = "apiVersion: regspec/v1\nkind: RegistrySpec\nregistry: {endpoint: harbor.example.org}\n"
_NEW, _SAME = "new files", "nothing changed"
_ONE = "one spec"
_FEW = 2
"""How many specs tell what starting another process costs."""
_MOST_SITES = 100
"""How many specs make is given: each is compiled by a process of its own at first."""
_MAKE = "make"


def jobs(plain: Plain, folder: Path, specs: int, mirrors: int) -> dict[str, Job]:
    """What is measured.

    Args:
        plain: where regspec is installed.
        folder: scratch, where the specs go.
        specs: how many there are.
        mirrors: how many the larger of two specs has; the smaller has a tenth.
    """
    text = EXAMPLE.read_text("utf-8")
    names = [f"s{site}.yaml" for site in range(specs)]
    for site, name in enumerate(names):
        (folder / name).write_text(text.replace("harbor", f"harbor-{site}"), "utf-8")
    for count in (mirrors // 10, mirrors):
        lines = "".join(f"  - r{number}.example.org\n" for number in range(count))
        (folder / f"mirrors{count}.yaml").write_text(f"{_HEAD}mirrors:\n{lines}", "utf-8")

    def compiling(*words: str) -> Job:
        return Job(((plain.regspec, "compile", *words),), {}, folder)

    found = {_ONE: compiling(names[0], "-o", NEW)}
    for processes in ("1", "2"):
        for what, where in ((_NEW, NEW), (_SAME, str(folder / "kept"))):
            words = ("-o", f"{where}/{{stem}}", "-j", processes)
            found[f"{what}, -j {processes}"] = compiling(*names, *words)
        words = ("-o", f"{NEW}/{{stem}}", "-j", processes)
        found[f"few, -j {processes}"] = compiling(*names[:_FEW], *words)
    for count in (mirrors // 10, mirrors):
        found[f"{count} mirrors"] = compiling(f"mirrors{count}.yaml", "-o", NEW)
    make = shutil.which("make")
    return {**found, _MAKE: _by_make(make, plain, folder, names)} if make else found


def _by_make(make: str, plain: Plain, folder: Path, names: Sequence[str]) -> Job:
    """What `regspec integrate make` prints, run by make; after the first round nothing is to do."""
    (folder / "sites").mkdir()
    for name in names[:_MOST_SITES]:
        shutil.copyfile(folder / name, folder / "sites" / name)
    printed = subprocess.run(
        [plain.regspec, "integrate", "make"], stdout=subprocess.PIPE, check=True
    ).stdout
    (folder / "Makefile").write_bytes(printed)
    return Job(((make, "-j2", f"REGSPEC={plain.regspec}", "regspec"),), {}, folder)


def rows(costs: Mapping[str, Sequence[Cost]], specs: int, mirrors: int, floor: float) -> list[Row]:
    """The lines of the table.

    Args:
        costs: of each job, in the order of the rounds.
        specs: how many there were.
        mirrors: likewise.
        floor: the memory of `python -c pass` in MiB.
    """

    def over(one: str, other: str, compare: Callable[[Cost, Cost], float]) -> float:
        pairs = zip(costs[one], costs[other], strict=True)
        return statistics.median(compare(first, second) for first, second in pairs)

    def each(state: str) -> float:
        """The CPU seconds of one spec more."""
        return over(f"{state}, -j 1", "few, -j 1", lambda a, b: (a.cpu - b.cpu) / (specs - _FEW))

    def memory(name: str) -> str:
        return f"+{medians(costs[name]).memory - floor:.1f}"

    found = []
    for state in (_NEW, _SAME):
        second = each(state)
        result = f"{1 / second:,.0f} specs/s/core, {1000 * second:.2f} ms each"
        found.append(
            Row(
                f"{specs:,} specs in one process, {state}",
                result,
                memory=memory(f"{state}, -j 1"),
            )
        )
    for state in (_NEW, _SAME):
        faster = over(f"{state}, -j 1", f"{state}, -j 2", lambda a, b: a.clock / b.clock)
        dearer = over(f"{state}, -j 2", f"{state}, -j 1", lambda a, b: a.cpu / b.cpu)
        result = f"{faster:.2f} times as fast by the clock, for {dearer:.2f} times the CPU time"
        found.append(
            Row(f"`-j 2` against `-j 1`, {state}", result, memory=memory(f"{state}, -j 2"))
        )
    starting = max(0.0, over("few, -j 2", "few, -j 1", lambda a, b: a.cpu - b.cpu))
    found.append(Row("`-j 2` pays from", f"{max(2, 2 * starting / each(_NEW)):.0f} specs"))
    if _MAKE in costs:
        site = medians(costs[_MAKE]).cpu / min(specs, _MOST_SITES)
        found.append(Row("`make`, nothing changed", f"{1000 * site:.2f} ms a site"))
        changed = medians(costs[_ONE]).cpu / (each(_SAME) - site)
        result = f"fewer than 1 site of {changed:.0f} has changed"
        found.append(Row("`make -j` is cheaper than `compile -j` where", result))
    few, many = (medians(costs[f"{count} mirrors"]) for count in (mirrors // 10, mirrors))
    result = f"{many.cpu:.2f} s, {many.cpu / few.cpu:.1f} times the time of {mirrors // 10:,}"
    name = f"{mirrors} mirrors"
    return [*found, Row(f"one spec of {mirrors:,} mirrors", result, memory=memory(name))]
