"""OpenShift: the registries.conf that its machine config operator writes for CRI-O on the nodes.

Source: openshift/runtime-utils, pkg/registries. It merges all mirror sets of a cluster. This models
the result for one set of each kind.
"""

from __future__ import annotations

import json

from ..containers import short_names
from ..containers.resolve import Registries, Site
from ..containers.short_names import ShortNames
from ..files import texts, yaml_documents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from ..attempt import Resolver
    from ..files import Tree

FILE = "/etc/containers/registries.conf"
"""Where it is on a node."""
AUTHORITIES = "/etc/docker/certs.d"
"""Where the CAs of the ConfigMap are put on a node."""
_SEARCH_KEY = "containerRuntimeSearchRegistries"
_SEARCHED = ("registry.access.redhat.com", "docker.io")
"""The registries in which a node searches for a short name if the cluster sets none."""
_KINDS = (
    ("ImageDigestMirrorSet", "imageDigestMirrors", "digest-only"),
    ("ImageTagMirrorSet", "imageTagMirrors", "tag-only"),
)


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """CRI-O on the nodes, with the files that the operator writes, the same for every version."""
    del versions
    objects, logins = [], set()
    for name, text in texts(files):
        if name.endswith((".yaml", ".yml")):
            objects += yaml_documents(text)
        else:  # what was added to the pull secret
            logins |= json.loads(text).get("auths", {}).keys()
    site = Site(
        Registries(registries_conf(objects)),
        file=FILE,
        authorities=frozenset(_with_authorities(objects)),
        folder=AUTHORITIES,
        logins=frozenset(logins),
        login="the pull secret of the cluster",
    )
    yield short_names.resolver_of("openshift", site.attempts, _short_names(objects))


def _short_names(objects: Iterable[Mapping[str, Any]]) -> ShortNames:
    """The registries in which the nodes of a cluster search, which the image configuration sets.

    Source: openshift/api, config/v1, RegistrySources, and openshift/api#636.
    """
    registries: tuple[str, ...] = _SEARCHED
    for item in objects:
        sources = item["spec"].get("registrySources", {}) if item["kind"] == "Image" else {}
        registries = tuple(sources.get(_SEARCH_KEY, registries))
    return ShortNames(registries, f"`{_SEARCH_KEY}` of image.config.openshift.io")


def _with_authorities(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The hosts that have a CA in the ConfigMap that the image configuration names."""
    held = list(objects)
    images = [one["spec"] for one in held if one["kind"] == "Image"]
    trusted = {spec.get("additionalTrustedCA", {}).get("name") for spec in images}
    for one in held:
        if one["kind"] == "ConfigMap" and one["metadata"]["name"] in trusted:
            yield from (":".join(key.rsplit("..", 1)) for key in one["data"])


def registries_conf(objects: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The data of registries.conf for the mirror sets and the image configuration of a cluster.

    Args:
        objects: of the cluster. Objects of other kinds are ignored.
    """
    held = [item for item in objects if "spec" in item]
    registries: dict[str, dict[str, Any]] = {}
    for kind, key, images in _KINDS:
        entries = [
            one for item in held if item["kind"] == kind for one in item["spec"].get(key, ())
        ]
        for entry in sorted(entries, key=lambda entry: str(entry["source"])):
            _add_mirrors(registries, entry, images)
    for item in held:
        sources = item["spec"].get("registrySources", {}) if item["kind"] == "Image" else {}
        for scope in sources.get("insecureRegistries", ()):
            registries.setdefault(scope, {"location": scope})
            _mark_insecure(registries.values(), scope)
    return {"registry": list(registries.values())}


def _add_mirrors(
    registries: dict[str, dict[str, Any]], entry: Mapping[str, Any], images: str
) -> None:
    """Add the mirrors of one entry of a set, which are for images with a digest or with a tag."""
    source, mirrors = entry["source"], entry.get("mirrors", ())
    if all(mirror == source for mirror in mirrors):
        return  # an entry that only repeats its source has no mirror
    registry = registries.setdefault(source, {"location": source})
    if entry.get("mirrorSourcePolicy") == "NeverContactSource":
        registry["blocked"] = True
    registry.setdefault("mirror", []).extend(
        {"location": mirror, "pull-from-mirror": images} for mirror in mirrors
    )


def _mark_insecure(registries: Iterable[dict[str, Any]], scope: str) -> None:
    """Mark the registries and mirrors that are within a scope, a host with or without a path."""
    for registry in registries:
        for place in (registry, *registry.get("mirror", ())):
            if f"{place['location']}/".startswith(f"{scope}/"):
                place["insecure"] = True
