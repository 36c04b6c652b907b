"""What was made of the schema and the templates ahead of time, held against themselves.

The fast path may only say yes: what it accepts the schema accepts, and what it renders is what
jinja2 renders, to the byte. REGSPEC_FAST=0 goes without it.
"""

from __future__ import annotations

import copy
import importlib.util
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regspec import document, emit, generated, schema

RUNS = int(os.environ.get("REGSPEC_FUZZ_RUNS", "3000"))
LONGEST = 4000
ODD = st.sampled_from(
    [
        None, True, False, 0, 1, 2, 3, -1, 2.0, 1.5, "", "x", "a\n", "*", "docker.io", "x:5000",
        "/a", "a/", "A", "ü", "deny", "none", "2", [], ["x"], {}, {"env": "X"}, {"file": "x"},
        {"exact": "x"},
        {"x": 1}, [{}], "y" * 300, "RS101", "regspec/v1", "[::1]:5000", "..", "a/../b", "\x00",
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def specs(root):
    """The data of every spec that there is, good and bad."""
    found = []
    for path in (*root.glob("golden/**/registry.yaml"), *root.glob("examples/*.yaml")):
        try:
            text = path.read_text()
            if len(text) < LONGEST:
                found.append(document.parse(text).data)
        except (document.NotADocument, UnicodeDecodeError):
            continue
    assert len(found) > 150
    return found


def places(data, path=()):
    """The path of everything in the data."""
    yield path
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(value, (*path, key))


@st.composite
def changed(draw, specs):
    """A spec with one or two values that are other ones, too many, or missing."""
    data = copy.deepcopy(specs[draw(st.integers(0, len(specs) - 1))])
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(list(places(data))))
        if not path:
            continue
        table = data
        for step in path[:-1]:
            table = table[step]
        kind = draw(st.sampled_from(["change", "change", "drop", "add"]))
        if kind == "change":
            table[path[-1]] = copy.deepcopy(draw(ODD))
        elif kind == "drop":
            del table[path[-1]]
        elif isinstance(table, dict):
            table[draw(st.sampled_from(["x", "target", "source", "out", "lint", ""]))] = (
                copy.deepcopy(draw(ODD))
            )
        else:
            table.append(copy.deepcopy(draw(ODD)))
    return data


def test_what_is_made_is_current(root):
    path = root / ".ci/generate.py"
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location("made", path))
    module.__spec__.loader.exec_module(module)
    assert (root / "compiler/generated.py").read_text() == module.text(), "run: make generate"
    schema = (root / "schemas/registry-spec.schema.json").read_text()
    assert schema == module.schema_text(), "run: make generate"


def test_it_says_yes_only_where_the_schema_does(specs):
    accepted = 0

    @settings(max_examples=RUNS, deadline=None)
    @given(changed(specs))
    def holds(data):
        nonlocal accepted
        right = not schema.judge(data)
        assert generated.accepts(data) is (right and not has_fractions(data))
        accepted += right

    holds()
    assert accepted > RUNS / 20


def has_fractions(data):
    """Whether a number is written as 2.0, which to JSON Schema is 2: a doubt."""
    return any(isinstance(value_at(data, path), float) for path in places(data))


def value_at(data, path):
    for step in path:
        data = data[step]
    return data


def test_every_good_spec_is_accepted_without_the_schema(specs):
    good = [data for data in specs if not schema.judge(data) and not has_fractions(data)]
    assert len(good) > 100
    assert all(map(generated.accepts, good))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
pems = st.sampled_from(["", "-----BEGIN X-----\nAA==\n-----END X-----\n"])
images = st.dictionaries(st.sampled_from(["imageSwapImage", "webhookImage"]), texts)


@st.composite
def values_of_a_template(draw):
    """A template, and values for it such as its target gives."""
    name = draw(st.sampled_from(sorted(generated.TEMPLATES)))
    if name.startswith("registry-secret"):
        keys = ("DOMAIN", "BASE_PATH", "USERNAME", "PASSWORD", "INSECURE", "MIRROR_REGISTRIES")
        return name, {**{key: draw(texts) for key in keys}, "CA_CERT": draw(pems)}
    if name.startswith("containerd"):
        tls = st.dictionaries(texts, st.dictionaries(st.sampled_from(["ca_file", "x"]), texts))
        return name, {
            "config_version": draw(st.sampled_from([2, 3])),
            "full": draw(st.booleans()),
            "plugin": draw(texts),
            "mirrors": draw(st.lists(st.tuples(texts, texts), max_size=3)),
            "inline_mirrors": draw(tls),
            "inline_configs": draw(tls),
            "has_configs": draw(st.booleans()),
            "tls": draw(tls),
        }
    keys = ("endpoint", "name", "password", "username", "baseContentPath", "mirrorRegistries")
    registry = {key: draw(texts) for key in keys}
    registry |= {"insecureSkipVerify": draw(st.booleans()), "caCert": draw(pems)}
    config = {"ociImageRegistry": registry}
    pull = {"create": True, "dockerConfigJson": draw(texts)}
    config |= {"imageSwapImages": draw(images)} if draw(st.booleans()) else {}
    config |= (
        {"imageSwapConfig": {"isEKSCluster": draw(st.booleans())}} if draw(st.booleans()) else {}
    )
    config |= {"imagePullSecret": pull} if draw(st.booleans()) else {}
    data = {"config": config}
    data |= {"image": draw(images)} if draw(st.booleans()) else {}
    data |= {"imagePullSecret": pull} if draw(st.booleans()) else {}
    return name, data


@settings(max_examples=max(200, RUNS // 10), deadline=None)
@given(values_of_a_template())
def test_it_renders_what_the_templates_do(given_):
    name, data = given_
    fast = emit.render(name, **data)
    template = emit._environment().get_template(name)
    assert fast == template.render(header=emit.Verbatim(emit.HEADER), **data)


@pytest.mark.parametrize("name", ["harbor-airgap", "everything", "cert-manager"])
def test_without_it_all_is_the_same(regspec, root, tmp_path, name):
    spec = root / f"examples/{name}.yaml"
    env = {"REGISTRY_PASSWORD": "hunter2", "NEXUS_PASSWORD": "s3cret"}
    told, files = [], []
    for fast in ("0", "1"):
        out = tmp_path / fast
        done = regspec("compile", spec, "-o", out, cwd=tmp_path, env={**env, "REGSPEC_FAST": fast})
        assert done.returncode == 0
        told.append(done.stderr.replace(str(out), "out"))
        files.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert told[0] == told[1]
    assert files[0] == files[1]
    assert len(files[0]) >= 3 - (name == "cert-manager")


@pytest.mark.parametrize("fast", ["0", "1"])
def test_jsonschema_and_jinja2_are_imported_only_without_it(root, tmp_path, fast):
    code = (
        "import sys\nfrom regspec import cli\n"
        f"try: cli.main(['compile', {str(root / 'examples/harbor-airgap.yaml')!r}, '-o', 'out'])\n"
        "except SystemExit: print([n for n in ('jsonschema', 'jinja2') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "REGSPEC_FAST": fast},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ("['jsonschema', 'jinja2']" if fast == "0" else "[]")
