"""Runs the JSON Schema over a spec, and says what is wrong in the author's words.

jsonschema's own messages print the value, which may be a password; none of them is used.
"""

from __future__ import annotations

import itertools
import re
from functools import cache

from . import resources
from .diagnostics import Finding, Path, Place, Severity, code_list, code_span, holds_login
from .frozen import frozen
from .places import Showing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from jsonschema import Draft202012Validator

    Explain = Callable[["_Violation"], Iterator[Finding]]

_LONGEST_CODE = 10
MAX_FINDINGS = 1000
"""The most errors that are reported."""
_WORD = r"(?:[A-Za-z][A-Za-z0-9_.-]*|<<)\Z"
_TEXT_KINDS = "text, {env: NAME} or {file: PATH}"
_KINDS = {"string": "text", "object": "a mapping", "array": "a list", "boolean": "true or false"}


@frozen
class _Violation:
    """One error of jsonschema, without its message."""

    path: Path
    on_key: bool
    """Whether it is about the last key of the path, not its value."""
    value: Any
    schema: Any
    """The part of the schema that the value does not match."""
    wanted: Any
    """The value of the keyword that it does not match."""

    @property
    def name(self) -> str:
        """What the value is called in a message: the last key that leads to it."""
        keys = [step for step in self.path if isinstance(step, str)]
        if not keys:
            return "the spec"
        name = code_span(keys[-1])
        return name if isinstance(self.path[-1], str) else f"an item of {name}"

    @property
    def without_it(self) -> str:
        """How the author does without the value."""
        return "leave the key out" if isinstance(self.path[-1], str) else "remove the item"


def check(data: Any) -> list[Finding]:
    """Everything that the schema has against the data of a document.

    Args:
        data: plain data, as `document.parse` gives it.

    Returns:
        Errors with the code `schema`, in no particular order; none for a valid spec.
    """
    return [] if _surely_accepts(data) else judge(data)


def _surely_accepts(data: Any) -> bool:
    """Whether the data is valid without a doubt, as what was made of the schema ahead of time says.

    REGSPEC_FAST=0 takes that away (see cli); then the schema itself decides, as on any doubt.
    """
    try:
        from .generated import accepts
    except ImportError:
        return False
    return accepts(data)


def judge(data: Any) -> list[Finding]:
    """What jsonschema has against data; see `check`, which calls it only where there is a doubt."""
    findings: list[Finding] = []
    for error in _validator().iter_errors(data):
        path: Path = tuple(error.absolute_path)
        on_key = "propertyNames" in error.absolute_schema_path
        if on_key:
            path = (*path, str(error.instance))
        violation = _Violation(path, on_key, error.instance, error.schema, error.validator_value)
        findings += itertools.islice(_EXPLAIN[str(error.validator)](violation), MAX_FINDINGS)
        if len(findings) > MAX_FINDINGS:
            break
    return list(dict.fromkeys(findings))


def subschema(path: Path) -> dict[str, Any] | None:
    """The part of the schema that describes a path, or none for a path that it does not know."""
    node = resolved(_root())
    for step in path:
        below = node.get("items") if isinstance(step, int) else _property(node, step)
        if not isinstance(below, dict):
            return None
        node = resolved(below)
    return node


def shows_value(path: Path, value: Any) -> bool:
    """Whether a scalar may be shown: the schema allows its kind there, and it is not a secret."""
    node = subschema(path)
    if node is None or is_secret(path) or holds_login(str(value)):
        return False
    kinds = node.get("type", "string")
    return "string" in kinds or kinds == "boolean" or (kinds == "array" and len(path) == 1)


def shows_key(path: Path) -> bool:
    """Whether a key may be shown: a known one, or a word that is not below a secret."""
    key = str(path[-1])
    if subschema(path[:-1]) is None or is_secret(path[:-1]) or holds_login(key):
        return False
    return subschema(path) is not None or bool(re.match(_WORD, key))


SHOWING = Showing(shows_value, shows_key, shapes=True)
"""What of a spec may be shown in a message."""


def is_secret(path: Path) -> bool:
    """Whether a path is the path of a secret, or below one."""
    return any(
        (subschema(path[:length]) or {}).get("writeOnly") for length in range(1, len(path) + 1)
    )


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """A node of the schema with what it refers to; its own keys win."""
    while "$ref" in node:
        target = _root()["$defs"][node["$ref"].rpartition("/")[2]]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def fixed(definition: str, value: str) -> str | None:
    """The text in the form of one of the schema's `$defs`, if only its form is wrong.

    Args:
        definition: the name of one of the schema's `$defs` that is a pattern, such as `location`.
        value: the text.
    """
    node = resolved(_root()["$defs"][definition])
    if len(value) <= node["maxLength"] and re.search(node["pattern"], value):
        return value
    return _certain_form(node, value)


def problem_with(definition: str, value: str) -> tuple[str, str] | None:
    """What the schema has against one text, as a message and a help, or none.

    Args:
        definition: the name of one of the schema's `$defs` that is a pattern, such as `location`.
        value: the text.
    """
    node = resolved(_root()["$defs"][definition])
    if len(value) <= node["maxLength"] and re.search(node["pattern"], value):
        return None
    right = _right_form(node, value)
    return (
        f"{code_span(value)} {node['patternErrorMessage']}",
        f"write {code_span(right)}" if right else "",
    )


def nearest(name: str, known: list[str]) -> str | None:
    """The known name that was most likely meant, or none."""
    if name in known:
        return name
    import difflib

    by_fold = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold()[:100], list(by_fold), n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


@cache
def _root() -> dict[str, Any]:
    return resources.schema()


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_root())


def _property(node: dict[str, Any], name: str) -> Any:
    return node.get("properties", {}).get(name, node.get("additionalProperties"))


def _did_you_mean(name: str) -> str:
    return f"did you mean `{name}`?"


def _error(
    path: Path, message: str, advice: str = "", *, on_key: bool = False, fix: str | None = None
) -> Finding:
    return Finding(Severity.ERROR, "schema", Place(path, on_key), message, advice, fix)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "empty" if value is None else "a mapping" if isinstance(value, dict) else "a list"


def _explain_type(wrong: _Violation) -> Iterator[Finding]:
    value = wrong.value
    wanted = wrong.wanted if isinstance(wrong.wanted, list) else [wrong.wanted]
    kinds = _TEXT_KINDS if is_secret(wrong.path) else " or ".join(_KINDS[kind] for kind in wanted)
    if value is None and wrong.path:
        written = '`""`' if "string" in wanted else "it"
        advice = f"write {written}, or {wrong.without_it}"
        yield _error(wrong.path, f"{wrong.name} is empty, not {kinds}", advice)
        return
    from . import meant

    if isinstance(value, bool | int | float) and "string" in wanted:
        # The value is not shown: it may be a secret, and 1.10 has become 1.1.
        advice = "put it in quotes to make it text"
    elif isinstance(value, str) and "boolean" in wanted:
        advice = "write `true` or `false`, without quotes"
    elif not wrong.path:
        advice = "`regspec init` writes a spec to start from"
    elif is_secret(wrong.path):
        advice = "put text that begins with `[` or `- ` in quotes"
    else:
        advice = meant.shape(wrong.path, value, wanted)
    message = f"{wrong.name} must be {kinds}, not {_kind(value)}"
    on_key = isinstance(value, list | dict) and isinstance((wrong.path or (0,))[-1], str)
    yield _error(wrong.path, message, advice, on_key=on_key)


def _explain_unknown_keys(wrong: _Violation) -> Iterator[Finding]:
    from . import meant

    known = list(wrong.schema["properties"])
    if is_secret(wrong.path):
        # A key here may be the secret itself, as in `password: {hunter2}`.
        message, advice = f"{wrong.name} must be {_TEXT_KINDS}", meant.reference(wrong.value)
        yield _error(wrong.path, message, advice, on_key=True)
        return
    inverted = meant.inverted(wrong.path, wrong.value)
    for key in wrong.value:
        if key not in known:
            path = (*wrong.path, key)
            advice = inverted or meant.unknown_key(wrong.path, key, wrong.value[key], known)
            shown = f" {code_span(key)}" if shows_key(path) else ""
            yield _error(path, f"unknown key{shown}", advice, on_key=True)


def _explain_required(wrong: _Violation) -> Iterator[Finding]:
    from . import meant

    known = list(wrong.schema["properties"])
    misspelt = {meant.key(wrong.path, key, known) for key in wrong.value if key not in known}
    if meant.inverted(wrong.path, wrong.value) or meant.is_elsewhere(
        wrong.path, wrong.value, known
    ):
        return
    for key in wrong.wanted:
        if key not in wrong.value and key not in misspelt:
            advice = "`{exact: REFERENCE}` writes an image as it is" if key == "exact" else ""
            if key == "target" and wrong.path[:1] == ("targets",):
                advice = "write `{target: NAME, ...}`; `regspec targets` lists the names"
            where = "" if not wrong.path else f" in {wrong.name}"
            yield _error(wrong.path, f"missing key `{key}`{where}", advice, on_key=True)


def _explain_const(wrong: _Violation) -> Iterator[Finding]:
    wanted = wrong.wanted
    yield _error(
        wrong.path, f"{wrong.name} is not `{wanted}`", f"write `{wrong.path[-1]}: {wanted}`"
    )


def _explain_enum(wrong: _Violation) -> Iterator[Finding]:
    choices = [str(choice) for choice in wrong.wanted]
    value = wrong.value
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        message = f"{wrong.name} must be one of {code_list(choices)}, not {_kind(value)}"
        yield _error(wrong.path, message, f"write one of {code_list(choices)}")
        return
    meant = nearest(str(value), choices)
    advice = (
        _did_you_mean(meant)
        if meant and meant != str(value)
        else f"write one of {code_list(choices)}"
    )
    if meant == str(value):
        advice = f"write {code_span(meant)} without quotes"
    yield _error(wrong.path, f"{code_span(str(value))} is not one of {code_list(choices)}", advice)


def _explain_pattern(wrong: _Violation) -> Iterator[Finding]:
    value, schema = wrong.value, wrong.schema
    ending = schema["patternErrorMessage"]
    from . import meant

    if is_secret(wrong.path):
        advice = meant.variable(value) if value and wrong.path[-1] == "env" else ""
        yield _error(wrong.path, f"{wrong.name} {ending}", advice)
        return
    right, part = _right_form(schema, value), None
    if holds_login(value):
        advice = "a login goes into `username` and `password`"
    elif right:
        advice = f"write {code_span(right)}"
    else:
        advice = _other_form(value, wrong.path)
    if not right and not advice:
        advice, part = meant.text(wrong.path, value)
    message = f"{code_span(value)} {ending}" if value else f"{wrong.name} is empty"
    place = Place(wrong.path, wrong.on_key, None if wrong.on_key else part)
    fix = _certain_form(schema, value)
    yield Finding(Severity.ERROR, "schema", place, message, advice, fix)


def _right_form(schema: dict[str, Any], value: str) -> str | None:
    """The value with the usual mistakes undone, if the pattern then matches."""
    pattern: str = schema["pattern"]
    if len(value) > schema.get("maxLength", _LONGEST_CODE):
        return None
    right = value.strip().lower()
    right = re.sub(r"^[a-z][a-z0-9+.-]*://", "", right)
    right = right.strip("/")
    candidates = [
        right,
        right.upper(),
        re.sub(r"^([0-9a-f:]*:[0-9a-f:.]*)$", r"[\1]", right),
        re.sub(r"^v(?=\d)", "", right),
    ]
    return next((c for c in candidates if c and c != value and re.search(pattern, c)), None)


def _certain_form(schema: dict[str, Any], value: str) -> str | None:
    """The right form, unless something would be lost: a login, or that the registry speaks http."""
    scheme, found, _ = value.strip().lower().partition("://")
    if holds_login(value) or (found and scheme != "https"):
        return None
    return _right_form(schema, value)


def _other_form(value: str, path: Path) -> str:
    """What to write in place of a mirror's short form that cannot be one."""
    if path[:1] != ("mirrors",) or len(path) > 2:  # noqa: PLR2004 - ("mirrors", index)
        return ""
    if value == "*":
        return 'write `{source: "*", path: ""}`'
    host, colon, port = value.partition(":")
    if colon and port.isdecimal() and problem_with("source", value) is None:
        return f"write {code_span(f'{{source: {value}, path: {host}}}')}"
    pair = re.match(r"([\w.-]+)\s*(?:->|=>|=|: )\s*[\w.-]+", value)
    if pair:
        return f"write {code_span(f'{{source: {pair[1]}, target: HOST/PATH}}')}"
    if "::" in value:
        return "the documented `SOURCE::TARGET` pairs go into `registry.mirrorRegistries`"
    return ""


def _explain_too_little(wrong: _Violation) -> Iterator[Finding]:
    if is_secret(wrong.path):
        yield _error(wrong.path, f"{wrong.name} must be {_TEXT_KINDS}")
    else:
        yield _error(wrong.path, f"{wrong.name} is empty", f"fill it, or {wrong.without_it}")


def _explain_too_much(wrong: _Violation) -> Iterator[Finding]:
    if is_secret(wrong.path) and isinstance(wrong.value, dict):
        yield _error(wrong.path, f"{wrong.name} has both `env` and `file`", "keep one of them")
    else:
        yield _error(wrong.path, f"{wrong.name} is longer than {wrong.wanted} characters")


_EXPLAIN: dict[str, Explain] = {
    "additionalProperties": _explain_unknown_keys,
    "const": _explain_const,
    "enum": _explain_enum,
    "maxLength": _explain_too_much,
    "maxProperties": _explain_too_much,
    "minItems": _explain_too_little,
    "minLength": _explain_too_little,
    "minProperties": _explain_too_little,
    "pattern": _explain_pattern,
    "required": _explain_required,
    "type": _explain_type,
}
