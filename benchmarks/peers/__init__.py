"""Other tools that do the same job: one spec in, the same three files out.

What each is given is below this folder, written for this purpose as its manual says, for the
features that the spec uses. They are installed apart (`make bench-peers`, the group `peers` of
pyproject.toml).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..measure import NEW, Failed, Job
from ..plain import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..measure import Meter

HERE = Path(__file__).resolve().parent
_FILES: dict[str, Callable[[str], Any]] = {
    "values.yaml": yaml.safe_load,
    "registry-secret.yaml": yaml.safe_load,
    "containerd.toml": tomllib.loads,
}
_VERSIONS = """\
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""
SAME = "the same data"


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool, or several that do the job together."""

    name: str
    shown: str
    """Its name with its version."""
    job: Job
    verdict: str = ""
    """Whether what it wrote means the same as what regspec writes."""
    runs: bool = True
    """Whether it does anything at all here."""


def all_of(folder: Path, spec: Path, scratch: Path) -> list[Peer]:
    """The peers that are installed.

    Args:
        folder: the environment that they are installed in.
        spec: what they are given.
        scratch: where their inputs go.
    """
    python = str(folder / "bin/python")
    schema = str(ROOT / "schemas/registry-spec.schema.json")
    program = _jsonnet(spec, scratch / "jsonnet")
    inventory = _inventory(spec, scratch / "kapitan")

    def tool(name: str) -> str:
        return str(folder / "bin" / name)

    jinja = ("--strict", "--trim-blocks", "--lstrip-blocks", "-I", str(HERE / "jinja2"))
    rendering = [
        (tool("jinja2"), *jinja, "-f", "yaml", "-o", f"{NEW}/{name}", _template(name), str(spec))
        for name in _FILES
    ]
    validating = (tool("check-jsonschema"), "--schemafile", schema, str(spec))
    by_helm = (python, str(HERE / "by_helm.py"), str(HERE / "chart"), str(spec), NEW)
    by_jsonnet = (python, str(HERE / "by_jsonnet.py"))
    compiling = (tool("kapitan"), "compile", "--output-path", NEW)
    jobs = {
        ("kapitan",): Job((compiling,), {}, inventory, in_folder=True),
        ("check-jsonschema", "jinja2-cli"): Job((validating, *rendering), in_folder=True),
        ("helm-python-sdk",): Job((by_helm,), in_folder=True),
        ("gojsonnet",): Job(((*by_jsonnet, "_gojsonnet", program, NEW),), in_folder=True),
        ("rjsonnet",): Job(((*by_jsonnet, "rjsonnet", program, NEW),), in_folder=True),
    }
    names = [name for together in jobs for name in together]
    told = subprocess.run([python, "-c", _VERSIONS, *names], stdout=subprocess.PIPE, check=True)
    versions = json.loads(told.stdout)
    return [
        Peer(" + ".join(together), " + ".join(f"{name} {versions[name]}" for name in together), job)
        for together, job in jobs.items()
    ]


def judged(peer: Peer, meter: Meter, wanted: Path) -> Peer:
    """Run a peer once, and compare what it writes with what regspec has written.

    Args:
        peer: what is run.
        meter: runs it.
        wanted: the folder that regspec has written.
    """
    before = set(meter.scratch.iterdir())
    try:
        meter.run(peer.job)
    except Failed as why:
        return replace(peer, verdict=str(why), runs=False)
    (made,) = set(meter.scratch.iterdir()) - before
    return replace(peer, verdict=difference(made, wanted))


def difference(made: Path, wanted: Path) -> str:
    """Which of the three files of two folders are not there or mean something else."""
    wrong = []
    for name, read in _FILES.items():
        found = list(made.rglob(name))
        if len(found) != 1:
            wrong.append(f"{name} is missing")
        elif read(found[0].read_text("utf-8")) != read((wanted / name).read_text("utf-8")):
            wrong.append(f"{name} differs")
    return ", ".join(wrong) or SAME


def _template(name: str) -> str:
    return str(HERE / "jinja2" / f"{name}.j2")


def _jsonnet(spec: Path, folder: Path) -> str:
    """A program that holds the spec beside it, as Jsonnet imports it."""
    folder.mkdir()
    for name in ("files.jsonnet", "site.libsonnet"):
        shutil.copyfile(HERE / name, folder / name)
    shutil.copyfile(spec, folder / "registry.yaml")
    return str(folder / "files.jsonnet")


def _inventory(spec: Path, folder: Path) -> Path:
    """An inventory of Kapitan, in which the spec is the parameters of one target."""
    shutil.copytree(HERE / "kapitan", folder)
    shutil.copyfile(HERE / "site.libsonnet", folder / "site.libsonnet")
    (folder / "inventory/classes").mkdir(parents=True)
    (folder / "inventory/targets").mkdir()
    compiled = [
        {
            "output_path": ".",
            "input_type": "jsonnet",
            "input_paths": [f"components/{name}.jsonnet"],
            "output_type": form,
        }
        for name, form in (("site", "yaml"), ("node", "toml"))
    ]
    parameters = {
        "target_name": "site",
        "kapitan": {"vars": {"target": "site"}, "compile": compiled},
        "spec": yaml.safe_load(spec.read_text("utf-8")),
    }
    target = json.dumps({"parameters": parameters})  # which is YAML
    (folder / "inventory/targets/site.yml").write_text(target, "utf-8")
    return folder
