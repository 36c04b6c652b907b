"""The keys in containerd's files that have no effect on what it pulls, with the reason.

containerd ignores a key that it does not know, in most versions without a line in its log. The keys
that a version knows are in structures.py.
"""

from __future__ import annotations

import re

from ...diagnostics import code_span
from ...mirrors import HUB, LIBRARY
from . import config_merge, plugins, structures
from .versions import Version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from .config_merge import Config

_FIRST_OF_2 = 2
_MOVED = ("sandbox_image", "cni", "containerd")
"""What 2.x moves from the older CRI plugin, in addition to the keys that keep their names."""
_OLDEST, _NEWEST_OF_1, _NEWEST = Version(1, 6, 0), Version(1, 7, 99), Version(2, 99, 0)
_OF_REGISTRY = ("registry", "config_path", "mirrors", "configs")
"""What makes a table of an unknown name one that was meant for the CRI plugin."""
_HUB_ALIAS = "index.docker.io"

_MOST_MEANT = 100
"""For how many unknown keys of a file the key that may be meant is found, which takes a while."""


def of_hosts_toml(path: str, data: Mapping[str, Any], version: Version) -> Iterator[str]:
    """What has no effect in a hosts.toml.

    Args:
        path: of the file.
        data: of its TOML text.
        version: of containerd.
    """
    for steps, known in _unknown(data, structures.hosts(version), version):
        yield _ignored(path, steps, known)


def of_hosts_without_header(path: str, names: Iterable[str]) -> Iterator[str]:
    """What has no effect in a hosts.toml since 2.0, which finds hosts by their table headers.

    Args:
        path: of the file.
        names: the hosts that have no header.
    """
    for name in names:
        key = _dotted(("host", name))
        yield f"{path}: {key} has no effect: since 2.0, it needs a table header of its own"


def of_unread_folder(folder: str, configured: Sequence[str]) -> str:
    """That no hosts.toml below a folder has an effect.

    Args:
        folder: where hosts.toml files are found.
        configured: where they are looked for.
    """
    is_set = code_span(":".join(configured)) if configured else "not set"
    return f"{folder} is not read: `config_path` is {is_set}"


def of_file(path: str, data: Mapping[str, Any], version: Version) -> Iterator[str]:
    """What has no effect at the top of a configuration file, and is not of another version.

    Args:
        path: of the file.
        data: of its TOML text.
        version: of containerd.
    """
    fields = {**structures.file(_OLDEST).fields, **structures.file(version).fields}
    for number, key in enumerate(data):
        if _name(key, structures.Struct(fields), version) is None:
            yield _ignored(path, (key,), fields if number < _MOST_MEANT else ())


def of_plugins(config: Config, merged: Config, version: Version) -> Iterator[str]:
    """What has no effect in the tables of the CRI plugin, as far as they are about registries.

    Args:
        config: one file.
        merged: all of them.
        version: of containerd.
    """
    structs = _structs(config, merged, version)
    for name, table in config.plugins.items():
        if not isinstance(table, dict):
            continue
        if name in structs:
            for steps, known in (*_unknown(table, structs[name], version), *_misplaced(table)):
                yield _ignored(config.path, ("plugins", name, *steps), known)
            yield from _of_names(config.path, name, table.get("registry"))
        elif _is_misnamed(name, table):
            about = plugins.OLD if version.major < _FIRST_OF_2 else plugins.IMAGES
            yield (
                f"{config.path}: {_dotted(('plugins', name))} has no effect on pulls: "
                f'registries are configured in `plugins."{about}".registry`'
            )


def _structs(config: Config, merged: Config, version: Version) -> dict[str, structures.Struct]:
    """The keys that a version reads of each table of the CRI plugin, by the format of the file.

    2.0 to 2.2 migrate all files by the version that they have together, later ones each by its own.
    """
    if version.major < _FIRST_OF_2:
        name = config_merge.OLDEST if merged.version == 1 else config_merge.OLD
        return {name: _about_registries(structures.cri(version))}
    of_images = structures.images(version)
    structs = {
        config_merge.NEW: _about_registries(of_images),
        config_merge.OLD: structures.SERVER,
    }
    in_format = merged.version if version.before(2, 3, 0) else config.version
    if in_format < config_merge.newest_format(version):
        fields = {**structures.SERVER.fields, **structures.runtimes(version).fields}
        fields |= {key: of_images.fields[key] for key in config_merge.OF_IMAGES}
        fields |= dict.fromkeys(_MOVED, structures.ANY)
        older = _about_registries(structures.Struct(fields))
        structs[config_merge.OLD] = older
    if config.version < _FIRST_OF_2:
        structs[config_merge.OLDEST] = structs[config_merge.OLD]
    return structs


def _about_registries(struct: structures.Struct) -> structures.Struct:
    """A structure in which only `registry` is inspected.

    The keys about running containers that other versions have are not reported.
    """
    running = {*structures.cri(_NEWEST_OF_1).fields, *structures.runtimes(_NEWEST).fields}
    known = (running - structures.images(_NEWEST).fields.keys()) | struct.fields.keys()
    registry = struct.fields.get("registry", structures.ANY)
    return structures.Struct(dict.fromkeys(known, structures.ANY) | {"registry": registry})


def _unknown(
    value: Any, kind: Any, version: Version, steps: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Iterable[str]]]:
    """The keys that a structure lacks, each with its path and the keys that are known there."""
    if not isinstance(value, dict):
        return
    if isinstance(kind, structures.Struct):
        for key, one in value.items():
            name = _name(key, kind, version)
            if name is None:
                yield (*steps, key), kind.fields
            else:
                yield from _unknown(one, kind.fields[name], version, (*steps, key))
    elif isinstance(kind, structures.MapOf):
        for key, one in value.items():
            yield from _unknown(one, kind.of, version, (*steps, key))


def _misplaced(table: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Iterable[str]]]:
    """The keys of `registry` that are in another table of the plugin."""
    for name, below in table.items():
        if name != "registry" and isinstance(below, dict):
            for key in _OF_REGISTRY:
                if key in below:
                    yield (name, key), ()


def _name(key: str, struct: structures.Struct, version: Version) -> str | None:
    """The key of a structure that a version reads a key as; see `structures.decode`."""
    is_any_case = version.major >= _FIRST_OF_2 or key == key.upper()
    name = key.lower() if key not in struct.fields and is_any_case else key
    return name if name in struct.fields else None


def _is_misnamed(name: str, table: Mapping[str, Any]) -> bool:
    """Whether a table is about registries, and of no plugin that pulls images for CRI.

    The CRI plugins in a format that this version does not read have a note of their own. A
    snapshotter's table is for what that pulls itself.
    """
    known = (config_merge.OLD, config_merge.NEW, config_merge.OLDEST)
    if name in known or ".snapshotter." in name:
        return False
    if "cri" in name and "registry" in name:
        return True  # a dot within the quotes, as in "io.containerd.grpc.v1.cri.registry"
    is_about = any(key in table for key in _OF_REGISTRY)
    return is_about and ("cri" in name or "registry" in table or name == plugins.TRANSFER)


def _of_names(path: str, name: str, registry: Any) -> Iterator[str]:
    """The keys of `mirrors` and `configs` that are not looked up, since they are not hosts.

    Source: registryEndpoints and registryHosts in pkg/cri/server/image_pull.go at v1.7.34.
    """
    for table in ("mirrors", "configs"):
        named: Any = registry.get(table) if isinstance(registry, dict) else None
        if not isinstance(named, dict):
            continue
        for key in named:
            if key == LIBRARY and HUB in named:
                continue  # the documented form, in which `docker.io` covers it
            is_alias = table == "mirrors" and key == _HUB_ALIAS
            if "/" in key or is_alias or (table == "configs" and key == "*"):
                where = _dotted(("plugins", name, "registry", table, key))
                meant = "docker.io" if is_alias else "HOST or HOST:PORT"
                yield f"{path}: {where} has no effect: it is looked up by host; write {meant}"


def _ignored(path: str, steps: tuple[str, ...], known: Iterable[str]) -> str:
    """The note for a key that is not known."""
    import difflib

    alike = difflib.get_close_matches(steps[-1].lower().replace("-", "_"), known, n=1)
    meant = f"; did you mean `{alike[0]}`?" if alike else ""
    if steps[-1] == "tls" and "configs" in steps:
        return f"{path}: {_dotted(steps)} has no effect: it is not read since 2.0"
    return f"{path}: {_dotted(steps)} has no effect: this containerd has no such key{meant}"


def _dotted(steps: tuple[str, ...]) -> str:
    """The path of a key, in backticks, as TOML has it."""
    shown = (code_span(step)[1:-1] for step in steps)
    plain = (step if re.fullmatch("[A-Za-z0-9_-]+", step) else f'"{step}"' for step in shown)
    return f"`{'.'.join(plain)}`"
