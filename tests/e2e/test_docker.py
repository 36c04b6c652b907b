"""dockerd, with what target `docker` writes: what it asks the mirror, and when the upstream."""

from __future__ import annotations

import base64
import json

import pytest

HARBOR = "https://harbor.example.test"
LOGIN = ("robot$airgap", "s3cret")
HELLO, MISSING = "library/hello", "library/missing"
PULL = ["docker", "pull"]
HUB = {"source": "docker.io", "path": ""}


@pytest.fixture
def daemon(compiled):
    """The files of /etc/docker: daemon(**registry) compiles them; `mirrors` are of docker.io."""

    def files(*, mirrors=(HUB,), endpoint="harbor.example.test", **registry):
        spec = {
            "registry": {"endpoint": endpoint, **registry},
            "mirrors": list(mirrors),
            "fallback": "allow",
            "targets": ["docker"],
        }
        return {f"/etc/{path}": text for path, text in compiled(spec).items()}

    return files


def asked(origin, repository, digest=None):
    """The requests for the manifest of an image with tag 1: first its tag, then its digest."""
    root = f"{origin}/v2/{repository}/manifests"
    if digest:
        return [f"HEAD {root}/1 -> 200", f"GET {root}/{digest} -> 200"]
    return [f"HEAD {root}/1 -> 404", f"GET {root}/1 -> 404"]


def manifests(requests):
    return [line for line in requests if "/manifests/" in line]


def test_an_image_of_docker_hub_comes_from_the_mirror(stage, daemon, authority, digest):
    report = stage(
        files=daemon(caCert=authority.ca),
        images_in_registry=[f"{HELLO}:1"],
        docker=True,
        commands=[[*PULL, "hello:1"], [*PULL, "docker.io/library/hello:1"]],
    )
    first, again = report.commands
    assert first.code == 0, first.err
    assert first.mirror[0] == f"GET {HARBOR}/v2/ -> 200"
    assert manifests(first.mirror) == asked(HARBOR, HELLO, digest("hello:1"))
    assert manifests(again.mirror) == [asked(HARBOR, HELLO, digest("hello:1"))[0]]
    assert not first.upstream + again.upstream


@pytest.mark.parametrize("status", [None, 403, 503])
def test_the_upstream_is_asked_when_the_mirror_fails(stage, daemon, authority, status):
    """As RS211 says; nothing in daemon.json forbids it."""
    command = stage(
        files=daemon(caCert=authority.ca),
        docker=True,
        commands=[[*PULL, "missing:1"]],
        mirror_status=status,
    ).commands[0]
    assert command.code != 0
    expected = asked(HARBOR, MISSING)
    if status:
        expected = [line.replace("404", str(status)) for line in expected]
    assert manifests(command.mirror) == expected
    assert manifests(command.upstream) == asked("https://registry-1.docker.io", MISSING)


def test_only_docker_hub_has_mirrors(stage, daemon, authority):
    """As RS225 says."""
    command = stage(
        files=daemon(caCert=authority.ca),
        images_in_registry=["team/app:1"],
        docker=True,
        commands=[[*PULL, "quay.io/team/app:1"]],
    ).commands[0]
    assert not command.mirror
    assert manifests(command.upstream) == asked("https://quay.io", "team/app")


@pytest.mark.parametrize("path", ["/airgap/docker.io", "/v2/airgap/docker.io"])
def test_a_mirror_below_a_path_keeps_dockerd_from_starting(stage, path):
    """As RS225 says, of this version."""
    with pytest.raises(AssertionError, match="invalid mirror: path, query, or fragment"):
        start(stage, {"registry-mirrors": [f"{HARBOR}{path}"]})


@pytest.mark.parametrize(
    "host, keys, origin, listed",
    [
        ("[fd00::5]", {"insecureSkipVerify": True}, "https://[fd00::5]:443", "fd00::5/128"),
        ("[fd00::5]", {"plainHTTP": True}, "http://[fd00::5]", "fd00::5/128"),
        (
            "[fd00::5]:5000",
            {"insecureSkipVerify": True},
            "https://[fd00::5]:5000",
            "[fd00::5]:5000",
        ),
    ],
)
def test_an_insecure_mirror_by_its_ipv6_address(  # noqa: PLR0913, PLR0917
    stage, daemon, digest, host, keys, origin, listed
):
    files = daemon(endpoint=host, **keys)
    data = json.loads(files["/etc/docker/daemon.json"])
    assert data == {"registry-mirrors": [origin], "insecure-registries": [listed]}
    command = stage(
        files=files,
        images_in_registry=[f"{HELLO}:1"],
        docker=True,
        commands=[[*PULL, "hello:1"]],
        ports={80: "http", 443: "https", 5000: "https"},
        ipv6=True,
    ).commands[0]
    assert manifests(command.mirror) == asked(origin, HELLO, digest("hello:1"))
    assert command.code == 0, command.err
    assert not command.upstream
    if listed != host:
        with pytest.raises(AssertionError, match=r"insecure registry .* is not valid"):
            start(stage, data | {"insecure-registries": [host]})


def test_a_certificate_is_checked_where_an_ipv6_address_has_no_port(stage):
    """Which is why target `docker` writes the port of such a host."""
    data = {"registry-mirrors": ["https://[fd00::5]"], "insecure-registries": ["fd00::5/128"]}
    report = stage(
        files={"/etc/docker/daemon.json": json.dumps(data)},
        images_in_registry=[f"{HELLO}:1"],
        docker=True,
        commands=[[*PULL, "hello:1"]],
        ipv6=True,
    )
    command = report.commands[0]
    assert command.mirror == ["TLS-HANDSHAKE https:// -> 0"]
    assert manifests(command.upstream) == asked("https://registry-1.docker.io", HELLO)
    assert "x509: cannot validate certificate" in report.log


@pytest.mark.parametrize("entry, checked", [("192.0.2.0/24", False), ("198.51.100.0/24", True)])
def test_a_range_takes_the_check_from_every_address_in_it(stage, entry, checked):
    """As `verify` tells of a range that a mirror is in."""
    data = {"registry-mirrors": ["https://192.0.2.2"], "insecure-registries": [entry]}
    command = stage(
        files={"/etc/docker/daemon.json": json.dumps(data)},
        images_in_registry=[f"{HELLO}:1"],
        docker=True,
        commands=[[*PULL, "hello:1"]],
    ).commands[0]
    assert bool(command.code) is checked
    assert bool(command.upstream) is checked


def start(stage, data):
    """Start dockerd with a daemon.json."""
    files = {"/etc/docker/daemon.json": json.dumps(data)}
    return stage(files=files, docker=True, commands=[["docker", "info"]]).commands[0]


def test_without_the_ca_the_mirror_is_not_asked(stage, daemon, authority):
    files = daemon(caCert=authority.ca)
    report = stage(
        files={path: text for path, text in files.items() if path.endswith(".json")},
        images_in_registry=[f"{HELLO}:1"],
        docker=True,
        commands=[[*PULL, "hello:1"]],
    )
    command = report.commands[0]
    assert command.mirror == [f"TLS-HANDSHAKE {HARBOR} -> 0"]
    assert manifests(command.upstream) == asked("https://registry-1.docker.io", HELLO)
    assert "certificate signed by unknown authority" in report.log


@pytest.mark.parametrize(
    "registry, ports, origin",
    [
        ({"insecureSkipVerify": True}, {443: "https"}, HARBOR),
        ({"plainHTTP": True}, {80: "http"}, "http://harbor.example.test"),
        (
            {"plainHTTP": True, "endpoint": "harbor.example.test:5000"},
            {5000: "http"},
            "http://harbor.example.test:5000",
        ),
    ],
)
def test_a_mirror_without_a_certificate_that_is_checked(  # noqa: PLR0913, PLR0917
    stage, daemon, digest, registry, ports, origin
):
    host = origin.partition("://")[2]
    report = stage(
        files=daemon(**registry),
        images_in_registry=[f"{HELLO}:1", "team/app:1"],
        docker=True,
        commands=[[*PULL, "hello:1"], [*PULL, f"{host}/team/app:1"]],
        ports=ports,
    )
    by_mirror, by_name = report.commands
    assert (by_mirror.code, by_name.code) == (0, 0), by_mirror.err + by_name.err
    assert manifests(by_mirror.mirror) == asked(origin, HELLO, digest("hello:1"))
    assert manifests(by_name.mirror) == asked(origin, "team/app", digest("app:1"))
    assert not by_mirror.upstream + by_name.upstream


def test_the_ca_of_a_host_with_a_port(stage, daemon, authority, digest):
    host = "nexus.example.test:8443"
    command = stage(
        files=daemon(endpoint=host, caCert=authority.ca),
        images_in_registry=[f"{HELLO}:1"],
        docker=True,
        commands=[[*PULL, "hello:1"]],
        ports={8443: "https"},
    ).commands[0]
    assert manifests(command.mirror) == asked(f"https://{host}", HELLO, digest("hello:1"))


@pytest.mark.parametrize(
    "key, image, users",
    [
        ("harbor.example.test", "hello:1", set()),
        ("harbor.example.test", "harbor.example.test/library/hello:1", {LOGIN[0]}),
        ("https://index.docker.io/v1/", "hello:1", {LOGIN[0]}),
    ],
)
def test_which_login_dockerd_sends(  # noqa: PLR0913, PLR0917
    stage, daemon, authority, key, image, users
):
    """As RS226 says: to a mirror that of Docker Hub, by its name that of the host."""
    login = base64.b64encode(":".join(LOGIN).encode()).decode()
    files = daemon(caCert=authority.ca)
    command = stage(
        files=files
        | {"/etc/docker/cli/config.json": json.dumps({"auths": {key: {"auth": login}}})},
        images_in_registry=[f"{HELLO}:1"],
        auth=LOGIN,
        docker=True,
        commands=[["docker", "--config", "/etc/docker/cli", "pull", image]],
    ).commands[0]
    assert command.users == {("harbor.example.test", user) for user in users}
    assert bool(command.code) is not bool(users), command.err
    assert bool(command.upstream) is not bool(users)


def test_a_reload_takes_a_new_file(stage, daemon, authority, digest):
    files = daemon(caCert=authority.ca)
    wanted = files["/etc/docker/daemon.json"]
    report = stage(
        files=files
        | {"/etc/docker/daemon.json": '{"debug": false}\n', "/etc/docker/new.json": wanted},
        images_in_registry=[f"{HELLO}:1"],
        docker=True,
        commands=[
            ["cp", "/etc/docker/new.json", "/etc/docker/daemon.json"],
            ["sh", "-c", 'kill -HUP "$(cat /run/stage/docker/pid)"'],
            ["sh", "-c", "until docker info | grep -q harbor; do sleep 0.1; done"],
            [*PULL, "hello:1"],
        ],
    )
    pull = report.commands[-1]
    assert manifests(pull.mirror) == asked(HARBOR, HELLO, digest("hello:1"))
    assert not pull.upstream
