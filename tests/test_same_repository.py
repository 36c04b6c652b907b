"""The heart of the product: every form of one spec leads to the same repository.

Specs are made at random; each artifact is read back and given to the model of its consumer. The
exceptions are those of docs/runtimes.md, each shown here.
"""

from __future__ import annotations

import json
import tomllib

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from regspec import pipeline, reference
from regspec.dialects import TARGETS
from regspec.dialects.buildkit import resolve as buildkit
from regspec.dialects.containerd import resolve as containerd
from regspec.dialects.containerd import versions
from regspec.dialects.containers import resolve as containers
from regspec.dialects.docker import resolve as docker
from regspec.dialects.files import Files
from regspec.dialects.imageswap import resolve as imageswap
from regspec.dialects.k3s import resolve as k3s
from regspec.dialects.openshift import resolve as openshift
from regspec.dialects.talos import resolve as talos

pytestmark = pytest.mark.slow

VERSIONS = ("1.6.20", *versions.LINES)
"""Of containerd: Debian's, and the last one of each line."""
SOURCES = ("docker.io", "quay.io", "registry.k8s.io", "us-docker.pkg.dev", "reg.example.org:5000")
HOSTS = ("harbor.example.net", "harbor.example.net:8443", "10.0.0.1:5000", "nexus.example.net")
words = st.sampled_from(["a", "airgap-images", "x_y", "v2x", "a.b", "library", "docker.io"])
names = st.sampled_from(["library", "team", "app-1"])
paths = st.lists(words, max_size=3).map("/".join)


@st.composite
def specs(draw):
    """The data of a valid spec, and a reference in full that it has a mirror for."""
    registry = {"endpoint": draw(st.sampled_from(HOSTS)), "baseContentPath": draw(paths)}
    if draw(st.booleans()):
        registry["endpoint"] += f"/{draw(words)}"
    registry["plainHTTP"] = draw(st.booleans())
    sources = draw(st.lists(st.sampled_from(SOURCES), min_size=1, unique=True))
    mirrors = []
    for source in sources:
        kind = draw(st.sampled_from(["short", "path", "target"]))
        if kind == "target":
            target = "/".join(filter(None, (draw(st.sampled_from(HOSTS)), draw(paths))))
            mirrors.append({"source": source, "target": target})
        elif kind == "path" or ":" in source:
            mirrors.append({"source": source, "path": draw(paths)})
        else:
            mirrors.append(source)
    if "docker.io" in sources and isinstance(mirrors[sources.index("docker.io")], str):
        mirrors.append("docker.io/library")
    if draw(st.booleans()):
        mirrors.append({"source": "*", "path": draw(paths)})
        sources = (*sources, "ghcr.io")
    registry_name = draw(st.sampled_from(sources))
    repository = draw(st.lists(names, min_size=2, max_size=4))
    digest = f"@sha256:{'a' * 64}"
    version = draw(st.sampled_from([":1", f":1{digest}", digest]))
    image = f"{registry_name}/{'/'.join(repository)}{version}"
    data = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": registry,
        "mirrors": mirrors,
        "images": [image],
        "fallback": draw(st.sampled_from(["deny", "allow"])),
    }
    return data, image


def artifacts(data, *targets):
    """The texts of a spec's artifacts by path, or none when it is refused."""
    result = pipeline.compile_spec(
        json.dumps({**data, "targets": list(targets)}).encode(),
        targets=(),
        environment={},
        read_file={}.__getitem__,
    )
    if result.failed:
        return None
    return {artifact.path: artifact.text for artifact in result.artifacts}


def from_url(url):
    """`HOST/REPOSITORY` of the URL of a manifest, which must be one of a registry's API."""
    host, api, rest = url.partition("://")[2].partition("/v2/")
    assert api, url
    assert "/" not in host, url
    return f"{host}/{rest.rpartition('/manifests/')[0]}"


def asked(files, image, version="2.3"):
    """The first URL that containerd asks, and whether the upstream is asked at all."""
    resolver = containerd.Containerd(Files(files), versions.parse(version))
    outcome = resolver.pull(reference.parse(image))
    assert outcome.loads, outcome.reason
    return outcome.attempts[0].url, any(attempt.upstream for attempt in outcome.attempts)


MAIN = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
CONFIG = "/etc/containerd/config.toml"


def on_node(files):
    """The files of `certs.d` below the smallest main configuration."""
    return {CONFIG: MAIN} | {f"/etc/containerd/{path}": text for path, text in files.items()}


PATCHED = {"target": "kind", "patches": True}


def on_kind_node(files):
    """What a node of the kind cluster has: its patched configuration, and what is mounted."""
    cluster = yaml.safe_load(files["kind/cluster.yaml"])
    (mount,) = cluster["nodes"][0]["extraMounts"]
    below = f"kind/{mount['hostPath']}/"
    node_files = {
        f"{mount['containerPath']}/{path.removeprefix(below)}": text
        for path, text in files.items()
        if path.startswith(below)
    }
    assert len(node_files) == len(files) - 1
    return node_files | {CONFIG: "version = 2\n" + "\n".join(cluster["containerdConfigPatches"])}


def places(data, image):
    """`HOST/REPOSITORY` where each form of a spec leads to, by its name."""
    parsed = reference.parse(image)
    wildcard = any(isinstance(m, dict) and m["source"] == "*" for m in data["mirrors"])
    found = {}
    api = artifacts(data, {"target": "containerd", "endpoints": "api"})["containerd.toml"]
    for version in VERSIONS:
        url, upstream = asked({CONFIG: api}, image, version)
        found[f"containerd {version}"] = from_url(url)
        assert upstream
        url, upstream = asked(on_node(artifacts(data, "certs.d")), image, version)
        found[f"certs.d {version}"] = from_url(url)
        assert upstream == (data.get("fallback") == "allow")
        url, upstream = asked(on_kind_node(artifacts(data, PATCHED)), image, version)
        found[f"kind {version}"] = from_url(url)
        assert upstream == (data.get("fallback") == "allow")
    registries = Files({k3s.FILES[0]: artifacts(data, "k3s")["k3s/registries.yaml"]})
    found["k3s"] = from_url(k3s.Registries(registries, k3s.FILES[0]).first_url(parsed))
    for version in ("1.11", "1.12"):
        (text,) = artifacts(data, {"target": "talos", "version": version}).values()
        attempts = list(talos.Registries(filter(None, yaml.safe_load_all(text))).attempts(parsed))
        found[f"talos {version}"] = from_url(attempts[0].url)
        upstream = any(attempt.upstream for attempt in attempts)
        assert upstream == (data.get("fallback") == "allow")
    if not wildcard:
        text = artifacts(data, "registries.conf")["containers/registries.conf.d/50-regspec.conf"]
        found["registries.conf"] = containers.Registries(tomllib.loads(text)).first(parsed)
        text = artifacts(data, "openshift")["openshift/image-mirrors.yaml"]
        conf = openshift.registries_conf(yaml.safe_load_all(text))
        found["openshift"] = containers.Registries(conf).first(parsed)
        text = artifacts(data, "buildkit")["buildkit/buildkitd.toml"]
        found["buildkit"] = from_url(
            buildkit.Registries(tomllib.loads(text), Files({})).first_url(parsed)
        )
    maps = yaml.safe_load(artifacts(data, "imageswap")["imageswap/configmap.yaml"])["data"]["maps"]
    found["imageswap"] = repository_of(swapped(maps.splitlines(), image))
    string = yaml.safe_load(artifacts(data, "secret")["registry-secret.yaml"])["stringData"]
    found["secret"] = repository_of(swapped(string["MIRROR_REGISTRIES"].split(","), image))
    line = artifacts(data, "copy-list")["copy-list.txt"].splitlines()[-1]
    found["copy-list"] = repository_of(line.split()[1])
    (sync,) = yaml.safe_load(artifacts(data, "regsync")["regsync.yaml"])["sync"]
    found["regsync"] = repository_of(sync["target"])
    return found


def swapped(lines, image):
    return imageswap.swap(dict(line.split("::") for line in lines), image)


def repository_of(image):
    parsed = reference.parse(image)
    return f"{parsed.registry}/{parsed.repository}"


def expected(data, image):
    """What the design says: the place of the mirror, and the repository below it."""
    parsed = reference.parse(image)
    registry = data["registry"]
    base = "/".join(filter(None, (registry["endpoint"], registry["baseContentPath"])))
    by_source = {m if isinstance(m, str) else m["source"]: m for m in data["mirrors"]}
    mirror = by_source.get(parsed.registry, by_source.get("*"))
    if isinstance(mirror, str):
        place = f"{base}/{mirror}"
    elif "target" in mirror:
        place = mirror["target"]
    else:
        place = "/".join(filter(None, (base, mirror["path"])))
    return f"{place}/{parsed.repository}"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs())
def test_every_form_leads_to_the_same_repository(made):
    data, image = made
    # RS320: what stands in an image beside its registry is replaced too, by the webhook.
    assume(expected(data, image).split("/")[0] not in image)
    # v2 as a path is refused (RS105), and so are names that are too long.
    assume(artifacts(data, "copy-list") is not None)
    found = places(data, image)
    assert set(found.values()) == {expected(data, image)}, found


@settings(max_examples=100, deadline=None)
@given(
    host=st.sampled_from([*HOSTS, "[fd00::1]", "[fd00::1]:5000"]),
    keys=st.sampled_from([{}, {"plainHTTP": True}, {"insecureSkipVerify": True}]),
    other=st.booleans(),
    repository=st.lists(names, min_size=2, max_size=4).map("/".join),
    tag=st.sampled_from([":1", f"@sha256:{'a' * 64}"]),
)
def test_dockerd_leads_to_the_same_repository(host, keys, other, repository, tag):
    """Of Docker Hub at the root of a host, which is all that it can be told of."""
    hub = {"source": "docker.io", "target": host} if other else {"source": "docker.io", "path": ""}
    data = BASE | {"registry": {"endpoint": host, "baseContentPath": "", **keys}, "mirrors": [hub]}
    image = f"docker.io/{repository}{tag}"
    daemon = json.loads(artifacts(data, "docker")["docker/daemon.json"])
    (url,) = docker.mirror_urls(daemon, reference.parse(image))
    by_port = keys == {"insecureSkipVerify": True} and host.endswith("]")
    named = f"{host}:443" if by_port else host
    assert from_url(url) == expected(data, image).replace(host, named)
    assert url.startswith("http://" if "plainHTTP" in keys else "https://")
    # Of an address without a port dockerd does not find the range; by http nothing is checked.
    assert docker.is_insecure(daemon, named) == (bool(keys) and not named.endswith("]"))
    assert not docker.mirror_urls(daemon, reference.parse(f"quay.io/{repository}"))
    toml = tomllib.loads(artifacts(data, "buildkit")["buildkit/buildkitd.toml"])
    asked_too = f"{url.replace(named, host)}?ns=docker.io"
    assert buildkit.Registries(toml, Files({})).first_url(reference.parse(image)) == asked_too


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=specs())
@example(
    made=(
        {
            "apiVersion": "regspec/v1",
            "kind": "RegistrySpec",
            "registry": {"endpoint": "harbor.example.net", "username": "u", "password": "p"},
            "mirrors": ["docker.io"],
            "images": ["nginx"],
        },
        "nginx",
    )
)
def test_every_target_compiles_and_reads_back(target, made):
    """`compile_spec` reads each artifact back; what is refused is refused by a rule."""
    data, _ = made
    result = pipeline.compile_spec(
        json.dumps({**data, "targets": [target]}).encode(),
        targets=(),
        environment={},
        read_file={}.__getitem__,
    )
    codes = {d.code for d in result.diagnostics if d.severity.value == "error"}
    assert codes <= {"RS105", "RS205", "RS206", "RS215", "RS225", "RS231"}
    assert bool(result.artifacts) is not bool(codes)


BASE = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {"endpoint": "harbor.example.net", "baseContentPath": "base"},
    "mirrors": ["docker.io", "docker.io/library", "quay.io"],
}
M = "harbor.example.net/base"


def test_exception_the_documented_form_misses_the_api():
    image = "quay.io/a/b:1"
    for version in VERSIONS:
        text = artifacts(BASE, "containerd")["containerd.toml"]
        url = f"https://{M}/quay.io/a/b/manifests/1?ns=quay.io"
        assert asked({CONFIG: text}, image, version) == (url, True)
        caches = BASE | {"mirrors": [{"source": "quay.io", "path": "q", "proxyCache": True}]}
        text = artifacts(caches, "containerd")["containerd.toml"]
        assert from_url(asked({CONFIG: text}, image, version)[0]) == f"{M}/q/a/b"
    string = yaml.safe_load(artifacts(caches, "secret")["registry-secret.yaml"])["stringData"]
    assert (
        repository_of(swapped([string["MIRROR_REGISTRIES"]], image))
        == "harbor.example.net/v2/base/q/a/b"
    )


@pytest.mark.parametrize(
    "image, by_webhook, by_node",
    [
        ("docker.io/nginx:1", "docker.io/nginx", "docker.io/library/nginx"),
        ("nginx:1", "docker.io/library/nginx", "docker.io/library/nginx"),
        ("quay.io/a/quay.io-b:1", f"quay.io/a/{M}/quay.io-b", "quay.io/a/quay.io-b"),
    ],
)
def test_exception_the_webhook_works_on_the_text(image, by_webhook, by_node):
    found = places(BASE | {"images": [image]}, image)
    for target in ("secret", "imageswap"):
        assert found.pop(target) == f"{M}/{by_webhook}"
    assert set(found.values()) == {f"{M}/{by_node}"}


def test_exception_a_wildcard_in_the_documented_string_is_swapped_again():
    data = BASE | {"mirrors": [{"source": "*", "path": "all"}]}
    first = f"{M}/all/a/b:1"
    string = yaml.safe_load(artifacts(data, "secret")["registry-secret.yaml"])["stringData"]
    assert swapped([string["MIRROR_REGISTRIES"]], "quay.io/a/b:1") == first
    assert swapped([string["MIRROR_REGISTRIES"]], first) != first
    maps = yaml.safe_load(artifacts(data, "imageswap")["imageswap/configmap.yaml"])["data"]["maps"]
    assert swapped(maps.splitlines(), "quay.io/a/b:1") == first
    assert swapped(maps.splitlines(), first) == first


@pytest.mark.parametrize(
    "target, mirrors, code",
    [
        ("certs.d", ["docker.io/library"], "RS206"),
        ("k3s", ["docker.io", {"source": "docker.io/library", "path": "x"}], "RS206"),
        ("talos", ["docker.io/library"], "RS206"),
        ("registries.conf", [{"source": "*", "path": "x"}], "RS215"),
        ("openshift", [{"source": "*", "path": "x"}], "RS215"),
        ("openshift", [{"source": "[fd00::1]", "path": "x"}], "RS103"),
        ("openshift", [{"source": "[1:2:3:4:5:6:7:8]", "path": "x"}], "RS103"),
        ("docker", ["docker.io"], "RS225"),
        ("docker", [{"source": "quay.io", "path": ""}], "RS225"),
        ("docker", [{"source": "*", "path": ""}], "RS225"),
        ("docker", ["docker.io/library"], "RS206"),
        ("buildkit", ["docker.io/library"], "RS206"),
        ("buildkit", [{"source": "*", "path": "x"}], "RS215"),
        ("imageswap", [{"source": "[fd00::1]", "path": "x"}], "RS103"),
        ("palette", [{"source": "[fd00::1]", "path": "x"}], "RS103"),
    ],
)
def test_exception_what_a_target_refuses(target, mirrors, code):
    result = pipeline.compile_spec(
        json.dumps(BASE | {"mirrors": mirrors, "targets": [target]}).encode(),
        targets=(),
        environment={},
        read_file={}.__getitem__,
    )
    assert code in {d.code for d in result.diagnostics if d.severity.value == "error"}
