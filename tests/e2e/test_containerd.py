"""containerd pulls through the mirror with what regspec compiled, and what it asks for.

The tests of `registry.mirrors` say what containerd 1.x does: 2.x takes no CA there.
"""

from __future__ import annotations

import subprocess
import tomllib

import pytest
import yaml

HARBOR = "https://harbor.example.test/v2/airgap-images"
LOGIN = ("robot$airgap", "s3cret")
CRI = "io.containerd.grpc.v1.cri"
# What is pulled, where the mirror has it, and the name that containerd tells the mirror.
IMAGES = [
    ("docker.io/library/hello:1", "docker.io/library/hello", "docker.io"),
    ("registry.k8s.io/pause:3", "registry.k8s.io/pause", "registry.k8s.io"),
    ("quay.io/a/b/c:1", "quay.io/a/b/c", "quay.io"),
    ("reg.example.test:5000/team/app:1", "reg.example.test/team/app", "reg.example.test%3A5000"),
]
STORED = [f"airgap-images/{path}:{image.rpartition(':')[2]}" for image, path, _ in IMAGES]
HELLO = IMAGES[0][0]
AT_HUB = "https://registry-1.docker.io/v2/library/hello"
MAIN = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'


@pytest.fixture
def spec(authority):
    """Makes the spec of the site, for one target."""

    def make(target: str, **options) -> dict:
        return {
            "registry": {
                "endpoint": "harbor.example.test",
                "baseContentPath": "airgap-images",
                "caCert": authority.ca,
            },
            "mirrors": [
                "docker.io",
                "docker.io/library",
                "registry.k8s.io",
                "quay.io",
                {"source": "reg.example.test:5000", "path": "reg.example.test"},
            ],
            "targets": [{"target": target, **options}],
        }

    return make


@pytest.fixture
def mirrors(compiled, spec, authority):
    """The node's files with `registry.mirrors`, of which 1.x only reads the CA."""
    version = subprocess.run(
        ["containerd", "--version"], capture_output=True, text=True, check=True
    )
    if " 1." not in version.stdout:
        pytest.skip(f"not containerd 1.x: {version.stdout.strip()}")

    def make(**options) -> dict[str, str]:
        files = compiled(spec("containerd", version="1.7", **options))
        text = files["containerd.toml"]
        return {"/etc/containerd/config.toml": text, "/etc/containerd/ca.crt": authority.ca}

    return make


@pytest.fixture
def api(mirrors):
    """`registry.mirrors` in the form that works."""
    return mirrors(endpoints="api", caFile="/etc/containerd/ca.crt", form="full")


@pytest.fixture
def certs_d(compiled, spec):
    """What target `certs.d` writes, imported by the smallest configuration."""
    files = compiled(spec("certs.d", version="1.7"))
    placed = {f"/etc/containerd/{path}": text for path, text in files.items()}
    return {"/etc/containerd/config.toml": MAIN} | placed


@pytest.fixture
def kind(compiled, spec):
    """What a node of target `kind` has: the mounted files, and its configuration as patched."""
    files = compiled(spec("kind", patches=True))
    cluster = yaml.safe_load(files.pop("kind/cluster.yaml"))
    (mount,) = cluster["nodes"][0]["extraMounts"]
    below, there = f"kind/{mount['hostPath']}/", mount["containerPath"]
    placed = {f"{there}/{path.removeprefix(below)}": text for path, text in files.items()}
    patched = "version = 2\n" + "\n".join(cluster["containerdConfigPatches"])
    return {"/etc/containerd/config.toml": patched} | placed


@pytest.fixture
def by_hand(authority):
    """hosts.toml as a person would write it."""
    files = {
        "/etc/containerd/config.toml": "version = 2\n"
        f'[plugins."{CRI}".registry]\nconfig_path = "/etc/containerd/certs.d"\n'
    }
    for folder, path in (
        ("docker.io", "docker.io"),
        ("registry.k8s.io", "registry.k8s.io"),
        ("quay.io", "quay.io"),
        ("reg.example.test_5000_", "reg.example.test"),
    ):
        files[f"/etc/containerd/certs.d/{folder}/ca.crt"] = authority.ca
        files[f"/etc/containerd/certs.d/{folder}/hosts.toml"] = (
            f'server = "{HARBOR}/{path}"\ncapabilities = ["pull", "resolve"]\n'
            'override_path = true\nca = "ca.crt"\n\n[host]\n'
        )
    return files


@pytest.fixture(params=["api", "certs_d", "kind", "by_hand"])
def node(request) -> dict[str, str]:
    """The files of a node, in each form that works."""
    return request.getfixturevalue(request.param)


def test_every_image_comes_from_the_mirror_by_tag(stage, node, digest):
    report = stage(files=node, images_in_registry=STORED, pulls=[image for image, _, _ in IMAGES])
    for pull, (image, path, namespace) in zip(report.pulls, IMAGES, strict=True):
        name = image.rpartition("/")[2]
        assert pull.ok, (pull.error, report.log)
        assert pull.mirror[:2] == [
            f"HEAD {HARBOR}/{path}/manifests/{name.partition(':')[2]}?ns={namespace} -> 200",
            f"GET {HARBOR}/{path}/manifests/{digest(name)}?ns={namespace} -> 200",
        ]
        assert_blobs(pull.mirror[2:], f"{HARBOR}/{path}", namespace)
        assert not pull.upstream


def test_every_image_comes_from_the_mirror_by_digest(stage, node, digest):
    exact = [
        f"{image.rpartition(':')[0]}@{digest(image.rpartition('/')[2])}" for image, _, _ in IMAGES
    ]
    report = stage(files=node, images_in_registry=STORED, pulls=exact)
    for pull, (_, path, namespace) in zip(report.pulls, IMAGES, strict=True):
        manifest = f"{HARBOR}/{path}/manifests/{pull.image.partition('@')[2]}?ns={namespace} -> 200"
        assert pull.ok, (pull.error, report.log)
        assert pull.mirror[:2] == [f"HEAD {manifest}", f"GET {manifest}"]
        assert_blobs(pull.mirror[2:], f"{HARBOR}/{path}", namespace)
        assert not pull.upstream


def assert_blobs(lines: list[str], base: str, namespace: str) -> None:
    """The configuration and the layer, which containerd asks for at the same time."""
    assert len(set(lines)) == len(lines) == 2
    for line in lines:
        assert line.startswith(f"GET {base}/blobs/sha256:")
        assert line.endswith(f"?ns={namespace} -> 200")


def test_a_name_without_a_registry_is_one_of_docker_io(stage, node):
    report = stage(files=node, images_in_registry=STORED, pulls=["hello:1"])
    assert report.pulls[0].ok
    assert report.pulls[0].mirror[0] == (
        f"HEAD {HARBOR}/docker.io/library/hello/manifests/1?ns=docker.io -> 200"
    )


def test_a_pull_secret_logs_in_at_the_mirror(stage, node):
    report = stage(files=node, images_in_registry=STORED, auth=LOGIN, pulls=[(HELLO, LOGIN)])
    pull = report.pulls[0]
    head = f"HEAD {HARBOR}/docker.io/library/hello/manifests/1?ns=docker.io"
    assert pull.ok, (pull.error, report.log)
    assert pull.mirror[:2] == [f"{head} -> 401", f"{head} -> 200"]
    assert pull.users == {("harbor.example.test", LOGIN[0])}
    assert not pull.upstream


def test_a_login_in_the_fragment_is_sent_to_an_ipv6_address(stage, compiled):
    registry = {"endpoint": "[fd00::5]:8443", "baseContentPath": "airgap-images"}
    registry |= {"insecureSkipVerify": True, "username": LOGIN[0], "password": LOGIN[1]}
    target = {"target": "certs.d", "credentials": "config", "systemdCgroup": True}
    texts = compiled({"registry": registry, "mirrors": ["docker.io"], "targets": [target]})
    files = {f"/etc/containerd/{path}": text for path, text in texts.items()}
    files["/etc/containerd/config.toml"] = MAIN
    report = stage(
        files=files,
        images_in_registry=STORED,
        auth=LOGIN,
        ports={8443: "https"},
        ipv6=True,
        pulls=[HELLO],
    )
    pull = report.pulls[0]
    assert pull.ok, (pull.error, report.log)
    assert pull.users == {("[fd00::5]:8443", LOGIN[0])}
    assert not pull.upstream


def test_mirrors_ask_the_upstream_when_the_mirror_fails(stage, api):
    report = stage(files=api, pulls=[HELLO], mirror_status=503, upstream_serves=True)
    pull = report.pulls[0]
    assert pull.ok
    assert {line.rpartition(" ")[2] for line in pull.mirror} == {"503"}
    assert pull.upstream[0] == f"HEAD {AT_HUB}/manifests/1 -> 200"


@pytest.mark.parametrize("form", ["certs_d", "by_hand"])
@pytest.mark.parametrize("status", [403, 404, 503])
def test_hosts_toml_never_asks_the_upstream(stage, request, form, status):
    files = request.getfixturevalue(form)
    report = stage(files=files, pulls=[HELLO], mirror_status=status, upstream_serves=True)
    pull = report.pulls[0]
    assert not pull.ok
    assert {line.rpartition(" ")[2] for line in pull.mirror} == {str(status)}
    assert not pull.upstream


@pytest.mark.parametrize("form", ["fragment", "full"])
def test_the_documented_form_misses_the_mirror_and_asks_the_upstream(stage, mirrors, form):
    report = stage(
        files=mirrors(form=form),
        images_in_registry=STORED,
        pulls=[HELLO],
        system_trusts_mirror=True,
    )
    pull = report.pulls[0]
    assert not pull.ok
    base = "https://harbor.example.test/airgap-images/docker.io"
    assert pull.mirror == [f"HEAD {base}/library/hello/manifests/1?ns=docker.io -> 404"]
    assert pull.upstream == [f"HEAD {AT_HUB}/manifests/1 -> 404"]


def test_the_documented_form_has_no_ca_for_the_mirror(stage, mirrors):
    report = stage(files=mirrors(), images_in_registry=STORED, pulls=[HELLO])
    assert report.pulls[0].mirror == ["TLS-HANDSHAKE https://harbor.example.test -> 0"]
    assert report.pulls[0].upstream == [f"HEAD {AT_HUB}/manifests/1 -> 404"]


def dumped(stage, files: dict[str, str]) -> dict:
    """What containerd makes of its configuration, in the CRI plugin."""
    words = ["containerd", "--config", "/etc/containerd/config.toml", "config", "dump"]
    command = stage(files=files, commands=[words]).commands[0]
    assert command.code == 0, command.err
    assert not command.err
    return tomllib.loads(command.out)["plugins"][CRI]


def endpoints(base: str) -> dict[str, dict[str, list[str]]]:
    """`registry.mirrors` of the site, by its sources."""
    return {
        source: {"endpoint": [f"{base}/{path}"]}
        for source, path in {
            "docker.io": "docker.io",
            "registry.k8s.io": "registry.k8s.io",
            "quay.io": "quay.io",
            "reg.example.test:5000": "reg.example.test",
        }.items()
    }


@pytest.mark.parametrize("form", ["fragment", "full"])
def test_containerd_reads_the_form_that_works_as_it_is_meant(stage, mirrors, form):
    plugin = dumped(stage, mirrors(endpoints="api", caFile="/etc/containerd/ca.crt", form=form))
    tls = {"ca_file": "/etc/containerd/ca.crt", "cert_file": "", "key_file": ""}
    assert plugin["registry"] == {
        "config_path": "",
        "auths": {},
        "configs": {"harbor.example.test": {"tls": tls | {"insecure_skip_verify": False}}},
        "headers": {},
        "mirrors": endpoints(HARBOR),
    }
    assert runc(plugin)["SystemdCgroup"] is (form == "full")


@pytest.mark.parametrize("form", ["fragment", "full"])
def test_containerd_reads_the_documented_form_as_it_is_meant(stage, mirrors, form):
    plugin = dumped(stage, mirrors(form=form))
    base = "harbor.example.test/airgap-images"
    library = {"docker.io/library": {"endpoint": [f"{base}/docker.io/library"]}}
    assert plugin["registry"]["mirrors"] == endpoints(base) | library
    assert not plugin["registry"]["configs"]
    assert runc(plugin)["SystemdCgroup"] is (form == "full")


def runc(plugin: dict) -> dict:
    """The options of the runtime that the node's containers run with."""
    return plugin["containerd"]["runtimes"]["runc"]["options"]


def test_containerd_imports_the_fragment_of_certs_d(stage, certs_d):
    registry = dumped(stage, certs_d)["registry"]
    assert registry["config_path"] == "/etc/containerd/certs.d"
    assert not registry["mirrors"]
