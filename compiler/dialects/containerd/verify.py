"""What verify reports of a hosts.toml, in addition to what its facts show."""

from __future__ import annotations

import posixpath

from ...diagnostics import Place
from ...frozen import replace
from ...verifying.drift import Drift
from ...verifying.node import NodeFileProblem
from . import CERTS_D, hosts_toml, versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...model import TargetEntry
    from ...reading.facts import Reading
    from ...verifying.verify import Expected

    Difference = Drift | NodeFileProblem

_FIRST_OF_2 = 2


def lines_of(
    wanted: Sequence[str], choice: TargetEntry | None, files: Iterable[Reading] = ()
) -> list[versions.Version]:
    """The versions of containerd to compare with.

    Args:
        wanted: those that were asked for; they take precedence.
        choice: of a target; its version is next.
        files: of a node. Without any version, it is those lines that can read these files.
    """
    own = choice.option("version") if choice else None
    named = wanted or ((own,) if own and versions.is_modelled(own) else versions.LINES)
    parsed = [version for line in named if (version := versions.parse(line))]
    newest = max(
        (
            version
            for file in files
            if isinstance(version := file.source.data.get("version", 1), int)
        ),
        default=1,
    )
    if wanted or (own and versions.is_modelled(own)) or newest <= _FIRST_OF_2:
        return parsed
    first = (2, 0, 0) if newest == 3 else (2, 3, 0)  # noqa: PLR2004 - formats 3 and 4
    return [version for version in parsed if not version.before(*first)] or parsed


def together(by_line: dict[versions.Version, list[Difference]]) -> list[Difference]:
    """What differs for any version, once, with the versions if it is not all of them."""
    found: dict[tuple[str, object, str], tuple[Difference, list[str]]] = {}
    for version, differences in by_line.items():
        for one in differences:
            at = one.path if isinstance(one, NodeFileProblem) else one.reading.source.path
            place = None if isinstance(one, NodeFileProblem) else one.place
            _, lines = found.setdefault((at, place, one.message), (one, []))
            lines.append(f"{version.major}.{version.minor}")
    return [
        one
        if len(lines) == len(by_line)
        else replace(one, message=f"{one.message} (containerd {', '.join(lines)})")
        for one, lines in found.values()
    ]


def drift(expected: Expected, reading: Reading) -> list[Drift]:
    """Why some versions of containerd ignore a hosts.toml as a whole.

    Of several choices of the target, that with the fewest reasons counts.
    """
    chosen = [choice for choice in expected.choices if choice.target == CERTS_D.name]
    choices: list[TargetEntry | None] = [*chosen] or [None]
    versions_of = dict.fromkeys(tuple(lines_of(expected.wanted, one)) for one in choices)
    return min((_ignored(reading, lines) for lines in versions_of), key=len)


def _ignored(reading: Reading, lines: Sequence[versions.Version]) -> list[Drift]:
    text, folder = reading.source.document.text, posixpath.dirname(reading.source.path)
    by_line: dict[versions.Version, list[Difference]] = {}
    for version in lines:
        by_line[version] = []
        try:
            hosts_toml.read(text, folder, version)
        except (hosts_toml.Defect, hosts_toml.NoFile) as why:
            message = f"containerd ignores this file: {why}"
            by_line[version].append(Drift(reading, Place(()), message))
    return [one for one in together(by_line) if isinstance(one, Drift)]
