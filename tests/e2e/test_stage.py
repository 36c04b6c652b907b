"""The stage itself: what happens there stays there, and nothing is asked unheard."""

from __future__ import annotations

import pytest

HUB = "https://registry-1.docker.io"
REGISTRY = '[plugins."io.containerd.grpc.v1.cri".registry'
BOTH = (
    f'version = 2\n{REGISTRY}]\nconfig_path = "/etc/containerd/certs.d"\n'
    f'{REGISTRY}.mirrors."docker.io"]\nendpoint = ["https://harbor.example.test"]\n'
)


def test_nothing_can_be_changed_or_reached_outside(stage):
    report = stage(
        commands=[
            ["touch", "/usr/changed"],
            ["curl", "--silent", "--max-time", "5", "http://192.0.2.1/"],
            ["curl", "--silent", "--max-time", "5", "https://unknown.example.test/"],
            ["ls", "/etc/containerd", "/etc/containers", "/etc/docker"],
        ]
    )
    changed, address, name, folders = report.commands
    assert "Read-only file system" in changed.err
    assert address.code == 7  # no route
    assert name.code == 6  # no such host
    assert folders.out.split() == ["/etc/containerd:", "/etc/containers:", "/etc/docker:"]


def test_whatever_asks_the_upstream_is_heard(stage):
    report = stage(
        commands=[
            ["curl", "--silent", f"{HUB}/v2/?ns=a"],
            ["curl", "--silent", "--user", "somebody:s3cret", "http://quay.io/v2/"],
            ["curl", "--silent", "--cacert", "/dev/null", f"{HUB}/v2/"],
            ["curl", "--silent", "http://ghcr.io:443/v2/"],
            ["curl", "--silent", "https://ghcr.io:80/v2/"],
            ["true"],
        ]
    )
    assert [command.upstream for command in report.commands] == [
        [f"GET {HUB}/v2/?ns=a -> 404"],
        ["GET http://quay.io/v2/ -> 404"],
        ["TLS-HANDSHAKE https://registry-1.docker.io -> 0"],
        ["PLAIN-ON-TLS-PORT https:// -> 400"],
        ["TLS-ON-PLAIN-PORT http:// -> 400"],
        [],
    ]
    assert report.commands[1].users == {("quay.io", "somebody")}
    assert not any(command.mirror for command in report.commands)


def test_the_mirror_asks_for_the_login_and_serves_each_port_in_its_scheme(stage):
    auth = ("robot$airgap", "s3cret")
    curl = ["curl", "--silent", "--user"]
    report = stage(
        auth=auth,
        ports={443: "https", 8083: "http"},
        system_trusts_mirror=True,
        commands=[
            [*curl, ":".join(auth), "https://harbor.example.test/v2/"],
            [*curl, "robot$airgap:wrong", "https://harbor.example.test/v2/"],
            [*curl, ":".join(auth), "http://nexus.example.test:8083/v2/"],
        ],
    )
    assert [command.mirror for command in report.commands] == [
        ["GET https://harbor.example.test/v2/ -> 200"],
        ["GET https://harbor.example.test/v2/ -> 401"],
        ["GET http://nexus.example.test:8083/v2/ -> 200"],
    ]
    assert report.commands[2].users == {("nexus.example.test:8083", "robot$airgap")}


@pytest.mark.parametrize(
    "text, error, logged",
    [
        (
            BOTH,
            "unknown service runtime.v1.ImageService",
            "`mirrors` cannot be set when `config_path` is provided",
        ),
        ("version = [", "ended with exit code 1", "failed to load TOML"),
    ],
)
def test_a_pull_tells_that_there_is_nothing_to_pull_with(stage, text, error, logged):
    report = stage(files={"/etc/containerd/config.toml": text}, pulls=["hello:1"])
    assert not report.pulls[0].ok
    assert report.pulls[0].error == error
    assert logged in report.log
