"""The structures that containerd reads its configuration into: the keys and their types.

A key that a structure lacks is ignored. A value of another type keeps containerd from starting, or,
in a hosts.toml, voids the file.

Source: the Go structures with `toml` tags in github.com/containerd/containerd:
services/server/config, pkg/cri/config and remotes/docker/config/hosts.go at v1.6.20 to v1.7.34;
cmd/containerd/server/config, internal/cri/config and core/remotes/docker/config/hosts.go at v2.0.0
to v2.4.0-beta.0. Where a key came later, the first version that has it is named.
"""

from __future__ import annotations

from ...frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from .versions import Version

_FIRST_OF_2 = 2
ANY = object
"""A value of any type."""


class WrongType(Exception):  # noqa: N818 - it says what is wrong
    """A value is not of the type that its key has; the message names the key."""


@frozen
class Struct:
    """A table with known keys."""

    fields: Mapping[str, Any]
    """The type of each key: `str`, `bool`, `int`, `ANY`, or one of these classes."""


@frozen
class MapOf:
    """A table with any keys."""

    of: Any


@frozen
class ListOf:
    """A list."""

    of: Any


def decode(value: Any, kind: Any, version: Version, key: str = "the file") -> Any:
    """A value of a TOML text in the form of a structure, with its keys in their spelling there.

    Args:
        value: of the text.
        kind: the structure.
        version: of containerd, because its readers differ in the letter case of keys.
        key: where the value is, for the message.

    Raises:
        WrongType: the value, or one inside it, has another type.
    """
    if isinstance(kind, Struct | MapOf):
        if not isinstance(value, dict):
            raise WrongType(f"`{key}` is not a table")
        if isinstance(kind, MapOf):
            return {name: decode(one, kind.of, version, name) for name, one in value.items()}
        found: dict[str, Any] = {}
        for name, one in _fields(value, kind, version):
            decoded = decode(one, kind.fields[name], version, name)
            if isinstance(decoded, dict) and isinstance(found.get(name), dict):
                decoded = found[name] | decoded  # 2.x: the same key in two spellings
            found[name] = decoded
        return found
    if isinstance(kind, ListOf):
        if not isinstance(value, list):
            raise WrongType(f"`{key}` is not a list")
        return [decode(one, kind.of, version, key) for one in value]
    if kind is not ANY and type(value) is not kind:
        raise WrongType(f"`{key}` is not {_WORDS[kind]}")
    return value


_WORDS = {str: "text", bool: "true or false", int: "a whole number"}


def _fields(
    table: Mapping[str, Any], struct: Struct, version: Version
) -> Iterator[tuple[str, Any]]:
    """The keys of a table that are in a structure, under their names there.

    1.x takes a key in lower case or in capitals (marshal.go in go-toml@v1.9.5), 2.x in any letter
    case (unmarshaler.go in go-toml/v2).
    """
    if version.major < _FIRST_OF_2:
        for name in struct.fields:
            for spelling in (name, name.upper()):
                if spelling in table:
                    yield name, table[spelling]
                    break
    else:
        for key, value in table.items():
            name = key if key in struct.fields else key.lower()
            if name in struct.fields:
                yield name, value


def _struct(texts: str = "", flags: str = "", numbers: str = "", **others: Any) -> Struct:
    """A structure, with the names of its plain fields one after another."""
    fields: dict[str, Any] = dict.fromkeys(texts.split(), str)
    fields |= dict.fromkeys(flags.split(), bool) | dict.fromkeys(numbers.split(), int)
    return Struct(fields | others)


def _since(version: Version, *added: tuple[tuple[int, ...], Mapping[str, Any]]) -> dict[str, Any]:
    """The fields that a version has, of the fields that were added later."""
    return {
        name: kind
        for since, fields in added
        if not version.before(*since)
        for name, kind in fields.items()
    }


_TEXTS = ListOf(str)
_SOCKET = _struct("address", numbers="uid gid")


def file(version: Version) -> Struct:
    """A configuration file."""
    plugins = MapOf(MapOf(ANY) if version.major < _FIRST_OF_2 else ANY)
    proxy = _struct("type address") if version.before(1, 6, 31) else _PROXY
    return _struct(
        "root state temp" if not version.before(2, 1, 0) else "root state temp plugin_dir",
        numbers="version oom_score",
        grpc=_struct(
            "address tcp_address tcp_tls_ca tcp_tls_cert tcp_tls_key",
            numbers="uid gid max_recv_message_size max_send_message_size",
        ),
        ttrpc=_SOCKET,
        debug=_struct("address level format", numbers="uid gid"),
        metrics=_struct("address", "grpc_histogram"),
        cgroup=_struct("path"),
        disabled_plugins=_TEXTS,
        required_plugins=_TEXTS,
        imports=_TEXTS,
        plugins=plugins,
        proxy_plugins=MapOf(proxy),
        timeouts=MapOf(str),
        stream_processors=MapOf(
            _struct("returns path", accepts=_TEXTS, args=_TEXTS, env=_TEXTS),
        ),
    )


_PROXY = _struct("type address platform", exports=MapOf(str), capabilities=_TEXTS)
_AUTH = _struct("username password auth identitytoken")
_TLS = _struct("ca_file cert_file key_file", "insecure_skip_verify")
_DECRYPTION = _struct("key_model")


def _registry(version: Version) -> Struct:
    config = {"auth": _AUTH} | ({"tls": _TLS} if version.major < _FIRST_OF_2 else {})
    return _struct(
        "config_path",
        mirrors=MapOf(_struct(endpoint=_TEXTS)),
        configs=MapOf(Struct(config)),
        auths=MapOf(_AUTH),
        headers=MapOf(_TEXTS),
    )


_RUNTIME = {
    "runtime_type": str,
    "runtime_path": str,
    "pod_annotations": _TEXTS,
    "container_annotations": _TEXTS,
    "options": MapOf(ANY),
    "privileged_without_host_devices": bool,
    "base_runtime_spec": str,
    "cni_conf_dir": str,
    "cni_max_conf_num": int,
}
_RUNTIME_OF_1_7 = {"privileged_without_host_devices_all_devices_allowed": bool, "snapshotter": str}
_CNI = {"bin_dir": str, "conf_dir": str, "max_conf_num": int, "conf_template": str, "ip_pref": str}
_STREAMING = {
    "disable_tcp_service": bool,
    "stream_server_address": str,
    "stream_server_port": str,
    "stream_idle_timeout": str,
    "enable_tls_streaming": bool,
    "x509_key_pair_streaming": _struct("tls_cert_file tls_key_file"),
}
_CONTAINERS = {
    "enable_selinux": bool,
    "selinux_category_range": int,
    "max_container_log_line_size": int,
    "disable_apparmor": bool,
    "restrict_oom_score_adj": bool,
    "disable_proc_mount": bool,
    "unset_seccomp_profile": str,
    "tolerate_missing_hugetlb_controller": bool,
    "disable_hugetlb_controller": bool,
    "device_ownership_from_security_context": bool,
    "ignore_image_defined_volumes": bool,
    "netns_mounts_under_state_dir": bool,
    "enable_unprivileged_ports": bool,
    "enable_unprivileged_icmp": bool,
}
_CDI = {"enable_cdi": bool, "cdi_spec_dirs": _TEXTS}
_DRAIN = {"drain_exec_sync_io_timeout": str}
_IMAGES = {
    "image_decryption": _DECRYPTION,
    "max_concurrent_downloads": int,
    "stats_collect_period": int,
}
_SNAPSHOTS = {
    "snapshotter": str,
    "disable_snapshot_annotations": bool,
    "discard_unpacked_layers": bool,
}


def cri(version: Version) -> Struct:
    """The plugin `cri` of 1.x, which does everything."""
    runtime = Struct(
        _RUNTIME
        | {"runtime_engine": str, "runtime_root": str}
        | _since(version, ((1, 7, 0), _RUNTIME_OF_1_7 | {"sandbox_mode": str}))
    )
    containerd = Struct(
        _SNAPSHOTS
        | {
            "default_runtime_name": str,
            "default_runtime": runtime,
            "untrusted_workload_runtime": runtime,
            "runtimes": MapOf(runtime),
            "no_pivot": bool,
            "ignore_rdt_not_enabled_errors": bool,
        }
        | _since(version, ((1, 7, 0), {"ignore_blockio_not_enabled_errors": bool}))
    )
    return Struct(
        _STREAMING
        | _CONTAINERS
        | _IMAGES
        | {
            "containerd": containerd,
            "cni": Struct(_CNI | _since(version, ((1, 7, 0), {"setup_serially": bool}))),
            "registry": _registry(version),
            "sandbox_image": str,
            "systemd_cgroup": bool,
            "disable_cgroup": bool,
        }
        | _since(
            version,
            ((1, 6, 29), _DRAIN),
            ((1, 7, 0), _CDI | {"image_pull_progress_timeout": str}),
            ((1, 7, 14), {"image_pull_with_sync_fs": bool, "ignore_deprecation_warnings": _TEXTS}),
        )
    )


def images(version: Version) -> Struct:
    """The plugin that pulls, of 2.x."""
    return Struct(
        _IMAGES
        | _SNAPSHOTS
        | {
            "registry": _registry(version),
            "pinned_images": MapOf(str),
            "runtime_platforms": MapOf(_struct("platform snapshotter")),
            "image_pull_progress_timeout": str,
            "image_pull_with_sync_fs": bool,
        }
        | _since(
            version,
            ((2, 1, 0), {"concurrent_layer_fetch_buffer": int, "use_local_image_pull": bool}),
        )
    )


def runtimes(version: Version) -> Struct:
    """The plugin that runs containers, of 2.x."""
    runtime = Struct(
        _RUNTIME
        | _RUNTIME_OF_1_7
        | {"sandboxer": str, "io_type": str}
        | _since(
            version,
            ((2, 1, 0), {"cgroup_writable": bool}),
            ((2, 4, 0), {"disable_pause_image_pull": bool}),
        )
    )
    containerd = {
        "default_runtime_name": str,
        "runtimes": MapOf(runtime),
        "ignore_blockio_not_enabled_errors": bool,
        "ignore_rdt_not_enabled_errors": bool,
    }
    cni = _CNI | {"setup_serially": bool, "use_internal_loopback": bool}
    periods = {"stats_collect_period": str, "stats_retention_period": str}
    return Struct(
        _CONTAINERS
        | _CDI
        | _DRAIN
        | {
            "containerd": Struct(containerd),
            "cni": Struct(cni | _since(version, ((2, 1, 0), {"bin_dirs": _TEXTS}))),
            "ignore_deprecation_warnings": _TEXTS,
        }
        | _since(version, ((2, 2, 7), {"enable_criu": bool}), ((2, 3, 0), periods))
    )


def transfer(version: Version) -> Struct:
    """The transfer service, of 1.7 and later.

    Source: plugins/transfer/plugin.go at v1.7.34, v2.1.0 and v2.3.4.
    """
    unpacked = _since(
        version,
        ((2, 1, 0), {"config_type": str, "layer_types": _TEXTS}),
        ((2, 3, 0), {"optional": bool}),
    )
    texts = dict.fromkeys(("platform", "snapshotter", "differ"), str)
    numbers = ("max_concurrent_downloads", "max_concurrent_uploaded_layers")
    return Struct(
        dict.fromkeys(numbers, int)
        | {"unpack_config": ListOf(Struct(texts | unpacked)), "config_path": str}
        | _since(
            version,
            ((2, 1, 0), {"concurrent_layer_fetch_buffer": int, "check_platform_supported": bool}),
            ((2, 2, 0), {"max_concurrent_unpacks": int}),
        )
    )


SERVER = Struct(_STREAMING)
"""The plugin that serves the API, of 2.x."""

_HOST = {
    "capabilities": _TEXTS,
    "ca": ANY,
    "client": ANY,
    "skip_verify": bool,
    "header": MapOf(ANY),
    "override_path": bool,
}


def hosts(version: Version) -> Struct:
    """A hosts.toml."""
    timeout = {"dial_timeout": str} if not version.before(2, 0, 7) else {}
    host = Struct(_HOST | timeout)
    return Struct(_HOST | timeout | {"server": str, "host": MapOf(host)})
