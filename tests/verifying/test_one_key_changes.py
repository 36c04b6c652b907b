"""`verify` reports each change of one key of an output, or `HARMLESS` has the reason.

Every output of the specs below is changed in each key, value and item of a list, one at a time. A run tries a sample; with REGSPEC_FUZZ_RUNS (`make fuzz`) all of them.
"""

# ruff: noqa: E501 - an entry of HARMLESS is a line of reason

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import random
import re
from pathlib import Path
from typing import NamedTuple

import pytest
import tomlkit
import yaml
from regspec import cli, dialects, pipeline
from regspec.cli import inputs
from regspec.cli import verify as command

ROOT = Path(__file__).resolve().parents[2]
ONE, TWO = (
    (ROOT / f"tests/data/certificates/{name}").read_text() for name in ("chain.crt", "expired.crt")
)
SAMPLE = 40
"""How many changes of each target a run tries."""
IMAGES = {
    "imageSwap": {
        "pullSecret": True,
        "isEKSCluster": False,
        "images": {"imageSwapInitImage": "quay.io/a/init:1", "imageSwapImage": "quay.io/a/swap:1"},
    },
    "certManager": {
        "pullSecret": True,
        "images": {
            name: f"quay.io/c/{name.lower()}:1"
            for name in ("cainjectorImage", "controllerImage", "webhookImage", "amceResolverImage")
        },
    },
}
DENY = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {
        "endpoint": "harbor.example.net",
        "name": "site",
        "baseContentPath": "airgap",
        "username": "robot$puller",
        "password": "hunter2",
        "caCert": ONE,
    },
    "mirrors": [
        "docker.io",
        "docker.io/library",
        {"source": "reg.example.org:5000", "path": "reg"},
        {"source": "quay.io", "target": "nexus.example.net:8083/quay"},
    ],
    "hosts": {
        "nexus.example.net:8083": {
            "insecureSkipVerify": True,
            "username": "puller",
            "password": "hunter3",
        }
    },
    **IMAGES,
}
ALLOW = DENY | {"fallback": "allow"}
PLAIN = DENY | {
    "registry": {"endpoint": "127.0.0.1:5000", "plainHTTP": True},
    "mirrors": [
        "quay.io",
        {"source": "docker.io", "path": "hub"},
        {"source": "ghcr.io", "path": ""},
    ],
    "hosts": {},
    "imageSwap": IMAGES["imageSwap"] | {"pullSecret": False},
    "certManager": IMAGES["certManager"] | {"pullSecret": False},
}
DOCKER = DENY | {"mirrors": [{"source": "docker.io", "target": "nexus.example.net:8083"}]}
OPTIONS = {
    "containerd": (
        {"form": "full"},
        {"endpoints": "api", "configVersion": 3},
        {"endpoints": "api", "version": "1.7", "caFile": "/etc/ca.crt", "form": "full"},
    ),
    "certs.d": (
        {
            "version": "1.7",
            "credentials": "config",
            "systemdCgroup": True,
            "sandboxImage": "quay.io/p:1",
        },
        {"version": "2.1", "credentials": "header"},
    ),
    "talos": ({}, {"version": "1.12"}),
    "pull-secret": ({"namespaces": ["a", "b"], "name": "pull"}, {}),
    "k3s": ({}, {"distribution": "rke2"}),
}
TARGETS = tuple(
    name
    for name, target in dialects.TARGETS.items()
    if set(target.makes) - {"logins"} or name == "pull-secret"
)
NOT_COMPARED = {"kubeadm", "copy-list", "regsync", "runbook", "hauler", "zarf"}
"""The targets that no reader knows: a file of theirs is refused, and never right."""

REMOVE, RENAME, CASE, ADD, TWICE, TURN, VALUE, EMPTY, TYPE, QUOTE = (
    "remove", "misspell", "other case", "add", "twice", "turn", "another value", "empty", "type", "quote",
)  # fmt: skip
GONE = {REMOVE, RENAME, CASE}


class Harmless(NamedTuple):
    """A class of changes that verify does not report."""

    files: str
    """What their names match."""
    path: str
    """What the path of the key matches, with `/` between its parts."""
    changes: set[str]
    reason: str
    only: object = ...
    """The value that the key must have had."""


HARMLESS = (
    Harmless(".*", ".*", {ADD}, "a key that its consumer does not have, and ignores"),
    Harmless(".*", r".*(capabilities|insecure\w*|registry|registries)/\d+", {TWICE, TURN},
             "what a list has twice, or in another order, where the order means nothing"),
    Harmless(r".*(image-mirrors|ca|image-config|pull-secret|documents|registries)\.yaml", r"\d+",
             {TWICE, TURN}, "documents twice, or in another order: all are applied"),
    Harmless(r".*image-mirrors\.yaml", r"\d+/spec/image\w+Mirrors/\d+", {TWICE, TURN},
             "sources twice, or in another order: the most specific one is used"),
    Harmless(r".*registries\.conf.*", r"registry/\d+/prefix", {*GONE, EMPTY},
             "without a prefix it is the location"),
    Harmless(r".*hosts\.toml", r"(host/[^/]*//[^/]*/.*/)?capabilities", {*GONE, EMPTY},
             "without capabilities a place has all of them"),
    Harmless(r".*hosts\.toml", r"(host/[^/]*//[^/]*/.*/)?capabilities/\d+", {CASE},
             "containerd takes capabilities in any case"),
    Harmless(r".*hosts\.toml", ".*header/Authorization", {CASE}, "HTTP ignores the case of a header"),
    Harmless(r".*hosts\.toml", "host", GONE, "containerd needs the table up to 1.7.31 only"),
    Harmless(r".*hosts\.toml", r"(host/.*/)?ca", {VALUE, CASE},
             "the file was not given: a note says that the CA was not compared"),
    Harmless(r".*hosts\.toml", "override_path", {*GONE, VALUE},
             "the URL ends in `/v2` by itself"),
    Harmless(r".*\.toml", ".*version", {VALUE},
             "containerd 2.3 reads versions 3 and 4 alike; a node is compared version by version", 3),
    Harmless(".*", ".*(overridePath)", {*GONE, VALUE}, "the URL ends in `/v2` by itself"),
    Harmless(r".*image-mirrors\.yaml", ".*/mirrorSourcePolicy", {*GONE, EMPTY},
             "it is the default", "AllowContactingSource"),
    Harmless(r".*(ca|image-config|image-mirrors)\.yaml", ".*(metadata|additionalTrustedCA)/name",
             {VALUE, CASE}, "any name: what names the object is compared with it if both are given"),
    Harmless(r".*(values|registry-secret)\.yaml", "(config/ociImageRegistry|stringData)/.*", {*GONE, EMPTY},
             "empty as by default, and not required by the documented tables", ""),
    Harmless(r".*values\.yaml", ".*(insecureSkipVerify|isEKSCluster|create)", {QUOTE},
             "a template of Helm writes the same text"),
    Harmless(".*", ".*(http|insecure|insecure_skip_verify|insecureSkipVerify)", {*GONE},
             "off, as by default", only=False),
    Harmless(r".*buildkitd\.toml", r"registry/127\.0\.0\.1:5000(/http)?", {*GONE, EMPTY},
             "BuildKit uses http for this machine by itself"),
    Harmless(r".*configmap\.yaml", "data/maps", {VALUE}, "the webhook skips a line without `::`"),
    Harmless(".*", ".*(ca|caCert|CA_CERT|data/harbor.example.net)", {VALUE},
             "what follows the certificates is not read", ONE),
)  # fmt: skip


def harmless(file, what, path, value):
    """The first entry that a change is of."""
    joined = "/".join(map(str, path))
    for one in HARMLESS:
        if (
            what in one.changes
            and re.fullmatch(one.files, file)
            and re.fullmatch(one.path, joined)
            and (one.only is ... or (one.only == value and type(one.only) is type(value)))
        ):
            return one
    return None


def paths(data, path=()):
    """The path of every key and item."""
    items = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in items:
        yield (*path, key)
        yield from paths(value, (*path, key))


def at(data, path):
    for step in path:
        data = data[step]
    return data


def renamed(table, key, new):
    items = list(table.items())
    table.clear()
    table.update((new if name == key else name, value) for name, value in items)


def another(value):
    return (
        not value
        if isinstance(value, bool)
        else value + 1
        if isinstance(value, int)
        else f"{value}x"
    )


def edits(value, key, size):
    """Each kind of change to a key of its table or list: the name, and what makes it."""
    yield REMOVE, lambda parent: parent.__delitem__(key)
    if isinstance(key, str):
        yield RENAME, lambda parent: renamed(parent, key, f"{key}x")
        yield CASE, lambda parent: renamed(parent, key, key.swapcase())
    else:
        yield TWICE, lambda parent: parent.insert(key, copy.deepcopy(parent[key]))
        if size > 1:
            yield TURN, lambda parent: parent.reverse()
    if isinstance(value, dict):
        yield ADD, lambda parent: parent[key].update({"some-key": "x"})
        yield EMPTY, lambda parent: parent[key].clear()
        yield TYPE, lambda parent: parent.__setitem__(key, "text")
    elif isinstance(value, list):
        yield EMPTY, lambda parent: parent[key].clear()
        yield TYPE, lambda parent: parent.__setitem__(key, "text")
    else:
        yield VALUE, lambda parent: parent.__setitem__(key, another(value))
        yield TYPE, lambda parent: parent.__setitem__(key, {"a": 1})
    if isinstance(value, str):
        yield EMPTY, lambda parent: parent.__setitem__(key, "")
        yield CASE, lambda parent: parent.__setitem__(key, value.swapcase())
    if isinstance(value, bool):
        yield QUOTE, lambda parent: parent.__setitem__(key, str(value).lower())


def changes(data):
    """Every change of one key: its name, the path, what was there, and a function that makes it."""
    for path in paths(data):
        parent, key = at(data, path[:-1]), path[-1]
        for what, edit in edits(parent[key], key, len(parent)):

            def changed(edit=edit, path=path):
                made = copy.deepcopy(data)
                edit(at(made, path[:-1]))
                return made

            yield what, path, parent[key], changed


def written(data, syntax):
    match syntax:
        case "yaml":
            return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=10_000)
        case "yaml documents":
            return yaml.safe_dump_all(data, sort_keys=False, allow_unicode=True, width=10_000)
        case "toml":
            return tomlkit.dumps(data)
    return json.dumps(data)


def reported(expected, file):
    """What verify says of a file; what it refuses is said, too."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            names = (str(file),)
            given = inputs.read(names)
            found = command.differences(expected, given, names, (), compared_for=[])
            return [diagnostic.message for several in found for _, diagnostic in several]
        except cli.terminal.InputError as why:
            return [str(why)]


def outputs(target):
    """What a target makes of each spec, with what it is compared with."""
    specs = (DOCKER,) if target == "docker" else (DENY, ALLOW, PLAIN)
    for data in specs:
        for options in OPTIONS.get(target, ({},)):
            spec = data | {"targets": [{"target": target, **options}]}
            _, expected = pipeline.verify_spec(
                json.dumps(spec).encode(), targets=(), environment={}, read_file={}.__getitem__
            )
            if expected:  # some targets cannot carry all of it
                yield expected


def test_every_target_is_changed_or_refused():
    assert {*TARGETS, *NOT_COMPARED} == {*dialects.TARGETS}


@pytest.mark.parametrize("target", TARGETS)
def test_every_change_of_one_key_is_reported(target, tmp_path, tried):
    every = "REGSPEC_FUZZ_RUNS" in os.environ
    chance = random.Random(f"{target} {os.environ.get('REGSPEC_SEED', '')}")
    todo = []
    for expected in outputs(target):
        (choice,) = expected.choices
        artifacts = list(dialects.TARGETS[target].render(expected.spec, choice))
        folder = tmp_path / str(len(todo))
        for artifact in artifacts:
            (folder / artifact.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / artifact.path).write_text(artifact.text)
        for artifact in artifacts:
            if artifact.syntax == "text" or artifact.path.endswith("/cluster.yaml"):
                continue
            assert not reported(expected, folder / artifact.path), artifact.path
            todo += [(expected, folder, artifact, *change) for change in changes(artifact.data)]
    assert todo
    for expected, folder, artifact, what, path, value, changed in (
        todo if every else chance.sample(todo, min(SAMPLE, len(todo)))
    ):
        data = changed()
        if repr(data) == repr(artifact.data):
            continue
        file = folder / artifact.path
        file.write_text(written(data, artifact.syntax))
        known = harmless(artifact.path, what, path, value)
        messages = reported(expected, file)
        file.write_text(artifact.text)
        tried["reported" if messages else f"harmless: {known.reason if known else ''}"] += 1
        assert messages or known, (artifact.path, what, path, written(data, artifact.syntax))
