"""Unified diffs of artifacts that show no secret, old or new.

A value is shown only under a key that the new artifact has too, and that is no secret's. So
what somebody once put into an old file by hand stays hidden, and so do comments.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

import yaml

from .diagnostics import printable
from .emit import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .targets import Artifact

_HIDDEN = "<hidden>"
_CHANGED = "<hidden, changed>"
_COMMENT = re.compile("#[^\r\n]*")
_LOGIN_IN_URL = re.compile(r"(://)[^/@\s\"']*@")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Route = tuple[str | int, ...]
"""The keys and indexes that lead to a value of an artifact."""


class Unreadable(Exception):  # noqa: N818 - it says what the old file is
    """The old file does not parse, so nobody knows what in it is secret."""


def unified(artifact: Artifact, old: bytes | None, name: str) -> str:
    """The difference between an old file and the artifact, empty when there is none.

    Args:
        artifact: what the file is to become.
        old: what is there now, or none.
        name: how the file is called in the diff.

    Raises:
        Unreadable: the old content is no text, or does not parse.
    """
    if old == artifact.text.encode():
        return ""
    mask = _mask_toml if artifact.syntax == "toml" else _mask_yaml
    public = frozenset(_leaf_keys(artifact.data)) - artifact.secret_keys
    before, old_secrets = "", None
    if old is not None:
        try:
            before, old_secrets = mask(old.decode("utf-8"), public, None)
        except (ValueError, yaml.YAMLError, RecursionError):
            raise Unreadable(name) from None
    after, _ = mask(artifact.text, public, old_secrets)
    lines = list(
        difflib.unified_diff(
            before.splitlines(),
            after.splitlines(),
            "/dev/null" if old is None else name,
            name,
            lineterm="",
        )
    )
    if not lines:
        return f"{name} differs only in what is not shown: comments, layout or line ends\n"
    return "".join(f"{_visible(line)}\n" for line in lines)


def _visible(line: str) -> str:
    return "\t".join(printable(part) for part in line.split("\t"))


def _leaf_keys(data: Any, key: str = "") -> Iterator[str]:
    """The keys of everything that is no mapping; the items of a list have the list's key."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _leaf_keys(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _leaf_keys(value, key)
    else:
        yield key


class _Secrets:
    """What is hidden in one text, and what takes its place."""

    def __init__(self, public: frozenset[str], others: dict[Route, Any] | None) -> None:
        self.public = public
        self.others = others
        """What was hidden in the other text; none when there is nothing to compare with."""
        self.found: dict[Route, Any] = {}

    def shown(self, route: Route) -> bool:
        """Whether a value may be shown: by the last key that leads to it."""
        keys = [step for step in route if isinstance(step, str)]
        return bool(keys) and keys[-1] in self.public

    def hide(self, route: Route, value: Any) -> str:
        """Keep a value that is hidden, and give what stands in its place."""
        self.found[route] = value
        same = self.others is None or self.others.get(route) == value
        return _HIDDEN if same else _CHANGED


def _mask_yaml(
    text: str, public: frozenset[str], others: dict[Route, Any] | None
) -> tuple[str, dict[Route, Any]]:
    """The text without secrets and comments, and the secrets by their routes."""
    secrets = _Secrets(public, others)
    pieces: list[str] = []
    position = 0
    for route, event in _yaml_scalars(text):
        start, end = event.start_mark.index, event.end_mark.index
        written = text[start:end].rstrip() if end > start else ""
        pieces.append(_hide_comments(text[position:start]))
        if route is None:
            pieces.append(written)
        elif secrets.shown(route):
            pieces.append(_LOGIN_IN_URL.sub(rf"\1{_HIDDEN}@", written))
        else:
            pieces.append(f'{"" if written else " "}"{secrets.hide(route, event.value)}"')
        position = start + len(written)
    pieces.append(_hide_comments(text[position:]))
    return "".join(pieces), secrets.found


def _hide_comments(text: str) -> str:
    """The text between two scalars, where a `#` begins a comment."""
    return _COMMENT.sub(lambda match: HEADER if match[0] == HEADER else f"# {_HIDDEN}", text)


def _yaml_scalars(text: str) -> Iterator[tuple[Route | None, Any]]:
    """Every scalar of a stream of documents in order, with its route, or none for a key."""
    # A frame is the step that is being read: an index, a key, or none when a key is next.
    frames: list[str | int | None] = []

    def finished() -> None:
        if frames and isinstance(frames[-1], int):
            frames[-1] += 1
        elif frames:
            frames[-1] = None

    for event in yaml.parse(text, Loader=_Loader):
        match event:
            case yaml.DocumentStartEvent():
                frames = [0]
            case yaml.ScalarEvent() if frames[-1] is None:
                frames[-1] = event.value
                yield None, event
            case yaml.ScalarEvent():
                yield tuple(frame for frame in frames if frame is not None), event
                finished()
            case yaml.AliasEvent():
                finished()
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if frames[-1] is None:
                    raise ValueError("a key that is no word")
                frames.append(None if isinstance(event, yaml.MappingStartEvent) else 0)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frames.pop()
                finished()


def _mask_toml(
    text: str, public: frozenset[str], others: dict[Route, Any] | None
) -> tuple[str, dict[Route, Any]]:
    """The text without secrets and comments, and the secrets by their routes."""
    import tomlkit  # noqa: PLC0415 - only a diff of TOML needs it

    secrets = _Secrets(public, others)
    document = tomlkit.parse(text)
    _mask_items(document.body, (), secrets)
    return _LOGIN_IN_URL.sub(rf"\1{_HIDDEN}@", document.as_string()), secrets.found


def _mask_items(body: list[Any], route: Route, secrets: _Secrets) -> None:
    """Replace what is secret in the items of a TOML table, and in the tables below it."""
    from tomlkit import items, string  # noqa: PLC0415 - as above

    for index, (key, item) in enumerate(body):
        below = (*route, key.key) if key else route
        if isinstance(item, items.Whitespace | items.Null):
            continue
        if item.trivia.comment and item.trivia.comment != HEADER:
            item.trivia.comment = f"# {_HIDDEN}"
        match item:
            case items.Table() | items.InlineTable():
                _mask_items(item.value.body, below, secrets)
            case items.AoT():
                tables = [(key, table) for table in item.body]
                _mask_items(tables, route, secrets)
            case items.Comment():
                pass
            case _ if not secrets.shown(below) or "#" in item.as_string():
                masked = string(secrets.hide(below, item.unwrap()))
                for name in ("indent", "comment_ws", "comment", "trail"):
                    setattr(masked.trivia, name, getattr(item.trivia, name))
                body[index] = (key, masked)
