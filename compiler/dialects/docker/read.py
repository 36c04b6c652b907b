"""daemon.json of dockerd: its mirrors and its insecure registries; other keys are left alone."""

from __future__ import annotations

import ipaddress
import json
from urllib.parse import urlsplit

from ...diagnostics import code_span
from ...docker_hub import is_upstream
from ...document import NotADocument, SyntaxProblem
from ...mirrors import HUB, Location
from ...reading.facts import ROOTS_OF_A_SPEC, Reading, Served
from ...reading.losses import place_name
from ...reading.stream import load_json
from . import CONTAINERD_STORE, FORMAT, STORE, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...diagnostics import Place
    from ...reading.facts import Source

_MIRRORS, _INSECURE, _FEATURES = "registry-mirrors", "insecure-registries", "features"
_SCHEMES = ("http", "https")
_REFUSED = "dockerd does not start with it"


def recognises(data: Any) -> bool:
    """Whether a document is a daemon.json: it has a key about registries or the image store."""
    if not isinstance(data, dict):
        return False
    features = data.get(_FEATURES)
    chooses_store = isinstance(features, dict) and STORE in features
    return _MIRRORS in data or _INSECURE in data or chooses_store


def read(source: Source) -> Reading:
    """The facts of daemon.json.

    Raises:
        NotADocument: it is not JSON, but YAML for instance.
    """
    _check(source.document.text)
    data = source.data
    exhaustive = frozenset({"mirrors", "insecure"})
    reading = Reading(FORMAT.kind, source, exhaustive=exhaustive, target=TARGET.name)
    reading.cannot_express = _cannot_express
    for kind, key in (("mirrors", _MIRRORS), ("insecure", _INSECURE)):
        home = key if key in data else next(iter(data))
        reading.anchors[kind,] = reading.place(home, on_key=True)
    insecure = {_host(entry): index for index, entry in _texts(reading, _INSECURE)}
    for host, index in insecure.items():
        _insecure(reading, host, reading.place(_INSECURE, index))
    _mirrors(reading, _texts(reading, _MIRRORS), frozenset(insecure))
    _image_store(reading, data.get(_FEATURES))
    reading.leave_others(data, (_MIRRORS, _INSECURE, _FEATURES))
    return reading


def _cannot_express(source: str, served: Served) -> bool:
    del served
    return source != HUB


def _check(text: str) -> None:
    """Refuse what is not JSON; dockerd reads nothing else."""

    def refuse(constant: str) -> None:
        raise json.JSONDecodeError("no number", text, text.index(constant))

    try:
        load_json(text, refuse)
    except json.JSONDecodeError as why:
        at = why.pos
        if text[at : at + 1] == ",":  # CPython 3.13 reports an extra comma, others what follows
            at = len(text) - len(text[at + 1 :].lstrip())
        problem = SyntaxProblem(at, at, f"this is not JSON: {_REFUSED}")
        raise NotADocument(text, [problem]) from None


def _texts(reading: Reading, key: str) -> list[tuple[int, str]]:
    """The texts of a list, each with its index. Reports a value that is not a list of texts."""
    listed = reading.source.data.get(key)
    texts = reading.texts(listed, key)
    if listed is not None and texts != listed:
        why = f"{code_span(key)}: it is not a list of texts: {_REFUSED}"
        reading.add(("format",), value=False, place=reading.place(key), shown=why)
    several = enumerate(listed if isinstance(listed, list) else ())
    return [(index, one) for index, one in several if isinstance(one, str)]


def _mirrors(reading: Reading, urls: list[tuple[int, str]], insecure: frozenset[str]) -> None:
    """The mirrors, all of which are of Docker Hub."""
    if not urls:
        return
    roots = tuple(url.rstrip("/") for _, url in urls)
    at = reading.place(_MIRRORS, urls[0][0])
    reading.add(("mirrors", HUB), roots, at, shown=", ".join(url for _, url in urls))
    first = {root: number for number, root in reversed(list(enumerate(roots)))}
    for number, (index, url) in enumerate(urls):
        place = reading.place(_MIRRORS, index)
        scheme, _, rest = url.rstrip("/").partition("://")
        name, slash, _ = rest.partition("/")
        host = _without_added_port(scheme, name, insecure)
        if scheme not in _SCHEMES or not host or not _is_plain(url):
            reading.lose(place, "a mirror of `docker.io`", "it is not the URL of a registry")
        elif number and is_upstream(host, HUB, scheme):
            reading.claim(("fallback", HUB), "allow", place)
        elif slash:
            what = f"the mirror {place_name(url)} of `docker.io`"
            why = f"dockerd adds `/v2` to its path (it has no `override_path`): {ROOTS_OF_A_SPEC}"
            reading.lose(place, what, why)
        elif first[roots[number]] < number:
            continue
        elif number:
            what = f"the mirror {place_name(url)} of `docker.io`"
            reading.lose(place, what, "a spec has one mirror for each source, the first one")
        else:
            reading.claim(("mirror", HUB), Served(Location(host)), place)
            reading.claim(("host", host, "plainHTTP"), scheme == "http", place)
            if scheme == "https":
                reading.claim(("host", host, "insecure"), host in insecure, place)


def _image_store(reading: Reading, features: Any) -> None:
    """The image store that daemon.json chooses, if it chooses one."""
    has_table = isinstance(features, dict)
    home = reading.place(_FEATURES, on_key=True) if has_table else reading.place()
    reading.anchors["imageStore",] = home
    if features is not None and not has_table:
        why = f"{code_span(_FEATURES)}: it is not a table: {_REFUSED}"
        reading.add(("format",), value=False, place=reading.place(_FEATURES), shown=why)
    elif has_table:
        if STORE in features:
            reading.add(("imageStore",), features[STORE], reading.place(_FEATURES, STORE))
        if features.get(STORE) is True:
            reading.options |= CONTAINERD_STORE
        reading.leave_others(features, (STORE,), _FEATURES)


def _without_added_port(scheme: str, host: str, insecure: frozenset[str]) -> str:
    """A host without the port that target `docker` adds where an entry needs one.

    Such an entry is the range of one IPv6 address. It does not name the host with its port.
    """
    alone = host.removesuffix(":443") if scheme == "https" and host not in insecure else host
    return alone if alone.endswith("]") and alone in insecure else host


def _insecure(reading: Reading, host: str, place: Place) -> None:
    """A host by http or with any certificate. The URL of a mirror may show which of them."""
    reading.add(("insecure", host), True, place)  # noqa: FBT003
    if "/" in host:
        what = "a range of addresses in `insecure-registries`"
        reading.lose(place, what, "a spec names each host")
    else:
        reading.claim(("host", host, "insecure"), True, place)  # noqa: FBT003


def _is_plain(url: str) -> bool:
    """Whether a URL can be parsed and has neither a login nor a query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not (parts.query or parts.fragment or "@" in parts.netloc)


def _host(entry: str) -> str:
    """The host of an entry. The range of one IPv6 address stands for that address.

    Source: moby/moby, daemon/pkg/registry/config.go: a scheme before it is dropped.
    """
    host = entry.removeprefix("https://").removeprefix("http://")
    try:
        network = ipaddress.IPv6Network(host)
    except ValueError:
        return host
    return f"[{host.removesuffix('/128')}]" if network.num_addresses == 1 else host
