"""What verify reports of a machine configuration of Talos, in addition to what its facts show."""

from __future__ import annotations

from ...diagnostics import code_span
from ...verifying.drift import Drift
from .read import DOCUMENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...diagnostics import Path
    from ...reading.facts import Reading

_ANY = "*"
"""In place of the name of a registry or host."""
_TEXT: dict[str, Any] = {}
_IDENTITY = {"crt": _TEXT, "key": _TEXT}
_TLS = {"clientIdentity": _IDENTITY, "ca": _TEXT, "insecureSkipVerify": _TEXT}
_LOGIN = dict.fromkeys(("username", "password", "auth", "identityToken"), _TEXT)
_MIRROR = dict.fromkeys(("endpoints", "overridePath", "skipFallback"), _TEXT)
_REGISTRIES = {"mirrors": {_ANY: _MIRROR}, "config": {_ANY: {"tls": _TLS, "auth": _LOGIN}}}
_OF_A_DOCUMENT = dict.fromkeys(("apiVersion", "kind", "name"), _TEXT)
_ENDPOINTS = {"endpoints": {_ANY: {"url": _TEXT, "overridePath": _TEXT}}, "skipFallback": _TEXT}
_KEYS = dict(zip(DOCUMENTS, (_ENDPOINTS, _TLS, _LOGIN), strict=True))


def unparsable(_text: str, reading: Reading) -> Iterator[Drift]:
    """The keys that Talos does not have, with which it refuses the whole configuration.

    Source: siderolabs/talos, pkg/machinery/config/decoder: "unknown keys found during decoding".
    """
    documents = enumerate(reading.source.data)
    for at in (at for step, data in documents for at in _unknown_keys(data, step)):
        message = f"Talos has no key {code_span(str(at[-1]))} here: it refuses the whole file"
        yield Drift(reading, reading.place(*at, on_key=True), message)


def _unknown_keys(data: Any, step: int) -> Iterator[Path]:
    """The paths of the keys of a document about registries that Talos does not have."""
    if not isinstance(data, dict):
        return
    machine = data.get("machine")
    kind = data.get("kind")
    if isinstance(kind, str) and kind in _KEYS:
        yield from _unknown(data, _OF_A_DOCUMENT | _KEYS[kind], (step,))
    elif "kind" not in data and isinstance(machine, dict):
        yield from _unknown(machine.get("registries"), _REGISTRIES, (step, "machine", "registries"))


def _unknown(value: Any, known: dict[str, Any], path: Path) -> Iterator[Path]:
    """The paths of the keys that are not known, the outermost of each."""
    if isinstance(value, list) and _ANY in known:
        value = dict(enumerate(value))
    for key, inner in value.items() if isinstance(value, dict) and known else ():
        below = known.get(key, known.get(_ANY))
        if below is None:
            yield (*path, key)
        else:
            yield from _unknown(inner, below, (*path, key))
