"""A dialect is one folder and one line: here is one of a consumer that there is not."""

from __future__ import annotations

import importlib.util
import json
import sys

import pytest
from regspec import pipeline, recognise
from regspec.cli.group import regspec as command
from regspec.explaining import explain
from regspec.importing import assembly
from regspec.verifying import verify


@pytest.fixture(autouse=True)
def toy(dialect_added, root):
    dialect_added(root / "tests/dialects/toy", "toy")


GIVEN = {"targets": (), "environment": {}, "read_file": {}.__getitem__}


def spec_of(*targets):
    spec = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": "harbor.example.org"},
        "mirrors": ["docker.io", "docker.io/library"],
        "targets": list(targets),
    }
    return json.dumps(spec).encode()


def compiled(*targets):
    return pipeline.compile_spec(spec_of(*targets), **GIVEN)


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


def test_explain_says_what_it_requests():
    explained = pipeline.explain_spec(spec_of("toy"), **GIVEN)
    rows = list(explain.of_spec(explained.spec, explained.artifacts, ["a/b:1", "quay.io/x"], {}))
    assert [(row.runtime, row.target, row.verdict) for row in rows] == [
        ("toy", "toy", "mirror"),
        ("toy", "toy", "none"),
    ]
    url = "https://harbor.example.org/v2/docker.io/a/b/manifests/1?ns=docker.io"
    assert rows[0].outcome.attempts[0].url == url


def test_verify_compares_its_file():
    _, expected = pipeline.verify_spec(spec_of("toy"), **GIVEN)
    text = compiled("toy").artifacts[0].text

    def found(text):
        (reading,) = recognise.read(text, "/x", lambda _path: None)
        return [one.message for one in verify.of_reading(expected, reading)]

    assert found(text) == []
    assert found(text.replace('docker.io"', 'dock.io"', 1)) == [
        "`dock.io` stands where the spec has `docker.io`"
    ]
    (message,) = found(text.replace('org/docker.io"', 'org/hub"'))
    assert message.startswith("the mirror of `docker.io` is `harbor.example.org/hub`; the spec has")


def test_import_makes_a_spec_of_its_file():
    text = compiled("toy").artifacts[0].text
    (reading,) = recognise.read(text, "/x", lambda _path: None)
    imported = assembly.assemble([assembly.InputDocument("toy.json", reading, "toy.json")])
    assert imported.data["mirrors"] == ["docker.io", "docker.io/library"]
    assert imported.data["targets"] == ["toy"]
    assert "the mirrors of a toy" in recognise.known_formats()


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
    runtimes = pages.filled_page("runtimes.md")
    assert row in runtimes
    assert "| `certs.d`, `registries.conf`, `toy` | yes | |\n" in runtimes
    assert "| `toy` | yes | yes | yes |\n" in runtimes
    assert "| toys | `toy` | |\n" in pages.filled_page("which-target.md")
    assert ">toy.json</text>" in pages.picture.flow()
    assert "## `toy`\n\nThe mirrors of a toy.\n" in pages.targets_page()
