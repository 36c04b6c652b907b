"""The values of a consumer's file, read as a program in Go reads them.

With a value of a wrong type, the program refuses the whole file. The files may be a stranger's, so
they are read within limits.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from .files import Unreadable, made_by_us

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from ..reference import Reference
    from .attempt import Attempt, Resolver
    from .files import Tree


class Refused(Exception):  # noqa: N818 - it says what the consumer does
    """A file that its consumer does not take; the message says why, without a value of it."""


def from_yaml(tree: Tree, path: str) -> list[Any]:
    """The documents of a YAML file that hold something; none if the file is not there.

    Raises:
        Refused: it is not YAML, beyond a limit, or cannot be read.
    """
    text = _text(tree, path)
    return [] if text is None else yaml_of(text, path)


def yaml_of(text: str, path: str) -> list[Any]:
    """The documents of a YAML text that hold something.

    Raises:
        Refused: it is not YAML, or beyond a limit.
    """
    from ..document import NotADocument
    from ..reading import stream

    known = made_by_us(text)
    if known is not None:
        return known
    try:
        return [document for document in stream.parse(text.removeprefix("\ufeff")).data if document]
    except NotADocument as why:
        raise Refused(f"{path}: {why.problems[0].message}") from None


def from_toml(tree: Tree, path: str) -> dict[str, Any]:
    """The data of a TOML file, which is empty if the file is not there.

    Raises:
        Refused: it is not TOML, beyond a limit, or cannot be read.
    """
    text = _text(tree, path)
    return {} if text is None else toml_of(text, path)


def toml_of(text: str, path: str) -> dict[str, Any]:
    """The data of a TOML text.

    Raises:
        Refused: it is not TOML, or beyond a limit.
    """
    from .. import limits
    from ..emit import read_toml

    try:
        return limits.load_toml(text, read_toml)
    except limits.TooMuch as why:
        raise Refused(f"{path}: {why}") from None
    except ValueError:
        raise Refused(f"{path} is not TOML") from None


def from_json(tree: Tree, path: str) -> dict[str, Any]:
    """The object in a JSON file, which is empty if the file is not there.

    Raises:
        Refused: it is not a JSON object, beyond a limit, or cannot be read.
    """
    from .. import limits
    from ..reading.stream import load_json

    text = _text(tree, path)
    if text is None:
        return {}
    try:
        return table(load_json(text), path)
    except limits.TooMuch as why:
        raise Refused(f"{path}: {why}") from None
    except ValueError:
        raise Refused(f"{path} is not JSON") from None


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.text(path)
    except Unreadable as why:
        raise Refused(str(why)) from None


def is_there(tree: Tree, path: str) -> bool:
    """Whether a file is there, even if it cannot be read."""
    try:
        return tree.text(path) is not None
    except Unreadable:
        return True


def text_of(tree: Tree, path: str) -> str | None:
    """The text of a file; none if it is not there, or cannot be read."""
    try:
        return tree.text(path)
    except Unreadable:
        return None


def table(value: Any, name: str) -> dict[str, Any]:
    """A value that is a table or left out.

    Raises:
        Refused: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{name} is not a table")
    return value


def tables(value: Any, name: str) -> list[dict[str, Any]]:
    """A value that is a list of tables, or left out.

    Raises:
        Refused: it is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(f"{name} is not a list")
    return [table(item, f"an item of {name}") for item in value]


def text(value: Any, name: str) -> str:
    """A value that is a text or left out; a number or a switch is the text that was written.

    Raises:
        Refused: it is a table or a list.
    """
    if isinstance(value, dict | list):
        raise Refused(f"{name} is not a text")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def texts(value: Any, name: str) -> tuple[str, ...]:
    """A value that is a list of texts, or left out.

    Raises:
        Refused: it is something else.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Refused(f"{name} is not a list")
    return tuple(text(item, f"an item of {name}") for item in value)


def flag(value: Any, name: str) -> bool:
    """A value that is true or false; left out it is false.

    Raises:
        Refused: it is something else.
    """
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Refused(f"{name} is not true or false")
    return value


def resolver(
    runtime: str,
    attempts: Callable[[], Callable[[Reference], Iterator[Attempt]]],
    version: str | None = None,
) -> Resolver:
    """A runtime that requests what its files say, or does not run if it refuses them.

    Args:
        runtime: what it is called.
        attempts: reads the files, and gives what is requested for an image.
        version: of the runtime, if it matters.
    """
    from ..frozen import replace
    from .attempt import Outcome, Resolver, resolver_of

    try:
        return replace(resolver_of(runtime, attempts()), version=version)
    except Refused as why:
        outcome = Outcome(loads=False, reason=str(why))
        return Resolver(runtime, lambda _written, _image: outcome, version)


def origin_of(url: str) -> str | None:
    """The scheme, host and port of a URL of http or https; None if it is not such a URL."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - ValueError: it is not a number
    except ValueError:
        return None
    is_url = parts.scheme in ("http", "https") and bool(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if is_url else None


def items(mapping: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    """The pairs of a table in a table, whose keys are texts.

    Raises:
        Refused: it is not a table.
    """
    for name, value in table(mapping.get(key), f"`{key}`").items():
        yield text(name, "a key"), value
