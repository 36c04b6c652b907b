"""Which host is the registry that an image names, and which names are Docker Hub's."""

from __future__ import annotations

import pytest
from regspec.docker_hub import is_docker_hub, is_upstream

HUB = (
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
    "Registry-1.Docker.IO:443",
    "docker.io.",
    "docker.io:80",
)
NOT_HUB = (
    "docker.io.example.org",
    "registry-1.docker.io.example.org",
    "mydocker.io",
    "mirror.gcr.io",
    "docker.example.org",
    "[fd00::1]:5000",
    "",
)


@pytest.mark.parametrize("host", HUB)
def test_every_name_of_docker_hub_is_its_upstream(host):
    assert is_docker_hub(host)
    assert is_upstream(host, "docker.io")
    assert not is_upstream(host, "quay.io")


@pytest.mark.parametrize("host", NOT_HUB)
def test_no_other_registry_is_guessed_to_be_docker_hub(host):
    assert not is_docker_hub(host)
    assert not is_upstream(host, "docker.io")


@pytest.mark.parametrize(
    "host, registry, scheme, expected",
    [
        ("quay.io", "quay.io", "https", True),
        ("QUAY.IO:443", "quay.io", "https", True),
        ("quay.io", "quay.io:443", "https", True),
        ("quay.io", "quay.io", "http", True),
        ("quay.io:80", "quay.io", "http", True),
        ("quay.io:5000", "quay.io", "https", False),
        ("quay.io", "quay.io:5000", "https", False),
        ("cdn.quay.io", "quay.io", "https", False),
        ("reg.example.org:5000", "reg.example.org:5000", "http", True),
        ("[fd00::1]:5000", "[fd00::1]:5000", "https", True),
        ("[fd00::1]", "[fd00::1]:5000", "https", False),
        ("[fd00::1]:443", "[FD00::1]", "https", True),
    ],
)
def test_another_registry_is_its_own_upstream_alone(host, registry, scheme, expected):
    assert is_upstream(host, registry, scheme) is expected
