"""What in a registries.conf makes its consumers refuse the whole file, so that every pull fails.

Source: loadConfigFile and postProcessRegistries in pkg/sysregistriesv2 of containers/image; each
refusal was seen with skopeo 1.9.3.
"""

from __future__ import annotations

import posixpath
import re

from ...diagnostics import code_span
from . import FORMAT, LISTS_OF_VERSION_1, VERSION_1, is_version_1

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...diagnostics import Path

    Refusal = tuple[Path, str]
    """Where something is that the consumers refuse, and the reason."""

_OF_VERSION_2 = (
    "registry",
    "unqualified-search-registries",
    "short-name-mode",
    "credential-helpers",
    "aliases",
)
_SEARCH, _MODE = "unqualified-search-registries", "short-name-mode"
_MODES = ("", "disabled", "enforcing", "permissive")
_USAGE, _DIGEST_ONLY = "pull-from-mirror", "mirror-by-digest-only"
_USAGES = ("", "all", "digest-only", "tag-only")
_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"{_COMPONENT}(?:\.{_COMPONENT})*(?::[0-9]+)?"
_NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_MIRROR = {"location": str, "insecure": bool, _USAGE: str}
_REGISTRY = {**_MIRROR, "prefix": str, "blocked": bool, _DIGEST_ONLY: bool}
_TYPES = {str: "text in quotes", bool: "`true` or `false` without quotes"}


def refusals(data: dict[str, Any], path: str) -> Iterator[Refusal]:
    """What in a file makes podman, CRI-O, skopeo and buildah refuse it.

    Args:
        data: the file.
        path: where it is: a drop-in of version 1 is refused, a main file is not.
    """
    wrong_types = list(_wrong_types(data))
    yield from wrong_types
    if is_version_1(data):
        if any(data.get(key) for key in _OF_VERSION_2):
            yield (VERSION_1,), f"`[{VERSION_1}.…]` is version 1 of the format, the rest version 2"
        elif posixpath.dirname(path).endswith(f"/{FORMAT.kind}.d"):
            yield (VERSION_1,), f"`[{VERSION_1}.…]` is version 1, and a drop-in must be version 2"
    if not wrong_types:
        yield from _wrong_places(data)
        yield from _wrong_names(data)


def _wrong_places(data: dict[str, Any]) -> Iterator[Refusal]:
    """What is wrong with the registries of a file whose types are right."""
    for key in LISTS_OF_VERSION_1:
        listed = data.get(VERSION_1, {}).get(key, {}).get("registries", ())
        for index, place in enumerate(listed):
            yield from _of_place(place, (VERSION_1, key, "registries", index))
    for index, table in enumerate(data.get("registry", ())):
        yield from _of_registry(table, ("registry", index))
    yield from _conflicts(data.get("registry", ()))


def _wrong_names(data: dict[str, Any]) -> Iterator[Refusal]:
    """What is wrong with what is said of images without a registry."""
    for index, host in enumerate(data.get(_SEARCH, ())):
        if not re.fullmatch(_HOST, host.rstrip("/")):
            yield (_SEARCH, index), f"an entry of `{_SEARCH}` must be `HOST` or `HOST:PORT`"
    if data.get(_MODE, "") not in _MODES:
        yield (_MODE,), f"`{_MODE}` must be `enforcing`, `permissive` or `disabled`"
    for name, image in data.get("aliases", {}).items():
        if not _is_short_name(name):
            yield ("aliases", name), "a short name must have no registry, tag or digest"
        elif image and not _is_repository(image):
            yield ("aliases", name), "an alias must be `REGISTRY/REPOSITORY` without tag or digest"


def _wrong_types(data: dict[str, Any]) -> Iterator[Refusal]:
    """The values of another type than the key has."""
    tables = data.get("registry", [])
    if not _is_list_of(dict, tables):
        yield ("registry",), "`registry` must be a list of tables, `[[registry]]`"
        tables = []
    for index, table in enumerate(tables):
        yield from _wrong_values(table, _REGISTRY, ("registry", index))
        mirrors = table.get("mirror", [])
        if not _is_list_of(dict, mirrors):
            path = ("registry", index, "mirror")
            yield path, "`mirror` must be a list of tables, `[[registry.mirror]]`"
            continue
        for number, mirror in enumerate(mirrors):
            yield from _wrong_values(mirror, _MIRROR, ("registry", index, "mirror", number))
    yield from _wrong_values(data, {_MODE: str}, ())
    for key in (_SEARCH, "credential-helpers"):
        if not _is_list_of(str, data.get(key, [])):
            yield (key,), f"`{key}` must be a list of texts"
    aliases = data.get("aliases", {})
    if not isinstance(aliases, dict) or not _is_list_of(str, [*aliases.values()]):
        yield ("aliases",), "`aliases` must be a table of texts"
    old = data.get(VERSION_1, {})
    for key in LISTS_OF_VERSION_1 if isinstance(old, dict) else ():
        held = old.get(key, {})
        if not isinstance(held, dict) or not _is_list_of(str, held.get("registries", [])):
            yield (VERSION_1, key), f"`[{VERSION_1}.{key}]` must have a list of texts"


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _wrong_values(table: dict[str, Any], kinds: dict[str, type], path: Path) -> Iterator[Refusal]:
    for key, kind in kinds.items():
        if key in table and not isinstance(table[key], kind):
            yield (*path, key), f"`{key}` must be {_TYPES[kind]}"


def _of_registry(table: dict[str, Any], path: Path) -> Iterator[Refusal]:
    """What is wrong with one `[[registry]]` and its mirrors."""
    prefix, location = table.get("prefix", ""), table.get("location", "")
    if not location and not prefix:
        yield path, "`[[registry]]` must have a `location`"
    elif not location and not prefix.startswith("*."):
        yield (*path, "prefix"), "without a `location`, the `prefix` must be like `*.example.com`"
    if prefix.startswith("*.") and re.search("[/@:]", prefix):
        yield (*path, "prefix"), "a `prefix` with `*.` must be like `*.example.com`"
    for key in ("prefix", "location"):
        if key in table:
            yield from _of_place(table[key], (*path, key))
    if table.get(_USAGE):
        yield (*path, _USAGE), f"`{_USAGE}` must stand in a `[[registry.mirror]]`"
    for number, mirror in enumerate(table.get("mirror", ())):
        at: Path = (*path, "mirror", number)
        if not mirror.get("location"):
            yield at, "`[[registry.mirror]]` must have a `location`"
        else:
            yield from _of_place(mirror["location"], (*at, "location"))
        usage = mirror.get(_USAGE, "")
        if usage not in _USAGES:
            yield (*at, _USAGE), f"`{_USAGE}` must be `all`, `digest-only` or `tag-only`"
        elif usage and table.get(_DIGEST_ONLY):
            yield (*at, _USAGE), f"`{_USAGE}` must not stand next to `{_DIGEST_ONLY}`"


def _of_place(place: str, path: Path) -> Iterator[Refusal]:
    if place and not place.rstrip("/"):
        yield path, "a registry must not be empty"
    if place.startswith(("http://", "https://")):
        yield path, f"a registry must have no `{place.partition('/')[0]}//` before its host"


def _conflicts(tables: list[dict[str, Any]]) -> Iterator[Refusal]:
    """The registries of one location of which one is blocked, or insecure, and another is not."""
    first: dict[str, dict[str, Any]] = {}
    for index, table in enumerate(tables):
        location = table.get("location", "").rstrip("/")
        other = first.setdefault(location, table)
        for key in ("insecure", "blocked"):
            if location and table.get(key, False) != other.get(key, False):
                path = ("registry", index, *((key,) if key in table else ()))
                yield path, f"`{key}` differs between two entries of {code_span(location)}"


def _is_short_name(name: str) -> bool:
    first = name.partition("/")[0]
    return _is_path(name) and "." not in first and first != "localhost"


def _is_repository(image: str) -> bool:
    registry, _, path = image.partition("/")
    named = re.search("[.:]", registry) or registry == "localhost"
    return bool(named and re.fullmatch(_HOST, registry)) and _is_path(path)


def _is_path(text: str) -> bool:
    return all(re.fullmatch(_NAME, part) for part in text.split("/"))
