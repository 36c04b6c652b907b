"""The hooks for pre-commit, run by pre-commit in repositories of sites."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PRE_COMMIT = (sys.executable, "-m", "pre_commit")
PASSWORD = "hunter2-Kx7Zq"
SPEC = """\
apiVersion: regspec/v1
kind: RegistrySpec
registry:
  endpoint: harbor.example.org
  username: puller
  password: {env: REGISTRY_PASSWORD}
mirrors: [docker.io, docker.io/library]
"""
COMPILE = ("compile", "--secrets", "placeholder")


def git(*words, cwd, env, check=True):
    return subprocess.run(
        ["git", *words], cwd=cwd, env=env, check=check, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A folder that every process of this run of the tests has."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "pre-commit"
    shared.mkdir(exist_ok=True)
    return shared


@pytest.fixture(scope="module")
def env(shared):
    """An environment with a home of its own, where pre-commit keeps what it has built."""
    without = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {
        f"GIT_{kind}_{key}": "x@example.org"
        for kind in ("AUTHOR", "COMMITTER")
        for key in ("NAME", "EMAIL")
    }
    apart = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return without | who | apart | {"PRE_COMMIT_HOME": str(shared / "home")}


@pytest.fixture(scope="module")
def checkout(shared, env):
    """This checkout as it is, uncommitted changes too, as a repository, and its revision."""
    folder = shared / "regspec"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            new = shared / "new"
            names = (".git", ".*_cache", ".venv", "build", "dist", "out", "*.egg-info", "golden")
            shutil.copytree(ROOT, new, ignore=shutil.ignore_patterns(*names), symlinks=True)
            git("init", "-q", cwd=new, env=env)
            git("add", "--all", cwd=new, env=env)
            git("commit", "-q", "-m", "as it is", cwd=new, env=env)
            new.rename(folder)
    return folder, git("rev-parse", "HEAD", cwd=folder, env=env).stdout.strip()


class Site:
    """The repository of a site."""

    def __init__(self, folder, checkout, env, regspec):
        self.folder, self.env, self.regspec = folder, env, regspec
        self.repo, self.rev = checkout
        git("init", "-q", cwd=folder, env=env)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def configure(self, **options):
        """Take each hook, with options of the site by its name."""
        ids = [hook["id"] for hook in HOOKS]
        hooks = [{"id": one, **options.get(one.removeprefix("regspec-"), {})} for one in ids]
        config = {"repos": [{"repo": str(self.repo), "rev": self.rev, "hooks": hooks}]}
        self.write(".pre-commit-config.yaml", json.dumps(config))

    def compile(self, *words):
        done = self.regspec(*COMPILE, *words, cwd=self.folder)
        assert done.returncode == 0, done.stderr

    def stage(self):
        git("add", "--all", cwd=self.folder, env=self.env)

    def commit(self):
        self.stage()
        words = ("commit", "-q", "--no-verify", "-m", "x")
        git(*words, cwd=self.folder, env=self.env)

    def run(self, *words):
        """What each hook comes to, and all that was said."""
        done = subprocess.run(
            [*PRE_COMMIT, "run", "--color", "never", *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        names = {hook["name"]: hook["id"].removeprefix("regspec-") for hook in HOOKS}
        ends = {
            names[line.partition("...")[0]]: line.rpartition(".")[2]
            for line in done.stdout.splitlines()
            if line.partition("...")[0] in names
        }
        assert len(ends) == 3, done.stdout + done.stderr
        assert done.returncode == int("Failed" in ends.values())
        return ends, done.stdout


@pytest.fixture
def site(tmp_path, checkout, env, regspec):
    """A repository with a spec, what it compiles to without secrets, and the hooks."""
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder, checkout, env, regspec)
    site.configure()
    site.write("registry.yaml", SPEC)
    site.compile("registry.yaml")
    site.commit()
    return site


def ends(check, compile_, secrets):
    return {"check": check, "compile": compile_, "secrets": secrets}


def test_the_manifest_is_valid():
    words = [*PRE_COMMIT, "validate-manifest", ROOT / ".pre-commit-hooks.yaml"]
    subprocess.run(words, check=True)
    assert [hook["id"] for hook in HOOKS] == ["regspec-check", "regspec-compile", "regspec-secrets"]


def test_what_is_as_it_should_be_passes_though_no_login_is_set(site):
    found, said = site.run("--all-files")
    assert found == ends("Passed", "Passed", "Passed"), said


def test_stale_files_fail_and_are_shown(site):
    site.write("registry.yaml", SPEC.replace("[docker.io,", "[docker.io, quay.io,"))
    site.stage()
    found, said = site.run()
    assert found == ends("Passed", "Failed", "Passed"), said
    assert "out/values.yaml: differs" in said
    assert "quay.io::harbor.example.org/quay.io" in said
    site.compile("registry.yaml")
    site.stage()
    assert site.run()[0] == ends("Passed", "Passed", "Passed")


def test_a_real_login_in_a_committed_file_fails_and_is_not_shown(site):
    secret = (site.folder / "out/registry-secret.yaml").read_text()
    site.write(
        "out/registry-secret.yaml",
        secret.replace("REGSPEC_PLACEHOLDER_REGISTRY_PASSWORD", PASSWORD),
    )
    site.stage()
    # Only the spec is given to the hook, and it has not changed.
    unchanged = "(no files to check)Skipped"
    assert site.run()[0] == ends(unchanged, unchanged, unchanged)
    found, said = site.run("--all-files")
    assert found == ends("Passed", "Failed", "Passed"), said
    assert PASSWORD not in said
    # As the page has it for one spec: with every commit, whatever it changes.
    always = {"args": ["registry.yaml"], "pass_filenames": False, "always_run": True}
    site.configure(compile=always)
    site.stage()
    assert site.run()[0] == ends(unchanged, "Failed", unchanged)


@pytest.mark.parametrize("rest", ["", "lint: {ignore: [RS503]}\n"], ids=["told", "ignored"])
def test_a_password_in_the_spec_fails_and_is_not_shown(site, rest):
    site.write("registry.yaml", SPEC.replace("{env: REGISTRY_PASSWORD}", PASSWORD) + rest)
    site.stage()
    found, said = site.run()
    assert found == ends("Passed", "Passed", "Failed"), said
    assert "RS503" in said
    assert PASSWORD not in said


def test_a_password_under_a_misspelt_key_fails_too(site):
    site.write(
        "registry.yaml", SPEC.replace("password: {env: REGISTRY_PASSWORD}", f"pasword: {PASSWORD}")
    )
    site.stage()
    found, said = site.run()
    assert found == ends("Failed", "Failed", "Failed"), said
    assert PASSWORD not in said


def test_a_warning_fails_if_the_site_wants_it(site):
    assert "RS101" in site.regspec("check", "registry.yaml", cwd=site.folder).stderr
    site.configure(check={"args": ["--strict"]})
    site.stage()
    found, said = site.run("--all-files")
    assert found == ends("Failed", "Passed", "Passed"), said
    assert "warning[RS101]" in said
    site.write("registry.yaml", f"{SPEC}lint: {{ignore: [RS101]}}\n")
    site.stage()
    assert site.run()[0] == ends("Passed", "Passed", "Passed")


def test_many_sites_each_with_a_folder_of_its_own(site):
    (site.folder / "registry.yaml").unlink()
    shutil.rmtree(site.folder / "out")
    site.write("sites/north.yaml", SPEC)
    site.write("sites/south.yml", SPEC.replace("harbor", "hafen"))
    # These are no specs, and one is what a spec compiles to.
    site.write("deploy/values.yaml", "password: x\n")
    site.write("sites/north/k3s/registries.yaml", "mirrors: {}\n")
    site.configure(compile={"args": ["-o", "rendered/{stem}"]})
    site.compile("sites/north.yaml", "sites/south.yml", "-o", "rendered/{stem}")
    site.commit()
    found, said = site.run("--all-files")
    assert found == ends("Passed", "Passed", "Passed"), said
    site.write("sites/south.yml", SPEC)
    site.stage()
    found, said = site.run()
    assert found == ends("Passed", "Failed", "Passed"), said
    assert "rendered/south/values.yaml: differs" in said
    assert "north" not in said


def test_a_site_names_its_specs_as_it_likes(site):
    site.write("clusters/a.spec", SPEC.replace("kind: RegistrySpec", "kind: Other"))
    other = {"files": r"^clusters/.*\.spec$"}
    site.configure(check=other, secrets=other)
    site.commit()
    found, said = site.run("--all-files")
    assert found == ends("Failed", "Passed", "Failed"), said
    assert "clusters/a.spec" in said


def test_git_commits_nothing_that_a_hook_refuses(site):
    subprocess.run([*PRE_COMMIT, "install"], cwd=site.folder, env=site.env, check=True)
    before = git("rev-parse", "HEAD", cwd=site.folder, env=site.env).stdout
    site.write("registry.yaml", SPEC.replace("{env: REGISTRY_PASSWORD}", PASSWORD))
    site.stage()
    done = git("commit", "-m", "x", cwd=site.folder, env=site.env, check=False)
    assert done.returncode == 1
    assert "regspec secrets" in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert git("rev-parse", "HEAD", cwd=site.folder, env=site.env).stdout == before
