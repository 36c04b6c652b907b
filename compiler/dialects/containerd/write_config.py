"""The containerd configuration that should be found on a node, or one that works there.

What containerd does with each form was measured on twelve versions; the comments say what
follows from it.
"""

from __future__ import annotations

from ... import emit
from ..dialect import Artifact, Placement
from . import CONFIG, tls_hosts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

PLUGINS = {2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.images"}
"""The plugin that reads `registry`, by the version of the configuration format."""


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    config_version = choice.option("configVersion", 2)
    full = choice.option("form") == "full"
    api = choice.option("endpoints") == "api"
    if api:
        # containerd does not look up `docker.io/library`; RS206 makes sure `docker.io` covers it.
        mirrors = [(mirror.source, spec.api_root(mirror.location)) for mirror in spec.by_registry]
    else:
        mirrors = [(mirror.source, mirror.documented) for mirror in spec.mirrors]
    tls = _tls(spec, choice) if api else {}
    inline_mirrors = {
        source: {"endpoint": [endpoint]}
        for source, endpoint in mirrors
        if not emit.is_header_key(source)
    }
    inline_configs = {
        host: {"tls": settings} for host, settings in tls.items() if not emit.is_header_key(host)
    }
    mirrors = [pair for pair in mirrors if pair[0] not in inline_mirrors]
    tls = {host: settings for host, settings in tls.items() if host not in inline_configs}
    registry: dict[str, Any] = {
        "mirrors": inline_mirrors | {source: {"endpoint": [url]} for source, url in mirrors}
    }
    if tls or inline_configs:
        configs = {host: {"tls": settings} for host, settings in tls.items()}
        registry["configs"] = inline_configs | configs
    plugin: dict[str, Any] = {"registry": registry}
    data: dict[str, Any] = {"version": config_version}
    if full:
        data["imports"] = ["/etc/containerd/conf.d/*.toml"]
        runc = {"runtime_type": "io.containerd.runc.v2", "options": {"SystemdCgroup": True}}
        plugin = {"containerd": {"runtimes": {"runc": runc}}, **plugin}
    data["plugins"] = {PLUGINS[config_version]: plugin}
    yield Artifact(
        path=choice.option("out", CONFIG.file),
        text=emit.render(
            "containerd.toml.j2",
            config_version=config_version,
            full=full,
            plugin=PLUGINS[config_version],
            inline_mirrors=inline_mirrors,
            mirrors=mirrors,
            has_configs="configs" in registry,
            inline_configs=inline_configs,
            tls=tls,
        ),
        data=data,
        syntax="toml",
    )


def _tls(spec: Spec, choice: TargetEntry) -> dict[str, dict[str, Any]]:
    """`registry.configs."HOST".tls` by host; containerd 1.x only reads it."""
    settings: dict[str, dict[str, Any]] = {}
    for host, has_ca, skip in tls_hosts(spec):
        settings[host] = {"insecure_skip_verify": True} if skip else {}
        if has_ca and not skip:
            settings[host] = {"ca_file": choice.option("caFile", "")}
    return settings


def placement(spec: Spec, choice: TargetEntry) -> Placement:
    """Of the file, and of the CAs that it names; a fragment is a part of config.toml."""
    path = choice.option("caFile") if choice.option("endpoints") == "api" else None
    accesses = [spec.access(host) for host, has_ca, skip in tls_hosts(spec) if has_ca and not skip]
    certificates = dict.fromkeys(str(access.ca_cert) for access in accesses if access)
    companion_files = ((path, "".join(certificates)),) if path and certificates else ()
    part = choice.option("form") != "full"
    return Placement(
        (("", CONFIG.destination),), ("containerd",), companion_files, part_of_file=part
    )
