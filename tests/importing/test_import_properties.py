"""What regspec writes comes back: an imported spec compiles to the bytes that it was made of.

Specs are made at random, with all that the targets can carry. docs/import.md lists what a target
cannot carry; each line of that list has a test here.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from regspec import pipeline
from regspec.cli import archive, import_
from regspec.cli import inputs as input_files
from regspec.cli.nodes import NodeTree
from regspec.dialects import TARGETS
from regspec.importing import assembly

SOURCES = ("docker.io", "quay.io", "registry.k8s.io", "us-docker.pkg.dev", "reg.example.org:5000")
HOSTS = ("harbor.example.net", "harbor.example.net:8443", "10.0.0.1:5000", "nexus.example.net")
CERTIFICATES = Path(__file__).resolve().parent.parent / "data" / "certificates"
CAS = [(CERTIFICATES / name).read_text() for name in ("chain.crt", "expired.crt")]
words = st.sampled_from(["a", "airgap-images", "x_y", "v2x", "a.b", "library", "docker.io"])
paths = st.lists(words, max_size=3).map("/".join)
logins = st.sampled_from(["robot$puller", "s3cret: #", "ü\"'\\", "hunter2", "y", "010", "{{ x }}"])
SWAP_IMAGES = ("imageSwapInitImage", "imageSwapImage")
CERT_IMAGES = ("cainjectorImage", "controllerImage", "webhookImage", "amceResolverImage")
IMAGES = [
    "quay.io/team/imageswap:v1",
    "gcr.io/a/b@sha256:" + "a" * 64,
    {"exact": "harbor.example.net/tools/x:1"},
    {"exact": "localhost/x"},
]


def settings_of(draw):
    """The keys of a host."""
    keys = {}
    if draw(st.booleans()):
        keys["username"] = draw(logins).replace(":", "")
        keys["password"] = draw(logins)
    kind = draw(st.sampled_from(["", "ca", "skip", "http"]))
    if kind == "ca":
        keys["caCert"] = draw(st.sampled_from(CAS))
    elif kind == "skip":
        keys["insecureSkipVerify"] = True
    elif kind == "http":
        keys["plainHTTP"] = True
    return keys


def mirrors_of(draw, *, wildcard, library):
    """A list of mirrors of every form."""
    mirrors = []
    for source in draw(st.lists(st.sampled_from(SOURCES), min_size=1, unique=True)):
        kind = draw(st.sampled_from(["short", "short", "path", "target"]))
        if kind == "target":
            target = "/".join(filter(None, (draw(st.sampled_from(HOSTS)), draw(paths))))
            mirrors.append({"source": source, "target": target})
        elif kind == "path" or ":" in source:
            mirrors.append({"source": source, "path": draw(paths)})
        else:
            mirrors.append(source)
        if draw(st.integers(0, 5)) == 0 and isinstance(mirrors[-1], dict):
            mirrors[-1]["proxyCache"] = draw(st.booleans())
    if library and "docker.io" in mirrors and draw(st.booleans()):
        mirrors.insert(draw(st.integers(0, len(mirrors))), "docker.io/library")
    if wildcard and draw(st.integers(0, 3)) == 0:
        mirrors.insert(draw(st.integers(0, len(mirrors))), {"source": "*", "path": draw(paths)})
    return mirrors


def charts_of(draw):
    """What a spec says of the charts."""
    charts = {}
    if draw(st.booleans()):
        charts["imageSwap"] = {"isEKSCluster": draw(st.booleans())}
        if draw(st.booleans()):
            images = {name: draw(st.sampled_from(IMAGES)) for name in SWAP_IMAGES}
            charts["imageSwap"]["images"] = images
        if draw(st.booleans()):
            charts["imageSwap"]["pullSecret"] = True
    if draw(st.booleans()):
        images = {name: draw(st.sampled_from(IMAGES)) for name in CERT_IMAGES}
        charts["certManager"] = {"images": images}
        if draw(st.booleans()):
            charts["certManager"]["pullSecret"] = True
    return charts


@st.composite
def specs(draw, *, wildcard=True, library=True):
    """The data of a spec that is valid for most targets."""
    registry = {"endpoint": draw(st.sampled_from(HOSTS)), "baseContentPath": draw(paths)}
    if draw(st.booleans()):
        registry["endpoint"] += f"/{draw(words)}"
    if draw(st.booleans()):
        registry["name"] = draw(st.sampled_from(["Internal Registry", "yes", 'a "b"', "x: y #z"]))
    registry |= settings_of(draw)
    if draw(st.integers(0, 4)) == 0:
        registry["proxyCache"] = True
    own = registry["endpoint"].partition("/")[0]
    others = draw(st.lists(st.sampled_from(HOSTS[:2] + HOSTS[3:]), max_size=2, unique=True))
    hosts = {host: settings_of(draw) for host in others if host != own}
    mirrors = mirrors_of(draw, wildcard=wildcard, library=library)
    if draw(st.integers(0, 3)) == 0:
        # Another port of the registry, which has nothing of what the registry has.
        port = f"{own.partition(':')[0]}:6000"
        hosts[port] = {}
        mirrors.append({"source": "gcr.io", "target": f"{port}/g"})
    return {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": registry,
        "mirrors": mirrors,
        **({"hosts": hosts} if hosts else {}),
        "fallback": draw(st.sampled_from(["deny", "allow"])),
        **charts_of(draw),
    }


def is_mostly_on_its_endpoint(data):
    """Whether more mirrors are on the endpoint than on any other host."""
    own = data["registry"]["endpoint"].partition("/")[0]
    targets = [m["target"] for m in data["mirrors"] if isinstance(m, dict) and "target" in m]
    others = [target.partition("/")[0] for target in targets]
    return len(data["mirrors"]) - len(others) + others.count(own) > len(others) - others.count(own)


def compiled(data):
    """The texts of a spec's artifacts by path, or none when it is refused."""
    result = pipeline.compile_spec(
        json.dumps(data).encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    if result.failed:
        return None
    return {artifact.path: artifact.text for artifact in result.artifacts}


def imported(files):
    """What the files come to, all given at once as a folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, text in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    tree = NodeTree("out", archive.unpack("out", packed.getvalue()).root)
    documents = []
    for one in input_files.of_tree("out", tree):
        texts = input_files.texts_of(one) if isinstance(one, input_files.NodeFiles) else [one]
        for text in texts:
            documents += import_.documents_of(text, alone=False)
    return assembly.assemble(documents)


def told(several):
    return [(one.given.file, one.message) for one in several]


def comes_back(files):
    """Import files and compile what they come to; they must be among what that gives."""
    found = imported(files)
    assert not told(found.disagreements)
    assert not told(found.left)
    assert not found.missing
    again = compiled(found.data)
    assert again is not None, json.dumps(found.data, indent=1)
    for path, text in files.items():
        assert again.get(path) == text, (path, json.dumps(found.data, indent=1))


often = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@often
@given(specs())
def test_values(data):
    files = compiled({**data, "targets": ["values"]})
    assume(files)
    comes_back(files)


@often
@given(specs())
def test_secret(data):
    files = compiled({**data, "targets": ["secret"]})
    assume(files)
    comes_back(files)


@often
@given(specs())
def test_the_three_documented_files(data):
    data.pop("targets", None)
    files = compiled(data)
    assume(files)
    comes_back(files)


@often
@given(specs(), st.sampled_from(["fragment", "full"]))
def test_containerd_as_documented(data, form):
    files = compiled({**data, "targets": [{"target": "containerd", "form": form}]})
    assume(files)
    comes_back(files)


@often
@given(specs(library=False), st.sampled_from([2, 3]))
def test_containerd_that_works(data, version):
    for access in (data["registry"], *data.get("hosts", {}).values()):
        access.pop("caCert", None)  # its content is on the node
        if version == 3:
            access.pop("insecureSkipVerify", None)
    target = {"target": "containerd", "endpoints": "api", "configVersion": version}
    files = compiled({**data, "targets": [target]})
    assume(files)
    comes_back(files)


@often
@given(
    specs(library=False),
    st.sampled_from([None, "header", "config"]),
    st.booleans(),
    st.booleans(),
)
@example(
    data={
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": "harbor.example.net", "username": "u", "password": "p"},
        "mirrors": ["docker.io"],
        "hosts": {"harbor.example.net:8443": {"username": "u", "password": "p"}},
    },
    credentials="config",
    path=False,
    cri=False,
)
def test_certs_d(data, credentials, path, cri):
    assume(is_mostly_on_its_endpoint(data))
    target = {"target": "certs.d"}
    if credentials:
        target["credentials"] = credentials
    if path:
        target["configPath"] = "/etc/elsewhere"
    if cri:
        target |= {"sandboxImage": "harbor.example.net/pause:3.8", "systemdCgroup": True}
    files = compiled({**data, "targets": [target]})
    assume(files)
    comes_back(files)


@often
@given(specs(library=False), st.sampled_from(["k3s", "rke2"]))
def test_k3s(data, distribution):
    assume(is_mostly_on_its_endpoint(data))
    data["fallback"] = "deny"
    target = {"target": "k3s", "distribution": distribution}
    files = compiled({**data, "targets": [target]})
    assume(files)
    assume(distribution == "k3s" or any("/ca/" in path for path in files))
    comes_back(files)


@often
@given(specs(library=False), st.sampled_from([None, "1.12"]))
def test_talos(data, version):
    assume(is_mostly_on_its_endpoint(data))
    target = {"target": "talos", **({"version": version} if version else {})}
    files = compiled({**data, "targets": [target]})
    assume(files)
    comes_back(files)


@often
@given(specs(wildcard=False))
def test_registries_conf(data):
    assume(is_mostly_on_its_endpoint(data))
    files = compiled({**data, "targets": ["registries.conf"]})
    assume(files)
    comes_back(files)


@often
@given(specs(wildcard=False))
def test_openshift(data):
    assume(is_mostly_on_its_endpoint(data))
    files = compiled({**data, "targets": ["openshift"]})
    assume(files)
    comes_back(files)


@often
@given(specs(wildcard=False, library=False))
def test_buildkit(data):
    assume(is_mostly_on_its_endpoint(data))
    data["fallback"] = "deny"
    files = compiled({**data, "targets": ["buildkit"]})
    assume(files)
    comes_back(files)


@often
@given(specs(), st.sampled_from([*HOSTS, "[fd00::1]", "[fd00::1]:5000"]))
def test_docker(data, endpoint):
    data["registry"] |= {"endpoint": endpoint, "baseContentPath": ""}
    data["mirrors"] = [{"source": "docker.io", "path": ""}]
    data.get("hosts", {}).pop(endpoint, None)
    files = compiled({**data, "targets": ["docker"]})
    assume(files)
    comes_back(files)


def test_another_port_of_an_insecure_registry_may_be_secure_for_dockerd():
    data = {
        **WHOLE,
        "registry": {"endpoint": "reg.local:5000", "insecureSkipVerify": True},
        "mirrors": [{"source": "docker.io", "target": "reg.local:6000"}],
        "hosts": {"reg.local:6000": {}},
        "targets": ["values", "docker"],
    }
    comes_back(compiled(data))


def test_an_insecure_host_that_no_mirror_is_on_is_told():
    data = {
        **WHOLE,
        "registry": {"endpoint": "harbor.example.net", "plainHTTP": True},
        "mirrors": [{"source": "docker.io", "target": "nexus.example.net"}],
        "targets": ["docker"],
    }
    found = imported(compiled(data))
    assert [one.name for one in found.left] == ["`insecure` of `harbor.example.net`"]
    assert "hosts" not in found.data


@often
@given(specs())
def test_imageswap(data):
    assume(is_mostly_on_its_endpoint(data))
    files = compiled({**data, "targets": ["imageswap"]})
    assume(files)
    comes_back(files)


@often
@given(specs())
def test_palette(data):
    files = compiled({**data, "targets": ["palette"]})
    assume(files)
    assume("global:" in files["palette-values.yaml"])
    comes_back(files)


TOGETHER = [
    "values",
    "secret",
    "k3s",
    "registries.conf",
    "talos",
    "openshift",
    "buildkit",
    "imageswap",
    "pull-secret",
    "palette",
]


@often
@given(specs(wildcard=False), st.sampled_from(["containerd", "header", "config"]))
def test_all_together(data, node):
    data["registry"] |= {"username": "robot$puller", "password": "hunter2"}
    on_node = {"target": "certs.d", "credentials": node, "out": "node"}
    targets = [*TOGETHER, node if node == "containerd" else on_node]
    if node == "containerd":
        data["fallback"] = "deny"
    files = compiled({**data, "targets": targets})
    assume(files)
    if node != "containerd":
        files = {path.removeprefix("node/"): text for path, text in files.items()}
    comes_back(files)


WHOLE = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {
        "endpoint": "harbor.example.net",
        "name": "Internal Registry",
        "baseContentPath": "airgap",
        "username": "robot$puller",
        "password": "hunter2",
        "caCert": CAS[0],
    },
    "mirrors": [
        "docker.io",
        "docker.io/library",
        "registry.k8s.io",
        {"source": "quay.io", "target": "nexus.example.net/quay"},
    ],
    "hosts": {"nexus.example.net": {"username": "puller", "password": "s3cret"}},
    "fallback": "allow",
    "images": ["docker.io/library/nginx:1"],
    "imageSwap": {"isEKSCluster": True},
    "certManager": {"images": dict.fromkeys(CERT_IMAGES, IMAGES[0])},
    "lint": {"ignore": ["RS310"]},
}
API = {"target": "containerd", "endpoints": "api", "configVersion": 3}


def without(*steps):
    """The whole spec without one of its keys."""
    data = json.loads(json.dumps(WHOLE))
    table = data
    for step in steps[:-1]:
        table = table[step]
    del table[steps[-1]]
    return data


def changed(value: object, *steps):
    """The whole spec with another value."""
    data = json.loads(json.dumps(WHOLE))
    table = data
    for step in steps[:-1]:
        table = table[step]
    table[steps[-1]] = value
    return data


NEXUS = ("hosts", "nexus.example.net")
PLAIN = {"plainHTTP": True, "username": "puller", "password": "s3cret"}
SKIP = {"insecureSkipVerify": True, "username": "puller", "password": "s3cret"}
PLAIN_REGISTRY = {**WHOLE["registry"], "plainHTTP": True}
CHARTS = ("name", "imageSwap", "certManager")
NOT_CARRIED = [
    *((target, "images", without("images")) for target in TOGETHER),
    *((target, "lint", without("lint")) for target in TOGETHER),
    *(
        (target, "fallback", without("fallback"))
        for target in ("values", "secret", "imageswap", "palette", "containerd", "pull-secret")
    ),
    *(
        (target, "hosts", without("hosts"))
        for target in ("values", "secret", "imageswap", "containerd")
    ),
    ("palette", "hosts", changed(SKIP, *NEXUS)),
    ("palette", "hosts", changed(PLAIN, *NEXUS)),
    *(
        (target, "plainHTTP", changed(PLAIN_REGISTRY, "registry"))
        for target in ("values", "secret", "palette", "pull-secret", "imageswap")
    ),
    *(
        (target, path[-1], without(*path))
        for target in (
            "secret",
            "containerd",
            "certs.d",
            "k3s",
            "registries.conf",
            "talos",
            "openshift",
            "buildkit",
            "imageswap",
        )
        for path in (("registry", "name"), ("imageSwap",), ("certManager",))
    ),
    ("palette", "certManager", without("certManager")),
    *(
        (target, "caCert", without("registry", "caCert"))
        for target in ("containerd", "imageswap", "pull-secret")
    ),
    *(
        (target, "username", without("registry", "password"))
        for target in ("containerd", "imageswap", "certs.d", "buildkit")
    ),
    (
        "certs.d",
        "docker.io/library",
        changed([*WHOLE["mirrors"][:1], *WHOLE["mirrors"][2:]], "mirrors"),
    ),
    *(
        (
            target,
            "docker.io/library",
            changed([*WHOLE["mirrors"][:1], *WHOLE["mirrors"][2:]], "mirrors"),
        )
        for target in ("k3s", "talos")
        for target in ("k3s", "buildkit")
    ),
]


def parsed(files):
    """The files as their readers take them: what stands in comments is not there."""
    return {path: [line for line in text.splitlines() if line[:1] != "#"] for path, text in files}


@pytest.mark.parametrize("target, other", [(target, other) for target, _, other in NOT_CARRIED])
def test_what_a_target_does_not_carry_is_in_none_of_its_files(target, other):
    whole = compiled({**WHOLE, "targets": [target]})
    assert whole
    assert parsed(whole.items()) == parsed(compiled({**other, "targets": [target]}).items())


def test_the_page_lists_what_a_target_does_not_carry(root):
    rows = dict(re.findall(r"^\| `([a-z0-9.-]+)` \| (.*) \|$", page(root), re.MULTILINE))
    for target, what, _ in NOT_CARRIED:
        assert f"`{what}`" in rows[target], (target, what)


def test_the_page_tells_of_each_target(root):
    rows = re.findall(r"^\| (`.*`) \| .* \|$", page(root), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} >= set(TARGETS)


def test_the_cluster_of_kind_comes_back_as_its_folder_of_hosts():
    files = compiled({**WHOLE, "targets": [{"target": "kind", "credentials": "config"}]})
    data = imported(files).data
    assert data["targets"] == ["certs.d"]
    assert "password" not in data["registry"]
    again = compiled(data)
    hosts = {path: text for path, text in files.items() if path.startswith("kind/certs.d/")}
    assert hosts
    for path, text in hosts.items():
        assert again[path.removeprefix("kind/")] == text


def page(root):
    return (root / "docs" / "import.md").read_text()


@pytest.mark.parametrize("target", ["k3s", "buildkit"])
def test_the_fallback_is_in_a_comment_only(target):
    allow = compiled({**WHOLE, "targets": [target]}).items()
    deny = compiled({**without("fallback"), "targets": [target]}).items()
    assert parsed(allow) == parsed(deny)
    assert dict(allow) != dict(deny)


AT_THE_ROOT = {
    **WHOLE,
    "registry": {**WHOLE["registry"], "baseContentPath": ""},
    "mirrors": [{"source": "docker.io", "path": ""}],
}


@pytest.mark.parametrize(
    "key", ["fallback", "name", "username", "hosts", "imageSwap", "certManager", "images", "lint"]
)
def test_dockerd_is_told_of_mirrors_and_certificates_only(root, key):
    data = json.loads(json.dumps(AT_THE_ROOT))
    if key == "username":
        del data["registry"]["username"], data["registry"]["password"]
    elif key == "name":
        del data["registry"][key]
    else:
        del data[key]
    files = [compiled({**one, "targets": ["docker"]}) for one in (AT_THE_ROOT, data)]
    assert files[0]
    assert files[0] == files[1]
    row = re.search(r"^\| `docker` \| (.*) \|$", page(root), re.MULTILINE)
    assert f"`{key}`" in row[1]


@pytest.mark.parametrize("target", ["registries.conf", "openshift"])
def test_podman_has_one_word_for_http_and_for_any_certificate(target):
    texts = [compiled({**changed(keys, *NEXUS), "targets": [target]}) for keys in (SKIP, PLAIN)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("key", ["fallback", "docker.io/library"])
def test_containerd_that_works_does_not_carry_all(key):
    data = without("registry", "caCert")
    other = json.loads(json.dumps(data))
    if key == "fallback":
        del other["fallback"]
    else:
        other["mirrors"].remove("docker.io/library")
    assert compiled({**data, "targets": [API]}) == compiled({**other, "targets": [API]})


@pytest.mark.parametrize(
    "target", ["pull-secret", "copy-list", "regsync", "runbook", "hauler", "zarf"]
)
def test_no_spec_comes_of_files_without_mirrors(target):
    found = imported(compiled({**WHOLE, "targets": [target]}))
    assert found.missing
    assert not found.data


def test_no_spec_comes_of_what_is_for_kubeadm():
    files = compiled({**WHOLE, "targets": ["certs.d", "kubeadm"]})
    files = {path: text for path, text in files.items() if path.startswith("kubeadm/")}
    assert files
    assert imported(files).missing


def test_palette_without_a_login_is_taken_for_values():
    data = without("hosts")
    del data["registry"]["password"]
    files = compiled({**data, "targets": ["palette"]})
    assert imported(files).data["targets"] == ["values"]


def test_the_endpoint_is_taken_to_be_where_most_mirrors_are():
    mirrors = [{"source": s, "target": "nexus.example.net/x"} for s in ("quay.io", "ghcr.io")]
    data = changed([*mirrors, "docker.io"], "mirrors")
    files = compiled({**data, "targets": ["containerd"]})
    assert imported(files).data["registry"]["endpoint"] == "nexus.example.net"
