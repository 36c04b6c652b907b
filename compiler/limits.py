"""How much of a text from outside is read: beyond these limits it is not a configuration.

Every parser of such texts checks them first, because the libraries have high limits or none:
tomllib needs gigabytes for a key of 40,000 parts, and Python refuses an integer of 5,000 digits
with an error of another kind. With these limits, no file needs more than a few seconds or 200 MB.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LARGEST_TEXT = 16 * 1024 * 1024
"""The largest text, in bytes: a spec, a file of a node, a list of images."""
DEEPEST = 100
"""How many levels of nesting a text may have; the schemas in CRDs have about 60."""
MOST_VALUES = 100_000
"""How many values a file of a consumer may have; a config.toml with 10,000 mirrors has 70,000."""
MOST_OF_SPEC = 5 * MOST_VALUES
"""How many values a spec may have: more than what is read of files with as many mirrors."""
MOST_LINES = 500_000
"""How many lines a text may have."""
MOST_PARTS = 32
"""How many parts a dotted TOML key may have; keys of containerd have seven."""
LONGEST_NUMBER = 30
"""How many characters a number may have."""

_TOO_MANY = f"more than {MOST_VALUES:,} values"
_OF_JSON = r'"(?:[^"\\]++|\\.)*+"?'
_OF_TOML = (
    r'"""(?:(?:""?)?(?:[^"\\]++|\\.))*+(?:"{3,5}|\Z)'
    r"|'''(?:(?:''?)?[^']++)*+(?:'{3,5}|\Z)"
    r"""|"(?:[^"\\\n]++|\\[^\n])*+"?|'[^'\n]*+'?|#[^\n]*+"""
)
"""Quoted texts and comments; possessive, as in reading/toml_places.py."""
_LONG_KEY = rf"(?:\.[^.,=\[\]{{}}\n]*+){{{MOST_PARTS}}}"


class TooMuch(ValueError):  # noqa: N818 - it says what the text has
    """A text is beyond a limit; the message names the limit, without any part of the text."""


def check_size(text: str) -> None:
    """Refuse a text that is too large, or has too many lines.

    Raises:
        TooMuch: it is, or has.
    """
    if len(text) > LARGEST_TEXT:
        raise TooMuch(f"larger than {LARGEST_TEXT} bytes")
    if text.count("\n") > MOST_LINES:
        raise TooMuch(f"more than {MOST_LINES:,} lines")


def check_entries(count: int) -> None:
    """Refuse a text with too many entries or lines.

    Raises:
        TooMuch: there are too many.
    """
    if count > MOST_VALUES:
        raise TooMuch(_TOO_MANY)


def check_json(text: str) -> None:
    """Refuse what should be JSON before it is parsed.

    Raises:
        TooMuch: it is too large, or has too many values.
    """
    check_size(text)
    if _marks(text, ",[{") > MOST_VALUES:  # some of them in quoted texts, perhaps
        check_entries(_marks(re.sub(_OF_JSON, "", text, flags=re.DOTALL), ",[{"))


def check_toml(text: str) -> None:
    """Refuse what should be TOML before it is parsed.

    Raises:
        TooMuch: it is too large, has too many values, or a key of too many parts.
    """
    check_size(text)
    bare = re.sub(_OF_TOML, '""', text, flags=re.DOTALL)
    check_entries(_marks(bare, ".,=["))
    if re.search(_LONG_KEY, bare):
        raise TooMuch(f"a key of more than {MOST_PARTS} parts")


def load_toml(text: str, read: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The data of a TOML text.

    Args:
        text: without a byte order mark.
        read: reads it, and fails as tomllib does.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML.
        TooMuch: it is beyond a limit.
    """
    check_toml(text)
    try:
        data = read(text)
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:
        if type(error) is ValueError:  # what Python says of a long integer
            raise TooMuch("a number that is too long") from None
        raise
    check_depth(data)
    return data


def check_depth(data: Any) -> None:
    """Refuse data that is nested too deeply.

    Args:
        data: of a text without aliases.

    Raises:
        TooMuch: it is.
    """
    level = [data]
    for _ in range(DEEPEST + 1):
        level = [
            below
            for node in level
            for below in (node.values() if isinstance(node, dict) else node)
            if isinstance(below, dict | list)
        ]
        if not level:
            return
    raise too_deep()


def too_deep() -> TooMuch:
    """What is raised for data that is nested too deeply."""
    return TooMuch(f"nested more than {DEEPEST} levels deep")


def _marks(text: str, marks: str) -> int:
    return sum(map(text.count, marks))
