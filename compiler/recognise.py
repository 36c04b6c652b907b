"""What regspec reads back: one module a format, and which of them a text is."""

from __future__ import annotations

import itertools
import re

from . import limits
from .diagnostics import Place, code_span
from .dialects import dialects
from .document import Document, Extent, NotADocument, SyntaxProblem
from .reading import stream, toml_places
from .reading.facts import REGISTRY, UNKNOWN, Fact, Reading, Served, Source
from .reading.losses import Loss

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .diagnostics import Path

__all__ = ["REGISTRY", "UNKNOWN", "Fact", "Reading", "Served", "Source", "Unknown", "read"]

_LOOKS_LIKE_TOML = re.compile(
    r"^[ \t]*(?:\[[^\n]*\][ \t]*(?:#.*)?$|[\w.\"-]+[ \t]*=)", re.MULTILINE
)
_SPEC = "RegistrySpec"
_MOST_KEYS = 100
"""How many keys of an unknown file are compared with known ones: each takes a while."""
_TOP_KEYS = (
    "auths",
    "config",
    "configs",
    "host",
    "insecure-registries",
    "machine",
    "mirrors",
    "plugins",
    "registry",
    "registry-mirrors",
    "server",
    "unqualified-search-registries",
)
"""Keys at the top of the known formats."""


def _nothing(_path: str) -> bool:
    return False


class Unknown(Exception):  # noqa: N818 - it says what the text is
    """A text of no format that regspec reads.

    Args:
        message: what it is instead, if that is known.
        formats: the known formats, if that is of help.
    """

    def __init__(self, message: str, formats: str = "") -> None:
        super().__init__(message)
        self.formats = formats


def known_formats() -> str:
    """What is read, in words."""
    *several, last = [name for dialect in dialects() for name in dialect.reads]
    return f"{', '.join(several)}, or {last}"


def _reader(syntax: str, data: Any) -> Callable[..., Reading] | None:
    """What reads data of a syntax, if any dialect has it."""
    readers = [one for dialect in dialects() for one in dialect.readers if one.syntax == syntax]
    for reader in sorted(readers, key=lambda reader: reader.last):
        recognises, read_it = reader.view
        if recognises(data):
            return read_it
    return None


def read(
    text: str,
    path: str,
    file_text: Callable[[str], str | None],
    covers: Callable[[str], bool] = _nothing,
) -> list[Reading]:
    """What a text says, by what it is and not by its name.

    Args:
        text: of the file.
        path: of the file; its folder is what a hosts.toml is for.
        file_text: gives the text of another file that this one names.
        covers: whether a file that is not there is missing, and not just not given, by its path.

    Returns:
        One reading for each document in it that is of a known format, at least one.

    Raises:
        Unknown: it has none.
        NotADocument: it is broken, or beyond a limit.
    """
    text = text.removeprefix("\ufeff")
    try:
        return _read(text, path, file_text, covers)
    except limits.TooMuch as why:
        raise NotADocument(text, [SyntaxProblem(0, 0, str(why))]) from None


def _read(
    text: str, path: str, file_text: Callable[[str], str | None], covers: Callable[[str], bool]
) -> list[Reading]:
    limits.check_size(text)
    if not text.strip():
        raise Unknown("it is empty")
    read_it = _reader("text", text)
    if read_it:
        return [read_it(Source(_plain(text), path, file_text, covers))]
    if _LOOKS_LIKE_TOML.search(text) and not text.lstrip().startswith(("{", "---")):
        try:
            parsed = toml_places.parse(text)
        except NotADocument as why:
            try:
                documents = stream.parse(text)
            except NotADocument:
                raise why from None
            if not any(isinstance(data, dict | list) for data in documents.data):
                raise why from None  # one long text is broken TOML
            # It is YAML, in which a line of some text looks so.
            return _of_stream(documents, path, file_text, covers)
        read_it = _reader("toml", parsed.data)
        if read_it:
            return [read_it(Source(parsed, path, file_text, covers))]
        _refuse_misspelt([parsed.data])
        raise Unknown("it is TOML, but no configuration that regspec knows", known_formats())
    return _of_stream(stream.parse(text), path, file_text, covers)


def _of_stream(
    parsed: Document,
    path: str,
    file_text: Callable[[str], str | None],
    covers: Callable[[str], bool],
) -> list[Reading]:
    readings = []
    others = []
    together: dict[Callable[..., Reading], list[int]] = {}
    for step, data in enumerate(parsed.data):
        read_all = _reader("yaml stream", data)
        if read_all:
            together.setdefault(read_all, []).append(step)
    for read_all, steps in together.items():
        source = Source(parsed, path, file_text, covers)
        readings.append(read_all(source, tuple(steps)))
    of_several = {step for steps in together.values() for step in steps}
    for within, data in _documents(parsed.data):
        if within[0] in of_several:
            continue
        source = Source(parsed, path, file_text, covers, within)
        read_it = _reader("yaml", data)
        if read_it:
            readings.append(read_it(source))
        elif data is not None:
            others.append(within)
    for within in others if readings else ():
        loss = Loss(
            Place(within), "it has no settings of registries", "a document", is_unrelated=True
        )
        readings[0].unsupported.append(loss)
    if not readings:
        kinds = {data["kind"] for _, data in _documents(parsed.data) if _has_kind(data)}
        if kinds == {_SPEC}:
            raise Unknown("it is a spec already")
        _refuse_misspelt(parsed.data)
        raise Unknown("it is of no format that regspec reads", known_formats())
    return readings


def _refuse_misspelt(documents: list[Any]) -> None:
    """Name a key at the top that is almost a key of a known format.

    Raises:
        Unknown: there is one.
    """
    import difflib

    for data in documents:
        # A kind of its own has keys of its own.
        keys = data if isinstance(data, dict) and not _has_kind(data) else ()
        for key in itertools.islice(keys, _MOST_KEYS):
            close = difflib.get_close_matches(str(key)[:100], _TOP_KEYS, n=1, cutoff=0.75)
            if close and key != close[0]:
                raise Unknown(f"unknown key {code_span(key)}; did you mean `{close[0]}`?")


def _has_kind(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("kind"), str)


def _documents(documents: list[Any]) -> Iterator[tuple[Path, Any]]:
    """Each document of a stream, and each item of a `List` that kubectl printed."""
    for index, data in enumerate(documents):
        if (
            _has_kind(data)
            and data["kind"].endswith("List")
            and isinstance(data.get("items"), list)
        ):
            for number, item in enumerate(data["items"]):
                yield (index, "items", number), item
        else:
            yield (index,), data


def _plain(text: str) -> Document:
    """A text that is one value."""
    return Document(text, text, lambda whole: {(): Extent(None, (0, len(whole)), scalar=True)})
