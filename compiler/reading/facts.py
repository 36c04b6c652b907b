"""What a reader makes of a file: the interface of every module in this folder."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from .. import certificates, limits, pem
from ..diagnostics import Place, Severity, code_span
from ..mirrors import Location, read_string
from ..places import Showing
from .losses import Loss, key_name
from .stream import Unquoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..diagnostics import Path
    from ..document import Document

FactKey = tuple[str, ...]
"""What a fact is about: a kind of fact, and the names in which facts of one kind differ."""
REGISTRY = ""
"""In place of a host: the host of the registry's endpoint, which another file may have."""


HIDDEN = Showing(value=lambda _path, _value: False, key=lambda _path: False)
"""What may be shown of a file that others wrote: nothing but what a message says of it."""


class _Unknown:
    """The value of a fact that the given files do not contain."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = _Unknown()
NUMBER = "it is a number without quotes, which is not read as its text"
STAND_IN = "\ue000not set\ue000"
"""Stands in for a login or a CA that was not given, and comes back as it is."""
ROOTS_OF_A_SPEC = "a spec has mirrors at `HOST/v2` and `HOST/v2/PATH` only"
_NOT_LOADED = (
    "no consumer can load it: each `-----BEGIN` and `-----END` must stand alone on a line, "
    "without a blank or a byte order mark before it"
)
_NO_PAIR = "it is not a `SOURCE::TARGET` pair that the mirror string can contain"


@dataclass(frozen=True, slots=True)
class Served:
    """What an image is served from, as a file has it."""

    location: Location
    proxy_cache: bool | None = None
    """Whether `/v2/` stands in the documented string; none where the form does not show it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a file says, and where."""

    subject: FactKey
    value: Any = field(repr=False)
    """In a form in which what means the same is the same."""
    place: Place
    secret: bool = False
    shown: str = field(default="", repr=False)
    """The value as it is written, if that is not the value."""
    problem: str = ""
    """Why it is not a value, if it is not."""
    hint: str = ""
    """What is likely wrong with the value, and how to fix it."""


@dataclass(frozen=True, slots=True)
class Source:
    """One document, as a reader is given it."""

    document: Document
    path: str
    """Its path, with `/` between the parts; only where the format needs it, for a namespace."""
    file_text: Callable[[str], str | None]
    """The text of another file that it names, or none if that is not there."""
    covers: Callable[[str], bool]
    """Whether the files that were given would have a path in them if the node had it."""
    within: Path = ()
    """The path of the document in a stream of several."""

    @property
    def data(self) -> Any:
        """The data of the document."""
        return self.document.value(self.within)

    def certificates_of(self, path: str) -> Any:
        """The certificates in another file: a set, a text that says what is wrong, or UNKNOWN."""
        text = self.file_text(path)
        if text is None:
            return "a file that is missing" if self.covers(path) else UNKNOWN
        return certificates_in(text)


@dataclass(slots=True)
class Reading:
    """What one document says."""

    kind: str
    """What kind of file it is."""
    source: Source
    facts: list[Fact] = field(default_factory=list)
    """In the terms of the file: what `regspec verify` compares."""
    claims: list[Fact] = field(default_factory=list)
    """In the terms of the model: what `regspec import` makes a spec of."""
    anchors: dict[FactKey, Place] = field(default_factory=dict)
    """Where facts of a kind stand: what is not there of other kinds is not missing."""
    exhaustive: frozenset[str] = frozenset()
    """The kinds of facts of which one too many matters."""
    unsupported: list[Loss] = field(default_factory=list)
    """What is neither a fact nor a claim."""
    cannot_express: Callable[[str, Served], bool] = field(default=lambda _source, _served: False)
    """Whether the format cannot hold a mirror, so that its absence has no meaning."""
    target: str = ""
    """The target that makes such a file; none for what no target makes by itself."""
    options: dict[str, Any] = field(default_factory=dict)
    """The options of the target that are needed for such a file."""
    keeps_logins: bool = False
    """Whether its target writes the login of a host without a mirror."""
    has_imports: bool = False
    """Whether it names other files, which are also in force."""

    def place(self, *steps: str | int, on_key: bool = False) -> Place:
        """The place of a path in the document."""
        return Place((*self.source.within, *steps), on_key=on_key)

    def add(
        self, subject: FactKey, value: Any, place: Place, *, secret: bool = False, shown: str = ""
    ) -> None:
        """Add a fact."""
        self.facts.append(Fact(subject, value, place, secret, shown))

    def claim(self, subject: FactKey, value: Any, place: Place, *, secret: bool = False) -> None:
        """Add a claim."""
        self.claims.append(Fact(subject, value, place, secret))

    def claim_switch(self, subject: FactKey, value: Any, place: Place) -> None:
        """Add a claim that is true or false. Reports any other value except `null`."""
        switch = switch_of(value)
        if isinstance(switch, bool):
            self.claim(subject, switch, place)
        elif value is not None:
            self.lose(place, "", "it is not true or false")

    def leave(self, place: Place, why: str = "", what: str = "") -> None:
        """Add what a spec cannot hold, and does not need; see `Loss`."""
        self.unsupported.append(Loss(place, why, what))

    def lose(self, place: Place, what: str, why: str) -> None:
        """Add a mirror, a login or a TLS setting that a spec cannot hold; see `Loss`."""
        self.unsupported.append(Loss(place, why, what, Severity.WARNING))

    def lose_root(self, place: Place, root: str, what: str, hint: str = "") -> None:
        """Add a mirror whose API root is not one that a spec has.

        Args:
            place: of its URL.
            root: the URL below which repositories are requested, without a login.
            what: the mirror, as it is shown.
            hint: what is likely wrong with it.
        """
        why = hint or ROOTS_OF_A_SPEC
        self.lose(place, what, f"images are requested below {code_span(root)}: {why}")

    def leave_unrelated(self, place: Place) -> None:
        """Add a setting that is not about registries."""
        self.unsupported.append(Loss(place, is_unrelated=True))

    def leave_others(self, mapping: Any, known: Any, *steps: str | int, of: str = "") -> None:
        """Add all keys of a mapping that are not known and hold something.

        Args:
            mapping: the table, or something else, of which nothing is added.
            known: the keys to leave out.
            steps: its path in the document.
            of: the host or registry that the table is about, as it is shown; none if the keys are
                not about registries.
        """
        for key, value in mapping.items() if isinstance(mapping, dict) else ():
            if key not in known and value not in ({}, [], "", None):
                what = f"{key_name(key)} of {of}" if of else ""
                place = self.place(*steps, key, on_key=True)
                self.unsupported.append(Loss(place, "", what, is_unrelated=not of))

    def table(self, value: Any, *steps: str | int) -> dict[str, Any]:
        """A value that must be a table. Reports any other value except `null`."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.lose(self.place(*steps), "", "it is not a table")
        return {}

    def texts(self, value: Any, *steps: str | int) -> list[str]:
        """A value that must be a list of texts. Reports what is not one, except `null`."""
        listed = value if isinstance(value, list) else []
        if value is not None and (
            not isinstance(value, list) or not all(isinstance(one, str) for one in value)
        ):
            self.lose(self.place(*steps), "", "it is not a list of texts")
        return [one for one in listed if isinstance(one, str)]


def text_of(value: Any) -> str | None:
    """A scalar as text, `null` being empty; none if it is not a scalar."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
    return None


def is_number(value: Any) -> bool:
    """Whether a value is a number where text belongs, which consumers take for something else."""
    return isinstance(value, Unquoted | int | float) and not isinstance(value, bool)


def switch_of(value: Any) -> Any:
    """True or false, as a boolean or as the text of one; anything else as it is."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def certificates_in(text: str) -> Any:
    """The certificates that a consumer loads from a PEM text, in DER: a set, in no order.

    Nothing is repaired: every consumer of a CA reads it with Go, which passes over a damaged block.

    Returns:
        The set; or, of a text without a certificate that can be loaded, a text with the reason.
    """
    if STAND_IN in text:
        return STAND_IN
    loaded = frozenset(pem.certificates(text))
    if loaded or not text:
        return loaded
    repaired = repaired_certificates(text)
    return repaired if isinstance(repaired, str) else _NOT_LOADED


def repaired_certificates(text: str) -> Any:
    """The certificates of a PEM text after the repairs that a spec makes, such as of indentation.

    Returns:
        The set; or, of a text that is not a list of certificates, a text with the reason.
    """
    if STAND_IN in text:
        return STAND_IN
    try:
        blocks = certificates.canonical(text).split("-----END CERTIFICATE-----\n")
    except certificates.NotCertificates as why:
        return why.message
    return frozenset(block for block in blocks if block)


def decoded(text: str) -> str | None:
    """The text that base64 stands for, or none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def say_string(reading: Reading, text: str, *steps: str | int, whole: bool = False) -> None:
    """The facts and claims of a mirror string.

    Args:
        reading: gets them.
        text: the string.
        steps: the path of the string in the document.
        whole: whether a place in the text is not a place in the document, as in decoded text.

    Raises:
        TooMuch: it has too many entries.
    """
    limits.check_entries(text.count(",") + text.count("\n"))
    at = reading.place(*steps)
    reading.anchors[("mirror",)] = at
    for entry in read_string(text):
        place = at if whole else Place(at.path, part=(entry.start, entry.end))
        if entry.problem:
            # It is not known what it is, so nothing of it is shown.
            reading.add(("entry", str(entry.start)), _NO_PAIR, place)
            reading.lose(place, "an entry of the mirror string", _NO_PAIR)
            continue
        mirror = entry.mirror(at.path)
        reading.add(("mirror", mirror.source), mirror.documented, place)
        served = Served(mirror.location, mirror.proxy_cache)
        reading.claim(("mirror", mirror.source), served, place)


def served_by(url: str) -> tuple[str, Served] | None:
    """The scheme (or none) of an endpoint, and the location below its API; none for other text."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    host, _, path = rest.rstrip("/").partition("/")
    if not host or "?" in path or "@" in host:
        return None
    proxy_cache = None
    if path == "v2" or path.startswith("v2/"):
        path = path.removeprefix("v2").removeprefix("/")
        proxy_cache = True if not scheme else None
    elif not scheme:
        proxy_cache = False
    return scheme, Served(Location(host, path), proxy_cache)


def is_below_api(root: str) -> bool:
    """Whether a URL is `SCHEME://HOST/v2` or below it, as a spec can say it."""
    path = root.partition("://")[2].partition("/")[2]
    return path == "v2" or path.startswith("v2/")


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The values below a value that are not tables, with their paths. A list is one value."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    else:
        yield path, value
