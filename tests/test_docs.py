"""The pages: generated ones are current, and what the others show is true."""

from __future__ import annotations

import importlib.util
import re

import pytest
from regspec.cli import regspec as command


def generator(root):
    spec = importlib.util.spec_from_file_location("generate", root / "docs/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["spec.md", "targets.md", "rules.md"])
def test_a_generated_page_is_current(root, page):
    made = generator(root).PAGES[page]()
    assert (root / "docs" / page).read_text() == made, "run: make docs"


def test_the_readme_shows_a_spec_that_compiles(regspec, root, tmp_path):
    (spec,) = re.findall(
        r"```yaml\n(apiVersion.*?)```", (root / "README.md").read_text(), re.DOTALL
    )
    (tmp_path / "ca.crt").write_bytes((root / "examples/ca.crt").read_bytes())
    env = {"REGISTRY_PASSWORD": "a", "NEXUS_PASSWORD": "b"}
    (tmp_path / "registry.yaml").write_text(spec)
    done = regspec("compile", "registry.yaml", cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "16 files written, 0 up to date\n")


def test_the_readme_names_every_command_and_exit_code(root):
    readme = (root / "README.md").read_text()
    for name in command.commands:
        assert f"regspec {name}" in readme
    for code in range(4):
        assert f"\n| {code} | " in readme


def test_the_readme_shows_what_explain_says(regspec, root):
    readme = (root / "README.md").read_text()
    shown = readme.split("$ regspec explain examples/harbor-airgap.yaml nginx:1.25\n")[1]
    done = regspec("explain", "examples/harbor-airgap.yaml", "nginx:1.25", cwd=root)
    assert shown.startswith(f"{done.stdout.rstrip()}\n```\n")


def test_links_between_the_pages_lead_somewhere(root):
    pages = [root / "README.md", root / "CONTRIBUTING.md", *root.glob("docs/**/*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name}: {link}"
