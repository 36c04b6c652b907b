"""The registry Secret, as it was written, or as `kubectl get` prints it."""

from __future__ import annotations

from ...reading.facts import (
    NUMBER,
    REGISTRY,
    Fact,
    Reading,
    decoded,
    is_number,
    say_string,
    switch_of,
    text_of,
)
from ...reading.objects import OF_ITS_KIND, add_object
from . import SECRET, SECRET_FORMAT, read_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...reading.facts import Source

_TEXTS = {"DOMAIN": "endpoint", "BASE_PATH": "baseContentPath"}
_LOGIN = {"USERNAME": "username", "PASSWORD": "password"}
_OTHERS = {"INSECURE": "insecureSkipVerify", "CA_CERT": "caCert", "MIRROR_REGISTRIES": ""}
_CONSTANTS = ("apiVersion", "kind", "type")
_NAMES = ("name", "namespace")
_OF_THE_SERVER = (
    "annotations",
    "creationTimestamp",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def recognises(data: Any) -> bool:
    """Whether a document is the Secret: by the keys that it holds."""
    blocks = [data.get(name) for name in ("stringData", "data")] if isinstance(data, dict) else []
    return any(
        isinstance(block, dict) and any(key in block for key in ("DOMAIN", "MIRROR_REGISTRIES"))
        for block in blocks
    )


def read(source: Source) -> Reading:
    """The facts of the Secret. `stringData` takes precedence over `data`."""
    data = source.data
    reading = Reading(
        SECRET_FORMAT.kind, source, exhaustive=frozenset({"mirror"}), target=SECRET.name
    )
    held: dict[str, tuple[str, Any]] = {}
    for block in ("data", "stringData"):
        keys = data.get(block)
        if isinstance(keys, dict):
            reading.anchors["registry",] = reading.place(block, on_key=True)
            reading.anchors["mirror",] = reading.anchors["registry",]
            held |= {key: (block, value) for key, value in keys.items()}
    for key, (block, value) in held.items():
        _read_key(reading, key, block, value)
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    add_object(reading, name=OF_ITS_KIND, namespace=OF_ITS_KIND)
    if text_of(data.get("type")):
        reading.add((OF_ITS_KIND, "type"), text_of(data["type"]), reading.place("type"))
    for subject, documented in (
        ("type", "Opaque"),
        ("metadata.name", "registry-info"),
        ("metadata.namespace", "jet-system"),
    ):
        for fact in reading.facts:
            if fact.subject == (OF_ITS_KIND, subject) and fact.value != documented:
                reading.leave(fact.place, f"it is `{documented}` in every Secret of regspec")
    reading.leave_others(metadata, (*_NAMES, *_OF_THE_SERVER), "metadata")
    reading.leave_others(data, (*_CONSTANTS, "metadata", "data", "stringData"))
    return reading


def _read_key(reading: Reading, key: str, block: str, value: Any) -> None:
    """The facts and claims of one key."""
    place, text = reading.place(block, key), text_of(value)
    if key not in (*_TEXTS, *_LOGIN, *_OTHERS):
        reading.leave(reading.place(block, key, on_key=True))
        return
    if text is not None and block == "data":
        text = decoded(text)
    if text is None or (is_number(value) and block == "stringData"):
        why = "it is not base64" if block == "data" else "it is not a text"
        why = NUMBER if is_number(value) and block == "stringData" else why
        subject = ("registry", (_TEXTS | _LOGIN | _OTHERS)[key])
        reading.facts.append(Fact(subject, None, place, problem=why))
        reading.lose(place, "", why)
    elif key in _TEXTS:
        reading.add(("registry", _TEXTS[key]), text, place)
        reading.claim((_TEXTS[key],), text, place)
    elif key in _LOGIN:
        reading.add(("registry", _LOGIN[key]), text, place, secret=True)
        reading.claim(("host", REGISTRY, _LOGIN[key]), text, place, secret=True)
    elif key == "INSECURE":
        switch = switch_of(text)
        reading.add(("registry", "insecureSkipVerify"), switch, place)
        reading.claim_switch(("host", REGISTRY, "insecureSkipVerify"), switch, place)
    elif key == "CA_CERT":
        read_values.say_ca(reading, text, block, key)
    else:
        say_string(reading, text, block, key, whole=block == "data")
