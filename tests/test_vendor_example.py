"""The documented example, compiled, against the documents themselves."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import yaml

DOCUMENTED = Path(__file__).resolve().parent / "data" / "vendor-example"


@pytest.fixture(scope="module")
def out(regspec, root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("vendor")
    for spec in ("harbor-airgap", "cert-manager"):
        done = regspec("compile", root / f"examples/{spec}.yaml", "-o", folder / spec, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def in_order(data):
    """The data as text, so that the order of keys counts."""
    return json.dumps(data, indent=1)


@pytest.mark.parametrize("name", ["values.yaml", "registry-secret.yaml"])
def test_the_same_data_in_the_same_key_order(out, name):
    compiled = yaml.safe_load((out / "harbor-airgap" / name).read_text())
    # The documented Secret ends in `---`, which begins a second, empty document.
    documented = next(yaml.safe_load_all((DOCUMENTED / name).read_text()))
    assert in_order(compiled) == in_order(documented)


def registry_tables(text):
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.strip().endswith(".registry]"))
    return lines[first:]


def test_the_registry_tables_of_the_node_line_for_line(out):
    compiled = (out / "harbor-airgap" / "containerd.toml").read_text()
    documented = (DOCUMENTED / "config.toml").read_text()
    assert registry_tables(compiled) == registry_tables(documented)
    assert len(registry_tables(compiled)) == 16


def test_the_full_form_holds_the_same_data(regspec, root, tmp_path):
    spec = (root / "examples/harbor-airgap.yaml").read_text()
    spec += "\ntargets: [{target: containerd, form: full}]\n"
    done = regspec("compile", "-", "--stdout", cwd=tmp_path, input=spec)
    assert done.returncode == 0, done.stderr
    documented = tomllib.loads((DOCUMENTED / "config.toml").read_text())
    assert in_order(tomllib.loads(done.stdout)) == in_order(documented)


def test_the_images_of_cert_manager(out):
    compiled = yaml.safe_load((out / "cert-manager" / "values.yaml").read_text())
    documented = yaml.safe_load((DOCUMENTED / "cert-manager-images.yaml").read_text())
    assert in_order(compiled["image"]) == in_order(documented["image"])


def test_the_example_compiles_with_warnings_only(regspec, root, tmp_path):
    done = regspec("compile", root / "examples/harbor-airgap.yaml", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0
    assert "error" not in done.stderr
    assert "warning[RS101]" in done.stderr
    assert "https://harbor.example.org/airgap-images/docker.io/library/NAME" in done.stderr
