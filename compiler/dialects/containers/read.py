"""registries.conf, version 2, of podman, CRI-O, skopeo and buildah."""

from __future__ import annotations

from ...frozen import frozen
from ...mirrors import Location
from ...reading.claims import is_served_by_itself, names_upstream
from ...reading.facts import Reading, Served
from ...reading.losses import key_name, place_name, source_name
from . import FORMAT, TARGET, VERSION_1, is_version_1

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...diagnostics import Path, Place
    from ...reading.facts import FactKey, Source

_KEYS = ("prefix", "location", "mirror", "blocked", "insecure")
_DIGEST_ONLY = "mirror-by-digest-only"
_SHORT_NAMES = ("unqualified-search-registries", "short-name-mode", "aliases")


def recognises(data: Any) -> bool:
    """Whether a TOML text is such a file."""
    return isinstance(data, dict) and (
        isinstance(data.get("registry"), list)
        or "unqualified-search-registries" in data
        or is_version_1(data)
    )


def read(source: Source) -> Reading:
    """The facts of registries.conf."""
    data = source.data
    exhaustive = frozenset({"mirrors", "location", "insecure", "mirror insecure", "mirror setting"})
    reading = Reading(FORMAT.kind, source, exhaustive=exhaustive, target=TARGET.name)
    reading.cannot_express = is_served_by_itself
    for kind in ("mirrors", "location", "blocked", "insecure", "mirror insecure"):
        home = VERSION_1 if is_version_1(data) else "registry"
        reading.anchors[kind,] = reading.place(home, on_key=True)
    listed = data.get("registry")
    for index, table in enumerate(listed if isinstance(listed, list) else ()):
        _registry(reading, index, reading.table(table, "registry", index))
    if listed is not None and not isinstance(listed, list):
        reading.lose(reading.place("registry"), "", "it is not a list of tables")
    for key in _SHORT_NAMES:
        if key in data:
            at = reading.place(key, on_key=True)
            reading.leave(at, "a spec has no settings for image names without a registry")
    if is_version_1(data):
        why = "this is version 1 of the format, which has no mirrors: write version 2"
        reading.lose(reading.place(VERSION_1, on_key=True), f"`{VERSION_1}`", why)
    reading.leave_others(data, ("registry", VERSION_1, *_SHORT_NAMES))
    return reading


@frozen
class _Entry:
    """One `[[registry]]` table: an upstream and its mirrors."""

    table: dict[str, Any]
    steps: Path
    prefix: str
    """The upstream: its `prefix`, or else its `location`."""
    location: str
    mirrors: tuple[dict[str, Any], ...]

    @property
    def places(self) -> tuple[str, ...]:
        """The locations of the mirrors."""
        return tuple(str(mirror.get("location", "")) for mirror in self.mirrors)

    @property
    def is_redirect(self) -> bool:
        """Whether its location takes the place of its prefix, as a mirror of a blocked one does."""
        return self.location != self.prefix and not self.mirrors and "blocked" not in self.table

    @property
    def is_blocked(self) -> bool:
        """Whether no request may go to the upstream."""
        return self.table.get("blocked") is True


def _entry(reading: Reading, index: int, table: dict[str, Any]) -> _Entry | None:
    """The entry of a table, or none if it does not name an upstream."""
    prefix = table.get("prefix") or table.get("location") or ""
    location = table.get("location") or prefix
    if not isinstance(prefix, str) or not isinstance(location, str):
        at = reading.place("registry", index)
        reading.lose(at, "a registry", "its `prefix` or `location` is not a text")
        return None
    listed = table.get("mirror")
    mirrors = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return _Entry(table, ("registry", index), prefix, location, tuple(mirrors))


def _registry(reading: Reading, index: int, table: dict[str, Any]) -> None:
    """One upstream, by its prefix or else by its location."""
    entry = _entry(reading, index, table)
    if entry is None:
        return
    at = reading.place(*entry.steps, "location" if "location" in table else "prefix")
    where = reading.place(*entry.steps, "blocked") if "blocked" in table else at
    _facts(reading, entry, at, where)
    _claims(reading, entry, at, where)
    own = (*_KEYS, _DIGEST_ONLY)
    capitals = [key for key in table if key not in own and key.lower() in own]
    for key in capitals:
        what = f"{key_name(key)} of {source_name(entry.prefix)}"
        reading.lose(reading.place(*entry.steps, key, on_key=True), what, _in_lower_case(key))
    known = (*_KEYS, *capitals)
    reading.leave_others(table, known, *entry.steps, of=source_name(entry.prefix))


def _in_lower_case(key: str) -> str:
    """What to do about a key in other letters, which its consumers read nevertheless."""
    return f"write {key_name(key.lower())}; the consumers read it in any letter case"


def _facts(reading: Reading, entry: _Entry, at: Place, where: Place) -> None:
    """The facts of an entry."""
    table, steps, prefix = entry.table, entry.steps, entry.prefix
    places = entry.places
    if entry.is_redirect:
        reading.add(("mirrors", prefix), (entry.location,), at, shown=entry.location)
        reading.add(("location", prefix), prefix, at)
        reading.add(("blocked", prefix), value=True, place=at)
        _insecure(reading, ("mirror insecure", prefix, "0"), table, *steps)
        return
    if places:
        home = reading.place(*steps, "mirror", 0, "location")
        reading.add(("mirrors", prefix), places, home, shown=", ".join(places))
    if places or entry.is_blocked or entry.location != prefix:
        reading.add(("location", prefix), entry.location, at)
    if table.get(_DIGEST_ONLY):
        subject = ("mirror setting", prefix, "", _DIGEST_ONLY)
        reading.add(subject, table[_DIGEST_ONLY], reading.place(*steps, _DIGEST_ONLY))
    if not isinstance(table.get("blocked", False), bool):
        reading.lose(reading.place(*steps, "blocked"), "", "it is not true or false")
    reading.add(("blocked", prefix), table.get("blocked", False), where)
    _insecure(reading, ("insecure", prefix), table, *steps)
    for number, mirror in enumerate(entry.mirrors):
        of_mirror = ("mirror insecure", prefix, str(number))
        _insecure(reading, of_mirror, mirror, *steps, "mirror", number)
        extra = [key for key in mirror if key not in ("location", "insecure")]
        for key in extra:
            place = reading.place(*steps, "mirror", number, key)
            reading.add(("mirror setting", prefix, places[number], key), mirror[key], place)
            name = f"the mirror {place_name(places[number])} of {source_name(prefix)}"
            if key.lower() in ("location", "insecure"):
                reading.lose(place, f"{key_name(key)} of {name}", _in_lower_case(key))
                continue
            why = "a spec has mirrors for tags and digests alike"
            reading.leave(place, why, f"{key_name(key)} of {name}")
        if number and not names_upstream(prefix, places[number]):
            what = f"the mirror {place_name(places[number])} of {source_name(prefix)}"
            why = "a spec has one mirror for each source, the first one"
            reading.lose(reading.place(*steps, "mirror", number), what, why)


def _claims(reading: Reading, entry: _Entry, at: Place, where: Place) -> None:
    """The claims of an entry: its first mirror, or the location that replaces its prefix."""
    table, steps, prefix = entry.table, entry.steps, entry.prefix
    location, places = entry.location, entry.places
    if location == prefix and "/" not in prefix and not places and "insecure" in table:
        at_switch = reading.place(*steps, "insecure")
        reading.claim_switch(("host", prefix, "insecure"), table["insecure"], at_switch)
    if places and places[0]:
        home = reading.place(*steps, "mirror", 0, "location")
        _claim(reading, prefix, places[0], entry.mirrors[0], home)
        listed = any(names_upstream(prefix, place) for place in places[1:])
        denied = entry.is_blocked and not listed
        reading.claim(("fallback", prefix), "deny" if denied else "allow", where)
    elif location != prefix and not entry.is_blocked:
        _claim(reading, prefix, location, table, at)
        reading.claim(("fallback", prefix), "deny", at)
    elif entry.is_blocked:
        what = f"that {source_name(prefix)} is blocked"
        reading.lose(where, what, "a spec blocks the sources of its mirrors alone")


def _claim(reading: Reading, prefix: str, place: str, table: dict[str, Any], at: Place) -> None:
    served = Served(Location.parse(place))
    reading.claim(("mirror", prefix), served, at)
    insecure = table.get("insecure") is True
    reading.claim(("host", served.location.host, "insecure"), insecure, at)


def _insecure(reading: Reading, subject: FactKey, table: dict[str, Any], *steps: str | int) -> None:
    """Whether http and any certificate will do."""
    if "insecure" in table:
        place = reading.place(*steps, "insecure")
        reading.add(subject, table["insecure"], place)
        if not isinstance(table["insecure"], bool):
            reading.lose(place, "", "it is not true or false")
