"""registries.conf, version 2, of podman, CRI-O, skopeo and buildah."""

from __future__ import annotations

from ...mirrors import Location
from ...readers.claims import is_served_by_itself
from ...readers.reading import Reading, Served
from . import FORMAT, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...readers.reading import Source

_KEYS = ("prefix", "location", "mirror", "blocked", "insecure")
_DIGEST_ONLY = "mirror-by-digest-only"


def recognises(data: Any) -> bool:
    """Whether a TOML text is such a file."""
    return isinstance(data, dict) and (
        isinstance(data.get("registry"), list) or "unqualified-search-registries" in data
    )


def read(source: Source) -> Reading:
    """The facts of registries.conf."""
    data = source.data
    closed = frozenset({"mirrors", "location", "insecure", "mirror setting"})
    reading = Reading(FORMAT.kind, source, closed=closed, target=TARGET.name)
    reading.lacks = is_served_by_itself
    for kind in ("mirrors", "location", "blocked", "insecure"):
        reading.homes[kind,] = reading.place("registry", on_key=True)
    listed = data.get("registry")
    for index, table in enumerate(listed if isinstance(listed, list) else ()):
        _registry(reading, index, reading.table(table, "registry", index))
    if listed is not None and not isinstance(listed, list):
        reading.leave(reading.place("registry"), "it is no list of tables")
    reading.leave_others(data, ("registry",))
    return reading


def _registry(reading: Reading, index: int, table: dict[str, Any]) -> None:
    """One upstream, by its prefix or else by its location."""
    steps = ("registry", index)
    prefix = table.get("prefix") or table.get("location") or ""
    location = table.get("location") or prefix
    listed = table.get("mirror")
    mirrors = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not isinstance(prefix, str) or not isinstance(location, str):
        reading.leave(reading.place(*steps), "it has no `prefix` and no `location`")
        return
    at = reading.place(*steps, "location" if "location" in table else "prefix")
    places = tuple(str(one.get("location", "")) for one in mirrors)
    home = reading.place(*steps, "mirror") if mirrors else at
    if places:
        home = reading.place(*steps, "mirror", 0, "location")
        reading.say(("mirrors", prefix), places, home, shown=", ".join(places))
    reading.say(("location", prefix), location, at)
    if table.get(_DIGEST_ONLY):
        subject = ("mirror setting", prefix, "", _DIGEST_ONLY)
        reading.say(subject, table[_DIGEST_ONLY], reading.place(*steps, _DIGEST_ONLY))
    blocked = table.get("blocked") is True
    if not isinstance(table.get("blocked", False), bool):
        reading.leave(reading.place(*steps, "blocked"), "it is not true or false")
    where = reading.place(*steps, "blocked") if "blocked" in table else at
    reading.say(("blocked", prefix), table.get("blocked", False), where)
    _insecure(reading, prefix, table, *steps)
    if location == prefix and "/" not in prefix and not mirrors and "insecure" in table:
        at_switch = reading.place(*steps, "insecure")
        reading.claim_switch(("host", prefix, "insecure"), table["insecure"], at_switch)
    for number, one in enumerate(mirrors):
        _insecure(reading, str(one.get("location", "")), one, *steps, "mirror", number)
        extra = [key for key in one if key not in ("location", "insecure")]
        for key in extra:
            place = reading.place(*steps, "mirror", number, key)
            reading.say(("mirror setting", prefix, places[number], key), one[key], place)
            reading.leave(place)
        if number:
            reading.leave(reading.place(*steps, "mirror", number), "a second place for one source")
    if places and places[0]:
        _claim(reading, prefix, places[0], mirrors[0], home)
        reading.claim(("fallback",), "deny" if blocked else "allow", where)
    elif location != prefix and not blocked:
        _claim(reading, prefix, location, table, at)
        reading.claim(("fallback",), "deny", at)
    elif blocked:
        reading.leave(reading.place(*steps), "it blocks a registry that has no mirror")
    reading.leave_others(table, _KEYS, *steps)


def _claim(reading: Reading, prefix: str, place: str, table: dict[str, Any], at: Any) -> None:
    served = Served(Location.parse(place))
    reading.claim(("mirror", prefix), served, at)
    insecure = table.get("insecure") is True
    reading.claim(("host", served.location.host, "insecure"), insecure, at)


def _insecure(reading: Reading, name: str, table: dict[str, Any], *steps: str | int) -> None:
    """Whether http and any certificate will do."""
    if "insecure" in table:
        place = reading.place(*steps, "insecure")
        reading.say(("insecure", name), table["insecure"], place)
        if not isinstance(table["insecure"], bool):
            reading.leave(place, "it is not true or false")
