"""skopeo, which reads the same files as podman and CRI-O, goes through the mirror with them.

On OpenShift an operator writes the file. What it writes is a model of its source; that what it
writes is read as it is meant is what skopeo shows here, and no more.
"""

from __future__ import annotations

import pytest
import tomlkit
import yaml
from regspec.dialects.openshift import resolve as openshift

HARBOR = "https://harbor.example.test/v2/airgap-images"
LOGIN = ("robot$airgap", "s3cret")
# Of an image that the mirror does not have: it is asked for all the same.
DIGEST = "sha256:" + "a" * 64
STORED = [
    "airgap-images/docker.io/library/hello:1",
    "airgap-images/quay.io/a/b/c:1",
    "airgap-images/reg.example.test/team/app:1",
]
# As the target says: skopeo does not look there by itself.
AUTH = "REGISTRY_AUTH_FILE=/etc/containers/auth.json"
INSPECT = ["env", AUTH, "skopeo", "inspect", "--raw"]


POLICY = {"/etc/containers/policy.json": '{"default": [{"type": "insecureAcceptAnything"}]}'}
TARGETS = ["registries.conf", "openshift"]


@pytest.fixture
def node(compiled, authority, request) -> dict[str, str]:
    """The files of a target on a node, and a policy that accepts everything."""
    target = getattr(request, "param", TARGETS[0])
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
            "targets": [target],
        }
    )
    if target == "openshift":
        return of_operator(files) | POLICY
    return {f"/etc/{path}": text for path, text in files.items()} | POLICY


def of_operator(files):
    """What the machine config operator would write of the objects, by the model of it."""
    objects = [
        one
        for path, text in files.items()
        if path.endswith(".yaml")
        for one in yaml.safe_load_all(text)
    ]
    (authorities,) = (one["data"] for one in objects if one["kind"] == "ConfigMap")
    conf = openshift.registries_conf(objects)
    placed = {
        f"{openshift.AUTHORITIES}/{key.replace('..', ':')}/ca.crt": text
        for key, text in authorities.items()
    }
    (logins,) = (text for path, text in files.items() if not path.endswith(".yaml"))
    return placed | {
        openshift.FILE: tomlkit.dumps(conf),
        "/etc/containers/auth.json": logins,
    }


@pytest.mark.parametrize("node", TARGETS, indirect=True)
@pytest.mark.parametrize(
    "image, path, tag",
    [
        ("docker.io/library/hello:1", "docker.io/library/hello", "1"),
        ("quay.io/a/b/c:1", "quay.io/a/b/c", "1"),
        ("reg.example.test:5000/team/app:1", "reg.example.test/team/app", "1"),
        (f"quay.io/a/b/c@{DIGEST}", "quay.io/a/b/c", DIGEST),
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
    assert (command.code == 0) is (tag != DIGEST), command.err
    assert command.mirror == [
        "GET https://harbor.example.test/v2/ -> 401",
        f"GET {HARBOR}/{path}/manifests/{tag} -> {404 if tag == DIGEST else 200}",
    ]
    assert command.users == {("harbor.example.test", LOGIN[0])}
    assert not command.upstream


@pytest.mark.parametrize("node", TARGETS, indirect=True)
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
