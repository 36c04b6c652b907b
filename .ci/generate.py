"""Writes the schema of a spec, and compiler/generated.py: it and the templates as Python.

    python .ci/generate.py

The schema is schemas/base.json with what the dialects say of their targets: their names, and the
options in the `options.json` of each folder. What is made as Python accepts and renders what
jsonschema and jinja2 do, which need not be imported then: an import of them takes longer than all
else that a compile does. A form that this cannot translate is an error here, and never a wrong
answer there.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ("values.yaml.j2", "registry-secret.yaml.j2", "containerd.toml.j2")
"""Those of the default targets."""
HEAD = '''"""The schema and the templates as Python: made by .ci/generate.py, never edited by hand.

It only says yes: what `accepts` refuses, the schema itself decides.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any
'''
_TYPES = {"string": "str", "object": "dict", "array": "list", "boolean": "bool", "integer": "int"}
_SAYS_NOTHING = {
    "$schema", "$id", "$defs", "title", "description", "patternErrorMessage", "writeOnly", "type",
}  # fmt: skip
_OF_TYPE = {
    "str": {"pattern", "maxLength", "minLength", "enum", "const", "if", "then"},
    "dict": {
        "properties", "required", "additionalProperties", "propertyNames", "minProperties",
        "maxProperties",
    },
    "list": {"items", "minItems"},
    "bool": set(),
    "int": {"enum"},
}  # fmt: skip


class Schema:
    """Functions that accept what parts of a schema accept."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.names: dict[str, str] = {}
        self.functions: list[str] = []

    def function(self, node: dict[str, Any]) -> str:
        """The name of the function of a part."""
        while set(node) - _SAYS_NOTHING == {"$ref"}:
            node = self.root["$defs"][node["$ref"].removeprefix("#/$defs/")]
        key = json.dumps(node, sort_keys=True)
        if key not in self.names:
            self.names[key] = f"_accepts_{len(self.names)}"
            self.functions.append(self._text(self.names[key], node))
        return self.names[key]

    def _text(self, name: str, node: dict[str, Any]) -> str:
        known = _SAYS_NOTHING.union(*_OF_TYPE.values())
        if set(node) - known:
            raise SystemExit(f"no translation for {sorted(set(node) - known)}")
        types = node["type"] if "type" in node else self._implied(node)
        kinds = [types] if isinstance(types, str) else types
        accepted = [
            " and ".join([f"type(value) is {_TYPES[kind]}", *self._checks(_TYPES[kind], node)])
            for kind in kinds
        ]
        return f"def {name}(value: Any) -> bool:\n    return {' or '.join(accepted)}"

    def _implied(self, node: dict[str, Any]) -> str:
        values = node.get("enum", [node.get("const")])
        if all(isinstance(value, str) for value in values):
            return "string"
        if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            return "integer"
        raise SystemExit(f"no type in {sorted(node)}")

    def _checks(self, python: str, node: dict[str, Any]) -> Any:
        """What a value of a type must be; all of it."""
        own = {key: value for key, value in node.items() if key in _OF_TYPE[python]}
        if "if" in own:
            if own.pop("if") != {"type": "string"} or set(own["then"]) != {"enum"}:
                raise SystemExit("no translation for this `if`")
            own |= own.pop("then")
        for key, value in own.items():
            yield from getattr(self, f"_{key}")(value, own)

    def _enum(self, values: list[Any], _node: Any) -> Any:
        yield f"value in {tuple(values)!r}"

    def _const(self, value: Any, _node: Any) -> Any:
        yield f"value == {value!r}"

    def _pattern(self, pattern: str, _node: Any) -> Any:
        yield f"re.search({pattern!r}, value) is not None"

    def _maxLength(self, most: int, _node: Any) -> Any:  # noqa: N802 - the keyword
        yield f"len(value) <= {most}"

    def _minLength(self, least: int, _node: Any) -> Any:  # noqa: N802
        yield f"len(value) >= {least}"

    _maxProperties, _minProperties, _minItems = _maxLength, _minLength, _minLength  # noqa: N815

    def _required(self, keys: list[str], _node: Any) -> Any:
        for key in keys:
            yield f"{key!r} in value"

    def _additionalProperties(self, rest: Any, node: dict[str, Any]) -> Any:  # noqa: N802
        known = tuple(node.get("properties", {}))
        if rest is False:
            yield (
                f"value.keys() <= {set(known)!r}" if not known else f"value.keys() <= {_set(known)}"
            )
        else:
            yield f"all({self.function(rest)}(one) for one in value.values())"
            if known:
                raise SystemExit("properties beside additional ones")

    def _properties(self, properties: dict[str, Any], _node: Any) -> Any:
        for key, below in properties.items():
            yield f"({key!r} not in value or {self.function(below)}(value[{key!r}]))"

    def _propertyNames(self, node: dict[str, Any], _node: Any) -> Any:  # noqa: N802
        yield f"all({self.function(node)}(key) for key in value)"

    def _items(self, node: dict[str, Any], _node: Any) -> Any:
        yield f"all({self.function(node)}(one) for one in value)"


def _set(values: tuple[str, ...]) -> str:
    return "{" + ", ".join(map(repr, values)) + "}"


class Template:
    """A function that renders what a template renders."""

    def __init__(self, name: str, tree: nodes.Template) -> None:
        self.name = name
        self.tree = tree

    def text(self) -> str:
        """The text of the function."""
        head = [f"def {_function_of(self.name)}(", "    context: Mapping[str, Any],"]
        head += [
            "    finalize: Callable[[Any], str],",
            "    filters: Mapping[str, Callable[..., Any]],",
        ]
        body = self._body(self.tree.body, "    ", frozenset())
        return "\n".join(
            [*head, ") -> str:", "    out: list[str] = []", *body, '    return "".join(out)']
        )

    def _body(self, body: list[Any], indent: str, names: frozenset[str]) -> list[str]:
        """The lines of what stands below a tag; `names` are those that a tag has set."""
        lines = []
        below = f"{indent}    "
        for node in body:
            if _is(node, nodes.Output):
                pieces = ", ".join(self._output(one, names) for one in node.nodes)
                lines.append(f"{indent}out += [{pieces}]")
            elif _is(node, nodes.If) and not node.elif_ and not node.else_:
                lines.append(f"{indent}if {self._expression(node.test, names)}:")
                lines += self._body(node.body, below, names)
            elif _is(node, nodes.For) and not (node.test or node.else_ or node.recursive):
                targets = node.target.items if _is(node.target, nodes.Tuple) else [node.target]
                set_here = [target.name for target in targets]
                loop = ", ".join(set_here)
                lines.append(f"{indent}for {loop} in {self._expression(node.iter, names)}:")
                lines += self._body(node.body, below, names | {*set_here})
            elif _is(node, nodes.With):
                set_here = [target.name for target in node.targets]
                for name, value in zip(set_here, node.values, strict=True):
                    lines.append(f"{indent}{name} = {self._expression(value, names)}")
                lines += self._body(node.body, indent, names | {*set_here})
            else:
                raise SystemExit(f"{self.name}: no translation for {type(node).__name__}")
        return lines

    def _output(self, node: Any, names: frozenset[str]) -> str:
        if _is(node, nodes.TemplateData):
            return repr(node.data)
        return f"finalize({self._expression(node, names)})"

    def _expression(self, node: Any, names: frozenset[str]) -> str:
        if _is(node, nodes.Name):
            return node.name if node.name in names else f"context[{node.name!r}]"
        if _is(node, nodes.Const):
            return repr(node.value)
        if _is(node, nodes.Getattr):
            return f"{self._expression(node.node, names)}[{node.attr!r}]"
        text = ""
        if _is(node, nodes.Filter) and not node.kwargs:
            listed = ", ".join(self._expression(one, names) for one in (node.node, *node.args))
            text = f"filters[{node.name!r}]({listed})"
        elif _is(node, nodes.Call) and _is(node.node, nodes.Getattr) and node.node.attr == "items":
            text = f"{self._expression(node.node.node, names)}.items()"
        elif _is(node, nodes.Test) and node.name == "defined" and _is(node.node, nodes.Getattr):
            text = f"{node.node.attr!r} in {self._expression(node.node.node, names)}"
        elif _is(node, nodes.Test) and node.name == "defined" and _is(node.node, nodes.Name):
            text = f"{node.node.name!r} in context"
        if not text:
            raise SystemExit(f"{self.name}: no translation for {type(node).__name__}")
        return text


def _is(node: Any, kind: type[nodes.Node]) -> bool:
    return isinstance(node, kind)


def _function_of(template: str) -> str:
    return "_" + template.removesuffix(".j2").replace(".", "_").replace("-", "_")


def joined() -> dict[str, Any]:
    """The schema of a spec: the base, and the targets and options of every dialect.

    An option of several dialects is defined by one of them, whose targets are named first; the
    others may add to its description. The base has the order of the older ones: an empty one there
    has its place only.
    """
    root: dict[str, Any] = json.loads((ROOT / "schemas/base.json").read_text("utf-8"))
    registry: Any = import_module("regspec.dialects")
    entry = root["properties"]["targets"]["items"]
    entry["then"]["enum"] = entry["properties"]["target"]["enum"] = list(registry.TARGETS)
    options = entry["properties"]
    defined_by: dict[str, str] = {}
    for folder in dict.fromkeys(registry.FOLDERS.values()):
        file = Path(import_module(f"regspec.dialects.{folder}").__file__ or "")
        fragment = file.with_name("options.json")
        own = json.loads(fragment.read_text("utf-8")) if fragment.exists() else {}
        for name, option in own.items():
            if not options.get(name):
                options[name], defined_by[name] = option, folder
            elif set(option) == {"description"}:
                options[name]["description"] += f" {option['description']}"
            else:
                raise SystemExit(f"{fragment}: the option {name} is defined in another dialect")
    for name, option in options.items():
        takers = [target.name for target in registry.TARGETS.values() if name in target.options]
        takers.sort(key=lambda taker: registry.FOLDERS[taker] != defined_by.get(name))
        if takers:
            option["description"] += f" Option of: {', '.join(takers)}."
    return root


def schema_text() -> str:
    """The text of the schema."""
    return json.dumps(joined(), indent=2, ensure_ascii=False) + "\n"


def text() -> str:
    """The text of the module."""
    schema = Schema(joined())
    accepts = schema.function(schema.root)
    environment = jinja2.Environment(  # noqa: S701 - not HTML
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    parts = [HEAD, *(f"\n\n{function}\n" for function in schema.functions)]
    for name in TEMPLATES:
        tree = environment.parse((ROOT / "templates" / name).read_text("utf-8"))
        parts.append(f"\n\n{Template(name, tree).text()}\n")
    listed = "".join(f'    "{name}": {_function_of(name)},\n' for name in TEMPLATES)
    parts.append(f"\n\naccepts = {accepts}\n")
    parts.append('"""Whether the schema surely accepts the data of a document."""\n')
    parts.append(f"TEMPLATES = {{\n{listed}}}\n")
    parts.append('"""Renders a template: its values, what becomes of each, and the filters."""\n')
    return "".join(parts)


if __name__ == "__main__":
    for name, made in (
        ("schemas/registry-spec.schema.json", schema_text()),
        ("compiler/generated.py", text()),
    ):
        (ROOT / name).write_text(made, encoding="utf-8")
        sys.stdout.write(f"{name}\n")
