"""What several targets do together, and that what `explain` says is what containerd then asks."""

from __future__ import annotations

import json
import random
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
MAIN = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
DUMP = ["containerd", "--config", "/etc/containerd/config.toml", "config", "dump"]
POLICY = {"/etc/containers/policy.json": '{"default": [{"type": "insecureAcceptAnything"}]}'}


def on_node(files):
    """The files of `certs.d` where they belong."""
    parts = ("certs.d/", "conf.d/")
    return {f"/etc/containerd/{p}": text for p, text in files.items() if p.startswith(parts)}


def test_what_the_copy_list_says_is_where_containerd_looks(stage, compiled, authority):
    images = [
        "docker.io/library/hello:1",
        "registry.k8s.io/pause:3",
        "reg.example.test:5000/team/app:1",
        "ghcr.io/a/b/c:1",
    ]
    files = compiled(
        {
            "registry": {
                "endpoint": "harbor.example.test",
                "baseContentPath": "airgap-images",
                "caCert": authority.ca,
            },
            "mirrors": [
                "docker.io",
                "registry.k8s.io",
                {"source": "reg.example.test:5000", "path": "reg"},
                {"source": "ghcr.io", "target": "nexus.example.test/mirror/of/ghcr"},
            ],
            "hosts": {"nexus.example.test": {"caCert": authority.ca}},
            "images": images,
            "targets": ["certs.d", "copy-list"],
        }
    )
    lines = [line for line in files["copy-list.txt"].splitlines() if not line.startswith("#")]
    copies = [
        ["skopeo", "copy", "--all", f"docker://{source}", f"docker://{destination}"]
        for source, destination in map(str.split, lines)
    ]
    trusted = {
        f"/etc/containers/certs.d/{host}/ca.crt": authority.ca
        for host in ("harbor.example.test", "nexus.example.test")
    }
    report = stage(
        files={"/etc/containerd/config.toml": MAIN} | on_node(files) | trusted | POLICY,
        commands=copies,
        pulls=images,
        upstream_serves=True,
    )
    assert len(copies) == len(images)
    for command in report.commands:
        assert command.code == 0, command.err
        assert command.upstream, "the image was not copied from the upstream"
    for pull in report.pulls:
        assert pull.ok, (pull.error, report.log)
        assert pull.mirror
        assert not pull.upstream


@pytest.mark.parametrize("keeps", [None, True])
def test_the_fragment_below_the_documented_configuration(stage, compiled, authority, keeps):
    """On 1.x it works, and takes the other CRI settings away, but for those that it is told.

    On 2.x the CRI plugin would not load: see the cases j-both and l-* of the recorded pulls.
    """
    option = {} if keeps is None else {"systemdCgroup": keeps}
    files = compiled(
        {
            "registry": {
                "endpoint": "harbor.example.test",
                "baseContentPath": "airgap-images",
                "caCert": authority.ca,
            },
            "mirrors": ["docker.io"],
            "targets": [{"target": "certs.d", "version": "1.7", **option}],
        }
    )
    documented = (ROOT / "tests/data/vendor-example/config.toml").read_text()
    report = stage(
        files={"/etc/containerd/config.toml": documented} | on_node(files),
        images_in_registry=["airgap-images/docker.io/library/hello:1"],
        commands=[DUMP],
        pulls=["docker.io/library/hello:1"],
    )
    dumped = report.commands[0].out
    assert re.search(r"^ *SystemdCgroup = (true|false)$", dumped, re.MULTILINE)
    assert ("SystemdCgroup = true" in dumped) is bool(keeps)
    assert "harbor.example.org" not in dumped, "the documented mirrors are still there"
    assert report.pulls[0].ok, report.pulls[0].error
    assert not report.pulls[0].upstream


def chosen(seed, ca):
    """A spec, images, and where the mirror has those of them that it has; from a seed."""
    chance = random.Random(seed)
    bases = ("", "base", "a/b")
    endpoint = chance.choice(["harbor.example.test", "harbor.example.test/x"])
    base = chance.choice(bases)
    mirrors, places = [], {}
    for source in chance.sample(["docker.io", "quay.io", "registry.k8s.io", "ghcr.io"], 3):
        if chance.random() < 0.5:
            target = f"nexus.example.test/{chance.choice(['t', 't/u'])}/{source}"
            mirrors.append({"source": source, "target": target})
            places[source] = target
        else:
            path = chance.choice(["", source, f"p/{source}"])
            mirrors.append({"source": source, "path": path})
            places[source] = "/".join(part for part in (endpoint, base, path) if part)
    mirrors.append({"source": "reg.example.test:5000", "path": "reg"})
    places["reg.example.test:5000"] = "/".join(p for p in (endpoint, base, "reg") if p)
    if chance.random() < 0.4:
        mirrors.append({"source": "*", "path": "all"})
    images = [f"{source}/team/app-{chance.randint(1, 9)}:1" for source in places]
    images.append("gcr.io/other/app:1")
    stored = [
        f"{places[image.split('/')[0]]}/{image.partition('/')[2]}".partition("/")[2]
        for image in images[:-1]
        if chance.random() < 0.6
    ]
    target = {"target": "certs.d"}
    if chance.random() < 0.4:
        target = {"target": "containerd", "endpoints": "api", "form": "full", "version": "1.7"}
        target["caFile"] = "/etc/containerd/ca.crt"
    spec = {
        "registry": {"endpoint": endpoint, "baseContentPath": base, "caCert": ca},
        "mirrors": mirrors,
        "hosts": {"nexus.example.test": {"caCert": ca}},
        "fallback": chance.choice(["deny", "allow"]),
        "targets": [target],
    }
    return spec, images, stored


@pytest.mark.parametrize("seed", range(8))
def test_what_explain_says_is_what_containerd_asks(  # noqa: PLR0913, PLR0917
    stage, compiled, authority, regspec, head, tmp_path, seed
):
    words = ["containerd", "--version"]
    version = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    number = re.search(r"\b(\d+\.\d+\.\d+)", version)[1]
    spec, images, stored = chosen(seed, authority.ca)
    files = compiled(spec)
    node = {"/etc/containerd/config.toml": files.get("containerd.toml", MAIN)} | on_node(files)
    node["/etc/containerd/ca.crt"] = authority.ca
    report = stage(files=node, images_in_registry=stored, pulls=images)

    (tmp_path / "spec.yaml").write_text(head + yaml.safe_dump(spec))
    words = ("spec.yaml", *images, "--containerd", number, "--format", "json")
    done = regspec("explain", *words, cwd=tmp_path)
    rows = {row["image"]: row for row in map(json.loads, done.stdout.splitlines())}
    for pull in report.pulls:
        urls = [attempt["url"] for attempt in rows[pull.image]["attempts"]]
        wanted = urls[:1] if pull.ok else urls
        lines = [line for line in pull.mirror + pull.upstream if "/manifests/1" in line]
        asked = [line.split()[1] for line in lines]
        assert list(dict.fromkeys(asked)) == wanted, (pull, rows[pull.image])
        assert pull.ok == any(line.endswith(" 200") for line in lines)
        may_ask = any(attempt["upstream"] for attempt in rows[pull.image]["attempts"])
        assert (rows[pull.image]["verdict"] == "mirror") is not may_ask
        assert may_ask or not pull.upstream
    assert any(pull.ok for pull in report.pulls)


@pytest.mark.parametrize("how", ["config", "header", "none"])
def test_the_login_of_certs_d_goes_to_the_mirror(stage, compiled, authority, how):
    login = ("robot$airgap", "s3cret")
    files = compiled(
        {
            "registry": {
                "endpoint": "harbor.example.test",
                "baseContentPath": "airgap-images",
                "username": login[0],
                "password": login[1],
                "caCert": authority.ca,
            },
            "mirrors": ["docker.io"],
            "targets": [{"target": "certs.d", "credentials": how}],
        }
    )
    # By the name of the mirror too, where nothing is mirrored.
    images = ["docker.io/library/hello:1", "harbor.example.test/airgap-images/docker.io/a/b:1"]
    report = stage(
        files={"/etc/containerd/config.toml": MAIN} | on_node(files),
        images_in_registry=[
            "airgap-images/docker.io/library/hello:1",
            "airgap-images/docker.io/a/b:1",
        ],
        auth=login,
        pulls=images,
    )
    for pull in report.pulls:
        assert pull.ok is (how != "none"), (pull.error, report.log)
        assert not pull.upstream
        if pull.ok:
            assert pull.users == {("harbor.example.test", login[0])}
        else:
            assert {line.rpartition(" ")[2] for line in pull.mirror} == {"401"}


@pytest.mark.parametrize("fallback", ["deny", "allow"])
def test_skopeo_pulls_what_the_mirror_has_and_asks_elsewhere_only_if_it_may(
    stage, compiled, authority, fallback
):
    login = ("robot$airgap", "s3cret")
    files = compiled(
        {
            "registry": {
                "endpoint": "harbor.example.test",
                "username": login[0],
                "password": login[1],
                "caCert": authority.ca,
            },
            "mirrors": ["docker.io", "quay.io"],
            "fallback": fallback,
            "targets": ["registries.conf"],
        }
    )
    copy = ["env", "REGISTRY_AUTH_FILE=/etc/containers/auth.json", "skopeo", "copy"]
    report = stage(
        files={f"/etc/{path}": text for path, text in files.items()} | POLICY,
        images_in_registry=["docker.io/library/hello:1"],
        auth=login,
        commands=[
            [*copy, "docker://docker.io/library/hello:1", "dir:/run/hello"],
            [*copy, "docker://quay.io/a/missing:1", "dir:/run/missing"],
        ],
    )
    there, missing = report.commands
    assert there.code == 0, there.err
    assert not there.upstream
    assert there.users == {("harbor.example.test", login[0])}
    assert any("/blobs/" in line for line in there.mirror)
    assert missing.code != 0
    assert any("/v2/quay.io/a/missing/manifests/1" in line for line in missing.mirror)
    assert bool(missing.upstream) is (fallback == "allow")
