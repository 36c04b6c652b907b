"""Data into YAML and TOML text, and back to see that it is the same.

Every string becomes one double-quoted scalar that YAML 1.1, YAML 1.2 and TOML readers take
alike; facts behind it: docs/decisions/0002-quoting.md.
"""

from __future__ import annotations

import json
import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any

from . import resources

if TYPE_CHECKING:
    from jinja2 import Environment

HEADER = "# made by regspec; edit the spec instead"

# JSON leaves these as they are; YAML 1.1 breaks lines at some, refuses others, TOML refuses DEL.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class Verbatim(str):
    """A text that is already in the form of the output, and is not quoted again.

    In templates the filter `word` makes one, for keys that are constants of ours.
    """

    __slots__ = ()


class NotTheSame(Exception):  # noqa: N818 - it says what the text is
    """A text does not read back as the data it was made from: a bug of ours."""


def quote(text: str) -> str:
    """The text as a double-quoted scalar, which is the same in YAML and in TOML."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def pem_block(text: str, indent: int) -> Verbatim:
    """A PEM text as a YAML literal block, or `""` when there is none.

    Args:
        text: in the canonical form, or empty.
        indent: how many blanks stand before each line.
    """
    if not text:
        return Verbatim('""')
    return Verbatim("|\n" + textwrap.indent(text, " " * indent).rstrip("\n"))


def render(template: str, **values: Any) -> str:
    """The text of a template; each expression in it becomes one whole quoted value."""
    return _environment().get_template(template).render(header=Verbatim(HEADER), **values)


def verify(text: str, data: Any, syntax: str) -> None:
    """Read a text back and compare it with the data it was made from.

    Args:
        text: the artifact.
        data: what it must hold, key order included.
        syntax: `yaml` or `toml`.

    Raises:
        NotTheSame: it does not.
    """
    try:
        read = _READERS[syntax](text)
    except ValueError:
        raise NotTheSame(f"the {syntax} does not parse") from None
    if json.dumps(read) != json.dumps(data):
        raise NotTheSame(f"the {syntax} reads back differently")


def _read_yaml(text: str) -> Any:
    import yaml  # noqa: PLC0415 - listing the targets needs no YAML

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ValueError("not YAML") from error


def _read_toml(text: str) -> Any:
    import tomllib  # noqa: PLC0415 - likewise

    return tomllib.loads(text)


_READERS = {"yaml": _read_yaml, "toml": _read_toml}


@cache
def _environment() -> Environment:
    import jinja2  # noqa: PLC0415 - listing the targets needs no templates

    environment = jinja2.Environment(  # noqa: S701 - the output is YAML and TOML, not HTML
        loader=jinja2.FunctionLoader(resources.template_text),
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["pem_block"] = pem_block
    environment.filters["word"] = Verbatim
    return environment


def _finalize(value: Any) -> str:
    """What a template's expression becomes: a whole value, quoted if it is text."""
    match value:
        case Verbatim():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return quote(value)
    raise TypeError(f"a template cannot print a {type(value).__name__}")
