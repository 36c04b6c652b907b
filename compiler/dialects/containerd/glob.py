"""Patterns of Go's `filepath.Glob`, as `imports` uses them, in time that is bounded."""

from __future__ import annotations

from ...limits import TooMuch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WRONG = "syntax error in pattern"
_MARKS = (b"?", b"[", b"\\")
_MOST_STEPS = 200_000
"""How much is compared with the patterns of a configuration: 20 of them with 10,000 files."""
_A_FOLDER = 200
"""What the list of a folder counts for, which takes longer than a comparison."""
_INVALID, _INVALID_RUNE = -1, 0xFFFD
"""A byte that is not UTF-8, and the character that Go takes it for in a class."""


class Budget:
    """How many steps the comparison of patterns with names may still take, all together."""

    def __init__(self) -> None:
        self.left = _MOST_STEPS

    def spend(self, steps: int) -> None:
        """Take some of it.

        Raises:
            TooMuch: nothing is left.
        """
        self.left -= steps
        if self.left < 0:
            raise TooMuch("`imports`: too many files to compare with its patterns")


def matches(names: Sequence[str], pattern: str, budget: Budget) -> list[str]:
    """The names that a component of a `filepath.Glob` pattern matches.

    Args:
        names: of files and folders.
        pattern: without a slash.
        budget: a few steps of it are taken for the folder, one for each name, and one for each
            character that is compared with a class or a `?`.

    Raises:
        ValueError: the pattern has a syntax error.
        TooMuch: the budget does not suffice.
    """
    chunks = list(_chunks(pattern.encode("utf-8", "surrogateescape")))
    for _, chunk in chunks:
        _check(chunk)
    budget.spend(_A_FOLDER + len(names))
    return [name for name in names if _is_match(name, chunks, budget)]


def _chunks(pattern: bytes) -> Iterator[tuple[bool, bytes]]:
    """A pattern as Go's `scanChunk` splits it: whether stars come first, and what follows them."""
    position = 0
    while position < len(pattern):
        start = position
        while pattern[position : position + 1] == b"*":
            position += 1
        star, start, in_class = position > start, position, False
        while position < len(pattern):
            match pattern[position : position + 1]:
                case b"\\":
                    position += 1
                case b"[":
                    in_class = True
                case b"]":
                    in_class = False
                case b"*" if not in_class:
                    break
            position += 1
        position = min(position, len(pattern))
        yield star, pattern[start:position]


def _is_match(name: str, chunks: list[tuple[bool, bytes]], budget: Budget) -> bool:
    """Go's `filepath.Match`: after stars, the first match of a chunk is the one that counts.

    Source: Go 1.22, path/filepath/match.go.
    """
    rest = name.encode("utf-8", "surrogateescape")
    for index, (star, chunk) in enumerate(chunks):
        is_last = index == len(chunks) - 1
        if star and not chunk:
            return True  # a component has no slash
        if not any(mark in chunk for mark in _MARKS):
            at = len(rest) - len(chunk) if is_last else rest.find(chunk)
            at = at if star else 0
            if at < 0 or not rest.startswith(chunk, at):
                return False
            rest = rest[at + len(chunk) :]
            continue
        for start in range(len(rest) + 1 if star else 1):
            after = _after_chunk(chunk, rest[start:], budget)
            # The last chunk must end where the name ends.
            if after is not None and (not is_last or not after):
                rest = after
                break
        else:
            return False
    return not rest


def _after_chunk(chunk: bytes, text: bytes, budget: Budget) -> bytes | None:
    """What follows a chunk at the beginning of a text, or none if it is not there."""
    at = position = 0
    budget.spend(1)
    while at < len(chunk):
        if position >= len(text):
            return None
        budget.spend(1)
        first = chunk[at : at + 1]
        if first == b"[":
            rune, position = _rune(text, position)
            found, at = _in_class(chunk, at + 1, _INVALID_RUNE if rune == _INVALID else rune)
            if not found:
                return None
            continue
        if first == b"?":
            _, position = _rune(text, position)
        else:
            at += first == b"\\"
            if chunk[at] != text[position]:
                return None
            position += 1
        at += 1
    return text[position:]


def _check(chunk: bytes) -> None:
    """Refuse a chunk with a syntax error, which Go does whether a name comes so far or not."""
    at = 0
    while at < len(chunk):
        first = chunk[at : at + 1]
        if first == b"[":
            _, at = _in_class(chunk, at + 1, 0)
            continue
        at += 2 if first == b"\\" else 1
        if at > len(chunk):
            raise ValueError(_WRONG)


def _in_class(chunk: bytes, at: int, rune: int) -> tuple[bool, int]:
    """Whether a character is in a class, and where the class ends.

    Args:
        chunk: with the class in it.
        at: the position after `[`.
        rune: the character.

    Raises:
        ValueError: the class has a syntax error.
    """
    negated = chunk[at : at + 1] == b"^"
    at += negated
    found, count = False, 0
    while not (count and chunk[at : at + 1] == b"]"):
        low, at = _bound(chunk, at)
        high = low
        if chunk[at : at + 1] == b"-":
            high, at = _bound(chunk, at + 1)
        found |= low <= rune <= high
        count += 1
    return found is not negated, at + 1


def _bound(chunk: bytes, at: int) -> tuple[int, int]:
    """One end of a range in a class, which may be escaped: Go's `getEsc`."""
    if chunk[at : at + 1] in (b"", b"-", b"]"):
        raise ValueError(_WRONG)
    at += chunk[at : at + 1] == b"\\"
    rune, after = _rune(chunk, at)
    if rune == _INVALID or after >= len(chunk):
        raise ValueError(_WRONG)
    return rune, after


def _rune(text: bytes, at: int) -> tuple[int, int]:
    """The character at a position, and the position after it; a byte that is not UTF-8 is one."""
    if at < len(text) and text[at] < 0x80:  # noqa: PLR2004 - ASCII
        return text[at], at + 1
    for end in range(at + 2, min(at + 4, len(text)) + 1):
        try:
            return ord(text[at:end].decode()), end
        except UnicodeDecodeError:
            continue
    return _INVALID, at + 1
