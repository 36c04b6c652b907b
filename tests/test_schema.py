"""The schema: what editors and authors may rely on, and what must not drift from the code."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from regspec import pipeline, resources, schema
from regspec.dialects import DEFAULT_TARGETS, TARGETS
from regspec.sources import FolderReader

ROOT = resources.schema()


def nodes(node=ROOT, path="#"):
    """Every part of the schema that describes a value."""
    if isinstance(node, dict):
        yield path, node
    for keyword in ("properties", "$defs"):
        for name, below in node.get(keyword, {}).items():
            yield from nodes(below, f"{path}/{keyword}/{name}")
    for keyword in ("items", "propertyNames", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            yield from nodes(node[keyword], f"{path}/{keyword}")


NODES = dict(nodes())


def test_it_is_a_schema():
    Draft202012Validator.check_schema(ROOT)


@pytest.mark.parametrize("path", [path for path in NODES if not path.endswith("propertyNames")])
def test_every_value_has_a_title_and_a_description(path):
    node = schema.resolved(NODES[path])
    if path.startswith("#/$defs/") and path.count("/") == 2:
        users = [other for other in NODES.values() if other.get("$ref") == path]
        assert users, "nobody refers to this definition"
        assert all({"title", "description"} <= schema.resolved(user).keys() for user in users)
    else:
        assert {"title", "description"} <= node.keys()


@pytest.mark.parametrize("path", NODES)
def test_a_mapping_refuses_unknown_keys(path):
    node = NODES[path]
    if "properties" in node:
        assert node["additionalProperties"] is False


@pytest.mark.parametrize("path", [path for path, node in NODES.items() if "pattern" in node])
def test_no_pattern_lets_a_final_newline_through(path):
    node = NODES[path]
    # In Python, `$` also matches before a final newline.
    assert node["pattern"].startswith("^")
    assert node["pattern"].endswith(r"$(?!\n)")
    assert node["patternErrorMessage"]
    assert "maxLength" in node or "RS" in node["pattern"] or "text" in path


@pytest.mark.parametrize("key", ["username", "password", "caCert"])
@pytest.mark.parametrize("above", [("registry",), ("hosts", "nexus.example.org")])
def test_logins_and_cas_are_secrets(key, above):
    assert schema.is_secret((*above, key))
    assert schema.is_secret((*above, key, "env"))
    assert not schema.shows_value((*above, key), "x")


@pytest.mark.parametrize(
    "path", [("registry", "endpoint"), ("mirrors", 0), ("mirrors", 0, "source"), ("targets", 1)]
)
def test_other_values_are_public(path):
    assert schema.shows_value(path, "x")


@pytest.mark.parametrize("path", [("pasword",), ("registry", "pasword"), ("mirrors", 0, "x")])
def test_what_the_schema_does_not_know_is_not_public(path):
    assert not schema.shows_value(path, "x")


def test_the_targets_of_the_schema_are_those_of_the_code():
    items = ROOT["properties"]["targets"]["items"]
    assert items["then"]["enum"] == list(TARGETS)
    assert items["properties"]["target"]["enum"] == list(TARGETS)
    assert set(DEFAULT_TARGETS) <= set(TARGETS)


def test_the_options_of_the_schema_are_those_of_the_targets():
    properties = ROOT["properties"]["targets"]["items"]["properties"]
    taken = {"target", "out"} | {name for target in TARGETS.values() for name in target.options}
    assert set(properties) == taken
    for target in TARGETS.values():
        for name in target.options:
            assert target.name in properties[name]["description"].partition("Option of:")[2]


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_listed_under_its_own_name(name):
    assert TARGETS[name].name == name


def test_every_message_of_the_schema_is_told_of_a_golden_bad_spec(root):
    """Each place in schema.py that makes a finding or its help is reached by some bad spec."""
    tree = ast.parse(Path(schema.__file__).read_text())
    made = {
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield))
        or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "advice")
    }
    reached = set()

    def trace(frame, event, _):
        if frame.f_code.co_filename != schema.__file__:
            return None
        if event == "line":
            reached.add(frame.f_lineno)
        return trace

    sys.settrace(trace)
    try:
        for path in root.glob("golden/bad/*/registry.yaml"):
            pipeline.compile_spec(
                path.read_bytes(), targets=(), environment={}, read_file=FolderReader(path.parent)
            )
    finally:
        sys.settrace(None)
    assert len(made) > 20
    assert sorted(made - reached) == []
