"""`regspec explain --from`: any files that a runtime reads."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

HEAD = "apiVersion: regspec/v1\nkind: RegistrySpec\n"
REGISTRIES_YAML = """mirrors:
  docker.io:
    endpoint: ["https://m.example.org/v2/hub"]
  quay.io:
    endpoint: ["https://m.example.org"]
    rewrite: {"^(.*)$": "quay/$1"}
"""
REGISTRIES_CONF = """[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "m.example.org/hub"
"""
DAEMON = '{"registry-mirrors": ["https://m.example.org"]}'
BUILDKITD = '[registry."docker.io"]\nmirrors = ["m.example.org/hub"]\n'
TALOS = """machine:
  registries:
    mirrors:
      docker.io: {endpoints: ["https://m.example.org/v2/hub"], overridePath: true}
"""
SETS = """apiVersion: v1
kind: List
items:
- apiVersion: config.openshift.io/v1
  kind: ImageTagMirrorSet
  metadata: {name: a}
  spec:
    imageTagMirrors:
    - {source: docker.io, mirrors: [m.example.org/hub]}
"""
MAP = "docker.io::m.example.org/hub\ndefault::\n"
HOSTS = 'server = "https://m.example.org"\n[host."https://m.example.org"]\n'
MIRROR = "https://m.example.org/v2/hub/library/nginx/manifests/1"


def rows(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "name, text, runtime, url",
    [
        ("registries.yaml", REGISTRIES_YAML, "k3s", f"{MIRROR}?ns=docker.io"),
        ("registries.conf", REGISTRIES_CONF, "containers", MIRROR),
        ("50-site.conf", REGISTRIES_CONF, "containers", MIRROR),
        ("daemon.json", DAEMON, "dockerd", "https://m.example.org/v2/library/nginx/manifests/1"),
        ("buildkitd.toml", BUILDKITD, "buildkit", f"{MIRROR}?ns=docker.io"),
        ("controlplane.yaml", TALOS, "talos", f"{MIRROR}?ns=docker.io"),
        ("sets.yaml", SETS, "openshift", MIRROR),
        ("maps", MAP, "image-swap", MIRROR),
        ("anything", REGISTRIES_YAML, "k3s", f"{MIRROR}?ns=docker.io"),
    ],
)
def test_a_single_file(regspec, tmp_path, name, text, runtime, url):  # noqa: PLR0913, PLR0917
    (tmp_path / name).write_text(text)
    image = "docker.io/library/nginx:1"
    words = ("explain", "--format", "json", image)
    done = regspec(*words, "--from", name, cwd=tmp_path)
    (row,) = rows(done)
    assert (row["runtime"], row["target"], row["version"]) == (runtime, None, None)
    assert row["attempts"][0]["url"] == url
    (tmp_path / name).unlink()
    assert rows(regspec(*words, "--from", "-", cwd=tmp_path, input=text))[0]["runtime"] == runtime


def test_each_folder_of_a_runtime_and_a_hosts_toml(regspec, tmp_path):
    for folder, name, text, runtime in (
        ("k3s", "registries.yaml", REGISTRIES_YAML, "k3s"),
        ("containers", "registries.conf", REGISTRIES_CONF, "containers"),
        ("docker", "daemon.json", DAEMON, "dockerd"),
        ("buildkit", "buildkitd.toml", BUILDKITD, "buildkit"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
        done = regspec("explain", "--from", folder, "nginx:1", "--format", "json", cwd=tmp_path)
        assert [row["runtime"] for row in rows(done)] == [runtime]
    (tmp_path / "certs.d/docker.io").mkdir(parents=True)
    (tmp_path / "certs.d/docker.io/hosts.toml").write_text(HOSTS)
    words = ("explain", "nginx:1", "--format", "json", "--from")
    for path in ("certs.d", "certs.d/docker.io/hosts.toml"):
        done = regspec(*words, path, cwd=tmp_path)
        assert {row["verdict"] for row in rows(done)} == {"mirror"}
        assert "/etc/containerd/config.toml was not given; it is assumed" in done.stderr
    (tmp_path / "config.toml").write_text("version = 2\n")
    done = regspec(*words, "certs.d", "--from", "config.toml", cwd=tmp_path)
    found = {row["version"]: row["verdict"] for row in rows(done)}
    assert found["1.7"] == "upstream"  # it does not set config_path
    assert "assumed" not in done.stderr


def test_a_node_has_a_row_for_each_runtime_that_is_there(regspec, tmp_path):
    texts = {
        "etc/rancher/rke2/registries.yaml": REGISTRIES_YAML,
        "etc/containers/registries.conf.d/50.conf": REGISTRIES_CONF,
        "etc/docker/daemon.json": DAEMON,
        "etc/buildkit/buildkitd.toml": BUILDKITD,
        "etc/containerd/config.toml": "version = 2\n",
    }
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, text in texts.items():
            path = tmp_path / "node" / name
            path.parent.mkdir(parents=True)
            path.write_text(text)
            tar.add(path, name)
    (tmp_path / "node.tar").write_bytes(archive.getvalue())
    words = ("explain", "nginx:1", "--format", "json")
    done = regspec(*words, "--from", "node", cwd=tmp_path)
    runtimes = list(dict.fromkeys(row["runtime"] for row in rows(done)))
    assert runtimes == ["containerd", "k3s", "containers", "dockerd", "buildkit"]
    for source in (("--from", "node.tar"), ("--node", "node.tar"), ("--node", "node")):
        assert regspec(*words, *source, cwd=tmp_path).stdout == done.stdout


@pytest.mark.parametrize(
    "path, said",
    [
        ("etc/k0s/containerd.toml", "it has etc/k0s"),
        ("var/snap/microk8s/current/args/containerd.toml", "it has var/snap/microk8s"),
        ("etc/hostname", "it has etc/hostname"),
        (None, "it is empty"),
    ],
)
def test_a_node_without_a_known_runtime_is_refused(regspec, tmp_path, path, said):
    (tmp_path / "node").mkdir()
    if path:
        (tmp_path / "node" / path).parent.mkdir(parents=True)
        (tmp_path / "node" / path).write_text("version = 2\n")
    done = regspec("explain", "--node", "node", "nginx", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_versions_are_chosen_by_runtime(regspec, tmp_path):
    (tmp_path / "buildkitd.toml").write_text(BUILDKITD)
    words = ("explain", "--from", "buildkitd.toml", "nginx:1", "--format", "json")
    versions = (
        "--version",
        "buildkit=0.12",
        "--version",
        "buildkit=0.9",
        "--version",
        "buildkit=0.11",
    )
    found = rows(regspec(*words, *versions, cwd=tmp_path))
    assert [row["version"] for row in found] == ["0.9", "0.11", "0.12"]
    assert {row["verdict"] for row in found} == {"mirror, then upstream"}
    assert [row["attempts"][0]["url"].split("/")[3] for row in found] == ["hub", "hub", "v2"]
    for wrong, said in (
        ("0.11", "is not RUNTIME=VERSION"),
        ("crio=1.30", "is one of containerd, talos, dockerd, buildkit"),
        ("k3s=1.30", "every version of k3s pulls alike"),
        ("buildkit=new", "not a version of buildkit"),
        ("containerd=9.9", "not a version of containerd"),
    ):
        done = regspec(*words, "--version", wrong, cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr


def test_versions_of_talos(regspec, tmp_path):
    document = "apiVersion: v1alpha1\nkind: RegistryTLSConfig\nname: m.example.org\n"
    (tmp_path / "patch.yaml").write_text(f"{TALOS}---\n{document}insecureSkipVerify: true\n")
    found = {}
    for version in ("1.11", "1.12.0", "1.12.2"):
        words = ("--version", f"talos={version}", "--format", "json")
        done = regspec("explain", "--from", "patch.yaml", "nginx:1", *words, cwd=tmp_path)
        (row,) = rows(done)
        found[version] = (row["verdict"], row["reason"])
    assert found["1.12.2"] == ("mirror, then upstream", None)
    assert "does not know the document" in found["1.11"][1]
    assert "stops at a `RegistryTLSConfig`" in found["1.12.0"][1]


def test_a_spec_is_compared_with(regspec, tmp_path):
    (tmp_path / "spec.yaml").write_text(
        f"{HEAD}registry: {{endpoint: m.example.org}}\nmirrors: [docker.io]\n"
    )
    (tmp_path / "registries.yaml").write_text(REGISTRIES_YAML)
    words = ("explain", "--from", "registries.yaml", "nginx:1", "quay.io/a:1", "--format", "json")
    alone = [row["verdict"] for row in rows(regspec(*words, cwd=tmp_path))]
    assert alone == ["mirror, then upstream"] * 2
    compared = [
        row["verdict"] for row in rows(regspec(*words, "--spec", "spec.yaml", cwd=tmp_path))
    ]
    assert compared[0] == "wrong path"  # the spec has it below docker.io, not below hub
    done = regspec("explain", "spec.yaml", "nginx", "--spec", "spec.yaml", cwd=tmp_path)
    assert done.returncode == 2
    doubled = REGISTRIES_YAML.replace("/v2/hub", "/v2/docker.io/v2")
    (tmp_path / "registries.yaml").write_text(doubled)
    compared = [
        row["verdict"] for row in rows(regspec(*words, "--spec", "spec.yaml", cwd=tmp_path))
    ]
    assert compared[0] == "wrong path"


@pytest.mark.parametrize(
    "name, text",
    [
        ("registries.yaml", "mirrors: {docker.io: [a]}\n"),
        ("registries.yaml", "mirrors: {docker.io: {endpoint: m.example.org}}\nconfigs: {a: {}}\n"),
        ("buildkitd.toml", '[registry."docker.io"]\nmirrors = "m.example.org"\n'),
        ("daemon.json", '{"registry-mirrors": "https://m.example.org"}'),
        ("daemon.json", '{"registry-mirrors": ["https://m.example.org/a"]}'),
        ("registries.conf", '[[registry]]\nlocation = "https://m.example.org"\n'),
        ("machine.yaml", "machine: {registries: {mirrors: {a: {endpoints: [m.example.org]}}}}\n"),
    ],
)
def test_what_its_runtime_refuses_is_not_loaded(regspec, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    done = regspec("explain", "--from", name, "nginx:1", "--format", "json", cwd=tmp_path)
    (row,) = rows(done)
    assert (row["verdict"], row["attempts"]) == ("not loaded", [])
    assert row["reason"]
    assert done.returncode == 1


def test_what_no_runtime_reads_is_refused(regspec, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.txt").write_text("hello\n")
    (tmp_path / "secret.yaml").write_text(
        "kind: Secret\ntype: kubernetes.io/dockerconfigjson\n"
        'stringData: {".dockerconfigjson": "{}"}\n'
    )
    for source, said in (
        ("empty", "it is empty"),
        ("notes", "no file that a runtime reads"),
        ("secret.yaml", "no file that a runtime reads"),
        ("missing.yaml", "no such file"),
    ):
        done = regspec("explain", "--from", source, "nginx", cwd=tmp_path)
        assert done.returncode == 2, source
        assert said in done.stderr


def test_a_file_is_no_image(regspec, tmp_path):
    (tmp_path / "spec.yaml").write_text(
        f"{HEAD}registry: {{endpoint: m.example.org}}\nmirrors: [docker.io]\n"
    )
    (tmp_path / "other.yaml").write_text("a\n")
    done = regspec("explain", "spec.yaml", "other.yaml", "nginx", cwd=tmp_path)
    assert done.returncode == 1
    assert "other.yaml is not an image reference: it is a file" in done.stderr


NOT_LOADED = "holds no certificate that Go can load: no request is made"
TLS_DOCUMENT = """apiVersion: v1alpha1
kind: RegistryTLSConfig
name: m.example.org
ca: damaged
"""


@pytest.mark.parametrize(
    "name, text",
    [
        (
            "etc/rancher/k3s/registries.yaml",
            f"{REGISTRIES_YAML}configs:\n  m.example.org: {{tls: {{ca_file: /etc/ssl/ca.crt}}}}\n",
        ),
        (
            "etc/rancher/rke2/registries.yaml",
            f"{REGISTRIES_YAML}configs: {{m.example.org: {{tls: {{ca_file: /etc/ssl/ca.crt}}}}}}\n",
        ),
        ("machine.yaml", f"{TALOS}    config: {{m.example.org: {{tls: {{ca: Zm9v}}}}}}\n"),
        ("machine.yaml", f"{TALOS}---\n{TLS_DOCUMENT}"),
    ],
)
def test_a_damaged_authority_keeps_containerd_from_any_request(regspec, tmp_path, name, text):
    node = tmp_path / "node"
    (node / name).parent.mkdir(parents=True)
    (node / name).write_text(text)
    (node / "etc/ssl").mkdir(parents=True)
    (node / "etc/ssl/ca.crt").write_text("damaged\n")
    path = node if name.startswith("etc/") else node / name
    done = regspec("explain", "--from", path, "--format", "json", "nginx:1", cwd=tmp_path)
    (row,) = rows(done)
    assert (row["verdict"], row["attempts"], done.returncode) == ("none", [], 1)
    assert row["reason"].endswith(NOT_LOADED)


K3S_SERVICE = "[Service]\nExecStart=/usr/local/bin/k3s \\\n    agent \\\n    {flag}\n"


@pytest.mark.parametrize(
    "name, text, verdict",
    [
        ("rancher/k3s/config.yaml", "disable-default-registry-endpoint: 1\n", "mirror"),
        ("rancher/k3s/config.yaml", "disable-default-registry-endpoint: T\n", "mirror"),
        (
            "rancher/k3s/config.yaml",
            "disable-default-registry-endpoint: 0\n",
            "mirror, then upstream",
        ),
        (
            "systemd/system/k3s-agent.service",
            K3S_SERVICE.format(flag="--disable-default-registry-endpoint"),
            "mirror",
        ),
        (
            "systemd/system/k3s.service.d/10-flags.conf",
            K3S_SERVICE.format(flag="'--disable-default-registry-endpoint=true'"),
            "mirror",
        ),
        (
            "systemd/system/rke2-agent.service",
            K3S_SERVICE.format(flag="--disable-default-registry-endpoint"),
            "mirror, then upstream",
        ),
        (
            "systemd/system/k3s.service",
            K3S_SERVICE.format(flag="--disable-default-registry-endpoint=false"),
            "mirror, then upstream",
        ),
    ],
)
def test_the_flag_of_k3s_is_read_where_verify_reads_it(regspec, tmp_path, name, text, verdict):
    for file, content in (("rancher/k3s/registries.yaml", REGISTRIES_YAML), (name, text)):
        (tmp_path / "etc" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc" / file).write_text(content)
    done = regspec("explain", "--from", tmp_path, "--format", "json", "nginx:1", cwd=tmp_path)
    assert [row["verdict"] for row in rows(done)] == [verdict]


def test_a_rewrite_that_is_not_understood_comforts_nobody(regspec, tmp_path):
    text = REGISTRIES_YAML.replace('"^(.*)$": "quay/$1"', '"(?i)^(a+)+$": "quay/$1"')
    (tmp_path / "registries.yaml").write_text(text)
    words = ("explain", "--from", "registries.yaml", "--allow-upstream", "quay.io/a", "nginx:1")
    done = regspec(*words, "--format", "json", cwd=tmp_path)
    found = {row["image"]: row for row in rows(done)}
    assert (found["quay.io/a"]["verdict"], found["quay.io/a"]["attempts"]) == ("none", [])
    assert "cannot apply the rewrite (?i)" in found["quay.io/a"]["reason"]
    assert found["nginx:1"]["verdict"] == "mirror, then upstream"
    assert done.returncode == 1


def test_an_empty_folder_of_a_registry_is_no_node(regspec, tmp_path):
    (tmp_path / "certs.d/quay.io").mkdir(parents=True)
    (tmp_path / "certs.d/docker.io").mkdir()
    (tmp_path / "certs.d/docker.io/hosts.toml").write_text(HOSTS)
    done = regspec("explain", "--from", "certs.d", "nginx:1", cwd=tmp_path)
    assert (done.returncode, "mirror" in done.stdout) == (0, True)
