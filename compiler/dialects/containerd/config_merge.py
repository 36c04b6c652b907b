"""Several configuration files as one: merged, and migrated to the format of the version.

What is merged, migrated, ignored or refused differs from version to version. All of it was
measured on the versions in versions.MEASURED.
"""

from __future__ import annotations

import copy

from ...frozen import field, frozen, replace
from . import plugins
from .config_validation import ConfigRejected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .versions import Version

DEFAULT_CONFIG_PATH = "/etc/containerd/certs.d:/etc/docker/certs.d"
"""The default of `config_path` from 2.2 on."""
OLD, NEW, OLDEST = plugins.OLD, plugins.IMAGES, plugins.short(plugins.OLD)
"""The names of the plugin that reads `registry`, by the generations of the format."""
RUNTIME = plugins.RUNTIME
_FIRST_OF_2 = 2
OF_IMAGES = (
    "registry",
    "image_decryption",
    "max_concurrent_downloads",
    "image_pull_progress_timeout",
    "image_pull_with_sync_fs",
    "stats_collect_period",
)
"""The keys that 2.x moves from the older CRI plugin to the one that pulls."""
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


@frozen
class Config:
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


def merge(files: list[Config], version: Version, notes: list[str]) -> Config:
    """All files as one, in the form that the version reads.

    Args:
        files: in the order in which they are merged.
        version: of containerd.
        notes: takes what is without effect.

    Raises:
        ConfigRejected: containerd refuses them.
    """
    if version.major < _FIRST_OF_2:
        return _merged_by_1(files, version, notes)
    of_line = _merged_by_2_0 if version.before(2, 3, 0) else _merged_by_2_3
    merged = of_line(files, version)
    if merged.version > newest_format(version):
        raise ConfigRejected(f"config version {merged.version} is newer than this containerd")
    notes += _unread(files, merged, (OLD, NEW, OLDEST))
    return merged


def newest_format(version: Version) -> int:
    """The highest `version` of a configuration file that a version of containerd reads.

    Source: ConfigVersion in version/version.go.
    """
    return 2 if version.major < _FIRST_OF_2 else 3 if version.before(2, 3, 0) else 4


def _together(into: Config, config: Config) -> Config:
    """A file merged into the files before it, except its plugins, which are merged in place."""
    return replace(
        into,
        version=config.version or into.version,
        disabled=[*into.disabled, *config.disabled],
        required=[*into.required, *config.required],
        timeouts=into.timeouts | config.timeouts,
        proxies=into.proxies | config.proxies,
    )


def _merged_by_1(files: list[Config], version: Version, notes: list[str]) -> Config:
    """1.x: each plugin has the last file's whole table. The last file also sets the version.

    Source: mergeConfig and ValidateV2 in services/server/config/config.go at v1.6.20 and v1.7.34.
    """
    merged = Config(0, {}, [], "")
    for config in files:
        if any(name in merged.plugins and name in config.plugins for name in (OLD, OLDEST)):
            notes.append(f"{config.path} replaces all CRI settings of the files before it")
        merged = _together(merged, config)
        merged.plugins.update(config.plugins)
    merged = replace(merged, version=merged.version or 1)
    if merged.version > _FIRST_OF_2 and (
        not version.before(1, 7, 17) or (version.minor == 6 and not version.before(1, 6, 32))  # noqa: PLR2004
    ):
        raise ConfigRejected(f"unsupported config version {merged.version}")
    if merged.version >= _FIRST_OF_2:
        wrong = [key for key in merged.plugins if not plugins.is_uri(key, version)]
        if wrong:
            raise ConfigRejected(f"invalid plugin key URI {wrong[0]!r}")
    notes += _unread(files, merged, (OLDEST if merged.version == 1 else OLD,))
    return merged


def _merged_by_2_0(files: list[Config], version: Version) -> Config:
    """2.0 to 2.2: all tables merged, then migrated from the version of the last file that has one.

    A file of version 0 or 1 has the version merged so far, which is 3 at first. Only its plugins'
    names are migrated.

    Source: LoadConfig in cmd/containerd/server/config/config.go and New in server.go at v2.0.0,
    v2.1.9 and v2.2.7.
    """
    merged = Config(newest_format(version), {}, [], "")
    for config in files:
        one = config
        if config.version in (0, 1):
            one = replace(_with_long_names(config), version=merged.version)
        merged = _together(merged, one)
        _deep(merged.plugins, one.plugins)
    if merged.version < newest_format(version):
        _migrate(merged, version)
    return merged


def _merged_by_2_3(files: list[Config], version: Version) -> Config:
    """2.3 and later: each file is migrated, and then they are merged.

    Source: LoadConfigWithPlugins in cmd/containerd/server/config/config.go at v2.3.4; 2.4.0-beta.0
    does not compare the versions of the files.
    """
    root = 0
    merged = Config(newest_format(version), {}, [], "")
    for config in files:
        own = config.version
        root = root or own
        if own > root and version.before(2, 4, 0):
            raise ConfigRejected(
                f"drop-in config version {own} higher than root config version {root}"
            )
        one = _with_long_names(config) if own in (0, 1) else config
        one = replace(one, plugins=copy.deepcopy(one.plugins))
        if own < newest_format(version):
            _migrate(one, version)
            one = replace(one, version=newest_format(version))
        merged = _together(merged, one)
        _deep(merged.plugins, one.plugins)
    return merged


def _with_long_names(config: Config) -> Config:
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


def _migrate(config: Config, version: Version) -> None:
    """Move the settings of 1.x's CRI plugin to the three plugins of 2.x, in place.

    Source: configMigration and migrateConfig in plugins/cri/images/plugin.go,
    plugins/cri/runtime/plugin.go and plugins/cri/cri.go at v2.0.0 to v2.4.0-beta.0.

    Raises:
        ConfigRejected: a table that is moved is not one; containerd panics.
    """
    if config.version < 0:
        raise ConfigRejected("a negative `version` makes containerd panic")
    if OLD not in config.plugins:
        return
    source = _table(config.plugins[OLD])
    _migrate_images(_table(config.plugins.setdefault(NEW, {})), source, version)
    _migrate_runtimes(_table(config.plugins.setdefault(RUNTIME, {})), source, version)
    config.plugins[OLD] = {key: source[key] for key in _OF_SERVER if key in source}


def _migrate_images(images: dict[str, Any], source: dict[str, Any], version: Version) -> None:
    """The part of the plugin that pulls, where the older table takes precedence."""
    if "sandbox_image" in source:
        _table(images.setdefault("pinned_images", {}))["sandbox"] = source["sandbox_image"]
    images.update({key: source[key] for key in OF_IMAGES if key in source})
    registry = images.get("registry")
    if isinstance(registry, dict) and registry.get("config_path") == "" and fills_in(version):
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
        if key not in (*OF_IMAGES, *_OF_SERVER, "sandbox_image", "cni", "containerd"):
            running.setdefault(key, value)
    for key, without in (("cni", ()), ("containerd", _OF_SNAPSHOTS)):
        if isinstance(source.get(key), dict):
            moved = {name: one for name, one in source[key].items() if name not in without}
            running[key] = moved | _table(running.get(key, {}))
    cni = running.get("cni", {})
    if "bin_dir" in cni and not version.before(2, 1, 0):
        cni["bin_dirs"] = [cni.pop("bin_dir")]


def fills_in(version: Version) -> bool:
    """Whether the default of `config_path` is set where an empty one is written."""
    return not version.before(2, 2, 0) and version.before(2, 2, 2)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigRejected("a table of the CRI plugin is not one")
    return value


def _unread(files: list[Config], merged: Config, names: tuple[str, ...]) -> list[str]:
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
