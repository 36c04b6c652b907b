"""What containerd refuses in its configuration, so that its CRI plugin does not run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .versions import Version

_TOP: dict[str, type] = {
    "root": str,
    "state": str,
    "temp": str,
    "plugin_dir": str,
    "oom_score": int,
    "disabled_plugins": list,
    "required_plugins": list,
    "grpc": dict,
    "ttrpc": dict,
    "debug": dict,
    "metrics": dict,
    "cgroup": dict,
    "timeouts": dict,
    "proxy_plugins": dict,
    "stream_processors": dict,
}
_OF_PLUGIN: dict[str, type] = {
    "sandbox_image": str,
    "max_concurrent_downloads": int,
    "systemd_cgroup": bool,
    "use_local_image_pull": bool,
}
_TABLES = ("mirrors", "configs", "auths", "headers")
_FILES = ("ca_file", "cert_file", "key_file")
_FIRST_OF_2 = 2
_LOGIN = ("username", "password", "auth", "identitytoken")


class NoStart(Exception):  # noqa: N818 - it says what happens
    """containerd, or its CRI plugin, does not start; the message says why."""


def check_top(data: dict[str, Any], path: str) -> None:
    """What of a wrong type at the top of a file keeps containerd from starting."""
    for key, kind in _TOP.items():
        value = data.get(key, kind())
        wrong = not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        if wrong or (kind is list and not all(isinstance(one, str) for one in value)):
            raise NoStart(f"{path}: `{key}` is not what containerd takes")


def check_plugin(plugin: dict[str, Any], version: Version) -> None:
    """Whether the table of the plugin that pulls has what that takes.

    Raises:
        NoStart: a value is of a wrong type, or, on 1.x, the default runtime is missing.
    """
    for key, kind in _OF_PLUGIN.items():
        if key in plugin and not isinstance(plugin[key], kind):
            raise NoStart(f"`{key}` is not what containerd takes")
    if version.major < _FIRST_OF_2:
        _check_runtimes(plugin)
    registry = plugin.get("registry", {})
    if not isinstance(registry, dict):
        raise NoStart("`registry` is not a table")
    if not isinstance(registry.get("config_path", ""), str):
        raise NoStart("`config_path` is not text")
    for key in _TABLES:
        table = registry.get(key, {})
        if not isinstance(table, dict):
            raise NoStart(f"`{key}` is not a table")
        if key != "headers" and not all(isinstance(value, dict) for value in table.values()):
            raise NoStart(f"`{key}` is not a table of tables")
    _check_tables(registry, version)


def _check_tables(registry: dict[str, Any], version: Version) -> None:
    """The tables below `registry`."""
    for mirror in registry.get("mirrors", {}).values():
        if not _are_texts(mirror.get("endpoint", [])):
            raise NoStart("`endpoint` is not a list of texts")
    for values in registry.get("headers", {}).values():
        if not _are_texts(values):
            raise NoStart("a value of `headers` is not a list of texts")
    for config in registry.get("configs", {}).values():
        _check_host(config, version)
    for login in registry.get("auths", {}).values():
        _check_login(login)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _check_host(config: dict[str, Any], version: Version) -> None:
    """One table of `registry.configs`; 2.x does not look at its `tls`."""
    login = config.get("auth", {})
    tls = config.get("tls", {}) if version.major < _FIRST_OF_2 else {}
    if not isinstance(tls, dict) or not isinstance(login, dict):
        raise NoStart("`configs` is not a table of tables")
    _check_login(login)
    if not all(isinstance(tls.get(key, ""), str) for key in _FILES):
        raise NoStart("a file of `tls` is not text")
    if not isinstance(tls.get("insecure_skip_verify", False), bool):
        raise NoStart("`insecure_skip_verify` is not true or false")


def _check_login(login: dict[str, Any]) -> None:
    if not all(isinstance(login.get(key, ""), str) for key in _LOGIN):
        raise NoStart("a part of a login is not text")


def _check_runtimes(plugin: dict[str, Any]) -> None:
    """1.x: the default runtime must be one of those that are left."""
    containerd = plugin.get("containerd", {})
    runtimes = containerd.get("runtimes") if isinstance(containerd, dict) else None
    if not isinstance(containerd, dict) or not isinstance(runtimes, dict | None):
        raise NoStart("`containerd.runtimes` is not a table")
    name = containerd.get("default_runtime_name", "runc")
    if not name or (runtimes is not None and name not in runtimes):
        raise NoStart(f"there is no runtime {name!r}, which is the default one")
    chosen = (runtimes or {}).get(name)
    kind = chosen.get("runtime_type") if isinstance(chosen, dict) else None
    if plugin.get("systemd_cgroup") and kind != "io.containerd.runtime.v1.linux":
        raise NoStart("`systemd_cgroup` only works for runtime io.containerd.runtime.v1.linux")
