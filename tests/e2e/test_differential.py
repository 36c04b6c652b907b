"""The model of containerd against the daemon that is installed, on random nodes.

`make differential RUNS=2000` plays more of them, from `SEED` on. A node on which they disagree is
made smaller, and is printed in the form of tests/dialects/containerd/data/random.jsonl.xz.
"""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path

import pytest
from regspec import reference
from regspec.dialects.containerd import resolve, versions
from regspec.dialects.files import Files

HERE = Path(__file__).resolve().parent
TREES = runpy.run_path(str(HERE / "node_trees.py"))
ANSWERS, CLOSED, UNTRUSTED, Node = (
    TREES[name] for name in ("ANSWERS", "CLOSED", "UNTRUSTED", "Node")
)
RUNS = int(os.environ.get("REGSPEC_DIFFERENTIAL_RUNS", "60"))
SEED = int(os.environ.get("REGSPEC_DIFFERENTIAL_SEED", "1"))
MOST_STEPS = 150
"""How often a node is played to make it smaller."""


def expected(outcome):
    """The manifests that are requested, given what the hosts of the stage answer."""
    found = []
    for attempt in outcome.attempts:
        scheme, _, rest = attempt.url.partition("://")
        host = rest.partition("/")[0]
        name = host.partition(":")[0]
        trusted = attempt.skip_verify or attempt.authorities or name not in UNTRUSTED
        if host == CLOSED or (scheme == "https" and not trusted):
            continue
        status = ANSWERS.get(name, 404)
        found.append(f"{attempt.url} {status}")
        if status == 200:
            break
    return found


def disagreement(daemon, version, files, images):
    """In what the daemon and the model differ on a node, or nothing."""
    happened = daemon.play(files, images)
    resolver = resolve.Containerd(Files(files), version)
    if resolver.configuration.loads != happened["loads"]:
        return f"loads: {happened['loads']}, predicted: {resolver.configuration.reason}", happened
    for image, requests in happened["pulls"]:
        outcome = resolver.pull(reference.parse(image))
        if requests != expected(outcome):
            why = f"{image}: {requests}, predicted: {expected(outcome)} {outcome.reason or ''}"
            return why, happened
    return "", happened


def smaller(files, images):
    """The nodes that have one image, one file or one line less."""
    for image in images if len(images) > 1 else ():
        yield files, [one for one in images if one != image]
    for path in sorted(files.keys() - {TREES["MAIN"]}):  # which containerd is told to read
        yield {one: text for one, text in files.items() if one != path}, images
    for path, text in files.items():
        lines = text.splitlines(keepends=True)
        for number in range(len(lines) if path.endswith(".toml") else 0):
            yield files | {path: "".join(lines[:number] + lines[number + 1 :])}, images


def shrunk(daemon, version, files, images):
    """The smallest node found on which the daemon and the model still disagree."""
    steps, found = 0, True
    while found:
        found = False
        for candidate in smaller(files, images):
            steps += 1
            if steps > MOST_STEPS:
                return files, images
            if disagreement(daemon, version, *candidate)[0]:
                (files, images), found = candidate, True
                break
    return files, images


@pytest.mark.parametrize("first", range(SEED, SEED + RUNS, 20))
def test_the_daemon_and_the_model_agree(daemon, version, first):
    daemon, ca = daemon
    for seed in range(first, min(first + 20, SEED + RUNS)):
        made = Node(seed, ca)
        if not disagreement(daemon, version, made.files, made.images)[0]:
            continue
        files, images = shrunk(daemon, version, made.files, made.images)
        why, happened = disagreement(daemon, version, files, images)
        run = {"containerd": [str(version)], "loads": happened["loads"]}
        record = {"case": f"seed-{seed}", "files": files, "system_trusts_mirror_ca": False}
        record["runs"] = [run | {"pulls": happened["pulls"]}]
        pytest.fail(f"{why}\n{json.dumps(record, ensure_ascii=False)}\n{happened['log']}")


def test_a_disagreement_is_found_and_made_smaller(daemon, version):
    """With the model of another version, so that agreement says something."""
    daemon, ca = daemon
    other = versions.parse("2.4.0")
    files = {
        "/etc/containerd/config.toml": "version = 2\n# a comment\n"
        "[plugins.'io.containerd.grpc.v1.cri'.registry]\nconfig_path = '/etc/containerd/certs.d'\n",
        "/etc/containerd/certs.d/quay.io/hosts.toml": 'server = "https://harbor.example.test"\n',
        "/etc/containerd/site-ca.crt": ca,
    }
    images = ["quay.io/a:1", "ghcr.io/a:1"]
    assert version.major == 1, "the daemon is another one: use another file here"
    assert not disagreement(daemon, version, files, images)[0]
    why, happened = disagreement(daemon, other, files, images)
    assert "quay.io/a:1" in why
    assert happened["pulls"] == [
        ["quay.io/a:1", ["https://quay.io/v2/a/manifests/1 404"]],
        ["ghcr.io/a:1", ["https://ghcr.io/v2/a/manifests/1 404"]],
    ]
    less, image = shrunk(daemon, other, files, images)
    assert image == ["quay.io/a:1"]
    assert list(less) == list(files)[:2]
    assert "comment" not in "".join(less.values())


def test_the_answers_of_the_hosts_are_as_the_model_is_told(daemon, version):
    """Each one is asked, and what follows it is asked too, but after a portal."""
    daemon, _ = daemon
    hosts = [*ANSWERS, *UNTRUSTED, CLOSED]
    for host in hosts:
        endpoints = [f"https://{host}/v2", "https://harbor.example.test/v2"]
        files = {
            "/etc/containerd/config.toml": "version = 2\n"
            "[plugins.'io.containerd.grpc.v1.cri'.registry.mirrors.'quay.io']\n"
            f"endpoint = {endpoints}\n"
        }
        why, happened = disagreement(daemon, version, files, ["quay.io/a:1"])
        assert not why
        asked = [url.split("/")[2] for url in happened["pulls"][0][1]]
        first = [host] if host in ANSWERS else []
        rest = [] if ANSWERS.get(host) == 200 else ["harbor.example.test", "quay.io"]
        assert asked == first + rest


def test_the_nodes_are_varied_and_the_same_for_a_seed(daemon):
    _, ca = daemon
    nodes = [Node(seed, ca) for seed in range(SEED, SEED + 60)]
    texts = "\n".join(text for one in nodes for text in one.files.values())
    for part in ("mirrors", "config_path", "[host.", "imports", "ca = ", "untrusted", "portal"):
        assert part in texts
    assert Node(SEED, ca).files == nodes[0].files
