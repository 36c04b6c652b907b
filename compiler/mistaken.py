"""What a text is that was given as a spec and is another file."""

from __future__ import annotations

import re

from . import schema
from .diagnostics import code_span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KIND = r"^[\"']?kind[\"']?:\s*[\"']?([A-Z][A-Za-z]{2,60})[\"']?\s*$"
_START = "a spec begins with `apiVersion: regspec/v1`; `regspec init` writes one to start from"
_PEM = r"\s*-----BEGIN "
_IMAGE = r"[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:/[a-z0-9._-]+)+(?::[\w.-]+|@sha256:[0-9a-f]{64})\Z"
_PAIR = r"[\w.:/-]+::[\w.:/-]+\s*,?\Z"
_SPEC = r"^(?:kind:\s*RegistrySpec|apiVersion:\s*regspec/)"
_MOST_LINES = 20


def other_file(text: str, data: Any = None) -> tuple[str, str] | None:
    """What a text is in place of a spec, as a message and a help; none for a spec with mistakes.

    Args:
        text: the whole text.
        data: its data, if it is a document.
    """
    if re.search(_SPEC, text, re.MULTILINE) or _is_like_a_spec(data):
        return None
    if re.match(_PEM, text):
        return "this file is PEM, not a spec", "name it in the spec: `caCert: {file: PATH}`"
    from . import recognise
    from .document import NotADocument

    try:
        readings = recognise.read(text, "/spec", lambda _path: None)
    except (recognise.Unknown, NotADocument):
        return _of_no_known_format(text, data)
    kinds = list(dict.fromkeys(reading.kind for reading in readings))
    advice = "`regspec import FILE -o SPEC` makes a spec of it; a SPEC comes before other files"
    return f"this file is not a spec; its format is {' and '.join(kinds)}", advice


def _is_like_a_spec(data: Any) -> bool:
    return isinstance(data, dict) and (
        data.get("kind") == "RegistrySpec"
        or str(data.get("apiVersion", "")).startswith("regspec")
        or isinstance(data.get("registry"), dict)
    )


def _of_no_known_format(text: str, data: Any) -> tuple[str, str] | None:
    kind = re.search(_KIND, text, re.MULTILINE)
    if kind and (data is None or isinstance(data, dict)):
        return f"this file is a {code_span(kind[1])}, not a spec", _START
    if isinstance(data, dict):
        known = list((schema.subschema(()) or {})["properties"])
        if data and not any(schema.nearest(str(name), known) for name in data):
            return "this file is not a spec: it has no key of a spec", _START
        return None
    lines = [line.strip() for line in text.splitlines()[:_MOST_LINES]]
    words = [line for line in lines if line and not line.startswith("#")]
    if words and all(re.match(_PAIR, word) for word in words):
        message = "this file is a mirror string, not a spec"
        return message, "put it into the spec: `registry.mirrorRegistries`"
    if words and all(re.match(_IMAGE, word.removeprefix("- ")) for word in words):
        message = "this file is a list of images, not a spec"
        return message, "name it in the spec: `images: PATH`"
    return None
