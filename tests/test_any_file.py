"""Any file with any spec: `verify`, `import` and `explain --node` answer, and never fail.

The documents are what the golden cases compile to, one of each kind and target at least, and then
with a value of a wrong type in place of each of their values.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
import tomlkit
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regspec import pipeline, recognise
from regspec.cli.import_ import documents_of
from regspec.cli.inputs import Text
from regspec.dialects import formats
from regspec.dialects.containerd import versions
from regspec.dialects.containerd.plugins import OLD
from regspec.dialects.files import Files
from regspec.document import NotADocument
from regspec.explaining import explain
from regspec.importing import assembly, spec_text
from regspec.reading.facts import HIDDEN
from regspec.sources import FolderReader
from regspec.verifying import node, verify

pytestmark = pytest.mark.slow


ROOT = Path(__file__).resolve().parent.parent
SPECS = [
    *sorted(ROOT.glob("examples/*.yaml")),
    *sorted(ROOT.glob("golden/*/registry.yaml")),
    *sorted(ROOT.glob("golden/*/*/registry.yaml")),
]
KINDS = tuple(one.kind for one in formats())
"""Every kind that a reader knows."""
WRONG = [
    None,
    True,
    0,
    -1.5,
    float("inf"),
    10**40,
    "",
    "x",
    "a::b,[c]",
    "h.example.org/" + "a" * 5000,
    "-----BEGIN CERTIFICATE-----",
    [],
    [None],
    [["a"]],
    [{"a": 1}],
    {},
    {"a": None},
    {"a": {"b": [1]}},
]
SMALLEST = [
    '{"registry-mirrors": []}',
    '{"insecure-registries": null}',
    '{"auths": {}}',
    "config: {ociImageRegistry: {}}\n",
    "image: {webhookImage: ''}\n",
    "global: {imagePullSecret: {}}\n",
    "kind: Secret\ndata: {DOMAIN: ''}\n",
    "kind: Secret\ndata: {.dockerconfigjson: ''}\n",
    "mirrors: {}\n",
    "machine: {registries: {}}\n",
    "apiVersion: v1alpha1\nkind: RegistryMirrorConfig\n",
    "apiVersion: config.openshift.io/v1\nkind: Image\nspec: {}\n",
    "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nspec: {}\n",
    "apiVersion: config.openshift.io/v1\nkind: ImageTagMirrorSet\nspec: {imageTagMirrors: []}\n",
    "kind: ConfigMap\ndata: {maps: ''}\n",
    "default::\n",
    "quay.io::h.example.org/q",
    "version = 2\n",
    "version = 3\nimports = []\n",
    "server = ''\n",
    "[host]\n",
    "registry = []\n",
    "unqualified-search-registries = []\n",
    "[registry]\n",
    "-----BEGIN CERTIFICATE-----\n",
]
MAIN = "/etc/containerd/config.toml"


@cache
def documents():
    """Texts with their paths: all that the golden cases have, and all forms of test_readers."""
    found = {}
    for path in sorted(ROOT.glob("golden/**/out/**/*")):
        if path.is_file() and path.suffix not in (".md", ".txt"):
            found.setdefault(path.read_text(), f"/{path.relative_to(ROOT)}")
    for text in SMALLEST:
        found.setdefault(text, "/etc/containerd/certs.d/quay.io/hosts.toml")
    return {text: path for text, path in found.items() if kinds_of(text, path)}


def kinds_of(text, path):
    try:
        return {one.kind for one in recognise.read(text, path, lambda _: None)}
    except (recognise.Unknown, NotADocument):
        return set()


@cache
def one_of_each():
    """For each kind the text with the most different keys, as data, with how it is written."""
    best = {}
    for text, path in documents().items():
        parsed = as_data(text)
        if parsed is None:
            continue
        paths = list(paths_of(parsed[0]))
        for kind in kinds_of(text, path):
            if len(best.get(kind, ((), ()))[1]) < len(paths) <= 40:
                best[kind] = (parsed, paths, path)
    return best


def as_data(text):
    """The data of a text and what writes it, or none for a text that is one value."""
    try:
        return tomllib.loads(text), tomlkit.dumps
    except tomllib.TOMLDecodeError:
        data = None
    try:
        data = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return None
    if len(data) == 1 and isinstance(data[0], dict):
        return data[0], lambda changed: json.dumps(changed, default=str)
    if data and all(isinstance(one, dict) for one in data):
        return data, yaml.safe_dump_all
    return None


def paths_of(data, path=()):
    """Every path below a document, the top left out."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items if isinstance(data, dict | list) else ():
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from paths_of(value, (*path, key))


def changed(parsed, path, value):
    """The text of a document with another value at a path; empty if its syntax has no such."""
    data, write = parsed
    data = copy.deepcopy(data)
    below = data
    for step in path[:-1]:
        below = below[step]
    below[path[-1]] = value
    try:
        return write(data)
    except (TypeError, ValueError, tomlkit.exceptions.ConvertError):  # TOML has no null
        return ""


@cache
def expected(path):
    """What a spec compiles to; none for one with an error, as most of golden/bad."""
    environment = {"REGISTRY_PASSWORD": "p", "NEXUS_PASSWORD": "q"}
    result, found = pipeline.verify_spec(
        path.read_bytes(),
        targets=(),
        environment=environment,
        read_file=FolderReader(path.parent),
    )
    assert found or result.failed
    return found


def compare(text, path, specs):
    """Do with a text what `verify`, `import` and `explain --node` do."""
    try:
        documents = list(documents_of(Text(path, path, text, Files({})), alone=False))
    except NotADocument as why:
        list(why.spans(HIDDEN))
        return
    readings = [one.reading for one in documents]
    for spec in specs:
        for reading in readings:
            for one in verify.of_reading(expected(spec), reading, readings):
                assert one.message
                one.reading.source.document.span(one.place, HIDDEN)
            list(verify.refused(text, [reading]))
            list(verify.elsewhere(expected(spec), reading, readings))
    for one in documents:
        for loss in one.reading.unsupported:
            one.reading.source.document.span(loss.place, HIDDEN)
    imported = assembly.assemble(documents)
    if not imported.missing:
        spec_text.written(imported.data, {}, [])


ON_NODE = {
    "containerd": MAIN,
    "hosts.toml": "/etc/containerd/certs.d/quay.io/hosts.toml",
    "k3s": "/etc/rancher/k3s/registries.yaml",
    "registries.conf": "/etc/containers/registries.conf",
    "logins": "/etc/containers/auth.json",
    "docker": "/etc/docker/daemon.json",
    "buildkit": "/etc/buildkit/buildkitd.toml",
}
CONFIG_PATH = f"""version = 2
[plugins."{OLD}".registry]
config_path = "/etc/containerd/certs.d"
"""


def compare_node(kind, text, specs):
    """Do with a file of a node what `verify` and `explain --node` do with the whole node."""
    files = Files({MAIN: CONFIG_PATH} | {ON_NODE[kind]: text})
    for spec in specs:
        assert isinstance(node.Node(files, expected(spec), ()).find_drift(), list)
    found = [(dialect, files) for dialect in explain.installed(files)]
    rows = list(explain.of_files(found, ["nginx", "quay.io/a/b"], {}))
    assert len(rows) >= 2 * len(versions.LINES)


def valid_specs():
    return [path for path in SPECS if expected(path)]


SOME = [ROOT / "examples/everything.yaml", ROOT / "golden/source-with-port/registry.yaml"]


def test_every_kind_is_among_the_documents():
    kinds = set().union(*(kinds_of(text, path) for text, path in documents().items()))
    assert kinds == set(KINDS)
    assert len(valid_specs()) > 40


@pytest.mark.slow
def test_every_document_with_every_spec():
    specs = valid_specs()
    for text, path in documents().items():
        compare(text, path, specs)
    for kind in ON_NODE:
        parsed, _, _ = one_of_each()[kind]
        compare_node(kind, parsed[1](parsed[0]), specs)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"certificates"}))
def test_a_value_of_a_wrong_type_in_each_place(kind):
    parsed, paths, path = one_of_each()[kind]
    count = 0
    for at in paths:
        for value in WRONG:
            text = changed(parsed, at, value)
            if text:
                compare(text, path, SOME)
                count += 1
            if text and kind in ON_NODE:
                compare_node(kind, text, SOME[:1])
    assert count > 10 * len(paths)


VALUES = st.recursive(
    st.one_of(
        st.sampled_from(WRONG),
        st.integers(),
        st.floats(),
        st.text(max_size=30),
        st.datetimes(),
        st.dates(min_value=dt.date(1000, 1, 1)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
@given(st.data())
def test_values_of_any_type_in_any_places(data):
    kind = data.draw(st.sampled_from(sorted(one_of_each())))
    parsed, paths, path = one_of_each()[kind]
    for at, value in data.draw(st.lists(st.tuples(st.sampled_from(paths), VALUES), max_size=3)):
        try:
            text = changed(parsed, at, value)
        except (KeyError, IndexError, TypeError):  # an earlier change took its place away
            continue
        if not text or not text.isascii():
            continue
        again = as_data(text)
        if again is None:
            continue
        parsed = again
        compare(text, path, SOME)
        if kind in ON_NODE:
            compare_node(kind, text, SOME[1:])


@pytest.mark.parametrize("spec", sorted(ROOT.glob("examples/*.yaml")), ids=lambda path: path.name)
@pytest.mark.parametrize("kind", KINDS)
def test_the_commands(kind, spec, here, tmp_path):
    text, path = next((t, p) for t, p in documents().items() if kind in kinds_of(t, p))
    name = "quay.io/hosts.toml" if kind == "hosts.toml" else Path(path).name
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    environment = {"REGISTRY_PASSWORD": "p", "NEXUS_PASSWORD": "q"}
    done = here("verify", spec, name, cwd=tmp_path, env=environment)
    assert done.returncode in (0, 1), done.stderr
    assert re.search(r"compared: (no|[0-9]+) difference", done.stderr)
    assert here("import", name, cwd=tmp_path).returncode in (0, 1)
    if name.endswith(".toml"):
        root = tmp_path / "node/etc/containerd"
        root.mkdir(parents=True)
        (root / "config.toml").write_text(text)
        done = here("explain", "--node", "node", "nginx", cwd=tmp_path)
        assert done.returncode in (0, 1), done.stderr
