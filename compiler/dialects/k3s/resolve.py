"""k3s and RKE2: what their containerd requests for the manifest of an image, in order.

Source: k3s-io/k3s, pkg/agent/containerd/config.go, getHostConfigs, and the template of hosts.toml;
both were run, with containerd's resolver (tests/dialects/k3s).
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import SplitResult, urlsplit

from ... import pem
from ...docker_hub import HUB, HUB_HOST, default_host, is_upstream
from ...frozen import field, frozen, replace
from ...mirrors import WILDCARD, default_scheme
from .. import values
from ..attempt import Attempt, NothingRequested, Outcome, Resolver, manifest_url
from . import DIALECT, FILES
from .upstream_flag import has_flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..files import Tree

_SIMPLE = re.compile(r"\^?(?:[A-Za-z0-9_./-]|\\[.])*(?:\(\.[*+]\))?\$?")
"""The patterns that Go and Python understand alike, and in linear time."""


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """k3s or RKE2, by which folder exists. All versions resolve images alike."""
    del versions
    for path in FILES:
        folder = path.rpartition("/")[0]
        if files.names(folder) is not None:
            try:
                registries = Registries(files, path)
            except values.Refused as why:
                outcome = Outcome(loads=False, reason=str(why))
                yield Resolver(DIALECT.name, partial(_refuse, outcome))
            else:
                yield Resolver(DIALECT.name, registries.pull)


def _refuse(outcome: Outcome, written: str, image: Reference) -> Outcome:
    del written, image
    return outcome


@frozen
class _Endpoint:
    """One place of a hosts.toml that k3s writes."""

    url: SplitResult
    """With the root of the API as its path."""
    settings: Mapping[str, Any]
    """What `configs` has for its host."""
    rewrites: Mapping[str, str]
    is_mirror: bool = True


@frozen
class _Host:
    """One hosts.toml that k3s writes."""

    mirrors: tuple[_Endpoint, ...] = ()
    default: _Endpoint | None = field(default=None)
    """The `server`, which is requested last."""
    is_wildcard: bool = False
    """Whether the `server` is the registry of the image."""


class Registries:
    """The registries.yaml of a node, and what k3s makes of it; read once for many images.

    Args:
        tree: the files of the node.
        path: of the file, which may be missing.

    Raises:
        values.Refused: k3s does not start with it.
    """

    def __init__(self, tree: Tree, path: str) -> None:
        self._tree, self._path = tree, path
        documents = values.from_yaml(tree, path)
        data = values.table(documents[0] if documents else None, path)
        self._configs = {
            host: _settings(value, host) for host, value in values.items(data, "configs")
        }
        self._only_mirrors = has_flag(tree, path.rpartition("/")[0])
        self._hosts = {host: self._default_of(host) for host in self._configs if _is_host(host)}
        for source, mirror in values.items(data, "mirrors"):
            if _is_host(source):  # k3s reports the others, and goes on
                self._hosts[source] = self._with_mirrors(source, values.table(mirror, "a mirror"))
        for host, known in list(self._hosts.items()):
            if not known.mirrors and not (known.default and _has_settings(known.default)):
                del self._hosts[host]

    def _config_of(self, host: str) -> Mapping[str, Any]:
        """What `configs` has for a host. `*` is for a host without an entry of its own."""
        of_hub = self._configs.get(HUB_HOST) if host == HUB else None
        return of_hub or self._configs.get(host) or {}

    def _default_of(self, host: str) -> _Host:
        if host == WILDCARD:
            return _Host(is_wildcard=True)
        url, _ = _normalised(host)
        return _Host(default=_Endpoint(url, self._config_of(host), {}, is_mirror=False))

    def _with_mirrors(self, source: str, mirror: Mapping[str, Any]) -> _Host:
        host = self._hosts.get(source)
        if host is None:
            host = self._default_of(source)
            if self._only_mirrors:
                host = _Host(is_wildcard=source == WILDCARD)
        rewrites = {
            pattern: values.text(value, "a rewrite")
            for pattern, value in values.items(mirror, "rewrite")
        }
        endpoints = values.texts(mirror.get("endpoint"), "`endpoint`")
        places: dict[str, _Endpoint] = {}
        for number, endpoint in enumerate(endpoints, 1):
            try:
                url, registry = _normalised(endpoint)
            except ValueError:  # k3s warns of it, and goes on
                continue
            if url.geturl() in places:
                continue
            place = _Endpoint(url, self._config_of(registry), rewrites)
            is_last = number == len(endpoints)
            if is_last and host.default and host.default.url.geturl() == url.geturl():
                host = replace(host, default=replace(place, is_mirror=False))
            else:
                places[url.geturl()] = place
        return replace(host, mirrors=tuple(places.values()))

    def pull(self, written: str, image: Reference) -> Outcome:
        """What is requested for an image: as it was written, and in full."""
        del written
        refused = self._damaged_authority(image)
        if refused:
            why = f"{refused} holds no certificate that Go can load: no request is made"
            return Outcome(loads=True, reason=why)
        try:
            return Outcome(loads=True, attempts=tuple(self._attempts(image)))
        except NothingRequested as why:
            return Outcome(loads=True, reason=str(why))

    def _damaged_authority(self, image: Reference) -> str:
        """The CA file of a place of an image with which its hosts.toml does not load, or nothing.

        Source: updateTLSConfigFromHost in core/remotes/docker/config/hosts.go of containerd v2.1.0.
        """
        host = self._host_of(image) or _Host()
        for endpoint in (*host.mirrors, *filter(None, [host.default])):
            path = (endpoint.settings.get("tls") or {}).get("ca_file")
            text = values.text_of(self._tree, path) if path else None
            if text is not None and not pem.certificates(text):
                return str(path)
        return ""

    def _host_of(self, image: Reference) -> _Host | None:
        return self._hosts.get(image.registry) or self._hosts.get(WILDCARD)

    def _attempts(self, image: Reference) -> Iterator[Attempt]:
        host = self._host_of(image)
        for endpoint in host.mirrors if host else ():
            yield self._attempt(endpoint, image)
        if host and host.default:
            yield self._attempt(host.default, image)
        elif host is None or (host.is_wildcard and not self._only_mirrors):
            registry = default_host(image.registry)
            yield Attempt(
                manifest_url(image, "https", registry, "/v2"),
                upstream=True,
                falls_back=default_scheme(registry) == "http",
            )

    def _attempt(self, endpoint: _Endpoint, image: Reference) -> Attempt:
        url = endpoint.url
        changed = image
        for pattern in endpoint.rewrites:
            repository = _rewritten(image.repository, pattern, endpoint.rewrites[pattern])
            if repository is None:
                raise NothingRequested(
                    f"it is not known what is requested: regspec cannot apply the rewrite {pattern}"
                )
            if repository != image.repository:
                changed = replace(image, repository=repository)
                break
        settings, tls = endpoint.settings, endpoint.settings.get("tls") or {}
        authority = tls.get("ca_file") or ""
        is_known = bool(authority) and values.is_there(self._tree, authority)
        return Attempt(
            manifest_url(changed, url.scheme, url.netloc, url.path),
            upstream=is_upstream(url.netloc, image.registry, url.scheme),
            file=self._path if endpoint.is_mirror or settings else None,
            authorities=(authority,) if is_known else (),
            skip_verify=bool(tls.get("insecure_skip_verify")),
            login=self._path if settings.get("auth") else "",
        )

    def first_url(self, image: Reference) -> str | None:
        """The URL of the first mirror of an image, or none if it has none."""
        first = next(self._attempts(image), None)
        return first.url if first and first.file and not first.upstream else None


def _settings(value: Any, host: str) -> Mapping[str, Any]:
    """One entry of `configs`, without what it does not set."""
    settings = values.table(value, f"`{host}`")
    tls, auth = values.table(settings.get("tls"), "`tls`"), settings.get("auth")
    return {
        **({"tls": _tls(tls)} if settings.get("tls") is not None else {}),
        **({"auth": values.table(auth, "`auth`")} if auth is not None else {}),
    }


def _tls(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "ca_file": values.text(table.get("ca_file"), "`ca_file`"),
        "insecure_skip_verify": values.flag(
            table.get("insecure_skip_verify"), "`insecure_skip_verify`"
        ),
    }


def _has_settings(endpoint: _Endpoint) -> bool:
    is_plain = endpoint.url.path == "/v2"
    return bool(endpoint.settings or endpoint.rewrites) or not is_plain


def _is_host(name: str) -> bool:
    try:
        return name == WILDCARD or bool(_normalised(name))
    except ValueError:
        return False


def _normalised(endpoint: str) -> tuple[SplitResult, str]:
    """An endpoint as k3s writes it, and the registry by which its settings are looked up.

    Raises:
        ValueError: it is not a URL.
    """
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    port = parts.port  # ValueError: it is not a number
    local = default_scheme(parts.netloc) == "http" and port not in (None, 443)
    scheme = parts.scheme or ("http" if local else "https")
    host = default_host(parts.netloc)
    path = "/v2" if parts.path in ("", "/", "/v2") else parts.path
    return SplitResult(scheme, host, path, "", ""), HUB if host == HUB_HOST else parts.netloc


def _rewritten(repository: str, pattern: str, replacement: str) -> str | None:
    """A repository after one rewrite; None if the pattern is not a simple one."""
    if not _SIMPLE.fullmatch(pattern):
        return None
    template = re.sub(r"\$(?:\{1\}|1(?![0-9A-Za-z_]))", "\0", replacement)
    if "$" in template:
        return None
    found = re.search(pattern, repository)
    if not found:
        return repository
    group = found[1] if found.re.groups else ""
    return repository[: found.start()] + template.replace("\0", group) + repository[found.end() :]
