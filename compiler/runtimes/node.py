"""A node's containerd configuration, as each version of containerd reads it.

What is merged, migrated, ignored or refused differs from version to version. All of it was
measured on the versions in versions.MEASURED.
"""

from __future__ import annotations

import copy
import posixpath

from ..frozen import field, frozen
from . import go
from .accepted import NoStart, check_plugin, check_top

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol

    from .versions import Version

    class Tree(Protocol):
        """The files of a node, by their absolute paths."""

        def text(self, path: str) -> str | None:
            """The text of a file, or none if it is not there.

            Raises:
                Unreadable: it is there, and cannot be read.
            """
            ...

        def names(self, folder: str) -> list[str] | None:
            """What is in a folder, or none if it is not there."""
            ...


MAIN = "/etc/containerd/config.toml"
DEFAULT_CONFIG_PATH = "/etc/containerd/certs.d:/etc/docker/certs.d"
"""What `config_path` is from 2.2 on when nobody sets it."""
OLD, NEW, OLDEST = "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "cri"
"""The names of the plugin that reads `registry`, by the generations of the format."""
_RUNTIME = "io.containerd.cri.v1.runtime"
_FIRST_OF_2, _FIRST_OF_3 = 2, 3


class Unreadable(Exception):  # noqa: N818 - it says what the file is
    """Something is there that cannot be read as a file; the message says what."""


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


@frozen
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


@frozen
class _Config:
    """One configuration file, or what several were merged into."""

    version: int
    plugins: dict[str, Any]
    imports: list[str]
    path: str
    disabled: list[str] = field(default_factory=list)
    """The plugins that do not run."""
    required: list[str] = field(default_factory=list)
    """Those without which nothing runs."""


def load(tree: Tree, version: Version) -> Configuration:
    """The configuration of a node.

    Args:
        tree: its files.
        version: that of its containerd.
    """
    notes: list[str] = []
    try:
        files = list(_files(tree, version, notes))
        _check_plugins(files, version)
        plugin = _merged(files, version, notes)
        return _configuration(plugin, files, version, notes)
    except (NoStart, Unreadable) as why:
        return Configuration(loads=False, reason=str(why), notes=tuple(notes))


def paths(tree: Tree, version: Version) -> list[str]:
    """The files of a node's configuration, in the order in which they are merged.

    Args:
        tree: its files.
        version: that of its containerd.

    Returns:
        The main file and what it imports; after one that cannot be read, none.
    """
    found = []
    try:
        for config in _files(tree, version, []):
            found.append(config.path)  # noqa: PERF401 - what was found before an error counts
    except (NoStart, Unreadable):
        return found or [MAIN]
    return found


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
            raise NoStart(f"{path} is imported and missing")
        if version.major < _FIRST_OF_2:
            content = content.removeprefix("\ufeff")  # which its reader skips
        config = _parse(content, path)
        yield config
        for pattern in config.imports:
            waiting += _matches(tree, pattern, path, version)


def _check_plugins(files: list[_Config], version: Version) -> None:
    """Whether the CRI plugin is to run at all; Docker's packages say that it is not."""
    effective = 0
    for config in files:
        effective = config.version or effective
    if version.major >= _FIRST_OF_2 and version.before(2, 3, 0):
        effective = effective or _FIRST_OF_3
    old_names = effective < _FIRST_OF_2
    for config in files:
        strict = not old_names if version.before(2, 3, 0) else config.version >= _FIRST_OF_2
        for name in (*config.disabled, *config.required):
            # 1.x wants a whole URI, 2.x a dot.
            if strict and not (_is_uri(name) if version.major < _FIRST_OF_2 else "." in name):
                raise NoStart(f"{config.path}: invalid plugin URI {name!r}")
        if version.major < _FIRST_OF_2:
            off = {OLDEST} if old_names else {OLD}
        else:
            off = {OLD, NEW, _RUNTIME} | ({OLDEST} if config.version < _FIRST_OF_2 else set())
        for name in config.disabled:
            if name in off:
                raise NoStart(f"{config.path}: `disabled_plugins` has {name!r}")


def _is_uri(name: str) -> bool:
    return name.startswith("io.containerd.") and name.count(".") > 2  # noqa: PLR2004 - as in a.b.c.d


def _matches(tree: Tree, pattern: str, importer: str, version: Version) -> list[str]:
    """The files that one entry of `imports` names; only with `*` in it is it a pattern."""
    glob = "*" in pattern
    if not pattern.startswith("/"):
        if glob and version.before(1, 6, 39):
            return []  # looked for in the folder that containerd was started in
        pattern = posixpath.join(posixpath.dirname(importer), pattern)
    if not glob:
        return [posixpath.normpath(pattern)]
    found = ["/"]
    for part in filter(None, pattern.split("/")):
        if not any(character in part for character in "*?[\\"):
            found = [posixpath.join(folder, part) for folder in found]
            continue
        try:
            found = [
                posixpath.join(folder, name)
                for folder in found
                for name in go.matches(tree.names(folder) or [], part)
            ]
        except ValueError as why:
            raise NoStart(f"`imports`: {why} {pattern!r}") from None
    # What the last part names literally need not be there.
    return sorted(path for path in found if _is_there(tree, path))


def _is_there(tree: Tree, path: str) -> bool:
    folder, name = posixpath.split(path)
    return name in (tree.names(folder) or [])


def _parse(content: str, path: str) -> _Config:
    try:
        data = go.toml(content)
    except go.NotToml as error:
        raise NoStart(f"{path} is not TOML: {error}") from None
    check_top(data, path)
    version, imports = data.get("version", 0), data.get("imports", [])
    plugins = data.get("plugins", {})
    if isinstance(version, bool) or not isinstance(version, int):
        raise NoStart(f"{path}: `version` is not a number")
    if not isinstance(plugins, dict) or not all(isinstance(p, dict) for p in plugins.values()):
        raise NoStart(f"{path}: `plugins` is not a table of tables")
    if not isinstance(imports, list) or not all(isinstance(i, str) for i in imports):
        raise NoStart(f"{path}: `imports` is not a list of texts")
    return _Config(
        version,
        plugins,
        imports,
        path,
        data.get("disabled_plugins", []),
        data.get("required_plugins", []),
    )


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
            raise NoStart(f"{config.path}: unsupported config version {config.version}")
        effective = config.version or effective
        if any(name in plugins and name in config.plugins for name in (OLD, OLDEST)):
            notes.append(f"{config.path} replaces all CRI settings of the files before it")
        plugins |= config.plugins
    name = OLD if effective >= _FIRST_OF_2 else OLDEST
    if effective >= _FIRST_OF_2:
        wrong = [key for key in plugins if not _is_uri(key)]
        if wrong:
            raise NoStart(f"invalid plugin key URI {wrong[0]!r}")
    notes += _unread(plugins, (name,))
    return copy.deepcopy(plugins.get(name, {}))


def _merged_by_2_0(files: list[_Config], notes: list[str]) -> dict[str, Any]:
    """2.0 to 2.2: all tables merged, then taken for the version of the last file that has one."""
    plugins: dict[str, Any] = {}
    effective = _FIRST_OF_3  # where no file says one
    for config in files:
        effective = config.version or effective
        _deep(plugins, config.plugins)
    if effective > _FIRST_OF_3:
        raise NoStart(f"config version {effective} is newer than this containerd, which reads 3")
    names = {1: (NEW, OLDEST, OLD), 2: (NEW, OLD)}.get(effective, (NEW,))
    return _migrated(plugins, names, notes)


def _merged_by_2_3(files: list[_Config], version: Version, notes: list[str]) -> dict[str, Any]:
    """2.3 and later: each file is migrated, and then they are merged."""
    root = 0
    plugin: dict[str, Any] = {}
    for config in files:
        own = config.version
        root = root or own
        if own > 4:  # noqa: PLR2004 - the newest format
            raise NoStart(f"{config.path}: config version {own} is newer than containerd")
        if own > root and version.before(2, 4, 0):
            raise NoStart(f"drop-in config version {own} higher than root config version {root}")
        oldest = (NEW, OLDEST, OLD)
        names = {0: oldest, 1: oldest, 2: (NEW, OLD), 3: (NEW, OLD)}.get(own, (NEW,))
        _deep(plugin, _migrated(config.plugins, names, notes))
    return plugin


def _migrated(plugins: dict[str, Any], names: tuple[str, ...], notes: list[str]) -> dict[str, Any]:
    """One table of those that the plugin had by its names.

    Of an older name only `registry` is taken over, as far as pulls go, and it wins.
    """
    notes += _unread(plugins, names)
    plugin: dict[str, Any] = {}
    for name in names:
        table = copy.deepcopy(plugins.get(name, {}))
        if name == NEW:
            plugin |= table
        elif "registry" in table:
            plugin["registry"] = table["registry"]
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
    """The table of the plugin, compared with what the plugin accepts."""
    check_plugin(plugin, version)
    registry = plugin.get("registry", {})
    config_path = _config_path(registry, version)
    _check_conflicts(registry, config_path, version, notes)
    local = version.before(2, 1, 0) or _pulls_locally(plugin)
    if not local and ":" in config_path:
        notes.append(f"`config_path` is taken for one folder, {config_path}, not for a list")
    return Configuration(
        loads=True,
        registry=registry,
        origins={key: _origin(files, "mirrors", key) for key in registry.get("mirrors", {})},
        folders=_folders(config_path, local=local),
        local=local,
        file=_origin(files, "config_path") if registry.get("config_path") else None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _config_path(registry: dict[str, Any], version: Version) -> str:
    """`config_path` as it takes effect: the written value, or the default of 2.2 and later."""
    written = registry.get("config_path")
    if written or version.before(2, 2, 0):
        return written or ""
    # 2.2.0 always sets the default. 2.2 also sets it where an empty value is written.
    always = version.before(2, 2, 1) or (written == "" and version.before(2, 3, 0))
    return DEFAULT_CONFIG_PATH if always or not registry.get("mirrors") else ""


def _check_conflicts(
    registry: dict[str, Any], config_path: str, version: Version, notes: list[str]
) -> None:
    """`config_path` excludes `mirrors` and, on 1.x, `configs.tls`."""
    if registry.get("mirrors") and config_path:
        raise NoStart("`mirrors` cannot be set when `config_path` is provided")
    tls = [host for host, config in registry.get("configs", {}).items() if "tls" in config]
    if tls and version.major >= _FIRST_OF_2:
        notes.append(f'registry.configs."{tls[0]}".tls is not read since 2.0')
    elif tls and config_path:
        raise NoStart("`configs.tls` cannot be set when `config_path` is provided")


def _pulls_locally(plugin: dict[str, Any]) -> bool:
    """Whether the CRI plugin of 2.1 and later pulls without the transfer service."""
    registry = plugin.get("registry", {})
    return bool(
        plugin.get("use_local_image_pull")
        or any(registry.get(key) for key in ("mirrors", "configs", "auths"))
    )


def _folders(config_path: str, *, local: bool) -> tuple[str, ...]:
    """The folders of `config_path`; only the local pull splits the value at colons."""
    parts = config_path.split(":") if local else [config_path]
    return tuple(posixpath.normpath(part) for part in parts) if config_path else ()


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
