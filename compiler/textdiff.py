"""Unified diffs of artifacts that show no secret, old or new.

A value is shown only under a key that the new artifact also has, without a secret; a key
only if the new artifact has it, or has what it is below. So what was once put into an old
file by hand stays hidden, and so do comments.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import yaml

from .diagnostics import holds_login, inert
from .emit import HEADER
from .frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .dialects import Artifact

_HIDDEN = "<hidden>"
_CHANGED = "<hidden, changed>"
# Between two scalars: a comment, a directive, or the name of an anchor, an alias or a tag.
_COMMENT = re.compile(r"#[^\r\n]*")
_NAME = re.compile(r"%[^\r\n]*|[&*!][^\s,\[\]{}]*")
_DEEPEST = 64
_HAS_MORE = frozenset("&!|>")
"""How a scalar begins that has an anchor, a tag or, as a block, perhaps a comment."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Route = tuple[str | int, ...]
"""The keys and indexes that lead to a value of an artifact."""
_Mask = Callable[[str, "_Public", dict[Route, Any] | None], tuple[str, dict[Route, Any]]]


class Unreadable(Exception):  # noqa: N818 - it says what the old file is
    """The old file does not parse, so it is not known what in it is secret."""


def unified(artifact: Artifact, old: bytes | None, name: str) -> str:
    """The difference between an old file and the artifact, empty when there is none.

    Args:
        artifact: what the file is to become.
        old: the existing text, or none.
        name: how the file is called in the diff.

    Raises:
        Unreadable: the old content is not text, or does not parse.
    """
    if old == artifact.text.encode():
        return ""
    mask: _Mask = {"toml": _mask_toml, "text": _mask_text}.get(artifact.syntax, _mask_yaml)
    known = frozenset(
        artifact.text.splitlines() if artifact.syntax == "text" else _keys(artifact.data)
    )
    public = _Public(known, known - artifact.secret_keys)
    before, old_secrets = "", None
    if old is not None:
        try:
            before, old_secrets = mask(old.decode("utf-8"), public, None)
        except Exception:  # noqa: BLE001 - whatever a parser stumbles over is not shown
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
        lines = [f"{name} differs only in what is not shown: comments, layout or line ends"]
    return "".join(f"{_inert(line)}\n" for line in lines)


def _inert(line: str) -> str:
    return "\t".join(map(inert, line.split("\t")))


def _keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from _keys(value)


@frozen
class _Public:
    """What may be shown, by the keys of the new artifact."""

    known: frozenset[str]
    shown: frozenset[str]
    """The keys whose values may be shown: the known ones without a secret."""

    def value(self, route: Route, value: Any) -> bool:
        """Whether a value may be shown: by the last key that leads to it, and by its look."""
        keys = [step for step in route if isinstance(step, str)]
        values = value if isinstance(value, list) else [value]
        return (
            bool(keys)
            and keys[-1] in self.shown
            and all(isinstance(one, str | int | float) for one in values)
            and not any(holds_login(str(one)) for one in values)
        )

    def key(self, route: Route) -> bool:
        """Whether the last key of a route may be shown."""
        keys = [step for step in route if isinstance(step, str)]
        if holds_login(keys[-1]):
            return False
        return keys[-1] in self.known or not keys[:-1] or keys[-2] in self.shown


class _Secrets:
    """What is hidden in one text, and what takes its place."""

    def __init__(self, others: dict[Route, Any] | None) -> None:
        self.others = others
        """What was hidden in the other text; none when there is nothing to compare with."""
        self.found: dict[Route, Any] = {}

    def hide(self, route: Route, value: Any) -> str:
        """Keep a value that is hidden, and give what stands in its place."""
        self.found[route] = value
        same = self.others is None or self.others.get(route) == value
        return _HIDDEN if same else _CHANGED


def _mask_yaml(
    text: str, public: _Public, others: dict[Route, Any] | None
) -> tuple[str, dict[Route, Any]]:
    """The text without secrets and comments, and the secrets by their routes."""
    secrets = _Secrets(others)
    pieces: list[str] = []
    position = 0
    for route, is_key, event in _yaml_scalars(text):
        start, end = event.start_mark.index, event.end_mark.index
        written = text[start:end].rstrip() if end > start else ""
        pieces.append(_hide_between(text[position:start]))
        plain = written[:1] not in _HAS_MORE
        if is_key:
            pieces.append(written if plain and public.key(route) else _HIDDEN)
        elif plain and public.value(route, event.value):
            pieces.append(written)
        else:
            pieces.append(f'{"" if written else " "}"{secrets.hide(route, event.value)}"')
        position = start + len(written)
    pieces.append(_hide_between(text[position:]))
    return "".join(pieces), secrets.found


def _hide_between(text: str) -> str:
    """The text between two scalars, without its comments and names."""
    named = _COMMENT.split(text)
    comments = _COMMENT.findall(text)
    shown = [HEADER if comment == HEADER else f"# {_HIDDEN}" for comment in comments]
    pieces = [_NAME.sub(_HIDDEN, piece) for piece in named]
    return "".join(piece + comment for piece, comment in zip(pieces, [*shown, ""], strict=True))


def _route(frames: list[str | int | None]) -> Route:
    return tuple(frame for frame in frames if frame is not None)


def _finish(frames: list[str | int | None]) -> None:
    """Go on from a value to the next index, or to the next key."""
    last = frames[-1] if frames else None
    if frames:
        frames[-1] = last + 1 if isinstance(last, int) else None


def _yaml_scalars(text: str) -> Iterator[tuple[Route, bool, Any]]:
    """Every scalar of a stream of documents in order: its route, whether it is a key, itself."""
    # A frame is the step that is being read: an index, a key, or none when a key is next.
    frames: list[str | int | None] = []
    for event in yaml.parse(text, Loader=_Loader):
        match event:
            case yaml.DocumentStartEvent():
                frames = [0]
            case yaml.ScalarEvent() if frames[-1] is None:
                frames[-1] = event.value
                yield _route(frames), True, event
            case yaml.ScalarEvent():
                yield _route(frames), False, event
                _finish(frames)
            case yaml.NodeEvent() if frames[-1] is None:
                raise ValueError("a key that is not a word")
            case yaml.AliasEvent():
                _finish(frames)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(frames) > _DEEPEST:
                    raise ValueError("nested too deeply")
                frames.append(None if isinstance(event, yaml.MappingStartEvent) else 0)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frames.pop()
                _finish(frames)


def _mask_text(
    text: str, public: _Public, _others: dict[Route, Any] | None
) -> tuple[str, dict[Route, Any]]:
    """The lines of a text that the new one also has."""
    lines = (line if line in public.known else _HIDDEN for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines), {}


def _mask_toml(
    text: str, public: _Public, others: dict[Route, Any] | None
) -> tuple[str, dict[Route, Any]]:
    """The text without secrets and comments, and the secrets by their routes."""
    import tomlkit

    secrets = _Secrets(others)
    data = tomllib.loads(text)
    if "#" not in text.removeprefix(f"{HEADER}\n") and _nothing_hidden(data, (), public):
        # Most files are outputs of regspec: tomlkit needs long to parse a large one.
        return text, secrets.found
    document = tomlkit.parse(text)
    _mask_items(document.body, (), public, secrets)
    return document.as_string(), secrets.found


def _nothing_hidden(data: Any, route: Route, public: _Public) -> bool:
    """Whether every key and value of TOML data may be shown."""
    if not isinstance(data, dict):
        return public.value(route, data)
    routes = {key: (*route, key) for key in data}
    return all(
        public.key(routes[key]) and _nothing_hidden(value, routes[key], public)
        for key, value in data.items()
    )


def _mask_items(body: list[Any], route: Route, public: _Public, secrets: _Secrets) -> None:
    """Replace what is secret in the items of a TOML table, and in the tables below it."""
    from tomlkit import items, string

    for index, (key, item) in enumerate(body):
        below = (*route, key.key) if key else route
        if key and not public.key(below):
            key = items.SingleKey(_HIDDEN)  # noqa: PLW2901 - the one that is shown
            body[index] = (key, item)
            if isinstance(item, items.Table):
                item.display_name = None
        if isinstance(item, items.Whitespace | items.Null):
            continue
        if item.trivia.comment and item.trivia.comment != HEADER:
            item.trivia.comment = f"# {_HIDDEN}"
        match item:
            case items.Table() | items.InlineTable():
                _mask_items(item.value.body, below, public, secrets)
            case items.AoT():
                tables = [(key, table) for table in item.body]
                _mask_items(tables, route, public, secrets)
            case items.Comment():
                pass
            case _ if not public.value(below, item.unwrap()) or "#" in item.as_string():
                masked = string(secrets.hide(below, item.unwrap()))
                for name in ("indent", "comment_ws", "comment", "trail"):
                    setattr(masked.trivia, name, getattr(item.trivia, name))
                body[index] = (key, masked)
