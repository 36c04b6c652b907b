"""The images that a text names: a list, Kubernetes manifests, or what Helm prints."""

from __future__ import annotations

import yaml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(ValueError):  # noqa: N818 - it says what the text is
    """The text is neither a list of images nor YAML; the message says where."""


_LAYOUT = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
"""The annotations by which an OCI layout's index names its images."""


def named_in(text: str, fields: Sequence[str] = ("image",)) -> list[str]:
    """The images of a text in the order of it, each once.

    Args:
        text: one reference a line, with blank lines and # comments; or YAML or JSON documents, in
            which every text below one of the fields is an image; or the index of an OCI layout.
        fields: the keys that hold images.

    Raises:
        Unreadable: it is neither.
    """
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if all(_is_one_word(line) for line in lines) and not text.lstrip("\ufeff \t\r\n").startswith(
        ("{", "[")
    ):
        return list(dict.fromkeys(lines))
    try:
        documents = list(yaml.load_all(text, _Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable(
            f"line {mark.line + 1 if mark else 1} is neither an image nor YAML"
        ) from None
    found: dict[str, None] = {}
    for document in documents:
        found.update(dict.fromkeys(_below(document, frozenset(fields))))
    return list(found)


def _is_one_word(line: str) -> bool:
    return (
        not any(character.isspace() for character in line)
        and not line.endswith(":")
        and line != "---"
    )


def _below(node: Any, fields: frozenset[str]) -> Iterator[str]:
    """The texts under the fields, however deep."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for key, value in one.items():
                if not isinstance(value, str) or not value:
                    continue
                # An annotation may be the tag alone.
                if key in fields or (key in _LAYOUT and "/" in value):
                    yield value
            waiting += reversed(list(one.values()))
        elif isinstance(one, list):
            waiting += reversed(one)
