"""What a reader finds in a file and a spec cannot hold."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..diagnostics import Place, Severity, code_span

_LONGEST_KEY = 60
_HOST = re.compile(
    r"(?:https?://)?(?:[a-z0-9*_][a-z0-9.*_-]*|\[[0-9a-f:.]+\])(?::[0-9]+)?(?:/[a-z0-9._/-]*)?\Z"
)
"""A host, a part of a registry or a URL of one, in which there is surely no login."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that a spec does not get."""

    place: Place
    why: str = ""
    what: str = ""
    """What it is, if it is not the key at the place."""
    severity: Severity = Severity.INFO
    """A warning for a mirror, a login or a TLS setting: without it pulls fail, or go elsewhere."""
    is_unrelated: bool = False
    """Whether it is a setting that is not about registries."""


def key_name(key: str) -> str:
    """A key that no reader knows: shown if it is a plain word, for it could be a secret."""
    plain = key.isascii() and all(c.isalnum() or c in "._-/:*" for c in key)
    return code_span(key) if plain and len(key) < _LONGEST_KEY else "a key"


def host_name(host: str) -> str:
    """A host that is the key of a table: shown unless a login may be in it."""
    return code_span(host) if _HOST.match(host) else "a host"


def source_name(source: str) -> str:
    """The source of a mirror: shown unless a login may be in it."""
    return code_span(source) if _HOST.match(source) else "a registry"


def place_name(place: str) -> str:
    """A place that a mirror is on: its host alone, since a login may be in the rest."""
    host = (place.partition("://")[2] or place).partition("/")[0]
    return code_span(host) if _HOST.match(host) else "another host"
