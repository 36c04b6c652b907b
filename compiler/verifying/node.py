"""A node as a whole against a spec: what is in force there, after all that is imported."""

from __future__ import annotations

import posixpath

from .. import recognise
from ..dialects import TARGETS, dialects, formats, makers_of
from ..dialects.files import Unreadable
from ..document import NotADocument
from ..frozen import frozen, replace
from ..reading.facts import STAND_IN as UNSET
from ..reading.facts import certificates_in
from . import drift
from .verify import of_reading, refused, without_repetitions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..dialects import Format
    from ..dialects.dialect import NodeFiles
    from ..dialects.files import Tree
    from ..model import TargetEntry
    from ..reading.facts import Fact, Reading
    from .drift import Drift
    from .verify import Expected

_ENTERED, _LISTED = 0o001, 0o005
"""The permission bits for other users, to reach what is in a folder by its name, and to list it."""


@frozen
class NodeFileProblem:
    """A file or folder of a node that is missing or cannot be used."""

    path: str
    message: str
    problem: NotADocument | None = None


class Node:
    """One node's files against a spec.

    Args:
        tree: the files.
        expected: the outputs of the spec.
        wanted: versions or lines of containerd; none takes what the spec says, or all lines that
            can read the node's files.
    """

    def __init__(self, tree: Tree, expected: Expected, wanted: Sequence[str]) -> None:
        self.tree = tree
        self.expected = expected
        self.wanted = expected.wanted = tuple(wanted)
        self.found: list[Drift | NodeFileProblem] = []
        self.readings: dict[str, list[Reading]] = {}
        self.compared_for: list[str] = []
        """The versions of consumers that decided what is in force, for the closing line."""

    def find_drift(self) -> list[Drift | NodeFileProblem]:
        """What differs, file by file."""
        chosen = {choice.target for choice in self.expected.choices}
        on_nodes = [(one, one.on_node) for one in formats() if one.on_node]
        plain = [
            (one, path)
            for one, files in on_nodes
            if not files.only_if_chosen and not files.drop_ins
            for path in files.paths
            if self.is_there(path)
        ]
        apart = [
            (one, files)
            for one, files in on_nodes
            if files.only_if_chosen
            and self._makers(one)
            and self.tree.names(posixpath.dirname(files.paths[0])) is not None
        ]
        for dialect in dialects():
            whole = dialect.on_node
            if whole is None:
                continue
            if self.tree.names(whole.folder) is not None:
                whole.compare(self)
            elif not plain and not apart and chosen & {one.name for one in dialect.targets}:
                self.found.append(NodeFileProblem(whole.main, "this file is missing"))
        for one, files in on_nodes:
            if files.required and not any(found is one for found, _ in plain):
                self._find_missing(one)
        for one, path in plain:
            self._plain(one, path)
        for one, files in on_nodes:
            if files.drop_ins and self.tree.names(posixpath.dirname(files.paths[0])) is not None:
                self._with_drop_ins(one, files, self._makers(one))
        for one, files in apart:
            self._apart(one, files, self._makers(one))
        return self.found

    def _plain(self, of: Format, path: str) -> None:
        """A file by itself, and the settings on which it depends how it is in force."""
        for reading in self.read(path):
            self._compare(path, reading)
        if of.on_node and of.on_node.settings:
            self.found += of.on_node.settings(self, path)

    def _compare(self, path: str, reading: Reading) -> None:
        refusals = refused(self.file_text(path) or "", [reading])
        self.found += without_repetitions(of_reading(self.expected, reading), refusals)

    def _makers(self, of: Format) -> list[TargetEntry]:
        """The choices of the spec whose targets are for such files."""
        makers = makers_of(of.kind)
        return [choice for choice in self.expected.choices if choice.target in makers]

    def _path(self, choice: TargetEntry, part: str) -> str:
        """Where a part of a target is on a node."""
        placement = TARGETS[choice.target].placed(self.expected.spec, choice)
        assert placement is not None  # noqa: S101 - its files are on nodes
        return placement.path(part)

    def _find_missing(self, of: Format) -> None:
        """The file of a format that is not on a node where its folder is."""
        for choice in self._makers(of):
            path = self._path(choice, TARGETS[choice.target].parts[0])
            if self.tree.names(posixpath.dirname(path)) is not None:
                self.found.append(NodeFileProblem(path, "this file is missing"))

    def _apart(self, of: Format, files: NodeFiles, choices: list[TargetEntry]) -> None:
        """The one file of a target that also has keys of other tools, and its CA files."""
        path = files.paths[0]
        readings = [one for one in self.read(path, others=True) if one.kind == of.kind]
        if not readings and not any(
            isinstance(one, NodeFileProblem) and one.path == path for one in self.found
        ):
            self.found.append(NodeFileProblem(path, "it has no settings of registries"))
        for reading in readings:
            self._compare(path, reading)
        without_more = [
            choice
            for choice in choices
            if not (files.compare_choice and files.compare_choice(self, choice))
        ]
        if files.authorities:
            self._authorities(files, without_more)

    def is_there(self, path: str) -> bool:
        """Whether the node has a file or a folder."""
        folder, name = posixpath.split(path)
        return name in (self.tree.names(folder) or ())

    def _with_drop_ins(self, of: Format, files: NodeFiles, choices: list[TargetEntry]) -> None:
        """A file with its drop-ins, of which the later ones win, and the CA files.

        Source: containers/image, pkg/sysregistriesv2: the last one that has a prefix.
        """
        ending = posixpath.splitext(files.paths[0])[1]
        drop_ins = [f"{files.drop_ins}/{name}" for name in self.tree.names(files.drop_ins) or ()]
        paths = [path for path in drop_ins if path.endswith(ending)]
        paths = [path for path in (*files.paths, *paths) if self.is_there(path)]
        readings = [
            reading
            for path in paths
            for reading in self.read(path, others=True)
            if reading.kind == of.kind
        ]
        for reading in readings:
            self.found += refused(reading.source.document.text, [reading])
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
            told = drift.between(
                expected, readings[0], self.expected.hosts, [fact for fact, _ in in_force]
            )
            self.found += [
                replace(one, reading=origin[id(one.fact)]) if one.fact else one for one in told
            ]
        elif choices:
            path = self._path(choices[0], TARGETS[choices[0].target].parts[0])
            self.found.append(NodeFileProblem(path, "this file is missing"))
        if files.authorities:
            self._authorities(files, choices)
        if files.for_all_users and choices:
            self._modes(files)

    def _modes(self, files: NodeFiles) -> None:
        """The folders that other users than root cannot enter, or list where that is needed.

        Where not even /etc is open to them, the copy did not keep the modes of the node.
        """
        etc = self.tree.mode("/etc")
        if etc is not None and etc & _LISTED != _LISTED:
            return
        root = posixpath.dirname(files.paths[0])
        needed = {root: _ENTERED, files.drop_ins: _LISTED}
        if files.authorities:
            needed[f"{root}/{files.authorities}"] = _ENTERED
            hosts = self.expected.hosts
            needed |= {f"{root}/{files.authorities}/{host}": _LISTED for host in hosts}
        for folder, bits in needed.items():
            mode = self.tree.mode(folder)
            if mode is not None and mode & bits != bits:
                reason = "podman and skopeo of other users fail; set mode 0755"
                message = f"only root can enter this folder (mode {mode:04o}): {reason}"
                self.found.append(NodeFileProblem(folder, message))

    def _authorities(self, files: NodeFiles, choices: list[TargetEntry]) -> None:
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
                    certificates_in(self.file_text(f"{folder}/{name}") or "") for name in names
                ]
                if certificates_in(str(access.ca_cert)) not in found:
                    path = f"{folder}/{names[0] if names else 'ca.crt'}"
                    what = "this is another certificate than the spec has"
                    self.found.append(
                        NodeFileProblem(path, what if names else "this file is missing")
                    )

    def read(self, path: str, *, others: bool = False) -> list[Reading]:
        """The readings of a file.

        Args:
            path: of the file.
            others: whether there may be files without settings of registries.
        """

        def read(text: str) -> list[Reading]:
            try:
                return recognise.read(text, path, self.file_text, self.covers)
            except recognise.Unknown:
                if others:
                    return []
                raise

        return self.once(path, read)

    def once(self, path: str, read: Callable[[str], list[Reading]]) -> list[Reading]:
        """What is read of a file. The first time, a broken one is reported with the reason."""
        if path not in self.readings:
            self.readings[path] = []
            try:
                text = self.tree.text(path)
                if text is None:
                    self.found.append(NodeFileProblem(path, "this file is missing"))
                else:
                    self.readings[path] = read(text)
            except (Unreadable, recognise.Unknown) as why:
                self.found.append(NodeFileProblem(path, str(why)))
            except NotADocument as why:
                self.found.append(NodeFileProblem(path, why.problems[0].message, why))
        return self.readings[path]

    def covers(self, path: str) -> bool:
        """Whether a path is in the folders that were copied, so that a file there is missing.

        An archive of /etc/containerd alone has no files of /etc/ssl. A folder that only holds
        the folders of consumers was copied for them.
        """
        roots = {dialect.on_node.folder for dialect in dialects() if dialect.on_node}
        roots |= {
            posixpath.dirname(node_path)
            for one in formats()
            if one.on_node
            for node_path in one.on_node.paths
        }
        if any(path.startswith(f"{root}/") and self.tree.names(root) is not None for root in roots):
            return True
        folder = posixpath.dirname(path)
        inside = [posixpath.join(folder, name) for name in self.tree.names(folder) or ()]
        return any(not any(f"{root}/".startswith(f"{one}/") for root in roots) for one in inside)

    def file_text(self, path: str) -> str | None:
        """The text of a file that another one names, or none if it cannot be read."""
        try:
            return self.tree.text(path)
        except Unreadable:
            return None
