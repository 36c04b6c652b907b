"""A node's containerd configuration, as each version of containerd reads it.

What is merged, migrated, ignored or refused differs from version to version. All of it was
measured on the versions in versions.MEASURED.
"""

from __future__ import annotations

import posixpath
from collections import deque

from ...frozen import field, frozen
from ...limits import TooMuch
from ..files import Unreadable
from . import MAIN, glob, go_syntax, ignored_keys, plugins, structures
from .config_merge import DEFAULT_CONFIG_PATH, NEW, OLD, OLDEST, RUNTIME, Config, fills_in, merge
from .config_validation import (
    ConfigRejected,
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
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from ..files import Tree
    from .versions import Version

_TRANSFER = plugins.TRANSFER
_FIRST_OF_2 = 2
_DOWNLOADS = 3
"""The default of `max_concurrent_downloads`."""
_MOST_IMPORTED = 10_000
"""How many files a configuration may import, and how many entries its `imports` may have."""


@frozen
class Configuration:
    """What containerd has made of its configuration."""

    loads: bool
    """Whether the CRI plugin runs, so that anything is pulled."""
    reason: str | None = None
    """Why it does not."""
    registry: Mapping[str, Any] = field(default_factory=dict)
    """The table `registry` of the plugin that pulls."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The whole table of the plugin that pulls: on 1.x all that CRI has."""
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


def load(tree: Tree, version: Version) -> Configuration:
    """The configuration of a node.

    Args:
        tree: its files.
        version: the version of its containerd.

    Raises:
        TooMuch: `imports` is beyond a limit.
    """
    notes: list[str] = []
    try:
        files = list(_files(tree, version, notes))
        merged = merge(files, version, notes)
        for config in files:
            notes += ignored_keys.of_plugins(config, merged, version)
        _check_plugins(merged, version)
        return _configuration(merged, files, version, notes)
    except (ConfigRejected, Unreadable) as why:
        return Configuration(loads=False, reason=str(why), notes=tuple(notes))


def paths(tree: Tree, version: Version) -> list[str]:
    """The files of a node's configuration, in the order in which they are merged.

    Args:
        tree: its files.
        version: the version of its containerd.

    Returns:
        The main file and what it imports; after one that cannot be read, none.
    """
    found = []
    try:
        for config in _files(tree, version, []):
            found.append(config.path)  # noqa: PERF401 - what was found before an error counts
    except (ConfigRejected, Unreadable):
        return found or [MAIN]
    return found


def _files(tree: Tree, version: Version, notes: list[str]) -> Iterator[Config]:
    """The main file and what it imports, in the order in which they are merged."""
    text = tree.text(MAIN)
    if text is None:
        notes.append(f"{MAIN} is missing: everything is as containerd's defaults have it")
        return
    waiting, seen, entries, budget = deque([MAIN]), set(), 0, glob.Budget()
    known: dict[tuple[str, str], list[str]] = {}
    """What each pattern matches; relative ones by the folder of the file that has them."""
    while waiting:
        path = waiting.popleft()
        if path in seen:
            continue
        seen.add(path)
        content = tree.text(path)
        if content is None:
            raise ConfigRejected(f"{path} is imported and missing")
        config = _parse(content, path, version, notes)
        yield config
        entries += len(config.imports)
        folder = posixpath.dirname(path)
        for pattern in config.imports:
            if (folder, pattern) not in known:
                known[folder, pattern] = _matches(tree, pattern, folder, version, budget)
            waiting += (one for one in known[folder, pattern] if one not in seen)
            if max(entries, len(waiting)) > _MOST_IMPORTED:
                raise TooMuch(f"{path}: `imports` names more than {_MOST_IMPORTED} files")


def _check_plugins(merged: Config, version: Version) -> None:
    """Whether the CRI plugin is to run at all; Docker's packages say that it is not.

    Source: ValidateV2, V1DisabledFilter and V2DisabledFilter in services/server/config/config.go at
    v1.6.20 and v1.7.34; ValidateVersion in cmd/containerd/server/config/config.go at v2.0.0.
    """
    short = _has_short_names(merged, version)
    there = set(plugins.names(version)) - plugins.without_settings(merged.plugins)
    needed = set(plugins.names(version, needed=True))
    there |= {f"{plugins.PREFIX}snapshotter.v1.{name}" for name in merged.proxies}
    if short:
        there, needed = set(map(plugins.short, there)), set(map(plugins.short, needed))
    elif merged.version > 1 or version.major >= _FIRST_OF_2:
        for name in (*merged.disabled, *merged.required):
            if not plugins.is_uri(name, version):
                raise ConfigRejected(f"invalid plugin URI {name!r}")
    for name in merged.disabled:
        if name in needed:
            raise ConfigRejected(f"`disabled_plugins` has {name!r}, which CRI needs")
    for name in merged.required:
        if name not in there or name in merged.disabled:
            raise ConfigRejected(f"`required_plugins` has {name!r}, which is not there")


def _has_short_names(merged: Config, version: Version) -> bool:
    """Whether plugins are disabled and required by names such as `cri`, and by no others."""
    return merged.version == 1 and version.major < _FIRST_OF_2


def _matches(
    tree: Tree, pattern: str, folder: str, version: Version, budget: glob.Budget
) -> list[str]:
    """The files that one entry of `imports` names; only with `*` in it is it a pattern."""
    is_glob = "*" in pattern
    if not pattern.startswith("/"):
        is_1_7 = (version.major, version.minor) == (1, 7)
        if is_glob and version.before(1, 7, 16) and (is_1_7 or version.before(1, 6, 29)):
            return []  # looked for in the folder that containerd was started in
        pattern = posixpath.join(folder, pattern)
    if not is_glob:
        return [posixpath.normpath(pattern)]
    found, is_listed = ["/"], False
    for part in filter(None, pattern.split("/")):
        if not any(character in part for character in "*?[\\"):
            found, is_listed = [posixpath.join(folder, part) for folder in found], False
            continue
        try:
            found = [
                posixpath.join(folder, name)
                for folder in found
                for name in glob.matches(tree.names(folder) or [], part, budget)
            ]
            is_listed = True
        except TooMuch:
            raise
        except ValueError as why:
            raise ConfigRejected(f"`imports`: {why} {pattern!r}") from None
    # What the last part names literally need not be there.
    return sorted(path for path in found if is_listed or _is_there(tree, path))


def _is_there(tree: Tree, path: str) -> bool:
    folder, name = posixpath.split(path)
    return name in (tree.names(folder) or [])


def _parse(content: str, path: str, version: Version, notes: list[str]) -> Config:
    try:
        table = go_syntax.toml(content, version)
    except go_syntax.NotToml as error:
        raise ConfigRejected(f"{path} is not TOML: {error}") from None
    notes += ignored_keys.of_file(path, table, version)
    data = decode(table, structures.file(version), version, path)
    return Config(
        version=data.get("version", 0),
        plugins=data.get("plugins", {}),
        imports=data.get("imports", []),
        path=path,
        disabled=data.get("disabled_plugins", []),
        required=data.get("required_plugins", []),
        timeouts=data.get("timeouts", {}),
        proxies=data.get("proxy_plugins", {}),
    )


def _configuration(
    merged: Config, files: list[Config], version: Version, notes: list[str]
) -> Configuration:
    """The settings of the CRI plugin, if it accepts them."""
    check_timeouts(merged.timeouts)
    plugin = _checked(merged, version)
    registry = plugin.get("registry", {})
    config_path = _config_path(registry, version)
    _check_conflicts(registry, config_path)
    local = version.before(2, 1, 0) or _pulls_locally(plugin)
    if not local and ":" in config_path:
        notes.append(f"`config_path` is taken for one folder, {config_path}, not for a list")
    written = registry.get("config_path")
    return Configuration(
        loads=True,
        registry=registry,
        settings=plugin,
        origins=_origins(files, registry.get("mirrors", {})),
        folders=_folders(config_path, local=local),
        local=local,
        file=_origins(files, ("config_path",), ())["config_path"] if written else None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _checked(merged: Config, version: Version) -> dict[str, Any]:
    """The table of the plugin that pulls, after checks of it and of the plugins that it needs."""
    disabled = set(merged.disabled)
    if _has_short_names(merged, version):
        disabled = {name for name in plugins.names(version) if plugins.short(name) in disabled}
    there = plugins.snapshotters(version, merged.proxies, merged.plugins, disabled)
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
        running = decode(tables.get(RUNTIME, {}), structures.runtimes(version), version, RUNTIME)
        serving = decode(tables.get(OLD, {}), structures.SERVER, version, OLD)
        check_snapshotter(plugin, there)
    check_pulling(plugin, version)
    check_serving(serving)
    check_running(running, version)
    return plugin


def _config_path(registry: dict[str, Any], version: Version) -> str:
    """`config_path` as it takes effect: the written value, or the default of 2.2 and later.

    2.2.0 and 2.2.1 set the default also next to `mirrors`, which is a conflict then.

    Source: internal/cri/config/config_unix.go at v2.2.0 and v2.2.1, InitFn in
    plugins/cri/images/plugin.go at v2.2.2.
    """
    written: str = registry.get("config_path", "")
    if version.before(2, 2, 0):
        return written
    if fills_in(version):
        return written if "config_path" in registry else DEFAULT_CONFIG_PATH
    return written or ("" if registry.get("mirrors") else DEFAULT_CONFIG_PATH)


def _check_conflicts(registry: dict[str, Any], config_path: str) -> None:
    """`config_path` excludes `mirrors` and, on 1.x, `configs.tls`."""
    if registry.get("mirrors") and config_path:
        raise ConfigRejected("`mirrors` cannot be set when `config_path` is provided")
    if config_path and any("tls" in config for config in registry.get("configs", {}).values()):
        raise ConfigRejected("`configs.tls` cannot be set when `config_path` is provided")


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


def _origins(
    files: list[Config], keys: Iterable[str], steps: tuple[str, ...] = ("mirrors",)
) -> dict[str, str]:
    """The last file that has each key of a table below `registry`."""
    found: dict[str, str] = {}
    for config in files:
        for name in (OLD, NEW, OLDEST):
            node: Any = config.plugins.get(name, {}).get("registry", {})
            for step in steps:
                node = node.get(step) if isinstance(node, dict) else None
            if isinstance(node, dict):
                found |= dict.fromkeys((key for key in node if node[key] is not None), config.path)
    return {key: found.get(key, MAIN) for key in keys}
