"""The model of the image-swap webhook, held to what the webhook itself did.

Each row was recorded from phenixblue/imageswap-webhook 1.5.3 (commit d45185b) in MAPS mode.
"""

from __future__ import annotations

import pytest
from regspec.runtimes.imageswap import Refused, swap

M = "harbor.example.test/airgap-images"
GOOD = {
    "default": "",
    "docker.io": f"{M}/docker.io",
    "docker.io/library": f"{M}/docker.io/library",
    "registry.k8s.io": f"{M}/registry.k8s.io",
    "quay.io": f"{M}/quay.io",
    "reg.example.test:5000": f"{M}/reg.example.test",
}
DIGEST = "@sha256:" + "a" * 64


@pytest.mark.parametrize(
    "image, swapped",
    [
        ("nginx", f"{M}/docker.io/library/nginx"),
        ("nginx:1.25", f"{M}/docker.io/library/nginx:1.25"),
        (f"nginx{DIGEST}", f"{M}/docker.io/library/nginx{DIGEST}"),
        ("library/nginx:1", f"{M}/docker.io/library/nginx:1"),
        ("docker.io/library/nginx:1", f"{M}/docker.io/library/nginx:1"),
        ("docker.io/nginx:1", f"{M}/docker.io/nginx:1"),
        ("bitnami/redis:7", f"{M}/docker.io/bitnami/redis:7"),
        ("docker.io/bitnami/redis:7", f"{M}/docker.io/bitnami/redis:7"),
        ("index.docker.io/library/nginx:1", "index.docker.io/library/nginx:1"),
        ("registry-1.docker.io/library/nginx:1", "registry-1.docker.io/library/nginx:1"),
        ("DOCKER.IO/library/nginx:1", "DOCKER.IO/library/nginx:1"),
        ("registry.k8s.io/coredns/coredns:v1.11.1", f"{M}/registry.k8s.io/coredns/coredns:v1.11.1"),
        (f"quay.io/a/b/c:1{DIGEST}", f"{M}/quay.io/a/b/c:1{DIGEST}"),
        ("reg.example.test:5000/team/app:1", f"{M}/reg.example.test/team/app:1"),
        ("reg.example.test/team/app:1", "reg.example.test/team/app:1"),
        ("ghcr.io/x/y:1", "ghcr.io/x/y:1"),
        ("localhost:5000/foo/bar:1", f"{M}/docker.io/localhost:5000/foo/bar:1"),
        ("registry:5000/team/app:1", f"{M}/docker.io/registry:5000/team/app:1"),
        (f"{M}/docker.io/library/nginx:1", f"{M}/docker.io/library/nginx:1"),
        ("docker.io/foo/docker.io-proxy:1", f"{M}/docker.io/foo/{M}/docker.io-proxy:1"),
    ],
)
def test_the_good_map(image, swapped):
    assert swap(GOOD, image) == swapped


@pytest.mark.parametrize(
    "change, image, swapped",
    [
        ({"docker.io/library": None}, "nginx:1", f"{M}/docker.io/nginx:1"),
        ({"default": M}, "ghcr.io/x/y:1", f"{M}/x/y:1"),
        ({"default": M}, f"{M}/docker.io/a:1", f"{M}/airgap-images/docker.io/a:1"),
        (
            {"reg.example.test:5000": None, "reg.example.test": f"{M}/reg.example.test"},
            "reg.example.test:5000/team/app:1",
            f"{M}/reg.example.test:5000/team/app:1",
        ),
        (
            {"quay.io": "h.example.test/mirror-"},
            "quay.io/a/b:1",
            "h.example.test/mirror-quay.io/a/b:1",
        ),
        (
            {"docker.io": "h.example.test/mirror-", "docker.io/library": None},
            "nginx:1",
            "h.example.test/mirror-docker.io/nginx:1",
        ),
        (
            {"reg.example.test:5000": "h.example.test/mirror-"},
            "reg.example.test:5000/team/app:1",
            "h.example.test/mirror-reg.example.test/app:1",
        ),
        (
            {"default": "h.example.test/mirror-"},
            "ghcr.io/x/y:1",
            "h.example.test/mirror-ghcr.io/ghcr.io/x/y:1",
        ),
        ({"docker.io": "h/v2/P", "docker.io/library": None}, "a/b:1", "h/v2/P/a/b:1"),
        ({"quay.io": "https://h/P"}, "quay.io/a/b:1", "https://h/P/a/b:1"),
        ({"registry.k8s.io": f"{M}/"}, "registry.k8s.io/pause:3", f"{M}//pause:3"),
        ({"quay.io": ""}, "quay.io/a:1", "quay.io/a:1"),
    ],
)
def test_other_maps(change, image, swapped):
    pairs = {key: value for key, value in (GOOD | change).items() if value is not None}
    assert swap(pairs, image) == swapped


def test_a_pod_is_refused_when_only_the_library_is_mapped():
    pairs = {"docker.io/library": f"{M}/docker.io/library"}
    assert swap(pairs, "nginx:1") == f"{M}/docker.io/library/nginx:1"
    for image in ("bitnami/redis:7", "docker.io/library/nginx:1"):
        with pytest.raises(Refused):
            swap(pairs, image)
