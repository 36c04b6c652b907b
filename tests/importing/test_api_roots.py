"""What import makes of upstreams under other names, and of API roots that a spec cannot hold."""

from __future__ import annotations

import io
import tarfile

import pytest
from regspec import document

REGISTRY = '[plugins."io.containerd.grpc.v1.cri".registry'
MAIN = f'version = 2\n{REGISTRY}]\nconfig_path = "/etc/containerd/certs.d"\n'
MIRROR = '[host."https://m.example.org"]\ncapabilities = ["pull", "resolve"]\n'
CONFIG = f'version = 2\n{REGISTRY}.mirrors."docker.io"]\nendpoint = '
PODMAN = '[[registry]]\nprefix = "docker.io"\n'
PODMAN_MIRRORS = 'mirror = [{location = "m.example.org"}, {location = "registry-1.docker.io"}]\n'
OPENSHIFT = (
    "apiVersion: config.openshift.io/v1\nkind: ImageTagMirrorSet\nmetadata: {name: a}\n"
    "spec: {imageTagMirrors: [{source: docker.io, mirrors: [%s]%s}]}\n"
)
TALOS = "machine: {registries: {mirrors: {docker.io: {%s}}}}\n"


@pytest.fixture
def imported(here, tmp_path):
    """Runs `regspec import` on one text; returns the exit code, the spec and the messages."""

    def run(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = here("import", name, cwd=tmp_path)
        data = document.parse(done.stdout).data if done.returncode == 0 else {}
        return done.returncode, data, done.stderr

    return run


def node(hosts_toml, folder="docker.io"):
    """A tar archive of a node."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, text in (
            ("etc/containerd/config.toml", MAIN),
            (f"etc/containerd/certs.d/{folder}/hosts.toml", hosts_toml),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return archive.getvalue()


@pytest.mark.parametrize(
    "server, fallback",
    [
        ("https://docker.io", "allow"),
        ("https://Index.Docker.IO/", "allow"),
        ("docker.io", "allow"),
        ("http://registry-1.docker.io", "allow"),
        ("https://registry.hub.docker.com:443/v2", "allow"),
        ("https:/registry-1.docker.io", "allow"),
        ("http-mirror.example.org", "allow"),
        ("", "allow"),
        ("https://m.example.org", None),
        ("https://docker.io.example.org", None),
        ("https://mirror.gcr.io", None),
    ],
)
def test_the_fallback_of_a_server(imported, server, fallback):
    code, data, told = imported("node.tar", node(f'server = "{server}"\n{MIRROR}'))
    assert (code, data.get("fallback")) == (0, fallback)
    assert data["registry"]["endpoint"] == "m.example.org"
    names_no_host = server in ("https:/registry-1.docker.io", "http-mirror.example.org")
    assert ("hosts.toml:1:10: warning[import]: `server`" in told) is names_no_host


def test_an_upstream_that_is_only_pushed_to_is_no_fallback(imported):
    hub = '[host."https://docker.io"]\ncapabilities = ["push"]\n'
    text = f'server = "https://m.example.org"\n{MIRROR}{hub}'
    assert "fallback" not in imported("node.tar", node(text))[1]


@pytest.mark.parametrize(
    "name, text",
    [
        ("config.toml", f'{CONFIG}["https://m.example.org", "https://index.docker.io"]\n'),
        ("r.yaml", "mirrors: {docker.io: {endpoint: ['https://m.example.org', 'docker.io']}}\n"),
        (
            "m.yaml",
            TALOS % "endpoints: ['https://m.example.org', 'https://docker.io'], skipFallback: true",
        ),
        ("daemon.json", '{"registry-mirrors": ["https://m.example.org", "https://docker.io"]}'),
        ("b.toml", '[registry."docker.io"]\nmirrors = ["m.example.org", "index.docker.io"]\n'),
        (
            "r.conf",
            f"{PODMAN}blocked = true\n{PODMAN_MIRRORS}",
        ),
        (
            "o.yaml",
            OPENSHIFT % ("m.example.org, docker.io", ", mirrorSourcePolicy: NeverContactSource"),
        ),
    ],
)
def test_an_upstream_after_the_mirror_is_a_fallback(imported, name, text):
    code, data, told = imported(name, text)
    assert (code, data.get("fallback")) == (0, "allow"), told
    assert data["mirrors"] == [{"source": "docker.io", "path": ""}]


@pytest.mark.parametrize("host", ["docker.io", "registry-1.docker.io", "registry.hub.docker.com"])
@pytest.mark.parametrize(
    "name, text",
    [
        ("config.toml", f'{CONFIG}["https://HUB"]\n'),
        ("node.tar", 'server = "https://HUB"\n[host."https://HUB"]\n'),
        ("r.yaml", "mirrors: {docker.io: {endpoint: ['https://HUB']}}\n"),
        ("m.yaml", TALOS % "endpoints: ['https://HUB']"),
        ("daemon.json", '{"registry-mirrors": ["https://HUB"]}'),
        ("b.toml", '[registry."docker.io"]\nmirrors = ["HUB"]\n'),
        ("r.conf", f'{PODMAN}location = "docker.io"\n[[registry.mirror]]\nlocation = "HUB/x"\n'),
        ("o.yaml", OPENSHIFT % ("HUB/x", "")),
        ("map.txt", "docker.io::HUB/x\n"),
        ("w.yaml", "mirrors: {'*': {endpoint: ['https://HUB']}}\n"),
    ],
)
def test_docker_hub_is_no_private_registry(imported, name, text, host):
    text = text.replace("HUB", host)
    code, _, told = imported(name, node(text) if name == "node.tar" else text)
    assert code == 1, told
    assert host in told or "`docker.io`" in told


@pytest.mark.parametrize(
    "name, text, source",
    [
        ("config.toml", CONFIG.replace("docker.io", "quay.io") + '["https://quay.io"]\n', "quay"),
        ("r.yaml", "mirrors: {quay.io: {endpoint: ['https://quay.io:443']}}\n", "quay"),
        (
            "r.conf",
            PODMAN.replace("docker", "quay") + '[[registry.mirror]]\nlocation="quay.io"\n',
            "quay",
        ),
    ],
)
def test_a_registry_that_is_served_by_itself_alone_is_no_private_one(imported, name, text, source):
    code, _, told = imported(name, text)
    assert code == 1
    assert f"{source}.io" in told


def test_the_private_registry_beside_a_wildcard_stays(imported):
    text = (
        f'version = 2\n{REGISTRY}.mirrors]\n"*" = {{endpoint = ["https://m.example.org/v2/all"]}}\n'
        '"m.example.org" = {endpoint = ["https://m.example.org"]}\n'
    )
    sources = [mirror["source"] for mirror in imported("config.toml", text)[1]["mirrors"]]
    assert sources == ["*", "m.example.org"]


ART, NEXUS = "art.example.org/artifactory/api/docker/hub", "nexus.example.org/repository/hub"


@pytest.mark.parametrize(
    "name, text",
    [
        ("config.toml", f'{CONFIG}["https://{ART}/v2"]\n'),
        ("config.toml", f'{CONFIG}["https://{NEXUS}"]\n'),
        ("config.toml", f'{CONFIG}["https://h.example.org/v2nd/hub"]\n'),
        ("config.toml", f'{CONFIG}["{ART}/v2"]\n'),
        ("config.toml", f'{CONFIG}["https://h.example.org/"]\n'),
        ("node.tar", f'[host."https://{ART}"]\n'),
        ("node.tar", f'[host."https://{ART}/v2"]\noverride_path = true\n'),
        ("node.tar", f'[host."https://{NEXUS}"]\n'),
        ("node.tar", '[host."https://h.example.org"]\noverride_path = true\n'),
        ("node.tar", '[host."https://h.example.org/v2tools"]\noverride_path = true\n'),
        ("r.yaml", f"mirrors: {{docker.io: {{endpoint: ['https://{ART}/v2']}}}}\n"),
        ("r.yaml", f"mirrors: {{docker.io: {{endpoint: ['https://{NEXUS}']}}}}\n"),
        ("m.yaml", TALOS % f"endpoints: ['https://{ART}']"),
        ("m.yaml", TALOS % f"endpoints: ['https://{NEXUS}/'], overridePath: true"),
        ("daemon.json", f'{{"registry-mirrors": ["https://{NEXUS}"]}}'),
    ],
)
def test_another_api_root_is_reported_and_not_moved(imported, name, text):
    code, _, told = imported(name, node(text) if name == "node.tar" else text)
    assert code == 1
    assert "warning[import]" in told
    assert "/v2" in told


@pytest.mark.parametrize(
    "name, text",
    [
        ("node.tar", '[host."https://h.example.org/v2/hub"]\n'),
        ("node.tar", '[host."https://h.example.org/v2/hub/v2/"]\noverride_path = true\n'),
        ("node.tar", '[host."https://docker.io"]\n[host."https://h.example.org/v2/hub"]\n'),
        ("node.tar", 'server = "https://h.example.org/v2/hub/"\n'),
        ("m.yaml", TALOS % "endpoints: ['https://h.example.org/v2/hub']"),
        ("r.yaml", "mirrors: {docker.io: {endpoint: ['https://h.example.org/v2/hub/v2']}}\n"),
        ("config.toml", f'{CONFIG}["https://h.example.org/v2/hub/v2"]\n'),
        ("r.conf", f'{PODMAN}location = "h.example.org/v2/hub"\n'),
        ("r.conf", f'{PODMAN}location = "h.example.org/hub/v2"\n'),
        ("o.yaml", OPENSHIFT % ("h.example.org/hub/v2", "")),
        ("b.toml", '[registry."docker.io"]\nmirrors = ["h.example.org/v2/hub"]\n'),
        ("daemon.json", '{"registry-mirrors": ["https://h.example.org/v2"]}'),
        ("map.txt", "docker.io::h.example.org/hub/v2\n"),
    ],
)
def test_a_doubled_v2_is_a_warning_with_the_key_to_add(imported, name, text):
    code, _, told = imported(name, node(text) if name == "node.tar" else text)
    assert code == 1
    assert "warning[import]" in told
    assert "override_path" in told


@pytest.mark.parametrize(
    "name, text",
    [
        ("node.tar", '[host."https://h.example.org/v2/hub/"]\noverride_path = true\n'),
        ("r.yaml", "mirrors: {docker.io: {endpoint: ['https://h.example.org/v2/hub/']}}\n"),
        ("config.toml", f'{CONFIG}["https://h.example.org/v2/hub"]\n'),
        ("m.yaml", TALOS % "endpoints: ['https://h.example.org/v2/hub'], overridePath: true"),
        ("b.toml", '[registry."docker.io"]\nmirrors = ["h.example.org/hub"]\n'),
    ],
)
def test_a_place_below_v2_is_imported_as_such(imported, name, text):
    code, data, told = imported(name, node(text) if name == "node.tar" else text)
    assert code == 0, told
    assert data["registry"] == {"endpoint": "h.example.org", "baseContentPath": "hub"}
    assert data["mirrors"] == [{"source": "docker.io", "path": ""}]
    assert "override_path" not in told
