"""A node's containerd configuration, as each version of containerd reads it.

What is merged, migrated, ignored or refused differs from version to version. All of it was
measured on the versions in versions.MEASURED.
"""

from __future__ import annotations

import copy
import fnmatch
import posixpath
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .versions import Version

MAIN = "/etc/containerd/config.toml"
DEFAULT_CONFIG_PATH = "/etc/containerd/certs.d:/etc/docker/certs.d"
"""What `config_path` is from 2.2 on when nobody sets it."""
OLD, NEW, OLDEST = "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "cri"
"""The names of the plugin that reads `registry`, by the generations of the format."""
_FIRST_OF_2, _FIRST_OF_3 = 2, 3
_TABLES = ("mirrors", "configs", "auths", "headers")


class Tree(Protocol):
    """The files of a node, by their absolute paths."""

    def text(self, path: str) -> str | None:
        """The text of a file, or none if it is not there."""
        ...  # pragma: no cover

    def names(self, folder: str) -> list[str] | None:
        """What is in a folder, or none if it is not there."""
        ...  # pragma: no cover


class Files:
    """A tree that is made of the texts of files, by their absolute paths."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._names: dict[str, set[str]] = {}
        for path in texts:
            while path != "/":
                folder, name = posixpath.split(path)
                self._names.setdefault(folder, set()).add(name)
                path = folder  # noqa: PLW2901 - up to the root

    def text(self, path: str) -> str | None:
        """See `Tree`."""
        return self._texts.get(posixpath.normpath(path))

    def names(self, folder: str) -> list[str] | None:
        """See `Tree`."""
        names = self._names.get(posixpath.normpath(folder))
        return None if names is None else sorted(names)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What containerd has made of its configuration."""

    loads: bool
    """Whether the CRI plugin runs, so that anything is pulled."""
    reason: str | None = None
    """Why it does not."""
    registry: Mapping[str, Any] = field(default_factory=dict)
    """The table `registry` of the plugin that pulls."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """The file that each key of `mirrors` is from."""
    folders: tuple[str, ...] = ()
    """Where hosts.toml files are looked for, in order."""
    local: bool = True
    """Whether the CRI plugin pulls itself, and not by the transfer service of 2.1 and later."""
    file: str | None = None
    """The file that `config_path` is from."""
    notes: tuple[str, ...] = ()
    """What in the files is without effect, and why."""


class _NoStart(Exception):  # noqa: N818 - it says what happens
    """containerd, or its CRI plugin, does not start; the message says why."""


@dataclass(slots=True)
class _Config:
    """One configuration file, or what several were merged into."""

    version: int
    plugins: dict[str, Any]
    imports: list[str]
    path: str
    disabled: list[str] = field(default_factory=list)
    """The plugins that do not run."""


def load(tree: Tree, version: Version) -> Configuration:
    """The configuration of a node.

    Args:
        tree: its files.
        version: that of its containerd.
    """
    notes: list[str] = []
    try:
        files = list(_files(tree, version, notes))
        _check_disabled(files)
        plugin = _merged(files, version, notes)
        return _configuration(plugin, files, version, notes)
    except _NoStart as why:
        return Configuration(loads=False, reason=str(why), notes=tuple(notes))


def _files(tree: Tree, version: Version, notes: list[str]) -> Iterator[_Config]:
    """The main file and what it imports, in the order in which they are merged."""
    text = tree.text(MAIN)
    if text is None:
        notes.append(f"{MAIN} is missing: everything is as containerd's defaults have it")
        return
    waiting, seen = [MAIN], set()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        content = tree.text(path)
        if content is None:
            if version.major >= _FIRST_OF_2:
                notes.append(f"{path} is imported and missing")
                continue
            raise _NoStart(f"{path} is imported and missing")
        config = _parse(content, path)
        yield config
        for pattern in config.imports:
            waiting += _matches(tree, pattern, path, version)


def _check_disabled(files: list[_Config]) -> None:
    """Whether the CRI plugin is to run at all; Docker's packages say that it is not."""
    effective = max((config.version for config in files), default=0)
    for config in files:
        for name in config.disabled:
            if effective >= _FIRST_OF_2 and not _is_uri(name):
                raise _NoStart(f"{config.path}: invalid disabled plugin URI {name!r}")
            if name in (OLD, NEW) or (name == OLDEST and effective < _FIRST_OF_2):
                raise _NoStart(f"{config.path}: `disabled_plugins` has {name!r}")


def _is_uri(name: str) -> bool:
    return name.startswith("io.containerd.") and name.count(".") > 2  # noqa: PLR2004 - as in a.b.c.d


def _matches(tree: Tree, pattern: str, importer: str, version: Version) -> list[str]:
    """The files that one entry of `imports` names."""
    glob = any(character in pattern for character in "*?[")
    if not pattern.startswith("/"):
        if glob and version.before(1, 6, 39):
            return []  # looked for in the folder that containerd was started in
        pattern = posixpath.join(posixpath.dirname(importer), pattern)
    if not glob:
        return [posixpath.normpath(pattern)]
    folder, name = posixpath.split(pattern)
    if any(character in folder for character in "*?["):
        return []
    names = fnmatch.filter(tree.names(folder) or [], name)
    return [
        f"{folder}/{name}" for name in sorted(names) if tree.text(f"{folder}/{name}") is not None
    ]


def _parse(content: str, path: str) -> _Config:
    try:
        data = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise _NoStart(f"{path} is not TOML: {error}") from None
    version, imports = data.get("version", 0), data.get("imports", [])
    plugins = data.get("plugins", {})
    if isinstance(version, bool) or not isinstance(version, int):
        raise _NoStart(f"{path}: `version` is not a number")
    if not isinstance(plugins, dict) or not all(isinstance(p, dict) for p in plugins.values()):
        raise _NoStart(f"{path}: `plugins` is not a table of tables")
    if not isinstance(imports, list) or not all(isinstance(i, str) for i in imports):
        raise _NoStart(f"{path}: `imports` is not a list of texts")
    disabled = data.get("disabled_plugins", [])
    if not isinstance(disabled, list) or not all(isinstance(d, str) for d in disabled):
        raise _NoStart(f"{path}: `disabled_plugins` is not a list of texts")
    return _Config(version, plugins, imports, path, disabled)


def _merged(files: list[_Config], version: Version, notes: list[str]) -> dict[str, Any]:
    """The table of the plugin that pulls, of all files together."""
    if not files:
        return {}
    if version.major < _FIRST_OF_2:
        return _merged_by_1(files, version, notes)
    if version.before(2, 3, 0):
        return _merged_by_2_0(files, notes)
    return _merged_by_2_3(files, version, notes)


def _merged_by_1(files: list[_Config], version: Version, notes: list[str]) -> dict[str, Any]:
    """1.x: of each plugin the last file's whole table; no version above 2."""
    refuses = not version.before(1, 6, 32) and not (
        version.minor == 7 and version.before(1, 7, 17)  # noqa: PLR2004 - the line 1.7
    )
    plugins: dict[str, Any] = {}
    effective = 0
    for config in files:
        if config.version > _FIRST_OF_2 and refuses:
            raise _NoStart(f"{config.path}: unsupported config version {config.version}")
        effective = config.version or effective
        if any(name in plugins and name in config.plugins for name in (OLD, OLDEST)):
            notes.append(f"{config.path} replaces all CRI settings of the files before it")
        plugins |= config.plugins
    name = OLD if effective >= _FIRST_OF_2 else OLDEST
    if effective >= _FIRST_OF_2:
        wrong = [key for key in plugins if not _is_uri(key)]
        if wrong:
            raise _NoStart(f"invalid plugin key URI {wrong[0]!r}")
    notes += _unread(plugins, (name,))
    return copy.deepcopy(plugins.get(name, {}))


def _merged_by_2_0(files: list[_Config], notes: list[str]) -> dict[str, Any]:
    """2.0 to 2.2: all tables merged, then taken for the version of the last file that has one."""
    plugins: dict[str, Any] = {}
    effective = 0
    for config in files:
        effective = config.version or effective
        _deep(plugins, config.plugins)
    if effective > _FIRST_OF_3:
        raise _NoStart(f"config version {effective} is newer than this containerd, which reads 3")
    return _migrated(plugins, (NEW, OLD) if effective == _FIRST_OF_2 else (NEW,), effective, notes)


def _merged_by_2_3(files: list[_Config], version: Version, notes: list[str]) -> dict[str, Any]:
    """2.3 and later: each file is migrated, and then they are merged."""
    root = files[0].version
    plugin: dict[str, Any] = {}
    for config in files:
        own = config.version or root
        if own > 4:  # noqa: PLR2004 - the newest format
            raise _NoStart(f"{config.path}: config version {own} is newer than containerd")
        if own > root and version.before(2, 4, 0):
            raise _NoStart(f"drop-in config version {own} higher than root config version {root}")
        names = {0: (OLDEST,), 1: (OLDEST,), 2: (NEW, OLD), 3: (NEW, OLD)}.get(own, (NEW,))
        _deep(plugin, _migrated(config.plugins, names, own, notes))
    return plugin


def _migrated(
    plugins: dict[str, Any], names: tuple[str, ...], effective: int, notes: list[str]
) -> dict[str, Any]:
    """One table of those that the plugin had by its names; of two, the older name's keys win."""
    if effective < _FIRST_OF_2 and names != (OLDEST,):
        names = ()
    notes += _unread(plugins, names)
    plugin: dict[str, Any] = {}
    for name in names:
        plugin |= copy.deepcopy(plugins.get(name, {}))
    return plugin


def _unread(plugins: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    """What is to be said of the tables that this containerd does not read in this format."""
    others = (name for name in (OLD, NEW, OLDEST) if name in plugins and name not in names)
    return [f'plugins."{name}" is not read by this containerd in this format' for name in others]


def _deep(into: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _deep(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


def _configuration(
    plugin: dict[str, Any], files: list[_Config], version: Version, notes: list[str]
) -> Configuration:
    """The plugin's table, held to what the plugin accepts."""
    registry = plugin.get("registry", {})
    _check_types(registry, version)
    mirrors, configs = registry.get("mirrors", {}), registry.get("configs", {})
    written = registry.get("config_path")
    config_path: str = written or ""
    if not config_path and not version.before(2, 2, 0):
        config_path = DEFAULT_CONFIG_PATH
        # 2.2.0 never leaves the default out, and 2.2 not where it is written out as empty.
        filled_in = version.before(2, 2, 1) or (written == "" and version.before(2, 3, 0))
        if mirrors and not filled_in:
            config_path = ""
    if mirrors and config_path:
        raise _NoStart("`mirrors` cannot be set when `config_path` is provided")
    tls = [host for host, config in configs.items() if "tls" in config]
    if tls and version.major < _FIRST_OF_2 and config_path:
        raise _NoStart("`configs.tls` cannot be set when `config_path` is provided")
    if tls and version.major >= _FIRST_OF_2:
        notes.append(f'registry.configs."{tls[0]}".tls is not read since 2.0')
    local = plugin.get("use_local_image_pull") or mirrors or configs or registry.get("auths")
    local = bool(version.before(2, 1, 0) or local)
    if local:
        folders = tuple(config_path.split(":")) if config_path else ()
    else:
        folders = (config_path,) if config_path else ()
        if ":" in config_path:
            notes.append(f"`config_path` is taken for one folder, {config_path}, not for a list")
    return Configuration(
        loads=True,
        registry=registry,
        origins={key: _origin(files, "mirrors", key) for key in mirrors},
        folders=folders,
        local=local,
        file=_origin(files, "config_path") if written else None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _origin(files: list[_Config], *steps: str) -> str:
    """The last file that has a key below `registry`."""
    for config in reversed(files):
        for name in (OLD, NEW, OLDEST):
            node: Any = config.plugins.get(name, {}).get("registry", {})
            for step in steps:
                node = node.get(step) if isinstance(node, dict) else None
            if node is not None:
                return config.path
    return MAIN


def _check_types(registry: Any, version: Version) -> None:
    """What of a wrong type keeps containerd from starting."""
    if not isinstance(registry, dict):
        raise _NoStart("`registry` is not a table")
    if not isinstance(registry.get("config_path", ""), str):
        raise _NoStart("`config_path` is not text")
    for key in _TABLES:
        table = registry.get(key, {})
        if not isinstance(table, dict):
            raise _NoStart(f"`{key}` is not a table")
        if key != "headers" and not all(isinstance(value, dict) for value in table.values()):
            raise _NoStart(f"`{key}` is not a table of tables")
    for mirror in registry.get("mirrors", {}).values():
        endpoint = mirror.get("endpoint", [])
        if not isinstance(endpoint, list) or not all(isinstance(one, str) for one in endpoint):
            raise _NoStart("`endpoint` is not a list of texts")
    for config in registry.get("configs", {}).values():
        tls = config.get("tls", {}) if version.major < _FIRST_OF_2 else {}
        if not isinstance(tls, dict) or not isinstance(config.get("auth", {}), dict):
            raise _NoStart("`configs` is not a table of tables")
