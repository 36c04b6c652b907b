"""A dialect is one folder and one line: here is one of a consumer that there is not."""

from __future__ import annotations

import importlib.util
import json
import sys

import pytest
from regspec import pipeline
from regspec.cli.group import regspec as command


@pytest.fixture(autouse=True)
def toy(dialect_added, root):
    dialect_added(root / "tests/dialects/toy", "toy")


def compiled(*targets):
    spec = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": "harbor.example.org"},
        "mirrors": ["docker.io", "docker.io/library"],
        "targets": list(targets),
    }
    return pipeline.compile_spec(
        json.dumps(spec).encode(), targets=(), environment={}, read_file={}.__getitem__
    )


def test_it_compiles_with_its_option():
    (artifact,) = compiled({"target": "toy", "loud": True}).artifacts
    assert json.loads(artifact.text) == {
        "toy": {
            "docker.io": "harbor.example.org/docker.io",
            "docker.io/library": "harbor.example.org/docker.io/library",
        },
        "loud": True,
    }


def test_its_option_is_refused_elsewhere():
    result = compiled({"target": "secret", "loud": True})
    assert [one.code for one in result.diagnostics if one.code != "RS317"] == ["RS201"]
    wrong = compiled({"target": "toy", "loud": "very"})
    assert [one.code for one in wrong.diagnostics] == ["schema"]


def test_it_is_listed(capfdbinary):
    command.main(["targets"], standalone_mode=False)
    assert b"toy: the mirrors of a toy" in capfdbinary.readouterr().out


def test_the_runbook_has_its_section():
    _, runbook = compiled("toy", "runbook").artifacts
    assert "\n## The nodes\n\n### Toys\n\nWind up the toy with `toy.json`.\n" in runbook.text
    assert "\n## Validate\n\nListen to the toy.\n" in runbook.text


def test_the_pages_have_it(root):
    docs = root / "docs"
    sys.path.insert(0, str(docs))
    try:
        spec = importlib.util.spec_from_file_location("pages", docs / "generate.py")
        pages = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(pages)
    finally:
        sys.path.remove(str(docs))
    row = "| `toy` | `harbor.example.org/airgap-images/docker.io` | the toy |\n"
    assert row in pages.runtimes_page()
    assert "## `toy`\n\nThe mirrors of a toy.\n" in pages.targets_page()
