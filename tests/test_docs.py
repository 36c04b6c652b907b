"""The pages: generated ones are current, and what the others show is true."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest
from regspec import pipeline
from regspec.cli.exit_codes import Exit
from regspec.cli.group import regspec as command
from regspec.dialects import TARGETS
from regspec.explaining import explain

DOCS = Path(__file__).resolve().parent.parent / "docs"


def script(name):
    """A module of docs/, whose scripts import one another."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(DOCS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(DOCS))
    return module


shown = script("shown")
generate = script("generate")
PAGES, tables = generate.PAGES, generate.dialect_tables


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_current(page):
    assert (DOCS / page).read_text() == PAGES[page](), "run: make docs"


@pytest.mark.parametrize("heading", [tables.FAILING, tables.LOGINS, tables.STEPS, tables.LOST])
def test_a_row_of_a_dialect_names_targets(heading):
    assert set(tables.cells_of_targets(heading)) <= set(TARGETS)


def test_a_table_says_with_which_options_a_target_can_carry_something():
    def said(name, question):
        return str(tables.answer(TARGETS[name], question, generate.OPTIONS)).partition(" (")[0]

    assert said("k3s", "login") == "yes"
    assert said("docker", "deny") == "no, except with `imageStore: containerd`"
    assert said("talos", "deny") == "yes, except with `version` before 1.9"
    assert said("containerd", "ca") == (
        "no, except with `version` before 2.0, `endpoints: api` and `caFile`"
    )
    assert said("certs.d", "login") == (
        "no, except with `credentials: config` or `credentials: header`"
    )
    assert said("kind", "ca") == "yes, except with `version` before 2.0 but not `patches: true`"


def test_the_tutorial_leaves_out_only_what_needs_a_cluster():
    page = (DOCS / "tutorial.md").read_text()
    left_out = re.findall(r"<!-- not run -->\n```console\n(.*?)```", page, re.DOTALL)
    words = [command.split()[0] for block in left_out for command in shown.commands(block)]
    assert words == ["helm", "kubectl", "ssh"]


def test_a_page_is_given_what_its_commands_print():
    page = "a\n```console\n$ echo b\n> c=1\n$ false\nold\n$ echo $? >&2\n```\nz\n"
    assert shown.refreshed(page) == (
        "a\n```console\n$ echo b\n> c=1\nb\n$ false\n$ echo $? >&2\n1\n```\nz\n"
    )
    with pytest.raises(shown.Failed):
        shown.refreshed("```console\n$ exit 0\n$ echo\n```\n")


@pytest.mark.parametrize(
    "section", re.split(r"^## ", (DOCS / "json.md").read_text(), flags=re.MULTILINE)[1:]
)
def test_the_fields_of_a_json_format_are_those_that_are_printed(section, root):
    first = r"^\| (`.*?`) \|"
    told = [
        name
        for cell in re.findall(first, section, re.MULTILINE)
        for name in re.findall(r"`(.*?)`", cell)
    ]
    block = re.search(r"```console\n(.*?)```", section, re.DOTALL)[1]
    words = [one.partition(" |")[0] for one in shown.commands(block)]
    example = {"harbor-airgap.yaml": (root / "examples/harbor-airgap.yaml").read_text()}
    printed = shown.printed("\n".join(words), example)
    data = json.loads(printed) if printed.startswith(("[", "{\n")) else json.loads(f"[{printed}]")
    assert data
    assert sorted(told) == sorted(keys(data))


def test_the_json_page_names_every_runtime():
    spec = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": "m.example.org"},
        "mirrors": [{"source": "docker.io", "path": ""}],
    }
    runtimes = set()
    for target in filter(explain.is_explained, TARGETS):
        explained = pipeline.explain_spec(
            json.dumps(spec | {"targets": [target]}).encode(),
            targets=(),
            environment={},
            read_file={}.__getitem__,
        )
        rows = explain.of_spec(explained.spec, explained.artifacts, ["nginx"], {})
        runtimes |= {row.runtime for row in rows}
    (told,) = re.findall(r"^\| `runtime` \| (.*) \|$", (DOCS / "json.md").read_text(), re.MULTILINE)
    assert set(re.findall("`(.*?)`", told)) == runtimes


def keys(data, above=""):
    """The paths of all keys, `[]` standing for the items of a list."""
    if isinstance(data, list):
        return {key for item in data if isinstance(item, dict) for key in keys(item, above)}
    below = (keys(value, f"{above}{key}[].") for key, value in data.items() if type(value) is list)
    return {f"{above}{key}" for key in data}.union(*below)


def test_the_json_page_has_every_format():
    sections = set(re.findall(r"^## `(\w+)`", (DOCS / "json.md").read_text(), re.MULTILINE))
    with_json = {
        name
        for name, one in command.commands.items()
        for option in one.params
        if "json" in getattr(option.type, "choices", ())
    }
    assert sections == with_json


def test_the_help_of_the_page_is_what_people_see(regspec, tmp_path):
    for words in ((), ("compile",), ("rule",)):
        done = regspec(*words, "--help", cwd=tmp_path, env={"COLUMNS": "100"})
        assert f"```text\n{done.stdout.rstrip()}\n```\n" in (DOCS / "cli.md").read_text()


@pytest.mark.parametrize(
    "page, written",
    [("README.md", 9), ("docs/spec-on-one-screen.md", 16)],
    ids=["readme", "screen"],
)
def test_a_page_shows_a_spec_that_compiles(page, written, regspec, root, tmp_path):
    (spec,) = re.findall(r"```yaml\n(apiVersion.*?)```", (root / page).read_text(), re.DOTALL)
    (tmp_path / "ca.crt").write_bytes((root / "examples/ca.crt").read_bytes())
    env = {"REGISTRY_PASSWORD": "a", "NEXUS_PASSWORD": "b"}
    (tmp_path / "registry.yaml").write_text(spec)
    done = regspec("compile", "registry.yaml", cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, f"{written} files written, 0 up to date\n")
    (tmp_path / "images.txt").write_text("nginx\nregistry.k8s.io/pause:3.10\n")
    done = regspec("coverage", "registry.yaml", "-i", "images.txt", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_readme_names_every_command(root):
    readme = (root / "README.md").read_text()
    for name in command.commands:
        assert f"regspec {name}" in readme


def test_the_readme_leads_to_every_page(root):
    linked = set(re.findall(r"\]\(docs/([^)#]+)", (root / "README.md").read_text()))
    pages = {page.name for page in root.glob("docs/*.md")} - {"index.md"}
    assert pages <= linked


def test_the_page_for_scripts_has_every_exit_code(root):
    for code in Exit:
        assert f"\n| {code.value} | " in (root / "docs/scripts.md").read_text()


def test_links_between_the_pages_lead_somewhere(root):
    pages = [root / "README.md", root / "CONTRIBUTING.md", *root.glob("docs/**/*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_picture_of_the_flow_has_every_target(root):
    drawn = (root / "docs/pictures/flow.svg").read_text()
    for target in TARGETS.values():
        files = {part for file in target.files for part in (file, *file.split("/"))}
        assert any(f">{file}" in drawn or f", {file}<" in drawn for file in files), target.name
