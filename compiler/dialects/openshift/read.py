"""The mirror sets, the image configuration and the registry CAs of an OpenShift cluster."""

from __future__ import annotations

import re

from ...diagnostics import code_span
from ...mirrors import Location
from ...reading.claims import is_served_by_itself, names_upstream
from ...reading.facts import Reading, Served, certificates_in, repaired_certificates, text_of
from ...reading.losses import host_name, place_name, source_name
from ...reading.objects import OF_ITS_KIND, add_object
from . import AUTHORITIES, DIGEST_MIRRORS, IMAGE, TAG_MIRRORS, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...reading.facts import Source

_CONFIG = "config.openshift.io/"
_LISTS = {
    DIGEST_MIRRORS.kind: "imageDigestMirrors",
    TAG_MIRRORS.kind: "imageTagMirrors",
    # The only set up to OpenShift 4.12, for images with a digest.
    "ImageContentSourcePolicy": "repositoryDigestMirrors",
}
_NAMESPACE = "openshift-config"
_PEM = "-----BEGIN CERTIFICATE-----"
_BUNDLE = "ca-bundle.crt"
"""The key of a ConfigMap of CAs for all hosts, which does not name a registry."""
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
"""A key of a ConfigMap. Source: IsConfigMapKey in k8s.io/apimachinery, pkg/util/validation."""
_NO_KEY = "a key of a ConfigMap has letters, digits, `-`, `_` and `.` alone"
_OBJECT = ("apiVersion", "kind", "metadata", "status")
_NEVER, _ALLOW = "NeverContactSource", "AllowContactingSource"


def recognises(data: Any) -> bool:
    """Whether a document is one of these objects."""
    if not isinstance(data, dict):
        return False
    version, kind = data.get("apiVersion"), data.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        return False
    if kind == "ConfigMap":
        metadata, held = data.get("metadata"), data.get("data")
        return (
            isinstance(metadata, dict)
            and metadata.get("namespace") == _NAMESPACE
            and isinstance(held, dict)
            and _BUNDLE not in held
            and any(isinstance(text, str) and _PEM in text for text in held.values())
        )
    if version.startswith(_CONFIG):
        return kind in _LISTS or kind == "Image" or _is_like_a_set(kind)
    return kind in _LISTS


def _is_like_a_set(kind: str) -> bool:
    """Whether a kind that OpenShift does not have was meant to be a set of mirrors."""
    return "mirror" in kind.lower()


def read(source: Source) -> Reading:
    """The facts of one object. Each of several sets of one kind is read on its own."""
    kind = source.data["kind"]
    if kind == "ConfigMap":
        return _authorities(source)
    return _image(source) if kind == "Image" else _mirrors(source, _kind_of(source.data))


def _kind_of(data: dict[str, Any]) -> str:
    """The kind of a set of mirrors, or the kind that an unknown one was meant to be."""
    if data["kind"] in _LISTS:
        return str(data["kind"])
    lists = _spec(data)
    return next((kind for kind, key in _LISTS.items() if key in lists), TAG_MIRRORS.kind)


def _spec(data: dict[str, Any]) -> dict[str, Any]:
    spec = data.get("spec")
    return spec if isinstance(spec, dict) else {}


def _mirrors(source: Source, kind: str) -> Reading:
    old = kind not in (DIGEST_MIRRORS.kind, TAG_MIRRORS.kind)
    known = DIGEST_MIRRORS.kind if old else kind
    reading = Reading(known, source, exhaustive=frozenset({"mirrors"}), target=TARGET.name)
    reading.cannot_express = is_served_by_itself
    key, spec = _LISTS[kind], _spec(source.data)
    home = reading.place("spec", on_key=True) if "spec" in source.data else reading.place()
    if key in spec:
        home = reading.place("spec", key, on_key=True)
    reading.anchors["mirrors",] = home
    if not old:
        reading.anchors["policy",] = home
        add_object(reading, name="")
    listed = spec.get(key)
    if listed is not None and not isinstance(listed, list):
        reading.lose(reading.place("spec", key), "", "it is not a list of tables")
    for index, table in enumerate(listed if isinstance(listed, list) else ()):
        steps = ("spec", key, index)
        _mirror(reading, reading.table(table, *steps), steps, old=old)
    reading.leave_others(spec, (key,), "spec")
    reading.leave_others(source.data, (*_OBJECT, "spec"))
    return reading


def _mirror(
    reading: Reading, table: dict[str, Any], steps: tuple[str | int, ...], *, old: bool
) -> None:
    """One source and its mirrors."""
    source = text_of(table.get("source"))
    if not source:
        reading.lose(reading.place(*steps), "a mirror", "it has no `source`")
        return
    places = tuple(reading.texts(table.get("mirrors"), *steps, "mirrors"))
    if all(place == source for place in places):
        return  # an entry that only repeats its source has no mirror
    at = reading.place(*steps, "mirrors", 0)
    reading.add(("mirrors", source), places, at, shown=", ".join(places))
    listed = any(names_upstream(source, place) for place in places[1:])
    for number, place in enumerate(places):
        if number and names_upstream(source, place):
            continue
        if number:
            what = f"the mirror {place_name(place)} of {source_name(source)}"
            why = "a spec has one mirror for each source, the first one"
            reading.lose(reading.place(*steps, "mirrors", number), what, why)
        else:
            reading.claim(("mirror", source), Served(Location.parse(place)), at)
    policy, where = table.get("mirrorSourcePolicy"), at
    if policy is not None:
        where = reading.place(*steps, "mirrorSourcePolicy")
    if policy not in (_NEVER, _ALLOW, "", None):
        reading.lose(where, "", f"it is not `{_NEVER}` or `{_ALLOW}`")
        return
    if not old:
        reading.add(("policy", source), policy or _ALLOW, where)
    denied = policy == _NEVER and not listed
    reading.claim(("fallback", source), "deny" if denied else "allow", where)
    known = ("source", "mirrors", "mirrorSourcePolicy")
    reading.leave_others(table, known, *steps, of=source_name(source))


def _image(source: Source) -> Reading:
    """The image configuration of the cluster; a cluster has one."""
    reading = Reading(IMAGE.kind, source, exhaustive=frozenset({"insecure"}))
    spec = _spec(source.data)
    home = reading.place("spec", on_key=True) if "spec" in source.data else reading.place()
    reading.anchors["additionalTrustedCA",] = reading.anchors["insecure",] = home
    add_object(reading, name=OF_ITS_KIND)
    trusted = reading.table(spec.get("additionalTrustedCA"), "spec", "additionalTrustedCA")
    name = text_of(trusted.get("name"))
    if name:
        # Any name will do. The CAs in it are compared.
        place = reading.place("spec", "additionalTrustedCA")
        reading.add(("additionalTrustedCA",), value=True, place=place, shown=name)
        reading.claim(("authorities in",), name, place)
    steps = ("spec", "registrySources")
    sources = reading.table(spec.get("registrySources"), *steps)
    hosts = reading.texts(sources.get("insecureRegistries"), *steps, "insecureRegistries")
    for index, host in enumerate(hosts):
        place = reading.place(*steps, "insecureRegistries", index)
        reading.add(("insecure", host), value=True, place=place)
        reading.claim(("host", host, "insecure"), value=True, place=place)
    reading.leave_others(sources, ("insecureRegistries",), *steps, of="`registrySources`")
    known = ("additionalTrustedCA", "registrySources")
    reading.leave_others(spec, known, "spec", of="the image configuration")
    return reading


def _authorities(source: Source) -> Reading:
    """The ConfigMap with the CA of each registry. Two dots separate its port."""
    reading = Reading(AUTHORITIES.kind, source)
    reading.anchors["ca",] = reading.place("data", on_key=True)
    reading.claim(("authorities",), value=True, place=reading.place("data"))
    add_object(reading, name="", namespace=OF_ITS_KIND)
    for key, value in source.data["data"].items():
        place, text = reading.place("data", key), text_of(value) or ""
        host = ":".join(key.rsplit("..", 1))
        if not _KEY.fullmatch(key):
            right = key.replace(":", "..") if _KEY.fullmatch(key.replace(":", "..")) else ""
            why = f"no key of a ConfigMap has a `:`; write {code_span(right)}" if right else _NO_KEY
            at = reading.place("data", key, on_key=True)
            reading.add(("format",), value=False, place=at, shown=f"{code_span(key)}: {why}")
        reading.add(("ca", host), certificates_in(text), place)
        repaired = repaired_certificates(text)
        if isinstance(repaired, str):
            reading.lose(place, f"the CA for {host_name(host)}", repaired)
        else:
            reading.claim(("host", host, "caCert"), text, place)
    return reading
