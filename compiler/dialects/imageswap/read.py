"""The map of the image-swap webhook: its file, or the ConfigMap that holds it."""

from __future__ import annotations

import re

from ... import limits
from ...diagnostics import Place
from ...mirrors import LIBRARY, WILDCARD, Location
from ...reading.facts import Reading, Served, say_string, text_of
from ...reading.losses import place_name, source_name
from ...reading.objects import OF_ITS_KIND, add_object
from ..charts import SECRET_FORMAT
from . import DEFAULT, FORMAT, HUB, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...reading.facts import Source

_LINE = re.compile(r"[^\n]+")
_KEY = re.compile(r"[ ]*+[\w.*/:@?+\[\]-]++[ \t]*+\Z")
_VALUE = re.compile(r"[^\s{}\"'=]*+\Z")
"""What stands before and after the first `::` of a line, as one that is written by hand looks."""
_OTHERS = ("[EXACT]", "[REPLACE]", "noswap_wildcards")
_PAIR = 2


def recognises(data: Any) -> bool:
    """Whether a document is the ConfigMap."""
    held = data.get("data") if isinstance(data, dict) else None
    return isinstance(held, dict) and isinstance(held.get("maps"), str)


def is_map(text: str) -> bool:
    """Whether a text is a map file, or a mirror string: every line that says something has `::`."""
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    return bool(lines) and all(map(_is_pair, lines))


def _is_pair(line: str) -> bool:
    key, separator, value = line.partition("::")
    if not separator or not _KEY.match(key):
        return False
    values = value.partition("#")[0].split(",")
    return all(_VALUE.match(one.strip(" \t")) for one in values)


def read(source: Source) -> Reading:
    """The facts of a ConfigMap."""
    text = source.data["data"]["maps"]
    reading = Reading(FORMAT.kind, source, exhaustive=frozenset({"map"}), target=TARGET.name)
    add_object(reading, name=OF_ITS_KIND, namespace=OF_ITS_KIND)
    _read_map(reading, text, "data", "maps")
    reading.leave_others(source.data["data"], ("maps",), "data")
    return reading


def read_text(source: Source) -> Reading:
    """The facts of a map file; or of a mirror string by itself, as the Secret holds it."""
    text = source.data
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 or any("," in line and not line.startswith(_OTHERS) for line in lines):
        reading = Reading(SECRET_FORMAT.kind, source, exhaustive=frozenset({"mirror"}))
        say_string(reading, text)
        return reading
    reading = Reading(FORMAT.kind, source, exhaustive=frozenset({"map"}), target=TARGET.name)
    _read_map(reading, text)
    return reading


def _read_map(reading: Reading, text: str, *steps: str) -> None:
    limits.check_entries(text.count("\n"))
    reading.cannot_express = lambda source, _served: source == LIBRARY
    path = reading.place(*steps).path
    reading.anchors["map",] = Place(path)
    lines = list(_lines(text))
    derived = _derived(lines)
    places = {value.partition("/")[0] for key, value, _, _ in lines if value != key}
    default = next((value for key, value, _, _ in lines if key == DEFAULT), "")
    for number, (key, value, start, end) in enumerate(lines):
        place = Place(path, part=(start, end))
        if not key:
            reading.lose(place, "a line of the map", "the webhook cannot read it")
            continue
        reading.add(("map", key), value, place)
        if key.startswith(_OTHERS):
            kind = next(kind for kind in _OTHERS if key.startswith(kind))
            reading.lose(place, f"a line with `{kind}`", "a spec cannot hold such a line")
        elif number in derived or (key == DEFAULT and not value):
            continue  # where they would be by themselves
        elif not value or value == key:
            # Such images stay as they are, as they do by themselves where there is no default.
            if default and key not in places:
                what = f"that {source_name(key)} stays as it is"
                reading.lose(place, what, "a spec cannot keep one registry from the wildcard")
        elif value.endswith("-"):
            of = "all other registries" if key == DEFAULT else source_name(key)
            what = f"the mirror {place_name(value)} of {of}"
            why = "a place that ends in `-` becomes a part of the name of the repository"
            reading.lose(place, what, why)
        else:
            source = WILDCARD if key == DEFAULT else key
            reading.claim(("mirror", source), Served(Location.parse(value)), place)


def _derived(lines: list[tuple[str, str, int, int]]) -> set[int]:
    """The last lines, as far as they follow from those before: Docker Hub and its library."""
    targets = {key: value for key, value, _, _ in lines}
    default = targets.get(DEFAULT)
    hub = targets.get(HUB) or default
    follows = {LIBRARY: f"{hub}/library", HUB: default}
    found: set[int] = set()
    for number in range(len(lines) - 1, -1, -1):
        key, value, _, _ = lines[number]
        if key not in follows or value != follows.pop(key):
            break
        found.add(number)
    return found


def _lines(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Each line that is not empty: key, value and where it stands; no key if it is not read.

    Source: phenixblue/imageswap-webhook 1.5.3: blanks do not count, `#` begins a comment.
    """
    for match in _LINE.finditer(text):
        line = match[0]
        comment = re.match(r"(.*[^#])#", line, re.DOTALL)
        written = "" if line.startswith("#") else comment[1] if comment else line
        bare = written.strip()
        if not bare:
            continue
        start = match.start() + line.index(bare)
        parts = bare.replace(" ", "").split("::")
        if len(parts) != _PAIR:
            parts = bare.replace(" ", "").split(":")
        key, value = parts if len(parts) == _PAIR else ("", "")
        yield key, text_of(value) or "", start, start + len(bare)
