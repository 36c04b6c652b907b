"""Data into YAML and TOML text, and back to see that it is the same.

Every string becomes one double-quoted scalar that YAML 1.1, YAML 1.2 and TOML readers take
alike; facts behind it: docs/decisions/0002-quoting.md.
"""

from __future__ import annotations

import json
import re
from functools import cache

from . import resources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from jinja2 import Environment

    Tables = list[tuple[tuple[str, ...], dict[str, Any]]]
    """The tables of a TOML file in order: the path of each, and its own keys and values."""

HEADER = "# made by regspec; edit the spec instead"

# JSON leaves these as they are. YAML 1.1 breaks lines at some and refuses others, TOML refuses DEL;
# the rest is invisible or reverses the direction of the text, so that a reviewer sees another one.
_UNSAFE = (
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0001\U000e0020-\U000e007f]"
)


_NOT_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that some reader of YAML takes for something else."""
_LAST_OF_FOUR = 0xFFFF
"""The last character that an escape of four digits can name."""
_BARE = r"[A-Za-z0-9_-]+\Z"
_LITERAL = r"[!-~][ -~]*\n(?:\n* *[!-~][ -~]*\n)*\Z"
"""Lines of printable ASCII: what a literal block can hold. The first begins with no blank, which
says how far the block is indented; none consists of blanks, and the last is not empty."""


class Verbatim(str):
    """A text that is already in the form of the output, and is not quoted again.

    In templates the filter `word` makes one, for keys that are our constants.
    """

    __slots__ = ()


class NotTheSame(Exception):  # noqa: N818 - it says what the text is
    """A text does not read back as the data it was made from: a bug of regspec."""


def is_text(word: str) -> bool:
    """Whether a word without quotes is text to every reader of YAML."""
    is_word = word.isascii() and word[:1] != "-" and word.replace("-", "_").isidentifier()
    return is_word and word.lower() not in _NOT_TEXT


def quote(text: str) -> str:
    """The text as a double-quoted scalar, which is the same in YAML and in TOML."""
    quoted = json.dumps(text, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return re.sub(_UNSAFE, _escaped, quoted)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR else f"\\U{code:08x}"


def yaml_text(data: dict[str, Any] | list[Any]) -> str:
    """A mapping, or a list, as YAML in block style; text of several lines as a literal block.

    Args:
        data: texts, true and false, numbers, lists and mappings.
    """
    lines = _yaml_items(data) if isinstance(data, list) else _yaml_lines(data)
    return "".join(f"{line if line.strip() else ''}\n" for line in lines)


def _yaml_lines(data: dict[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        name = key if is_text(key) else quote(key)
        match value:
            case dict() if value:
                yield f"{name}:"
                yield from (f"  {line}" for line in _yaml_lines(value))
            case list() if value:
                yield f"{name}:"
                yield from (f"  {line}" for line in _yaml_items(value))
            case _:
                first, *more = _yaml_scalar(value)
                yield f"{name}: {first}"
                yield from more


def _yaml_items(items: list[Any]) -> Iterator[str]:
    for item in items:
        lines = iter(_yaml_lines(item) if isinstance(item, dict) else _yaml_scalar(item))
        yield f"- {next(lines)}"
        yield from (f"  {line}" for line in lines)


def _yaml_scalar(value: Any) -> list[str]:
    """One value: on its line, or as a block below it."""
    if isinstance(value, str) and re.match(_LITERAL, value):
        return ["|", *(f"  {line}" for line in value.splitlines())]
    return [_scalar(value)]


def _scalar(value: Any) -> str:
    """One value on one line, the same in YAML and in TOML."""
    if isinstance(value, list):
        return f"[{', '.join(map(_scalar, value))}]"
    return "{}" if value == {} else _finalize(value)


def toml_text(tables: Tables) -> str:
    """Tables as TOML, each under a header of its own, as containerd requires them."""
    lines: list[str] = []
    for path, pairs in tables:
        if path:
            lines += ["", f"[{'.'.join(map(_toml_key, path))}]"]
        lines += [f"{_toml_key(key)} = {toml_value(value)}" for key, value in pairs.items()]
    return "".join(f"{line}\n" for line in lines)


def toml_value(value: Any) -> Verbatim:
    """One value of TOML on one line; a mapping is an inline table."""
    if isinstance(value, dict) and value:
        pairs = (f"{_toml_key(key)} = {toml_value(below)}" for key, below in value.items())
        return Verbatim(f"{{ {', '.join(pairs)} }}")
    return Verbatim(_scalar(value))


def is_header_key(key: str) -> bool:
    """Whether every reader of TOML takes a key in the header of a table.

    Source: go-toml 1.9.5, lexer.go, which refuses a `]` in a quoted key there, as an IPv6 address
    has one. containerd 1.x, BuildKit before 0.28 and kind read their files with it.
    """
    return "]" not in key


def with_plain_headers(tables: Tables) -> Tables:
    """The same tables, with inline tables in place of those whose header some readers refuse.

    `[configs."[fd00::1]:5000".auth]` becomes `"[fd00::1]:5000" = { auth = { … } }` below
    `[configs]`, which stands before every other table of `configs`.
    """
    inline: dict[tuple[str, ...], dict[str, Any]] = {}
    plain: dict[tuple[str, ...], dict[str, Any]] = {}
    above = [
        path[: next((i for i, key in enumerate(path) if not is_header_key(key)), len(path))]
        for path, _ in tables
    ]
    for parent, (path, pairs) in zip(above, tables, strict=True):
        if parent != path:
            table = inline.setdefault(parent, {})
            for key in path[len(parent) :]:
                table = table.setdefault(key, {})
            table.update(pairs)
    for parent, (path, pairs) in zip(above, tables, strict=True):
        for other in inline:
            if parent[: len(other)] == other:
                plain.setdefault(other, {})
        if parent == path:
            plain.setdefault(path, {}).update(pairs)
    for parent, pairs in inline.items():
        plain[parent].update(pairs)
    return list(plain.items())


def toml_data(tables: Tables) -> dict[str, Any]:
    """What the text of these tables must read back as."""
    data: dict[str, Any] = {}
    for path, pairs in tables:
        table = data
        for key in path:
            table = table.setdefault(key, {})
        table.update(pairs)
    return data


def _toml_key(key: str) -> str:
    return key if re.match(_BARE, key) else quote(key)


def pem_block(text: str, indent: int) -> Verbatim:
    """A PEM text as a YAML literal block, or `""` when there is none.

    Args:
        text: in the canonical form, or empty.
        indent: how many blanks stand before each line.
    """
    if not text:
        return Verbatim('""')
    lines = (f"{' ' * indent}{line}\n" if line else "\n" for line in text.splitlines())
    return Verbatim("|\n" + "".join(lines).rstrip("\n"))


def render(template: str, **values: Any) -> str:
    """The text of a template; each expression in it becomes one whole quoted value.

    What was made of the template ahead of time renders it, if there is such a thing; jinja2 else.
    """
    try:
        from .generated import TEMPLATES
    except ImportError:
        TEMPLATES = {}  # noqa: N806 - the same name
    if template in TEMPLATES:
        return TEMPLATES[template]({"header": Verbatim(HEADER), **values}, _finalize, _FILTERS)
    return _environment().get_template(template).render(header=Verbatim(HEADER), **values)


def macro(template: str, name: str, *values: Any) -> Verbatim:
    """What a macro of a template makes of some values.

    Args:
        template: as for `render`.
        name: of the macro.
        values: its arguments.
    """
    module = _environment().get_template(template).module
    return Verbatim(getattr(module, name)(*values))


def verify(text: str, data: Any, syntax: str) -> None:
    """Read a text back and compare it with the data it was made from.

    Args:
        text: the artifact.
        data: what it must hold, key order included.
        syntax: `yaml`, `yaml documents`, `json`, `toml` or `text`.

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
    try:
        from . import readback
    except ImportError:  # it may not be there
        pass
    else:
        data = readback.yaml(text)
        if data is not None:
            return data
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ValueError("not YAML") from error


def read_toml(text: str) -> Any:
    """The data of a TOML text.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML.
        ValueError: a number in it is longer than Python reads.
        RecursionError: it is nested too deeply.
    """
    try:
        from . import readback
    except ImportError:
        pass
    else:
        data = readback.toml(text)
        if data is not None:
            return data
    import tomllib

    return tomllib.loads(text)


def _read_documents(text: str) -> list[Any]:
    # Only whole lines: a line of PEM also ends so.
    return [_read_yaml(part) for part in re.split(r"(?m)^---\n", text)[1:]]


_READERS: dict[str, Callable[[str], Any]] = {
    "yaml": _read_yaml,
    "yaml documents": _read_documents,
    "json": json.loads,
    "toml": read_toml,
    "text": str,
}


_FILTERS: dict[str, Callable[..., Any]] = {
    "pem_block": pem_block,
    "word": Verbatim,
    "inline": toml_value,
}


def _passed_through(write: Callable[..., str]) -> Callable[..., Verbatim]:
    return lambda *arguments: Verbatim(write(*arguments))


@cache
def _environment() -> Environment:
    import jinja2

    from . import markdown

    environment = jinja2.Environment(  # noqa: S701 - the output is YAML and TOML, not HTML
        loader=jinja2.FunctionLoader(resources.template_text),
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_FILTERS)
    for name, written in (
        ("code", markdown.code_span),
        ("fenced", markdown.fenced),
        ("path", markdown.shell_path),
        ("listed", markdown.shell_list),
        ("remote", markdown.remote_path),
        ("shell", markdown.shell_word),
    ):  # of the templates that are Markdown
        environment.filters[name] = _passed_through(written)
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
