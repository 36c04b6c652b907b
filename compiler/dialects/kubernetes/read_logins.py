"""dockerconfigjson: in a Secret, in Helm values, in auth.json, and in docker's own config.json."""

from __future__ import annotations

from ...diagnostics import code_span
from ...reading.facts import Reading, decoded, text_of
from ...reading.objects import OF_A_CHOICE, add_object
from ...reading.stream import load_json
from . import DEFAULT_NAME, LOGINS, OF_OPENSHIFT, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...diagnostics import Place
    from ...reading.facts import Source

_KEY = ".dockerconfigjson"
_HUB = "https://index.docker.io/v1/"


def recognises(data: Any) -> bool:
    """Whether a document is a dockerconfigjson, or a Secret with one."""
    if not isinstance(data, dict) or "mirrors" in data or "configs" in data:
        return False  # registries.yaml has other `auths`
    return isinstance(data.get("auths"), dict) or _text_of_secret(data) is not None


def read(source: Source) -> Reading:
    """The facts of logins."""
    data = source.data
    reading = Reading(LOGINS.kind, source, target=TARGET.name)
    if "auths" in data:
        reading.target = ""
        reading.anchors["login",] = reading.place("auths", on_key=True)
        _say(reading, data["auths"], None, "", "auths")
        reading.leave_others(data, ("auths",))
        return reading
    block, text = _text_of_secret(data) or ("", "")
    place = reading.place(block, _KEY)
    reading.anchors["login",] = place
    reading.anchors["type",] = reading.place()
    if text_of(data.get("type")):
        reading.add(("type",), text_of(data["type"]), reading.place("type"))
    if not say_text(reading, text, place, ""):
        reading.leave(place, "it is not a dockerconfigjson")
    metadata = data.get("metadata")
    if isinstance(metadata, dict):
        name, namespace = text_of(metadata.get("name")), text_of(metadata.get("namespace"))
        if name and name != DEFAULT_NAME:
            reading.options["name"] = name
        if namespace:
            reading.options["namespaces"] = [namespace]
        if (namespace, name) == OF_OPENSHIFT:
            reading.target = ""
    if reading.target:
        add_object(reading, name=OF_A_CHOICE, namespace=OF_A_CHOICE)
    return reading


def _text_of_secret(data: dict[str, Any]) -> tuple[str, str] | None:
    """The block of a Secret that holds a dockerconfigjson, and its text."""
    for block in ("stringData", "data"):
        keys = data.get(block)
        if isinstance(keys, dict) and _KEY in keys:
            text = text_of(keys[_KEY]) or ""
            return block, (text if block == "stringData" else decoded(text) or "")
    return None


def say_text(reading: Reading, text: str, place: Place, where: str) -> bool:
    """The facts and claims of a dockerconfigjson that is a text of the document.

    Args:
        reading: gets them.
        text: the dockerconfigjson.
        place: where it stands in the document.
        where: the name that tells it from others in the document.

    Returns:
        Whether it is one.
    """
    try:
        data = load_json(text)
    except ValueError:
        return False
    auths = data.get("auths") if isinstance(data, dict) else None
    if not isinstance(auths, dict):
        return False
    _say(reading, auths, place, where)
    return True


def _say(
    reading: Reading,
    auths: dict[str, Any],
    place: Place | None,
    where: str,
    *steps: str | int,
) -> None:
    for host, login in auths.items():
        at = place or reading.place(*steps, host)
        if not isinstance(login, dict):
            reading.leave(at, "it is no login")
            continue
        if not _is_pair(login.get("auth")):
            why = f"`auth` of {code_span(host)} is not the base64 of `USERNAME:PASSWORD`"
            reading.add(("format",), value=False, place=at, shown=why)
        both = _both(login)
        if not both:
            reading.leave(at, "it is no user name and password")
            continue
        plain = host != _HUB and "/" not in host
        for part, text in both:
            subject = ("login", where, host, part) if where else ("login", host, part)
            reading.add(subject, text, at, secret=True)
        if plain:
            for part, text in both[:2]:
                reading.claim(("host", host, part), text, at, secret=True)
        else:
            reading.leave(at, "a login for a path or a URL, where a spec has hosts")
    reading.claim(("logins of",), tuple(auths), place or reading.place(*steps))


def _is_pair(auth: Any) -> bool:
    """Whether an `auth` is one that can be read; an empty one counts as none.

    With any other, the kubelet reads nothing of the whole file. The base64 may be without its `=`.

    Source: decodeDockerConfigFieldAuth in k8s.io/kubernetes, pkg/credentialprovider/config.go.
    """
    return not (text_of(auth) or "").strip() or ":" in _decoded(auth)


def _decoded(auth: Any) -> str:
    """The pair of an `auth`, or an empty text."""
    text = (text_of(auth) or "").strip()
    return decoded(text + "=" * (-len(text) % 4)) or ""


def _both(login: dict[str, Any]) -> list[tuple[str, str]]:
    """The user name and password. Of two spellings of one, both are returned if they differ."""
    username, colon, password = _decoded(login.get("auth")).partition(":")
    found = [("username", username), ("password", password)] if colon else []
    for part in ("username", "password"):
        written = text_of(login.get(part))
        if written and (part, written) not in found:
            found.append((part, written))
    return found if len({part for part, _ in found}) > 1 else []
