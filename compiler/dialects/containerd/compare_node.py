"""A node against a spec: what of containerd's files is in force there, by its versions.

What is read of the files (read_config.py, read_hosts.py) is compared as far as containerd has it in
force (config_load.py, hosts_toml.py).
"""

from __future__ import annotations

import posixpath

from ... import recognise
from ...diagnostics import Place
from ...frozen import replace
from ...reading import toml_places
from ...verifying import drift
from ...verifying.drift import Drift
from ...verifying.node import NodeFileProblem
from ...verifying.verify import of_reading
from . import (
    CERTS_D,
    CONFIG_FORMAT,
    CONFIG_PATH,
    MAIN,
    config_load,
    hosts_toml,
    read_config,
    read_hosts,
    versions,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...model import TargetEntry
    from ...reading.facts import Fact, FactKey, Reading
    from ...verifying.node import Node

_FIRST_OF_2 = 2


def compare(node: Node) -> None:
    """Add what differs to what was found on a node."""
    _Containerd(node).compare()


def compare_hosts(node: Node, root: str, version: str) -> None:
    """Add what differs in the hosts.toml files of a folder to what was found on a node.

    Args:
        node: the node.
        root: the folder that has a folder for each registry.
        version: of the containerd whose code reads them.
    """
    parsed = versions.parse(version)
    assert parsed is not None  # noqa: S101 - it is one of the measured versions
    _Containerd(node).compare_hosts(root, [parsed])


class _Containerd:
    """The containerd of one node."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def _configuration(self, path: str) -> list[Reading]:
        """One file of containerd's configuration, whatever it says."""

        def read(text: str) -> list[Reading]:
            parsed = toml_places.parse(text)
            return [
                read_config.read(recognise.Source(parsed, path, self.node.file_text, complete=True))
            ]

        return self.node.once(path, read)

    def compare(self) -> None:
        """config.toml with what it imports, as each version of containerd has it in force."""
        paths = config_load.paths(self.node.tree, self._lines(())[-1])
        files = [reading for path in paths for reading in self._configuration(path)]
        candidates = self.node.expected.of(CONFIG_FORMAT.kind)
        outcomes = []
        for choice, wanted in candidates:
            lines = self._lines(files, choice)
            by_line = {line: self._in_force(line, wanted, files) for line in lines}
            outcomes.append((choice, _together(by_line)))
        choice, best = min(outcomes, key=lambda outcome: len(outcome[1]))
        self.node.found += best
        if choice.target == CERTS_D.name:
            root = choice.option("configPath", CONFIG_PATH)
            self.compare_hosts(root, self._lines((), choice))

    def _lines(
        self, files: Sequence[Reading], choice: TargetEntry | None = None
    ) -> list[versions.Version]:
        """The versions to look with: those that are wanted, or can read the node's files."""
        own = choice.option("version") if choice else None
        named = self.node.wanted or (
            (own,) if own and versions.is_modelled(own) else versions.LINES
        )
        parsed = [version for line in named if (version := versions.parse(line))]
        newest = max(
            (
                version
                for file in files
                if isinstance(version := file.source.data.get("version", 1), int)
            ),
            default=1,
        )
        if self.node.wanted or (own and versions.is_modelled(own)) or newest <= _FIRST_OF_2:
            return parsed
        first = (2, 0, 0) if newest == 3 else (2, 3, 0)  # noqa: PLR2004 - formats 3 and 4
        return [version for version in parsed if not version.before(*first)] or parsed

    def _in_force(
        self, version: versions.Version, wanted: Reading, files: list[Reading]
    ) -> list[Drift | NodeFileProblem]:
        """What differs for one version of containerd."""
        configuration = config_load.load(self.node.tree, version)
        main = files[0] if files else None
        if not configuration.loads:
            return self._not_loaded(configuration.reason or "", files)
        if main is None:
            return [NodeFileProblem(MAIN, "this file is missing")] if not self.node.found else []
        unread = [
            Drift(file, fact.place, message)
            for file in files
            for fact in file.facts
            if fact.subject == ("format",) and fact.value is False
            for message in [fact.shown]
        ]
        if unread and not configuration.registry:
            return list(unread)
        facts = list(_merged_facts(dict(configuration.registry), files))
        origin = {id(fact): file for fact, file in facts}
        in_force = [fact for fact, _ in facts]
        told = [
            replace(one, reading=origin[id(one.fact)]) if one.fact else one
            for one in drift.between(wanted, main, self.node.expected.hosts, in_force)
        ]
        return _without_replaced(told, files)

    def _not_loaded(self, reason: str, files: list[Reading]) -> list[Drift | NodeFileProblem]:
        """Why containerd runs without its CRI plugin, at the file that the reason is in."""
        message = f"containerd does not load its CRI plugin: {reason}"
        for file in files:
            path = file.source.path
            if reason.startswith(path):
                return [Drift(file, Place(()), f"containerd does not load this: {reason}")]
        for file in reversed(files):
            for fact in file.facts:
                if fact.subject == ("config_path",) and "config_path" in reason:
                    return [Drift(file, fact.place, message)]
        path = reason.partition(" ")[0].rstrip(":") if reason.startswith("/") else MAIN
        if path != MAIN:
            self._configuration(path)
        if any(isinstance(one, NodeFileProblem) and one.path == path for one in self.node.found):
            return []
        return [NodeFileProblem(path, message)]

    def compare_hosts(self, root: str, lines: list[versions.Version]) -> None:
        """The folders of certs.d where containerd looks for them, as these versions read them."""
        present: dict[str, str] = {}
        # Of two folders for one registry, containerd takes `host_5000_`, with a file in it or not.
        for name in sorted(self.node.tree.names(root) or (), key=lambda name: name.endswith("_")):
            path = f"{root}/{name}/hosts.toml"
            namespace = read_hosts.namespace_of(path)
            if self.node.is_there(path):
                present[namespace] = path
            elif name.endswith("_"):
                present.pop(namespace, None)
        for namespace, folder in self.node.expected.folders().items():
            if namespace not in present:
                self.node.found.append(
                    NodeFileProblem(f"{root}/{folder}/hosts.toml", "this file is missing")
                )
        for path in present.values():
            for reading in self.node.read(path):
                self.node.found += of_reading(self.node.expected, reading)
                self.node.found += self._ignored(path, reading, lines)

    def _ignored(
        self, path: str, reading: Reading, lines: list[versions.Version]
    ) -> list[Drift | NodeFileProblem]:
        """A hosts.toml that some versions of containerd ignore as a whole."""
        by_line: dict[versions.Version, list[Drift | NodeFileProblem]] = {}
        for version in lines:
            by_line[version] = []
            try:
                text = reading.source.document.text
                hosts_toml.read(text, posixpath.dirname(path), version)
            except (hosts_toml.Defect, hosts_toml.NoFile) as why:
                message = f"containerd ignores this file: {why}"
                by_line[version].append(Drift(reading, Place(()), message))
        return _together(by_line)


def _merged_facts(
    registry: dict[str, object], files: list[Reading]
) -> Iterator[tuple[Fact, Reading]]:
    """The facts of what is in force, each with the file that it is from."""
    source = files[0].source
    merged = recognise.Reading(CONFIG_FORMAT.kind, source)
    read_config.say_registry(merged, registry, ())
    by_subject: dict[FactKey, list[tuple[Fact, Reading]]] = {}
    for file in files:
        for other in file.facts:
            by_subject.setdefault(other.subject, []).append((other, file))
    for fact in merged.facts:
        alike = by_subject.get(fact.subject, [])
        same = [pair for pair in alike if pair[0].value == fact.value] or alike
        other, file = same[-1] if same else (fact, files[0])
        yield replace(fact, place=other.place), file
    for file in files:
        for fact in file.facts:
            if fact.subject[0] == "setting":
                yield fact, file


def _without_replaced(told: list[Drift], files: list[Reading]) -> list[Drift | NodeFileProblem]:
    """One difference for all that is missing because a later file has replaced it."""
    held = {(fact.subject, str(fact.value)) for file in files[:-1] for fact in file.facts}
    lost = [
        one for one in told if one.missing and (one.missing.subject, str(one.missing.value)) in held
    ]
    gone = {id(one) for one in lost}
    rest: list[Drift | NodeFileProblem] = [one for one in told if id(one) not in gone]
    if lost:
        message = "this file replaces all CRI settings of those before it, mirrors included"
        rest.append(Drift(files[-1], Place(()), message))
    return rest


def _together(
    by_line: dict[versions.Version, list[Drift | NodeFileProblem]],
) -> list[Drift | NodeFileProblem]:
    """What differs for any version, once, with the versions if it is not all of them."""
    found: dict[tuple[str, object, str], tuple[Drift | NodeFileProblem, list[str]]] = {}
    for version, several in by_line.items():
        for one in several:
            at = one.path if isinstance(one, NodeFileProblem) else one.reading.source.path
            place = None if isinstance(one, NodeFileProblem) else one.place
            _, lines = found.setdefault((at, place, one.message), (one, []))
            lines.append(f"{version.major}.{version.minor}")
    together: list[Drift | NodeFileProblem] = []
    for one, lines in found.values():
        if len(lines) < len(by_line):
            one = replace(one, message=f"{one.message} (containerd {', '.join(lines)})")  # noqa: PLW2901
        together.append(one)
    return together
