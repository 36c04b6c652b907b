"""What is said of CA certificates, with the optional library and without it."""

from __future__ import annotations

import shutil
import sys

import pytest
from regspec import authorities, certificates


@pytest.fixture
def site(root, head, tmp_path):
    """A folder with the certificates, and a spec that refers to one of them."""
    shutil.copytree(root / "tests/data/certificates", tmp_path, dirs_exist_ok=True)
    shutil.copy(root / "examples/ca.crt", tmp_path)

    def write(file):
        (tmp_path / "registry.yaml").write_text(
            f"{head}registry: {{endpoint: a.example.org, caCert: {{file: {file}}}}}\n"
            "mirrors: [docker.io, docker.io/library]\ntargets: [values, secret]\n"
        )
        return tmp_path

    return write


def test_every_certificate_of_a_file_is_looked_at(regspec, site):
    words = ("check", "registry.yaml", "--format", "concise", "--at", "2026-12-01")
    done = regspec(*words, cwd=site("all.crt"))
    said = [line.partition("]: ")[2] for line in done.stderr.splitlines()[:-1]]
    assert said == [
        "certificate 7 of 7 is not an X.509 certificate",
        "certificate 4 of 7 expired on 2021-01-01",
        "certificate 6 of 7 is not the certificate of a CA",
        "certificate 5 of 7 is weak: its RSA key has 1024 bits only",
        "certificate 6 of 7 is not followed by the one that has signed it",
        "certificate 3 of 7 is the same as number 2",
    ]
    assert done.returncode == 0


@pytest.mark.parametrize(
    "file, day, said",
    [
        ("expired.crt", "2020-12-31", ""),
        ("expired.crt", "2021-01-01", ""),
        ("expired.crt", "2021-01-02", "expired on 2021-01-01"),
        ("future.crt", "2109-12-31", "is not valid before 2110-01-01"),
        ("future.crt", "2110-01-01", ""),
        ("ca.crt", "2026-11-23", ""),
    ],
)
def test_the_day_may_be_given(regspec, site, file, day, said):
    folder = site(file)
    for command in (("check", "-q"), ("compile", "--stdout")):
        done = regspec(command[0], "registry.yaml", *command[1:], "--at", day, cwd=folder)
        assert done.returncode == 0
        if command[0] == "compile":
            assert ("RS404" in done.stderr) == bool(said)
            assert said in done.stderr


def test_a_build_may_give_the_day(regspec, site):
    folder = site("expired.crt")
    for epoch, told in (("1600000000", False), ("1700000000", True), ("", True), ("x", True)):
        env = {"SOURCE_DATE_EPOCH": epoch}
        done = regspec("check", "registry.yaml", cwd=folder, env=env)
        assert ("RS404" in done.stderr) is told
    done = regspec("check", "registry.yaml", "--at", "tomorrow", cwd=folder)
    assert done.returncode == 2
    assert "%Y-%m-%d" in done.stderr


def test_no_output_depends_on_the_day(regspec, site):
    folder = site("expired.crt")
    outputs = {
        regspec("compile", "registry.yaml", "--stdout", "--at", day, cwd=folder).stdout
        for day in ("2020-06-01", "2026-12-01")
    }
    assert len(outputs) == 1


def test_a_signature_of_an_intermediate_counts_and_that_of_a_root_does_not(root):
    text = certificates.canonical((root / "tests/data/certificates/sha1.crt").read_text())
    (authority,) = authorities.read(text)
    assert authority.weakness == "it is signed with SHA1"


def test_without_the_library_one_line_says_so(here, site, monkeypatch):
    authorities.read.cache_clear()
    monkeypatch.setitem(sys.modules, "cryptography", None)
    done = here("check", "registry.yaml", cwd=site("all.crt"))
    assert done.returncode == 0
    assert done.stderr.count("info[RS409]") == 1
    assert "install `cryptography`" in done.stderr
    assert done.stderr.endswith("1 spec checked: 1 info\n")
    authorities.read.cache_clear()
