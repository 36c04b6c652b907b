"""What kubeadm's nodes get is what the other targets make: byte for byte, with the same modes.

The patches are applied by a JSON patch library, and by kustomize where kubectl has one that knows
components; the cloud-config is taken by cloud-init itself. No package registry has the schema of
Cluster API: data/ has what we have written down of it.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import helm_python as helm
import jsonpatch
import jsonschema
import kubernetes_validate
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regspec import model, pipeline, rules
from regspec.dialects import TARGETS
from regspec.sources import FolderReader

HERE = Path(__file__).resolve().parent
CASE = HERE.parents[2] / "golden" / "carried"
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((HERE / "data/kubeadm-config-spec.schema.json").read_text())
)
PASSWORD = "hunter2Kx7Zq"
# What is patched: the file, the kind, and the keys that lead to its KubeadmConfigSpec.
PATCHED = {
    "control-plane.yaml": ("KubeadmControlPlane", ("spec", "kubeadmConfigSpec")),
    "control-plane-template.yaml": (
        "KubeadmControlPlaneTemplate",
        ("spec", "template", "spec", "kubeadmConfigSpec"),
    ),
    "workers.yaml": ("KubeadmConfigTemplate", ("spec", "template", "spec")),
}
GROUPS = {
    "KubeadmControlPlane": "controlplane.cluster.x-k8s.io",
    "KubeadmControlPlaneTemplate": "controlplane.cluster.x-k8s.io",
    "KubeadmConfigTemplate": "bootstrap.cluster.x-k8s.io",
}
THEIRS = {"path": "/etc/theirs", "content": "theirs\n"}
OF_CLOUD_INIT = "/usr/bin/python3"  # the Python that Debian's cloud-init is installed for


def kustomize_knows_components():
    if not shutil.which("kubectl"):
        return False
    done = subprocess.run(
        ["kubectl", "version", "--client"], capture_output=True, text=True, check=False
    )
    found = re.search(r"Kustomize Version: v(\d+)", done.stdout)
    return bool(found) and int(found[1]) >= 4  # Components came with 3.7, `labels` and all later


BY_KUSTOMIZE = ["kustomize"] if kustomize_knows_components() else []


@pytest.fixture(scope="session")
def out(tmp_path_factory):
    """The files that the golden case compiles to, on a disk, with their modes."""
    folder = tmp_path_factory.mktemp("carried")
    shutil.copytree(CASE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("out"))
    command = [sys.executable, "-m", "regspec", "compile", "registry.yaml"]
    env = {**os.environ, "REGISTRY_PASSWORD": PASSWORD}
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
    return folder / "out"


def below(folder, there):
    """The files below a folder as they are to be on a node: path there to bytes and mode."""
    return {
        f"{there}/{path.relative_to(folder).as_posix()}": (
            path.read_bytes(),
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def expected(out, name):
    """The files of a node by the golden case, put where docs/runtimes.md says by hand."""
    old = below(out / "old/certs.d", "/opt/certs.d")
    old |= below(out / "old/conf.d", "/etc/containerd/conf.d")
    return {
        "kubeadm": below(out / "new", "/etc/containerd")
        | below(out / "containers", "/etc/containers"),
        "kubeadm-inline": old,
        "cloud-init": old | below(out / "k3s", "/etc/rancher/k3s"),
    }[name]


def templates(path=THEIRS["path"]):
    """Resources of a cluster, which have a file and a command already."""
    resources = {}
    for kind, keys in PATCHED.values():
        spec = {"files": [{**THEIRS, "path": path}], "preKubeadmCommands": ["theirs"]}
        for key in reversed(keys):
            spec = {key: spec}
        api = f"{GROUPS[kind]}/v1beta2"
        resources[kind] = {"apiVersion": api, "kind": kind, "metadata": {"name": "c"}, **spec}
    return resources


def patched_by_library(folder):
    """The resources with our patches, and the Secrets."""
    resources = templates()
    component = helm.values_from_yaml((folder / "kustomization.yaml").read_text())
    assert (component["apiVersion"], component["kind"]) == (
        "kustomize.config.k8s.io/v1alpha1",
        "Component",
    )
    for patch in component["patches"]:
        kind = patch["target"]["kind"]
        assert patch["target"] == {"group": GROUPS[kind], "kind": kind}
        operations = yaml.safe_load((folder / patch["path"]).read_text())
        resources[kind] = jsonpatch.apply_patch(resources[kind], operations)
    secrets = []
    for name in component.get("resources", ()):
        secrets += [s for s in yaml.safe_load_all((folder / name).read_text()) if s]
    return resources, secrets


def patched_by_kustomize(folder, scratch):
    """The same, by the real one."""
    shutil.copytree(folder, scratch / "kubeadm")
    (scratch / "cluster.yaml").write_text(yaml.safe_dump_all(templates().values()))
    (scratch / "kustomization.yaml").write_text(
        "resources: [cluster.yaml]\ncomponents: [kubeadm]\n"
    )
    done = subprocess.run(
        ["kubectl", "kustomize", scratch], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    documents = list(yaml.safe_load_all(done.stdout))
    secrets = [document for document in documents if document["kind"] == "Secret"]
    return {d["kind"]: d for d in documents if d["kind"] != "Secret"}, secrets


def spec_of(resource, keys):
    for key in keys:
        resource = resource[key]
    return resource


def on_node(files, secret):
    """What Cluster API puts on a machine."""
    strings = secret["stringData"] if secret else {}
    placed = {}
    for file in files:
        source = file.get("contentFrom", {}).get("secret")
        assert source is None or source["name"] == secret["metadata"]["name"]
        text = strings[source["key"]] if source else file["content"]
        assert file["owner"] == "root:root"
        assert re.fullmatch("0[0-7]{3}", file["permissions"])
        placed[file["path"]] = (text.encode(), int(file["permissions"], 8))
    assert len(placed) == len(files)
    return placed


@pytest.mark.parametrize("by", ["library", *BY_KUSTOMIZE])
@pytest.mark.parametrize("name", ["kubeadm", "kubeadm-inline"])
def test_cluster_api_puts_there_what_the_targets_make(out, tmp_path, name, by):
    if by == "kustomize":
        resources, secrets = patched_by_kustomize(out / name, tmp_path)
    else:
        resources, secrets = patched_by_library(out / name)
    found = [secret["metadata"].get("namespace") for secret in secrets]
    assert found == (["north", "south"] if name == "kubeadm" else [])
    for kind, keys in PATCHED.values():
        spec = spec_of(resources[kind], keys)
        SCHEMA.validate(spec)
        first, *files = spec["files"]
        assert first == THEIRS, "what was there stays"
        for secret in secrets or [None]:
            assert on_node(files, secret) == expected(out, name)
        first, *commands = spec["preKubeadmCommands"]
        assert first == "theirs"
        units = ["containerd", "crio"] if name == "kubeadm" else ["containerd"]
        assert [command.split()[-2].rstrip(";") for command in commands] == units


def test_a_resource_without_the_lists_is_refused_and_not_replaced(out):
    operations = yaml.safe_load((out / "kubeadm/workers.yaml").read_text())
    bare = {"spec": {"template": {"spec": {}}}}
    with pytest.raises(jsonpatch.JsonPointerException):
        jsonpatch.apply_patch(bare, operations)


@pytest.mark.parametrize("version", ["1.28", kubernetes_validate.latest_version()])
def test_the_secret_is_one_for_kubernetes(out, version):
    parts = (out / "kubeadm/secret.yaml").read_text().split("\n---\n")
    for part in parts[1:]:
        secret = helm.values_from_yaml(part)
        kubernetes_validate.validate(secret, version, strict=True)
        assert all(re.fullmatch("[-._a-zA-Z0-9]+", key) for key in secret["stringData"])
        # clusterctl takes along what has this label.
        assert "clusterctl.cluster.x-k8s.io/move" in secret["metadata"]["labels"]


def forms(password):
    both = base64.b64encode(f"robot$puller:{password}".encode()).decode()
    return password, both


def test_a_login_is_in_the_secret_only_unless_it_is_asked_for(out):
    holders = {
        path.relative_to(out).as_posix()
        for path in out.rglob("*")
        if path.is_file() and any(form in path.read_text() for form in forms(PASSWORD))
    }
    assert {path for path in holders if path.startswith("kubeadm/")} == {"kubeadm/secret.yaml"}
    inline = {f"kubeadm-inline/{name}" for name in PATCHED}
    assert inline | {"cloud-init/cloud-config.yaml"} < holders
    for path in out.rglob("*"):
        if path.is_file():
            held = path.relative_to(out).as_posix() in holders
            assert stat.S_IMODE(path.stat().st_mode) == (0o600 if held else 0o644), path


def test_a_changed_login_is_told_and_not_shown(out, regspec):
    env = {"REGISTRY_PASSWORD": "other9Wy"}
    done = regspec("compile", "registry.yaml", "--diff", cwd=out.parent, env=env)
    assert done.returncode == 1
    for name in ("kubeadm/secret.yaml", "kubeadm-inline/workers.yaml", "cloud-init"):
        assert f"out/{name}" in done.stdout
    for form in (*forms(PASSWORD), *forms("other9Wy")):
        assert form not in done.stdout + done.stderr


def test_placeholders_keep_the_form(out, regspec, tmp_path):
    words = ("compile", "registry.yaml", "--secrets", "placeholder", "-o", f"{tmp_path}/out")
    done = regspec(*words, cwd=out.parent)
    assert done.returncode == 0, done.stderr
    first, _ = yaml.safe_load_all((tmp_path / "out/kubeadm/secret.yaml").read_text())
    assert len(first["stringData"]) == 4
    assert stat.S_IMODE((tmp_path / "out/kubeadm/secret.yaml").stat().st_mode) == 0o644


def played(parts, folder):
    """What cloud-init makes of the parts of user data: the files below a root, and its script."""
    (folder / "state").mkdir()
    given = {"parts": parts, "root": f"{folder}/root", "state": f"{folder}/state"}
    command = [OF_CLOUD_INIT, HERE / "cloud_init_plays.py"]
    if os.geteuid() != 0:  # it gives the files to root
        command = ["unshare", "--map-root-user", *command]
    done = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return below(folder / "root", ""), json.loads(done.stdout)["script"]


needs_cloud_init = pytest.mark.skipif(
    not shutil.which("cloud-init"), reason="cloud-init is not installed"
)


@needs_cloud_init
def test_cloud_init_takes_the_cloud_config(out, tmp_path):
    file = out / "cloud-init/cloud-config.yaml"
    assert file.read_text().startswith("#cloud-config\n")
    command = ["cloud-init", "schema", "--config-file"]
    assert subprocess.run([*command, file], capture_output=True, check=False).returncode == 0
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(file.read_text().replace('owner: "', 'owners: "'))
    assert subprocess.run([*command, wrong], capture_output=True, check=False).returncode != 0


@needs_cloud_init
def test_cloud_init_puts_there_what_the_targets_make(out, tmp_path):
    theirs = (
        "#cloud-config\nwrite_files: [{path: /etc/theirs, content: x}]\n"
        "runcmd: [[modprobe, overlay], kubeadm join --config /run/join.yaml]\n"
    )
    ours = (out / "cloud-init/cloud-config.yaml").read_text()
    files, script = played([theirs, ours], tmp_path)
    assert files.pop("/etc/theirs") == (b"x", 0o644), "what was there stays"
    assert files == expected(out, "cloud-init")
    shebang, *restarts, modprobe, join = script.splitlines()
    assert (shebang, join) == ("#!/bin/sh", "kubeadm join --config /run/join.yaml")
    assert modprobe == "'modprobe' 'overlay'", "the order of theirs is kept"
    assert [line.split()[-2] for line in restarts] == ["containerd;", "k3s;", "k3s-agent;"]


@needs_cloud_init
def test_given_as_the_first_part_it_is_replaced_by_the_next(out, tmp_path):
    """Why it is to be the last: a part without a `merge_how` takes the place of both lists."""
    theirs = "#cloud-config\nwrite_files: [{path: /etc/theirs, content: x}]\nruncmd: [kubeadm]\n"
    ours = (out / "cloud-init/cloud-config.yaml").read_text()
    files, script = played([ours, theirs], tmp_path)
    assert set(files) == {"/etc/theirs"}
    assert script.splitlines() == ["#!/bin/sh", "kubeadm"]


@needs_cloud_init
def test_a_file_that_an_earlier_part_writes_to_the_same_path_stays_theirs(out, tmp_path):
    path = "/etc/containerd/conf.d/50-regspec.toml"
    theirs = f"#cloud-config\nwrite_files: [{{path: {path}, content: x}}]\n"
    ours = (out / "cloud-init/cloud-config.yaml").read_text()
    files, _ = played([theirs, ours], tmp_path)
    assert files[path] == (b"x", 0o644)


@needs_cloud_init
def test_a_part_that_is_a_script_runs_before_every_runcmd(tmp_path):
    """By the names that cloud-init gives both; that is why kubeadm belongs into a runcmd."""
    program = (
        "import sys; from cloudinit import handlers, subp; from pathlib import Path\n"
        "for name in ('runcmd', handlers.PART_FN_TPL % 999):\n"
        "    path = Path(sys.argv[1], name); path.touch(0o700)\n"
        "    path.write_text('#!/bin/sh\\necho ${0##*/} >>\"${0%/*}.log\"')\n"
        "subp.runparts(sys.argv[1])\n"
    )
    (tmp_path / "scripts").mkdir()
    subprocess.run([OF_CLOUD_INIT, "-c", program, tmp_path / "scripts"], check=True)
    assert (tmp_path / "scripts.log").read_text().split() == ["part-999", "runcmd"]


@needs_cloud_init
def test_a_unit_is_restarted_where_it_runs_and_nowhere_else(out, tmp_path):
    """The script runs with a systemctl that knows one unit; the real one needs a booted machine."""
    _, script = played([(out / "cloud-init/cloud-config.yaml").read_text()], tmp_path)
    (tmp_path / "systemctl").write_text(
        '#!/bin/sh\necho "$@" >>"$0.log"\n'
        'case "$*" in\n  "is-active --quiet k3s-agent" | "restart k3s-agent") ;;\n'
        "  *) exit 4 ;;\nesac\n"
    )
    (tmp_path / "systemctl").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(["sh", "-c", script], check=False, env=env).returncode == 0
    assert (tmp_path / "systemctl.log").read_text().splitlines() == [
        "is-active --quiet containerd",
        "is-active --quiet k3s",
        "is-active --quiet k3s-agent",
        "restart k3s-agent",
    ]


BASE = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {"endpoint": "harbor.example.net", "username": "u", "password": PASSWORD},
    "mirrors": ["docker.io", "docker.io/library"],
}


def compiled(data):
    result = pipeline.compile_spec(
        json.dumps(data).encode(),
        targets=(),
        environment={},
        read_file=FolderReader(CASE.parent.parent / "examples"),
    )
    return {artifact.path: artifact for artifact in result.artifacts}, result


def test_what_is_too_long_for_a_content_is_referred_to():
    certificate = (CASE.parent.parent / "examples/ca.crt").read_text()
    ca = certificate * (10240 // len(certificate) + 1)
    registry = {"endpoint": "harbor.example.net", "caCert": ca}
    files, _ = compiled(BASE | {"registry": registry, "targets": ["certs.d", "kubeadm"]})
    entries = [one["value"] for one in files["kubeadm/workers.yaml"].data if "files" in one["path"]]
    SCHEMA.validate({"files": entries})
    (secret,) = files["kubeadm/secret.yaml"].data
    assert set(secret["stringData"].values()) == {ca}
    assert files["kubeadm/secret.yaml"].mode == 0o644, "a CA is no secret"
    referred = [one["contentFrom"]["secret"]["key"] for one in entries if "contentFrom" in one]
    assert sorted(referred) == sorted(secret["stringData"])


def test_the_whole_config_of_containerd_is_carried_with_the_ca_that_it_names():
    whole = {"target": "containerd", "form": "full", "endpoints": "api", "version": "1.7"}
    targets = [{**whole, "caFile": "/etc/ssl/site.crt"}, "kubeadm"]
    registry = {"endpoint": "harbor.example.net", "caCert": {"file": "ca.crt"}}
    files, _ = compiled(BASE | {"registry": registry, "targets": targets})
    entries = [one["value"] for one in files["kubeadm/workers.yaml"].data if "files" in one["path"]]
    assert {one["path"]: one["content"] for one in entries} == {
        "/etc/containerd/config.toml": files["containerd.toml"].text,
        "/etc/ssl/site.crt": (CASE.parent.parent / "examples/ca.crt").read_text(),
    }


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_a_target_of_nodes_says_where_its_files_go_and_what_restarts(target):
    """By itself, or by a `destination` and a `restart` that are a plain path and a plain unit."""
    spec = model.build(BASE)
    options = (("form", "full"),) if "form" in target.options else ()
    placement = target.placed(spec, model.TargetEntry(target.name, options))
    assert (placement is not None) is target.on_nodes
    if placement:
        assert all(re.fullmatch("(?:/[a-z0-9._-]+)+", there) for _, there in placement.folders)
        assert all(re.fullmatch("[a-z0-9@-]+", unit) for unit in placement.services)
        for _, there in placement.folders:
            assert there.startswith(re.match("[a-z0-9/._-]+", target.destination)[0])


HUB = [{"source": "docker.io", "target": "harbor.example.net"}]


def diagnosed(result, code):
    return [(d.severity.value, d.message) for d in result.diagnostics if d.code == code]


@pytest.mark.parametrize("form", ["cluster-api", "cloud-init"])
@pytest.mark.parametrize(
    "target, path",
    [("docker", "/etc/docker/daemon.json"), ("buildkit", "/etc/buildkit/buildkitd.toml")],
)
def test_a_file_that_others_share_is_told_of_unless_it_is_asked_for(target, path, form):
    """It replaces the one of the machine image, whose other settings would be lost in silence."""
    site = BASE | {"registry": {"endpoint": "harbor.example.net"}, "mirrors": HUB}
    carrier = {"target": "kubeadm", "format": form}
    _, silent = compiled(site | {"targets": ["certs.d", target, carrier]})
    ((severity, message),) = diagnosed(silent, "RS234")
    assert severity == "warning"
    assert path in message
    for carry, told in (["certs.d"], 0), (["certs.d", target], 0):
        targets = ["certs.d", target, carrier | {"carry": carry}]
        files, named = compiled(site | {"targets": targets})
        assert len(diagnosed(named, "RS234")) == told
        made = "".join(a.text for path, a in files.items() if path.startswith("kubeadm/"))
        assert (path in made) is (target in carry)


def test_the_runbook_says_what_is_replaced():
    site = BASE | {"registry": {"endpoint": "harbor.example.net"}, "mirrors": HUB}
    for targets, told in (["docker", "buildkit", "kubeadm"], 1), (["certs.d", "kubeadm"], 0):
        files, _ = compiled(site | {"targets": [*targets, "runbook"]})
        said = "**replaces** `/etc/docker/daemon.json` and `/etc/buildkit/buildkitd.toml`"
        assert files["RUNBOOK.md"].text.count(said) == told


def test_dockerd_is_reloaded_and_not_restarted():
    """A reload takes the mirrors over, as tests/e2e/test_docker.py shows."""
    site = BASE | {"registry": {"endpoint": "harbor.example.net"}, "mirrors": HUB}
    files, _ = compiled(site | {"targets": ["docker", "buildkit", "kubeadm"]})
    operations = files["kubeadm/workers.yaml"].data
    commands = [one["value"] for one in operations if "Commands" in one["path"]]
    assert [command.split("systemctl ")[2] for command in commands] == [
        "reload docker; fi",
        "restart buildkit; fi",
    ]


@pytest.mark.parametrize(
    "mirrors, ca, number", [(98, True, 199), (198, False, 200), (99, True, 201)]
)
def test_more_files_than_cluster_api_takes_are_refused(mirrors, ca, number):
    """With a CA, each mirror and the registry itself is two files; conf.d is one more."""
    registry = {"endpoint": "harbor.example.net"} | ({"caCert": {"file": "ca.crt"}} if ca else {})
    site = BASE | {"registry": registry, "mirrors": [f"r{n}.io" for n in range(mirrors)]}
    refused = number > 200
    files, result = compiled(site | {"targets": ["certs.d", "kubeadm"]})
    told = diagnosed(result, "RS235")
    assert [severity for severity, _ in told] == ["error"] * refused
    if files:
        operations = files["kubeadm/workers.yaml"].data
        entries = [one["value"] for one in operations if "files" in one["path"]]
        SCHEMA.validate({"files": entries})
        assert len(entries) == number
    carrier = {"target": "kubeadm", "format": "cloud-init"}
    files, _ = compiled(site | {"targets": ["certs.d", carrier]})
    assert files, "cloud-init has no such limit"


ON_NODES = [name for name, target in TARGETS.items() if target.on_nodes]
keys = st.text("ab._-/", min_size=1, max_size=6).map(lambda text: f"/{text}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    chosen=st.lists(st.sampled_from(ON_NODES), unique=True, min_size=1),
    folder=keys,
    login=st.booleans(),
    form=st.sampled_from(["cluster-api", "cloud-init"]),
    secrets=st.sampled_from(["reference", "inline"]),
)
def test_every_file_of_every_target_of_nodes_is_carried(chosen, folder, login, form, secrets):
    options = {"certs.d": {"configPath": folder, "credentials": "config"}}
    options["containerd"] = {"form": "full", "endpoints": "api", "version": "2.1"}
    targets = [{"target": name, **options.get(name, {})} for name in chosen]
    registry = BASE["registry"] if login else {"endpoint": "harbor.example.net"}
    carrier = {"target": "kubeadm", "format": form, "secrets": secrets}
    site = BASE | {"registry": registry, "targets": [*targets, carrier]}
    if "docker" in chosen:  # which takes no other mirrors
        site["mirrors"] = [{"source": "docker.io", "target": "harbor.example.net"}]
    files, result = compiled(site)
    codes = {d.code for d in result.diagnostics if d.severity.value == "error"}
    if not files:
        assert codes <= {"RS213", "RS232", "RS233"}, result.diagnostics
        return
    if form == "cloud-init":
        data = files["kubeadm/cloud-config.yaml"].data
        placed = on_node(data["write_files"], None)
    else:
        operations = files["kubeadm/workers.yaml"].data
        entries = [one["value"] for one in operations if one["path"].endswith("/files/-")]
        SCHEMA.validate({"files": entries})
        secret = files["kubeadm/secret.yaml"].data[0] if "kubeadm/secret.yaml" in files else None
        placed = on_node(entries, secret)
    made = [a for path, a in files.items() if not path.startswith("kubeadm/")]
    assert sorted(placed.values()) == sorted((a.text.encode(), a.mode) for a in made)


def test_the_rules_of_what_is_carried_stand_any_spec(root):
    """They render, also what another rule refuses: that must not end in an error of ours."""
    targets = ("containerd", "certs.d", "k3s", "registries.conf", "kubeadm")
    for spec in sorted(root.glob("golden/bad/*/registry.yaml")):
        if spec.parent.name in ("reference-device", "yaml-alias-bomb"):
            continue
        pipeline.check_spec(
            spec.read_bytes(),
            targets=targets,
            environment={},
            read_file=FolderReader(spec.parent),
            selection=rules.Selection(),
        )
