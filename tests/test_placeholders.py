"""Files without secrets: what stands in them in place of logins, and who refuses that."""

from __future__ import annotations

import base64
import json
import re
import shutil
import stat
import subprocess

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from regspec import placeholders
from regspec.file_list import LIST

PASSWORDS = {
    "REGISTRY_PASSWORD": "s3cret-Kx7Zq",
    "A_B_USER": "user-Kx7Zq",
    "A_B_PASSWORD": "ab-Kx7Zq",
    "TEN_PASSWORD": "ten-Kx7Zq",
}
IN_THE_SPEC = ("hunter2", "puller")
SPEC = """\
registry:
  endpoint: harbor.example.org
  username: {env: REGISTRY_USERNAME}
  password: {env: REGISTRY_PASSWORD}
mirrors: [docker.io, docker.io/library]
"""
LOGIN = {"REGISTRY_USERNAME": "robot$puller", "REGISTRY_PASSWORD": "s3cret-Kx7Zq"}


def files(folder):
    return {
        str(path.relative_to(folder)): (path.read_text(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LIST
    }


def decoded(text):
    """A text with all that is base64 in it, and in that."""
    found = [text]
    for one in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", text):
        try:
            found.append(decoded(base64.b64decode(one).decode()))
        except ValueError:
            continue
    return "\n".join(found)


@pytest.fixture
def site(root, tmp_path):
    """The golden spec with every target, and what is to become of it."""
    folder = tmp_path / "site"
    shutil.copytree(root / "golden/placeholders", folder, ignore=shutil.ignore_patterns("out"))
    return folder


def write(folder, head, text=SPEC, name="registry.yaml"):
    (folder / name).write_text(head + text)


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_no_file_holds_a_login_and_everybody_may_read_all(here, site, umask):
    done = here("compile", "registry.yaml", "--secrets", "placeholder", cwd=site, umask=umask)
    assert done.returncode == 0, done.stderr
    without = files(site / "out")
    shutil.rmtree(site / "out")
    (site / "nexus.txt").write_text("n3xus-Kx7Zq")
    words = ("compile", "registry.yaml", "--secrets", "placeholder")
    done = here(*words, cwd=site, env=PASSWORDS, umask=umask)
    assert done.returncode == 0, done.stderr
    assert files(site / "out") == without, "what it holds depends on the logins"
    assert {mode for _, mode in without.values()} == {0o644}
    everything = decoded("".join(text for text, _ in without.values()))
    for login in ("Kx7Zq", *IN_THE_SPEC, "robot$"):
        assert login not in everything
    owners = ("REGISTRY", "NEXUS_EXAMPLE_ORG_8083", "A_B_EXAMPLE_ORG", "A_B_EXAMPLE_ORG_2")
    for owner in (*owners, "HOST_10_0_0_1_5000"):
        for key in ("USERNAME", "PASSWORD"):
            assert f"{placeholders.MARK}{owner}_{key}" in everything


def test_the_files_that_hold_a_placeholder_are_those_that_hold_a_secret(here, site):
    (site / "nexus.txt").write_text("n3xus-Kx7Zq")
    here("compile", "registry.yaml", "--secrets", "placeholder", "-o", "git", cwd=site)
    done = here("compile", "registry.yaml", "-o", "real", cwd=site, env=PASSWORDS)
    assert done.returncode == 0, done.stderr
    real = files(site / "real")
    public = files(site / "git")
    assert set(real) == set(public)
    for name, (text, _) in public.items():
        assert placeholders.is_in(decoded(text)) == (real[name][0] != text), name
        assert placeholders.is_in(decoded(text)) == (real[name][1] == 0o600), name
        assert not placeholders.is_in(decoded(real[name][0])), name


def test_a_bundle_is_built_from_files_that_belong_to_the_spec(here, head, tmp_path):
    write(tmp_path, head)
    check = ("compile", "registry.yaml", "--check", "--secrets", "placeholder", "-o", "git")
    assert here(*check, cwd=tmp_path).returncode == 1
    done = here("compile", "registry.yaml", "--secrets", "placeholder", "-o", "git", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    committed = files(tmp_path / "git")

    assert here(*check, cwd=tmp_path).returncode == 0
    done = here("compile", "registry.yaml", "-o", "out", cwd=tmp_path, env=LOGIN)
    assert done.returncode == 0
    out = files(tmp_path / "out")
    assert out["registry-secret.yaml"][1] == out["values.yaml"][1] == 0o600
    assert LOGIN["REGISTRY_PASSWORD"] in out["registry-secret.yaml"][0]
    assert files(tmp_path / "git") == committed

    write(tmp_path, head, SPEC.replace("[docker.io,", "[docker.io, quay.io,"))
    done = here(*check, "--diff", cwd=tmp_path)
    assert done.returncode == 1
    assert "git/values.yaml: differs\n" in done.stderr
    assert "+++ git/values.yaml\n" in done.stdout
    assert "quay.io::harbor.example.org/quay.io" in done.stdout
    assert files(tmp_path / "git") == committed


def test_a_missing_file_is_told_and_shown(here, head, tmp_path):
    write(tmp_path, head)
    words = ("compile", "registry.yaml", "--check", "--diff", "--secrets", "placeholder")
    done = here(*words, "--target", "values", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "out/values.yaml: missing\n"
    assert done.stdout.startswith("--- /dev/null\n+++ out/values.yaml\n")


def test_a_real_login_that_was_committed_is_found_and_not_shown(here, head, tmp_path):
    write(tmp_path, head)
    assert here("compile", "registry.yaml", cwd=tmp_path, env=LOGIN).returncode == 0
    words = ("compile", "registry.yaml", "--secrets", "placeholder")
    done = here(*words, "--check", "--diff", cwd=tmp_path)
    assert done.returncode == 1
    assert "hidden" in done.stdout
    for login in LOGIN.values():
        assert login not in done.stdout + done.stderr
    assert here(*words, cwd=tmp_path).returncode == 0
    assert {mode for _, mode in files(tmp_path / "out").values()} == {0o644}
    assert LOGIN["REGISTRY_PASSWORD"] not in str(files(tmp_path / "out"))
    assert here("compile", "registry.yaml", cwd=tmp_path, env=LOGIN).returncode == 0
    assert files(tmp_path / "out")["registry-secret.yaml"][1] == 0o600


def test_several_specs_and_the_standard_output(here, head, tmp_path):
    for name in ("north.yaml", "south.yaml"):
        write(tmp_path, head, name=name)
    words = ("--secrets", "placeholder", "--target", "secret")
    done = here("compile", "north.yaml", *words, "--stdout", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    strings = yaml.safe_load(done.stdout)["stringData"]
    assert strings["USERNAME"] == "REGSPEC_PLACEHOLDER_REGISTRY_USERNAME"
    assert strings["PASSWORD"] == "REGSPEC_PLACEHOLDER_REGISTRY_PASSWORD"
    done = here("compile", "north.yaml", "south.yaml", *words, "-o", "out/{stem}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "2 files written, 0 up to date\n")


def test_what_is_empty_in_the_spec_stays_empty(here, smallest, tmp_path):
    (tmp_path / "registry.yaml").write_text(smallest)
    assert here("compile", "registry.yaml", "-o", "a", cwd=tmp_path).returncode == 0
    words = ("--secrets", "placeholder", "-o", "b")
    assert here("compile", "registry.yaml", *words, cwd=tmp_path).returncode == 0
    texts = [{name: text for name, (text, _) in files(tmp_path / one).items()} for one in "ab"]
    assert texts[0] == texts[1]


def test_an_error_of_the_spec_is_one_still(here, head, tmp_path):
    write(tmp_path, head, SPEC.replace("{env: REGISTRY_USERNAME}", '"team:puller"'))
    done = here("compile", "registry.yaml", "--secrets", "placeholder", cwd=tmp_path)
    assert done.returncode == 1
    assert "error[RS501]" in done.stderr
    assert not (tmp_path / "out").exists()


def test_placeholders_come_back_as_references(here, site):
    """What is imported of such files, with variables for logins, compiles to the same files."""
    words = ("--secrets", "placeholder")
    here("compile", "registry.yaml", *words, cwd=site)
    given = ("out/values.yaml", "out/registry-secret.yaml", "out/k3s")
    (site / "again").mkdir()
    done = here("import", *given, "-o", "again/registry.yaml", cwd=site)
    assert done.returncode == 0, done.stderr
    spec = (site / "again/registry.yaml").read_text()
    assert "{env: A_B_EXAMPLE_ORG_2_PASSWORD}" in spec
    assert placeholders.MARK not in spec
    assert here("compile", "registry.yaml", *words, cwd=site / "again").returncode == 0
    before, after = files(site / "out"), files(site / "again/out")
    assert {"values.yaml", "registry-secret.yaml", "k3s/registries.yaml"} <= set(after)
    for name, content in after.items():
        assert content == before[name]


@pytest.mark.parametrize("kind", ["file", "literal"])
def test_import_takes_no_placeholder_for_a_login(here, head, tmp_path, kind):
    write(tmp_path, head)
    here("compile", "registry.yaml", "--secrets", "placeholder", cwd=tmp_path)
    words = ("import", "out/values.yaml", "--secrets", kind, "-o", "new.yaml")
    done = here(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("it is a placeholder of regspec") == 2
    spec = yaml.safe_load((tmp_path / "new.yaml").read_text())
    assert "password" not in spec["registry"]
    assert {path.name for path in tmp_path.iterdir()} == {"registry.yaml", "new.yaml", "out"}


def test_import_takes_the_real_login_where_another_file_has_it(here, head, tmp_path):
    write(tmp_path, head)
    here("compile", "registry.yaml", "--secrets", "placeholder", cwd=tmp_path)
    here("compile", "registry.yaml", "-o", "live", cwd=tmp_path, env=LOGIN)
    for order in (1, -1):
        given = ("out/values.yaml", "live/registry-secret.yaml")[::order]
        done = here("import", *given, "--secrets", "literal", cwd=tmp_path)
        assert (done.returncode, done.stderr.count("placeholder")) == (0, 0), done.stderr
        assert yaml.safe_load(done.stdout)["registry"]["password"] == LOGIN["REGISTRY_PASSWORD"]


def test_import_gives_no_two_logins_one_name(here, head, tmp_path):
    spec = """\
registry: {endpoint: harbor.example.org}
mirrors:
  - docker.io
  - {source: ghcr.io, target: a-b.example.org/x}
  - {source: gcr.io, target: a.b.example.org/x}
  - {source: quay.io, target: "10.0.0.1:5000/x"}
hosts:
  a-b.example.org: {username: u1, password: p1}
  a.b.example.org: {username: u2, password: p2}
  10.0.0.1:5000: {username: u3, password: p3}
targets: [k3s]
"""
    write(tmp_path, head, spec)
    here("compile", "registry.yaml", cwd=tmp_path)
    words = ("import", "out/k3s/registries.yaml")
    done = here(*words, "--secrets", "file", "-o", "filed.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = here("compile", "filed.yaml", "-o", "again", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert files(tmp_path / "again") == files(tmp_path / "out")
    done = here(*words, "-o", "env.yaml", cwd=tmp_path)
    assert done.returncode == 0, "a variable cannot be called so: " + done.stderr


HEADER = SPEC + "targets: [{target: certs.d, credentials: header, version: '2.1'}]\n"


def test_a_login_that_is_not_set_is_not_compared_in_base64_either(here, head, tmp_path):
    write(tmp_path, head, HEADER)
    here("compile", "registry.yaml", cwd=tmp_path, env=LOGIN)
    words = ("verify", "registry.yaml", "out/certs.d/docker.io/hosts.toml")
    assert here(*words, cwd=tmp_path).stdout == ""
    for name, value in LOGIN.items():
        assert here(*words, cwd=tmp_path, env={name: value}).stdout == ""
    done = here(*words, cwd=tmp_path, env=LOGIN | {"REGISTRY_PASSWORD": "other"})
    assert "differs from the spec" in done.stdout


def test_verify_refuses_placeholders_whether_or_not_the_login_is_set(here, head, tmp_path):
    write(tmp_path, head, HEADER)
    here("compile", "registry.yaml", "--secrets", "placeholder", cwd=tmp_path)
    words = ("verify", "registry.yaml", "out/certs.d/docker.io/hosts.toml")
    for env in ({}, LOGIN):
        done = here(*words, cwd=tmp_path, env=env)
        assert done.returncode == 1
        assert done.stdout.count("is a placeholder of regspec; the real one belongs there") == 1


def test_verify_refuses_placeholders_on_a_node(here, head, tmp_path):
    write(tmp_path, head, SPEC + "targets: [{target: certs.d, credentials: config}]\n")
    etc = tmp_path / "node/etc/containerd"
    etc.mkdir(parents=True)
    (etc / "config.toml").write_text('version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n')
    here("compile", "registry.yaml", "--secrets", "placeholder", "-o", etc, cwd=tmp_path)
    done = here("verify", "registry.yaml", "node", cwd=tmp_path, env=LOGIN)
    assert done.returncode == 1
    assert done.stdout.count("is a placeholder of regspec") == 2
    here("compile", "registry.yaml", "-o", etc, cwd=tmp_path, env=LOGIN)
    done = here("verify", "registry.yaml", "node", cwd=tmp_path, env=LOGIN)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_pull_secret_of_one_chart_is_not_compared_with_the_other_chart(here, head, tmp_path):
    write(tmp_path, head, SPEC + "imageSwap: {pullSecret: true}\ntargets: [values, palette]\n")
    here("compile", "registry.yaml", cwd=tmp_path, env=LOGIN)
    values = tmp_path / "out/values.yaml"
    data = yaml.safe_load(values.read_text())
    login = base64.b64encode(b"robot$puller:other").decode()
    logins = json.dumps({"auths": {"harbor.example.org": {"auth": login}}}).encode()
    data["config"]["imagePullSecret"]["dockerConfigJson"] = base64.b64encode(logins).decode()
    values.write_text(yaml.safe_dump(data))
    done = here("verify", "registry.yaml", "out/values.yaml", cwd=tmp_path, env=LOGIN)
    assert "the password for `harbor.example.org` differs from the spec" in done.stdout


hosts = st.from_regex(r"[a-c]([.-]?[a-c0-2]){0,4}(:[1-9][0-9]?)?", fullmatch=True)


@given(st.lists(hosts | st.sampled_from(["registry", "10.0.0.1", "[::1]:5000"]), unique=True))
def test_every_host_has_a_name_of_its_own(several):
    names = placeholders.owners(several)
    assert list(names) == several
    assert len({*names.values(), "REGISTRY"}) == len(several) + 1
    for name in names.values():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", f"{name}_PASSWORD")


@given(st.binary(max_size=40), st.text("ABC_0129", max_size=20), st.binary(max_size=40))
def test_a_placeholder_is_found_wherever_it_begins_in_base64(before, name, after):
    content = before + f"{placeholders.MARK}{name}".encode() + after
    assert placeholders.is_in(base64.b64encode(content).decode())


@given(st.text())
def test_another_text_is_none(text):
    assert not placeholders.is_in(text)
    assert not placeholders.is_in(base64.b64encode(text.encode()).decode())


def test_the_documented_search_finds_every_placeholder(here, root, site):
    here("compile", "registry.yaml", "--secrets", "placeholder", cwd=site)
    (pattern,) = re.findall(r"grep -rlE '(.*?)'", (root / "docs/secrets.md").read_text())
    assert pattern.split("|") == list(placeholders.forms(placeholders.MARK))
    done = subprocess.run(
        ["grep", "-rlE", pattern, "out"], cwd=site, capture_output=True, text=True, check=True
    )
    with_one = {
        f"out/{name}"
        for name, (text, _) in files(site / "out").items()
        if placeholders.MARK in decoded(text)
    }
    assert set(done.stdout.splitlines()) == with_one
    assert len(with_one) > 10
