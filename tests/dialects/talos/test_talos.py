"""What Talos is given: both forms of its registries, and what its containerd then asks.

No package has talosctl. So the files are held to what we have written down of its sources
(data/), and read by a YAML parser of Go's, as Talos has one. What it makes of them for
containerd is made here as its source does, and given to the model of containerd that is held to
recorded pulls.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import helm_python as helm
import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from regspec import emit, pipeline, reference
from regspec.dialects.containerd import resolve, versions
from regspec.dialects.files import Files
from regspec.dialects.talos import resolve as talos

DATA = Path(__file__).resolve().parent / "data"
TESTS = DATA.parents[2]
PATCH, DOCUMENT = (
    jsonschema.Draft202012Validator(json.loads((DATA / f"{name}.schema.json").read_text()))
    for name in ("v1alpha1", "documents")
)
CA = (TESTS / "data/certificates/chain.crt").read_text()
SOURCES = ("docker.io", "quay.io", "reg.example.org:5000", "[fd00::1]:5000", "*")
HOSTS = ("harbor.example.net", "harbor.example.net:8443", "nexus.example.net", "[fd00::2]:5000")
FORMS = [None, "1.8", "1.9.1", "1.11", "1.12", "1.14.0"]
MAIN = "/etc/containerd/config.toml"
FOLDER = "/etc/cri/conf.d/hosts"
CONFIG = f"""version = 2
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{FOLDER}"
"""
paths = st.lists(st.sampled_from(["a", "x-y", "docker.io"]), max_size=2).map("/".join)
texts = st.sampled_from(["robot$puller", "s3cret: #", "ü\"'\\", "y", "010", "- x"])


@st.composite
def specs(draw):
    """A spec without a target."""

    def access():
        keys = draw(
            st.sampled_from([{}, {"caCert": CA}, {"insecureSkipVerify": True}, {"plainHTTP": True}])
        )
        if draw(st.booleans()):
            keys = keys | {"username": draw(texts).replace(":", ""), "password": draw(texts)}
        return keys

    mirrors = []
    for source in draw(st.lists(st.sampled_from(SOURCES), min_size=1, unique=True)):
        if draw(st.booleans()):
            place = {"target": "/".join(filter(None, [draw(st.sampled_from(HOSTS)), draw(paths)]))}
        else:
            place = {"path": draw(paths)}
        mirrors.append({"source": source, **place})
    return {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": HOSTS[0], "baseContentPath": draw(paths), **access()},
        "hosts": {host: access() for host in HOSTS[1:]},
        "mirrors": mirrors,
        "fallback": draw(st.sampled_from(["deny", "allow"])),
    }


def compiled(data, version=None):
    """The artifact of the target, or none when the spec is refused."""
    target = {"target": "talos", **({"version": version} if version else {})}
    result = pipeline.compile_spec(
        json.dumps({**data, "targets": [target]}).encode(),
        targets=(),
        environment={},
        read_file={}.__getitem__,
    )
    return None if result.failed else result.artifacts[0]


def documents(artifact):
    return [one for one in yaml.safe_load_all(artifact.text) if one]


often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@often
@given(specs(), st.sampled_from(FORMS))
def test_the_file_is_what_talos_takes(data, version):
    artifact = compiled(data, version)
    assume(artifact)
    found = documents(artifact)
    parts = re.split("^---\n", artifact.text, flags=re.MULTILINE)[1:] or [artifact.text]
    assert [helm.values_from_yaml(part) for part in parts] == found
    if version in ("1.12", "1.14.0"):
        for one in found:
            DOCUMENT.validate(one)
        names = [(one["kind"], one["name"]) for one in found]
        assert len(set(names)) == len(names), "Talos takes one document of a kind and name"
    else:
        (patch,) = found
        PATCH.validate(patch)
        for host in patch["machine"]["registries"].get("config", {}).values():
            ca = host.get("tls", {}).get("ca")
            assert ca is None or base64.b64decode(ca).decode() == CA
    mirrors = talos.Registries(found)._mirrors
    asked = {name: one.places[0][0].partition("://")[2] for name, one in mirrors.items()}
    skipped = {name for name, mirror in mirrors.items() if mirror.skip_fallback}
    if version == "1.8":
        assert not skipped
    elif data["fallback"] == "deny":
        assert skipped == set(mirrors)
    else:
        assert skipped == {name for name, place in asked.items() if place == f"{name}/v2"}
    logins = [one for one in ("username", "password") if f"{one}:" in artifact.text]
    assert artifact.holds_secret is bool(logins)
    assert artifact.mode == (0o600 if logins else 0o644)


def hosts_of(registries):
    """The files that Talos writes for its containerd.

    Source: siderolabs/talos, internal/pkg/containers/cri/containerd/hosts.go, GenerateHosts.
    """
    mirrors = {name: (one.places, one.skip_fallback) for name, one in registries._mirrors.items()}
    files = {}

    def table(name, host):
        tls = registries._tls.get(host, {})
        if not tls.get("ca"):
            return {"skip_verify": True} if tls.get("insecureSkipVerify") else {}
        path = f"{FOLDER}/{folder_of(name)}/{host}-ca.crt"
        files[path] = CA
        return {"ca": path}

    for name, (places, skip) in mirrors.items():
        entries = []
        for url, override in places:
            settings = {"capabilities": ["pull", "resolve"], "override_path": override}
            entries.append((url, settings | table(name, url.split("/")[2])))
        tables = []
        if skip:
            url, settings = entries.pop()
            tables = [((), {"server": url, **settings})]
        tables += [(("host", url), settings) for url, settings in entries]
        files[f"{FOLDER}/{folder_of(name)}/hosts.toml"] = emit.toml_text(tables)
    for host in registries._tls:
        if host not in mirrors:
            text = emit.toml_text([((), {"server": f"https://{host}", **table(host, host)})])
            files[f"{FOLDER}/{folder_of(host)}/hosts.toml"] = text
    return files


def folder_of(name):
    if name == "*":
        return "_default"
    host, colon, port = name.rpartition(":")
    return f"{host}_{port}_" if colon else name


@often
@given(
    specs(),
    st.sampled_from([None, "1.12"]),
    st.sampled_from([*SOURCES[:4], "ghcr.io", *HOSTS]),
    st.sampled_from(["2.0", "2.1", "2.3"]),
)
def test_its_containerd_asks_what_the_model_says(data, version, registry, line):
    artifact = compiled(data, version)
    assume(artifact)
    registries = talos.Registries(documents(artifact))
    tree = Files({MAIN: CONFIG} | hosts_of(registries))
    image = reference.parse(f"{registry}/team/app:1")
    outcome = resolve.Containerd(tree, versions.parse(line)).pull(image)
    assert outcome.loads, outcome.reason

    def told(attempts):
        return [(one.url, one.upstream, one.authorities, one.skip_verify) for one in attempts]

    assert told(outcome.attempts) == told(registries.attempts(image))


def test_both_forms_ask_the_same():
    data = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": "harbor.example.net", "caCert": CA},
        "mirrors": ["quay.io"],
        "fallback": "allow",
    }
    images = [reference.parse(name) for name in ("quay.io/a/b:1", "nginx", "harbor.example.net/x")]
    asked = [
        [list(talos.Registries(documents(compiled(data, version))).attempts(i)) for i in images]
        for version in FORMS
    ]
    assert all(one == asked[0] for one in asked)
    assert [[a.url for a in of_image] for of_image in asked[0]] == [
        [
            "https://harbor.example.net/v2/quay.io/a/b/manifests/1?ns=quay.io",
            "https://quay.io/v2/a/b/manifests/1",
        ],
        ["https://registry-1.docker.io/v2/library/nginx/manifests/latest"],
        ["https://harbor.example.net/v2/x/manifests/latest"],
    ]


@pytest.mark.parametrize(
    "url, override, root",
    [
        ("https://h.example.org", False, "/v2"),
        ("https://h.example.org/", False, "/v2"),
        ("https://h.example.org/v2", False, "/v2"),
        ("https://h.example.org/v2/", False, "/v2"),
        ("https://h.example.org/v2/a", False, "/v2/a/v2"),
        ("https://h.example.org/v2/a", True, "/v2/a"),
        ("https://h.example.org/v2//a/", True, "/v2/a"),
    ],
)
def test_where_v2_goes(url, override, root):
    mirror = {"url": url, "overridePath": override}
    document = {"kind": "RegistryMirrorConfig", "name": "quay.io", "endpoints": [mirror]}
    first = next(talos.Registries([document]).attempts(reference.parse("quay.io/x:1")))
    assert first.url == f"https://h.example.org{root}/x/manifests/1?ns=quay.io"


def test_the_newer_form_counts():
    old = {"endpoints": ["https://old.example.org"]}
    patch = {"machine": {"registries": {"mirrors": {"quay.io": old, "ghcr.io": old}}}}
    new = {"url": "https://new.example.org", "overridePath": False}
    document = {"kind": "RegistryMirrorConfig", "name": "quay.io", "endpoints": [new]}
    registries = talos.Registries([document, patch])
    hosts = [
        next(registries.attempts(reference.parse(name))).url.split("/")[2]
        for name in ("quay.io/x", "ghcr.io/x")
    ]
    assert hosts == ["new.example.org", "old.example.org"]


def test_the_version_of_talos_is_none_of_containerd(regspec, head, tmp_path):
    """Talos 1.7 says nothing of the sandbox image of containerd 1.7 (RS321)."""
    spec = (
        f"{head}registry: {{endpoint: m.example.org}}\nmirrors: [registry.k8s.io]\n"
        "images: ['registry.k8s.io/pause:3.9']\n"
    )
    for target, told in (("talos", False), ("certs.d", True)):
        text = f'{spec}targets: [{{target: {target}, version: "1.7"}}]\n'
        done = regspec("check", "-", cwd=tmp_path, input=text)
        assert ("RS321" in done.stderr) is told, done.stderr
