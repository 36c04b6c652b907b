"""The compiled values, in Helm's own engine and in charts that take every documented key.

The charts below data/ are ours: the vendor's are not public. What they take is what
the vendor documents, with the one default that it documents, `imagePullSecret`.
"""

from __future__ import annotations

import base64
import copy
import json
from functools import cache
from pathlib import Path

import helm_python as helm
import pytest
import yaml
from regspec.pipeline import compile_spec
from regspec.sources import FolderReader

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CHARTS = HERE / "data"
IMAGE_SWAP_KEYS = (
    "config.imageSwapImages.imageSwapInitImage",
    "config.imageSwapImages.imageSwapImage",
    "config.imageSwapConfig.isEKSCluster",
    "config.ociImageRegistry.endpoint",
    "config.ociImageRegistry.name",
    "config.ociImageRegistry.password",
    "config.ociImageRegistry.username",
    "config.ociImageRegistry.baseContentPath",
    "config.ociImageRegistry.insecureSkipVerify",
    "config.ociImageRegistry.caCert",
    "config.ociImageRegistry.mirrorRegistries",
    "config.imagePullSecret.create",
    "config.imagePullSecret.dockerConfigJson",
)
CERT_MANAGER_KEYS = (
    "image.cainjectorImage",
    "image.controllerImage",
    "image.webhookImage",
    "image.amceResolverImage",
    "imagePullSecret.create",
    "imagePullSecret.dockerConfigJson",
)
KEYS = {"image-swap": IMAGE_SWAP_KEYS, "cert-manager": CERT_MANAGER_KEYS}
EACH_KEY = [(chart, key) for chart, keys in KEYS.items() for key in keys]
# A template that a value could run, and everything that could end a quoted value.
PASSWORD = 'p{{ fail "no" }}\'\n"\\: # ${x}'


@cache
def compiled(example, target="values"):
    """The text of an example's values, and the data that they were made from."""
    folder = ROOT / "examples"
    result = compile_spec(
        (folder / f"{example}.yaml").read_bytes(),
        targets=(target,),
        environment={"REGISTRY_PASSWORD": PASSWORD, "NEXUS_PASSWORD": "other"},
        read_file=FolderReader(folder),
    )
    assert not result.failed, result.diagnostics
    (artifact,) = result.artifacts
    return artifact.text, artifact.data


def values_of(example):
    """The values as `helm --values` reads them: by Go's YAML parser, not by ours."""
    return helm.values_from_yaml(compiled(example)[0])


def render(chart, values):
    """What a chart renders to: the objects, by kind and name."""
    with helm.Chart.load(CHARTS / chart) as loaded:
        manifests = loaded.render(values=values)
    documents = [d for text in manifests.values() for d in yaml.safe_load_all(text) if d]
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


def leaves(data, *above):
    """Every value of the data by its dotted path."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from leaves(value, *above, key)
        else:
            yield ".".join((*above, key)), value


def at(data, steps):
    for step in steps:
        data = data[step]
    return data


def without(values, key, defaults):
    """The values without a key; `null` is how Helm takes away a chart's own default."""
    changed = copy.deepcopy(values)
    *above, last = key.split(".")
    if key in dict(leaves(defaults)):
        at(changed, above)[last] = None
    else:
        del at(changed, above)[last]
    return changed


def seen_by_image_swap(objects):
    """Each value that has reached the objects of the image-swap chart, by its dotted path."""
    pod = objects["Deployment", "image-swap"]["spec"]["template"]["spec"]
    seen = {
        **objects["ConfigMap", "image-swap"]["data"],
        **objects["Secret", "image-swap"]["stringData"],
        "config.imageSwapImages.imageSwapInitImage": pod["initContainers"][0]["image"],
        "config.imageSwapImages.imageSwapImage": pod["containers"][0]["image"],
    }
    return seen | seen_pull_secret(objects, pod, "config.imagePullSecret")


def seen_by_cert_manager(objects):
    pods = {
        name: objects["Deployment", name]["spec"]["template"]["spec"]
        for name in ("cainjector", "controller", "webhook")
    }
    seen = {f"image.{name}Image": pod["containers"][0]["image"] for name, pod in pods.items()}
    seen["image.amceResolverImage"] = pods["controller"]["containers"][0]["args"][-1]
    return seen | seen_pull_secret(objects, pods["webhook"], "imagePullSecret")


def seen_pull_secret(objects, pod, path):
    secret = objects.get(("Secret", "pull-secret"))
    assert ("imagePullSecrets" in pod) == (secret is not None)
    if secret is None:
        return {}
    return {f"{path}.create": True, f"{path}.dockerConfigJson": secret["data"][".dockerconfigjson"]}


SEEN = {"image-swap": seen_by_image_swap, "cert-manager": seen_by_cert_manager}


def as_shown(value):
    """A ConfigMap holds text only, so the charts put booleans in quotes there."""
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("chart, key", EACH_KEY)
def test_every_documented_value_reaches_the_objects_of_its_chart(chart, key):
    """From the YAML text through Helm's parser and engine, unchanged."""
    _, data = compiled("everything")
    seen = SEEN[chart](render(chart, values_of("everything")))
    assert as_shown(seen[key]) == as_shown(dict(leaves(data))[key])


def test_the_values_hold_the_documented_keys_and_no_other():
    _, data = compiled("everything")
    assert {key for key, _ in leaves(data)} == {*IMAGE_SWAP_KEYS, *CERT_MANAGER_KEYS}


@pytest.mark.parametrize("chart", KEYS)
def test_the_objects_show_every_documented_key_and_no_other(chart):
    """So that the test above it cannot leave one out."""
    assert set(SEEN[chart](render(chart, values_of("everything")))) == set(KEYS[chart])


@pytest.mark.parametrize("chart", KEYS)
def test_the_schema_of_a_chart_knows_its_documented_keys_and_no_other(chart):
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text())

    def paths(node, *above):
        for key, below in node.get("properties", {}).items():
            if "properties" in below:
                assert below["additionalProperties"] is False
                yield from paths(below, *above, key)
            elif below["type"] != "object":
                yield ".".join((*above, key))

    assert set(paths(schema)) == set(KEYS[chart])


@pytest.mark.parametrize("chart, key", EACH_KEY)
def test_a_chart_fails_without_one_of_its_values(chart, key):
    values = values_of("everything")
    with helm.Chart.load(CHARTS / chart) as loaded:
        fewer = without(values, key, loaded.values)
        with pytest.raises(helm.HelmRenderError, match=f"missing value {key}"):
            loaded.render(values=fewer)


@pytest.mark.parametrize(
    "chart, above",
    [
        ("image-swap", ""),
        ("image-swap", "config"),
        ("image-swap", "config.imageSwapImages"),
        ("image-swap", "config.imageSwapConfig"),
        ("image-swap", "config.ociImageRegistry"),
        ("image-swap", "config.imagePullSecret"),
        ("cert-manager", ""),
        ("cert-manager", "image"),
        ("cert-manager", "imagePullSecret"),
    ],
)
def test_a_chart_fails_with_a_key_that_it_does_not_use(chart, above):
    """The other tests render without an error, so no compiled key is unused."""
    values = values_of("everything")
    at(values, above.split(".") if above else [])["unheardOf"] = "x"
    with (
        helm.Chart.load(CHARTS / chart) as loaded,
        pytest.raises(helm.HelmValuesError, match="'unheardOf' not allowed"),
    ):
        loaded.render(values=values)


def test_a_chart_fails_with_a_boolean_in_quotes():
    values = values_of("everything")
    values["config"]["ociImageRegistry"]["insecureSkipVerify"] = "false"
    with pytest.raises(helm.HelmValuesError, match="got string, want boolean"):
        render("image-swap", values)


@pytest.mark.parametrize(
    "example, chart",
    [
        ("harbor-airgap", "image-swap"),
        ("cert-manager", "cert-manager"),
        ("everything", "image-swap"),
        ("everything", "cert-manager"),
    ],
)
def test_an_example_renders_to_what_was_compiled(example, chart):
    _, data = compiled(example)
    seen = SEEN[chart](render(chart, values_of(example)))
    wanted = {key: value for key, value in leaves(data) if key in KEYS[chart]}
    assert {key: as_shown(value) for key, value in seen.items()} == {
        key: as_shown(value) for key, value in wanted.items()
    }


@pytest.mark.parametrize("example", ["harbor-airgap", "cert-manager", "everything"])
def test_the_parser_of_helm_reads_the_data_that_was_compiled(example):
    _, data = compiled(example)
    assert values_of(example) == data


@pytest.mark.parametrize("example", ["harbor-airgap", "cert-manager", "everything"])
def test_the_values_read_the_same_as_the_file_of_a_chart(example, tmp_path):
    """So that nothing hangs on the function by which the other tests read them."""
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: none\nversion: 0.1.0\n")
    (tmp_path / "values.yaml").write_text(compiled(example)[0], "utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "values.json").write_text("{{ .Values | toJson }}")
    with helm.Chart.load(tmp_path) as chart:
        rendered = chart.render()
    assert json.loads(rendered["none/templates/values.json"]) == values_of(example)


@pytest.mark.parametrize("chart", KEYS)
def test_helm_has_nothing_against_the_charts(chart):
    """The charts are what the tests rest on."""
    report = helm.lint(CHARTS / chart, values_of("everything"), strict=True)
    assert report["errors"] == []
    # Severity 1 is advice: a chart should have an icon.
    assert [message for message in report["messages"] if message["severity"] > 1] == []


def test_the_pull_secret_of_both_charts_is_a_docker_config_with_every_login():
    """Its form: kubernetes.io/docs, "Pull an Image from a Private Registry"."""
    values = values_of("everything")
    contents = []
    for chart in KEYS:
        secret = render(chart, values)["Secret", "pull-secret"]
        assert secret["type"] == "kubernetes.io/dockerconfigjson"
        contents.append(base64.b64decode(secret["data"][".dockerconfigjson"], validate=True))
    assert contents[0] == contents[1]
    logins = {"harbor.example.org": ("robot$puller", PASSWORD)}
    logins["nexus.example.org:8083"] = ("puller", "other")
    assert json.loads(contents[0]) == {
        "auths": {
            host: {
                "username": username,
                "password": password,
                "auth": base64.b64encode(f"{username}:{password}".encode()).decode(),
            }
            for host, (username, password) in logins.items()
        }
    }


def test_without_a_pull_secret_the_default_of_the_charts_stays():
    assert ("Secret", "pull-secret") not in render("image-swap", values_of("harbor-airgap"))
    assert ("Secret", "pull-secret") not in render("cert-manager", values_of("cert-manager"))


def test_the_management_plane_gets_the_values_that_image_swap_gets():
    """They "must match", as the vendor says; what else the chart has stays."""
    palette = helm.values_from_yaml(compiled("everything", "palette")[0])
    objects = render("management-plane", palette)
    seen = {
        key: json.loads(value)
        for key, value in objects["ConfigMap", "management-plane"]["data"].items()
    }
    config = values_of("everything")["config"]
    assert seen["registry"] == config["ociImageRegistry"]
    assert seen["registry"]["password"] == PASSWORD
    assert seen["swap"] == {
        "images": config["imageSwapImages"],
        "config": config["imageSwapConfig"],
    }
    assert seen["others"] == ["kept", "kept"]
    secret = objects["Secret", "management-plane"]["data"][".dockerconfigjson"]
    assert secret == config["imagePullSecret"]["dockerConfigJson"]
    logins = json.loads(base64.b64decode(secret))["auths"]
    assert logins["harbor.example.org"]["password"] == PASSWORD
