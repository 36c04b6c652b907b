"""Commands in a process of their own, as multiples of `python -c pass`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .measure import NEW, Job, medians, middle, ratios
from .plain import ROOT
from .table import Row, spread, times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .measure import Cost
    from .peers import Peer
    from .plain import Plain

BASE = "python -c pass"
EXAMPLE = ROOT / "examples/harbor-airgap.yaml"
"""Seven mirrors, the three default targets, three warnings: the vendor's example."""
BAD = "registry: {endpoint: https://harbor.example.org/}\nmirors: [docker.io]\n"
_SLOW = {"REGSPEC_FAST": "0"}
_SLOWLY = ", without the fast path"
_NOT_KEPT = {"PYTHONDONTWRITEBYTECODE": "1"}


def jobs(plain: Plain, fresh: Plain, folder: Path) -> dict[str, Job]:
    """What is measured, by the names that the table has for it.

    Args:
        plain: where regspec is installed.
        fresh: likewise, without byte code.
        folder: scratch.
    """
    spec = folder / "registry.yaml"
    spec.write_bytes(EXAMPLE.read_bytes())
    (folder / "bad.yaml").write_text(BAD, "utf-8")
    command, kept = plain.regspec, str(folder / "kept")

    def each(*words: str, expected: int = 0) -> tuple[Job, Job]:
        job = ((command, *words),)
        return (Job(job, {}, folder, expected), Job(job, _SLOW, folder, expected))

    both = {
        "`compile SPEC -o DIR`, new files": each("compile", spec.name, "-o", NEW),
        "`compile`, files up to date": each("compile", spec.name, "-o", kept),
        "`compile --check`, up to date": each("compile", spec.name, "-o", kept, "--check"),
        "`check`": each("check", spec.name),
        "`explain`, one image": each("explain", spec.name, "nginx:1.25", expected=1),
        "`compile`, an invalid spec": each("compile", "bad.yaml", "-o", NEW, expected=1),
        "`--help`": each("--help"),
    }
    found = {BASE: Job(((plain.python, "-c", "pass"),), {}, folder)}
    for name, (fast, slow) in both.items():
        found |= {name: fast, name + _SLOWLY: slow}
    compiling = ((fresh.regspec, "compile", spec.name, "-o", NEW),)
    nothing_kept = {**_NOT_KEPT, "PYTHONPYCACHEPREFIX": f"{NEW}.pyc"}
    return found | {
        "`compile`, no `.pyc` of what is installed": Job(compiling, _NOT_KEPT, folder),
        "`compile`, no `.pyc` of Python's own either": Job(compiling, nothing_kept, folder),
    }


def rows(costs: Mapping[str, Sequence[Cost]], peers: Sequence[Peer]) -> list[Row]:
    """The lines of the table for what was measured."""
    bases = costs[BASE]
    floor = medians(bases).memory
    told = {peer.name: peer for peer in peers}
    found = []
    for name, own in costs.items():
        if name == BASE or name.endswith(_SLOWLY):
            continue
        of = middle(ratios(own, bases))
        slow = costs.get(name + _SLOWLY)
        found.append(
            Row(
                _shown(told[name]) if name in told else f"cold {name}",
                times(of.median),
                spread(of),
                times(middle(ratios(slow, bases)).median) if slow else "",
                f"+{medians(own).memory - floor:.1f}",
            )
        )
    return found + [Row(_shown(peer), "not measured") for peer in peers if not peer.runs]


def _shown(peer: Peer) -> str:
    return f"{peer.shown}: {peer.verdict}"
