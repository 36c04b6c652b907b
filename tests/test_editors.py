"""The schema in the hands of others: yaml-language-server, as editors run it, check-jsonschema."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LanguageServer = runpy.run_path(str(ROOT / "tests/language_server.py"))["LanguageServer"]
SCHEMA = "registry-spec.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"
# `make editor` puts it there.
SERVER = Path(sys.prefix, "node/node_modules/yaml-language-server/bin/yaml-language-server")
GOOD = sorted([*ROOT.glob("examples/*.yaml"), *ROOT.glob("golden/*/registry.yaml")])
BAD = sorted(ROOT.glob("golden/bad/schema-*/registry.yaml"))
# What other readers of YAML and JSON Schema take, and regspec does not.
FINE_FOR_JSON_SCHEMA = {
    "schema-config-version-as-fraction",  # 2.0 is an integer there
    "schema-merge-key",  # YAML 1.1 merges
}
FINE_FOR_EDITORS = {
    *FINE_FOR_JSON_SCHEMA,
    "schema-key-with-its-value",  # a key without a value is one that is still being typed
}


def name_of(path):
    return path.parent.name if path.name == "registry.yaml" else path.stem


@pytest.fixture(scope="module")
def site(regspec, tmp_path_factory):
    """A folder as `regspec init` and `regspec schema` leave it."""
    folder = tmp_path_factory.mktemp("site")
    assert regspec("init", cwd=folder).returncode == 0
    (folder / SCHEMA).write_text(regspec("schema", cwd=folder).stdout)
    return folder


@pytest.fixture(scope="module")
def server(site):
    """yaml-language-server in that folder, without a network."""
    if not (SERVER.exists() and shutil.which("node")):
        pytest.skip("yaml-language-server is not installed: make editor")
    apart = ("unshare", "--map-root-user", "--net")
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        assert not os.environ.get("CI"), "CI must be able to unshare the network"
        apart = ()
    with LanguageServer([*apart, "node", SERVER, "--stdio"], site) as running:
        yield running


def of_schema(diagnostics):
    return [one for one in diagnostics if one["source"].startswith("yaml-schema")]


def test_an_editor_finds_nothing_in_the_spec_of_init(site, server):
    assert MODELINE in (site / "registry.yaml").read_text()
    assert server.diagnostics("registry.yaml") == {"registry.yaml": []}


def test_an_editor_marks_what_is_wrong(site, server):
    good = (site / "registry.yaml").read_text()
    bad = good.replace('"harbor', '"https://harbor').replace("mirrors:", "miror:")
    (site / "bad.yaml").write_text(bad)
    told = server.diagnostics("bad.yaml")["bad.yaml"]
    lines = bad.splitlines()
    marked = [
        lines[one["range"]["start"]["line"]][
            one["range"]["start"]["character"] : one["range"]["end"]["character"]
        ]
        for one in told
    ]
    assert marked == ['"https://harbor.example.org"', "miror"]
    assert "without a scheme" in told[0]["message"]
    assert "miror is not allowed" in told[1]["message"]


def test_an_editor_says_nothing_without_the_modeline(site, server):
    """So what the tests above show comes from our schema."""
    text = (site / "registry.yaml").read_text().replace(MODELINE, "")
    (site / "plain.yaml").write_text(text.replace("mirrors:", "miror:"))
    assert server.diagnostics("plain.yaml") == {"plain.yaml": []}


def test_an_editor_shows_what_a_key_means_and_offers_those_that_are_missing(site, server):
    start = (site / "registry.yaml").read_text().partition("mirrors:")[0]
    (site / "new.yaml").write_text(start)
    assert server.diagnostics("new.yaml")
    lines = start.splitlines()
    number = next(i for i, line in enumerate(lines) if "baseContentPath" in line)
    shown = server.hover("new.yaml", number, 4)
    schema = json.loads((site / SCHEMA).read_text())
    key = schema["properties"]["registry"]["properties"]["baseContentPath"]
    assert key["title"] in shown
    described = schema["$defs"][key["$ref"].rpartition("/")[2]] | key if "$ref" in key else key
    assert described["description"].partition(";")[0] in shown
    offered = server.completion("new.yaml", len(lines), 0)
    assert set(offered) == schema["properties"].keys() - {"apiVersion", "kind", "registry"}


def test_an_editor_agrees_about_every_example_and_golden_spec(site, server):
    for path in (*GOOD, *BAD):
        (site / f"{name_of(path)}.yaml").write_text(MODELINE + path.read_text())
    good, bad = (
        server.diagnostics(*(f"{name_of(path)}.yaml" for path in paths)) for paths in (GOOD, BAD)
    )
    assert {name: of_schema(told) for name, told in good.items()} == {name: [] for name in good}
    missed = {name.removesuffix(".yaml") for name, told in bad.items() if not of_schema(told)}
    assert missed == FINE_FOR_EDITORS
    assert min(len(good), len(bad)) > 20


def check_jsonschema(*words):
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_jsonschema_takes_every_example_and_golden_spec():
    done = check_jsonschema("--schemafile", f"schemas/{SCHEMA}", *GOOD)
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


def test_check_jsonschema_refuses_what_the_schema_forbids():
    done = check_jsonschema("-o", "json", "--schemafile", f"schemas/{SCHEMA}", *BAD)
    said = json.loads(done.stdout)
    refused = {
        Path(one["filename"]).parent.name for one in said["errors"] + said.get("parse_errors", [])
    }
    assert {name_of(path) for path in BAD} - refused == FINE_FOR_JSON_SCHEMA


def test_the_schema_is_one_for_check_jsonschema():
    assert check_jsonschema("--check-metaschema", f"schemas/{SCHEMA}").returncode == 0
