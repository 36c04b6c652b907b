"""The compiled manifests, against the schemas of the Kubernetes versions that may read them.

The schemas are those that kubernetes-validate carries, made from each version's own API.
"""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path

import helm_python as helm
import kubernetes_validate
import pytest
import yaml
from regspec.pipeline import compile_spec
from regspec.sources import FolderReader

ROOT = Path(__file__).resolve().parents[3]
OLDEST, NEWEST = "1.25", kubernetes_validate.latest_version()
VERSIONS = (OLDEST, "1.28", "1.31", "1.34", NEWEST)
EXAMPLES = ("harbor-airgap", "cert-manager", "everything")


def compiled(example, target="secret"):
    """The text of an example's manifest."""
    folder = ROOT / "examples"
    result = compile_spec(
        (folder / f"{example}.yaml").read_bytes(),
        targets=(target,),
        environment={"REGISTRY_PASSWORD": "no", "NEXUS_PASSWORD": "1e3"},
        read_file=FolderReader(folder),
    )
    assert not result.failed, result.diagnostics
    (artifact,) = result.artifacts
    return artifact.text


def validate(data, version, *, strict=True):
    """Strict refuses fields that the API does not know; kubectl warns of them or refuses."""
    validated = kubernetes_validate.validate(data, version, strict=strict)
    # It takes the nearest older schema when it lacks one, which would prove nothing.
    assert validated == ".".join(version.split(".")[:2])


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lax"])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_secret_of_an_example_is_one_for_kubernetes(example, version, strict):
    # By the parser that kubectl has, which turns bare words into booleans and numbers.
    validate(helm.values_from_yaml(compiled(example)), version, strict=strict)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_map_of_the_webhook_is_a_config_map(version):
    data = helm.values_from_yaml(compiled("everything", "imageswap"))
    validate(data, version)
    assert (data["kind"], data["metadata"]["name"]) == ("ConfigMap", "imageswap-maps")
    lines = data["data"]["maps"].splitlines()
    assert lines[0] == "default::"
    assert all(line.count("::") == 1 for line in lines)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("namespaces", [None, ["default"], ["default", "kube-system"]])
def test_a_pull_secret_is_one_for_kubernetes(version, namespaces, root):
    option = f", namespaces: {namespaces}" if namespaces else ""
    spec = (root / "examples/everything.yaml").read_text()
    spec = spec[: spec.index("targets:")] + f"targets: [{{target: pull-secret{option}}}]\n"
    result = compile_spec(
        spec.encode(),
        targets=(),
        environment={"REGISTRY_PASSWORD": "no", "NEXUS_PASSWORD": "1e3"},
        read_file=FolderReader(root / "examples"),
    )
    (artifact,) = result.artifacts
    parts = artifact.text.split("---\n")
    assert all(line.startswith("#") for line in parts[0].splitlines())
    secrets = [helm.values_from_yaml(part) for part in parts[1:]]
    for secret in secrets:
        validate(secret, version)
        assert secret["type"] == "kubernetes.io/dockerconfigjson"
        logins = json.loads(secret["stringData"][".dockerconfigjson"])["auths"]
        assert logins["harbor.example.org"]["password"] == "no"
        both = base64.b64decode(logins["nexus.example.org:8083"]["auth"]).decode()
        assert both == "puller:1e3"
    found = [secret["metadata"].get("namespace") for secret in secrets]
    assert found == (namespaces or [None])


def test_the_file_is_one_document():
    """`kubectl create` makes an object of each document, and refuses an empty one."""
    (document,) = yaml.safe_load_all(compiled("everything"))
    assert document["metadata"] == {"name": "registry-info", "namespace": "jet-system"}
    assert document["type"] == "Opaque"
    assert all(isinstance(value, str) for value in document["stringData"].values())


def wrong_number(secret):
    secret["stringData"]["PASSWORD"] = 1000


def wrong_boolean(secret):
    secret["stringData"]["INSECURE"] = False


def wrong_list(secret):
    secret["stringData"]["MIRROR_REGISTRIES"] = ["docker.io::harbor.example.org"]


def wrong_mapping(secret):
    secret["stringData"] = [secret["stringData"]]


def wrong_metadata(secret):
    secret["metadata"]["namespace"] = 7


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "spoil", [wrong_number, wrong_boolean, wrong_list, wrong_mapping, wrong_metadata]
)
def test_a_secret_with_a_wrong_type_is_none(spoil, version):
    secret = helm.values_from_yaml(compiled("everything"))
    spoilt = copy.deepcopy(secret)
    spoil(spoilt)
    assert spoilt != secret
    with pytest.raises(kubernetes_validate.ValidationError, match="is not of type"):
        validate(spoilt, version, strict=False)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("above", [(), ("metadata",)])
def test_a_secret_with_an_unknown_field_is_none(above, version):
    secret = helm.values_from_yaml(compiled("everything"))
    place = secret
    for step in above:
        place = place[step]
    place["stringdata"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="'stringdata' was unexpected"):
        validate(secret, version)


def test_a_password_without_quotes_would_be_seen():
    """What the tests above it would say of a template that quotes nothing."""
    text = compiled("everything")
    for quoted in ('"no"', '"false"'):
        assert quoted in text
        secret = helm.values_from_yaml(text.replace(quoted, quoted.strip('"')))
        with pytest.raises(kubernetes_validate.ValidationError, match="is not of type 'string'"):
            validate(secret, NEWEST)
