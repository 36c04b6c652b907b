"""What files claim of each subject of a spec, and which of several claims it is to be."""

from __future__ import annotations

from ..diagnostics import Place, Severity, code_span
from ..frozen import frozen
from ..reading.facts import REGISTRY
from ..reading.losses import key_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ..diagnostics import Path
    from ..reading.facts import Fact, FactKey, Reading


@frozen
class InputDocument:
    """One document that was read."""

    file: str
    """What its file is called in messages."""
    reading: Reading
    origin: str
    """Who speaks: the file, or the folder of files of which each says a part."""


@frozen
class Claim:
    """One claim, and where it is from."""

    given: InputDocument
    fact: Fact


@frozen
class ImportNote:
    """Something to report about a file."""

    given: InputDocument
    place: Place
    message: str
    other: Claim | None = None
    """What it does not agree with."""
    what: str = ""
    """What is not imported, if it is not the key at the place."""
    severity: Severity = Severity.INFO
    """A warning for a mirror, a login or a TLS setting."""
    is_unrelated: bool = False
    """Whether it is a setting that is not about registries."""

    @property
    def name(self) -> str:
        """What is not imported."""
        keys = [step for step in self.place.path if isinstance(step, str)]
        return self.what or (key_name(keys[-1]) if keys else "this")


class ClaimSet:
    """The claims of all files, and what is reported as one after another is decided.

    Args:
        given: the documents.
        prefer: the files that are right where others say something else.
    """

    given: Sequence[InputDocument]
    said: dict[FactKey, list[Claim]]
    """Of each subject, in the order of the documents."""
    left: list[ImportNote]
    """What is not imported."""
    disagreements: list[ImportNote]
    origins: dict[Path, list[str]]
    """Who says what each path of the spec holds."""

    def __init__(self, given: Sequence[InputDocument], prefer: frozenset[str]) -> None:
        self.given = given
        self._prefer = prefer
        self.said, self.left, self.disagreements, self.origins = {}, [], [], {}
        self._below: dict[FactKey, dict[str, None]] = {}
        for one in given:
            for fact in one.reading.claims:
                if fact.subject not in self.said:
                    self.replace(fact.subject, [])
                self.said[fact.subject].append(Claim(one, fact))
            self.left += [
                ImportNote(
                    one,
                    loss.place,
                    loss.why,
                    what=loss.what,
                    severity=loss.severity,
                    is_unrelated=loss.is_unrelated,
                )
                for loss in one.reading.unsupported
            ]

    def of(self, *subject: str) -> list[Claim]:
        """All that is said of a subject."""
        return self.said.get(subject, [])

    def names(self, *beginning: str) -> list[str]:
        """What comes next in each subject that begins so, such as the hosts after `host`."""
        return list(self._below.get(beginning, ()))

    def replace(self, subject: FactKey, said: list[Claim]) -> None:
        """Set what is said of a subject."""
        self.said[subject] = said
        for length in range(len(subject)):
            self._below.setdefault(subject[:length], {}).setdefault(subject[length])

    def take(self, subject: FactKey) -> list[Claim]:
        """Remove what is said of a subject, and return it."""
        del self._below[subject[:-1]][subject[-1]]
        return self.said.pop(subject)

    def prefers(self, *several: Claim) -> bool:
        """Whether one of several claims is of a file that is right."""
        return any(one.given.file in self._prefer for one in several)

    def decide(
        self, *subject: str, same: Callable[[Any], Any] = lambda value: value
    ) -> Claim | None:
        """What is said of a subject. Where files do not agree, it is the first, and a note says so.

        Args:
            subject: what it is about.
            same: makes of two values that mean the same one and the same.

        Returns:
            The claim of a file that is preferred, or else of any; none if no file has one.
        """
        said = self.of(*subject)
        if not said:
            return None
        first, *others = [one for one in said if self.prefers(one)] or said
        for other in others:
            if same(other.fact.value) != same(first.fact.value):
                self.disagree(first, other)
        return first

    def disagree(self, first: Claim, other: Claim) -> None:
        """Report that one claim differs from the first one."""
        name = _label(other.fact)
        if other.fact.secret or first.fact.secret:
            message = f"{name} is not the same as"
        elif other.fact.subject[-1] == "caCert":
            message = f"{name} is another certificate than"
        else:
            message = f"{name} is {_shown(other.fact.value)}, and {_shown(first.fact.value)}"
        self.disagreements.append(ImportNote(other.given, other.fact.place, message, first))

    def leave(self, one: Claim, why: str, what: str = "") -> None:
        """Report that a claim is not imported; see `ImportNote`."""
        self.left.append(ImportNote(one.given, one.fact.place, why, what=what))

    def lose(self, one: Claim, what: str, why: str) -> None:
        """Report a mirror, a login or a TLS setting that is not imported; see `ImportNote`."""
        note = ImportNote(one.given, one.fact.place, why, what=what, severity=Severity.WARNING)
        self.left.append(note)

    def set_value(
        self, into: dict[str, Any], path: Path, said: Iterable[Claim], *, value: Any
    ) -> None:
        """Set the last key of a path of the spec in its mapping, and note who says so."""
        into[str(path[-1])] = value
        self.note(path, said)

    def note(self, path: Path, said: Iterable[Claim]) -> None:
        """Remember the files of a value of the spec."""
        files = self.origins.setdefault(path, [])
        files += dict.fromkeys(one.given.origin for one in said if one.given.origin not in files)


def _label(fact: Fact) -> str:
    """What a claim is called: by what it is about, or by the key that holds it."""
    kind, *names = fact.subject
    if kind == "mirror":
        return f"the place of {code_span(names[0])}"
    if kind == "fallback":
        return "`fallback`"
    if kind == "host" and names[0] != REGISTRY:
        return f"`{names[1]}` of {code_span(names[0])}"
    keys = [step for step in fact.place.path if isinstance(step, str)]
    return code_span(keys[-1] if keys else kind)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{'true' if value else 'false'}`"
    location = getattr(value, "location", None)
    return code_span(str(location if location is not None else value)) if value else "empty"
