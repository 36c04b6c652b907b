"""What is there against a spec: files of every kind, and nodes as a whole."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import differences, readers
from .diagnostics import Place, word
from .differences import Difference
from .document import NotADocument
from .model import Choice
from .readers import containerd, hosts_toml
from .readers.reading import STAND_IN as UNSET
from .readers.reading import certificates_in
from .runtimes import hosts_toml as hosts_model
from .runtimes import node, versions
from .targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .model import Spec
    from .readers import Fact, Reading

__all__ = ["UNSET", "Broken", "Difference", "Expected", "Node", "of_reading"]

_MAKERS = {
    "values": ("values", "palette"),
    "secret": ("secret",),
    "logins": ("pull-secret", "registries.conf"),
    "containerd": ("containerd", "certs.d"),
    "hosts.toml": ("certs.d",),
    "k3s": ("k3s",),
    "registries.conf": ("registries.conf",),
    "imageswap": ("imageswap",),
    "certificates": ("registries.conf",),
}
"""The targets that make files of a kind; the first is what is compared with by default."""
_ON_NODES = (
    "/etc/rancher/k3s/registries.yaml",
    "/etc/rancher/rke2/registries.yaml",
    "/etc/containers/registries.conf",
    "/etc/containers/auth.json",
)
_DROP_INS = "/etc/containers/registries.conf.d"
_FIRST_OF_2 = 2


@dataclass(frozen=True, slots=True)
class Expected:
    """What a spec compiles to, as the readers read it."""

    spec: Spec
    """With its references resolved; `UNSET` in place of those that are not known."""
    choices: tuple[Choice, ...]

    def of(self, kind: str) -> list[tuple[Choice, Reading]]:
        """The readings of a kind, from the targets of the spec or else from a default one."""
        makers = _MAKERS[kind]
        chosen = [choice for choice in self.choices if choice.target in makers]
        found = [pair for choice in chosen for pair in self._readings(choice, kind)]
        if found or (chosen and kind == "hosts.toml"):
            return found
        return self._readings(Choice(makers[0]), kind)

    def _readings(self, choice: Choice, kind: str) -> list[tuple[Choice, Reading]]:
        artifacts = list(TARGETS[choice.target].render(self.spec, choice))
        texts = {artifact.path: artifact.text for artifact in artifacts}
        ca_file = choice.option("caFile")

        def file_text(path: str) -> str | None:
            if path in texts:
                return texts[path]
            if path == ca_file:
                return str(self.spec.registry.access.ca_cert)
            name = posixpath.basename(path)
            return next(
                (text for one, text in texts.items() if posixpath.basename(one) == name), None
            )

        return [
            (choice, reading)
            for path, text in texts.items()
            if not path.endswith(".txt")
            for reading in readers.read(text, path, file_text)
            if reading.kind == kind
        ]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that the spec has mirrors on."""
        return self.spec.mirror_hosts


def of_reading(expected: Expected, found: Reading, *, whole: bool = False) -> list[Difference]:
    """What differs in one document: from that which it is most like of those it could be.

    Args:
        expected: what the spec compiles to.
        found: what is there.
        whole: whether values that lack the images of cert-manager are all that there is of values.
    """
    if whole and ("mirror",) in found.homes:
        found.homes.setdefault(("image certManager",), Place(()))
    if found.kind == "certificates":
        return _of_certificates(expected, found)
    candidates = expected.of(found.kind)
    if found.kind == "hosts.toml":
        namespace = hosts_toml.namespace_of(found.source.path)
        candidates = [one for one in candidates if _namespace(one[1]) == namespace]
        if not candidates:
            message = f"{word(namespace)} is no registry that the spec has a mirror of"
            if not namespace:
                message = "a hosts.toml is for the registry that its folder is named after"
            return [Difference(found, Place(()), message)]
    if found.kind == "values":  # what one of its charts lacks, the other must not make up for
        candidates = [one for one in candidates if one[1].target == found.target] or candidates
    compared = [differences.between(one, found, expected.hosts) for _, one in candidates]
    return min(compared, key=len)


def _namespace(reading: Reading) -> str:
    return hosts_toml.namespace_of(reading.source.path)


def _of_certificates(expected: Expected, found: Reading) -> list[Difference]:
    """A CA in a file of its own must be that of its host, or else any of the spec."""
    certificates = {
        host: certificates_in(str(access.ca_cert))
        for host in expected.hosts
        if (access := expected.spec.access(host)) and access.ca_cert
    }
    in_file = certificates_in(found.source.data)
    if isinstance(in_file, str):
        return [Difference(found, Place(()), in_file)]
    host = next((fact.subject[1] for fact in found.facts), None)
    wanted = [certificates[host]] if host in certificates else list(certificates.values())
    if in_file in wanted or any(UNSET in str(one) for one in wanted):
        return []
    return [Difference(found, Place(()), "this is another certificate than the spec has")]


@dataclass(frozen=True, slots=True)
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
        kinds = {choice.target for choice in self.expected.choices}
        others = list(self._others())
        if self.tree.names("/etc/containerd") is not None:
            self._containerd()
        elif not others and kinds & {"containerd", "certs.d"}:
            self.found.append(Broken(node.MAIN, "this file is missing"))
        for path in others:
            for reading in self._read(path):
                self.found += of_reading(self.expected, reading)
        return self.found

    def _others(self) -> Iterator[str]:
        """The files of other runtimes."""
        drop_ins = [
            f"{_DROP_INS}/{name}"
            for name in self.tree.names(_DROP_INS) or ()
            if name.endswith(".conf")
        ]
        for path in (*_ON_NODES, *drop_ins):
            folder, name = posixpath.split(path)
            if name in (self.tree.names(folder) or ()):
                yield path

    def _read(self, path: str) -> list[Reading]:
        """The readings of a file, once; of a broken one it is told why."""
        if path not in self.readings:
            self.readings[path] = []
            try:
                text = self.tree.text(path)
                if text is None:
                    self.found.append(Broken(path, "this file is missing"))
                    return []
                self.readings[path] = readers.read(text, path, self._file_text, complete=True)
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
        files = [reading for path in paths for reading in self._read(path)]
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
            self._read(path)
        if any(isinstance(one, Broken) and one.path == path for one in self.found):
            return []
        return [Broken(path, message)]

    def _certs_d(self, choice: Choice) -> None:
        """The folders of certs.d where containerd looks for them."""
        root = choice.option("configPath") or "/etc/containerd/certs.d"
        present = {}
        for name in self.tree.names(root) or ():
            path = f"{root}/{name}/hosts.toml"
            if "hosts.toml" in (self.tree.names(f"{root}/{name}") or ()):
                present[hosts_toml.namespace_of(path)] = path
        for _, wanted in self.expected.of("hosts.toml"):
            namespace = _namespace(wanted)
            if namespace not in present:
                folder = posixpath.basename(posixpath.dirname(wanted.source.path))
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
            except hosts_model.Defect as why:
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
