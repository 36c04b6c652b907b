"""OpenShift: the registries.conf that its machine config operator writes for CRI-O on the nodes.

Source: openshift/runtime-utils, pkg/registries. It merges all mirror sets of a cluster. This models
the result for one set of each kind.
"""

from __future__ import annotations

from .. import values
from ..attempt import Resolver
from ..containers import short_names
from ..containers.resolve import Registries, Site, refusing
from ..files import texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Outcome
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
    ("ImageContentSourcePolicy", "repositoryDigestMirrors", "digest-only"),
    ("ImageTagMirrorSet", "imageTagMirrors", "tag-only"),
)


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """CRI-O on the nodes, with the files that the operator writes, the same for every version."""
    del versions
    try:
        pull = _pull_of(files)
    except values.Refused as why:
        pull = refusing(str(why))
    yield Resolver("openshift", pull)


def _pull_of(files: Tree) -> Callable[[str, Reference], Outcome]:
    """How the nodes of a cluster resolve images.

    Raises:
        values.Refused: an object has not the form that the API requires.
    """
    objects: list[dict[str, Any]] = []
    logins: set[str] = set()
    for name, text in texts(files):
        for document in values.yaml_of(text, name):
            item = values.table(document, name)
            auths = item.get("auths")  # what was added to the pull secret
            if auths is not None:
                logins |= values.table(auths, "`auths`").keys()
            elif values.text(item.get("kind"), "`kind`").endswith("List"):
                objects += values.tables(item.get("items"), "`items`")
            else:
                objects.append(item)
    site = Site(
        Registries(registries_conf(objects)),
        file=FILE,
        authorities=frozenset(_with_authorities(objects)),
        folder=AUTHORITIES,
        logins=frozenset(logins),
        login="the pull secret of the cluster",
    )
    return short_names.resolved(site.pull, _short_names(objects))


def _specs(objects: Iterable[Mapping[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The `spec` of each object of a kind."""
    return [
        values.table(item.get("spec"), "`spec`") for item in objects if item.get("kind") == kind
    ]


def _sources(spec: Mapping[str, Any]) -> dict[str, Any]:
    return values.table(spec.get("registrySources"), "`registrySources`")


def _short_names(objects: Iterable[Mapping[str, Any]]) -> short_names.ShortNames:
    """The registries in which the nodes of a cluster search, which the image configuration sets.

    Source: openshift/api, config/v1, RegistrySources, and openshift/api#636.
    """
    registries: tuple[str, ...] = _SEARCHED
    for spec in _specs(objects, "Image"):
        registries = values.texts(_sources(spec).get(_SEARCH_KEY), _SEARCH_KEY) or registries
    return short_names.ShortNames(registries, f"`{_SEARCH_KEY}` of image.config.openshift.io")


def _with_authorities(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The hosts that have a CA in the ConfigMap that the image configuration names."""
    held = list(objects)
    trusted = {
        values.table(spec.get("additionalTrustedCA"), "`additionalTrustedCA`").get("name")
        for spec in _specs(held, "Image")
    }
    for item in held:
        metadata = values.table(item.get("metadata"), "`metadata`")
        if item.get("kind") == "ConfigMap" and metadata.get("name") in trusted:
            for key, _ in values.items(item, "data"):
                yield ":".join(key.rsplit("..", 1))


def registries_conf(objects: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The data of registries.conf for the mirror sets and the image configuration of a cluster.

    Args:
        objects: of the cluster. Objects of other kinds are ignored.

    Raises:
        values.Refused: an object has not the form that the API requires.
    """
    held = list(objects)
    registries: dict[str, dict[str, Any]] = {}
    for kind, key, images in _KINDS:
        entries = [
            entry for spec in _specs(held, kind) for entry in values.tables(spec.get(key), key)
        ]
        for entry in sorted(entries, key=lambda entry: str(entry.get("source"))):
            _add_mirrors(registries, entry, images)
    for spec in _specs(held, "Image"):
        sources = _sources(spec)
        for scope in values.texts(sources.get("insecureRegistries"), "`insecureRegistries`"):
            registries.setdefault(scope, {"location": scope})
            _mark_insecure(registries.values(), scope)
        for scope in values.texts(sources.get("blockedRegistries"), "`blockedRegistries`"):
            registries.setdefault(scope, {"location": scope})["blocked"] = True
    return {"registry": list(registries.values())}


def _add_mirrors(
    registries: dict[str, dict[str, Any]], entry: Mapping[str, Any], images: str
) -> None:
    """Add the mirrors of one entry of a set, which are for images with a digest or with a tag."""
    source = values.text(entry.get("source"), "`source`")
    mirrors = values.texts(entry.get("mirrors"), "`mirrors`")
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
