"""What the runbook says of containerd."""

from __future__ import annotations

from ... import emit
from ..dialect import Section
from . import CERTS_D, CONFIG_PATH, CONFIG_ROOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model import Spec, TargetEntry
    from ..companions import CompiledTarget


def section(spec: Spec, made: CompiledTarget) -> Section:
    """The files of one choice: where they are put, and how a node is compared with them."""
    return _hosts(spec, made) if made.target is CERTS_D else _config(made)


def _hosts(spec: Spec, made: CompiledTarget) -> Section:
    """Where to copy from and to. The folder of the hosts may be elsewhere than conf.d."""
    folder = _folder(made.choice)
    documented = [
        choice
        for choice in spec.targets
        if choice.target == CERTS_D.name and _folder(choice) == CONFIG_PATH
    ]
    root = "" if made.root == "." else f"{made.root}/"
    below = f"{root}certs.d/"
    names = [a.path.removeprefix(below) for a in made.artifacts if a.path.startswith(below)]
    parts = {"nodes": 10}
    if folder != CONFIG_PATH:
        parts["validate"] = 31
    elif made.choice is documented[0]:  # the others are compared by the same command
        parts["validate"] = 30
    return Section(
        "containerd/runbook_hosts.md.j2",
        {
            "moves": [
                {"root": f"{root}certs.d", "parts": ["."], "to": folder},
                {
                    "root": f"{root}conf.d",
                    "parts": ["50-regspec.toml"],
                    "to": f"{CONFIG_ROOT}/conf.d",
                },
            ],
            "version": made.choice.option("version", ""),
            "folder": folder,
            "names": list(dict.fromkeys(name.partition("/")[0] for name in names)),
            "documented": folder == CONFIG_PATH,
        },
        parts,
    )


def _folder(choice: TargetEntry) -> str:
    folder: str = choice.option("configPath", CONFIG_PATH)
    return folder


def _config(made: CompiledTarget) -> Section:
    """Its tables, which a node must have, or the whole file."""
    (artifact,) = made.artifacts
    return Section(
        "containerd/runbook_config.md.j2",
        {
            "version": made.choice.option("version", ""),
            "path": artifact.path,
            "section": artifact.text.removeprefix(f"{emit.HEADER}\n").lstrip("\n"),
            "works": made.choice.option("endpoints") == "api",
            "full": made.choice.option("form") == "full",
            "ca_file": made.choice.option("caFile", ""),
        },
        {"nodes": 20, "validate": 20},
    )
