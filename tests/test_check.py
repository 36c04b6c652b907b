"""`regspec check`, its forms, and what explains its codes."""

from __future__ import annotations

import json
import os
import re

import pytest
from regspec.rules import RULES
from regspec.rules.phases import PHASES

WARNS = "registry: {endpoint: harbor.example.org}\nmirrors: [docker.io, docker.io/library]\n"
BAD = "registry: {endpoint: https://harbor.example.org}\nmirors: [docker.io]\n"


@pytest.fixture
def site(tmp_path, head):
    """A folder with a spec that is good, one that meets a warning, and one that is bad."""
    (tmp_path / "good.yaml").write_text(head + WARNS + "targets: [secret]\n")
    (tmp_path / "warns.yaml").write_text(head + WARNS)
    (tmp_path / "bad.yaml").write_text(head + BAD)
    return tmp_path


@pytest.mark.parametrize(
    "words, code",
    [
        (["good.yaml"], 0),
        (["warns.yaml"], 0),
        (["warns.yaml", "--strict"], 1),
        (["good.yaml", "--strict"], 0),
        (["warns.yaml", "--strict", "--ignore", "RS101"], 0),
        (["warns.yaml", "--strict", "--ignore", "rs1"], 0),
        (["warns.yaml", "--strict", "--select", "RS3,RS4"], 0),
        (["warns.yaml", "--strict", "--select", "RS101"], 1),
        (["warns.yaml", "--strict", "--target", "values"], 0),
        (["bad.yaml"], 1),
        (["bad.yaml", "--ignore", "RS1"], 1),
        (["good.yaml", "bad.yaml"], 1),
        (["bad.yaml", "none.yaml"], 2),
    ],
)
def test_exit_codes(regspec, site, words, code):
    before = sorted(site.iterdir())
    done = regspec("check", *words, cwd=site)
    assert done.returncode == code, done.stderr
    assert sorted(site.iterdir()) == before, "check has written something"


def test_it_says_what_compile_says_and_a_summary(regspec, site):
    checked = regspec("check", "warns.yaml", cwd=site)
    compiled = regspec("compile", "warns.yaml", "--stdout", cwd=site)
    assert checked.stderr == compiled.stderr + "1 spec checked: 1 warning\n"
    assert checked.stdout == ""
    done = regspec("check", "good.yaml", "warns.yaml", "bad.yaml", cwd=site)
    assert done.stderr.endswith("3 specs checked: 2 errors, 1 warning; --fix would fix 1\n")
    assert regspec("check", "good.yaml", cwd=site).stderr == "1 spec checked: nothing found\n"


def test_quiet_tells_errors_only(regspec, site):
    assert regspec("check", "-q", "warns.yaml", cwd=site).stderr == ""
    assert regspec("check", "-q", "bad.yaml", cwd=site).stderr.count("error[") == 2


def test_a_login_is_never_resolved(regspec, head, tmp_path):
    """Its variable may be unset, its file missing, or a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "pipe")
    spec = (
        f"{head}registry:\n  endpoint: harbor.example.org\n  username: {{env: REGISTRY_USER}}\n"
        "  password: {file: pipe}\nmirrors: [docker.io, docker.io/library]\ntargets: [secret]\n"
        "hosts: {harbor.example.org: {username: {file: missing}, password: {env: lower}}}\n"
    )
    done = regspec("check", "-", cwd=tmp_path, input=spec)
    assert done.returncode == 0
    assert done.stderr.count("info[reference]") == 2
    assert "the variable `REGISTRY_USER` is not set" in done.stderr
    assert "this variable is not set" in done.stderr
    env = {"REGISTRY_USER": "a:b", "lower": "x"}
    done = regspec("check", "-", cwd=tmp_path, input=spec, env=env)
    assert done.stderr == "1 spec checked: nothing found\n"


def test_a_ca_and_an_image_list_are_read(regspec, head, tmp_path):
    spec = f"{head}registry: {{endpoint: a.b, caCert: {{file: ca.crt}}}}\nmirrors: [docker.io]\n"
    done = regspec("check", "-", cwd=tmp_path, input=spec + "images: list\n")
    assert done.returncode == 1
    assert done.stderr.count("error[reference]") == 2


def test_concise_is_one_line_for_each(regspec, site):
    done = regspec("check", "bad.yaml", "--format", "concise", "-q", cwd=site)
    first, second = done.stderr.splitlines()
    assert first.startswith("bad.yaml:3:22: error[schema]: `https://harbor.example.org` is not")
    assert second == "bad.yaml:4:1: error[schema]: unknown key `mirors`"


def test_json_is_one_list_on_stdout(regspec, site):
    done = regspec("check", "bad.yaml", "warns.yaml", "--format", "json", cwd=site)
    rows = json.loads(done.stdout)
    assert [row["code"] for row in rows] == ["schema", "schema", "RS101"]
    assert rows[1] == {
        "file": "bad.yaml",
        "line": 4,
        "column": 1,
        "endColumn": 7,
        "severity": "error",
        "code": "schema",
        "message": "unknown key `mirors`",
        "help": "did you mean `mirrors`?",
    }
    assert json.loads(regspec("check", "good.yaml", "--format", "json", cwd=site).stdout) == []


@pytest.mark.parametrize("command", ["check", "compile"])
def test_github_is_chosen_by_itself(regspec, site, command):
    env = {"GITHUB_ACTIONS": "true"}
    done = regspec(command, "bad.yaml", cwd=site, env=env)
    assert done.stderr.startswith(
        "::error file=bad.yaml,line=3,col=22,endColumn=48,title=regspec schema::`http"
    )
    assert "%0Ahelp: did you mean `mirrors`?\n" in done.stderr
    done = regspec(command, "bad.yaml", "--format", "text", cwd=site, env=env)
    assert "::error" not in done.stderr


def test_github_escapes_what_the_syntax_needs(regspec, site):
    name = "a,b:c%d\n::error::x.yaml"
    (site / name).write_text((site / "bad.yaml").read_text().replace("mirors", '"::warning::x"'))
    done = regspec("check", name, "--format", "github", cwd=site)
    assert done.returncode == 1
    for line in done.stderr.splitlines()[:-1]:
        assert line.startswith("::error file=a%2Cb%3Ac%25d%0A%3A%3Aerror%3A%3Ax.yaml,line=")


def test_no_text_of_the_author_begins_a_line_of_a_command(regspec, head, tmp_path):
    registry = 'registry:\n  endpoint: "x\\n::error::y"\n  name: |\n    ::warning::z\n'
    spec = f"{head}{registry}mirrors: [A]\n"
    for form in ("text", "concise", "github"):
        done = regspec("check", "-", "--format", form, cwd=tmp_path, input=spec)
        lines = [line for line in done.stderr.splitlines() if line.startswith("::")]
        assert all(line.startswith("::error file=<stdin>,line=") for line in lines)


@pytest.mark.parametrize(
    "words, said",
    [
        (["check"], "SPEC"),
        (["check", "-", "-"], "once"),
        (["check", "good.yaml", "--select", "RS999"], "RS999 is not the code of a rule"),
        (["check", "good.yaml", "--ignore", "R"], "R is not the code of a rule"),
        (["check", "good.yaml", "--format", "xml"], "json"),
        (["rule", "RS1O1"], "did you mean RS"),
        (["rule", "shcema"], "did you mean schema?"),
        (["rule"], "CODE"),
    ],
)
def test_wrong_usage(regspec, site, words, said):
    done = regspec(*words, cwd=site)
    assert done.returncode == 2
    assert said in done.stderr


def test_rules_lists_every_rule(regspec, tmp_path):
    listed = regspec("rules", cwd=tmp_path).stdout
    assert re.findall(r"^RS\d{3}", listed, re.MULTILINE) == sorted(RULES)


@pytest.mark.parametrize("code", [*RULES, *PHASES])
def test_every_code_has_a_manual(regspec, tmp_path, code):
    for written in (code, code.lower()):
        done = regspec("rule", written, cwd=tmp_path)
        assert done.returncode == 0
        assert done.stdout.startswith(f"{code} (")
        assert "\nHow to fix it:\n" in done.stdout
        assert "\nSource:\n" in done.stdout


def test_every_code_of_a_golden_message_has_a_manual(root):
    told = "".join(path.read_text() for path in root.glob("golden/**/std*.txt"))
    codes = set(re.findall(r"^(?:\S+: )?(?:error|warning|info)\[(\w+)\]", told, re.MULTILINE))
    assert codes <= {*RULES, *PHASES}
    assert set(PHASES) <= codes


@pytest.mark.parametrize(
    "ignored, why",
    [
        ("RS308", "finds nothing here"),
        ("RS304", "is an error, which cannot be ignored"),
        ("RS999", "is not a rule"),
    ],
)
def test_an_ignore_without_effect_is_told_at_its_place(regspec, head, tmp_path, ignored, why):
    spec = f"{head}{WARNS}lint:\n  ignore:\n    - RS101\n    - {ignored}\n"
    done = regspec("check", "-", cwd=tmp_path, input=spec)
    assert f"warning[RS001]: ignored `{ignored}` {why}\n --> <stdin>:8:7\n" in done.stderr
    assert done.stderr.endswith("1 spec checked: 1 warning; --fix would fix 1\n")


def test_an_ignore_may_be_for_a_target_that_is_not_looked_at(regspec, head, tmp_path):
    spec = f"{head}{WARNS}lint: {{ignore: [RS101]}}\n"
    done = regspec("check", "-", "--target", "values", cwd=tmp_path, input=spec)
    assert done.stderr == "1 spec checked: nothing found\n"


def test_what_a_spec_ignores_is_told_if_that_is_asked_for(regspec, head, tmp_path):
    (tmp_path / "a.yaml").write_text(f"{head}{WARNS}lint: {{ignore: [RS101]}}\n")
    assert regspec("check", "a.yaml", "--strict", cwd=tmp_path).returncode == 0
    words = ("check", "a.yaml", "--strict", "--include-ignored")
    done = regspec(*words, cwd=tmp_path)
    assert done.returncode == 1
    assert re.findall(r"warning\[(\w+)\]", done.stderr) == ["RS101"], "it is not idle"
    assert regspec(*words, "--select", "RS5", cwd=tmp_path).returncode == 0
