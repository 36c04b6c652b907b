"""skopeo, which reads the same files as podman and CRI-O, goes through the mirror with them."""

from __future__ import annotations

import pytest

HARBOR = "https://harbor.example.test/v2/airgap-images"
LOGIN = ("robot$airgap", "s3cret")
STORED = [
    "airgap-images/docker.io/library/hello:1",
    "airgap-images/quay.io/a/b/c:1",
    "airgap-images/reg.example.test/team/app:1",
]
# As the target says: skopeo does not look there by itself.
AUTH = "REGISTRY_AUTH_FILE=/etc/containers/auth.json"
INSPECT = ["env", AUTH, "skopeo", "inspect", "--raw"]


@pytest.fixture
def node(compiled, authority) -> dict[str, str]:
    """The files that target `registries.conf` writes, and a policy that accepts everything."""
    files = compiled(
        {
            "registry": {
                "endpoint": "harbor.example.test",
                "baseContentPath": "airgap-images",
                "username": LOGIN[0],
                "password": LOGIN[1],
                "caCert": authority.ca,
            },
            "mirrors": [
                "docker.io",
                "docker.io/library",
                "quay.io",
                {"source": "reg.example.test:5000", "path": "reg.example.test"},
            ],
            "fallback": "deny",
            "targets": ["registries.conf"],
        }
    )
    policy = '{"default": [{"type": "insecureAcceptAnything"}]}'
    placed = {f"/etc/{path}": text for path, text in files.items()}
    return placed | {"/etc/containers/policy.json": policy}


@pytest.mark.parametrize(
    "image, path, tag",
    [
        ("docker.io/library/hello:1", "docker.io/library/hello", "1"),
        ("quay.io/a/b/c:1", "quay.io/a/b/c", "1"),
        ("reg.example.test:5000/team/app:1", "reg.example.test/team/app", "1"),
    ],
)
def test_an_image_comes_from_the_mirror(stage, node, image, path, tag):
    report = stage(
        files=node,
        images_in_registry=STORED,
        auth=LOGIN,
        commands=[[*INSPECT, f"docker://{image}"]],
    )
    command = report.commands[0]
    assert command.code == 0, command.err
    assert command.mirror == [
        "GET https://harbor.example.test/v2/ -> 401",
        f"GET {HARBOR}/{path}/manifests/{tag} -> 200",
    ]
    assert command.users == {("harbor.example.test", LOGIN[0])}
    assert not command.upstream


def test_an_image_that_the_mirror_lacks_is_not_asked_for_elsewhere(stage, node):
    command = stage(
        files=node,
        images_in_registry=STORED,
        auth=LOGIN,
        commands=[[*INSPECT, "docker://docker.io/library/missing:1"]],
    ).commands[0]
    assert command.code != 0
    assert f"GET {HARBOR}/docker.io/library/missing/manifests/1 -> 404" in command.mirror
    assert not command.upstream
