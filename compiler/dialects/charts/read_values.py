"""Helm values: of image-swap, of the management plane, and the images of cert-manager."""

from __future__ import annotations

from ...model import CERT_MANAGER_IMAGES, IMAGE_SWAP_IMAGES
from ...reading.facts import (
    NUMBER,
    REGISTRY,
    Fact,
    Reading,
    certificates_in,
    decoded,
    is_number,
    repaired_certificates,
    say_string,
    switch_of,
    text_of,
)
from ..kubernetes import read_logins
from . import PALETTE, VALUES, VALUES_FORMAT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...reading.facts import Source

_BLOCKS = ("imageSwapImages", "imageSwapConfig", "ociImageRegistry", "imagePullSecret")
_TEXTS = ("endpoint", "name", "baseContentPath")
_LOGIN = ("username", "password")
_NO_TEXT = "it is not a text"
_PULL_SECRET = ("create", "dockerConfigJson")


def recognises(data: Any) -> bool:
    """Whether a document is such values: by the blocks that it has."""
    if not isinstance(data, dict) or "kind" in data:
        return False
    config, image, whole = data.get("config"), data.get("image"), data.get("global")
    return (
        (isinstance(config, dict) and any(block in config for block in _BLOCKS))
        or (isinstance(image, dict) and any(key in image for key in CERT_MANAGER_IMAGES))
        or (isinstance(whole, dict) and "imagePullSecret" in whole)
    )


def read(source: Source) -> Reading:
    """The facts of values; keys that are not the registry's are left unread."""
    data = source.data
    reading = Reading(
        VALUES_FORMAT.kind, source, exhaustive=frozenset({"mirror"}), target=VALUES.name
    )
    config = data.get("config")
    if isinstance(config, dict):
        at = reading.place("config", on_key=True)
        for kind in ("registry", "image imageSwap", "isEKSCluster", "mirror", "create config"):
            reading.anchors[(kind,)] = at
        reading.anchors["login", "config"] = at
        _registry(reading, config.get("ociImageRegistry"))
        _images(reading, config.get("imageSwapImages"), "imageSwap", "config", "imageSwapImages")
        _cluster(reading, config.get("imageSwapConfig"))
        _pull_secret(reading, config.get("imagePullSecret"), "imageSwap", "config")
        reading.leave_others(config, _BLOCKS, "config")
    whole = data.get("global")
    if isinstance(whole, dict):
        if "imagePullSecret" in whole:
            reading.target = PALETTE.name
        _pull_secret(reading, whole.get("imagePullSecret"), "", "global")
        reading.leave_others(whole, ("imagePullSecret",), "global")
    image = data.get("image")
    of_cert_manager = isinstance(image, dict) and any(key in image for key in CERT_MANAGER_IMAGES)
    if of_cert_manager:
        reading.anchors["image certManager",] = reading.place("image", on_key=True)
        _images(reading, image, "certManager", "image")
    _pull_secret(reading, data.get("imagePullSecret"), "certManager")
    known = ("config", "global", "imagePullSecret", *(("image",) if of_cert_manager else ()))
    reading.leave_others(data, known)
    return reading


def _registry(reading: Reading, registry: Any) -> None:
    if not isinstance(registry, dict):
        return
    steps = ("config", "ociImageRegistry")
    reading.anchors["registry",] = reading.anchors["mirror",] = reading.place(*steps, on_key=True)
    for key, value in registry.items():
        place, text = reading.place(*steps, key), text_of(value)
        if is_number(value):
            reading.facts.append(Fact(("registry", key), None, place, problem=NUMBER))
            reading.lose(place, "", NUMBER)
        elif text is None:
            reading.facts.append(Fact(("registry", key), None, place, problem=_NO_TEXT))
            reading.lose(place, "", _NO_TEXT)
        elif key in _TEXTS:
            reading.add(("registry", key), text, place)
            reading.claim((key,), text, place)
        elif key in _LOGIN:
            reading.add(("registry", key), text, place, secret=True)
            reading.claim(("host", REGISTRY, key), text, place, secret=True)
        elif key == "insecureSkipVerify":
            switch = False if value is None else switch_of(value)
            reading.add(("registry", key), switch, place)
            reading.claim_switch(("host", REGISTRY, key), value, place)
        elif key == "caCert":
            say_ca(reading, text, *steps, key)
        elif key == "mirrorRegistries":
            say_string(reading, text, *steps, key)
        else:
            at = reading.place(*steps, key, on_key=True)
            reading.leave(at, "the documented values have no such key")


def say_ca(reading: Reading, text: str, *steps: str | int) -> None:
    """The facts and claims of the registry's CA."""
    place = reading.place(*steps)
    reading.add(("registry", "caCert"), certificates_in(text), place)
    found = repaired_certificates(text)
    pem = decoded(text) or "" if isinstance(found, str) else text
    if isinstance(repaired_certificates(pem), str) or (text and not pem):
        reading.lose(place, "", str(found))
        return
    reading.claim(("host", REGISTRY, "caCert"), pem, place)


def _images(reading: Reading, images: Any, block: str, *steps: str | int) -> None:
    if not isinstance(images, dict):
        return
    known = IMAGE_SWAP_IMAGES if block == "imageSwap" else CERT_MANAGER_IMAGES
    reading.anchors[f"image {block}",] = reading.place(*steps, on_key=True)
    for key, value in images.items():
        text = text_of(value)
        if key not in known or not text:
            reading.leave(reading.place(*steps, key, on_key=True))
            continue
        reading.add((f"image {block}", key), text, reading.place(*steps, key))
        reading.claim(("image", block, key), text, reading.place(*steps, key))


def _cluster(reading: Reading, settings: Any) -> None:
    if not isinstance(settings, dict):
        return
    steps = ("config", "imageSwapConfig")
    if "isEKSCluster" in settings:
        value = switch_of(settings["isEKSCluster"])
        place = reading.place(*steps, "isEKSCluster")
        reading.add(("isEKSCluster",), value, place)
        reading.claim_switch(("isEKSCluster",), value, place)
    reading.anchors["isEKSCluster",] = reading.place(*steps, on_key=True)
    reading.leave_others(settings, ("isEKSCluster",), *steps)


def _pull_secret(reading: Reading, block: Any, chart: str, *steps: str | int) -> None:
    """A pull secret of a chart, `{create, dockerConfigJson}`; the management plane's is another."""
    if not isinstance(block, dict):
        return
    steps = (*steps, "imagePullSecret")
    where = str(steps[0]) if len(steps) > 1 else "image"
    reading.anchors["login", where] = reading.place(*steps, on_key=True)
    encoded = text_of(block.get("dockerConfigJson")) or ""
    place = reading.place(*steps, "dockerConfigJson")
    if chart:
        create = switch_of(block.get("create", False))
        at = reading.place(*steps, "create") if "create" in block else reading.place(*steps)
        reading.anchors[f"create {where}",] = reading.place(*steps, on_key=True)
        reading.add((f"create {where}",), create, at)
        if isinstance(create, bool) and create:
            reading.claim(("pullSecret", chart), create, at)
    text = decoded(encoded)
    if encoded and (text is None or not read_logins.say_text(reading, text, place, where)):
        reading.lose(place, "", "it is not the base64 of a dockerconfigjson")
    known = _PULL_SECRET if chart else ("dockerConfigJson",)
    reading.leave_others(block, known, *steps)
