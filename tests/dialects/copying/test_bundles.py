"""What hauler and zarf are given: every image to where its mirror looks, every file, no secret.

Neither tool, nor its schema, is in a package registry. So the manifests are held to what we have
written down of both (data/), and to the rules of their sources that the tests name;
they are read by the YAML parser that both have, which is Go's.
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote

import helm_python as helm
import jsonschema
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from regspec import pipeline, reference

DATA = Path(__file__).resolve().parent / "data"
SCHEMAS = {
    name: jsonschema.Draft202012Validator(json.loads((DATA / f"{name}.schema.json").read_text()))
    for name in ("hauler", "zarf")
}
PASSWORD = "Hunter2Kx7Zq"
DIGEST = "sha256:" + "a" * 64
IMAGES = [
    "nginx",
    "nginx:1.25",
    "bitnami/redis:7",
    "registry.k8s.io/pause:3.9",
    "registry.k8s.io/coredns/coredns:v1",
    f"quay.io/a/b:1@{DIGEST}",
    f"quay.io/a/b:1@{DIGEST.replace('a' * 64, 'b' * 64)}",
    f"ghcr.io/c/d@{DIGEST}",
    "harbor.example.net/already/there:1",
]
paths = st.lists(st.sampled_from(["a", "x-y", "library", "docker.io"]), max_size=2).map("/".join)
outs = st.text(
    st.sampled_from("ab A:,'\"#%?&*[]{}!|>é名-_.`$")
    | st.characters(codec="utf-8", max_codepoint=999),
    min_size=1,
    max_size=20,
).map(
    lambda text: "".join(c for c in text if c.isprintable() and c not in "/\\").strip(". ") or "x"
)


@st.composite
def specs(draw):
    mirrors = []
    for source in draw(st.lists(st.sampled_from(["docker.io", "quay.io", "registry.k8s.io"]))):
        if source in [mirror["source"] for mirror in mirrors]:
            continue
        if draw(st.booleans()):
            place = {"target": "/".join(["nexus.example.net:8083", draw(paths)]).rstrip("/")}
        else:
            place = {"path": draw(paths)}
        mirrors.append({"source": source, **place})
    if draw(st.booleans()) or not mirrors:
        mirrors.append({"source": "*", "path": draw(paths)})
    if draw(st.booleans()):
        mirrors.append({"source": "docker.io/library", "path": draw(paths)})
    out = draw(outs)
    targets = ["values", "copy-list", "runbook", "containerd"]
    targets += [
        {"target": "secret", "out": f"s/{out}"},
        {"target": "registries.conf", "out": f"c{out}"},
    ]
    if "*" in [mirror["source"] for mirror in mirrors]:
        targets.pop()
    targets += [{"target": "hauler", "out": f"h{out}"}, {"target": "zarf", "out": f"z{out}/z.yaml"}]
    password = PASSWORD if draw(st.booleans()) else ""
    return {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {
            "endpoint": draw(st.sampled_from(["harbor.example.net", "harbor.example.net:8443"])),
            "baseContentPath": draw(paths),
            "username": "puller" if password else "",
            "password": password,
        },
        "mirrors": mirrors,
        "images": draw(st.lists(st.sampled_from(IMAGES), min_size=1, max_size=5, unique=True)),
        "targets": targets,
    }


def compiled(data):
    result = pipeline.compile_spec(
        json.dumps(data).encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    return {artifact.path: artifact for artifact in result.artifacts}, result


def copies(files):
    """The lines of the copy list: where each image is, and where its mirror looks."""
    lines = files["copy-list.txt"].text.splitlines()
    return list(dict.fromkeys(tuple(line.split()) for line in lines if not line.startswith("#")))


EDGE = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {"endpoint": "harbor.example.net", "username": "u", "password": PASSWORD},
    "mirrors": [{"source": "*", "path": ""}],
    "images": IMAGES,
    "targets": ["values", "copy-list", "hauler", "zarf"],
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=specs())
@example(data=EDGE)
def test_the_manifests_are_what_hauler_and_zarf_take(data):
    files, result = compiled(data)
    if not files:
        codes = {d.code for d in result.diagnostics if d.severity.value == "error"}
        assert codes <= {"RS105", "RS204", "RS206", "RS215", "RS217"}, result.diagnostics
        return
    others = {path: a for path, a in files.items() if not path.startswith(("h", "z"))}
    if data is EDGE:
        haul, pack = "hauler", "zarf.yaml"
    else:
        haul, pack = (target["out"] for target in data["targets"][-2:])
    public = [path for path, artifact in files.items() if not artifact.holds_secret]
    public = [path for path in public if path in others]
    manifests = {path: a.text for path, a in files.items() if path.startswith(f"{haul}/")}
    for path, text in {**manifests, pack: files[pack].text}.items():
        assert PASSWORD not in text
        assert base64.b64encode(PASSWORD.encode()).decode() not in text
        read = helm.values_from_yaml(text)
        SCHEMAS["zarf" if path == pack else "hauler"].validate(read)
        assert read == files[path].data
    check_hauler(haul, manifests, public, copies(files))
    check_zarf(pack, helm.values_from_yaml(files[pack].text), public, copies(files))


def check_hauler(root, manifests, public, wanted):
    listed = helm.values_from_yaml(manifests.pop(f"{root}/files.yaml"))["spec"]["files"]
    # pkg/getter takes a path for a URL without a scheme.
    assert [unquote(file["path"]) for file in listed] == public
    assert all(re.fullmatch(r"[A-Za-z0-9._/%~-]+", file["path"]) for file in listed)
    names = [file["name"].lower() for file in listed]
    assert len(set(names)) == len(names), "hauler keeps one file of a name"
    # pkg/reference: the name is that of a repository, and its first part must not be a registry.
    assert all(re.fullmatch(r"regspec/[a-z0-9._/-]+", name) for name in names)

    found = []
    for path, text in manifests.items():
        images = helm.values_from_yaml(text)["spec"]["images"]
        hosts = {image["rewrite"].partition("/")[0] for image in images}
        assert [host.replace(":", "_") for host in hosts] == [posixpath.basename(path)[:-5]]
        found += [(image["name"], image["rewrite"]) for image in images]
    assert sorted(found) == sorted(
        # pkg/store renames to a tag, never to a digest.
        (source, re.sub(r"@sha256:([0-9a-f]{64})$", r":\1", destination))
        for source, destination in wanted
    )
    assert all("@" not in rewrite and reference.parse(rewrite).tag for _, rewrite in found)


def check_zarf(path, package, public, wanted):
    files, *images = package["components"]
    below = posixpath.dirname(path)
    sources = [posixpath.normpath(posixpath.join(below, f["source"])) for f in files["files"]]
    assert sources == public
    assert [file["target"] for file in files["files"]] == [f"regspec/{path}" for path in public]
    names = [component["name"] for component in package["components"]]
    assert len(set(names)) == len(names)
    destinations = dict(wanted)
    for component in images:
        url = component["description"].partition("--registry-url ")[2]
        for image in component["images"]:
            there = reference.parse(destinations[image])
            parsed = reference.parse(image)
            # src/pkg/transform: the host is replaced, and nothing else.
            pushed = f"{url}/{parsed.repository}"
            assert (pushed == f"{there.registry}/{there.repository}") is bool(url)
    assert {i for component in images for i in component["images"]} == set(destinations)


@pytest.mark.parametrize("name", ["hauler", "zarf"])
def test_the_schemas_refuse_what_the_tools_do_not_know(name):
    files, _ = compiled(EDGE)
    path = {"hauler": "hauler/files.yaml", "zarf": "zarf.yaml"}[name]
    SCHEMAS[name].validate(files[path].data)
    for wrong in ({**files[path].data, "x": 1}, {**files[path].data, "kind": "Else"}, {}):
        with pytest.raises(jsonschema.ValidationError):
            SCHEMAS[name].validate(wrong)


def test_an_image_that_no_mirror_serves_is_not_left_out_in_silence():
    for target in ("hauler", "zarf"):
        files, result = compiled({**EDGE, "mirrors": ["quay.io"], "targets": ["secret", target]})
        assert not files
        assert "RS217" in {d.code for d in result.diagnostics}
