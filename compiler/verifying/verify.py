"""The installed files compared with a spec: files of every kind, and nodes as a whole."""

from __future__ import annotations

import difflib
import posixpath

from .. import recognise
from ..diagnostics import Place, code_span
from ..dialects import TARGETS, format_of, formats, makers_of
from ..mirrors import WILDCARD
from ..model import TargetEntry
from ..reading.facts import STAND_IN as UNSET
from ..reading.objects import OF_A_CHOICE, OF_ITS_KIND
from .drift import Drift, between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from ..model import Spec
    from ..reading.facts import Reading

__all__ = ["UNSET", "Drift", "Expected", "elsewhere", "namespace_of", "of_reading", "refused"]

_OF_AN_OBJECT = (OF_ITS_KIND, OF_A_CHOICE)
_NOT_READ = (".txt", "/cluster.yaml")
"""How the names of artifacts end that no reader knows."""


class Expected:
    """The outputs of a spec, as the readers read them; each kind is read once.

    Args:
        spec: with its references resolved; `UNSET` in place of an unknown one.
        choices: the targets.
    """

    def __init__(self, spec: Spec, choices: tuple[TargetEntry, ...]) -> None:
        self.spec = spec
        self.choices = choices
        self.wanted: tuple[str, ...] = ()
        """The versions or lines of containerd to compare with. Without any, these are the versions
        of the spec, or all that can read the files."""
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

    def writes(self, path: str) -> bool:
        """Whether a file is one of the outputs: it is at its path below a folder.

        Args:
            path: of the file below the folder that was given.
        """
        kinds = dict.fromkeys(kind for one in self.choices for kind in TARGETS[one.target].makes)
        outputs = {reading.source.path for kind in kinds for _, reading in self.of(kind)}
        inside = path.lstrip("/")
        return any(inside == one or ("/" in one and inside.endswith(f"/{one}")) for one in outputs)

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
        if found:
            return found
        assumed = self._readings(TargetEntry(makers[0]), kind)
        for _, reading in assumed:
            reading.facts = [fact for fact in reading.facts if fact.subject[0] != OF_A_CHOICE]
        return assumed

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
                continue  # no settings of registries, such as a daemon.json without a mirror
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


def of_reading(
    expected: Expected, found: Reading, given: Iterable[Reading] | None = None
) -> list[Drift]:
    """What differs in one document: from that which it is most like of those it could be.

    Args:
        expected: the outputs of the spec.
        found: the installed document.
        given: all documents that were given, if they are files of their own and no node's.
    """
    compare = format_of(found.kind).compare
    if compare:
        return list(compare(expected.spec, found))
    candidates = expected.of(found.kind)
    if format_of(found.kind).namespace_of:
        namespace = namespace_of(found)
        candidates = expected.of_namespace(namespace)
        if not candidates:
            message = f"the spec has no mirror of {code_span(namespace)}"
            if not namespace:
                file = format_of(found.kind).in_each_folder
                message = f"a {file} is for the registry that its folder is named after"
            return [Drift(found, Place(()), message)]
    if format_of(found.kind).by_target:
        candidates = _of_its_target(candidates, found)
    parts = _missing_parts(candidates, found, given)
    # What the spec has nothing for, such as a CA, must not be there for its hosts either.
    readings = [one for _, one in candidates] or [recognise.Reading(found.kind, found.source)]
    compared = [between(one, found, expected.hosts) for one in readings]
    drift = format_of(found.kind).drift
    differences = [*_not_elsewhere(min(compared, key=len), found, given), *parts]
    return without_repetitions(differences, drift(expected, found) if drift else ())


def _not_elsewhere(
    differences: list[Drift], found: Reading, given: Iterable[Reading] | None
) -> list[Drift]:
    """The differences without what only seems to be missing, since another given file has it.

    What none of several files has is reported for the first one.
    """
    kinds = format_of(found.kind).added_up
    alike = [one for one in given or () if one.kind == found.kind]
    if not kinds or not alike:
        return differences
    present = {fact.subject for one in alike for fact in one.facts}
    return [
        one
        for one in differences
        if one.missing is None
        or one.missing.subject[0] not in kinds
        or (found is alike[0] and one.missing.subject not in present)
    ]


def _of_its_target(
    candidates: list[tuple[TargetEntry, Reading]], found: Reading
) -> list[tuple[TargetEntry, Reading]]:
    """The candidates with the name of a document, or else with its form."""
    named = [pair for pair in candidates if _name(pair[1]) == _name(found)]
    return named or [pair for pair in candidates if pair[1].target == found.target] or candidates


def _name(reading: Reading) -> str:
    return posixpath.basename(reading.source.path)


def _missing_parts(
    candidates: list[tuple[TargetEntry, Reading]],
    found: Reading,
    given: Iterable[Reading] | None,
) -> Iterator[Drift]:
    """The parts that neither a document nor another one that was given has, one line for each.

    A document without the first part may be all that its consumer takes, unless it has the name of
    an output, or a key that is nearly the key of the part. Of a part that is there, each missing
    fact is reported by itself.
    """
    parts = format_of(found.kind).parts
    first = next(iter(parts.values()), ())
    if given is None:
        return
    named = any(_name(reading) == _name(found) for _, reading in candidates)
    is_whole = named or any(kind in found.anchors for kind in first)
    readings = [found, *given]
    wanted = {fact.subject for _, reading in candidates for fact in reading.facts}
    for part, kinds in parts.items():
        is_there = any(kind in reading.anchors for kind in kinds for reading in readings)
        is_wanted = any(subject[: len(kind)] == kind for subject in wanted for kind in kinds)
        place, message = _misspelt(part, found)
        if is_wanted and not is_there and (is_whole or place.on_key):
            yield Drift(found, place, message)


def part_not_given(reading: Reading, given: Iterable[Reading]) -> str:
    """The part that must be next to the others, if neither a document nor another one has it."""
    for part, kinds in format_of(reading.kind).parts.items():
        readings = [reading, *given]
        is_there = any(kind in one.anchors for kind in kinds for one in readings)
        return "" if is_there else part
    return ""


def _misspelt(part: str, found: Reading) -> tuple[Place, str]:
    """Where a part is that is called otherwise, or none, and what is to be said of it."""
    data = found.source.data
    others = [
        key for key in data if isinstance(key, str) and key not in format_of(found.kind).parts
    ]
    for key in difflib.get_close_matches(part, others, 1):
        message = f"{code_span(key)} stands where the spec has {code_span(part)}"
        return found.place(key, on_key=True), message
    if part in data:
        return found.place(part, on_key=True), f"{code_span(part)} has no value of the spec in it"
    return found.place(), f"{code_span(part)} is missing"


def missing_documents(expected: Expected, readings: list[Reading]) -> Iterator[Drift]:
    """The documents of an output that are not in a file of the same name.

    Args:
        expected: the outputs of the spec.
        readings: of the file.
    """
    first = readings[0]
    for kind in dict.fromkeys(reading.kind for reading in readings):
        own = [one for _, one in expected.of(kind) if _name(one) == _name(first)]
        present = [_identity(reading) for reading in readings if reading.kind == kind]
        missing = [one for one in own if _identity(one) not in present]
        # Where there are as many as there should be, another line says what one of them is instead.
        for reading in missing if len(present) < len(own) else ():
            named = " ".join(map(code_span, _identity(reading)))
            yield Drift(first, Place(()), f"the document {named} is missing")


def _identity(reading: Reading) -> tuple[str, ...]:
    """The kind, name and namespace of an object, as far as they are compared."""
    facts = {fact.subject[-1]: fact for fact in reading.facts if fact.subject[0] in _OF_AN_OBJECT}
    keys = ("kind", "metadata.name", "metadata.namespace")
    return tuple(facts[key].shown for key in keys if key in facts)


def without_repetitions(found: Iterable[Drift], refusals: Iterable[Drift]) -> list[Drift]:
    """The differences and the refusals of a text; of both at one place, only the refusal."""
    listed = list(refusals)
    places = {
        (refusal.place.path, refusal.place.on_key) for refusal in listed if refusal.place.path
    }
    kept = [one for one in found if (one.place.path, one.place.on_key) not in places]
    return [*kept, *listed]


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
        expected: the outputs of the spec.
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
