"""What explain says of upstreams under other names, and of the roots of APIs."""

from __future__ import annotations

import json

import pytest

MAIN = 'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n'
CERTS_D = f'{MAIN}config_path = "/etc/containerd/certs.d"\n'
MIRROR = '[host."https://m.example.org"]\n'


@pytest.fixture
def explained(here, tmp_path):
    """The verdict and the text of `explain --node` for nginx:1, or for another image."""

    def run(hosts_toml, image="nginx:1", folder="docker.io", main=CERTS_D):
        texts = {"config.toml": main, f"certs.d/{folder}/hosts.toml": hosts_toml}
        for path, text in texts.items():
            file = tmp_path / "node/etc/containerd" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        words = ("explain", "--node", "node", image, "--containerd", "2.1")
        (row,) = here(*words, "--format", "json", cwd=tmp_path).stdout.splitlines()
        return json.loads(row)["verdict"], here(*words, cwd=tmp_path).stdout

    return run


@pytest.mark.parametrize(
    "server, verdict",
    [
        ("https://docker.io", "mirror, then upstream"),
        ("https://INDEX.docker.io:443/", "mirror, then upstream"),
        ("http://registry-1.docker.io", "mirror, then upstream"),
        ("registry.hub.docker.com", "mirror, then upstream"),
        ("https://docker.io.example.org", "mirror"),
        ("https://mirror.gcr.io", "mirror"),
        ("https://m.example.org", "mirror"),
    ],
)
def test_the_server_of_a_hosts_toml(explained, server, verdict):
    assert explained(f'server = "{server}"\n{MIRROR}')[0] == verdict


def test_a_registry_of_its_own_is_its_upstream(explained):
    text = f'server = "https://QUAY.io:443"\n{MIRROR}'
    assert explained(text, "quay.io/a/b:1", "quay.io")[0] == "mirror, then upstream"
    text = f'server = "https://quay.io:8443"\n{MIRROR}'
    assert explained(text, "quay.io/a/b:1", "quay.io")[0] == "mirror"


def test_an_endpoint_that_is_docker_hub_is_no_mirror(explained):
    endpoint = '[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\nendpoint = '
    main = f'version = 2\n{endpoint}["https://index.docker.io"]\n'
    assert explained("", main=main)[0] == "upstream"


@pytest.mark.parametrize(
    "host, verdict, noted",
    [
        ("m.example.org/artifactory/api/docker/hub", "mirror, then upstream", False),
        ("m.example.org/repository/hub/v2/", "mirror, then upstream", False),
        ("m.example.org/v2/hub", "wrong path", True),
        ("m.example.org/v2/hub/v2", "wrong path", True),
        ("m.example.org/v2/v2", "wrong path", True),
        (
            'm.example.org/v2/hub"]\noverride_path = true\n[host."https://n.example.org',
            "mirror, then upstream",
            False,
        ),
        (
            'm.example.org/api/v2"]\noverride_path = true\n[host."https://n.example.org',
            "mirror, then upstream",
            False,
        ),
        (
            'm.example.org"]\noverride_path = true\n[host."https://n.example.org',
            "wrong path",
            False,
        ),
    ],
)
def test_the_root_of_an_api(explained, host, verdict, noted):
    judged, text = explained(f'[host."https://{host}"]\n')
    assert judged == verdict
    assert ("note: `/v2` is in" in text and "override_path" in text) is noted


@pytest.mark.parametrize(
    "target", ["certs.d", "k3s", "talos", "registries.conf", "buildkit", "imageswap", "openshift"]
)
def test_a_spec_whose_registry_is_docker_hub_mirrors_nothing(here, head, tmp_path, target):
    text = (
        f"{head}registry: {{endpoint: registry-1.docker.io}}\n"
        f"mirrors: [{{source: docker.io, path: ''}}]\ntargets: [{target}]\n"
    )
    done = here("explain", "-", "nginx:1", "--format", "json", cwd=tmp_path, input=text)
    assert {json.loads(row)["verdict"] for row in done.stdout.splitlines()} == {"upstream"}


@pytest.mark.parametrize("target", ["certs.d", "k3s", "talos", "registries.conf", "buildkit"])
def test_a_spec_with_an_api_root_in_its_path_has_a_note(here, head, tmp_path, target):
    text = (
        f"{head}registry: {{endpoint: m.example.org, baseContentPath: hub/v2}}\n"
        f"mirrors: [{{source: docker.io, path: ''}}]\ntargets: [{target}]\n"
    )
    done = here("explain", "-", "nginx:1", cwd=tmp_path, input=text)
    assert "override_path" in done.stdout
