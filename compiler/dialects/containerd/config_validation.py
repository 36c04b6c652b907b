"""What containerd refuses in its configuration, so that its CRI plugin does not run.

Source: ValidatePluginConfig in pkg/cri/config/config.go at v1.6.20 and v1.7.34;
ValidateImageConfig, ValidateRuntimeConfig and ValidateServerConfig in internal/cri/config/config.go
at v2.0.0 to v2.4.0-beta.0; getStreamListenerMode in streaming.go of the CRI server.
"""

from __future__ import annotations

from . import go_syntax, structures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .versions import Version

_FIRST_OF_2 = 2
_LINUX = "io.containerd.runtime.v1.linux"
_STANDARD = "runc"
_STREAMS = ("", "streaming", "fifo")


class ConfigRejected(Exception):  # noqa: N818 - it says what happens
    """containerd, or its CRI plugin, does not start; the message says why."""


def decode(value: Any, kind: Any, version: Version, where: str) -> dict[str, Any]:
    """A table in the form of a structure.

    Args:
        value: the table.
        kind: the structure.
        version: of containerd.
        where: the file or the plugin that it is of.

    Raises:
        ConfigRejected: a value in it has another type.
    """
    try:
        decoded: dict[str, Any] = structures.decode(value, kind, version, where)
    except structures.WrongType as why:
        raise ConfigRejected(f"{where}: {why}") from None
    return decoded


def check_timeouts(timeouts: Mapping[str, str]) -> None:
    """`[timeouts]` of a configuration file."""
    for name, text in timeouts.items():
        if not go_syntax.is_duration(text):
            raise ConfigRejected(f"[timeouts] {name!r} is not a duration")


def check_snapshotter(table: Mapping[str, Any], there: set[str]) -> None:
    """`snapshotter`, which must be the name of a snapshotter that loads."""
    name = table.get("snapshotter", "overlayfs")
    if name not in there:
        raise ConfigRejected(f"there is no snapshotter {name!r}")


def check_transfer(table: Mapping[str, Any], there: set[str]) -> None:
    """The transfer service, which the plugin that pulls needs since 2.1."""
    for unpacked in table.get("unpack_config", []):
        if not unpacked.get("optional"):
            check_snapshotter({"snapshotter": unpacked.get("snapshotter", "")}, there)


def check_pulling(plugin: Mapping[str, Any], version: Version) -> None:
    """The part of the plugin that pulls, except `mirrors` and `config_path`."""
    _check_durations(plugin, "image_pull_progress_timeout")
    for address in plugin.get("registry", {}).get("auths", {}):
        try:
            go_syntax.url(address, version)
        except go_syntax.NotUrl as why:
            raise ConfigRejected(f"`auths` has {address!r}, which is not a URL ({why})") from None


def check_serving(plugin: Mapping[str, Any]) -> None:
    """The part of the plugin that serves CRI and its streams."""
    _check_durations(plugin, "stream_idle_timeout")
    pair = plugin.get("x509_key_pair_streaming", {})
    given = [bool(pair.get(key)) for key in ("tls_cert_file", "tls_key_file")]
    if any(given) and not (all(given) and plugin.get("enable_tls_streaming")):
        raise ConfigRejected(
            "`x509_key_pair_streaming` needs both files and `enable_tls_streaming`"
        )


def check_running(plugin: Mapping[str, Any], version: Version) -> None:
    """The part of the plugin that runs containers."""
    _check_durations(
        plugin, "drain_exec_sync_io_timeout", "stats_collect_period", "stats_retention_period"
    )
    containerd = plugin.get("containerd", {})
    runtimes = containerd.get("runtimes", {_STANDARD: {}})
    if version.major < _FIRST_OF_2:
        runtimes = _check_runtimes_of_1(plugin, containerd, runtimes)
    else:
        runtimes = {_STANDARD: {}} | runtimes
        _check_default_runtime(containerd.get("default_runtime_name", _STANDARD), runtimes)
        _check_cni(plugin.get("cni", {}))
    for name, runtime in runtimes.items():
        if runtime.get("privileged_without_host_devices_all_devices_allowed") and not runtime.get(
            "privileged_without_host_devices"
        ):
            raise ConfigRejected(
                f"the runtime {name!r} allows all devices and keeps the devices of the host"
            )
        if runtime.get("io_type", "") not in _STREAMS:
            raise ConfigRejected(f"the runtime {name!r} has an unknown `io_type`")


def _check_durations(table: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        value = table.get(key, "")
        if isinstance(value, str) and value and not go_syntax.is_duration(value):
            raise ConfigRejected(f"`{key}` is not a duration")


def _check_default_runtime(name: str, runtimes: Mapping[str, Any]) -> None:
    if not name or name not in runtimes:
        raise ConfigRejected(f"there is no runtime {name!r}, which is the default one")


def _check_runtimes_of_1(
    plugin: Mapping[str, Any], containerd: Mapping[str, Any], written: Mapping[str, Any]
) -> dict[str, Any]:
    """1.x: the runtimes, which replace the standard one, and the runtimes of two older settings."""
    runtimes = dict(written)
    name = containerd.get("default_runtime_name", _STANDARD)
    untrusted, default = (
        containerd.get(key, {}) for key in ("untrusted_workload_runtime", "default_runtime")
    )
    if untrusted.get("runtime_type"):
        if "untrusted" in runtimes:
            raise ConfigRejected(
                "`untrusted_workload_runtime` and `runtimes.untrusted` are both set"
            )
        runtimes["untrusted"] = untrusted
    if default.get("runtime_type"):
        name = "default"
        runtimes["default"] = default
    _check_default_runtime(name, runtimes)
    for key, table in (("systemd_cgroup", plugin), ("no_pivot", containerd)):
        if table.get(key) and runtimes[name].get("runtime_type") != _LINUX:
            raise ConfigRejected(f"`{key}` only works for runtime {_LINUX}")
    for runtime in runtimes.values():
        for key in ("runtime_engine", "runtime_root"):
            if runtime.get(key) and runtime.get("runtime_type") != _LINUX:
                raise ConfigRejected(f"`{key}` only works for runtime {_LINUX}")
    return runtimes


def _check_cni(cni: Mapping[str, Any]) -> None:
    """2.1 and later: one folder or several, not both."""
    if cni.get("bin_dir") and cni.get("bin_dirs", []) not in ([], ["/opt/cni/bin"]):
        raise ConfigRejected("`cni.bin_dir` and `cni.bin_dirs` cannot be set at the same time")
