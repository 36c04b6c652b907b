"""What verify reports of config.toml and hosts.toml, in addition to what their facts show."""

from __future__ import annotations

import posixpath

from ...diagnostics import Place
from ...frozen import replace
from ...verifying.drift import Drift
from ...verifying.node import NodeFileProblem
from ..files import Files
from . import CERTS_D, CONFIG, MAIN, config_load, hosts_toml, versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ...model import TargetEntry
    from ...reading.facts import Reading
    from ...verifying.verify import Expected

    Difference = Drift | NodeFileProblem

_FIRST_OF_2 = 2
_LARGE = 200_000
"""How many characters a file may have to be read as each version reads it, which takes long."""
_FRAGMENTS = "conf.d"
"""The folder of the files that are read together with config.toml."""


def lines_of(
    wanted: Sequence[str], choice: TargetEntry | None, files: Iterable[Reading] = ()
) -> list[versions.Version]:
    """The versions of containerd to compare with.

    The versions of the options take precedence over the version of a target's choice. Without any
    version, these are the lines that can read the files of the node.
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


def drift_of_hosts(expected: Expected, reading: Reading) -> list[Drift]:
    """Why some versions of containerd ignore a hosts.toml as a whole."""
    return _by_line(expected, reading, (CERTS_D.name,), _ignored)


def drift_of_config(expected: Expected, reading: Reading) -> list[Drift]:
    """Why some versions of containerd do not load their CRI plugin with a config.toml alone.

    A fragment is not a whole configuration, so nothing is known of it.
    """
    if posixpath.basename(posixpath.dirname(reading.source.path)) == _FRAGMENTS:
        return []
    return _by_line(expected, reading, (CONFIG.name, CERTS_D.name), _not_loaded)


def _by_line(
    expected: Expected,
    reading: Reading,
    targets: tuple[str, ...],
    why: Callable[[Reading, versions.Version], str],
) -> list[Drift]:
    """What is wrong with a file for some versions of containerd.

    Of several choices of the targets, the one with the fewest versions counts.
    """
    chosen = [choice for choice in expected.choices if choice.target in targets]
    choices: list[TargetEntry | None] = [*chosen] or [None]
    wanted = dict.fromkeys(tuple(lines_of(expected.wanted, one, [reading])) for one in choices)
    outcomes = []
    is_large = len(reading.source.document.text) > _LARGE
    for lines in wanted:
        if is_large:
            lines = lines[-1:]  # noqa: PLW2901 - the newest one
        by_line: dict[versions.Version, list[Difference]] = {}
        for version in lines:
            reason = why(reading, version)
            by_line[version] = [Drift(reading, Place(()), reason)] if reason else []
        outcomes.append([one for one in together(by_line) if isinstance(one, Drift)])
    return min(outcomes, key=len)


def _ignored(reading: Reading, version: versions.Version) -> str:
    text, folder = reading.source.document.text, posixpath.dirname(reading.source.path)
    try:
        hosts_toml.read(text, folder, version)
    except (hosts_toml.Defect, hosts_toml.NoFile) as why:
        return f"containerd ignores this file: {why}"
    return ""


def _not_loaded(reading: Reading, version: versions.Version) -> str:
    found = config_load.load(Files({MAIN: reading.source.document.text}), version)
    reason = (found.reason or "").removeprefix(f"{MAIN}: ")
    # Its imports are not known. The facts report `config_path`.
    if found.loads or "import" in reason or "config_path" in reason:
        return ""
    return f"containerd does not load its CRI plugin: {reason}"
