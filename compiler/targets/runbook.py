"""The documented steps for the person at the site, with this spec's values and without a secret.

Source: the vendor's procedure to override the registry, its airgap and its connected form; what is
beside it is what the targets themselves say of their files.
"""

from __future__ import annotations

from .. import emit, mirrors
from ..dialects import companions, dialect_of, node_files
from ..dialects.containerd import CONFIG_PATH
from ..dialects.dialect import Artifact
from ..dialects.openshift import PULL_SECRET
from ..dialects.runbook import TARGET
from . import openshift, regsync

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ..model import Choice, Spec

_CONTAINERD = "/etc/containerd"
_CONTAINERS = "/etc/containers"
_MERGED = {
    "docker": {
        "title": "Docker",
        "to": "/etc/docker",
        "file": "daemon.json",
        "folder": "certs.d",
        "then": "reload docker",
        "merge": "as told below",
    },
}
"""The targets whose one file has keys of others on a node, and a folder of CA files beside it."""


def render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    made = tuple(companions.made(spec, TARGET))

    def roots(*names: str) -> list[str]:
        return [one.root for one in made if one.target.name in names]

    sections = _Sections(spec, made)
    text = emit.render(
        "runbook.md.j2",
        section=sections.text,
        has_section=sections.has,
        name=spec.registry.name,
        variables=_variables(spec),
        procedure=_procedure({one.target.name for one in made}),
        files=[
            ([(path, one.holds_secret(path)) for path in one.paths], one.target.summary)
            for one in made
        ],
        login=any(artifact.holds_secret for one in made for artifact in one.artifacts),
        copy_lists=roots("copy-list"),
        regsync=roots("regsync"),
        regsync_variables=regsync.variables(spec),
        values=roots("values"),
        palette=roots("palette"),
        secrets=roots("secret"),
        maps=roots("imageswap"),
        mirror_string=mirrors.to_string(spec.mirrors),
        certs_d=[_certs_d(one) for one in made if one.target.name == "certs.d"],
        containerd=[_containerd(one) for one in made if one.target.name == "containerd"],
        containers=[_containers(one) for one in made if one.target.name == "registries.conf"],
        openshift=[_openshift(one) for one in made if one.target.name == "openshift"],
        merged=[_merged(one) for one in made if one.target.name in _MERGED],
        kubeadm=[_kubeadm(spec, one) for one in made if one.target.name == "kubeadm"],
        kind=roots("kind"),
        deny=spec.fallback == "deny",
    )
    yield Artifact(choice.option("out", TARGET.file), text, text, "text")


_LAST = {"images": 30, "cluster": 60, "nodes": 100, "validate": 100}
"""In each part the place after which any section may come."""


class _Sections:
    """What the dialects say of their own files, by the parts of the runbook."""

    def __init__(self, spec: Spec, made: Iterable[companions.Made]) -> None:
        of_dialects = ((dialect_of(one.target.name).section, one) for one in made)
        self._all = [section(spec, one) for section, one in of_dialects if section]

    def has(self, part: str) -> bool:
        """Whether a section is of a part."""
        return any(part in section.parts for section in self._all)

    def text(self, part: str, at: int) -> emit.Verbatim:
        """The sections of a part whose places are in the ten from one on; after the last, all."""
        until = at + 10 if at < _LAST[part] else 1000
        found = [one for one in self._all if at <= one.parts.get(part, -1) < until]
        found.sort(key=lambda section: section.parts[part])
        texts = []
        for section in found:
            alike = [one for one in found if one.template == section.template]
            first, last = section is alike[0], section is alike[-1]
            texts.append(emit.macro(section.template, part, section.values, first, last))
        return emit.Verbatim("".join(texts))


def _procedure(names: set[str]) -> str:
    """Which of the two documented procedures it is; none if the management plane gets nothing."""
    if "values" in names:
        return "airgap"
    return "connected" if "secret" in names else ""


def _variables(spec: Spec) -> tuple[str, ...]:
    """The names of the variables that the spec takes its logins and its CAs from, each once."""
    accesses = (spec.registry.access, *spec.hosts.values())
    return tuple(dict.fromkeys(name for access in accesses for name in access.variables))


def _certs_d(one: companions.Made) -> dict[str, Any]:
    """Where to copy from and to; the folder of the hosts may be elsewhere than that of conf.d."""
    folder = one.choice.option("configPath", CONFIG_PATH)
    root = "" if one.root == "." else f"{one.root}/"
    return {
        "moves": [
            {"root": f"{root}certs.d", "parts": ["."], "to": folder},
            {"root": f"{root}conf.d", "parts": ["50-regspec.toml"], "to": f"{_CONTAINERD}/conf.d"},
        ],
        "version": one.choice.option("version", ""),
        "folder": folder,
        "documented": folder == CONFIG_PATH,
    }


def _containerd(one: companions.Made) -> dict[str, Any]:
    (artifact,) = one.artifacts
    return {
        "version": one.choice.option("version", ""),
        "path": artifact.path,
        "section": artifact.text.removeprefix(f"{emit.HEADER}\n").lstrip("\n"),
        "works": one.choice.option("endpoints") == "api",
        "full": one.choice.option("form") == "full",
        "ca_file": one.choice.option("caFile", ""),
    }


def _containers(one: companions.Made) -> dict[str, Any]:
    return {
        "moves": [{"root": one.root, "parts": one.parts, "to": _CONTAINERS}],
        "login": "auth.json" in one.parts,
    }


def _openshift(one: companions.Made) -> dict[str, Any]:
    objects = [f"imagedigestmirrorset/{openshift.NAME}", f"imagetagmirrorset/{openshift.NAME}"]
    if "image-config.yaml" in one.parts:
        objects.append("image.config.openshift.io/cluster")
    return {
        "root": one.root,
        "objects": " ".join(objects),
        "authorities": openshift.AUTHORITIES if "ca.yaml" in one.parts else "",
        "logins": next((path for path in one.paths if path.endswith(PULL_SECRET)), ""),
    }


def _merged(one: companions.Made) -> dict[str, Any]:
    what = _MERGED[one.target.name]
    root = "" if one.root == "." else f"{one.root}/"
    parts = [part for part in one.parts if part == what["folder"]]
    return {
        **what,
        "source": f"{root}{what['file']}",
        "moves": [{"root": one.root, "parts": parts, "to": what["to"]}] if parts else [],
        "name": one.target.name,
    }


def _kubeadm(spec: Spec, one: companions.Made) -> dict[str, Any]:
    return {
        "root": one.root,
        "name": one.root.rpartition("/")[2],
        "cloud_init": one.choice.option("format") == "cloud-init",
        "secret": "secret.yaml" in one.parts,
        "replaced": [file.path for file in node_files.files(spec, one.choice) if file.shared],
    }
