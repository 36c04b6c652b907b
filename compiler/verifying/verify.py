"""What is there against a spec: files of every kind, and nodes as a whole."""

from __future__ import annotations

import posixpath

from .. import recognise
from ..diagnostics import Place, code_span
from ..dialects import TARGETS, format_of, formats, makers_of
from ..mirrors import WILDCARD
from ..model import TargetEntry
from ..reading.facts import STAND_IN as UNSET
from .drift import Drift, between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from ..model import Spec
    from ..reading.facts import Reading

__all__ = ["UNSET", "Drift", "Expected", "elsewhere", "namespace_of", "of_reading", "refused"]

_NOT_READ = (".txt", "/cluster.yaml")
"""How the names of artifacts end that no reader knows."""


class Expected:
    """What a spec compiles to, as the readers read it; each kind is read once.

    Args:
        spec: with its references resolved; `UNSET` in place of those that are not known.
        choices: the targets.
    """

    def __init__(self, spec: Spec, choices: tuple[TargetEntry, ...]) -> None:
        self.spec = spec
        self.choices = choices
        self._of: dict[str, list[tuple[TargetEntry, Reading]]] = {}
        self._by_namespace: dict[str, list[tuple[TargetEntry, Reading]]] = {}

    def of(self, kind: str) -> list[tuple[TargetEntry, Reading]]:
        """The readings of a kind, from the targets of the spec or else from a default one."""
        if kind not in self._of:
            self._of[kind] = self._made(kind)
        return self._of[kind]

    def of_namespace(self, namespace: str) -> list[tuple[TargetEntry, Reading]]:
        """The readings for one registry of the files that are each for one."""
        return self._namespaces().get(namespace, [])

    def missing_folders(self, present: Container[str]) -> Iterator[str]:
        """The names of the folders with such a file that are missing, and make a difference.

        Args:
            present: the registries that have a file.
        """
        for namespace, several in self._namespaces().items():
            reading = several[0][1]
            is_default = format_of(reading.kind).is_default
            by_itself = is_default is not None and is_default(reading) and WILDCARD not in present
            if namespace not in present and not by_itself:
                yield posixpath.basename(posixpath.dirname(reading.source.path))

    def _namespaces(self) -> dict[str, list[tuple[TargetEntry, Reading]]]:
        if not self._by_namespace:
            kinds = [one.kind for one in formats() if one.namespace_of]
            for pair in (pair for kind in kinds for pair in self.of(kind)):
                self._by_namespace.setdefault(namespace_of(pair[1]), []).append(pair)
        return self._by_namespace

    def _made(self, kind: str) -> list[tuple[TargetEntry, Reading]]:
        makers = makers_of(kind)
        known = [_on_its_node(choice, kind) for choice in self.choices]
        chosen = [choice for choice in known if choice.target in makers]
        found = [pair for choice in chosen for pair in self._readings(choice, kind)]
        return found or self._readings(TargetEntry(makers[0]), kind)

    def _readings(self, choice: TargetEntry, kind: str) -> list[tuple[TargetEntry, Reading]]:
        artifacts = list(TARGETS[choice.target].render(self.spec, choice))
        texts = {artifact.path: artifact.text for artifact in artifacts}
        by_name = {posixpath.basename(path): text for path, text in texts.items()}
        ca_file = choice.option("caFile")

        def file_text(path: str) -> str | None:
            if path in texts:
                return texts[path]
            if path == ca_file:
                return str(self.spec.registry.access.ca_cert)
            return by_name.get(posixpath.basename(path))

        read: list[tuple[TargetEntry, Reading]] = []
        for path, text in texts.items():
            if path.endswith(_NOT_READ):
                continue
            try:
                readings = recognise.read(text, path, file_text)
            except recognise.Unknown:
                continue  # it says nothing of registries, such as a daemon.json without a mirror
            read += [(choice, reading) for reading in readings if reading.kind == kind]
        return read

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that the spec has mirrors on."""
        return self.spec.mirror_hosts


def _on_its_node(choice: TargetEntry, kind: str) -> TargetEntry:
    """What a target comes to on a node, as far as files of a kind that it does not make itself."""
    target = TARGETS[choice.target]
    if target.stands_for is None or kind in target.makes:
        return choice
    return target.stands_for(choice)


def of_reading(expected: Expected, found: Reading, *, whole: bool = False) -> list[Drift]:
    """What differs in one document: from that which it is most like of those it could be.

    Args:
        expected: what the spec compiles to.
        found: what is there.
        whole: whether values that lack the images of cert-manager are all that there is of values.
    """
    if whole and ("mirror",) in found.anchors:
        found.anchors.setdefault(("image certManager",), Place(()))
    compare = format_of(found.kind).compare
    if compare:
        return list(compare(expected.spec, found))
    candidates = expected.of(found.kind)
    if format_of(found.kind).namespace_of:
        namespace = namespace_of(found)
        candidates = expected.of_namespace(namespace)
        if not candidates:
            message = f"{code_span(namespace)} is no registry that the spec has a mirror of"
            if not namespace:
                file = format_of(found.kind).in_each_folder
                message = f"a {file} is for the registry that its folder is named after"
            return [Drift(found, Place(()), message)]
    if format_of(found.kind).by_target:
        candidates = [one for one in candidates if one[1].target == found.target] or candidates
    # What the spec has nothing for, such as a CA, must not be there for its hosts either.
    readings = [one for _, one in candidates] or [recognise.Reading(found.kind, found.source)]
    compared = [between(one, found, expected.hosts) for one in readings]
    drift = format_of(found.kind).drift
    return [*min(compared, key=len), *(drift(expected.spec, found) if drift else ())]


def refused(text: str, readings: Iterable[Reading]) -> Iterator[Drift]:
    """What keeps a consumer from reading a text that our readers do read.

    Args:
        text: as it is in the file.
        readings: of it.
    """
    for reading in readings:
        unparsable = format_of(reading.kind).unparsable
        if unparsable:
            yield from unparsable(text, reading)


def elsewhere(expected: Expected, found: Reading, given: Iterable[Reading]) -> Iterator[Drift]:
    """What in a document does not match another one that was given.

    Args:
        expected: what the spec compiles to.
        found: a document.
        given: all of them.
    """
    cross_references = format_of(found.kind).cross_references
    if cross_references:
        readings = [one for _, one in expected.of(found.kind)]
        yield from cross_references(readings, found, given)


def namespace_of(reading: Reading) -> str:
    """The registry that a file is for, if each of its kind is for one."""
    namespace_of_path = format_of(reading.kind).namespace_of
    return namespace_of_path(reading.source.path) if namespace_of_path else ""
