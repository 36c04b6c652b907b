"""The Python API: its page is true, importing it costs nothing, and it keeps to its promise."""

from __future__ import annotations

import ast
import doctest
import re
import subprocess
import sys

import pytest
import regspec as package
from regspec import api

SPEC = (
    "apiVersion: regspec/v1\nkind: RegistrySpec\nregistry: {endpoint: harbor.example.org}\n"
    "mirrors: [docker.io, docker.io/library]\n"
)
LOADED = "import sys; before = set(sys.modules); {}; print(sorted(set(sys.modules) - before))"


def page(root):
    return (root / "docs/api.md").read_text()


def loaded_by(statement):
    words = [sys.executable, "-c", LOADED.format(statement)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout)


def test_the_examples_of_the_page_are_true(root, monkeypatch):
    monkeypatch.chdir(root)
    blocks = re.findall(r"```pycon\n(.*?)```", page(root), re.DOTALL)
    assert len(blocks) > 5
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "api.md", None, 0)
    assert len(test.examples) > 15
    said = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert "".join(said) == ""


def test_importing_the_package_loads_nothing_else():
    assert loaded_by("import regspec") == ["regspec"]


def test_a_name_loads_the_compiler_when_it_is_used():
    assert "regspec.pipeline" in loaded_by("import regspec; regspec.compile_spec")


def test_no_command_loads_the_api():
    statement = "import regspec.cli.compile, regspec.cli.explain, regspec.pipeline"
    assert "regspec.api" not in loaded_by(statement)


def test_every_name_is_there_and_on_the_page(root):
    assert set(package.__all__) == {*api.__all__, "__version__"}
    assert set(package.__all__) <= set(dir(package))
    for name in api.__all__:
        assert getattr(package, name) is getattr(api, name)
        assert re.search(rf"\b{name}\b", page(root)), name


def test_the_attributes_of_the_page_are_those_of_the_types(root):
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", page(root), re.MULTILINE)
    types = {
        name: cells for name, cells in rows if hasattr(getattr(api, name, None), "__match_args__")
    }
    assert len(types) == 8
    for name, cells in types.items():
        there = {*getattr(api, name).__match_args__}
        told = set(re.findall(r"`([a-z_]+)`", cells))
        assert told <= there, name


def test_another_name_is_none():
    with pytest.raises(AttributeError, match="has no attribute 'compile'"):
        _ = package.compile


@pytest.mark.parametrize("content", ["", "\udcff", b"\xff\xfe", "a: [", "\x00", "mirrors: 1"])
def test_a_wrong_spec_is_told_and_raises_nothing(content):
    for result in (package.compile_spec(content), package.check_spec(content)):
        assert result.failed
        assert result.artifacts == ()
    explained = package.explain_spec(content, ["nginx"])
    assert explained.failed
    assert explained.rows == ()
    assert explained.diagnostics


def test_text_and_bytes_compile_to_the_same():
    assert package.compile_spec(SPEC) == package.compile_spec(SPEC.encode())


def test_nothing_is_read_that_was_not_given(monkeypatch, root):
    monkeypatch.chdir(root)
    monkeypatch.setenv("REGISTRY_PASSWORD", "from-the-process")
    for reference in ("{file: examples/ca.crt}", "{env: REGISTRY_PASSWORD}"):
        spec = SPEC.replace("example.org", f"example.org, caCert: {reference}")
        result = package.compile_spec(spec)
        assert [one.code for one in result.diagnostics if one.severity.value == "error"] == [
            "reference"
        ]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: package.compile_spec(SPEC, targets=["nothing"]),
        lambda: package.check_spec(SPEC, targets=["nothing"]),
        lambda: package.explain_spec(SPEC, ["nginx"], targets=["nothing"]),
        lambda: package.explain_spec(SPEC, ["A B"]),
        lambda: package.explain_spec(SPEC, ["nginx"], containerd=["1.5"]),
    ],
)
def test_a_mistake_of_the_caller_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=r"no target|not a version|upper-case"):
        wrong()


def test_the_api_says_what_the_command_says(regspec, tmp_path):
    (tmp_path / "registry.yaml").write_text(SPEC)
    done = regspec("compile", "registry.yaml", cwd=tmp_path)
    assert done.returncode == 0
    for artifact in package.compile_spec(SPEC).artifacts:
        assert (tmp_path / "out" / artifact.path).read_text() == artifact.text
