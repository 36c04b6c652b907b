"""No drift means no drift: a node that `verify` accepts pulls as the compiled one does.

What regspec has compiled is laid out as a node and changed at random, line by line. Where `verify`
has nothing to say, the model of containerd, which predicts recorded pulls, must ask for the same.
"""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from regspec import pipeline, reference
from regspec.dialects.containerd import resolve, versions
from regspec.dialects.files import Files
from regspec.verifying import node

CERTIFICATES = Path(__file__).resolve().parent.parent / "data" / "certificates"
ONE, TWO = ((CERTIFICATES / name).read_text() for name in ("chain.crt", "expired.crt"))
SPEC = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {
        "endpoint": "harbor.example.net",
        "baseContentPath": "airgap",
        "username": "robot$puller",
        "password": "hunter2",
        "caCert": ONE,
    },
    "mirrors": [
        "docker.io",
        {"source": "reg.example.org:5000", "path": "reg"},
        {"source": "quay.io", "target": "nexus.example.net:8083/quay"},
    ],
    "hosts": {"nexus.example.net:8083": {"insecureSkipVerify": True}},
}
IMAGES = (
    "nginx:1",
    "docker.io/library/nginx@sha256:" + "a" * 64,
    "quay.io/a/b:1",
    "reg.example.org:5000/a/b:1",
    "ghcr.io/a/b:1",
    "harbor.example.net/airgap/x:1",
)
CERTS_D = {"target": "certs.d", "credentials": "config"}
HEADER = {"target": "certs.d", "credentials": "header"}
CA_FILE = "/etc/containerd/ca.crt"
API = {"target": "containerd", "endpoints": "api", "version": "1.7", "caFile": CA_FILE}
WORDS = {
    "harbor.example.net": "other.example.net",
    "airgap": "elsewhere",
    "/v2": "",
    "https": "http",
    "true": "false",
    "pull": "push",
    "resolve": "pull",
    "docker.io": "ghcr.io",
    "override_path": "overridepath",
    "server": "sever",
    "host": "hosts",
    "endpoint": "endpoints",
    "mirrors": "mirror",
    "config_path": "configpath",
    "registry": "registries",
    "2": "3",
    "grpc.v1.cri": "cri.v1.images",
    "certs.d": "certs.e",
    "ca.crt": "ca.pem",
    "conf.d": "conf.e",
    '"': "'",
}
FRAGMENT = """version = 2
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "/etc/other"
"""


def compiled(data, target):
    """What a spec compiles to and what it is compared with."""
    content = json.dumps({**data, "targets": [target]}).encode()
    given_ = {"targets": (), "environment": {}, "read_file": {}.__getitem__}
    result = pipeline.compile_spec(content, **given_)
    assert not result.failed, result.diagnostics
    _, expected = pipeline.verify_spec(content, **given_)
    return {artifact.path: artifact.text for artifact in result.artifacts}, expected


def laid_out(files, target):
    """The files on a node."""
    if target is API:
        return {"/etc/containerd/config.toml": files["containerd.toml"], CA_FILE: ONE}
    main = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
    on_node = {f"/etc/containerd/{path}": text for path, text in files.items()}
    return {"/etc/containerd/config.toml": main} | on_node


@st.composite
def changes(draw, files):
    """The files with one or two changes."""
    changed = dict(files)
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(sorted(changed)))
        lines = changed[path].splitlines(keepends=True)
        kind = draw(st.sampled_from(["word", "word", "drop", "twice", "swap", "ca", "file", "add"]))
        here = draw(st.integers(0, len(lines) - 1))
        assume((kind == "ca") == path.endswith(".crt") or kind in ("file", "add"))
        if kind == "word":
            present = [word for word in WORDS if word in lines[here]]
            assume(present)
            word = draw(st.sampled_from(present))
            where = draw(
                st.sampled_from([m.start() for m in re.finditer(re.escape(word), lines[here])])
            )
            lines[here] = lines[here][:where] + WORDS[word] + lines[here][where + len(word) :]
        elif kind == "drop":
            del lines[here]
        elif kind == "twice":
            lines.insert(here, lines[here])
        elif kind == "swap":
            there = draw(st.integers(0, len(lines) - 1))
            lines[here], lines[there] = lines[there], lines[here]
        elif kind == "ca":
            lines = [TWO]
        elif kind == "add":
            changed["/etc/containerd/conf.d/99.toml"] = FRAGMENT
            continue
        changed[path] = "".join(lines)
        if kind == "file":
            assume(len(changed) > 1)
            del changed[path]
    return changed


def diff(before, after):
    """The lines that differ, for whoever reads a failure."""
    return [
        line
        for path in sorted({*before, *after})
        for line in difflib.unified_diff(
            before.get(path, "").splitlines(), after.get(path, "").splitlines(), path, n=0
        )
    ]


def asked(files, version):
    """What a node asks for each image, with the certificates that it trusts for it."""
    resolver = resolve.Containerd(Files(files), version)
    outcomes = []
    for image in IMAGES:
        outcome = resolver.pull(reference.parse(image))
        attempts = [
            (
                attempt.url,
                attempt.upstream,
                attempt.skip_verify,
                bool(attempt.login),
                [files.get(path) for path in attempt.authorities],
            )
            for attempt in outcome.attempts
        ]
        outcomes.append((image, outcome.loads, attempts))
    return outcomes


@pytest.mark.parametrize(
    "target, line",
    [
        *((CERTS_D, line) for line in ("1.6", "1.7", "2.0", "2.3")),
        *((HEADER, line) for line in ("1.7", "2.1")),
        *((API, line) for line in ("1.6", "1.7")),
    ],
)
def test_a_node_without_drift_pulls_as_the_compiled_one(target, line):
    files, expected = compiled(SPEC, target)
    whole = laid_out(files, target)
    version = versions.parse(line)
    assert not node.Node(Files(whole), expected, (line,)).find_drift()
    right = asked(whole, version)

    @settings(
        max_examples=100,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(changes(whole))
    def holds(changed):
        if not node.Node(Files(changed), expected, (line,)).find_drift():
            assert asked(changed, version) == right, diff(whole, changed)

    holds()
