"""A node's containerd configuration, as each version of containerd reads it.

What is merged, migrated, ignored or refused differs from version to version. All of it was
measured on the versions in versions.MEASURED.
"""

from __future__ import annotations

import copy
import posixpath

from ..frozen import field, frozen, replace
from . import go, plugins, structures
from .accepted import (
    NoStart,
    check_pulling,
    check_running,
    check_serving,
    check_snapshotter,
    check_timeouts,
    check_transfer,
    decode,
)

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
OLD, NEW, OLDEST = plugins.OLD, plugins.IMAGES, plugins.short(plugins.OLD)
"""The names of the plugin that reads `registry`, by the generations of the format."""
_RUNTIME, _TRANSFER = plugins.RUNTIME, plugins.TRANSFER
_FIRST_OF_2 = 2
_DOWNLOADS = 3
"""`max_concurrent_downloads` when nobody sets it."""
_OF_IMAGES = (
    "registry",
    "image_decryption",
    "max_concurrent_downloads",
    "image_pull_progress_timeout",
    "image_pull_with_sync_fs",
    "stats_collect_period",
)
_OF_SNAPSHOTS = ("snapshotter", "disable_snapshot_annotations", "discard_unpacked_layers")
_OF_SERVER = (
    "disable_tcp_service",
    "stream_server_address",
    "stream_server_port",
    "stream_idle_timeout",
    "enable_tls_streaming",
    "x509_key_pair_streaming",
)
_NAMED_IN_1 = (
    "io.containerd.grpc.v1.cri",
    "io.containerd.monitor.v1.cgroups",
    "io.containerd.runtime.v1.linux",
    "io.containerd.gc.v1.scheduler",
    "io.containerd.metadata.v1.bolt",
    "io.containerd.runtime.v2.task",
    "io.containerd.internal.v1.opt",
    "io.containerd.internal.v1.restart",
    "io.containerd.internal.v1.tracing",
    "io.containerd.tracing.processor.v1.otlp",
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.native",
    "io.containerd.snapshotter.v1.overlayfs",
    "io.containerd.snapshotter.v1.zfs",
)
"""The plugins whose short name in a file of version 1 the later ones know."""


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
    timeouts: dict[str, str] = field(default_factory=dict)
    proxies: dict[str, Any] = field(default_factory=dict)
    """The plugins that are processes of their own."""


def load(tree: Tree, version: Version) -> Configuration:
    """The configuration of a node.

    Args:
        tree: its files.
        version: that of its containerd.
    """
    notes: list[str] = []
    try:
        files = list(_files(tree, version, notes))
        merged = _merged(files, version, notes)
        _check_plugins(merged, version)
        return _configuration(merged, files, version, notes)
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
        config = _parse(content, path, version)
        yield config
        for pattern in config.imports:
            waiting += _matches(tree, pattern, path, version)


def _check_plugins(merged: _Config, version: Version) -> None:
    """Whether the CRI plugin is to run at all; Docker's packages say that it is not.

    Source: ValidateV2, V1DisabledFilter and V2DisabledFilter in services/server/config/config.go at
    v1.6.20 and v1.7.34; ValidateVersion in cmd/containerd/server/config/config.go at v2.0.0.
    """
    short = merged.version == 1 and version.major < _FIRST_OF_2
    there, needed = set(plugins.names(version)), set(plugins.names(version, needed=True))
    there |= {f"{plugins.PREFIX}snapshotter.v1.{name}" for name in merged.proxies}
    if short:
        there, needed = set(map(plugins.short, there)), set(map(plugins.short, needed))
    elif merged.version > 1 or version.major >= _FIRST_OF_2:
        for name in (*merged.disabled, *merged.required):
            if not _is_uri(name, version):
                raise NoStart(f"invalid plugin URI {name!r}")
    for name in merged.disabled:
        if name in needed:
            raise NoStart(f"`disabled_plugins` has {name!r}, which CRI needs")
    for name in merged.required:
        if name not in there or name in merged.disabled:
            raise NoStart(f"`required_plugins` has {name!r}, which is not there")


def _is_uri(name: str, version: Version) -> bool:
    """Whether a name of a plugin has the form that a version wants."""
    if version.major >= _FIRST_OF_2:
        return "." in name
    prefix = plugins.PREFIX if not version.before(1, 7, 0) else ""
    return name.startswith(prefix) and name.count(".") > 2  # noqa: PLR2004 - as in a.b.c.d


def _matches(tree: Tree, pattern: str, importer: str, version: Version) -> list[str]:
    """The files that one entry of `imports` names; only with `*` in it is it a pattern."""
    glob = "*" in pattern
    if not pattern.startswith("/"):
        if glob and (version.before(1, 6, 29) or (version.minor == 7 and version.before(1, 7, 16))):  # noqa: PLR2004
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


def _parse(content: str, path: str, version: Version) -> _Config:
    try:
        table = go.toml(content, version)
    except go.NotToml as error:
        raise NoStart(f"{path} is not TOML: {error}") from None
    data = decode(table, structures.file(version), version, path)
    return _Config(
        version=data.get("version", 0),
        plugins=data.get("plugins", {}),
        imports=data.get("imports", []),
        path=path,
        disabled=data.get("disabled_plugins", []),
        required=data.get("required_plugins", []),
        timeouts=data.get("timeouts", {}),
        proxies=data.get("proxy_plugins", {}),
    )


def _merged(files: list[_Config], version: Version, notes: list[str]) -> _Config:
    """All files as one, in the form that the version reads."""
    if version.major < _FIRST_OF_2:
        return _merged_by_1(files, version, notes)
    merge = _merged_by_2_0 if version.before(2, 3, 0) else _merged_by_2_3
    merged = merge(files, version)
    if merged.version > newest_format(version):
        raise NoStart(f"config version {merged.version} is newer than this containerd")
    notes += _unread(files, merged, (OLD, NEW, OLDEST))
    return merged


def newest_format(version: Version) -> int:
    """The highest `version` of a configuration file that a version of containerd reads.

    Source: ConfigVersion in version/version.go.
    """
    return 2 if version.major < _FIRST_OF_2 else 3 if version.before(2, 3, 0) else 4


def _together(into: _Config, config: _Config) -> _Config:
    """A file merged into those before it, but for its plugins, which are merged in place."""
    return replace(
        into,
        version=config.version or into.version,
        disabled=[*into.disabled, *config.disabled],
        required=[*into.required, *config.required],
        timeouts=into.timeouts | config.timeouts,
        proxies=into.proxies | config.proxies,
    )


def _merged_by_1(files: list[_Config], version: Version, notes: list[str]) -> _Config:
    """1.x: of each plugin the last file's whole table. The version is that of the last file too.

    Source: mergeConfig and ValidateV2 in services/server/config/config.go at v1.6.20 and v1.7.34.
    """
    merged = _Config(0, {}, [], MAIN)
    for config in files:
        if any(name in merged.plugins and name in config.plugins for name in (OLD, OLDEST)):
            notes.append(f"{config.path} replaces all CRI settings of the files before it")
        merged = _together(merged, config)
        merged.plugins.update(config.plugins)
    merged = replace(merged, version=merged.version or 1)
    if merged.version > _FIRST_OF_2 and (
        not version.before(1, 7, 17) or (version.minor == 6 and not version.before(1, 6, 32))  # noqa: PLR2004
    ):
        raise NoStart(f"unsupported config version {merged.version}")
    if merged.version >= _FIRST_OF_2:
        wrong = [key for key in merged.plugins if not _is_uri(key, version)]
        if wrong:
            raise NoStart(f"invalid plugin key URI {wrong[0]!r}")
    notes += _unread(files, merged, (OLDEST if merged.version == 1 else OLD,))
    return merged


def _merged_by_2_0(files: list[_Config], version: Version) -> _Config:
    """2.0 to 2.2: all tables merged, then migrated from the version of the last file that has one.

    A file of version 0 or 1 has the version merged so far, which is 3 at first. Only its plugins'
    names are migrated.

    Source: LoadConfig in cmd/containerd/server/config/config.go and New in server.go at v2.0.0,
    v2.1.9 and v2.2.7.
    """
    merged = _Config(newest_format(version), {}, [], MAIN)
    for config in files:
        one = config
        if config.version in (0, 1):
            one = replace(_with_long_names(config), version=merged.version)
        merged = _together(merged, one)
        _deep(merged.plugins, one.plugins)
    if merged.version < newest_format(version):
        _migrate(merged, version)
    return merged


def _merged_by_2_3(files: list[_Config], version: Version) -> _Config:
    """2.3 and later: each file is migrated, and then they are merged.

    Source: LoadConfigWithPlugins in cmd/containerd/server/config/config.go at v2.3.4; 2.4.0-beta.0
    does not compare the versions of the files.
    """
    root = 0
    merged = _Config(newest_format(version), {}, [], MAIN)
    for config in files:
        own = config.version
        root = root or own
        if own > root and version.before(2, 4, 0):
            raise NoStart(f"drop-in config version {own} higher than root config version {root}")
        one = _with_long_names(config) if own in (0, 1) else config
        one = replace(one, plugins=copy.deepcopy(one.plugins))
        if own < newest_format(version):
            _migrate(one, version)
            one = replace(one, version=newest_format(version))
        merged = _together(merged, one)
        _deep(merged.plugins, one.plugins)
    return merged


def _with_long_names(config: _Config) -> _Config:
    """A file of version 1 with the names that its plugins have since version 2.

    Source: v1MigratePluginName in cmd/containerd/server/config/config.go at v2.0.0.
    """
    known = {plugins.short(name): name for name in _NAMED_IN_1}

    def long(name: str) -> str:
        group = "service" if name.endswith("-service") else "grpc"
        return name if "." in name else known.get(name, f"{plugins.PREFIX}{group}.v1.{name}")

    return replace(
        config,
        plugins={long(name): table for name, table in config.plugins.items()},
        disabled=[long(name) for name in config.disabled],
        required=[long(name) for name in config.required],
    )


def _migrate(config: _Config, version: Version) -> None:
    """Move the settings of 1.x's CRI plugin to the three plugins of 2.x, in place.

    Source: configMigration and migrateConfig in plugins/cri/images/plugin.go,
    plugins/cri/runtime/plugin.go and plugins/cri/cri.go at v2.0.0 to v2.4.0-beta.0.

    Raises:
        NoStart: a table that is moved is not one; containerd panics.
    """
    if config.version < 0:
        raise NoStart("a negative `version` makes containerd panic")
    if OLD not in config.plugins:
        return
    source = _table(config.plugins[OLD])
    _migrate_images(_table(config.plugins.setdefault(NEW, {})), source, version)
    _migrate_runtimes(_table(config.plugins.setdefault(_RUNTIME, {})), source, version)
    config.plugins[OLD] = {key: source[key] for key in _OF_SERVER if key in source}


def _migrate_images(images: dict[str, Any], source: dict[str, Any], version: Version) -> None:
    """The part of the plugin that pulls, where the older table takes precedence."""
    if "sandbox_image" in source:
        _table(images.setdefault("pinned_images", {}))["sandbox"] = source["sandbox_image"]
    images.update({key: source[key] for key in _OF_IMAGES if key in source})
    registry = images.get("registry")
    if isinstance(registry, dict) and registry.get("config_path") == "" and _fills_in(version):
        registry["config_path"] = DEFAULT_CONFIG_PATH
    containerd = _table(source.get("containerd", {}))
    if "runtimes" in containerd:
        for runtime in _table(containerd["runtimes"]).values():
            _table(runtime)
        # Without runtimes, these are left behind.
        images.update({key: containerd[key] for key in _OF_SNAPSHOTS if key in containerd})


def _migrate_runtimes(running: dict[str, Any], source: dict[str, Any], version: Version) -> None:
    """The part of the plugin that runs containers, where the newer table takes precedence."""
    for key, value in source.items():
        if key not in (*_OF_IMAGES, *_OF_SERVER, "sandbox_image", "cni", "containerd"):
            running.setdefault(key, value)
    for key, without in (("cni", ()), ("containerd", _OF_SNAPSHOTS)):
        if isinstance(source.get(key), dict):
            moved = {name: one for name, one in source[key].items() if name not in without}
            running[key] = moved | _table(running.get(key, {}))
    cni = running.get("cni", {})
    if "bin_dir" in cni and not version.before(2, 1, 0):
        cni["bin_dirs"] = [cni.pop("bin_dir")]


def _fills_in(version: Version) -> bool:
    """Whether the default of `config_path` is set where an empty one is written."""
    return not version.before(2, 2, 0) and version.before(2, 2, 2)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NoStart("a table of the CRI plugin is not one")
    return value


def _unread(files: list[_Config], merged: _Config, names: tuple[str, ...]) -> list[str]:
    """What is to be said of the tables that this containerd does not read in this format."""
    written = {name for config in files for name in config.plugins}
    read = {name for name in names if merged.plugins.get(name) is not None}
    others = [name for name in (OLD, NEW, OLDEST) if name in written and name not in read]
    return [f'plugins."{name}" is not read by this containerd in this format' for name in others]


def _deep(into: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _deep(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


def _configuration(
    merged: _Config, files: list[_Config], version: Version, notes: list[str]
) -> Configuration:
    """The settings of the CRI plugin, if it accepts them."""
    check_timeouts(merged.timeouts)
    plugin = _checked(merged, version)
    registry = plugin.get("registry", {})
    config_path = _config_path(registry, version)
    _check_conflicts(registry, config_path)
    if version.major >= _FIRST_OF_2:
        notes += _lost_tls(merged.plugins.get(NEW, {}))
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


def _checked(merged: _Config, version: Version) -> dict[str, Any]:
    """The table of the plugin that pulls, after it and those that it needs were checked."""
    there = plugins.snapshotters(version, merged.proxies, merged.plugins, set(merged.disabled))
    if version.major < _FIRST_OF_2:
        name = OLDEST if merged.version == 1 else OLD
        plugin = decode(merged.plugins.get(name, {}), structures.cri(version), version, name)
        serving = running = plugin
        check_snapshotter(plugin.get("containerd", {}), there)
    else:
        tables = merged.plugins
        table = decode(tables.get(_TRANSFER, {}), structures.transfer(version), version, _TRANSFER)
        if not version.before(2, 1, 0):
            check_transfer(table, there)
        plugin = decode(tables.get(NEW, {}), structures.images(version), version, NEW)
        running = decode(tables.get(_RUNTIME, {}), structures.runtimes(version), version, _RUNTIME)
        serving = decode(tables.get(OLD, {}), structures.SERVER, version, OLD)
        check_snapshotter(plugin, there)
    check_pulling(plugin, version)
    check_serving(serving)
    check_running(running, version)
    return plugin


def _config_path(registry: dict[str, Any], version: Version) -> str:
    """`config_path` as it takes effect: the written value, or the default of 2.2 and later.

    2.2.0 and 2.2.1 set the default beside `mirrors` too, which is a conflict then.

    Source: internal/cri/config/config_unix.go at v2.2.0 and v2.2.1, InitFn in
    plugins/cri/images/plugin.go at v2.2.2.
    """
    written: str = registry.get("config_path", "")
    if version.before(2, 2, 0):
        return written
    if _fills_in(version):
        return written if "config_path" in registry else DEFAULT_CONFIG_PATH
    return written or ("" if registry.get("mirrors") else DEFAULT_CONFIG_PATH)


def _check_conflicts(registry: dict[str, Any], config_path: str) -> None:
    """`config_path` excludes `mirrors` and, on 1.x, `configs.tls`."""
    if registry.get("mirrors") and config_path:
        raise NoStart("`mirrors` cannot be set when `config_path` is provided")
    if config_path and any("tls" in config for config in registry.get("configs", {}).values()):
        raise NoStart("`configs.tls` cannot be set when `config_path` is provided")


def _lost_tls(plugin: dict[str, Any]) -> Iterator[str]:
    """2.x: what is to be said of `configs.tls`."""
    for host, config in plugin.get("registry", {}).get("configs", {}).items():
        if "tls" in config:
            yield f'registry.configs."{host}".tls is not read since 2.0'
            return


def _pulls_locally(plugin: dict[str, Any]) -> bool:
    """Whether the CRI plugin of 2.1 and later pulls without the transfer service.

    Source: CheckLocalImagePullConfigs in internal/cri/config/config.go at v2.1.0 and v2.3.4.
    """
    registry = plugin.get("registry", {})
    return bool(
        plugin.get("use_local_image_pull")
        or plugin.get("image_pull_with_sync_fs")
        or plugin.get("discard_unpacked_layers")
        or not plugin.get("disable_snapshot_annotations", True)
        or plugin.get("max_concurrent_downloads", _DOWNLOADS) != _DOWNLOADS
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
