"""The types of the values that a consumer reads: with one of another type it refuses the file."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..diagnostics import Path

    Shape = str | list[Any] | dict[str, Any]
    """`TEXT`, `SCALAR` or `SWITCH`, a list of one shape, or a table: keys with the shape of each.
    `ANY` is every key that the table does not name. Keys that it does not have are not checked."""

ANY = "*"
TEXT, SCALAR, SWITCH = "a text", "a text or a number", "`true` or `false` without quotes"


def wrong_types(value: Any, shape: Shape, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The values of another type than a consumer reads.

    Args:
        value: of a document; `null` is right everywhere.
        shape: what it must be.
        path: of the value.

    Yields:
        The path of each, and what must be there.
    """
    if value is None:
        return
    match shape:
        case str():
            if not _is(value, shape):
                yield path, shape
        case list():
            if not isinstance(value, list):
                yield path, "a list"
                return
            for index, item in enumerate(value):
                yield from wrong_types(item, shape[0], (*path, index))
        case dict():
            if not isinstance(value, dict):
                yield path, "a table"
                return
            for key, inner in value.items():
                below = shape.get(key, shape.get(ANY))
                if below is not None:
                    yield from wrong_types(inner, below, (*path, key))


def _is(value: Any, shape: str) -> bool:
    if shape == SWITCH:
        return isinstance(value, bool)
    return isinstance(value, str) or (shape == SCALAR and isinstance(value, bool | int | float))
