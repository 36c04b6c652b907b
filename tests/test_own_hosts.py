"""Sources whose host also holds mirrors: what is written for them, and what is requested.

Sources: containers/image, docker/docker_image_src.go (skopeo 1.9.3 and CRI-O 1.37 were run, and
refuse every place on a blocked host); siderolabs/talos, registry_tls.go of 1.12.0;
zarf-dev/zarf, src/pkg/transform.
"""

from __future__ import annotations

import json
import tomllib

import pytest
import yaml
from regspec import pipeline, reference
from regspec.dialects.containerd import resolve as containerd
from regspec.dialects.containerd import versions
from regspec.dialects.containers import resolve as containers
from regspec.dialects.files import Files
from regspec.dialects.openshift import resolve as openshift

HEAD = {"apiVersion": "regspec/v1", "kind": "RegistrySpec"}
CONF = "containers/registries.conf.d/50-regspec.conf"


def compiled(target, **keys):
    spec = HEAD | keys | {"targets": [target]}
    result = pipeline.compile_spec(
        json.dumps(spec).encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    assert not result.failed, result.diagnostics
    return {artifact.path: artifact.text for artifact in result.artifacts}, {
        finding.code for finding in result.diagnostics
    }


def requested(data, image):
    """The places that are requested: none for what is blocked."""
    registries = containers.Registries(data)
    sources = registries.sources(reference.parse(image))
    return [one.place for one in sources if one.place and not registries.is_blocked(one.place)]


@pytest.mark.parametrize(
    "endpoint, source, blocked",
    [
        ("harbor.example.org", "harbor.example.org", False),
        ("harbor.example.org:8443", "harbor.example.org", False),
        ("harbor.example.org:8443", "harbor.example.org:8443", False),
        ("harbor.example.org", "harbor.example.org:8443", True),
        ("harbor.example.org", "other.example.org", True),
        ("harbor.example.org", "harbor.example", True),
    ],
)
def test_a_source_with_mirrors_on_its_host_is_not_blocked(endpoint, source, blocked):
    keys = {
        "registry": {"endpoint": endpoint},
        "mirrors": ["quay.io", {"source": source, "path": "own"}],
    }
    texts, _ = compiled("registries.conf", **keys)
    objects, _ = compiled("openshift", **keys)
    nodes = yaml.safe_load_all(objects["openshift/image-mirrors.yaml"])
    for data in (tomllib.loads(texts[CONF]), openshift.registries_conf(nodes)):
        assert requested(data, "quay.io/a/b:1") == [f"{endpoint}/quay.io/a/b"]
        of_source = [f"{endpoint}/own/a/b", *([] if blocked else [f"{source}/a/b"])]
        assert requested(data, f"{source}/a/b:1") == of_source


def test_the_port_of_the_registry_has_an_entry_of_its_own():
    keys = {
        "registry": {"endpoint": "harbor.example.org:8443"},
        "mirrors": [{"source": "harbor.example.org", "path": "own"}],
    }
    texts, codes = compiled("registries.conf", **keys)
    place = "harbor.example.org:8443/own/a"
    assert requested(tomllib.loads(texts[CONF]), f"{place}:1") == [place]
    assert {"RS228"} <= codes
    _, codes = compiled("openshift", **keys)
    assert {"RS228", "RS241"} <= codes


@pytest.mark.parametrize("fallback", ["deny", "allow"])
@pytest.mark.parametrize("version", versions.MEASURED)
def test_the_mirror_of_an_own_host_wins(version, fallback):
    texts, _ = compiled(
        "certs.d",
        registry={"endpoint": "harbor.example.org"},
        mirrors=["quay.io", {"source": "harbor.example.org", "path": "own"}],
        fallback=fallback,
    )
    main = {
        "/etc/containerd/config.toml": 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
    }
    node = main | {f"/etc/containerd/{path}": text for path, text in texts.items()}
    model = containerd.Containerd(Files(node), versions.parse(version))
    urls = [one.url for one in model.pull(reference.parse("harbor.example.org/a:1")).attempts]
    upstream = ["https://harbor.example.org/v2/a/manifests/1"] if fallback == "allow" else []
    assert urls == ["https://harbor.example.org/v2/own/a/manifests/1", *upstream]


def test_a_source_that_is_served_from_itself_is_as_before():
    mirrors = [{"source": "harbor.example.org", "target": "harbor.example.org"}]
    with_source, _ = compiled(
        "certs.d", registry={"endpoint": "harbor.example.org"}, mirrors=["quay.io", *mirrors]
    )
    without, _ = compiled(
        "certs.d", registry={"endpoint": "harbor.example.org"}, mirrors=["quay.io"]
    )
    assert with_source == without


@pytest.mark.parametrize(
    "version, keys, documents",
    [
        ("1.12.0", {"insecureSkipVerify": True}, False),
        ("1.12.1", {"insecureSkipVerify": True}, False),
        ("1.12.0", {}, True),
        ("1.12.2", {"insecureSkipVerify": True}, True),
        ("1.12", {"insecureSkipVerify": True}, True),
        ("1.13", {"insecureSkipVerify": True}, True),
    ],
)
def test_the_form_that_a_version_of_talos_takes(version, keys, documents):
    texts, _ = compiled(
        {"target": "talos", "version": version},
        registry={"endpoint": "harbor.example.org", **keys},
        mirrors=["quay.io"],
    )
    (text,) = texts.values()
    assert ("RegistryMirrorConfig" in text) == documents


def test_what_zarf_does_not_rename_is_listed_apart():
    texts, _ = compiled(
        "zarf",
        registry={"endpoint": "quay.io.example.org"},
        mirrors=["quay.io", "docker.io", "docker.io/library"],
        images=["quay.io/a/b:1", "docker.io/library/nginx:1"],
    )
    components = yaml.safe_load(texts["zarf.yaml"])["components"]
    images = {component["name"]: component.get("images") for component in components}
    assert images["images-of-other-names"] == ["quay.io/a/b:1"]
