"""A node as a whole against a spec: what is in force there, after all that is imported."""

from __future__ import annotations

import posixpath

from . import differences, readers, toml_places
from .diagnostics import Place
from .dialects import TARGETS, formats, makers_of
from .dialects.containerd import (
    CONFIG_FORMAT,
    MAIN,
    config_load,
    hosts_toml,
    read_config,
    read_hosts,
    versions,
)
from .dialects.files import Unreadable
from .differences import Difference
from .document import NotADocument
from .frozen import frozen, replace
from .readers.reading import STAND_IN as UNSET
from .readers.reading import certificates_in
from .verify import of_reading, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .dialects import Format
    from .dialects.dialect import NodeFiles
    from .dialects.files import Tree
    from .model import Choice
    from .readers import Fact, Reading
    from .verify import Expected

_FIRST_OF_2 = 2


@frozen
class Broken:
    """A file of a node that cannot be read, or is not there."""

    path: str
    message: str
    problem: NotADocument | None = None


class Node:
    """One node's files against a spec.

    Args:
        tree: the files.
        expected: what the spec compiles to.
        wanted: versions or lines of containerd; none takes what the spec says, or all lines that
            can read the node's files.
    """

    def __init__(self, tree: Tree, expected: Expected, wanted: Sequence[str]) -> None:
        self.tree = tree
        self.expected = expected
        self.wanted = wanted
        self.found: list[Difference | Broken] = []
        self.readings: dict[str, list[Reading]] = {}

    def differences(self) -> list[Difference | Broken]:
        """What differs, file by file."""
        chosen = {choice.target for choice in self.expected.choices}
        on_nodes = [(one, one.on_node) for one in formats() if one.on_node]
        plain = [
            (one, path)
            for one, files in on_nodes
            if not files.only_if_chosen and not files.drop_ins
            for path in files.paths
            if self._is_there(path)
        ]
        apart = [
            (one, files)
            for one, files in on_nodes
            if files.only_if_chosen
            and self._makers(one)
            and self.tree.names(posixpath.dirname(files.paths[0])) is not None
        ]
        if self.tree.names("/etc/containerd") is not None:
            self._containerd()
        elif not plain and not apart and chosen & {"containerd", "certs.d"}:
            self.found.append(Broken(MAIN, "this file is missing"))
        for one, files in on_nodes:
            if files.required and not any(found is one for found, _ in plain):
                self._find_missing(one)
        for _, path in plain:
            for reading in self._read(path):
                self.found += of_reading(self.expected, reading)
        for one, files in on_nodes:
            if files.drop_ins and self.tree.names(posixpath.dirname(files.paths[0])) is not None:
                self._with_drop_ins(one, files, self._makers(one))
        for one, files in apart:
            self._apart(one, files, self._makers(one))
        return self.found

    def _makers(self, of: Format) -> list[Choice]:
        """The choices of the spec whose targets are for such files."""
        makers = makers_of(of.kind)
        return [choice for choice in self.expected.choices if choice.target in makers]

    def _path(self, choice: Choice, part: str) -> str:
        """Where a part of a target is on a node."""
        placement = TARGETS[choice.target].placed(self.expected.spec, choice)
        assert placement is not None  # noqa: S101 - its files are on nodes
        return placement.path(part)

    def _find_missing(self, of: Format) -> None:
        """The file of a format that is not on a node where its folder is."""
        for choice in self._makers(of):
            path = self._path(choice, TARGETS[choice.target].parts[0])
            if self.tree.names(posixpath.dirname(path)) is not None:
                self.found.append(Broken(path, "this file is missing"))

    def _apart(self, of: Format, files: NodeFiles, choices: list[Choice]) -> None:
        """The one file of a target whose other keys are none of ours, and its CA files."""
        path = files.paths[0]
        readings = [one for one in self._read(path, others=True) if one.kind == of.kind]
        if not readings and not any(
            isinstance(one, Broken) and one.path == path for one in self.found
        ):
            self.found.append(Broken(path, "it says nothing of registries"))
        for reading in readings:
            self.found += of_reading(self.expected, reading)
        self.found += refused(self._file_text(path) or "", readings)
        if files.authorities:
            self._authorities(files, choices)

    def _is_there(self, path: str) -> bool:
        folder, name = posixpath.split(path)
        return name in (self.tree.names(folder) or ())

    def _with_drop_ins(self, of: Format, files: NodeFiles, choices: list[Choice]) -> None:
        """A file with its drop-ins, of which the later ones win, and the CA files.

        Source: containers/image, pkg/sysregistriesv2: the last one that has a prefix.
        """
        ending = posixpath.splitext(files.paths[0])[1]
        drop_ins = [f"{files.drop_ins}/{name}" for name in self.tree.names(files.drop_ins) or ()]
        paths = [path for path in drop_ins if path.endswith(ending)]
        paths = [path for path in (*files.paths, *paths) if self._is_there(path)]
        readings = [
            reading
            for path in paths
            for reading in self._read(path, others=True)
            if reading.kind == of.kind
        ]
        facts: dict[str, list[tuple[Fact, Reading]]] = {}
        for reading in readings:
            own: dict[str, list[tuple[Fact, Reading]]] = {}
            for fact in reading.facts:
                own.setdefault(fact.subject[1], []).append((fact, reading))
            facts |= own
        in_force = [pair for group in facts.values() for pair in group]
        ((_, expected),) = self.expected.of(of.kind)[:1]
        if in_force or (choices and readings):
            origin = {id(fact): reading for fact, reading in in_force}
            told = differences.between(
                expected, readings[0], self.expected.hosts, [fact for fact, _ in in_force]
            )
            self.found += [
                replace(one, reading=origin[id(one.fact)]) if one.fact else one for one in told
            ]
        elif choices:
            path = self._path(choices[0], TARGETS[choices[0].target].parts[0])
            self.found.append(Broken(path, "this file is missing"))
        if files.authorities:
            self._authorities(files, choices)

    def _authorities(self, files: NodeFiles, choices: list[Choice]) -> None:
        """The CA of each host that has one, in whichever file it is."""
        for choice in choices:
            for host in self.expected.hosts:
                access = self.expected.spec.access(host)
                insecure = access and (access.plain_http or access.insecure_skip_verify)
                if access is None or insecure or access.ca_cert in ("", UNSET):
                    continue
                folder = self._path(choice, f"{files.authorities}/{host}")
                names = [n for n in self.tree.names(folder) or () if n.endswith(".crt")]
                found = [
                    certificates_in(self._file_text(f"{folder}/{name}") or "") for name in names
                ]
                if certificates_in(str(access.ca_cert)) not in found:
                    path = f"{folder}/{names[0] if names else 'ca.crt'}"
                    what = "this is another certificate than the spec has"
                    self.found.append(Broken(path, what if names else "this file is missing"))

    def _read(self, path: str, *, others: bool = False) -> list[Reading]:
        """The readings of a file.

        Args:
            path: of the file.
            others: whether there may be files that say nothing of registries.
        """

        def read(text: str) -> list[Reading]:
            try:
                return readers.read(text, path, self._file_text, complete=True)
            except readers.Unknown:
                if others:
                    return []
                raise

        return self._once(path, read)

    def _configuration(self, path: str) -> list[Reading]:
        """One file of containerd's configuration, whatever it says."""

        def read(text: str) -> list[Reading]:
            parsed = toml_places.parse(text)
            return [read_config.read(readers.Source(parsed, path, self._file_text, complete=True))]

        return self._once(path, read)

    def _once(self, path: str, read: Callable[[str], list[Reading]]) -> list[Reading]:
        """What is read of a file, the first time; of a broken one it is told why."""
        if path not in self.readings:
            self.readings[path] = []
            try:
                text = self.tree.text(path)
                if text is None:
                    self.found.append(Broken(path, "this file is missing"))
                else:
                    self.readings[path] = read(text)
            except (Unreadable, readers.Unknown) as why:
                self.found.append(Broken(path, str(why)))
            except NotADocument as why:
                self.found.append(Broken(path, why.problems[0].message, why))
        return self.readings[path]

    def _file_text(self, path: str) -> str | None:
        try:
            return self.tree.text(path)
        except Unreadable:
            return None

    def _containerd(self) -> None:
        """config.toml with what it imports, as each version of containerd has it in force."""
        paths = config_load.paths(self.tree, self._lines(())[-1])
        files = [reading for path in paths for reading in self._configuration(path)]
        candidates = self.expected.of("containerd")
        outcomes = []
        for choice, wanted in candidates:
            lines = self._lines(files, choice)
            by_line = {line: self._in_force(line, wanted, files) for line in lines}
            outcomes.append((choice, _together(by_line)))
        choice, best = min(outcomes, key=lambda outcome: len(outcome[1]))
        self.found += best
        if choice.target == "certs.d":
            self._certs_d(choice)

    def _lines(
        self, files: Sequence[Reading], choice: Choice | None = None
    ) -> list[versions.Version]:
        """The versions to look with: those that are wanted, or can read the node's files."""
        own = choice.option("version") if choice else None
        named = self.wanted or ((own,) if own and versions.is_modelled(own) else versions.LINES)
        parsed = [version for line in named if (version := versions.parse(line))]
        newest = max(
            (
                version
                for file in files
                if isinstance(version := file.source.data.get("version", 1), int)
            ),
            default=1,
        )
        if self.wanted or (own and versions.is_modelled(own)) or newest <= _FIRST_OF_2:
            return parsed
        first = (2, 0, 0) if newest == 3 else (2, 3, 0)  # noqa: PLR2004 - formats 3 and 4
        return [version for version in parsed if not version.before(*first)] or parsed

    def _in_force(
        self, version: versions.Version, wanted: Reading, files: list[Reading]
    ) -> list[Difference | Broken]:
        """What differs for one version of containerd."""
        configuration = config_load.load(self.tree, version)
        main = files[0] if files else None
        if not configuration.loads:
            return self._not_loaded(configuration.reason or "", files)
        if main is None:
            return [Broken(MAIN, "this file is missing")] if not self.found else []
        unread = [
            Difference(file, fact.place, message)
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
            for one in differences.between(wanted, main, self.expected.hosts, in_force)
        ]
        return _without_replaced(told, files)

    def _not_loaded(self, reason: str, files: list[Reading]) -> list[Difference | Broken]:
        """Why containerd runs without its CRI plugin, at the file that the reason is in."""
        message = f"containerd does not load its CRI plugin: {reason}"
        for file in files:
            path = file.source.path
            if reason.startswith(path):
                return [Difference(file, Place(()), f"containerd does not load this: {reason}")]
        for file in reversed(files):
            for fact in file.facts:
                if fact.subject == ("config_path",) and "config_path" in reason:
                    return [Difference(file, fact.place, message)]
        path = reason.partition(" ")[0].rstrip(":") if reason.startswith("/") else MAIN
        if path != MAIN:
            self._configuration(path)
        if any(isinstance(one, Broken) and one.path == path for one in self.found):
            return []
        return [Broken(path, message)]

    def _certs_d(self, choice: Choice) -> None:
        """The folders of certs.d where containerd looks for them."""
        root = choice.option("configPath") or "/etc/containerd/certs.d"
        present: dict[str, str] = {}
        # Of two folders for one registry, containerd takes `host_5000_`, with a file in it or not.
        for name in sorted(self.tree.names(root) or (), key=lambda name: name.endswith("_")):
            path = f"{root}/{name}/hosts.toml"
            namespace = read_hosts.namespace_of(path)
            if self._is_there(path):
                present[namespace] = path
            elif name.endswith("_"):
                present.pop(namespace, None)
        for namespace, folder in self.expected.folders().items():
            if namespace not in present:
                self.found.append(Broken(f"{root}/{folder}/hosts.toml", "this file is missing"))
        for path in present.values():
            for reading in self._read(path):
                self.found += of_reading(self.expected, reading)
                self.found += self._ignored(path, reading, self._lines((), choice))

    def _ignored(
        self, path: str, reading: Reading, lines: list[versions.Version]
    ) -> list[Difference | Broken]:
        """A hosts.toml that some versions of containerd ignore as a whole."""
        by_line: dict[versions.Version, list[Difference | Broken]] = {}
        for version in lines:
            by_line[version] = []
            try:
                text = reading.source.document.text
                hosts_toml.read(text, posixpath.dirname(path), version)
            except (hosts_toml.Defect, hosts_toml.NoFile) as why:
                message = f"containerd ignores this file: {why}"
                by_line[version].append(Difference(reading, Place(()), message))
        return _together(by_line)


def _merged_facts(
    registry: dict[str, object], files: list[Reading]
) -> Iterator[tuple[Fact, Reading]]:
    """The facts of what is in force, each with the file that it is from."""
    source = files[0].source
    merged = readers.Reading(CONFIG_FORMAT.kind, source)
    read_config.say_registry(merged, registry, ())
    for fact in merged.facts:
        alike = [
            (other, file) for file in files for other in file.facts if other.subject == fact.subject
        ]
        same = [pair for pair in alike if pair[0].value == fact.value] or alike
        other, file = same[-1] if same else (fact, files[0])
        yield replace(fact, place=other.place), file
    for file in files:
        for fact in file.facts:
            if fact.subject[0] == "setting":
                yield fact, file


def _without_replaced(told: list[Difference], files: list[Reading]) -> list[Difference | Broken]:
    """One difference for all that is missing because a later file has replaced it."""
    held = {(fact.subject, str(fact.value)) for file in files[:-1] for fact in file.facts}
    lost = [
        one for one in told if one.missing and (one.missing.subject, str(one.missing.value)) in held
    ]
    rest: list[Difference | Broken] = [one for one in told if one not in lost]
    if lost:
        message = "this file replaces all CRI settings of those before it, mirrors included"
        rest.append(Difference(files[-1], Place(()), message))
    return rest


def _together(
    by_line: dict[versions.Version, list[Difference | Broken]],
) -> list[Difference | Broken]:
    """What differs for any version, once, with the versions if it is not all of them."""
    found: dict[tuple[str, object, str], tuple[Difference | Broken, list[str]]] = {}
    for version, several in by_line.items():
        for one in several:
            at = one.path if isinstance(one, Broken) else one.reading.source.path
            place = None if isinstance(one, Broken) else one.place
            _, lines = found.setdefault((at, place, one.message), (one, []))
            lines.append(f"{version.major}.{version.minor}")
    together: list[Difference | Broken] = []
    for one, lines in found.values():
        if len(lines) < len(by_line):
            one = replace(one, message=f"{one.message} (containerd {', '.join(lines)})")  # noqa: PLW2901
        together.append(one)
    return together
