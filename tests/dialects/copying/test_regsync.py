"""What regsync is given: every image to where its mirror looks, and no login.

regsync is in no package registry, so it is not run. Its file is held to what we have written down
of its source (data/), and read by the YAML parser of another program in Go.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path

import helm_python as helm
import jsonschema
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from regspec import pipeline, reference

HERE = Path(__file__).resolve().parent
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((HERE / "data/regsync.schema.json").read_text())
)
CA = (HERE.parents[1] / "data/certificates/chain.crt").read_text()
# What would be run, if regsync took it for one of its templates.
TEMPLATE = '{{file "/etc/shadow"}}'
HOSTS = ("harbor.example.net", "harbor.example.net:8443", "nexus.example.net:8083")
DIGEST = "sha256:" + "a" * 64
IMAGES = ["nginx", "bitnami/redis:7", f"quay.io/a/b:1@{DIGEST}", f"ghcr.io/c/d@{DIGEST}"]
logins = st.sampled_from([TEMPLATE, "{{", "robot$puller", "ü\"'\\", "{{/*", "a}}b"])


@st.composite
def accesses(draw):
    keys = {}
    if draw(st.booleans()):
        keys = {"username": draw(logins), "password": draw(logins)}
        keys["username"] = keys["username"].replace(":", "")
    kind = draw(st.sampled_from(["", "caCert", "insecureSkipVerify", "plainHTTP"]))
    return keys | ({kind: CA if kind == "caCert" else True} if kind else {})


@st.composite
def specs(draw):
    hosts = draw(st.lists(st.sampled_from(HOSTS), unique=True))
    return {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": draw(st.sampled_from(HOSTS)), **draw(accesses())},
        "mirrors": [
            "docker.io",
            {"source": "quay.io", "target": f"{draw(st.sampled_from(HOSTS))}/q"},
            {"source": "*", "path": "all"},
        ],
        "hosts": {host: draw(accesses()) for host in hosts},
        "images": draw(st.lists(st.sampled_from(IMAGES), min_size=1, unique=True)),
        "targets": ["copy-list", "regsync"],
    }


def compiled(data):
    result = pipeline.compile_spec(
        json.dumps(data).encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    return {artifact.path: artifact for artifact in result.artifacts}, result


EDGE = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {
        "endpoint": "harbor.example.net",
        "username": TEMPLATE,
        "password": TEMPLATE,
        "caCert": CA,
    },
    "mirrors": ["docker.io"],
    "hosts": {"a.example.net": {"username": "a", "password": "b"}},
    "images": ["nginx"],
    "targets": ["copy-list", "regsync"],
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=specs())
@example(data=EDGE)
def test_the_file_is_what_regsync_takes(data):
    files, result = compiled(data)
    assert files, result.diagnostics
    artifact = files["regsync.yaml"]
    assert (artifact.mode, artifact.holds_secret) == (0o644, False)
    read = helm.values_from_yaml(artifact.text)
    SCHEMA.validate(read)
    assert read == artifact.data

    lines = files["copy-list.txt"].text.splitlines()
    wanted = dict.fromkeys(tuple(line.split()) for line in lines if not line.startswith("#"))
    assert [(one["source"], one["target"]) for one in read["sync"]] == list(wanted)
    for one in read["sync"]:
        # types/ref: a reference has a tag or a digest, or it is `latest`.
        assert all(reference.parse(one[key]).version for key in ("source", "target"))

    accesses = {data["registry"]["endpoint"]: data["registry"], **data["hosts"]}
    creds = {one["registry"]: one for one in read.get("creds", ())}
    assert len(creds) == len(read.get("creds", ()))
    for host, access in accesses.items():
        if host == data["registry"]["endpoint"] and host in data["hosts"]:
            access = data["hosts"][host]  # noqa: PLW2901 - what is said of the host itself
        entry = creds.get(host, {})
        assert ("user" in entry) is bool(access.get("username"))
        tls = "disabled" if access.get("plainHTTP") else "insecure"
        skips = access.get("plainHTTP") or access.get("insecureSkipVerify")
        assert entry.get("tls") == (tls if skips else None)
        assert entry.get("regcert") == access.get("caCert")


OTHER = "sha256:" + "b" * 64


@pytest.mark.parametrize(
    "images",
    [
        *itertools.permutations(["quay.io/a/b:1", f"quay.io/a/b:1@{DIGEST}"]),
        *itertools.permutations([f"quay.io/a/b:1@{DIGEST}", f"quay.io/a/b:1@{OTHER}"]),
        *itertools.permutations(
            ["quay.io/a/b:1", f"quay.io/a/b:1@{DIGEST}", f"quay.io/a/b:1@{OTHER}"]
        ),
        *itertools.permutations(["quay.io/a/b", f"quay.io/a/b:latest@{DIGEST}"]),
    ],
    ids=str,
)
def test_no_tag_is_moved_to_and_fro_whatever_the_order(images):
    data = {**EDGE, "mirrors": ["quay.io"], "images": list(images)}
    sync = compiled(data)[0]["regsync.yaml"].data["sync"]
    targets = {one["target"]: one["source"] for one in sync}
    assert len(targets) == len(sync) == len(images)
    tags = [reference.parse(image) for image in images if "@" not in image]
    for target, source in targets.items():
        if "@" in target:
            assert target.partition("@")[2] == source.partition("@")[2]
        elif tags:
            assert source.endswith(f":{tags[0].tag or 'latest'}")


def test_a_tag_of_a_chart_is_not_moved_by_the_list():
    chart = f"quay.io/a/b:1@{DIGEST}", "quay.io/c/d:1"
    data = {
        **EDGE,
        "mirrors": ["quay.io"],
        "images": ["quay.io/a/b:1", f"quay.io/c/d:1@{DIGEST}"],
        "imageSwap": {"images": {"imageSwapInitImage": chart[0], "imageSwapImage": chart[1]}},
    }
    sync = compiled(data)[0]["regsync.yaml"].data["sync"]
    assert sorted(one["target"].rpartition("/")[2] for one in sync) == [
        "b:1",
        f"b@{DIGEST}",
        "d:1",
        f"d@{DIGEST}",
    ]


def test_the_loop_of_the_copy_list_gives_the_list_to_nobody_else(tmp_path):
    """A skopeo that reads its stdin, as one that asks for a password does, eats no line."""
    text = compiled({**EDGE, "images": ["nginx", "redis"]})[0]["copy-list.txt"].text
    (tmp_path / "copy-list.txt").write_text(text)
    (tmp_path / "skopeo").write_text('#!/bin/sh\ncat >/dev/null; echo "$@" >>"$0.log"\n')
    (tmp_path / "skopeo").chmod(0o755)
    loop = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    (first,) = [number for number, line in enumerate(loop) if line.startswith("grep")]
    lines = "\n".join(loop[first : loop.index("done") + 1])
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["bash", "-ec", lines], cwd=tmp_path, env=env, check=True)
    assert len((tmp_path / "skopeo.log").read_text().splitlines()) == 2


def texts(value):
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
    else:
        yield value


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=specs())
@example(data=EDGE)
def test_nothing_is_a_template_but_the_variables_of_logins(data):
    files, _ = compiled(data)
    read = files["regsync.yaml"].data
    templates = [text for text in texts(read) if isinstance(text, str) and "{{" in text]
    assert all(re.fullmatch(r'\{\{env "[A-Z0-9_]+_(USERNAME|PASSWORD)"\}\}', t) for t in templates)
    # Each login has variables of its own.
    assert len(set(templates)) == len(templates) or len(read["creds"]) > len(data["hosts"])


def test_a_login_is_told_by_the_names_that_an_import_gives():
    files, _ = compiled(EDGE)
    creds = files["regsync.yaml"].data["creds"]
    assert [(one["registry"], one["user"], one["pass"]) for one in creds] == [
        ("harbor.example.net", '{{env "REGISTRY_USERNAME"}}', '{{env "REGISTRY_PASSWORD"}}'),
        ("a.example.net", '{{env "A_EXAMPLE_NET_USERNAME"}}', '{{env "A_EXAMPLE_NET_PASSWORD"}}'),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"sync": []},
        {"sync": [{"source": "a", "target": "b"}]},
        {"sync": [{"source": "a", "target": "b", "type": "tag"}]},
        {"creds": [{"registry": "a", "tls": False}]},
        {"creds": [{"registry": "a", "user": "x"}]},
        {"credentials": []},
    ],
)
def test_the_schema_refuses_what_regsync_does_not_know(wrong):
    files, _ = compiled(EDGE)
    SCHEMA.validate(files["regsync.yaml"].data)
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate({**files["regsync.yaml"].data, **wrong})


@pytest.mark.parametrize(
    "change, code",
    [
        ({"images": []}, "RS217"),
        ({"images": ["ghcr.io/a/b:1"]}, "RS217"),
        ({"registry": {"endpoint": "[fd00::1]:5000"}}, "RS103"),
        ({"registry": {"endpoint": "[1:2:3:4:5:6:7:8]:5000"}}, "RS103"),
    ],
)
def test_what_cannot_be_copied_is_refused(change, code):
    files, result = compiled({**EDGE, **change, "targets": ["regsync"]})
    assert not files
    assert code in {d.code for d in result.diagnostics}
