"""The documented steps for the person at the site, with this spec's values and without a secret.

Source: the Palette procedure, its airgap and its connected form. The rest comes from the targets
themselves.
"""

from __future__ import annotations

from ... import emit
from .. import companions, dialect_of
from ..dialect import Artifact
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...model import Spec, TargetEntry


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    made = tuple(companions.made(spec, TARGET))

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
    )
    yield Artifact(choice.option("out", TARGET.file), text, text, "text")


class _Sections:
    """What the dialects say of their own files, by the parts of the runbook."""

    def __init__(self, spec: Spec, made: Iterable[companions.CompiledTarget]) -> None:
        sections = (dialect_of(one.target.name).section(spec, one) for one in made)
        self._all = [section for section in sections if section]

    def has(self, part: str) -> bool:
        """Whether a section is of a part."""
        return any(part in section.parts for section in self._all)

    def text(self, part: str) -> emit.Verbatim:
        """The sections of a part in the order of their places.

        Sections of one template in the same ten places are a group. Its first and its last one
        have what the group says once.
        """
        sections = [section for section in self._all if part in section.parts]
        sections.sort(key=lambda section: section.parts[part])
        groups = [(section.template, section.parts[part] // 10) for section in sections]
        texts = []
        for number, section in enumerate(sections):
            first = groups[number] not in groups[:number]
            last = groups[number] not in groups[number + 1 :]
            texts.append(emit.macro(section.template, part, section.values, first, last))
        return emit.Verbatim("".join(texts))


def _variables(spec: Spec) -> tuple[str, ...]:
    """The names of the variables that the spec takes its logins and its CAs from, each once."""
    accesses = (spec.registry.access, *spec.hosts.values())
    return tuple(dict.fromkeys(name for access in accesses for name in access.variables))
