"""A spec as the text that an author would write, with comments on where each value is from."""

from __future__ import annotations

import re

from .. import document
from ..diagnostics import inert
from ..emit import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9_./-][A-Za-z0-9_./@$:+ -]*\Z")
_NO_TEXT = re.compile(
    r"(?:true|false|null|~|-?[0-9.]+)\Z|.*(?:: |:\Z| \Z| -\Z)|- |-\Z|--", re.DOTALL
)
_BLOCK = re.compile(r"(?:(?!::|.*##)[!-~][ -~]*\n)+\Z")
"""Lines that stand as they are: of printable ASCII, and no command (see `diagnostics.inert`)."""
_IN_FLOW = re.compile(r"[A-Za-z0-9_./-]+\Z")
_APART = ("registry", "mirrors", "hosts", "fallback", "imageSwap", "certManager", "targets")

Origins = "Mapping[tuple[str | int, ...], Sequence[str]]"


def written(data: Mapping[str, Any], origins: Origins, heading: Sequence[str]) -> str:  # type: ignore[valid-type]
    """The text of a spec.

    Args:
        data: the spec.
        origins: the files that each path is from.
        heading: the lines of the comment at its top.

    Returns:
        YAML that regspec reads as the same data.
    """
    lines = [f"# {inert(line)}".rstrip() for line in heading]
    for key, value in data.items():
        if key in _APART:
            lines.append("")
        lines += _lines(key, value, (key,), origins)
    text = "".join(f"{line}\n" for line in lines)
    if document.parse(text).data != data:
        raise AssertionError("the spec does not read back as it was meant")
    return text


def _lines(key: str, value: Any, path: tuple[str | int, ...], origins: Any) -> Iterator[str]:
    """A key and what it holds, in block style; what is small, in one line."""
    comment = "".join(f" # {', '.join(map(inert, origins[path]))}" for _ in [0] if path in origins)
    name = _scalar(key)
    match value:
        case dict() if value and not _is_small(value, path):
            yield f"{name}:{comment}"
            for below, one in value.items():
                yield from (f"  {line}" for line in _lines(below, one, (*path, below), origins))
        case list() if value and len(path) == 1:
            yield f"{name}:{comment}"
            for item in value:
                yield f"  - {_flow(item)}"
        case str() if _BLOCK.match(value):
            yield f"{name}: |{comment}"
            yield from (f"  {line}" for line in value.splitlines())
        case _:
            yield f"{name}: {_flow(value)}{comment}"


def _is_small(value: dict[str, Any], path: tuple[str | int, ...]) -> bool:
    """Whether a mapping is a reference, or another that is best on one line."""
    return len(path) > 1 and set(value) <= {"env", "file", "exact"} and len(value) == 1


def _flow(value: Any) -> str:
    """A value on one line."""
    match value:
        case dict():
            return (
                "{" + ", ".join(f"{_word(key)}: {_inner(one)}" for key, one in value.items()) + "}"
            )
        case list():
            return f"[{', '.join(map(_inner, value))}]"
        case _:
            return _scalar(value)


def _inner(value: Any) -> str:
    """A value inside braces, where fewer texts are plain."""
    if isinstance(value, dict | list):
        return _flow(value)
    return _word(value) if isinstance(value, str) else _scalar(value)


def _word(text: str) -> str:
    return text if _IN_FLOW.match(text) and not _NO_TEXT.match(text) else _quoted(text)


def _quoted(text: str) -> str:
    """A text in quotes, in which no runner finds a command where the spec is printed."""
    return quote(text).replace("##", "#\\x23")


def _scalar(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            plain = _PLAIN.match(value) and not _NO_TEXT.match(value)
            return value if plain else _quoted(value)
        case _:
            return str(value)
