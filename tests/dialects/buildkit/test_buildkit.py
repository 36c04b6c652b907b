"""buildkitd.toml: its structure, and what BuildKit makes of it, by its source; it is not run."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from regspec import reference
from regspec.dialects.buildkit import resolve as buildkit
from regspec.dialects.files import Files

DATA = Path(__file__).resolve().parent / "data"
ROOT = DATA.parents[3]
SCHEMA = json.loads((DATA / "buildkitd.schema.json").read_text())
WRITTEN = sorted(ROOT.glob("golden/*/out/**/buildkitd.toml"))
HUB = '[registry."docker.io"]\nmirrors = ["{}"]\n'
HELLO = reference.parse("docker.io/library/hello:1")


def problems(text):
    found = jsonschema.Draft202012Validator(SCHEMA).iter_errors(tomllib.loads(text))
    return [error.message for error in found]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_written_has_the_structure(path):
    assert not problems(path.read_text())


def test_there_is_something_written():
    assert WRITTEN


@pytest.mark.parametrize(
    "text",
    [
        HUB.format("https://h.example.org"),
        HUB.format("h.example.org/"),
        HUB.format("h.example.org/v2/a"),
        HUB.format("h.example.org") + "mirror = []\n",
        HUB.format("h.example.org") + 'http = "false"\n',
        HUB.format("h.example.org") + "http = true\ninsecure = true\n",
        '[registry."*"]\nmirrors = ["h.example.org"]\n',
        '[registry."docker.io/library"]\nmirrors = ["h.example.org"]\n',
        '[registry."h.example.org"]\nca = "/ca.crt"\n',
        '[[registry]]\nprefix = "docker.io"\n',
    ],
)
def test_the_structure_refuses(text):
    assert problems(text)


@pytest.mark.parametrize(
    "mirror, more, url",
    [
        ("h.example.org", "", "https://h.example.org/v2"),
        ("h.example.org:5000/a/b", "", "https://h.example.org:5000/v2/a/b"),
        ("https://h.example.org/a/", "", "https://h.example.org/v2/a"),
        ("http://h.example.org/", "", "https://h.example.org/v2"),
        ("h.example.org/v2/a", "", "https://h.example.org/v2/v2/a"),
        ("h.example.org", '[registry."h.example.org"]\nhttp = true\n', "http://h.example.org/v2"),
        ("h.example.org", "http = true\n", "https://h.example.org/v2"),
        ("localhost:5000/a", "", "http://localhost:5000/v2/a"),
        (
            "localhost:5000",
            '[registry."localhost:5000"]\nhttp = false\n',
            "https://localhost:5000/v2",
        ),
        ("[::1]:5000", '[registry."[::1]:5000"]\ninsecure = true\n', "https://[::1]:5000/v2"),
        ("h.example.org:5000", '[registry."h.example.org"]\nhttp = true\n', "https://h.example.org:5000/v2"),
    ],
)  # fmt: skip
def test_what_is_asked_first(mirror, more, url):
    """Source: moby/buildkit, util/resolver/resolver.go and resolver_test.go."""
    data = tomllib.loads(HUB.format(mirror) + more)
    registries = buildkit.Registries(data, Files({}))
    assert registries.first_url(HELLO) == f"{url}/library/hello/manifests/1?ns=docker.io"
    assert registries.first_url(reference.parse("quay.io/a/b:1")) is None
