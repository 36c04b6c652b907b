"""The plugins of containerd: what its CRI plugin needs, and all that a version has.

Source: what `ic.Get…` is called for in pkg/cri/cri.go and services.go at v1.6.20 and v1.7.34; in
plugins/cri, client/services.go and plugins/services at v2.0.0 to v2.4.0-beta.0. The names are
from the `plugin.Registration` records there.
"""

from __future__ import annotations

from ...frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from .versions import Version

PREFIX = "io.containerd."
OLD, IMAGES, RUNTIME = (
    "io.containerd.grpc.v1.cri",
    "io.containerd.cri.v1.images",
    "io.containerd.cri.v1.runtime",
)
"""The plugin that serves CRI and, on 1.x, does everything; the plugins of 2.x that pull and run."""
TRANSFER = "io.containerd.transfer.v1.local"
_SNAPSHOTTER = "io.containerd.snapshotter.v1."
_ALWAYS = (1, 6, 0)
_NEVER = (9,)
_FIRST_OF_2 = 2


@frozen
class _Plugins:
    """Plugins of one type, of a range of versions."""

    type: str
    names: str
    since: tuple[int, ...] = _ALWAYS
    until: tuple[int, ...] = _NEVER
    needed: bool = False
    """Whether CRI does not run without them."""


_ALL = (
    _Plugins("content.v1", "content", needed=True),
    _Plugins("cri.v1", "images runtime", (2, 0, 0), needed=True),
    _Plugins("differ.v1", "walking", needed=True),
    _Plugins("differ.v1", "erofs", (2, 1, 0)),
    _Plugins("event.v1", "exchange", needed=True),
    _Plugins("event.v1", "publisher"),
    _Plugins("gc.v1", "scheduler", needed=True),
    _Plugins("grpc.v1", "cri", needed=True),
    _Plugins("grpc.v1", "containers content diff events healthcheck images introspection leases"),
    _Plugins("grpc.v1", "namespaces snapshots tasks version"),
    _Plugins("grpc.v1", "sandbox-controllers sandboxes streaming transfer", (1, 7, 0)),
    _Plugins("grpc.v1", "mounts", (2, 2, 0)),
    _Plugins("image-verifier.v1", "bindir", (2, 0, 0)),
    _Plugins("internal.v1", "opt restart shutdown tracing"),
    _Plugins("lease.v1", "manager", (1, 7, 0), needed=True),
    _Plugins("metadata.v1", "bolt", needed=True),
    _Plugins("metrics.v1", "grpc-otel grpc-prometheus", (2, 3, 0)),
    _Plugins("monitor.v1", "cgroups", until=(2, 0, 0)),
    _Plugins("monitor.task.v1", "cgroups", (2, 0, 0)),
    _Plugins("mount-handler.v1", "erofs", (2, 2, 0)),
    _Plugins("mount-manager.v1", "bolt", (2, 2, 0), needed=True),
    _Plugins("nri.v1", "nri", (1, 7, 0)),
    _Plugins("podsandbox.controller.v1", "podsandbox", (2, 0, 0), needed=True),
    _Plugins("runtime.v1", "linux", until=(2, 0, 0)),
    _Plugins("runtime.v2", "task", needed=True),
    _Plugins("runtime.v2", "shim", (1, 7, 0), (2, 0, 0), needed=True),
    _Plugins("sandbox.controller.v1", "local", (1, 7, 0), (2, 0, 0), needed=True),
    _Plugins("sandbox.controller.v1", "shim", (2, 0, 0), needed=True),
    _Plugins("sandbox.store.v1", "local", (1, 7, 0), needed=True),
    _Plugins("server.v1", "debug grpc grpc-tcp metrics ttrpc", (2, 3, 0)),
    _Plugins("service.v1", "containers-service content-service diff-service", needed=True),
    _Plugins("service.v1", "images-service introspection-service", needed=True),
    _Plugins("service.v1", "namespaces-service snapshots-service tasks-service", needed=True),
    _Plugins("service.v1", "leases-service", until=(1, 7, 0), needed=True),
    _Plugins("shim.v1", "manager", (2, 0, 0), needed=True),
    _Plugins("snapshotter.v1", "btrfs devmapper native overlayfs zfs"),
    _Plugins("snapshotter.v1", "aufs", until=(2, 0, 0)),
    _Plugins("snapshotter.v1", "blockfile", (1, 7, 0)),
    _Plugins("snapshotter.v1", "erofs", (2, 1, 0)),
    _Plugins("streaming.v1", "manager", (1, 7, 0)),
    _Plugins("tracing.processor.v1", "otlp"),
    _Plugins("transfer.v1", "local", (1, 7, 0), (2, 1, 0)),
    _Plugins("transfer.v1", "local", (2, 1, 0), needed=True),
    _Plugins("ttrpc.v1", "pause", (1, 7, 0), (2, 0, 0)),
    _Plugins("ttrpc.v1", "task"),
    _Plugins("warning.v1", "deprecations", (1, 6, 25), (1, 7, 0), needed=True),
    _Plugins("warning.v1", "deprecations", (1, 7, 9), needed=True),
)


def names(version: Version, *, needed: bool = False) -> Iterator[str]:
    """The names of the plugins of a version.

    Args:
        version: of containerd.
        needed: only the plugins that CRI does not run without.
    """
    for group in _ALL:
        if (needed and not group.needed) or version.before(*group.since):
            continue
        if version.before(*group.until):
            yield from (f"{PREFIX}{group.type}.{name}" for name in group.names.split())


def short(name: str) -> str:
    """The name of a plugin in a file of version 1, such as `cri`."""
    return name.rpartition(".")[2]


def is_uri(name: str, version: Version) -> bool:
    """Whether a name of a plugin has the form that a version requires.

    Source: ValidateV2 in services/server/config/config.go at v1.6.39 and v1.7.0, ValidateVersion in
    cmd/containerd/server/config/config.go at v2.0.0.
    """
    if version.major >= _FIRST_OF_2:
        return "." in name
    prefix = PREFIX if not version.before(1, 7, 0) else ""
    return name.startswith(prefix) and name.count(".") > 2  # noqa: PLR2004 - as in a.b.c.d


def without_settings(plugins: Mapping[str, Any]) -> set[str]:
    """The plugins that do not load, because a setting that they need is missing.

    Args:
        plugins: the settings of the plugins, by their names.
    """
    found = set()
    for name, key in (("devmapper", "pool_name"), ("blockfile", "scratch_file")):
        settings = plugins.get(_SNAPSHOTTER + name)
        if not isinstance(settings, dict) or not settings.get(key):
            found.add(_SNAPSHOTTER + name)
    return found


def snapshotters(
    version: Version, proxies: Mapping[str, Any], plugins: Mapping[str, Any], disabled: set[str]
) -> set[str]:
    """The names of the snapshotters that load, if the file system fits them.

    Args:
        version: of containerd.
        proxies: `[proxy_plugins]`.
        plugins: the settings of the plugins, by their names; two snapshotters need some.
        disabled: the names of the disabled plugins.
    """
    found = {name for name in names(version) if name.startswith(_SNAPSHOTTER)} - disabled
    found -= without_settings(plugins)
    remote = {
        name for name, one in proxies.items() if one.get("type") in ("snapshot", _SNAPSHOTTER[:-1])
    }
    return {short(name) for name in found} | remote
