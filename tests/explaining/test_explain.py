"""`regspec explain`: what it says of specs and of nodes, and how fast."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest
from regspec import pipeline
from regspec.explaining import explain
from regspec.images import Unreadable, named_in
from regspec.sources import FolderReader

HOSTS = 'server = "https://m.example.org/v2/base"\noverride_path = true\n[host]\n'
CONFIG = "etc__containerd__config.toml"
MAIN = 'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n'


@pytest.fixture
def node(tmp_path):
    """Makes a copy of a node's root of texts by their paths."""

    def make(**texts):
        for path, text in texts.items():
            file = tmp_path / "node" / path.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path / "node"

    return make


def rows(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_documented_example_tells_the_truth(regspec, root):
    done = regspec("explain", "examples/harbor-airgap.yaml", "nginx:1.25", cwd=root)
    assert done.returncode == 1
    assert done.stdout == (
        "nginx:1.25  (docker.io/library/nginx:1.25)\n"
        "  image-swap (values, secret): wrong path\n"
        "    becomes harbor.example.org/airgap-images/docker.io/nginx:1.25\n"
        "    1. https://harbor.example.org/v2/airgap-images/docker.io/nginx/manifests/1.25\n"
        "  containerd 1.6, 1.7, 2.0, 2.1, 2.2, 2.3, 2.4 (containerd): wrong path\n"
        "    1. https://harbor.example.org/airgap-images/docker.io/library/nginx/manifests/1.25"
        "?ns=docker.io  (because of /etc/containerd/config.toml)\n"
        "    2. https://registry-1.docker.io/v2/library/nginx/manifests/1.25  (the upstream)\n"
        "  they do not agree on where the image is\n\n"
    )


def test_json_is_one_object_a_line(regspec, root):
    words = ("nginx:1.25", "--format", "json", "--containerd", "1.6.20", "--target", "containerd")
    done = regspec("explain", "examples/harbor-airgap.yaml", *words, cwd=root)
    assert rows(done) == [
        {
            "image": "nginx:1.25",
            "runtime": "containerd",
            "target": "containerd",
            "version": "1.6.20",
            "loads": True,
            "reason": None,
            "verdict": "wrong path",
            "attempts": [
                {
                    "url": "https://harbor.example.org/airgap-images/docker.io/library/nginx"
                    "/manifests/1.25?ns=docker.io",
                    "upstream": False,
                    "file": "/etc/containerd/config.toml",
                },
                {
                    "url": "https://registry-1.docker.io/v2/library/nginx/manifests/1.25",
                    "upstream": True,
                    "file": None,
                },
            ],
        }
    ]


@pytest.mark.parametrize(
    "target, fallback, verdict, code",
    [
        ("certs.d", "deny", "mirror", 0),
        ("certs.d", "allow", "mirror, then upstream", 1),
        ("registries.conf", "deny", "mirror", 0),
        ("registries.conf", "allow", "mirror, then upstream", 1),
        ("openshift", "deny", "mirror", 0),
        ("openshift", "allow", "mirror, then upstream", 1),
        ("k3s", "deny", "mirror, then upstream", 1),
        ("talos", "deny", "mirror", 0),
        ("talos", "allow", "mirror, then upstream", 1),
        ('{target: talos, version: "1.13"}', "deny", "mirror", 0),
        ('{target: talos, version: "1.8"}', "deny", "mirror, then upstream", 1),
        ("buildkit", "deny", "mirror, then upstream", 1),
        ("imageswap", "deny", "mirror", 0),
        ("secret", "deny", "mirror", 0),
        ("{target: containerd, endpoints: api}", "deny", "mirror, then upstream", 1),
        ("containerd", "deny", "wrong path", 1),
    ],
)
def test_verdicts(  # noqa: PLR0913, PLR0917
    regspec, head, tmp_path, target, fallback, verdict, code
):
    spec = (
        f"{head}registry: {{endpoint: m.example.org, baseContentPath: b}}\n"
        f"mirrors: [docker.io, docker.io/library, quay.io]\nfallback: {fallback}\n"
        f"targets: [{target}]\n"
    )
    words = ("explain", "-", "quay.io/a/b:1", "docker.io/library/nginx", "--format", "json")
    done = regspec(*words, cwd=tmp_path, input=spec)
    assert {row["verdict"] for row in rows(done)} == {verdict}, done.stderr
    assert done.returncode == code
    accepted = regspec(*words, "--allow-upstream", cwd=tmp_path, input=spec)
    assert accepted.returncode == (1 if verdict == "wrong path" else 0)
    other = regspec("explain", "-", "ghcr.io/x:1", "--format", "json", cwd=tmp_path, input=spec)
    assert {row["verdict"] for row in rows(other)} == {"upstream"}
    itself = regspec("explain", "-", "m.example.org/x:1", cwd=tmp_path, input=spec)
    assert itself.returncode == 0, itself.stdout


@pytest.mark.parametrize(
    "keys, mirrors, beside",
    [
        ("caCert: {file: ca.crt}", "quay.io", "login of FILE; CA of /etc/rancher/k3s/ca/H.crt"),
        ("insecureSkipVerify: true", "quay.io", "login of FILE; certificate not checked"),
        ("plainHTTP: true", "quay.io", "login of FILE"),
        (
            "insecureSkipVerify: true",
            '{source: "*", path: all}',
            "login of FILE; certificate not checked",
        ),
    ],
)
def test_how_k3s_asks_a_host_by_its_own_name(  # noqa: PLR0913, PLR0917
    regspec, head, root, tmp_path, keys, mirrors, beside
):
    """With what registries.yaml has for the host of a mirror, as for an image by that mirror."""
    (tmp_path / "ca.crt").write_bytes((root / "examples/ca.crt").read_bytes())
    registry = f"{{endpoint: m.example.org, username: u, password: p, {keys}}}"
    spec = f"{head}registry: {registry}\nmirrors: [{mirrors}]\ntargets: [k3s]\n"
    done = regspec("explain", "-", "m.example.org/a:1", cwd=tmp_path, input=spec)
    said = beside.replace("FILE", "/etc/rancher/k3s/registries.yaml").replace("H", "m.example.org")
    assert "because of /etc/rancher/k3s/registries.yaml; " + said + ")" in done.stdout
    done = regspec("explain", "-", "ghcr.io/a:1", "--format", "json", cwd=tmp_path, input=spec)
    files = [one["file"] for row in rows(done) for one in row["attempts"] if one["upstream"]]
    assert files == [None]


@pytest.mark.parametrize(
    "options, wanted, verdicts",
    [
        ('version: "1.7"', (), {"1.7": "upstream"}),
        ('version: "1.7.27"', (), {"1.7.27": "upstream"}),
        ('version: "1.7", patches: true', (), {"1.7": "mirror"}),
        ('version: "1.7", credentials: config', (), {"1.7": "mirror"}),
        ('version: "2.0"', (), {"2.0": "mirror"}),
        ('version: "2.0"', ("--containerd", "1.6.20"), {"1.6.20": "upstream"}),
        ("out: k", ("--containerd", "v1.7"), {"v1.7": "upstream"}),
        ("out: k", ("--containerd", "2.3"), {"2.3": "mirror"}),
    ],
)
def test_a_node_image_of_kind(  # noqa: PLR0913, PLR0917
    regspec, head, tmp_path, options, wanted, verdicts
):
    """Those with containerd 1.x set no `config_path`."""
    spec = (
        f"{head}registry: {{endpoint: m.example.org, username: u, password: p}}\n"
        f"mirrors: [quay.io]\ntargets: [{{target: kind, {options}}}]\n"
    )
    words = ("explain", "-", "quay.io/a:1", "--format", "json", *wanted)
    done = regspec(*words, cwd=tmp_path, input=spec)
    assert {row["version"]: row["verdict"] for row in rows(done)} == verdicts


def test_an_insecure_mirror_of_dockerd_by_its_ipv6_address(regspec, head, tmp_path):
    spec = (
        f'{head}registry: {{endpoint: "[fd00::5]", insecureSkipVerify: true}}\n'
        'mirrors: [{source: docker.io, path: ""}]\ntargets: [docker, certs.d]\n'
    )
    words = ("explain", "-", "nginx", "--containerd", "2.3")
    done = regspec(*words, "--allow-upstream", cwd=tmp_path, input=spec)
    assert done.returncode == 0, done.stdout
    asked = "https://[fd00::5]:443/v2/library/nginx/manifests/latest"
    beside = "(because of /etc/docker/daemon.json; certificate not checked)"
    assert f"dockerd (docker): mirror, then upstream\n    1. {asked}  {beside}" in done.stdout
    assert "they do not agree" not in done.stdout


def test_the_version_that_a_target_says_is_used(regspec, head, tmp_path):
    spec = (
        f"{head}registry: {{endpoint: m.example.org}}\nmirrors: [quay.io]\n"
        'targets: [{target: certs.d, version: "2.1", configPath: /opt/certs, out: x}]\n'
    )
    words = ("explain", "-", "quay.io/a:1", "--format", "json")
    (row,) = rows(regspec(*words, cwd=tmp_path, input=spec))
    assert (row["version"], row["verdict"]) == ("2.1", "mirror")
    assert row["attempts"][0]["file"] == "/opt/certs/quay.io/hosts.toml"
    (row,) = rows(regspec(*words, "--containerd", "1.7.34", cwd=tmp_path, input=spec))
    assert row["version"] == "1.7.34"


def test_no_login_is_looked_up(regspec, head, tmp_path):
    spec = (
        f"{head}registry: {{endpoint: m.example.org, username: hunter2, password: {{env: P}}}}\n"
        "mirrors: [quay.io]\ntargets: [{target: certs.d, credentials: config}, k3s]\n"
    )
    for form in ("text", "json"):
        done = regspec("explain", "-", "quay.io/a", "--format", form, cwd=tmp_path, input=spec)
        assert "hunter2" not in done.stdout + done.stderr
        assert "mirror" in done.stdout


@pytest.mark.parametrize(
    "texts, version, verdict, said",
    [
        ({}, "1.7", "upstream", "config.toml is missing"),
        ({CONFIG: "version = "}, "2.1", "not loaded", "is not TOML"),
        ({CONFIG: "version = 3\n"}, "1.7", "not loaded", "unsupported"),
        (
            {CONFIG: MAIN + 'config_path = "/c"\nmirrors.a.endpoint = ["b"]\n'},
            "2.1",
            "not loaded",
            "cannot be set",
        ),
        (
            {
                CONFIG: MAIN + 'config_path = "/c"\n',
                "c__quay.io__hosts.toml": HOSTS,
            },
            "2.1",
            "mirror",
            "because of /c/quay.io/hosts.toml",
        ),
        (
            {
                CONFIG: MAIN + 'config_path = "/c"\n',
                "c__quay.io__hosts.toml": HOSTS + "x",
            },
            "1.7",
            "upstream",
            "hosts.toml is ignored: it is not TOML",
        ),
        (
            {
                CONFIG: MAIN + 'config_path = "/c"\n',
                "c__quay.io__hosts.toml": 'ca = "ca.crt"\n' + HOSTS,
            },
            "2.1",
            "none",
            "/c/quay.io/ca.crt is missing",
        ),
        (
            {
                CONFIG: MAIN + 'config_path = "/c:/d"\n',
                "d__quay.io__hosts.toml": HOSTS,
            },
            "2.1",
            "upstream",
            "taken for one folder",
        ),
        (
            {CONFIG: MAIN + 'mirrors."*".endpoint = ["m.example.org"]\n'},
            "2.1",
            "mirror, then upstream",
            "https://m.example.org/v2/a/manifests/1?ns=quay.io",
        ),
    ],
)
def test_a_node(regspec, node, tmp_path, texts, version, verdict, said):  # noqa: PLR0913, PLR0917
    folder = node(**texts) if texts else tmp_path
    (tmp_path / "etc/containerd").mkdir(parents=True, exist_ok=True)
    words = ("explain", "--node", folder, "quay.io/a:1", "--containerd", version)
    done = regspec(*words, cwd=tmp_path)
    assert f"containerd {version}: {verdict}\n" in done.stdout
    assert said in done.stdout
    assert done.returncode == (0 if verdict == "mirror" else 1)
    (row,) = rows(regspec(*words, "--format", "json", cwd=tmp_path))
    assert (row["target"], row["verdict"], row["runtime"]) == (None, verdict, "containerd")


def test_links_of_a_node_stay_inside_it(regspec, node, tmp_path):
    folder = node(**{CONFIG: MAIN + 'config_path = "/etc/c"\n'})
    (folder / "etc/c").symlink_to("/data/../data/c")
    (folder / "data/c/quay.io").mkdir(parents=True)
    (folder / "data/c/quay.io/hosts.toml").symlink_to("../../../../../../data/hosts.toml")
    (folder / "data/hosts.toml").write_text(HOSTS)
    (tmp_path / "hosts.toml").write_text("x")
    words = ("explain", "--node", folder, "quay.io/a:1", "--containerd", "2.3")
    assert regspec(*words, cwd=tmp_path).returncode == 0
    (folder / "data/hosts.toml").unlink()
    (folder / "data/hosts.toml").symlink_to("hosts.toml")
    assert regspec(*words, cwd=tmp_path).returncode == 1


def test_images_come_from_lists_and_manifests(regspec, root, tmp_path):
    (tmp_path / "list").write_text("# bundle\n\nnginx\nquay.io/a:1\nnginx\n")
    (tmp_path / "pods.yaml").write_text(
        "kind: Pod\nspec:\n  initContainers: [{image: ghcr.io/i:1}]\n"
        "  containers:\n  - image: redis\n  ephemeralContainers: [{image: e:2}]\n---\n"
        '{"spec": {"template": {"spec": {"containers": [{"image": "j:3"}]}}}}\n'
    )
    example = root / "examples/harbor-airgap.yaml"
    words = ("explain", example, "own:1", "-i", "list", "-i", "-", "--format", "json")
    text = (tmp_path / "pods.yaml").read_text()
    done = regspec(*words, "--containerd", "1.7", cwd=tmp_path, input=text)
    images = list(dict.fromkeys(row["image"] for row in rows(done)))
    assert images == ["own:1", "nginx", "quay.io/a:1", "ghcr.io/i:1", "redis", "e:2", "j:3"]


def test_texts_that_name_images():
    assert named_in("a\nb:1\n") == ["a", "b:1"]
    assert named_in("image: a\nother: {image: b, images: [c]}\n") == ["a", "b"]
    assert named_in("x: {imageName: a}\n", ("image", "imageName")) == ["a"]
    assert named_in("") == []
    with pytest.raises(Unreadable, match="line 2"):
        named_in("a: b\n c: : d\n")


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "SPEC"),
        (["spec.yaml"], "name an IMAGE"),
        (["spec.yaml", "nginx", "--containerd", "new"], "is not a known version"),
        (["-", "nginx", "-i", "-"], "once"),
        (["spec.yaml", "nginx", "-t", "pull-secret"], "no target of the spec is for a runtime"),
        (["none.yaml", "nginx"], "none.yaml"),
    ],
)
def test_wrong_usage(regspec, smallest, tmp_path, words, said):
    (tmp_path / "spec.yaml").write_text(smallest.replace("org}", "org, username: a, password: b}"))
    done = regspec("explain", *words, cwd=tmp_path, input=smallest)
    assert done.returncode == 2
    assert said in done.stderr


def test_what_is_no_image_is_told_and_the_others_are_explained(regspec, smallest, tmp_path):
    words = ("explain", "-", "A:1", "nginx", "-t", "imageswap")
    done = regspec(*words, cwd=tmp_path, input=smallest)
    assert done.returncode == 1
    assert "error: A:1 is not an image reference" in done.stderr
    assert "nginx  (" in done.stdout


def test_an_error_of_the_spec_is_told(regspec, smallest, tmp_path):
    done = regspec(
        "explain", "-", "nginx", cwd=tmp_path, input=smallest.replace("ends", "x: [") + "x: 1\n"
    )
    assert done.returncode == 1
    assert "error[schema]: unknown key `x`" in done.stderr
    assert done.stdout == ""


def test_many_images_and_mirrors_are_quick(tmp_path):
    """10,000 images against 1,000 mirrors, one runtime and version: linear, and never slow."""

    def seconds(images, mirrors, target):
        spec = {
            "apiVersion": "regspec/v1",
            "kind": "RegistrySpec",
            "registry": {"endpoint": "m.example.org"},
            "mirrors": [f"r{number}.example.net" for number in range(mirrors)],
            "targets": [target],
        }
        explained = pipeline.explain_spec(
            json.dumps(spec).encode(), targets=(), environment={}, read_file=FolderReader(tmp_path)
        )
        names = [f"r{number % mirrors}.example.net/team/app-{number}:1" for number in range(images)]
        begun = time.process_time()
        found = list(
            explain.of_spec(explained.spec, explained.artifacts, names, {"containerd": ("2.3",)})
        )
        taken = time.process_time() - begun
        assert len(found) == images
        assert {row.verdict for row in found} <= {"mirror", "mirror, then upstream"}
        return taken

    for target in ("certs.d", {"target": "containerd", "endpoints": "api"}, "registries.conf"):
        few = min(seconds(1000, 100, target) for _ in range(3))
        many = min(seconds(10_000, 1000, target) for _ in range(2))
        assert many < 5  # seconds: about ten times what it takes
        assert many < 30 * few  # ten times the images; quadratic would be a hundred


def test_what_no_registry_of_a_node_can_break(regspec, node, tmp_path):
    """Files that are none, and texts beyond reason, are answers and no crashes."""
    folder = node(**{"etc__containerd__config.toml__x": ""})
    words = ("explain", "--node", folder, "quay.io/a:1", "--containerd", "2.3")
    assert "not loaded" in regspec(*words, cwd=tmp_path).stdout
    for text in (
        "x = " + "[" * 3000,
        "x = " + "9" * 5000,
        'imports = ["/a\\u0000b"]\n',
        "\0",
        "é" * 9,
    ):
        folder = node(**{f"{CONFIG}2": text})
        (folder / "etc/containerd/config.toml2").replace(folder / "etc/containerd/c.toml")
        shutil.rmtree(folder / "etc/containerd/config.toml", ignore_errors=True)
        (folder / "etc/containerd/c.toml").replace(folder / "etc/containerd/config.toml")
        done = regspec(*words, cwd=tmp_path)
        assert done.returncode == 1
        assert "not loaded" in done.stdout, text[:20]


def test_a_part_of_a_node_is_read_as_one(regspec, node, tmp_path):
    folder = node(**{CONFIG: MAIN})
    whole = regspec("explain", "--node", folder, "quay.io/a", cwd=tmp_path)
    assert "containerd 1.6" in whole.stdout
    for part in (folder / "etc", folder / "etc/containerd"):
        done = regspec("explain", "--node", part, "quay.io/a", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (whole.returncode, whole.stdout)
    (tmp_path / "spec.yaml").write_text("")
    done = regspec("explain", "--node", folder, "spec.yaml", "nginx", cwd=tmp_path)
    assert done.returncode == 2
    assert "--spec spec.yaml" in done.stderr


def test_an_insecure_mirror_is_asked_by_both_schemes(regspec, head, tmp_path):
    spec = (
        f"{head}registry: {{endpoint: m.example.org, plainHTTP: true}}\nmirrors: [quay.io]\n"
        "targets: [registries.conf, k3s]\n"
    )
    done = regspec("explain", "-", "quay.io/a", "m.example.org/b", cwd=tmp_path, input=spec)
    assert "1. https://m.example.org/v2/quay.io/a/manifests/latest" in done.stdout
    assert "2. http://m.example.org/v2/quay.io/a/manifests/latest" in done.stdout
    assert "1. http://m.example.org/v2/b/manifests/latest" in done.stdout
    assert "the registry that it names" in done.stdout
    assert "they do not agree" not in done.stdout  # by http or by https, it is one place


def test_a_webhook_says_nothing_of_the_scheme(regspec, head, tmp_path):
    """How the node connects to what the webhook has written is up to the node's own files."""
    spec = (
        f"{head}registry: {{endpoint: m.example.org, plainHTTP: true}}\nmirrors: [quay.io]\n"
        "targets: [imageswap, k3s]\n"
    )
    done = regspec("explain", "-", "quay.io/a:1", cwd=tmp_path, input=spec)
    assert "1. https://m.example.org/v2/quay.io/a/manifests/1\n" in done.stdout
    assert "1. http://m.example.org/v2/quay.io/a/manifests/1?ns=quay.io" in done.stdout
    assert "they do not agree" not in done.stdout


def test_a_pipe_where_a_folder_should_be_is_there(regspec, tmp_path):
    (tmp_path / "etc").mkdir()
    os.mkfifo(tmp_path / "etc/containerd")
    done = regspec("explain", "--node", tmp_path, "nginx", cwd=tmp_path)
    assert "/etc/containerd/certs.d:/etc/docker/certs.d is not a folder" in done.stdout
