"""Lines that are printed once in a run, however many specs there are."""

from __future__ import annotations

import re
import shutil

import pytest
from regspec import authorities

HEAD = "apiVersion: regspec/v1\nkind: RegistrySpec\n"
CLEAN = (
    HEAD
    + "registry: {{endpoint: h{number}.example.org}}\nmirrors: [docker.io]\n"
    + "targets: [copy-list, k3s]\nimages: [docker.io/a/b:1]\nfallback: allow\n"
)
WITH_CA = (
    HEAD
    + "registry: {{endpoint: h{number}.example.org, caCert: {{file: ca.crt}}}}\n"
    + 'mirrors: [docker.io, docker.io/library]\ntargets: [{{target: certs.d, version: "2.1"}}]\n'
)


@pytest.mark.parametrize("words", ["check", "check --format github", "compile -o out/{stem}"])
def test_a_missing_library_is_one_finding_of_a_run(words, tmp_path, here, root, monkeypatch):
    def missing(_pem):
        raise authorities.NoLibrary

    monkeypatch.setattr(authorities, "read", missing)
    shutil.copy(root / "examples/ca.crt", tmp_path / "ca.crt")
    for number in range(3):
        (tmp_path / f"s{number}.yaml").write_text(WITH_CA.format(number=number))
    done = here(*words.split(), "s0.yaml", "s1.yaml", "s2.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert len(re.findall(r"info\[RS409\]|title=regspec RS409", done.stderr)) == 1
    if words == "check":
        assert done.stderr.endswith("3 specs checked: 1 info\n")


def test_twelve_clean_sites_print_one_line(tmp_path, here):
    names = [f"s{number}.yaml" for number in range(12)]
    for number, name in enumerate(names):
        (tmp_path / name).write_text(CLEAN.format(number=number))
    done = here("check", *names, cwd=tmp_path)
    assert done.stderr == "12 specs checked: nothing found\n"
    done = here("compile", *names, "-o", "out/{stem}", cwd=tmp_path)
    assert len(done.stderr.splitlines()) == 1


def test_the_manual_of_a_code_is_named_once_in_a_run(tmp_path, here):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(
            "apiVersion: regspec/v1\nkind: RegistrySpec\nregistry: {x: 1}\n"
        )
    done = here("check", "a.yaml", "b.yaml", cwd=tmp_path)
    said = done.stderr
    assert said.count("error[schema]") == 4
    assert said.count("see: `regspec rule schema`") == 1
