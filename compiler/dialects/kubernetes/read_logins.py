"""dockerconfigjson: in a Secret, in Helm values, in auth.json, and in docker's own config.json."""

from __future__ import annotations

from ...diagnostics import code_span
from ...mirrors import HUB
from ...reading.facts import Reading, decoded, text_of
from ...reading.losses import host_name
from ...reading.objects import OF_A_CHOICE, add_object
from ...reading.stream import load_json
from . import DEFAULT_NAME, LOGINS, OF_OPENSHIFT, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...diagnostics import Place
    from ...reading.facts import Source

_KEY = ".dockerconfigjson"
_OLD_KEY = ".dockercfg"
_OLD_TYPE = "kubernetes.io/dockercfg"
_OF_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")
_APIS = ("", "v1", "v2")
_HELPERS = ("credsStore", "credHelpers")


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
        _helpers(reading, data)
        reading.leave_others(data, ("auths", *_HELPERS))
        return reading
    block, key, text = _text_of_secret(data) or ("", "", "")
    place = reading.place(block, key)
    reading.anchors["login",] = place
    written = text_of(data.get("type"))
    if key != _OLD_KEY or written != _OLD_TYPE:  # the kubelet reads both kinds of Secrets
        reading.anchors["type",] = reading.place()
        if written:
            reading.add(("type",), written, reading.place("type"))
    if not say_text(reading, text, place, "", is_old=key == _OLD_KEY):
        kind = "dockercfg" if key == _OLD_KEY else "dockerconfigjson"
        reading.lose(place, "", f"it is not a {kind}")
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


def _text_of_secret(data: dict[str, Any]) -> tuple[str, str, str] | None:
    """The block and the key of a Secret that hold a dockerconfigjson or dockercfg, and its text."""
    for key in (_KEY, _OLD_KEY):
        for block in ("stringData", "data"):
            keys = data.get(block)
            if isinstance(keys, dict) and key in keys:
                text = text_of(keys[key]) or ""
                return block, key, (text if block == "stringData" else decoded(text) or "")
    return None


def _helpers(reading: Reading, data: dict[str, Any]) -> None:
    """The programs from which docker gets logins, which are then in no file."""
    why = "the login is kept by a program, and is in no file"
    if data.get("credsStore"):
        reading.lose(reading.place("credsStore", on_key=True), "", why)
    for host in reading.table(data.get("credHelpers"), "credHelpers"):
        at = reading.place("credHelpers", host, on_key=True)
        reading.lose(at, f"the login for {host_name(host)}", why)


def say_text(
    reading: Reading, text: str, place: Place, where: str, *, is_old: bool = False
) -> bool:
    """The facts and claims of a dockerconfigjson that is a text of the document.

    Args:
        reading: gets them.
        text: the dockerconfigjson.
        place: where it stands in the document.
        where: the name that distinguishes it from others in the document.
        is_old: whether it is a dockercfg, which has the hosts at its top.

    Returns:
        Whether it is one.
    """
    try:
        data = load_json(text)
    except ValueError:
        return False
    auths = data if is_old else data.get("auths") if isinstance(data, dict) else None
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
            reading.lose(at, f"the login for {host_name(host)}", "it is not a table")
            continue
        if not _is_pair(login.get("auth")):
            why = f"`auth` of {code_span(host)} is not the base64 of `USERNAME:PASSWORD`"
            reading.add(("format",), value=False, place=at, shown=why)
        both = _both(login)
        if not both:
            why = "it has no user name and password: a program may keep them, or it is a token"
            reading.lose(at, f"the login for {host_name(host)}", why)
            continue
        name = _host(host)
        for part, text in both:
            subject = ("login", where, name, part) if where else ("login", name, part)
            reading.add(subject, text, at, secret=True)
        if name in _OF_HUB:
            why = "it is for the upstream, and a spec has logins for mirrors"
            reading.lose(at, f"the login for {code_span(HUB)}", why)
        elif "/" in name:
            why = "it is for a path, and a spec has logins for hosts"
            reading.lose(at, f"the login for {host_name(name)}", why)
        else:
            for part, text in both[:2]:
                reading.claim(("host", name, part), text, at, secret=True)
    hosts = tuple(dict.fromkeys(_host(host) for host in auths))
    reading.claim(("logins of",), hosts, place or reading.place(*steps))


def _host(key: str) -> str:
    """The host of a key, which may be a URL: the kubelet, podman and docker take its host.

    Source: kubernetes, pkg/credentialprovider/keyring.go: the scheme and `/v1/` or `/v2/` are
    dropped, and any other path counts.
    """
    scheme, separator, rest = key.partition("://")
    host, _, path = (rest if separator and scheme in ("http", "https") else key).partition("/")
    return host if path.rstrip("/") in _APIS else f"{host}/{path}"


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
