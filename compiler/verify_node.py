"""A node as a whole against a spec: what is in force there, after all that is imported."""

from __future__ import annotations

import posixpath

from . import differences, readers, toml_places
from .diagnostics import Place
from .differences import Difference
from .document import NotADocument
from .frozen import frozen, replace
from .readers import containerd, hosts_toml, registries_conf
from .readers.reading import STAND_IN as UNSET
from .readers.reading import certificates_in
from .runtimes import hosts_toml as hosts_model
from .runtimes import node, versions
from .verify import of_reading, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .model import Choice
    from .readers import Fact, Reading
    from .verify import Expected

_ON_NODES = (
    "/etc/rancher/k3s/registries.yaml",
    "/etc/rancher/rke2/registries.yaml",
    "/etc/containers/auth.json",
)
_IF_CHOSEN = {
    "docker": ("/etc/docker", "daemon.json"),
    "buildkit": ("/etc/buildkit", "buildkitd.toml"),
}
"""What is compared only if the spec has its target: a node may have it for something else."""
_REGISTRIES_CONF = "/etc/containers/registries.conf"
_DROP_INS = "/etc/containers/registries.conf.d"
_AUTHORITIES = {"registries.conf": "/etc/containers/certs.d", "docker": "/etc/docker/certs.d"}
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

    def __init__(self, tree: node.Tree, expected: Expected, wanted: Sequence[str]) -> None:
        self.tree = tree
        self.expected = expected
        self.wanted = wanted
        self.found: list[Difference | Broken] = []
        self.readings: dict[str, list[Reading]] = {}

    def differences(self) -> list[Difference | Broken]:
        """What differs, file by file."""
        chosen = {choice.target: choice for choice in self.expected.choices}
        others = [path for path in _ON_NODES if self._is_there(path)]
        apart = [
            target
            for target, (folder, _) in _IF_CHOSEN.items()
            if target in chosen and self.tree.names(folder) is not None
        ]
        if self.tree.names("/etc/containerd") is not None:
            self._containerd()
        elif not others and not apart and chosen.keys() & {"containerd", "certs.d"}:
            self.found.append(Broken(node.MAIN, "this file is missing"))
        if "k3s" in chosen:
            folder = f"/etc/rancher/{chosen['k3s'].option('distribution', 'k3s')}"
            listed = any(path.endswith("registries.yaml") for path in others)
            if not listed and self.tree.names(folder) is not None:
                self.found.append(Broken(f"{folder}/registries.yaml", "this file is missing"))
        for path in others:
            for reading in self._read(path):
                self.found += of_reading(self.expected, reading)
        if self.tree.names("/etc/containers") is not None:
            self._containers(wanted="registries.conf" in chosen)
        for target in apart:
            self._apart(target, posixpath.join(*_IF_CHOSEN[target]))
        return self.found

    def _apart(self, target: str, path: str) -> None:
        """The one file of a target whose other keys are none of ours, and its CA files."""
        readings = [one for one in self._read(path, others=True) if one.kind == target]
        if not readings and not any(
            isinstance(one, Broken) and one.path == path for one in self.found
        ):
            self.found.append(Broken(path, "it says nothing of registries"))
        for reading in readings:
            self.found += of_reading(self.expected, reading)
        self.found += refused(self._file_text(path) or "", readings)
        if target in _AUTHORITIES:
            self._authorities(target)

    def _is_there(self, path: str) -> bool:
        folder, name = posixpath.split(path)
        return name in (self.tree.names(folder) or ())

    def _containers(self, *, wanted: bool) -> None:
        """registries.conf with its drop-ins, of which the later ones win, and the CA files.

        Source: containers/image, pkg/sysregistriesv2: the last one that has a prefix.
        """
        drop_ins = [f"{_DROP_INS}/{name}" for name in self.tree.names(_DROP_INS) or ()]
        paths = [path for path in drop_ins if path.endswith(".conf")]
        paths = [path for path in (_REGISTRIES_CONF, *paths) if self._is_there(path)]
        readings = [
            reading
            for path in paths
            for reading in self._read(path, others=True)
            if reading.kind == registries_conf.KIND
        ]
        facts: dict[str, list[tuple[Fact, Reading]]] = {}
        for reading in readings:
            own: dict[str, list[tuple[Fact, Reading]]] = {}
            for fact in reading.facts:
                own.setdefault(fact.subject[1], []).append((fact, reading))
            facts |= own
        in_force = [pair for group in facts.values() for pair in group]
        ((_, expected),) = self.expected.of(registries_conf.KIND)[:1]
        if in_force or (wanted and readings):
            origin = {id(fact): reading for fact, reading in in_force}
            told = differences.between(
                expected, readings[0], self.expected.hosts, [fact for fact, _ in in_force]
            )
            self.found += [
                replace(one, reading=origin[id(one.fact)]) if one.fact else one for one in told
            ]
        elif wanted:
            self.found.append(Broken(f"{_DROP_INS}/50-regspec.conf", "this file is missing"))
        if in_force or wanted:
            self._authorities(registries_conf.KIND)

    def _authorities(self, target: str) -> None:
        """The CA of each host that has one, in whichever file it is."""
        for choice in self.expected.choices:
            if choice.target != target:
                continue
            for host in self.expected.hosts:
                access = self.expected.spec.access(host)
                insecure = access and (access.plain_http or access.insecure_skip_verify)
                if access is None or insecure or access.ca_cert in ("", UNSET):
                    continue
                folder = f"{_AUTHORITIES[target]}/{host}"
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
            return [containerd.read(readers.Source(parsed, path, self._file_text, complete=True))]

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
            except (node.Unreadable, readers.Unknown) as why:
                self.found.append(Broken(path, str(why)))
            except NotADocument as why:
                self.found.append(Broken(path, why.problems[0].message, why))
        return self.readings[path]

    def _file_text(self, path: str) -> str | None:
        try:
            return self.tree.text(path)
        except node.Unreadable:
            return None

    def _containerd(self) -> None:
        """config.toml with what it imports, as each version of containerd has it in force."""
        paths = node.paths(self.tree, self._lines(())[-1])
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
        configuration = node.load(self.tree, version)
        main = files[0] if files else None
        if not configuration.loads:
            return self._not_loaded(configuration.reason or "", files)
        if main is None:
            return [Broken(node.MAIN, "this file is missing")] if not self.found else []
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
        path = reason.partition(" ")[0].rstrip(":") if reason.startswith("/") else node.MAIN
        if path != node.MAIN:
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
            namespace = hosts_toml.namespace_of(path)
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
                hosts_model.read(text, posixpath.dirname(path), version)
            except (hosts_model.Defect, hosts_model.NoFile) as why:
                message = f"containerd ignores this file: {why}"
                by_line[version].append(Difference(reading, Place(()), message))
        return _together(by_line)


def _merged_facts(
    registry: dict[str, object], files: list[Reading]
) -> Iterator[tuple[Fact, Reading]]:
    """The facts of what is in force, each with the file that it is from."""
    source = files[0].source
    merged = readers.Reading(containerd.KIND, source)
    containerd.say_registry(merged, registry, ())
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
