"""The runbook: what it says is text and safe commands, and the commands do what it says.

The commands are run as they stand, by bash, with the real kubectl against the few paths of the
Kubernetes API that it needs, and with the real tar; `ssh NODE sudo` leads into a folder.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from regspec import markdown, pipeline

PASSWORD = "Hunter2Kx7Zq"
USER = "puller9Wy"
NASTY = "`~$\\'\"|&;<>()[]{}*?!#-_=+,.:@% \t\n\x1b\x07\x9b\u2028\u202e\u0301Xé名/"
nasty = st.text(
    st.sampled_from(NASTY) | st.characters(codec="utf-8", max_codepoint=0xFFFF),
    min_size=1,
    max_size=30,
)
# What the schema lets through as a path below the output folder, and on a node.
outs = nasty.map(
    lambda text: "".join(c for c in text if c.isprintable() and c not in "/\\").strip(". ") or "x"
)
node_paths = outs.map(lambda text: "/" + (text.replace(":", "") or "x"))


def compiled(targets, name="site", **registry):
    """The artifacts of a spec, by their paths."""
    spec = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {
            "endpoint": "harbor.example.org",
            "name": name,
            "username": USER,
            "password": PASSWORD,
            **registry,
        },
        "mirrors": [
            {"source": "docker.io", "path": ""},
            {"source": "docker.io/library", "path": "library"},
        ],
        "images": ["nginx:1.25"],
        "targets": targets,
    }
    result = pipeline.compile_spec(
        json.dumps(spec).encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    assert result.artifacts, result.diagnostics
    return {artifact.path: artifact.text for artifact in result.artifacts}


def blocks(text, language="sh"):
    """What the fences of a language hold, as a Markdown parser finds them."""
    return [t.content for t in MarkdownIt().parse(text) if t.type == "fence" and t.info == language]


def everything(out, folder):
    """Every target that the runbook tells of, each with a name of its own."""
    single = ("values", "secret", "palette", "copy-list", "imageswap", "pull-secret", "containerd")
    single += ("talos", "regsync")
    targets = [{"target": name, "out": f"{number}{out}"} for number, name in enumerate(single)]
    several = ("k3s", "registries.conf", "openshift")
    several = ("k3s", "registries.conf", "docker", "buildkit")
    targets += [{"target": name, "out": f"{name}-{out}"} for name in several]
    targets[6] |= {"endpoints": "api", "form": "full", "version": "1.7", "caFile": folder}
    targets[0]["out"] = out
    certs_d = {"target": "certs.d", "version": "2.1", "configPath": folder, "out": f"-{out}"}
    return [*targets, certs_d, "runbook"]


PLAIN = compiled(everything("x", "/srv/x"))["RUNBOOK.md"]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=nasty, out=outs, folder=node_paths)
@example(name="```\n# x", out="```", folder="/``")
@example(name="\x1b[31m<script>", out="$(id)`id`", folder="/$(id)")
@example(name="a`", out="-", folder="/-rf")
@example(name="]( x", out="a,b\"c'd", folder="/it's")
@example(name="x", out="\u202ea", folder="/\u0301")
def test_no_value_is_more_than_text(name, out, folder):
    text = compiled(everything(out, folder), name)["RUNBOOK.md"]

    assert PASSWORD not in text
    assert USER not in text
    assert base64.b64encode(PASSWORD.encode()).decode() not in text
    assert not re.search(
        "[^\n -~]", re.sub(r"[^\x00-\x7f]", lambda c: "x" * c[0].isprintable(), text)
    )
    # The same Markdown as with plain values: no heading, link, HTML or block more or less.
    assert shape(text) == shape(PLAIN)
    for block, plain in zip(blocks(text), blocks(PLAIN), strict=True):
        assert block.count("\n") == plain.count("\n")
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)


def shape(text):
    """The kinds of all that a Markdown parser finds, inline as well."""
    found = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        found.append((token.type, token.tag, token.info))
        found += [(child.type, child.tag) for child in token.children or ()]
    return found


@settings(max_examples=60, deadline=None)
@given(text=nasty.map(lambda text: text.replace("\0", "x")))
@example(text="\x1b]0;x\x07")
@example(text="-n")
def test_a_word_of_a_shell_is_that_word(text):
    word = markdown.shell_word(text)
    assert word.isprintable()
    done = subprocess.run(
        ["bash", "-c", f"printf %s {word}"],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    assert done.stdout == text.encode()


@settings(max_examples=30, deadline=None)
@given(text=outs)
@example(text="-it's $HOME")
def test_a_path_passes_two_shells_as_ssh_has_them(text):
    outer = subprocess.run(
        ["bash", "-c", f"printf %s {markdown.remote_path(text)}"], capture_output=True, check=True
    ).stdout
    inner = subprocess.run(
        ["bash", "-c", b"printf %s " + outer], capture_output=True, check=True
    ).stdout.decode()
    assert inner == (f"./{text}" if text.startswith("-") else text)


@settings(max_examples=200)
@given(text=nasty)
@example(text="`")
@example(text=" `` ")
def test_inline_code_is_the_text_and_nothing_else(text):
    (paragraph,) = [t for t in MarkdownIt().parse(f"x {markdown.code_span(text)} y") if t.children]
    assert [child.type for child in paragraph.children] == ["text", "code_inline", "text"]
    shown = paragraph.children[1].content
    assert shown.isprintable()
    assert not text.isprintable() or shown == text


@pytest.mark.parametrize(
    "targets, said",
    [
        (["values", "secret", "runbook"], "**airgap**"),
        (["secret", "runbook"], "**connected**"),
        (["certs.d", "runbook"], "Neither `values` nor `secret`"),
        (["runbook"], "None but this one"),
    ],
)
def test_it_tells_of_the_targets_that_are_chosen(targets, said):
    text = compiled(targets)["RUNBOOK.md"]
    assert said in text
    assert ("helm upgrade" in text) is ("values" in targets)
    assert ("kubectl create --filename registry-secret.yaml" in text) is ("secret" in targets)
    assert ("/etc/containerd/certs.d" in text) is ("certs.d" in targets)


def test_targets_of_the_command_line_are_told_of(regspec, tmp_path, smallest):
    one = regspec("compile", "-", "-t", "runbook", "--stdout", cwd=tmp_path, input=smallest)
    assert "**airgap**" in one.stdout, "alone, it tells of those of the spec"
    two = regspec("compile", "-", "-t", "runbook", "-t", "k3s", cwd=tmp_path, input=smallest)
    assert two.returncode == 0
    text = (tmp_path / "out/RUNBOOK.md").read_text()
    assert "/etc/rancher/k3s" in text
    assert "helm upgrade" not in text


# --- what the commands do ---

CONFIG_API = "config.openshift.io/v1"


def resources(namespaced, **kinds):
    """What the API says of resources: their names and kinds."""
    return [
        {"name": name, "kind": kind, "namespaced": namespaced, "singularName": kind.lower()}
        | {"verbs": ["create", "get", "list", "patch", "update"]}
        for name, kind in kinds.items()
    ]


RESOURCES = resources(namespaced=False, namespaces="Namespace")
RESOURCES += resources(namespaced=True, secrets="Secret", configmaps="ConfigMap")
OF_OPENSHIFT = resources(
    namespaced=False,
    images="Image",
    imagedigestmirrorsets="ImageDigestMirrorSet",
    imagetagmirrorsets="ImageTagMirrorSet",
)
VERSION = {"groupVersion": CONFIG_API, "version": "v1"}
GROUP = {"name": "config.openshift.io", "versions": [VERSION], "preferredVersion": VERSION}


class Api(http.server.BaseHTTPRequestHandler):
    """So much of the API that kubectl can create, apply and get: objects by their paths."""

    protocol_version = "HTTP/1.1"
    known: dict

    def log_message(self, *_words):
        pass

    def answer(self, data, code=200, kind="application/json"):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def status(self, reason, code):
        said = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        self.answer({**said, "reason": reason, "message": reason, "code": code}, code)

    def body(self):
        # Documents of the server-side apply are YAML, of which JSON is a part.
        return yaml.safe_load(self.rfile.read(int(self.headers["Content-Length"])))

    def keep(self, path, sent):
        data = sent.setdefault("data", {}) if sent["kind"] == "Secret" else {}
        for key, value in sent.pop("stringData", {}).items():
            data[key] = base64.b64encode(value.encode()).decode()
        sent["metadata"] |= {"resourceVersion": "1", "uid": "u"}
        self.known[path] = sent
        return sent

    def do_GET(self):
        path = self.path.partition("?")[0]
        found = {
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [GROUP]},
            f"/apis/{CONFIG_API}": {
                "kind": "APIResourceList",
                "groupVersion": CONFIG_API,
                "resources": OF_OPENSHIFT,
            },
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": RESOURCES},
            "/openapi/v3": {"paths": {}},
        }
        if path == "/openapi/v2":  # an empty document, in protobuf
            self.answer(b"", kind="application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
        elif path in found or path in self.known:
            self.answer({**found, **self.known}[path])
        else:
            self.status("NotFound", 404)

    def do_POST(self):
        sent = self.body()
        path = f"{self.path.partition('?')[0]}/{sent['metadata']['name']}"
        if path in self.known:
            self.status("AlreadyExists", 409)
        else:
            self.answer(self.keep(path, sent), 201)

    def do_PATCH(self):
        assert self.headers["Content-Type"] == "application/apply-patch+yaml"
        self.answer(self.keep(self.path.partition("?")[0], self.body()))


@pytest.fixture
def cluster(tmp_path):
    """An API server, its objects by their paths, and the environment in which kubectl asks it."""
    known = {}
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Known", (Api,), {"known": known})
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    where = {"server": f"http://127.0.0.1:{server.server_port}"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": where}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": ""}}],
        "current-context": "c",
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    yield known, {"KUBECONFIG": str(tmp_path / "kubeconfig"), "HOME": str(tmp_path)}
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(tmp_path):
    """Runs a block with bash in the folder of the files; `regspec` is the one under test."""
    programs = tmp_path / "programs"
    programs.mkdir()
    stands = {
        "regspec": f'exec {shlex.quote(sys.executable)} -m regspec "$@"',
        # ssh hands its words to a shell; the root of the node is a folder.
        "ssh": 'shift; exec sh -c "$*"',
        "sudo": f"""
            node={shlex.quote(str(tmp_path / "node"))}
            for word do
              shift; case $word in /*) word=$node$word ;; esac; set -- "$@" "$word"
            done
            [ "$1" = systemctl ] || exec "$@" """,
    }
    for name, lines in stands.items():
        (programs / name).write_text(f"#!/bin/sh\n{lines}\n")
        (programs / name).chmod(0o755)

    def run(block, env=None):
        base = {"PATH": f"{programs}:{os.environ['PATH']}", "REGISTRY_PASSWORD": PASSWORD}
        head = "set -eu -o pipefail\nSPEC=../registry.yaml NODE=node-1\n"
        return subprocess.run(
            ["bash", "-c", head + block],
            cwd=tmp_path / "out",
            env=base | (env or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


SITE = """apiVersion: regspec/v1
kind: RegistrySpec
registry:
  endpoint: harbor.example.org
  username: puller9Wy
  password: {{env: REGISTRY_PASSWORD}}
mirrors: [docker.io, docker.io/library]
targets: {targets}
"""


def site(regspec, tmp_path, targets, spec=SITE):
    """Compile a spec beside out/, as its author would; the blocks of its runbook."""
    (tmp_path / "registry.yaml").write_text(spec.format(targets=json.dumps([*targets, "runbook"])))
    done = regspec("compile", "registry.yaml", cwd=tmp_path, env={"REGISTRY_PASSWORD": PASSWORD})
    assert done.returncode == 0, done.stderr
    return (tmp_path / "out/RUNBOOK.md").read_text()


def block_with(text, words):
    (found,) = [block for block in blocks(text) if words in block]
    return found


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_the_real_kubectl_does_what_the_runbook_says(regspec, run, cluster, tmp_path):
    known, env = cluster
    out = 'a, b\'s "secret".yaml'
    text = site(regspec, tmp_path, [{"target": "secret", "out": out}, "imageswap", "pull-secret"])
    documented = block_with(text, "kubectl create --filename")
    applied = block_with(text, "jet-system --dry-run")
    shown = block_with(text, "base64 --decode")
    verified = block_with(text, "--namespace=jet-system --output json |")

    assert run(documented, env).returncode == 0
    assert run(documented, env).returncode == 1, "that is why there is another"
    secret = known["/api/v1/namespaces/jet-system/secrets/registry-info"]
    assert base64.b64decode(secret["data"]["PASSWORD"]).decode() == PASSWORD
    printed = run(shown, env).stdout
    assert printed == blocks(text, "text")[0].rstrip("\n")
    assert printed.startswith("docker.io::harbor.example.org/docker.io,")
    done = run(verified, env)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr

    secret["data"]["MIRROR_REGISTRIES"] = base64.b64encode(b"docker.io::other.example.org").decode()
    assert run(verified, env).returncode == 1
    for _ in range(2):
        done = run(applied, env)
        assert done.returncode == 0, done.stderr
        secret = known["/api/v1/namespaces/jet-system/secrets/registry-info"]
        assert "annotations" not in secret["metadata"]
        assert run(verified, env).returncode == 0
    assert "/api/v1/namespaces/jet-system" in known

    done = run(block_with(text, "imageswap-system --dry-run"), env)
    assert done.returncode == 0, done.stderr
    assert "/api/v1/namespaces/imageswap-system/configmaps/imageswap-maps" in known
    done = run(block_with(text, "configmap/imageswap-maps"), env)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert run(block_with(text, "pull-secret.yaml"), env).returncode == 0
    assert "/api/v1/namespaces/default/secrets/registry-pull" in known


# kubectl has all of `oc` that is used, but one command.
OC = """
if [ "$1 $2" = "set data" ]; then
  test "$4" = --namespace=openshift-config
  kubectl create secret generic pull-secret "$4" "$5" --type=kubernetes.io/dockerconfigjson \
    --dry-run=client --output=yaml | exec kubectl apply --server-side --filename=-
else
  exec kubectl "$@"
fi
"""
PULL_SECRET = "/api/v1/namespaces/openshift-config/secrets/pull-secret"
OWN = {"cloud.openshift.com": {"auth": "YTpi", "email": "you@example.com"}}


@pytest.fixture
def openshift(run, tmp_path):
    """Puts `oc` among the programs, and what the tests of it compile."""
    for program in ("kubectl", "jq"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    oc = tmp_path / "programs/oc"
    oc.write_text(f"#!/bin/sh -e\n{OC}")
    oc.chmod(0o755)
    return run


def pull_secret(auths):
    data = base64.b64encode(json.dumps({"auths": auths, "x": 1}).encode()).decode()
    metadata = {"name": "pull-secret", "namespace": "openshift-config"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    return secret | {"data": {".dockerconfigjson": data}, "type": "kubernetes.io/dockerconfigjson"}


def test_a_cluster_of_openshift_has_what_the_runbook_applies(
    regspec, openshift, cluster, tmp_path, root
):
    known, env = cluster
    known[PULL_SECRET] = pull_secret(OWN)
    (tmp_path / "ca.crt").write_text((root / "examples/ca.crt").read_text())
    with_ca = SITE.replace("mirrors:", "  caCert: {{file: ca.crt}}\nmirrors:")
    text = site(regspec, tmp_path, [{"target": "openshift", "out": "-it's, $HOME"}], with_ca)
    verified = block_with(text, "regspec verify")
    assert openshift(verified, env).returncode, "nothing is there yet"

    for _ in range(2):
        for block in (block_with(text, "oc set data"), block_with(text, "oc apply")):
            done = openshift(block.replace("oc get machineconfigpools --watch", "true"), env)
            assert done.returncode == 0, done.stderr
            assert PASSWORD not in done.stdout + done.stderr
    auths = json.loads(base64.b64decode(known[PULL_SECRET]["data"][".dockerconfigjson"]))
    assert auths["auths"].pop("harbor.example.org")
    assert auths == {"auths": OWN, "x": 1}, "what the cluster had is still there"
    assert "/api/v1/namespaces/openshift-config/configmaps/regspec-registry-ca" in known
    for name in ("images/cluster", "imagedigestmirrorsets/regspec", "imagetagmirrorsets/regspec"):
        assert f"/apis/{CONFIG_API}/{name}" in known
    done = openshift(verified, env)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("there", [None, "", "{}", '{"auths": null}', "no json"])
def test_a_pull_secret_that_cannot_be_read_is_left_alone(
    regspec, openshift, cluster, tmp_path, there
):
    known, env = cluster
    if there is not None:
        known[PULL_SECRET] = pull_secret({})
        data = base64.b64encode(there.encode()).decode()
        known[PULL_SECRET]["data"][".dockerconfigjson"] = data
    before = json.dumps(known)
    text = site(regspec, tmp_path, ["openshift"])
    done = openshift(block_with(text, "oc set data"), env)
    assert done.returncode
    assert json.dumps(known) == before


CA = (Path(__file__).parents[3] / "examples/ca.crt").read_text("utf-8")
CONFIG = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'


@pytest.mark.parametrize(
    "target, found",
    [
        ({"target": "certs.d", "credentials": "config"}, "etc/containerd/conf.d/50-regspec.toml"),
        ({"target": "certs.d", "credentials": "header", "out": "-a, b's $HOME"}, None),
        (
            {"target": "certs.d", "credentials": "config", "configPath": "/srv/it's $HOME"},
            "srv/it's $HOME/docker.io/hosts.toml",
        ),
        ("k3s", "etc/rancher/k3s/registries.yaml"),
        ({"target": "k3s", "distribution": "rke2"}, "etc/rancher/rke2/registries.yaml"),
        ("registries.conf", "etc/containers/auth.json"),
    ],
    ids=str,
)
def test_a_node_has_what_the_runbook_copies(regspec, run, tmp_path, target, found):
    node = tmp_path / "node"
    (node / "etc/containerd").mkdir(parents=True)
    (node / "etc/containerd/config.toml").write_text(CONFIG)
    text = site(regspec, tmp_path, [target])
    verified = block_with(text, "regspec verify")

    assert run(verified).returncode, "the files are not there yet"
    for _ in range(2):
        done = run(block_with(text, "systemctl restart"))
        assert done.returncode == 0, done.stderr
    done = run(verified)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr

    held = [path for path in node.rglob("*") if path.is_file() and PASSWORD in spelt(path)]
    assert held
    assert all(path.stat().st_mode & 0o077 == 0 for path in held)
    assert found is None or (node / found).is_file()


OLD = "# made by regspec; edit the spec instead\n"


@pytest.mark.parametrize("folder", ["/etc/containerd/certs.d", "/srv/it's $HOME"])
def test_a_hosts_toml_of_an_earlier_spec_is_removed(regspec, run, tmp_path, folder):
    there = tmp_path / "node" / folder[1:]
    for name in ("quay.io", "docker.io", "own.example.org"):
        (there / name).mkdir(parents=True)
        (there / name / "hosts.toml").write_text(OLD if "own" not in name else "# mine\n")
    (there / "quay.io/client.cert").write_text("mine")
    text = site(regspec, tmp_path, [{"target": "certs.d", "configPath": folder}])
    for _ in range(2):
        done = run(block_with(text, "systemctl restart"))
        assert (done.returncode, done.stderr) == (0, "")
    held = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert held == {
        "docker.io/hosts.toml",
        "harbor.example.org/hosts.toml",
        "own.example.org/hosts.toml",
        "quay.io/client.cert",
    }
    assert (there / "docker.io/hosts.toml").read_text() != OLD


@pytest.mark.parametrize("form", ["full", "fragment"])
def test_the_files_of_certs_d_are_removed_where_config_toml_has_the_mirrors(
    regspec, run, tmp_path, form
):
    there = tmp_path / "node/etc/containerd"
    for name in ("certs.d/docker.io", "certs.d/own.example.org", "conf.d"):
        (there / name).mkdir(parents=True)
    (there / "certs.d/docker.io/hosts.toml").write_text(OLD)
    (there / "certs.d/own.example.org/hosts.toml").write_text("# mine\n")
    (there / "conf.d/50-regspec.toml").write_text(OLD)
    (there / "conf.d/90-own.toml").write_text("# mine\n")
    target = {"target": "containerd", "endpoints": "api", "form": form, "version": "1.7"}
    block = block_with(site(regspec, tmp_path, [target]), "systemctl restart")
    assert block.index("50-regspec.toml") < block.index("systemctl restart")
    for _ in range(2):
        done = run(block)
        assert (done.returncode, done.stderr) == (0, "")
    held = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert held - {"config.toml"} == {"certs.d/own.example.org/hosts.toml", "conf.d/90-own.toml"}


@pytest.mark.parametrize(
    "target, file, more",
    [
        ("docker", "etc/docker/daemon.json", '{"debug": true}'),
        ("buildkit", "etc/buildkit/buildkitd.toml", 'root = "/srv"\n'),
    ],
)
@pytest.mark.parametrize("out", ["it", "-a, b's $HOME"])
def test_a_file_that_others_share_is_not_replaced(  # noqa: PLR0913, PLR0917
    regspec, run, root, tmp_path, target, file, more, out
):
    ca = (root / "examples/ca.crt").read_text()
    spec = SITE.replace("mirrors: [docker.io, docker.io/library]", "mirrors: [{hub}]")
    hub = '{source: docker.io, path: ""}'
    targets = json.dumps([{"target": target, "out": out}, "runbook"])
    text = spec.format(hub=hub, targets=targets).replace(
        "  username", f"  caCert: {json.dumps(ca)}\n  username"
    )
    (tmp_path / "registry.yaml").write_text(text)
    env = {"REGISTRY_PASSWORD": PASSWORD}
    assert regspec("compile", "registry.yaml", cwd=tmp_path, env=env).returncode == 0
    text = (tmp_path / "out/RUNBOOK.md").read_text()
    placed, verified = block_with(text, "merge it"), block_with(text, "regspec verify")
    (tmp_path / "node").mkdir()
    assert run(verified).returncode, "the files are not there yet"
    done = run(placed)
    assert (done.returncode, done.stderr) == (0, "")
    done = run(verified)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (tmp_path / "node" / file).write_text(more)
    assert "merge it" in run(placed).stderr
    assert (tmp_path / "node" / file).read_text() == more


@pytest.fixture
def daemon_json(regspec, tmp_path):
    """The lines that merge daemon.json, and where that of the node is."""
    if not shutil.which("jq"):
        pytest.skip("jq is not installed")
    hub = SITE.replace("[docker.io, docker.io/library]", "[{{source: docker.io, path: ''}}]")
    text = site(regspec, tmp_path, [{"target": "docker", "out": "-a, b's $HOME"}], hub)
    there = tmp_path / "node/etc/docker/daemon.json"
    there.parent.mkdir(parents=True)
    return block_with(text, "jq --slurp"), block_with(text, "regspec verify"), there


def test_the_keys_of_dockerd_are_put_beside_those_there_are(run, daemon_json):
    merge, verified, there = daemon_json
    cgroups = {"exec-opts": ["native.cgroupdriver=systemd"], "log-opts": {"max-size": "10m"}}
    before = json.dumps(cgroups | {"registry-mirrors": ["https://old.example.org"]})
    there.write_text(before)
    for _ in range(2):
        done = run(merge)
        assert (done.returncode, done.stderr) == (0, "")
    ours = {"registry-mirrors": ["https://harbor.example.org"]}
    assert json.loads(there.read_text()) == cgroups | ours
    done = run(verified)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("before", [None, "", "[]", "null", "no json", "{} {}"])
def test_a_daemon_json_that_cannot_be_read_is_left_alone(run, daemon_json, before):
    merge, _, there = daemon_json
    if before is not None:
        there.write_text(before)
    assert run(merge).returncode
    assert (there.read_text() if there.exists() else None) == before


@pytest.mark.parametrize("distribution", ["k3s", "rke2"])
@pytest.mark.parametrize(
    "before, after",
    [
        (None, {}),
        ("token: x", {"token": "x"}),
        ("# disable-default-registry-endpoint: true\n", {}),
        ("disable-default-registry-endpoint: true\n", {}),
        ("disable-default-registry-endpoint: false\ntoken: x\n", {"token": "x"}),
        ("token: x\ndisable-default-registry-endpoint : no # for now", {"token": "x"}),
        ("\"disable-default-registry-endpoint\": 'false'\n", {}),
    ],
)
def test_the_upstream_is_forbidden_before_the_restart(  # noqa: PLR0913, PLR0917
    regspec, run, tmp_path, distribution, before, after
):
    there = tmp_path / f"node/etc/rancher/{distribution}/config.yaml"
    there.parent.mkdir(parents=True)
    if before is not None:
        there.write_text(before)
    text = site(regspec, tmp_path, [{"target": "k3s", "distribution": distribution}])
    block = block_with(text, "systemctl restart")
    assert block.index("disable-default") < block.index("systemctl restart")
    for _ in range(2):
        done = run(block)
        assert (done.returncode, done.stderr) == (0, "")
    read = yaml.safe_load(there.read_text())
    assert read == after | {"disable-default-registry-endpoint": True}
    assert there.read_text().count("\ndisable") <= 1
    assert "--disable" not in text


def test_a_drop_in_cannot_allow_the_upstream_again(regspec, run, tmp_path):
    folder = tmp_path / "node/etc/rancher/k3s"
    (folder / "config.yaml.d").mkdir(parents=True)
    config = "token: x # disable-default-registry-endpoint: false\n"
    (folder / "kept.yaml").write_text(config)
    (folder / "config.yaml").symlink_to("kept.yaml")
    off, other = (folder / "config.yaml.d" / name for name in ("60-a.yaml", "70-b.yml"))
    off.write_text("disable-default-registry-endpoint: false\nsnapshotter: native\n")
    off.chmod(0o600)
    other.write_text("node-label: [disable-default-registry-endpoint=false]\n")
    done = run(block_with(site(regspec, tmp_path, ["k3s"]), "systemctl restart"))
    assert (done.returncode, done.stderr) == (0, "")
    line = "disable-default-registry-endpoint: true\n"
    assert (folder / "kept.yaml").read_text() == f"{config}\n{line}"
    assert (folder / "config.yaml").is_symlink()
    assert off.read_text() == f"{line}snapshotter: native\n"
    assert off.stat().st_mode & 0o777 == 0o600
    assert other.read_text() == "node-label: [disable-default-registry-endpoint=false]\n"


@pytest.mark.parametrize("umask", [0o027, 0o077])
def test_no_umask_closes_a_folder_of_the_node(regspec, run, tmp_path, umask):
    there = tmp_path / "node/etc/containers"
    (there / "certs.d").mkdir(parents=True)
    before = os.umask(umask)
    try:
        with_ca = SITE.replace("mirrors:", f"  caCert: {json.dumps(CA)}\nmirrors:")
        text = site(regspec, tmp_path, ["registries.conf"], with_ca)
        done = run(block_with(text, "systemctl restart"))
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert (done.returncode, done.stderr) == (0, "")
    folders = [path for path in there.rglob("*") if path.is_dir()]
    assert there / "certs.d/harbor.example.org" in folders
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o755}


def test_where_the_upstream_may_be_asked_no_line_forbids_it(regspec, tmp_path):
    assert "disable" not in site(regspec, tmp_path, ["k3s"], SITE + "fallback: allow\n")


def test_it_names_what_must_be_set(regspec, tmp_path):
    """Whoever applies it has only this page: not the environment in which it was compiled."""
    spec = SITE + "hosts: {{nexus.example.org: {{username: u, password: {{env: NEXUS_TOKEN}}}}}}\n"
    spec += "images: [nginx]\n"
    (tmp_path / "registry.yaml").write_text(
        spec.format(targets=json.dumps(["certs.d", "regsync", "runbook"]))
    )
    env = {"REGISTRY_PASSWORD": PASSWORD, "NEXUS_TOKEN": PASSWORD}
    assert regspec("compile", "registry.yaml", cwd=tmp_path, env=env).returncode == 0
    text = (tmp_path / "out/RUNBOOK.md").read_text()
    exported = [line for line in block_with(text, "NEXUS_TOKEN").splitlines() if "export" in line]
    assert exported == ["export REGISTRY_PASSWORD='...'", "export NEXUS_TOKEN='...'"]
    regsync = yaml.safe_load((tmp_path / "out/regsync.yaml").read_text())
    named = re.findall('env "([A-Z_]+)"', json.dumps(regsync).replace('\\"', '"'))
    block = block_with(text, "regsync once")
    assert re.findall("export ([A-Z_]+)='...'\n", block) == named
    assert text.index("SPEC=") < text.index('"$SPEC"')


def test_no_variable_is_named_where_there_is_none(regspec, tmp_path):
    plain = SITE.replace("  username: puller9Wy\n  password: {{env: REGISTRY_PASSWORD}}\n", "")
    assert "export" not in site(regspec, tmp_path, ["certs.d"], plain)


@pytest.mark.parametrize("login", [True, False])
def test_whoever_builds_is_told_to_log_in(regspec, tmp_path, login):
    spec = SITE if login else SITE.replace("{{env: REGISTRY_PASSWORD}}", '""')
    text = site(regspec, tmp_path, ["buildkit"], spec)
    assert ("docker login harbor.example.org\n" in text) is login
    assert "docker buildx create" in text


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_the_patches_are_beside_the_manifests_of_the_cluster(regspec, run, tmp_path):
    text = site(regspec, tmp_path, ["certs.d", {"target": "kubeadm", "out": "to/-it's"}])
    assert "`-it's`" in text
    block = block_with(text, "kubectl kustomize")
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "kustomization.yaml").write_text('resources: [c.yaml]\ncomponents: ["-it\'s"]\n')
    (cluster / "c.yaml").write_text(
        "apiVersion: bootstrap.cluster.x-k8s.io/v1beta2\nkind: KubeadmConfigTemplate\n"
        "metadata: {name: c}\nspec: {template: {spec: {files: [], preKubeadmCommands: []}}}\n"
    )
    shown = block.replace("kubectl apply --server-side --filename -", "cat")
    assert shown != block
    done = run(shown)
    assert done.returncode == 0, done.stderr
    template = yaml.safe_load(done.stdout)
    assert template["spec"]["template"]["spec"]["files"]


KIND = """
case "$1 $2" in
  "get nodes") echo kind-control-plane; echo kind-worker ;;
  "exec kind-"*) shift 2; shift 3; exec tar -C "$NODE_ROOT" "$@" ;;
  *) exit 9 ;;
esac
"""


def test_the_nodes_of_kind_are_looked_at(regspec, run, tmp_path):
    """With stand-ins for kind and docker; each node has what the cluster mounts."""
    for name in ("kind", "docker"):
        (tmp_path / "programs" / name).write_text(f"#!/bin/sh -e\n{KIND}")
        (tmp_path / "programs" / name).chmod(0o755)
    text = site(regspec, tmp_path, [{"target": "kind", "credentials": "header"}])
    there = tmp_path / "node/etc/containerd"
    shutil.copytree(tmp_path / "out/kind/certs.d", there / "certs.d")
    (there / "config.toml").write_text(
        """version = 3
        [plugins."io.containerd.cri.v1.images".registry]
        config_path = "/etc/containerd/certs.d"
        """
    )
    block, env = block_with(text, "kind get nodes"), {"NODE_ROOT": str(tmp_path / "node")}
    done = run(block, env)
    assert (done.returncode, done.stderr.count("no difference")) == (0, 2), done.stderr
    (there / "certs.d/docker.io/hosts.toml").write_text('server = "https://other.example.org"\n')
    assert run(block, env).returncode


def test_without_anything_to_validate_there_is_no_heading_for_it(regspec, tmp_path):
    spec = SITE + "images: [nginx]\n"
    assert "Validate" not in site(regspec, tmp_path, ["copy-list"], spec)
    assert "Validate" in site(regspec, tmp_path, ["kind"])


def spelt(path):
    """A file's text, and what its base64 words say."""
    text = path.read_text()
    words = re.findall(rf"[{string.ascii_letters}{string.digits}+/]+=*", text)
    return text + "".join(
        base64.b64decode(word).decode("utf-8", "replace") for word in words if len(word) % 4 == 0
    )


def test_a_whole_config_toml_is_put_where_the_runbook_says(regspec, run, tmp_path):
    (tmp_path / "node/etc/containerd").mkdir(parents=True)
    target = {"target": "containerd", "endpoints": "api", "form": "full", "out": "-it's.toml"}
    text = site(regspec, tmp_path, [target])
    assert run(block_with(text, "tee")).returncode == 0
    done = run(block_with(text, "regspec verify"))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert blocks(text, "toml")[0] in (tmp_path / "node/etc/containerd/config.toml").read_text()


def test_it_does_not_stand_in_the_way_of_reading_the_folder_back(regspec, tmp_path):
    targets = ["values", "secret", "containerd", "openshift", "copy-list", "regsync"]
    targets += ["hauler", "zarf"]
    (tmp_path / "registry.yaml").write_text(
        SITE.format(targets=json.dumps([*targets, "runbook"])) + "images: [nginx]\n"
    )
    env = {"REGISTRY_PASSWORD": PASSWORD}
    assert regspec("compile", "registry.yaml", cwd=tmp_path, env=env).returncode == 0
    done = regspec("verify", "registry.yaml", "out", cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = regspec("import", "out", "-o", "again.yaml", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
