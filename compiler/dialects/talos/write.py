"""The registries of Talos: a patch of its machine configuration, in either of its two forms.

Source: siderolabs/talos, pkg/machinery/config/types/v1alpha1/v1alpha1_types.go and types/cri.
"""

from __future__ import annotations

import binascii

from ... import emit
from ...mirrors import Location
from ...model import Trust
from ..dialect import Artifact
from . import (
    FIRST_WITH_DOCUMENTS,
    FIRST_WITH_SKIP_FALLBACK,
    TARGET,
    panics_at_tls,
    version_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Access, Spec, TargetEntry


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    version = version_of(choice)
    # Talos refuses a file with a key that it does not know.
    can_skip = version is None or version >= FIRST_WITH_SKIP_FALLBACK
    mirrors = {
        source: (url, can_skip and (spec.fallback == "deny" or itself))
        for source, url, itself in _mirrors(spec)
    }
    accesses = {host: access for host in spec.mirror_hosts if (access := spec.access(host))}
    data: Any
    is_old = version is None or version < FIRST_WITH_DOCUMENTS
    if is_old or (panics_at_tls(choice) and any(map(_tls, accesses.values()))):
        data = _patch(mirrors, accesses)
        text = emit.yaml_text(data)
    else:
        data = list(_documents(mirrors, accesses))
        text = "".join(f"---\n{emit.yaml_text(document)}" for document in data)
    has_login = any(access.has_login for access in accesses.values())
    yield Artifact(
        path=choice.option("out", TARGET.file),
        text=f"{emit.HEADER}\n{text}",
        data=data,
        syntax="yaml" if isinstance(data, dict) else "yaml documents",
        mode=0o600 if has_login else 0o644,
        holds_secret=has_login,
        secret_keys=frozenset({"username", "password"}),
    )


def _mirrors(spec: Spec) -> Iterator[tuple[str, str, bool]]:
    """Each registry, its API root, and whether this is the registry itself."""
    sources = set()
    for mirror in spec.by_registry:
        sources.add(mirror.source)
        itself = mirror.source == str(mirror.location)
        yield mirror.source, spec.api_root(mirror.location), itself
    for host in spec.mirror_hosts:
        if spec.trust(host) is Trust.PLAIN_HTTP and host not in sources:
            # Also for images that are named by it: Talos takes https otherwise.
            yield host, spec.api_root(Location(host)), True


def _tls(access: Access) -> dict[str, Any]:
    """What is said of a host's certificate; of a host without TLS Talos takes no such thing."""
    match access.trust:
        case Trust.SKIP_VERIFY:
            return {"insecureSkipVerify": True}
        case Trust.CA:
            return {"ca": str(access.ca_cert)}
    return {}


def _patch(mirrors: dict[str, tuple[str, bool]], accesses: dict[str, Access]) -> dict[str, Any]:
    """The patch of the document v1alpha1, in which a CA is the base64 of its PEM."""
    config: dict[str, Any] = {}
    for host, access in accesses.items():
        settings: dict[str, Any] = {}
        if access.login:
            username, password = access.login
            settings["auth"] = {"username": username, "password": password}
        tls = _tls(access)
        if "ca" in tls:
            tls["ca"] = binascii.b2a_base64(tls["ca"].encode(), newline=False).decode()
        if tls:
            settings["tls"] = tls
        if settings:
            config[host] = settings
    registries: dict[str, Any] = {
        "mirrors": {
            source: {
                "endpoints": [url],
                "overridePath": True,
                **({"skipFallback": True} if skip else {}),
            }
            for source, (url, skip) in mirrors.items()
        }
    }
    if config:
        registries["config"] = config
    return {"machine": {"registries": registries}}


def _documents(
    mirrors: dict[str, tuple[str, bool]], accesses: dict[str, Access]
) -> Iterator[dict[str, Any]]:
    """A document for each mirror, for the TLS settings and for the login of each host."""
    for source, (url, skip) in mirrors.items():
        endpoints = [{"url": url, "overridePath": True}]
        settings: dict[str, Any] = {"skipFallback": True} if skip else {}
        yield _document("RegistryMirrorConfig", source, {"endpoints": endpoints, **settings})
    for host, access in accesses.items():
        tls = _tls(access)
        if tls:
            yield _document("RegistryTLSConfig", host, tls)
        if access.login:
            username, password = access.login
            login = {"username": username, "password": password}
            yield _document("RegistryAuthConfig", host, login)


def _document(kind: str, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1alpha1", "kind": kind, "name": name, **settings}
