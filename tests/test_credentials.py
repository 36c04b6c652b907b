"""docs/credentials.md: its example is what the kubelet takes, and its table is what happens."""

from __future__ import annotations

import fnmatch
import json
import re
import textwrap
from pathlib import Path

import helm_python as helm
import jsonschema
import pytest

HERE = Path(__file__).resolve().parent
PAGE = (HERE.parent / "docs/credentials.md").read_text()
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((HERE / "data/kubelet/credential-provider-config.schema.json").read_text())
)
ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"


def example():
    (written,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return helm.values_from_yaml(textwrap.dedent(written.rstrip(" ")))


def matches(pattern, image):
    """As the API says: part by part of the host, the same port, and the path as a beginning."""
    (wanted, _, wanted_path), (host, _, path) = (text.partition("/") for text in (pattern, image))
    (wanted, _, wanted_port), (host, _, port) = (text.partition(":") for text in (wanted, host))
    parts = list(zip(wanted.split("."), host.split("."), strict=False))
    return (
        wanted.count(".") == host.count(".")
        and all(fnmatch.fnmatchcase(part, glob) for glob, part in parts)
        and wanted_port in ("", port)
        and path.startswith(wanted_path)
    )


def test_the_example_is_one_for_the_kubelet():
    SCHEMA.validate(example())
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(example() | {"apiVersion": "kubelet.config.k8s.io/v1beta1"})


def test_the_provider_is_asked_for_what_a_webhook_has_written_and_not_for_a_mirror(
    regspec, tmp_path
):
    spec = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": ECR, "baseContentPath": "airgap"},
        "mirrors": ["docker.io", "docker.io/library"],
        "targets": ["secret", "certs.d", "k3s", "registries.conf"],
    }
    (tmp_path / "registry.yaml").write_text(json.dumps(spec))
    image = "docker.io/library/nginx:1"
    done = regspec("explain", "registry.yaml", image, "--format", "json", cwd=tmp_path)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    asked = {}
    for row in rows:
        url = row["attempts"][0]["url"]
        assert url.startswith(f"https://{ECR}/v2/airgap/docker.io/")
        # What the kubelet sees is the name in the pod, which only a webhook changes.
        rewritten = url.removeprefix("https://").replace("/v2/", "/").partition("/manifests")[0]
        seen = rewritten if row["runtime"] == "image-swap" else row["image"]
        asked[row["target"]] = any(
            matches(one, seen) for one in example()["providers"][0]["matchImages"]
        )
    assert asked == {"secret": True, "certs.d": False, "k3s": False, "registries.conf": False}
