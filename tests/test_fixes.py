"""`regspec check --fix` and `--diff`: what is fixed, to the byte, and what is left alone."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regspec import document, pipeline, rules
from regspec.sources import FolderReader

REST = "registry: {endpoint: harbor.example.org}\nmirrors: [docker.io, docker.io/library]\n"
TARGETS = "targets: [secret]\n"


@pytest.mark.parametrize(
    "before, after",
    [
        # Case, scheme, slashes, blanks; the quotes and the comment stay.
        ("endpoint: Harbor.Example.org # c", "endpoint: harbor.example.org # c"),
        ("endpoint: 'https://harbor.example.org'", "endpoint: 'harbor.example.org'"),
        ('endpoint: "HTTPS://Harbor.example.org/a/" # c', 'endpoint: "harbor.example.org/a" # c'),
        ("endpoint: harbor.example.org/", "endpoint: harbor.example.org"),
        ("endpoint: ' harbor.example.org '", "endpoint: 'harbor.example.org'"),
        ("endpoint: fd00::1", 'endpoint: "[fd00::1]"'),
        ('endpoint: "\\x41.example.org"', 'endpoint: "a.example.org"'),
        (
            "{endpoint: a.example.org, baseContentPath: /b/}",
            "{endpoint: a.example.org, baseContentPath: b}",
        ),
    ],
)
def test_the_registry(here, head, tmp_path, before, after):
    spec = f"{head}registry:\n  BEFORE\nmirrors: [docker.io, docker.io/library]\n{TARGETS}"
    if before.startswith("{"):
        spec = spec.replace("\n  BEFORE", " BEFORE")
    mends(here, tmp_path, spec.replace("BEFORE", before), spec.replace("BEFORE", after))


@pytest.mark.parametrize(
    "before, after",
    [
        ("- Quay.io # c", "- quay.io # c"),
        ("- {source: HTTPS://Quay.io/, path: /q}", "- {source: quay.io, path: q}"),
        ("- {source: index.docker.io, path: hub}", "- {source: docker.io, path: hub}"),
        (
            "- {source: registry-1.docker.io, target: A.example.org/hub}",
            "- {source: docker.io, target: a.example.org/hub}",
        ),
        # Its path is its name: it would move.
        ("- index.docker.io", "- index.docker.io"),
        ("- {source: index.docker.io}", "- {source: index.docker.io}"),
        # It has a mirror of its own.
        (
            "- docker.io\n- {source: index.docker.io, path: hub}",
            "- docker.io\n- {source: index.docker.io, path: hub}",
        ),
    ],
)
def test_mirrors(here, head, tmp_path, before, after):
    spec = f"{head}registry: {{endpoint: harbor.example.org}}\nmirrors:\nBEFORE\n{TARGETS}"
    mends(here, tmp_path, spec.replace("BEFORE", before), spec.replace("BEFORE", after))


@pytest.mark.parametrize(
    "before, after",
    [
        ("quay.io\t::a.example.org/q", "quay.io::a.example.org/q"),
        ("quay.io::\ta.example.org/q", "quay.io::a.example.org/q"),
        ("Quay.io::https://a.example.org/q/", "quay.io::a.example.org/q"),
        ("index.docker.io::a.example.org/v2/q", "docker.io::a.example.org/v2/q"),
        # Http is not https, and blanks do no harm.
        ("quay.io::http://a.example.org/q", "quay.io::http://a.example.org/q"),
        ("quay.io :: a.example.org/q", "quay.io :: a.example.org/q"),
    ],
)
@pytest.mark.parametrize(
    "style", ['"{}"', "'ghcr.io::a.example.org/g,{}'", "|\n    {},\n    ghcr.io::a.example.org"]
)
def test_the_mirror_string(  # noqa: PLR0913, PLR0917
    here, head, tmp_path, style, before, after
):
    spec = f"{head}registry:\n  mirrorRegistries: {style}\n  endpoint: a.example.org\n{TARGETS}"
    mends(here, tmp_path, spec.format(before), spec.format(after))


def test_a_part_that_is_not_written_as_it_reads_is_left_alone(here, head, tmp_path):
    string = '"quay.io\\t::a.example.org/q"'
    spec = f"{head}registry: {{mirrorRegistries: {string}, endpoint: a.example.org}}\n{TARGETS}"
    mends(here, tmp_path, spec, spec)


@pytest.mark.parametrize(
    "before, after",
    [
        ("lint: {ignore: [RS308]}", "lint: {ignore: []}"),
        ("lint: {ignore: [RS308, RS309]}", "lint: {ignore: []}"),
        ("lint: {ignore: [RS502, RS308]}", "lint: {ignore: [RS502]}"),
        ("lint: {ignore: [RS308, RS502]}", "lint: {ignore: [RS502]}"),
        ("lint: {ignore: [RS308 , RS502, RS309]}", "lint: {ignore: [RS502]}"),
        ("lint:\n  ignore:\n  - RS308", "lint:\n  ignore:\n   []"),
        ("lint:\n  ignore:\n  - RS308 # c\n  - RS502", "lint:\n  ignore:\n   # c\n  - RS502"),
        (
            "lint:\n  ignore:\n  # c\n  - RS502 # d\n  - 'RS308'",
            "lint:\n  ignore:\n  # c\n  - RS502 # d",
        ),
        (
            "lint:\n  ignore:\n    [\n      RS308, # c\n      RS502,\n    ]",
            "lint:\n  ignore:\n    [\n      # c\n      RS502,\n    ]",
        ),
        ("lint: {ignore: [rs502]}", "lint: {ignore: [RS502]}"),
    ],
)
def test_ignored_rules(here, head, tmp_path, before, after):
    spec = f"{head}{REST}{TARGETS}".replace("}\n", ", username: x}\n", 1)
    mends(here, tmp_path, f"{spec}{before}\n", f"{spec}{after}\n")


def test_hosts_and_line_ends(here, head, tmp_path):
    spec = (
        f"{head}{REST}hosts:\n  HTTPS://Nexus.example.org: {{}}\n  b.example.org: {{}}\n{TARGETS}"
    )
    after = spec.replace("HTTPS://N", "n")
    mends(here, tmp_path, spec.replace("\n", "\r\n"), after)
    mends(here, tmp_path, "\ufeff" + spec, "\ufeff" + after)
    # One of the name is there already.
    spec = f"{head}{REST}hosts: {{Nexus.example.org: {{}}, nexus.example.org: {{}}}}\n{TARGETS}"
    mends(here, tmp_path, spec, spec)


def mends(here, folder, before, after):
    """What --diff says, and what --fix makes of a file and of the standard input."""
    path = folder / "registry.yaml"
    path.write_bytes(before.encode())
    path.chmod(0o640)
    promised = here("check", "--diff", "registry.yaml", cwd=folder)
    assert path.read_bytes() == before.encode(), "--diff has written something"
    assert bool(promised.stdout) == (before != after)
    assert promised.returncode == 1 or before == after
    here("check", "--fix", "registry.yaml", cwd=folder)
    assert path.read_bytes().decode() == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [path.name for path in folder.iterdir()] == ["registry.yaml"]
    assert here("check", "--fix", "-", cwd=folder, input=before).stdout == after
    again = here("check", "--fix", "registry.yaml", cwd=folder)
    assert "fixed" not in again.stderr
    assert path.read_bytes().decode() == after


def test_the_diff_shows_what_changes_and_no_secret(regspec, head, tmp_path):
    spec = (
        f"{head}registry: {{endpoint: HTTPS://a.example.org, password: hunter2}} # hunter2\n"
        "# hunter2\nmirrors:\n- Quay.io\nhosts:\n  b.example.org:\n    password: |\n      hunter2\n"
    )
    (tmp_path / "registry.yaml").write_text(spec)
    done = regspec("check", "registry.yaml", "--diff", cwd=tmp_path)
    assert done.stdout == (
        "--- registry.yaml\n+++ registry.yaml\n@@ -1,9 +1,9 @@\n apiVersion: regspec/v1\n"
        " kind: RegistrySpec\n-registry: {endpoint: HTTPS://a.example.org, password: ...}\n"
        "+registry: {endpoint: a.example.org, password: ...}\n \n mirrors:\n-- Quay.io\n"
        "+- quay.io\n hosts:\n   b.example.org:\n     password: ...\n"
    )
    assert "hunter2" not in done.stderr
    assert done.returncode == 1


def test_line_ends_are_told_of_in_words(regspec, head, tmp_path):
    (tmp_path / "registry.yaml").write_bytes((head + REST + TARGETS).replace("\n", "\r\n").encode())
    done = regspec("check", "registry.yaml", "--diff", cwd=tmp_path)
    assert "CRLF" in done.stdout


def test_the_summary_counts_what_was_and_what_would_be_mended(regspec, head, tmp_path):
    spec = f"{head}registry: {{endpoint: A.example.org}}\nmirrors: [Quay.io]\n{TARGETS}"
    (tmp_path / "registry.yaml").write_text(spec)
    done = regspec("check", "registry.yaml", cwd=tmp_path)
    assert done.stderr.endswith("1 spec checked: 2 errors; --fix would fix 2\n")
    done = regspec("check", "registry.yaml", "--fix", "--ignore", "RS317", cwd=tmp_path)
    assert done.stderr == "1 spec checked: nothing found; 2 fixed\n"
    assert done.returncode == 0


def test_a_link_stays_one(regspec, head, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/site.yaml").write_text(head + REST.replace("harbor", "Harbor"))
    (tmp_path / "registry.yaml").symlink_to("real/site.yaml")
    assert regspec("check", "registry.yaml", "--fix", cwd=tmp_path).returncode == 0
    assert (tmp_path / "registry.yaml").is_symlink()
    assert "Harbor" not in (tmp_path / "real/site.yaml").read_text()


def test_a_file_that_cannot_be_written_is_told_and_left(head, tmp_path, unprivileged):
    (tmp_path / "registry.yaml").write_text(head + REST.replace("harbor", "Harbor"))
    before = (tmp_path / "registry.yaml").read_bytes()
    tmp_path.chmod(0o555)
    words = [*unprivileged, sys.executable, "-m", "regspec", "check", "registry.yaml", "--fix"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    tmp_path.chmod(0o755)
    assert done.returncode == 2
    assert done.stderr == "error: registry.yaml: permission denied\n"
    assert (tmp_path / "registry.yaml").read_bytes() == before


def test_standard_output_holds_one_thing(regspec, head, tmp_path):
    done = regspec("check", "-", "--fix", "--format", "json", cwd=tmp_path, input=head + REST)
    assert done.returncode == 2
    assert "would both be printed" in done.stderr


def test_a_text_that_is_no_yaml_is_left_alone(regspec, head, tmp_path):
    spec = head + "registry: {endpoint: A.example.org\r\n"
    done = regspec("check", "-", "--fix", cwd=tmp_path, input=spec.encode())
    assert done.returncode == 1
    assert done.stdout == spec.encode()


SLIPS = st.sampled_from(
    ["Quay.io", "https://quay.io", "quay.io/", " quay.io", "QUAY.IO:5000", "index.docker.io", "a b",
     "ftp://x", "", "x" * 300, "quay.io", '"', "'", "#", "\t", "é", "[", "*", "v2/", "fd00::1"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    endpoint=SLIPS,
    source=SLIPS,
    path=SLIPS,
    host=SLIPS,
    ignored=st.lists(st.sampled_from(["RS308", "rs101", "RS502", "x"])),
    quote=st.sampled_from(["", "'", '"']),
    flow=st.booleans(),
)
def test_a_mended_spec_differs_in_what_was_found_and_nothing_else(  # noqa: PLR0913, PLR0917
    tmp_path_factory, endpoint, source, path, host, ignored, quote, flow
):
    def q(text):
        return f"{quote}{text}{quote}"

    listed = (
        f"[{', '.join(ignored)}]" if flow else "".join(f"\n  - {i} # c" for i in ignored) or "[]"
    )
    text = (
        "apiVersion: regspec/v1 # kept\nkind: RegistrySpec\n"
        f"registry:\n  endpoint: {q(endpoint)} # kept\n  baseContentPath: {q(path)}\n"
        f"mirrors:\n- {q(source)} # kept\n- {{source: {q(source)}, path: {q(path)}}}\n"
        f"hosts:\n  {q(host)}: {{}} # kept\nlint:\n  ignore: {listed}\n"
    )
    reader = FolderReader(tmp_path_factory.getbasetemp())
    done = pipeline.fix_spec(
        text.encode(), targets=(), environment={}, read_file=reader, selection=rules.Selection()
    )
    mended = done.content.decode()
    assert mended.count("# kept") == text.count("# kept")
    assert (mended == text) == (done.count == 0)
    if done.count:
        assert mended.count("\n") >= text.count("\n") - len(ignored)
        assert mended.count("# c") == text.count("# c")
        document.parse(mended)
