"""What the pages for choosing and for registry products promise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from regspec.dialects import TARGETS

ROOT = Path(__file__).resolve().parent.parent
RECIPES = dict(
    re.findall(
        r"<!-- file: (\S+) -->\n```yaml\n(.*?)```\n",
        (ROOT / "docs/registries.md").read_text(),
        re.DOTALL,
    )
)
CHOICES = (ROOT / "docs/which-target.md").read_text()
ENV = {"REGISTRY_PASSWORD": "example"}


def write(folder, spec):
    (folder / "ca.crt").write_bytes((ROOT / "examples/ca.crt").read_bytes())
    (folder / "registry.yaml").write_text(spec)


def test_there_is_a_recipe_for_each_product():
    products = {name.partition(".")[0].partition("-")[0] for name in RECIPES}
    assert products == {"harbor", "artifactory", "nexus", "ecr", "gitlab", "zot"}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_no_finding_and_compiles(name, regspec, tmp_path):
    write(tmp_path, RECIPES[name])
    done = regspec("check", "--strict", "registry.yaml", cwd=tmp_path, env=ENV)
    assert (done.returncode, done.stderr) == (0, "1 spec checked: nothing found\n")
    assert regspec("compile", "registry.yaml", cwd=tmp_path, env=ENV).returncode == 0
    assert any((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", RECIPES)
def test_the_targets_of_a_recipe_agree_on_an_image(name, regspec, tmp_path):
    """In one repository below `/v2/`, whichever target is read; the page shows its URL."""
    write(tmp_path, RECIPES[name])
    done = regspec("explain", "registry.yaml", "nginx:1.25", "--format", "json", cwd=tmp_path)
    urls = {
        attempt["url"].partition("?")[0]
        for line in done.stdout.splitlines()
        for attempt in json.loads(line)["attempts"]
        if not attempt["upstream"]
    }
    (url,) = urls
    assert re.fullmatch(r"https://[^/]+/v2/(\S+/)?library/nginx/manifests/1\.25", url)
    assert f"\n{url}\n" in (ROOT / "docs/registries.md").read_text()


def test_every_target_can_be_chosen():
    """The second column of each table is what goes into `targets` of a spec."""
    tables = CHOICES.partition("## Node or webhook?")[0]
    cells = [row.split("|")[2] for row in tables.splitlines() if row.startswith("| ")]
    named = {name for cell in cells for name in re.findall(r"`(?:\{target: )?([\w.-]+)", cell)}
    assert named == set(TARGETS)


def test_every_choice_with_options_compiles(regspec, tmp_path):
    """So that a line can be copied."""
    choices = set(re.findall(r"`(\{target: .*?\})`", CHOICES))
    assert len(choices) > 3
    for choice in choices:
        spec = {"apiVersion": "regspec/v1", "kind": "RegistrySpec", "mirrors": ["docker.io"]}
        lines = [f"{key}: {json.dumps(value)}" for key, value in spec.items()]
        node = "certs.d, " if "kubeadm" in choice else ""
        lines += ["registry: {endpoint: m.example.org}", f"targets: [{node}{choice}]"]
        write(tmp_path, "\n".join(lines))
        done = regspec("compile", "registry.yaml", cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_the_glossary_is_in_order():
    terms = re.findall(r"^## (.*)$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    assert terms == sorted(set(terms), key=str.lower)
