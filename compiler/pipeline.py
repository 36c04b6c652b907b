"""The whole compiler on one screen: text, document, spec, diagnostics, artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import document, emit, model, rules, schema, sources
from .diagnostics import Diagnostic, Finding, Severity
from .targets import DEFAULT_TARGETS, TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .targets import Artifact

_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one spec."""

    diagnostics: tuple[Diagnostic, ...]
    """In the order of their places."""
    artifacts: tuple[Artifact, ...]
    """In the order of the targets; none when there is an error."""

    @property
    def failed(self) -> bool:
        """Whether a diagnostic is an error."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


def compile_spec(
    content: bytes,
    *,
    targets: Sequence[str],
    environment: Mapping[str, str],
    read_file: sources.ReadFile,
) -> Result:
    """Compile one spec, without touching anything.

    Args:
        content: the bytes of the spec.
        targets: names of targets to select or to add; none selects those of the spec.
        environment: the variables that the spec may refer to.
        read_file: reads the files that the spec refers to.

    Returns:
        The diagnostics, and the verified artifacts when no diagnostic is an error.

    Raises:
        emit.NotTheSame: an artifact does not read back as it should: a bug of ours.
    """
    try:
        parsed = document.parse(_decode(content))
    except document.NotADocument as why:
        return Result(
            tuple(
                Diagnostic(Severity.ERROR, "yaml", problem.message, problem.help, span)
                for problem, span in why.spans()
            ),
            (),
        )
    findings = schema.check(parsed.data) or list(rules.check_data(parsed.data))
    if findings:
        return Result(_shown(parsed, findings), ())

    spec = model.build(parsed.data)
    choices = choose(spec, targets)
    findings += rules.check_spec(rules.Subject(spec, choices))
    spec, unresolved = sources.resolve(spec, environment, read_file)
    findings += unresolved
    diagnostics = _shown(parsed, findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Result(diagnostics, ())

    artifacts = tuple(
        artifact for choice in choices for artifact in TARGETS[choice.target].render(spec, choice)
    )
    for artifact in artifacts:
        emit.verify(artifact.text, artifact.data, artifact.syntax)
    return Result(diagnostics, artifacts)


def choose(spec: model.Spec, targets: Sequence[str]) -> tuple[model.Choice, ...]:
    """The targets to compile: the spec's, those of them that are named, or named ones it lacks."""
    listed = spec.targets or tuple(model.Choice(name) for name in DEFAULT_TARGETS)
    if not targets:
        return listed
    selected = [choice for choice in listed if choice.target in targets]
    present = {choice.target for choice in selected}
    added = [model.Choice(name) for name in dict.fromkeys(targets) if name not in present]
    return tuple(selected + added)


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        before = content[: why.start].decode("utf-8-sig", "replace")
        problem = document.SyntaxProblem(
            len(before), len(before), "the spec is not UTF-8", "save it as UTF-8"
        )
        raise document.NotADocument(before, [problem]) from None


def _shown(parsed: document.Document, findings: Iterable[Finding]) -> tuple[Diagnostic, ...]:
    """The findings with their lines and columns, sorted by place."""
    diagnostics = [
        Diagnostic(
            finding.severity,
            finding.code,
            finding.message,
            finding.help,
            parsed.span(finding.place, schema.is_public),
        )
        for finding in findings
    ]
    return tuple(
        sorted(
            diagnostics,
            key=lambda d: (d.span.line, d.span.column, _SEVERITIES.index(d.severity), d.code),
        )
    )
