"""What `regspec integrate` prints, in the hands of GNU make, bash and the schemas of CI systems."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import yaml
from regspec import __version__

SITES = ("north", "south")


@pytest.fixture
def fleet(tmp_path, head, root):
    """Two sites, each with a CA of its own."""
    sites = tmp_path / "sites"
    sites.mkdir()
    for name in SITES:
        shutil.copy(root / "examples/ca.crt", sites / f"{name}.crt")
        (sites / f"{name}.yaml").write_text(
            f"{head}registry: {{endpoint: {name}.example.org, caCert: {{file: {name}.crt}}}}\n"
            "mirrors: [docker.io, docker.io/library]\ntargets: [values, secret]\n"
        )
    return tmp_path


@pytest.fixture
def make(fleet, here):
    """Runs GNU make over the fleet; gives what it said and which sites it compiled."""
    (fleet / "regspec.mk").write_text(here("integrate", "make", cwd=fleet).stdout)
    (fleet / "Makefile").write_text(
        "include regspec.mk\n"
        "bundle: out/north/values.yaml\n\tcp $< $@\n"
        "clean:\n\t@echo nothing to clean\n"
    )

    def run(*words, code=0):
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        done = subprocess.run(
            ["make", f"REGSPEC={sys.executable} -m regspec", *words],
            cwd=fleet,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "warning: " not in said.lower(), said
        return said, re.findall(r"regspec compile .*?'sites/(\w+)\.yaml'", done.stdout)

    return run


def change(path, text):
    """Add to a file, at a time that is certainly later than that of anything made so far."""
    time.sleep(0.05)
    with path.open("a") as file:
        file.write(text)


def test_the_second_run_has_nothing_to_do(make):
    assert sorted(make()[1]) == sorted(SITES)
    said, compiled = make()
    assert compiled == []
    assert "Nothing to be done" in said
    assert make("clean")[1] == []


def test_one_site_is_compiled_again_when_its_ca_or_its_spec_changes(make, fleet, root):
    make()
    change(fleet / "sites/south.crt", (root / "examples/ca.crt").read_text())
    assert make()[1] == ["south"]
    assert make()[1] == []
    change(fleet / "sites/south.yaml", "# changes no file\n")
    assert make()[1] == ["south"]
    assert make()[1] == [], "files that would not change keep their old times"
    shutil.rmtree(fleet / "out/south")
    assert make()[1] == ["south"]


def test_sites_are_compiled_at_the_same_time(make, fleet):
    assert sorted(make("-j4")[1]) == sorted(SITES)
    for name in SITES:
        assert sorted(path.name for path in (fleet / "out" / name).iterdir()) == [
            ".regspec.d",
            ".regspec.stamp",
            "registry-secret.yaml",
            "values.yaml",
        ]
        values = yaml.safe_load((fleet / "out" / name / "values.yaml").read_text())
        assert values["config"]["ociImageRegistry"]["endpoint"] == f"{name}.example.org"
    assert make("-j4")[1] == []


def test_a_ca_that_is_gone_is_told_by_regspec_and_no_trouble_once_unused(make, fleet):
    make()
    spec = fleet / "sites/north.yaml"
    (fleet / "sites/north.crt").unlink()
    said, _ = make(code=2)
    assert "error[reference]" in said
    assert "No rule to make target" not in said
    spec.write_text(spec.read_text().replace(", caCert: {file: north.crt}", ""))
    assert make()[1] == ["north"]
    spec.unlink()
    assert make()[1] == []


def test_a_spec_with_an_error_is_compiled_again_until_it_has_none(make, fleet):
    spec = fleet / "sites/north.yaml"
    good = spec.read_text()
    spec.write_text(good + "x: 1\n")
    for _ in range(2):
        assert "north" in make("-k", code=2)[0]
    assert not (fleet / "out/north").exists()
    assert (fleet / "out/south/values.yaml").exists()
    spec.write_text(good)
    assert make()[1] == ["north"]


def test_rules_of_others_may_name_a_file_of_a_site(make, fleet):
    assert make("bundle")[1] == ["north"]
    assert make("bundle") == ("", [])
    change(fleet / "sites/north.yaml", "# changes no file\n")
    said, compiled = make("bundle")
    assert compiled == ["north"]
    assert "cp " not in said, "what has not changed needs no new bundle"
    (fleet / "out/north/values.yaml").unlink()
    assert make("bundle")[1] == ["north"]
    assert make("bundle")[1] == []
    assert "does not compile to this file" in make("out/north/other.yaml", code=2)[0]


def test_the_variables_can_be_overridden(make, fleet):
    (fleet / "sites").rename(fleet / "specs")
    said, _ = make("SITES=specs", "OUT=made/here", "REGSPEC_FLAGS=--target values")
    assert "compile --target values 'specs/north.yaml' -o 'made/here/north'" in said
    assert not (fleet / "out").exists()
    assert (fleet / "made/here/north/values.yaml").exists()
    assert not (fleet / "made/here/north/registry-secret.yaml").exists()
    words = ("SITES=specs", "OUT=made/here", "REGSPEC_FLAGS=--target values")
    assert "Nothing to be done" in make(*words)[0]


def test_check_writes_nothing(make, fleet):
    assert "missing" in make("regspec-check", code=2)[0]
    assert not (fleet / "out").exists()
    make()
    make("regspec-check")


def test_the_rule_on_the_page_works(root, head, tmp_path):
    page = (root / "docs/builds.md").read_text()
    (rule,) = re.findall(r"```make\n(out/site\.stamp.*?)```", page, re.DOTALL)
    program = f"{sys.executable} -m regspec"
    (tmp_path / "Makefile").write_text(rule.replace("\tregspec", f"\t{program}"))
    (tmp_path / "site.yaml").write_text(
        f"{head}registry: {{endpoint: a.example.org}}\nmirrors: [docker.io]\nimages: images.txt\n"
    )
    (tmp_path / "images.txt").write_text("quay.io/a/b:1\n")
    runs = []
    for _ in range(2):
        runs += [
            subprocess.run(["make"], cwd=tmp_path, capture_output=True, text=True, check=True)
            for _ in range(2)
        ]
        change(tmp_path / "images.txt", "quay.io/a/b:2\n")
    assert [" compile site.yaml " in run.stdout for run in runs] == [True, False, True, False]


def test_the_command_of_the_build_engine_needs_only_its_inputs(root, fleet, tmp_path):
    """The rule itself is not tested; the words of its action are, with links for inputs."""
    page = (root / "docs/builds.md").read_text()
    parts = re.findall(r"arguments\.add_all\((\[.*?\])\)", page)
    ctx = SimpleNamespace(file=SimpleNamespace(spec="sites/north.yaml"))
    names = {"ctx": ctx, "out": SimpleNamespace(path="made/north")}
    words = [word for part in parts for word in eval(part, names)]
    made = []
    for name in ("one", "another"):
        box = tmp_path / name
        (box / "sites").mkdir(parents=True)
        for file in ("north.yaml", "north.crt"):
            (box / "sites" / file).symlink_to(fleet / "sites" / file)
        command = [sys.executable, "-m", "regspec", *words]
        subprocess.run(command, cwd=box, env={}, capture_output=True, check=True)
        files = sorted((box / "made/north").iterdir())
        made.append({path.name: path.read_bytes() for path in files})
    assert made[0] == made[1]
    assert set(made[0]) == {"values.yaml", "registry-secret.yaml"}
    (box / "sites/north.crt").unlink()
    done = subprocess.run(command, cwd=box, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "sites/north.yaml:3:" in done.stderr


@pytest.fixture
def workflow(here, tmp_path):
    """What is printed for a CI system, in a file."""

    def write(system):
        path = tmp_path / f"{system}.yaml"
        path.write_text(here("integrate", system, cwd=tmp_path).stdout)
        return path

    return write


SCHEMAS = {
    "github": ["--builtin-schema", "vendor.github-workflows"],
    "gitlab": ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
}


def validated(system, path):
    """What check-jsonschema says of a workflow, from the schemas that it brings along."""
    words = (sys.executable, "-m", "check_jsonschema", *SCHEMAS[system], str(path))
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("system", SCHEMAS)
def test_a_workflow_is_what_the_schema_asks_for(system, workflow):
    path = workflow(system)
    done = validated(system, path)
    assert done.returncode == 0, done.stdout
    broken = path.read_text().replace("runs-on:", "run-on:").replace("script:", "skript:")
    path.write_text(broken)
    assert validated(system, path).returncode == 1, "the schema accepts anything"


def steps(system, path):
    """The commands of a workflow, in order."""
    data = yaml.load(path.read_text(), yaml.BaseLoader)
    if system == "gitlab":
        return data["regspec"]["script"]
    return [step["run"] for step in data["jobs"]["regspec"]["steps"] if "run" in step]


@pytest.mark.parametrize("system", SCHEMAS)
def test_the_commands_of_a_workflow_do_what_it_says(system, workflow, fleet):
    install, *commands = steps(system, workflow(system))
    assert install == f"pip install 'regspec[ca]=={__version__}'"
    program = fleet / "bin/regspec"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m regspec "$@"\n')
    program.chmod(0o755)
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    env |= {"GITHUB_ACTIONS": "true"} if system == "github" else {"GITLAB_CI": "true"}

    def run():
        done = [
            subprocess.run(
                ["bash", "-e", "-c", command],
                cwd=fleet,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            for command in commands
        ]
        return [one.returncode for one in done], "".join(one.stderr for one in done)

    code, said = run()
    assert code == [0, 1], said
    assert "rendered/north/values.yaml: missing\n" in said
    write = "regspec compile sites/*.yaml -o 'rendered/{stem}' --secrets placeholder"
    subprocess.run(["bash", "-c", write], cwd=fleet, env=env, check=True, capture_output=True)
    assert run()[0] == [0, 0]
    with (fleet / "sites/south.yaml").open("a") as file:
        file.write("miror: 1\n")
    code, said = run()
    assert code == [1, 1]
    mark = (
        "::error file=sites/south.yaml,line=6" if system == "github" else "sites/south.yaml:6:1: "
    )
    assert f"\n{mark}" in f"\n{said}"


def test_what_is_printed_is_a_whole_text(here, tmp_path):
    for system in ("make", *SCHEMAS):
        done = here("integrate", system, cwd=tmp_path)
        assert (done.returncode or 0, done.stderr) == (0, "")
        assert done.stdout.startswith("# ")
        assert done.stdout.endswith("\n")
        assert not re.search(r"[ \t]$|\n\n\n|\n\n\Z", done.stdout, re.MULTILINE)
        assert __version__ in done.stdout


def test_an_unknown_system_is_refused(here, tmp_path):
    done = here("integrate", "jenkins", cwd=tmp_path)
    assert done.returncode == 2
    assert "'make'" in done.stderr
