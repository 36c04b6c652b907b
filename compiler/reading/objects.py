"""What an object of a Kubernetes API is: the facts of its kind, name and namespace."""

from __future__ import annotations

from .facts import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .facts import Reading

OF_ITS_KIND = "constant"
"""The kind of the facts that are the same in every object that a target makes."""
OF_A_CHOICE = "option"
"""The kind of the facts that are options of the target: they are known only if a spec has it."""
_KEYS = ("apiVersion", "kind")


def add_object(reading: Reading, **metadata: str) -> None:
    """Add the facts of the object that a document is.

    Args:
        reading: gets them.
        metadata: the kind of the fact for each key of `metadata` that is compared. With an empty
            text, the key must be there and may have any value.
    """
    data = reading.source.data
    for kind in (OF_ITS_KIND, OF_A_CHOICE):
        reading.anchors[kind,] = reading.place()
    for key in _KEYS:
        _add(reading, OF_ITS_KIND, key, data.get(key), (key,))
    held = data.get("metadata")
    if isinstance(held, dict):
        reading.anchors[OF_A_CHOICE,] = reading.place("metadata", on_key=True)
    for key, kind in metadata.items():
        value = held.get(key) if isinstance(held, dict) else None
        _add(reading, kind, f"metadata.{key}", value, ("metadata", key))


def _add(reading: Reading, kind: str, name: str, value: Any, steps: tuple[str, ...]) -> None:
    text = text_of(value)
    if text:
        place = reading.place(*steps)
        reading.add((kind or OF_ITS_KIND, name), text if kind else True, place, shown=text)
