"""What a toy was told."""

from __future__ import annotations

from ...mirrors import Location
from ...reading.facts import Reading, Served
from . import FORMAT, TARGET


def recognises(data):
    """Whether a document is of a toy."""
    return isinstance(data, dict) and isinstance(data.get("toy"), dict)


def read(source):
    """The facts of its file."""
    reading = Reading(FORMAT.kind, source, exhaustive=frozenset({"mirrors"}), target=TARGET.name)
    reading.anchors["mirrors",] = reading.place("toy", on_key=True)
    for name, place in source.data["toy"].items():
        at = reading.place("toy", name)
        reading.add(("mirrors", name), place, at)
        reading.claim(("mirror", name), Served(Location.parse(place)), at)
    return reading
