"""A kind cluster that mounts the certs.d of its folder; tests/e2e pulls as its node does.

kind is in no package registry: data/ has what we have written down of its configuration.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import helm_python as helm
import jsonschema
import pytest
from regspec import pipeline
from regspec.explaining import explain

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).resolve().parent / "data/cluster.schema.json").read_text())
)
PASSWORD = 'pass"word'
SPEC = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {"endpoint": "harbor.example.net:8443", "username": "u$r", "password": PASSWORD},
    "mirrors": ["docker.io", {"source": "reg.example.org:5000", "path": "r"}],
}
PLUGINS = ("io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images")
# What of a node image's configuration must stay: kind patches it, and does not replace it.
NODE_IMAGE = """\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.k8s.io/pause:3.10"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""


def compiled(**options):
    targets = [{"target": "certs.d", "credentials": options.get("credentials", "none")}]
    targets += [{"target": "kind", **options}]
    result = pipeline.compile_spec(
        json.dumps(SPEC | {"targets": targets}).encode(),
        targets=(),
        environment={},
        read_file={}.__getitem__,
    )
    return {artifact.path: artifact for artifact in result.artifacts}


@pytest.mark.parametrize("credentials", ["none", "config", "header"])
@pytest.mark.parametrize("patches", [False, True])
@pytest.mark.parametrize("out", ["kind", "a/b"])
def test_it_mounts_what_certs_d_makes(credentials, patches, out):
    files = compiled(credentials=credentials, patches=patches, out=out)
    cluster = helm.values_from_yaml(files[f"{out}/cluster.yaml"].text)
    SCHEMA.validate(cluster)
    (node,) = cluster["nodes"]
    (mount,) = node["extraMounts"]
    assert mount["containerPath"] == "/etc/containerd/certs.d"
    assert mount["readOnly"] is True
    assert not mount["hostPath"].startswith("/"), "kind joins it to the folder that it runs in"
    mounted = {
        path.removeprefix(f"{out}/{mount['hostPath']}/"): (artifact.text, artifact.mode)
        for path, artifact in files.items()
        if path.startswith(f"{out}/{mount['hostPath']}/")
    }
    assert mounted == {
        path.removeprefix("certs.d/"): (artifact.text, artifact.mode)
        for path, artifact in files.items()
        if path.startswith("certs.d/")
    }
    assert ("containerdConfigPatches" in cluster) is (patches or credentials == "config")
    holds = credentials == "config"
    assert (PASSWORD.replace('"', '\\"') in files[f"{out}/cluster.yaml"].text) is holds
    assert files[f"{out}/cluster.yaml"].mode == (0o600 if holds else 0o644)


def test_the_schema_refuses_what_kind_does_not_know():
    cluster = compiled()["kind/cluster.yaml"].data
    for wrong in ({"extraMounts": []}, {"apiVersion": "kind.x-k8s.io/v1alpha3"}):
        with pytest.raises(jsonschema.ValidationError):
            SCHEMA.validate(cluster | wrong)


def merged(document, patch):
    """RFC 7386, as kind applies its patches."""
    for key, value in patch.items():
        if isinstance(value, dict):
            document[key] = merged(document.get(key, {}), value)
        else:
            document[key] = value
    return document


def as_toml(data, path=()):
    """TOML of nested tables; what is no table is written as JSON, which TOML reads."""
    lines = [f"{json.dumps(k)} = {json.dumps(v)}" for k, v in data.items() if type(v) is not dict]
    text = f"[{'.'.join(map(json.dumps, path))}]\n" if path else ""
    text += "\n".join(lines) + "\n"
    below = [as_toml(v, (*path, k)) for k, v in data.items() if type(v) is dict]
    return text + "".join(below)


def test_the_patches_are_the_registry_table_of_either_plugin():
    patches = compiled(credentials="config")["kind/cluster.yaml"].data["containerdConfigPatches"]
    for plugin, patch in zip(PLUGINS, patches, strict=True):
        auth = {"username": "u$r", "password": PASSWORD}
        assert tomllib.loads(patch)["plugins"] == {
            plugin: {
                "registry": {
                    "config_path": "/etc/containerd/certs.d",
                    "configs": {"harbor.example.net:8443": {"auth": auth}},
                }
            }
        }


@pytest.mark.skipif(not shutil.which("containerd"), reason="containerd is not installed")
def test_containerd_reads_the_patched_configuration_of_a_node(tmp_path):
    config = tomllib.loads(NODE_IMAGE)
    for patch in compiled(credentials="config")["kind/cluster.yaml"].data[
        "containerdConfigPatches"
    ]:
        config = merged(config, tomllib.loads(patch))
    (tmp_path / "config.toml").write_text(as_toml(config))
    command = ["containerd", "--config", tmp_path / "config.toml", "config", "dump"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    plugins = tomllib.loads(done.stdout)["plugins"]
    plugin = next(plugins[name] for name in PLUGINS if "registry" in plugins.get(name, {}))
    assert plugin["registry"]["config_path"] == "/etc/containerd/certs.d"
    auth = plugin["registry"]["configs"]["harbor.example.net:8443"]["auth"]
    assert (auth["username"], auth["password"]) == ("u$r", PASSWORD)
    assert "registry.k8s.io/pause:3.10" in done.stdout


OPTIONS = [
    {},
    {"patches": True},
    {"credentials": "header"},
    {"credentials": "config"},
    {"version": "1.6"},
    {"version": "1.7", "credentials": "config"},
    {"version": "1.7", "patches": True},
    {"version": "2.1"},
]


def warned_and_explained(options, **keys):
    """Whether RS230 is reported, and the verdicts on an image for each version of containerd."""
    content = json.dumps(SPEC | keys | {"targets": [{"target": "kind", **options}]}).encode()
    given = {"targets": (), "environment": {}, "read_file": {}.__getitem__}
    reported = pipeline.check_spec(content, selection=None, **given).diagnostics
    explained = pipeline.explain_spec(content, **given)
    rows = explain.of_spec(explained.spec, explained.artifacts, ["nginx"], {})
    return "RS230" in {one.code for one in reported}, {row.verdict for row in rows}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("registry", [SPEC["registry"], {"endpoint": "harbor.example.net"}])
def test_check_warns_exactly_if_explain_says_upstream(options, registry):
    warned, verdicts = warned_and_explained(options, registry=registry)
    assert warned == ("upstream" in verdicts)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_an_unknown_node_image_may_contact_the_upstream_that_is_allowed(options):
    warned, _ = warned_and_explained(options, fallback="allow")
    assert warned == (options == {"version": "1.6"})
