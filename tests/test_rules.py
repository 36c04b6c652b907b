"""The manuals of the rules, and their examples, run."""

from __future__ import annotations

import datetime as dt
import importlib.util
import inspect
import json
import pkgutil
import re
import shutil
import sys
import textwrap

import pytest
from regspec import authorities, dialects, document, pipeline, rules, sources
from regspec.rules import RULES, Rule, Selection

COMMON = {"RS101", "RS211", "RS317"}
"""What the examples of other rules may meet: documented endpoints, an upstream that is asked, and
no mirror of Docker Hub."""
PARTS = ("Fix:", "Source:", "Bad:", "Good:")


def manual(rule):
    return inspect.cleandoc(rule.manual)


def example(rule, name):
    """The spec of an example: the smallest one, with what the manual says in its place."""
    _, _, after = manual(rule).partition(f"\n{name}:\n")
    written = textwrap.dedent(re.split(r"\n(?=\S)", after, maxsplit=1)[0])
    keys = document.parse(written).data
    data = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": "harbor.example.org"} | keys.pop("registry", {}),
        "mirrors": ["docker.io", "docker.io/library"],
    } | keys
    if "mirrorRegistries" in data["registry"] and "mirrors" not in keys:
        del data["mirrors"]
    # The example of one rule is not to be met by another one.
    data.setdefault("targets", ["values", "secret"])
    return json.dumps(data)


def findings(spec, code, root, tmp_path):
    shutil.copy(root / "examples/ca.crt", tmp_path)
    shutil.copytree(root / "tests/data/certificates", tmp_path, dirs_exist_ok=True)
    given = {
        "targets": (),
        "environment": {"REGISTRY_PASSWORD": "x", "NEXUS_PASSWORD": "y"},
        "read_file": sources.FolderReader(tmp_path),
        "today": lambda: dt.date(2026, 12, 1),
    }
    if RULES[code].asked:
        selection = Selection(select=(code,))
        result = pipeline.check_spec(spec.encode(), selection=selection, **given)
    else:
        result = pipeline.compile_spec(spec.encode(), **given)
    return [
        (found.code, found.severity)
        for found in result.diagnostics
        if found.code not in COMMON or found.code == code
    ]


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_the_bad_example_meets_its_rule_and_no_other(rule, root, tmp_path, monkeypatch):
    if rule.code == "RS409":
        authorities.read.cache_clear()
        monkeypatch.setitem(sys.modules, "cryptography", None)
    found = findings(example(rule, "Bad"), rule.code, root, tmp_path)
    assert found, "the bad example is good"
    assert set(found) == {(rule.code, rule.severity)}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_the_good_example_is_good(rule, root, tmp_path):
    assert findings(example(rule, "Good"), rule.code, root, tmp_path) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_the_manual_has_all_its_parts(rule):
    lines = manual(rule).splitlines()
    assert lines[0].endswith("."), "the first line is a sentence"
    for part in PARTS:
        assert any(line.startswith(part) for line in lines), part


def test_the_codes_are_unique_and_every_rule_is_listed():
    modules = [
        importlib.import_module(f"regspec.rules.{module.name}")
        for module in pkgutil.iter_modules(rules.__path__)
    ]
    modules += [
        importlib.import_module(f"{package.__name__}.rules")
        for folder in dict.fromkeys(dialects.FOLDERS.values())
        for package in [importlib.import_module(f"regspec.dialects.{folder}")]
        if importlib.util.find_spec(f"{package.__name__}.rules")
    ]
    written = {
        id(value): value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Rule)
    }.values()
    assert len({rule.code for rule in written}) == len(written)
    assert {rule.code for rule in written} == set(RULES)
