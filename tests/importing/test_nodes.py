"""Nodes as they are: which of their files an import reads, and what is passed over."""

from __future__ import annotations

import io
import tarfile

import pytest

V2 = 'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n'
CERTS_D = V2 + 'config_path = "/etc/containerd/certs.d"\n'
IMPORTS = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
K3S = "mirrors:\n  docker.io: {endpoint: ['https://mirror.example.org']}\n"
MAIN = "etc/containerd/config.toml"
HUB = "etc/containerd/certs.d/docker.io/hosts.toml"


def hosts(host, more=""):
    return f'server = "https://registry-1.docker.io"\n[host."https://{host}"]\n{more}'


RIGHT, WRONG = hosts("mirror.example.org"), hosts("old.example.org")


@pytest.fixture
def on_node(here, tmp_path):
    """Runs `regspec` on the files of a node, as a folder or an archive: on_node(texts, *words)."""

    def run(texts, *words, form="folder"):
        for path, text in texts.items():
            file = tmp_path / "node" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        name = "node"
        if form == "archive":
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as archive:
                archive.add(tmp_path / "node", "")
            (tmp_path / "node.tar").write_bytes(packed.getvalue())
            name = "node.tar"
        return here(*(name if word == "NODE" else word for word in words), cwd=tmp_path)

    return run


NODES = {
    "another folder beside the one in force": (
        {MAIN: CERTS_D, HUB: RIGHT, "etc/containerd/certs.d.bak/docker.io/hosts.toml": WRONG},
        "certs.d.bak/docker.io/hosts.toml: not read: it is not in force",
    ),
    "another folder in force": (
        {
            MAIN: V2 + 'config_path = "/etc/registries"\n',
            "etc/registries/docker.io/hosts.toml": RIGHT,
        }
        | {HUB: WRONG},
        "certs.d/docker.io/hosts.toml: not read: it is not in force",
    ),
    "config_path in a fragment": (
        {MAIN: IMPORTS, "etc/containerd/conf.d/a.toml": CERTS_D, HUB: RIGHT},
        "",
    ),
    "a fragment that is not imported": (
        {MAIN: CERTS_D, HUB: RIGHT}
        | {"etc/containerd/conf.d/old.toml": V2 + 'config_path = "/etc/elsewhere"\n'},
        "conf.d/old.toml: not read: it is not in force",
    ),
    "no config_path": (
        {MAIN: "version = 2\n", HUB: RIGHT},
        "config.toml:1:1: warning[import]: `config_path` is not set: containerd does not read",
    ),
    "a config_path that was not copied": (
        {MAIN: V2 + 'config_path = "/opt/certs.d"\n', "etc/rancher/k3s/registries.yaml": K3S},
        "warning[import]: `config_path` names /opt/certs.d, which is not among the files",
    ),
    "mirrors beside a folder that nobody reads": (
        {
            MAIN: V2.replace("]\n", '.mirrors."docker.io"]\n')
            + 'endpoint = ["https://mirror.example.org"]\n'
        }
        | {HUB: WRONG},
        "certs.d/docker.io/hosts.toml: not read: it is not in force",
    ),
    "files of others": (
        {MAIN: CERTS_D, HUB: RIGHT, "etc/containerd/cri-base.json": '{"ociVersion": "1"}'}
        | {"etc/containers/policy.json": '{"default": []}', f"{HUB}.bak": WRONG}
        | {"etc/rancher/k3s/config.yaml": "token: {{ token }}\n", "etc/docker/key": "\x01["},
        "",
    ),
    "registries.yaml in another place": (
        {"etc/rancher/k3s/registries.yaml": K3S}
        | {"etc/rancher/old/registries.yaml": K3S.replace("mirror.", "old.")},
        "old/registries.yaml: not read: it is not in force on this node",
    ),
    "a drop-in of another ending": (
        {
            "etc/containers/registries.conf": '[[registry]]\nlocation = "docker.io"\n'
            '[[registry.mirror]]\nlocation = "mirror.example.org"\n'
        }
        | {"etc/containers/registries.conf.d/x.txt": '[[registry]]\nlocation = "quay.io"\n'},
        "registries.conf.d/x.txt: not read: it is not in force on this node",
    ),
}


@pytest.mark.parametrize("form", ["folder", "archive"])
@pytest.mark.parametrize("kind", NODES)
def test_what_is_in_force_is_imported(on_node, kind, form):
    texts, said = NODES[kind]
    done = on_node(texts, "import", "NODE", form=form)
    assert done.returncode == 0, done.stderr
    assert "mirror.example.org" in done.stdout
    assert "old.example.org" not in done.stdout
    assert said in done.stderr


@pytest.mark.parametrize(
    "path, text",
    [
        (HUB, "[host\n"),
        ("etc/containers/registries.conf", "[[registry\n"),
        ("etc/rancher/k3s/registries.yaml", "mirrors: {\n"),
    ],
)
def test_a_broken_file_in_force_is_an_error(on_node, path, text):
    done = on_node({MAIN: CERTS_D, path: text}, "import", "NODE")
    assert done.returncode == 2
    assert f"{path}:" in done.stderr


def test_many_unknown_files_are_counted_and_listed_on_demand(on_node):
    texts = {f"etc/containerd/certs.d/docker.io/{name}": "text" for name in "abcde"}
    done = on_node({MAIN: CERTS_D, HUB: RIGHT, **texts}, "import", "NODE")
    assert "not read: 5 files of no format that regspec reads" in done.stderr
    done = on_node({}, "import", "NODE", "--verbose")
    assert done.stderr.count("it is of no format that regspec reads") == 5


SPEC = (
    "apiVersion: regspec/v1\nkind: RegistrySpec\nregistry: {endpoint: mirror.example.org%s}\n"
    "mirrors: [{source: docker.io, path: ''}]\nfallback: allow\ntargets: [certs.d]\n"
)


@pytest.fixture
def compared(on_node, tmp_path, root):
    def run(texts, more="", form="folder"):
        ca = (root / "tests/data/certificates/chain.crt").read_text()
        (tmp_path / "ca.crt").write_text(ca)
        (tmp_path / "spec.yaml").write_text(SPEC % more)
        words = ("verify", "spec.yaml", "NODE", "--containerd", "2.1")
        return on_node(texts, *words, form=form)

    return run


def test_the_file_of_a_registry_by_itself_may_be_missing(compared):
    assert compared({MAIN: CERTS_D, HUB: RIGHT}).returncode == 0
    wildcard = {"etc/containerd/certs.d/_default/hosts.toml": RIGHT}
    assert compared(wildcard).returncode == 1


@pytest.mark.parametrize("form", ["folder", "archive"])
@pytest.mark.parametrize(
    "path, others, is_missing",
    [
        ("/etc/ssl/certs/site.pem", {}, False),
        ("/etc/site.pem", {}, False),
        ("/etc/ssl/certs/site.pem", {"etc/ssl/certs/other.pem": ""}, True),
        ("/etc/containerd/certs.d/site.pem", {}, True),
    ],
)
def test_a_ca_outside_of_the_copy_is_not_compared(compared, path, others, is_missing, form):
    with_ca = f'ca = "{path}"\n'
    texts = {MAIN: CERTS_D, HUB: hosts("mirror.example.org", with_ca), **others}
    own = f'server = "https://mirror.example.org"\n{with_ca}'
    texts |= {"etc/containerd/certs.d/mirror.example.org/hosts.toml": own}
    done = compared(texts, ", caCert: {file: ca.crt}", form)
    assert done.returncode == is_missing
    assert ("a file that is missing" in done.stdout) == is_missing
    assert (f"its file `{path}` is not in the copy of the node" in done.stderr) != is_missing


def test_a_fragment_that_is_not_imported_is_the_cause(compared):
    done = compared({MAIN: "version = 2\n", "etc/containerd/conf.d/a.toml": CERTS_D, HUB: RIGHT})
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert "`imports` does not name /etc/containerd/conf.d/a.toml" in line


def test_a_node_without_a_known_runtime_is_not_explained(on_node):
    done = on_node({"var/snap/microk8s/x": K3S}, "explain", "--node", "NODE", "nginx:1")
    assert done.returncode == 2
    assert "it has var/snap/microk8s" in done.stderr


@pytest.mark.parametrize("name", [".gitignore", "LICENSE", "install.sh", "x.yaml.bak", "t.yaml"])
def test_a_file_of_others_in_a_folder_is_no_difference(here, tmp_path, name):
    (tmp_path / "repo").mkdir()
    (tmp_path / "spec.yaml").write_text(SPEC.replace("certs.d", "k3s") % "")
    (tmp_path / "repo/registries.yaml").write_text(K3S)
    (tmp_path / "repo" / name).write_text("#!/bin/sh\nx: [ {{ .Values }}\n")
    assert here("verify", "spec.yaml", "repo", cwd=tmp_path).returncode == 0
    assert here("import", "repo", cwd=tmp_path).returncode == 0
