"""What the author of a spec most likely meant by a key, a shape or a text that the schema refuses.

No advice quotes a key or a value that may be a secret.
"""

from __future__ import annotations

import re

from . import schema
from .diagnostics import Path, code_list, code_span
from .slips import BLANKS, COLONS, QUOTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SYNONYMS = {
    "registry": {
        "endpoint": "host hostname url uri server address registry location registryurl fqdn",
        "baseContentPath": "path basepath base prefix project repository contentpath folder",
        "username": "user login account",
        "password": "pass passwd pwd token secret",
        "caCert": "ca cafile cacertfile cert certificate cabundle cacertificate tlscacert",
        "insecureSkipVerify": "insecure skipverify skiptlsverify insecureskiptlsverify",
        "plainHTTP": "http plain usehttp",
    },
    "mirrors": {
        "source": "name registry host upstream from origin url prefix original",
        "target": "to destination dest mirror location endpoint endpoints",
    },
    "targets": {"target": "type kind id runtime consumer"},
    "secret": {
        "file": "path filename filepath fromfile from_file",
        "env": "environment variable var envvar fromenv environmentvariable envname",
    },
}
"""Other words for the keys of a mapping, in lower case and without `_` and `-`."""

_FORMS = {
    "mirrors": "`- SOURCE` or `- {source: SOURCE, target: HOST/PATH}`",
    "targets": '`- NAME` or `- {target: NAME, version: "2.1"}`',
    "images": "`- IMAGE`",
    "ignore": "`- CODE`",
}
"""How an item of each list is written."""

_MAPPINGS = {
    "registry": "`endpoint: HOST` below `registry:`",
    "hosts": "`HOST: {username: NAME, password: {env: NAME}}` below `hosts:`",
    "lint": "`lint: {ignore: [RS101]}`",
}
"""How each mapping is written."""

_OF_A_HOST = "credentials and TLS settings of another host go into `hosts: {HOST: {...}}`"


def key(parent: Path, name: str, known: list[str]) -> str | None:
    """The known key of a mapping that an unknown one most likely stands for, or none.

    Args:
        parent: the path of the mapping.
        name: the key that was written.
        known: the keys that the mapping may have.
    """
    bare = re.sub(r"[_.\s-]", "", name).lower()
    for other, words in _SYNONYMS.get(_kind(parent), {}).items():
        if other in known and bare in words.split():
            return other
    return None if _homes(name) else schema.nearest(name, known)


def _kind(path: Path) -> str:
    """Which synonyms a mapping has."""
    if schema.is_secret(path):
        return "secret"
    if path[:1] == ("hosts",):
        return "registry"
    return str(path[0]) if path else ""


def inverted(parent: Path, value: dict[Any, Any]) -> str:
    """How to write an item of a list that has its name as a key, or the empty text.

    Args:
        parent: the path of the item.
        value: the item.
    """
    names = [name for name in value if _names_item(parent, name)]
    if len(names) != 1:
        return ""
    (name,) = names
    if parent[0] == "targets":
        return f"write `{{target: {name}, ...}}`, with the options next to it"
    if value[name] is None:
        return f"remove the `:` after {code_span(name)}"
    return f"write `{{source: {name}, path: PATH}}`, or `target: HOST/PATH` in place of `path`"


def is_elsewhere(parent: Path, value: dict[Any, Any], known: list[str]) -> bool:
    """Whether an item has only keys that belong elsewhere, so that it lacks no key."""
    return bool(parent and value) and all(
        name not in known and key(parent, name, known) is None and _homes(name) == [()]
        for name in value
    )


def _names_item(parent: Path, name: str) -> bool:
    if len(parent) != 2 or not isinstance(parent[1], int):  # noqa: PLR2004 - (list, index)
        return False
    if parent[0] == "targets":
        from .dialects import TARGETS

        return name in TARGETS
    return parent[0] == "mirrors" and "." in name and not schema.problem_with("source", name)


def unknown_key(parent: Path, name: str, value: Any, known: list[str]) -> str:
    """What to do about a key that a mapping cannot have.

    Args:
        parent: the path of the mapping.
        name: the key.
        value: its value.
        known: the keys that the mapping may have.
    """
    wrong = _shape_of_key(name, value)
    if wrong or not schema.shows_key((*parent, name)):
        return wrong or "a key is a word, with a `:` and a blank after it"
    meant = key(parent, name, known)
    if meant:
        return f"did you mean `{meant}`?"
    if not parent and name in _OF_OTHER_FILES:
        return _OF_OTHER_FILES[name]
    return _home(parent, name) or f"the keys here are {code_list(known)}"


_OF_OTHER_FILES = {
    "spec": "move the keys below `spec` to the top level, without indentation",
    "metadata": "remove it; the display name of the registry is `registry.name`",
}
"""What to do about the keys that every file for Kubernetes has."""


def _shape_of_key(name: str, value: Any) -> str:
    """What is wrong with the characters of a key, or the empty text."""
    if name == "<<":
        return "merge keys are not YAML 1.2; write the keys out"
    odd = next((character for character in name if character in {*BLANKS, *COLONS}), "")
    if odd:
        right = f"a blank in place of the {BLANKS[odd]}" if odd in BLANKS else "`:` in place of"
        return f"write {right} U+{ord(odd):04X}"
    word, colon, rest = name.partition(":")
    if colon and re.match(r"[A-Za-z]\w*\Z", word):
        if not rest.strip(":"):
            return "remove the extra `:`"
        if value is None or rest[:1] in "{[":
            return "write a blank after the `:`"
    if "=" in name and value is None:
        return "write `KEY: VALUE` in place of `KEY=VALUE`"
    return ""


def _homes(name: str) -> list[Path]:
    """The paths of the mappings of a spec that have a key."""
    parents: tuple[Path, ...] = (
        (),
        ("registry",),
        ("mirrors", 0),
        ("targets", 0),
        ("lint",),
        ("imageSwap",),
    )
    return [
        parent
        for parent in parents
        if name in (schema.subschema(parent) or {}).get("properties", {})
    ]


def _home(parent: Path, name: str) -> str:
    """Where a key belongs that the schema has in another mapping, or the empty text."""
    if name in ("env", "file"):
        return f"write it in braces after its key, as in `password: {{{name}: ...}}`"
    homes = _homes(name)
    if not homes:
        return ""
    home = homes[0]
    if parent[:1] == ("mirrors",) and home == ("registry",):
        return _OF_A_HOST
    if not home:
        return f"move `{name}` to the top level, next to `registry`, without indentation"
    if home[-1] == 0:
        first = "source: SOURCE" if home[0] == "mirrors" else "target: NAME"
        more = "" if first.startswith(f"{name}:") else f", {name}: ..."
        return f"move `{name}` into an item of `{home[0]}`: `- {{{first}{more}}}`"
    return f"move `{name}` below `{home[0]}`, and indent it"


def reference(value: dict[Any, Any]) -> str:
    """What to write in place of a mapping where a text, `{env: NAME}` or `{file: PATH}` belongs."""
    names = [name for name in value if name not in ("env", "file")]
    for name in names:
        meant = key(("registry", "password"), name, ["env", "file"]) if name else None
        if meant:
            return f"did you mean `{meant}`?"
        word, colon, _ = name.partition(":")
        if colon and word in ("env", "file"):
            return f"write a blank after `{word}:`"
        if name.lower() in ("value", "literal", "text", "plain", "name"):
            return "write the text by itself, without the braces"
    return "write `{env: NAME}` or `{file: PATH}`, or put text with braces in quotes"


def variable(value: str) -> str:
    """How to write the name of an environment variable; the name itself is not shown."""
    if "$" in value:
        return "write the name without `$` and without braces, as in `{env: NAME}`"
    if "%" in value:
        return "write the name without `%`"
    if value.strip() != value:
        return "remove the blanks around the name"
    if "=" in value:
        return "write the name only, without `=` and the value"
    return "a name has letters, digits and `_`, and does not begin with a digit"


def shape(path: Path, value: Any, allowed: list[str]) -> str:
    """How to write a value of another shape than the schema requires, or the empty text.

    Args:
        path: the path of the value.
        value: the value.
        allowed: the types that the schema allows.
    """
    name = str(path[-1]) if path else ""
    if "array" in allowed and name in _FORMS:
        return _as_list(value, _FORMS[name])
    if allowed == ["object"]:
        is_host = path[:1] == ("hosts",)
        form = _MAPPINGS["hosts" if is_host else name] if is_host or name in _MAPPINGS else ""
        removed = "remove the `-` or the brackets: " if isinstance(value, list) else ""
        return f"{removed}write {form}" if form else ""
    if isinstance(value, list):
        inner = "the extra `-`" if path and isinstance(path[-1], int) else "the `-`"
        return f"remove {inner} or the brackets"
    if isinstance(value, dict) and set(value) <= {"env", "file"}:
        return "write the text itself: `{env: NAME}` is for `username`, `password` and `caCert`"
    return ""


def _as_list(value: Any, form: str) -> str:
    if isinstance(value, str) and re.match(r"-\S", value):
        return "write a blank after each `-`: `- ITEM`"
    if isinstance(value, str) and re.search(r"[,\s]", value):
        return f"write each item on a line of its own: {form}"
    return f"write a list, each item on a line of its own: {form}"


_TEXTS = (
    (f"[{QUOTES}]", "write straight quotes, or none"),
    (r"(?<= )-(?: |[^\s>-]).*", "write each `- ITEM` with the same indentation as the first `-`"),
    (
        r"\$\{?\w.*|\{\{.*|<\w.*",
        "write the value itself: regspec does not expand variables",
    ),
    (r"(?<=\S)#.*", "write a blank before the `#` of a comment"),
    (r"[,;]\Z", "remove the last character"),
    (r"\A['\"]|['\"]\Z", "remove the quote, or write one at each end"),
)
"""What a text may have in it by mistake, and what to write."""


def text(path: Path, value: str) -> tuple[str, tuple[int, int] | None]:
    """What is wrong with the characters of a text, and which of them it is, if that is known.

    Args:
        path: the path of the text.
        value: a text that may be shown.
    """
    hidden = re.search(f"[{re.escape(''.join(BLANKS))}]", value)
    if hidden:
        name = f"{BLANKS[hidden[0]]} U+{ord(hidden[0]):04X}"
        return f"remove the {name}", hidden.span()
    for pattern, advice in _TEXTS:
        match = re.search(pattern, value)
        if match:
            return advice, match.span()
    several = re.search(r"(?<=\S),? +\S.*", value)
    if not several:
        return "", None
    in_list = isinstance(path[-1], int)
    advice = "write one item on each line" if in_list else "remove the blank and what follows"
    return advice, several.span()
