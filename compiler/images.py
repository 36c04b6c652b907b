"""The images that a text names: a list, Kubernetes manifests, or what Helm prints."""

from __future__ import annotations

from . import limits
from .document import NotADocument
from .places import Lines
from .reading.stream import texts_by_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_LAYOUT = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
"""The annotations by which an OCI layout's index names its images."""


class Unreadable(ValueError):  # noqa: N818 - it says what the text is
    """The text is neither a list of images nor YAML; the message says where."""


def named_in(text: str, fields: Sequence[str] = ("image",)) -> list[str]:
    """The images of a text in the order of it, each once.

    Args:
        text: one reference a line, with blank lines and # comments, or YAML or JSON documents, in
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
    known = frozenset(fields)
    found: dict[str, None] = {}
    try:
        limits.check_size(text)
        for key, value in texts_by_key(text):
            # An annotation may be the tag alone.
            if value and (key in known or (key in _LAYOUT and "/" in value)):
                found[value] = None
    except limits.TooMuch as why:
        raise Unreadable(str(why)) from None
    except NotADocument as why:
        line = Lines(text).index(why.problems[-1].start) + 1
        raise Unreadable(f"line {line} is neither an image nor YAML") from None
    return list(found)


def _is_one_word(line: str) -> bool:
    return (
        not any(character.isspace() for character in line)
        and not line.endswith(":")
        and line != "---"
    )
