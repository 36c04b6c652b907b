"""config.toml of containerd, versions 1 to 4, and the fragments that it imports."""

from __future__ import annotations

from ...diagnostics import Place, code_span
from ...mirrors import HUB, LIBRARY
from ...reading.claims import (
    NO_TOKEN,
    claim_login,
    lose_client_certificate,
    lose_endpoint,
    lose_key,
    names_upstream,
    say_ca,
)
from ...reading.facts import Reading, is_below_api, leaves, served_by
from ...reading.losses import host_name, key_name, source_name
from . import CERTS_D, CONFIG, CONFIG_FORMAT, CONFIG_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...diagnostics import Path
    from ...reading.facts import Source

_NAMES = {
    1: "cri",
    2: "io.containerd.grpc.v1.cri",
    3: "io.containerd.cri.v1.images",
    4: "io.containerd.cri.v1.images",
}
"""The plugin that reads `registry`, by the version of the format."""
_RUNTIME = "io.containerd.cri.v1.runtime"
"""The plugin that has the settings of runtimes, since version 3."""
_PINNED = ("plugins", "cri", "pinned_images", "sandbox")
_LAST_OF_1 = "1.7"
"""The line of containerd whose configuration still has `registry.configs.*.tls`."""
_TOP = ("version", "imports", "plugins", "root", "state", "grpc", "disabled_plugins")
_RUNC = ("containerd", "runtimes", "runc")
_FULL = {(*_RUNC, "runtime_type"), (*_RUNC, "options", "SystemdCgroup")}
_IMPORTS = ["/etc/containerd/conf.d/*.toml"]
_RUNC_TYPE = "io.containerd.runc.v2"


def recognises(data: Any) -> bool:
    """Whether a TOML text is such a configuration."""
    return isinstance(data, dict) and any(key in data for key in _TOP)


def read(source: Source) -> Reading:
    """The facts of one file, whatever the others say that it imports or is imported by."""
    data = source.data
    exhaustive = frozenset({"endpoint", "config_path", "tls"})
    reading = Reading(CONFIG_FORMAT.kind, source, exhaustive=exhaustive, target=CONFIG.name)
    reading.has_imports = bool(data.get("imports"))
    plugins = data.get("plugins")
    plugins = plugins if isinstance(plugins, dict) else {}
    name, held = _plugin(reading, data, plugins)
    registry = held.get("registry")
    registry = registry if isinstance(registry, dict) else {}
    path: Path = ("plugins", name, "registry")
    _homes(reading, path)
    say_registry(reading, registry, path)
    if not any(fact.subject[0] in ("endpoint", "config_path") for fact in reading.facts):
        reading.target = ""  # it has no setting that a target writes
    reading.keeps_logins = reading.target == CERTS_D.name
    _settings(reading, data, path)
    _options(reading, data, name, held)
    return reading


def _plugin(
    reading: Reading, data: dict[str, Any], plugins: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The name and the table of the plugin with `registry`, and a note if it is not read."""
    version = data.get("version", 1)
    wanted = _NAMES.get(version, "") if type(version) is int else ""
    present = [
        name
        for name in dict.fromkeys((wanted, *_NAMES.values()))
        if isinstance(plugins.get(name), dict) and "registry" in plugins[name]
    ]
    if present:
        known = present[0] == wanted or (wanted == _NAMES[3] and version not in _NAMES)
        at = reading.place("version") if "version" in data else reading.place()
        meant = f"a file of version {version} has `registry` below {wanted or 'no plugin'}"
        shown = f"{meant}, and not below {present[0]}"
        reading.add(("format",), known, at, shown=shown)
        for name in present[1:]:
            at = reading.place("plugins", name, "registry", on_key=True)
            what = f"`registry` of {code_span(name)}"
            reading.lose(at, what, f"the table of {code_span(present[0])} is read")
        return present[0], plugins[present[0]]
    return wanted or _NAMES[2], {}


def _homes(reading: Reading, path: Path) -> None:
    """Where what is missing would be: below the nearest table that there is."""
    for kind in ("endpoint", "config_path", "tls", "ca", "auth", "setting", "format"):
        below = {"endpoint": (*path, "mirrors"), "setting": ()}.get(kind, path)
        reading.anchors[kind,] = Place(below, on_key=bool(below))


def say_registry(reading: Reading, registry: dict[str, Any], path: Path) -> None:
    """The facts and claims of the table `registry`.

    Args:
        reading: gets them.
        registry: the table, of one file or of several that were merged.
        path: of the table in the document.
    """
    if registry.get("config_path"):
        value = registry["config_path"]
        reading.add(("config_path",), value, reading.place(*path, "config_path"))
        reading.target = CERTS_D.name
        if ":" in str(value):
            reading.leave(reading.place(*path, "config_path"), "it is a list of folders")
        elif value != CONFIG_PATH:
            reading.options["configPath"] = value
    mirrors = reading.table(registry.get("mirrors"), *path, "mirrors")
    for source, table in mirrors.items():
        reading.target = CONFIG.name
        reading.options.pop("configPath", None)
        _mirror(reading, source, table, (*path, "mirrors", source))
    _lose_keys(reading, [source for source in mirrors if source != LIBRARY or HUB not in mirrors])
    for host, table in reading.table(registry.get("configs"), *path, "configs").items():
        _host(reading, host, table, (*path, "configs", host))
    for url, table in reading.table(registry.get("auths"), *path, "auths").items():
        _login(reading, url.partition("://")[2] or url, table, (*path, "auths", url))
    headers = registry.get("headers")
    for key in headers if isinstance(headers, dict) else ():
        why = NO_TOKEN if key.lower() == "authorization" else "a spec has no headers"
        place = reading.place(*path, "headers", key, on_key=True)
        reading.lose(place, f"header {key_name(key)} of every registry", why)
    known = ("config_path", "mirrors", "configs", "auths", "headers")
    reading.leave_others(registry, known, *path, of="`registry`")


def _mirror(reading: Reading, source: str, table: Any, path: Path) -> None:
    """One upstream: its endpoints in order. The last one is the upstream, written or not."""
    table = reading.table(table, *path)
    endpoints = reading.texts(table.get("endpoint"), *path, "endpoint")
    at = (
        reading.place(*path, "endpoint")
        if table.get("endpoint")
        else reading.place(*path, on_key=True)
    )
    normal = [normalised(one) for one in endpoints]
    while len(normal) > 1 and _is_api_of_upstream(normal[-1], source):
        normal.pop()
    if len(normal) < len(endpoints):
        reading.claim(("fallback", source), "allow", reading.place(*path, "endpoint", len(normal)))
    reading.add(("endpoint", source), tuple(normal), at, shown=", ".join(endpoints))
    name = source_name(source)
    if not endpoints:
        reading.lose(at, f"the mirror of {name}", "it has no endpoint")
    for index, endpoint in enumerate(endpoints):
        place = reading.place(*path, "endpoint", index)
        found = served_by(endpoint)
        if index >= len(normal):
            continue  # the upstream comes last, whether it is written or not
        if index:
            if normal[index] != normal[0]:
                lose_endpoint(reading, source, endpoint, place)
            continue
        if found is None:
            why = "its endpoint is not the URL of a registry"
            reading.lose(place, f"the mirror of {name}", why)
            continue
        scheme, served = found
        if scheme and not is_below_api(normal[0]):
            reading.lose_root(place, normal[0], f"the mirror of {name}")
            continue
        reading.claim(("mirror", source), served, place)
        reading.claim(("form", source), "api" if scheme else "documented", place)
        if scheme == "http":
            reading.claim(("host", served.location.host, "plainHTTP"), True, place)  # noqa: FBT003
        elif scheme:
            reading.claim(("host", served.location.host, "plainHTTP"), False, place)  # noqa: FBT003
    reading.leave_others(table, ("endpoint",), *path, of=name)


def _lose_keys(reading: Reading, sources: list[str]) -> None:
    """Report the sources with a path, which containerd does not look up, in place of their claims.

    The documented values have `docker.io/library` next to `docker.io`, which also serves it.
    """
    lost = {("mirror", source) for source in sources if "/" in source}
    for fact in reading.claims:
        if fact.subject in lost:
            lose_key(reading, fact.subject[1], "containerd", fact.place)
    reading.claims = [fact for fact in reading.claims if fact.subject not in lost]


def _is_api_of_upstream(root: str, source: str) -> bool:
    """Whether an endpoint is the upstream, which containerd contacts last, under any name."""
    return root.startswith("https://") and root.endswith("/v2") and names_upstream(source, root)


def normalised(endpoint: str) -> str:
    """An endpoint, so that two that lead to the same requests are the same.

    Source: containerd, internal/cri/server/images/image_pull.go: without a scheme it is https, and
    http on this machine; an empty path is `/v2`.
    """
    scheme, separator, rest = endpoint.partition("://")
    if not separator:
        rest = endpoint
        local = rest.startswith(("localhost", "127.", "[::1]"))
        scheme = "http" if local else "https"
    host, slash, path = rest.partition("/")
    if not slash:
        return f"{scheme}://{host}/v2"
    return f"{scheme}://{host}/{path.rstrip('/')}" if path else f"{scheme}://{host}/"


def _host(reading: Reading, host: str, table: Any, path: Path) -> None:
    """`registry.configs."HOST"`: TLS settings and a login."""
    table = reading.table(table, *path)
    for key, value in reading.table(table.get("tls"), *path, "tls").items():
        place = reading.place(*path, "tls", key)
        if key == "insecure_skip_verify":
            reading.add(("tls", host, key), value, place)
            reading.claim_switch(("host", host, "insecureSkipVerify"), value, place)
            reading.options["version"] = _LAST_OF_1
        elif key == "ca_file" and isinstance(value, str):
            reading.add(("tls", host, key), value, place)
            say_ca(reading, host, value, place)
            if value.startswith("/"):
                reading.options["caFile"] = value
            reading.options["version"] = _LAST_OF_1
        elif key in ("cert_file", "key_file"):
            lose_client_certificate(reading, host, reading.place(*path, "tls", key, on_key=True))
        else:
            what = f"{key_name(key)} of {host_name(host)}"
            at = reading.place(*path, "tls", key, on_key=True)
            reading.lose(at, what, "a spec has no such TLS setting")
    _login(reading, host, table.get("auth"), (*path, "auth"))
    reading.leave_others(table, ("tls", "auth"), *path, of=host_name(host))


def _login(reading: Reading, host: str, login: Any, path: Path) -> None:
    """The login for a host."""
    claimed = len(reading.claims)
    for key, value in reading.table(login, *path).items():
        claim_login(reading, host, key, value, *path, key)
    if len(reading.claims) > claimed:
        reading.options["credentials"] = "config"


def _settings(reading: Reading, data: dict[str, Any], registry: Path) -> None:
    """All other values of the file, of which those matter that regspec writes."""
    for path, value in leaves(data):
        if path[: len(registry)] != registry and path != ("version",):
            words = _general(tuple(str(step) for step in path))
            secret = not isinstance(value, bool | int | list) and len(path) > 1
            reading.add(("setting", *words), value, reading.place(*path), secret=secret)


def _general(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path of a setting, whatever the plugin is called that has it in the file's version."""
    if path[0] == "plugins" and path[1:2] and path[1] in {*_NAMES.values(), _RUNTIME}:
        path = ("plugins", "cri", *path[2:])
    return ("plugins", "cri", "sandbox_image") if path == _PINNED else path


def _options(reading: Reading, data: dict[str, Any], name: str, held: dict[str, Any]) -> None:
    """The options of the target that makes such a file, and what no target makes."""
    plugin = ("plugins", name)
    if reading.target == CERTS_D.name:
        settings = _options_of_certs_d(reading, held)
    else:
        settings = _options_of_config(reading, data, name, held)
    # That it imports conf.d goes without saying.
    carried: set[Path] = {("version",), *([("imports",)] if _is_full(data) else [])}
    _leave(reading, data, carried | {(*plugin, *path) for path in settings})


def _options_of_certs_d(reading: Reading, held: dict[str, Any]) -> set[tuple[str, ...]]:
    """Set the options of target `certs.d`.

    Returns:
        The settings of the plugin that they copy.
    """
    options = reading.options
    options.pop("caFile", None)
    options.pop("version", None)
    settings: set[tuple[str, ...]] = set()
    if isinstance(held.get("sandbox_image"), str):
        options["sandboxImage"] = held["sandbox_image"]
        settings.add(("sandbox_image",))
    systemd = _systemd_cgroup(held)
    if systemd is not None:
        options["systemdCgroup"] = systemd
        settings |= _FULL
    return settings


def _options_of_config(
    reading: Reading, data: dict[str, Any], name: str, held: dict[str, Any]
) -> set[tuple[str, ...]]:
    """Set the options of target `containerd`.

    Returns:
        The settings of the plugin that they copy.
    """
    options = reading.options
    options.pop("credentials", None)
    api = _is_api(reading)
    if api:
        options["endpoints"] = "api"
        reading.cannot_express = lambda source, _served: source == LIBRARY
        _lose_keys(reading, [LIBRARY])
    else:
        options.pop("caFile", None)
        options.pop("version", None)
    if api and name == _NAMES[3]:
        options["configVersion"] = 3
    elif _systemd_cgroup(held) and _is_full(data):
        options["form"] = "full"
        return _FULL
    return set()


def _is_api(reading: Reading) -> bool:
    """Whether all endpoints are URLs of APIs; the claims on their forms are taken away."""
    forms = [fact for fact in reading.claims if fact.subject[0] == "form"]
    reading.claims = [fact for fact in reading.claims if fact.subject[0] != "form"]
    of_apis = [fact for fact in forms if fact.value == "api"]
    if len(of_apis) < len(forms):
        for fact in of_apis:
            reading.leave(fact.place, "other endpoints are written without scheme or `/v2`")
    return bool(forms) and len(of_apis) == len(forms)


def _systemd_cgroup(held: dict[str, Any]) -> bool | None:
    """`SystemdCgroup` of runc, or none if the table is not one that a target writes."""
    table: Any = held
    for step in _RUNC:
        table = table.get(step) if isinstance(table, dict) else None
    options = table.get("options") if isinstance(table, dict) else None
    systemd = options.get("SystemdCgroup") if isinstance(options, dict) else None
    is_written = isinstance(systemd, bool) and table.get("runtime_type") == _RUNC_TYPE
    return systemd if is_written else None


def _is_full(data: dict[str, Any]) -> bool:
    return bool(data.get("imports") == _IMPORTS)


def _leave(reading: Reading, data: dict[str, Any], carried: set[Path]) -> None:
    """List the tables and keys of which no setting is copied, the outermost of each."""

    def known(path: Path) -> bool:
        return any(one[: len(path)] == path for one in carried)

    def walk(table: dict[str, Any], path: Path) -> None:
        for key, value in table.items():
            below = (*path, key)
            if below in carried or (len(below) == 3 and key == "registry"):  # noqa: PLR2004
                continue
            has_registry = len(below) == 2 and isinstance(value, dict) and "registry" in value  # noqa: PLR2004
            if isinstance(value, dict) and (known(below) or has_registry or below == ("plugins",)):
                walk(value, below)
            elif value not in ({}, [], "", None):
                reading.leave_unrelated(reading.place(*below, on_key=True))

    walk(data, ())
