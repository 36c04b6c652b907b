"""The documented steps for the person at the site, with this spec's values and without a secret.

Source: the vendor's procedure to override the registry, its airgap and its connected form; what is
beside it is what the targets themselves say of their files.
"""

from __future__ import annotations

from ... import emit
from .. import companions, dialect_of
from ..dialect import Artifact
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_MERGED = {
    "buildkit": {
        "title": "BuildKit",
        "to": "/etc/buildkit",
        "file": "buildkitd.toml",
        "folder": "ca",
        "then": "restart buildkit",
        "merge": "by hand",
    },
}
"""The targets whose one file has keys of others on a node, and a folder of CA files beside it."""


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    made = tuple(companions.made(spec, TARGET))

    def roots(*names: str) -> list[str]:
        return [one.root for one in made if one.target.name in names]

    sections = _Sections(spec, made)
    text = emit.render(
        "runbook/page.md.j2",
        section=sections.text,
        has_section=sections.has,
        name=spec.registry.name,
        variables=_variables(spec),
        files=[
            ([(path, one.holds_secret(path)) for path in one.paths], one.target.summary)
            for one in made
        ],
        login=any(artifact.holds_secret for one in made for artifact in one.artifacts),
        pull_secrets=[
            (one.root, "namespaces" in dict(one.choice.options))
            for one in made
            if one.target.name == "pull-secret"
        ],
        k3s=[_k3s(one) for one in made if one.target.name == "k3s"],
        merged=[_merged(spec, one) for one in made if one.target.name in _MERGED],
        deny=spec.fallback == "deny",
    )
    yield Artifact(choice.option("out", TARGET.file), text, text, "text")


_LAST = {"procedure": 10, "images": 30, "cluster": 60, "nodes": 100, "validate": 100}
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


def _variables(spec: Spec) -> tuple[str, ...]:
    """The names of the variables that the spec takes its logins and its CAs from, each once."""
    accesses = (spec.registry.access, *spec.hosts.values())
    return tuple(dict.fromkeys(name for access in accesses for name in access.variables))


def _k3s(one: companions.Made) -> dict[str, Any]:
    distribution = one.choice.option("distribution", "k3s")
    rke2 = distribution == "rke2"
    return {
        "moves": [{"root": one.root, "parts": one.parts, "to": f"/etc/rancher/{distribution}"}],
        "distribution": distribution,
        "server": "rke2-server" if rke2 else "k3s",
        "agent": "rke2-agent" if rke2 else "k3s-agent",
    }


def _merged(spec: Spec, one: companions.Made) -> dict[str, Any]:
    what = _MERGED[one.target.name]
    root = "" if one.root == "." else f"{one.root}/"
    parts = [part for part in one.parts if part == what["folder"]]
    return {
        **what,
        "source": f"{root}{what['file']}",
        "moves": [{"root": one.root, "parts": parts, "to": what["to"]}] if parts else [],
        "name": one.target.name,
        "logins": [host for host in spec.mirror_hosts if host in spec.logins],
    }
