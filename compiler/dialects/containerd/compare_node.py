"""A node against a spec: what of containerd's files is in force there, by its versions.

What is read of the files (read_config.py, read_hosts.py) is compared as far as containerd has it in
force (config_load.py, hosts_toml.py).
"""

from __future__ import annotations

import posixpath

from ... import recognise
from ...diagnostics import Place, code_span
from ...emit import toml_value
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
    config_merge,
    read_config,
    read_hosts,
    versions,
)
from .in_force import files_in_force
from .verify import lines_of, together

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from ...model import TargetEntry
    from ...reading.facts import Fact, FactKey, Reading
    from ...verifying.node import Node

_FIRST_OF_2 = 2


def compare(node: Node) -> None:
    """Add what differs to what was found on a node."""
    _Containerd(node).compare()


def compare_hosts(node: Node, root: str) -> None:
    """Add what differs in the hosts.toml files of a folder to what was found on a node.

    Args:
        node: the node.
        root: the folder that has a folder for each registry.
    """
    _Containerd(node).compare_hosts(root)


class _Containerd:
    """The containerd of one node."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def _configuration(self, path: str) -> list[Reading]:
        """One file of containerd's configuration, whatever it says."""

        def read(text: str) -> list[Reading]:
            parsed = toml_places.parse(text)
            return [
                read_config.read(
                    recognise.Source(parsed, path, self.node.file_text, self.node.covers)
                )
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
            outcomes.append((choice, together(by_line)))
        choice, best = min(outcomes, key=lambda outcome: len(outcome[1]))
        self.node.found += self._with_cause(best)
        self.node.compared_for.append(self._compared_for(self._lines(files, choice), choice))
        if choice.target == CERTS_D.name:
            root = choice.option("configPath", CONFIG_PATH)
            self.compare_hosts(root)

    def _with_cause(self, several: list[Drift | NodeFileProblem]) -> list[Drift | NodeFileProblem]:
        """The differences. All that a fragment without effect explains become one difference."""
        missing = [one for one in several if isinstance(one, Drift) and one.missing]
        in_force = files_in_force(self.node.tree) if missing else None
        for path in in_force.unread if in_force else ():
            facts = [fact for reading in self._configuration(path) for fact in reading.facts]
            held = {(fact.subject, str(fact.value)) for fact in facts}
            explained = [
                one
                for one in missing
                if one.missing and (one.missing.subject, str(one.missing.value)) in held
            ]
            if explained:
                message = (
                    f"`imports` does not name {path}, which has no effect: "
                    f'add `imports = ["{posixpath.dirname(path)}/*.toml"]` at the top'
                )
                gone = {id(one) for one in explained}
                rest = [one for one in several if id(one) not in gone]
                return [NodeFileProblem(MAIN, message), *rest]
        return several

    def _lines(
        self, files: Sequence[Reading], choice: TargetEntry | None = None
    ) -> list[versions.Version]:
        """The versions to read with: the versions of the options, or all that read the files."""
        return lines_of(self.node.wanted, choice, files)

    def _compared_for(self, lines: list[versions.Version], choice: TargetEntry) -> str:
        """The versions that the node was compared for, and what decided."""
        if self.node.wanted:
            return f"containerd {', '.join(self.node.wanted)}"
        own = choice.option("version")
        if own and versions.is_modelled(own):
            return f"containerd {own}, the `version` in the spec"
        first, *_, last = [f"{line.major}.{line.minor}" for line in (lines[0], *lines)]
        compared = f"containerd {first} to {last}" if first != last else f"containerd {first}"
        return f"{compared}, as the `version` in the spec is not known" if own else compared

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
        lost = _lost_settings(configuration, files, version)
        return [*_without_replaced(told, files), *lost]

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

    def compare_hosts(self, root: str) -> None:
        """The folders of certs.d where containerd looks for them, compared with the spec."""
        present: dict[str, str] = {}
        # Of two folders for one registry, containerd takes `host_5000_`, with a file in it or not.
        for name in sorted(self.node.tree.names(root) or (), key=lambda name: name.endswith("_")):
            path = f"{root}/{name}/hosts.toml"
            namespace = read_hosts.namespace_of(path)
            if self.node.is_there(path):
                present[namespace] = path
            elif name.endswith("_"):
                present.pop(namespace, None)
        for folder in self.node.expected.missing_folders(present):
            path = f"{root}/{folder}/hosts.toml"
            self.node.found.append(NodeFileProblem(path, "this file is missing"))
        for path in present.values():
            for reading in self.node.read(path):
                self.node.found += of_reading(self.node.expected, reading)


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


def _lost_settings(
    configuration: config_load.Configuration, files: list[Reading], version: versions.Version
) -> Iterator[Drift]:
    """What a file says of cgroups and the sandbox image, and a later file has replaced (1.x).

    A later file that has a value of its own for them has not lost it.
    """
    if not version.before(2, 0, 0):
        return
    merged = dict(configuration.settings)
    for number, file in enumerate(files):
        later = [one.source.path for one in files[number + 1 :] if _cri(one)[1]]
        name, table = _cri(file)
        if not later:
            return
        for path, value in _settings_of_a_node(table, version):
            if _at(merged, path) is None:
                shown = f"{path[-1]} = {toml_value(value)}"
                message = f"{code_span(shown)} is lost: {later[-1]} replaces all CRI settings"
                yield Drift(file, Place(("plugins", name, *path)), message)


def _cri(file: Reading) -> tuple[str, dict[str, Any]]:
    """The table of CRI in a file of containerd 1.x, and its name."""
    plugins = file.source.data.get("plugins", {})
    for name in (config_merge.OLD, config_merge.OLDEST):
        table = plugins.get(name) if isinstance(plugins, dict) else None
        if isinstance(table, dict):
            return name, table
    return config_merge.OLD, {}


def _settings_of_a_node(
    table: dict[str, Any], version: versions.Version
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The cgroup driver and the sandbox image, where they are not the default of a version."""
    runtimes = _at(table, ("containerd", "runtimes"))
    for runtime in runtimes if isinstance(runtimes, dict) else ():
        path = ("containerd", "runtimes", runtime, "options", "SystemdCgroup")
        if _at(table, path) is True:
            yield path, True
    image = table.get("sandbox_image")
    default = versions.PAUSE_TAGS.get(f"{version.major}.{version.minor}")
    if isinstance(image, str) and image != f"{versions.PAUSE_IMAGE}:{default}":
        yield ("sandbox_image",), image


def _at(table: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of a table, or none."""
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return table
