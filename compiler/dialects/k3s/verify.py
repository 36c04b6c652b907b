"""What verify reports of k3s and RKE2, in addition to what the facts of registries.yaml show."""

from __future__ import annotations

import posixpath

from ...diagnostics import code_span
from ...document import NotADocument
from ...reading import stream
from ...reading.facts import Reading, Source
from ...reading.shapes import ANY, SCALAR, SWITCH, wrong_types
from ...verifying.drift import Drift
from ...verifying.node import NodeFileProblem
from ..files import Unreadable
from . import FORMAT
from .upstream_flag import FLAG, is_in_a_unit, is_true

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...reading.shapes import Shape
    from ...verifying.node import Node

_TLS = {
    **dict.fromkeys(("ca_file", "cert_file", "key_file"), SCALAR),
    "insecure_skip_verify": SWITCH,
}
_LOGIN = dict.fromkeys(("username", "password", "auth", "identity_token"), SCALAR)
_SHAPE: Shape = {
    "mirrors": {ANY: {"endpoint": [SCALAR], "rewrite": {ANY: SCALAR}}},
    "configs": {ANY: {"auth": _LOGIN, "tls": _TLS}},
    "auths": {ANY: _LOGIN},
}
_MISSING = f"`{FLAG}: true` is missing: when a mirror fails, the upstream is contacted"


def unparsable(_text: str, reading: Reading) -> Iterator[Drift]:
    """The values of another type than k3s reads; then it reads nothing of the file.

    Source: rancher/wharfie, pkg/registries/types.go, decoded by gopkg.in/yaml.v2.
    """
    for path, shape in wrong_types(reading.source.data, _SHAPE):
        message = f"this must be {shape}: k3s refuses the whole file"
        yield Drift(reading, reading.place(*path), message)


def upstream(node: Node, path: str) -> Iterator[Drift | NodeFileProblem]:
    """Where `fallback: deny` is not in force: the flag without which k3s adds the upstream.

    Of config.yaml and its drop-ins, in the order of their names, the last one with the flag counts,
    and the command line of a systemd unit takes precedence over all of them.

    Source: k3s-io/k3s, pkg/configfilearg/parser.go.

    Args:
        node: its files.
        path: of registries.yaml.
    """
    folder = posixpath.dirname(path)
    if node.expected.spec.fallback != "deny" or is_in_a_unit(node.tree, folder):
        return
    main = f"{folder}/config.yaml"
    value: Any = None
    found: Reading | None = None
    for file in (main, *_drop_ins(node, f"{main}.d")):
        try:
            reading = _read(node, file)
        except Unreadable as why:
            yield NodeFileProblem(file, str(why))
            return
        except NotADocument as why:
            yield NodeFileProblem(file, why.problems[0].message, why)
            return
        if reading and FLAG in reading.source.data:
            value, found = reading.source.data[FLAG], reading
    if found is None:
        yield NodeFileProblem(main, _MISSING)
    elif not is_true(value):
        message = f"{code_span(FLAG)} is not `true`: when a mirror fails, the upstream is contacted"
        yield Drift(found, found.place(FLAG), message)


def _drop_ins(node: Node, folder: str) -> list[str]:
    names = node.tree.names(folder) or []
    return [f"{folder}/{name}" for name in names if name.lower().endswith((".yaml", ".yml"))]


def _read(node: Node, path: str) -> Reading | None:
    """A file of settings, or none if it is not there or has none."""
    text = node.tree.text(path)
    if text is None:
        return None
    parsed = stream.parse(text)
    source = Source(parsed, path, node.file_text, node.covers, within=(0,))
    is_table = bool(parsed.data) and isinstance(parsed.data[0], dict)
    return Reading(FORMAT.kind, source) if is_table else None
