"""The whole compiler on one screen: text, document, spec, diagnostics, artifacts."""

from __future__ import annotations

import itertools

from . import document, schema
from .diagnostics import Diagnostic, Finding, Severity
from .frozen import frozen, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from . import model, rules, sources
    from .dialects import Artifact
    from .explaining import coverage
    from .verifying import verify

_SEVERITIES = list(Severity)


MAX_DIAGNOSTICS = 100
"""How many diagnostics are told of one spec."""


@frozen
class Result:
    """What became of one spec."""

    diagnostics: tuple[Diagnostic, ...]
    """In the order of their places; the first `MAX_DIAGNOSTICS`."""
    artifacts: tuple[Artifact, ...] = ()
    """In the order of the targets; none when there is an error."""
    made_by: tuple[str, ...] = ()
    """The target of each artifact."""
    unlisted: tuple[str, ...] = ()
    """The targets that the spec does not list, and that were named."""
    folders: tuple[str, ...] = ()
    """The folders that hold nothing but artifacts, below the output folder."""
    secret_in_spec: bool = False
    """Whether the spec itself holds a password, so that not even its digest is for everybody."""
    failed: bool = False
    """Whether there is an error."""
    unreported: int = 0
    """How many diagnostics were left out."""
    warnings: int = 0
    """How many warnings there are."""


@frozen
class FixResult:
    """What became of a spec that was fixed."""

    content: bytes
    """Its bytes, the same if nothing was fixed."""
    count: int
    """How many mistakes were fixed."""
    diff: tuple[str, ...] = ()
    """The lines of a unified diff without its heading, secrets and comments left out."""


def compile_spec(  # noqa: PLR0913 - all that a spec depends on
    content: bytes,
    *,
    targets: Sequence[str],
    environment: Mapping[str, str],
    read_file: sources.ReadFile,
    today: Callable[[], dt.date] | None = None,
    with_placeholders: bool = False,
    only_errors: bool = False,
    unread: bool = False,
) -> Result:
    """Compile one spec, without touching anything.

    Args:
        content: the bytes of the spec.
        targets: names of targets to select or to add; none selects those of the spec.
        environment: the variables that the spec may refer to.
        read_file: reads the files that the spec refers to.
        today: gives the day in UTC for which it is told whether certificates are valid; none tells
            nothing of it. No artifact depends on it.
        with_placeholders: whether a placeholder stands for each login, so that no artifact is
            secret; then no login is looked up.
        only_errors: whether warnings are counted only, which spares a second reading for their
            places.
        unread: whether reading the artifacts back is left to `read_back`.

    Returns:
        The diagnostics, and the verified artifacts when no diagnostic is an error.

    Raises:
        emit.NotTheSame: an artifact does not read back as it should: a bug of ours.
    """
    analysis = _Analysis(targets, environment, read_file, today, None, logins=not with_placeholders)
    try:
        found = analysis.run(document.parse(_decode(content)))
    except document.NotADocument as why:
        return _unreadable(why)
    if with_placeholders:
        found = _without_unset(found)
    result = _report(found, only_errors=only_errors)
    spec, choices = found.spec, found.choices
    if result.failed or spec is None:
        return result
    from .dialects import TARGETS

    if with_placeholders:
        from . import placeholders

        spec = placeholders.in_place_of_logins(spec)
    made = [
        (artifact, choice.target)
        for choice in choices
        for artifact in TARGETS[choice.target].render(spec, choice)
    ]
    artifacts = tuple(artifact for artifact, _ in made)
    if not unread:
        read_back(artifacts)
    return replace(
        result,
        artifacts=tuple(map(placeholders.public, artifacts)) if with_placeholders else artifacts,
        made_by=tuple(target for _, target in made),
        unlisted=found.unlisted,
        folders=tuple(
            path
            for choice in choices
            for path in TARGETS[choice.target].paths(choice)
            if not any(artifact.path == path for artifact in artifacts)
        ),
        secret_in_spec=found.secret_in_spec,
    )


def read_back(artifacts: Sequence[Artifact]) -> None:
    """Read each artifact as its consumer would; what was written once was read so before.

    Raises:
        emit.NotTheSame: one does not hold what it should: a bug of ours.
    """
    from . import emit

    for artifact in artifacts:
        emit.verify(artifact.text, artifact.data, artifact.syntax)


def check_spec(  # noqa: PLR0913 - what compile_spec takes, and the selection
    content: bytes,
    *,
    targets: Sequence[str],
    environment: Mapping[str, str],
    read_file: sources.ReadFile,
    selection: rules.Selection | None,
    today: Callable[[], dt.date] | None = None,
) -> Result:
    """Check one spec as `compile_spec` does, but make nothing and resolve no login.

    Args:
        content: the bytes of the spec.
        targets: names of targets to select or to add; none selects those of the spec.
        environment: the variables whose being set is looked at.
        read_file: reads the CA and image files that the spec refers to.
        selection: which rules are told; none takes all that are not asked for.
        today: gives the day in UTC for which it is told whether certificates are valid, or none.
    """
    analysis = _Analysis(targets, environment, read_file, today, selection, logins=False)
    try:
        return _report(analysis.run(document.parse(_decode(content))))
    except document.NotADocument as why:
        return _unreadable(why)


@frozen
class Explained:
    """A spec as far as its runtimes need it."""

    result: Result
    spec: model.Spec | None = None
    """Without its logins; none if there is an error."""
    artifacts: tuple[tuple[model.TargetEntry, Artifact], ...] = ()
    """What it compiles to, without its logins."""


def explain_spec(
    content: bytes,
    *,
    targets: Sequence[str],
    environment: Mapping[str, str],
    read_file: sources.ReadFile,
) -> Explained:
    """Compile a spec with placeholders for its logins; see `check_spec` for the arguments."""
    from . import placeholders
    from .dialects import TARGETS
    from .explaining import explain

    only = explain.is_explained
    analysis = _Analysis(targets, environment, read_file, None, None, logins=False, only=only)
    try:
        found = analysis.run(document.parse(_decode(content)))
    except document.NotADocument as why:
        return Explained(_unreadable(why))
    result = _report(found)
    if result.failed or found.spec is None:
        return Explained(result)
    spec = placeholders.in_place_of_logins(found.spec)
    artifacts = tuple(
        (choice, artifact)
        for choice in found.choices
        for artifact in TARGETS[choice.target].render(spec, choice)
    )
    return Explained(result, spec, artifacts)


def verify_spec(
    content: bytes,
    *,
    targets: Sequence[str],
    environment: Mapping[str, str],
    read_file: sources.ReadFile,
) -> tuple[Result, verify.Expected | None]:
    """What a spec compiles to, to be compared with what is there; see `check_spec`.

    A login or a CA whose reference cannot be resolved is an info, and is not compared.
    """
    from .verifying import verify

    analysis = _Analysis(
        targets, environment, read_file, None, None, logins=True, stand_in=verify.UNSET
    )
    try:
        found = analysis.run(document.parse(_decode(content)))
    except document.NotADocument as why:
        return _unreadable(why), None
    told = [f for f in found.findings if f.severity is Severity.ERROR or f.code == "reference"]
    result = _report(replace(found, findings=told))
    if result.failed or found.spec is None:
        return result, None
    return result, verify.Expected(found.spec, found.choices)


def cover_spec(
    content: bytes,
    images: Sequence[str] | None,
    *,
    targets: Sequence[str],
    environment: Mapping[str, str],
    read_file: sources.ReadFile,
) -> tuple[Result, coverage.Coverage | None]:
    """Hold the images of a bundle, or else those that the spec lists, against its mirrors.

    See `check_spec` for the other arguments.
    """
    from . import rules
    from .dialects import TARGETS
    from .explaining import coverage

    selection = rules.Selection(select=("RS319", "RS321", "RS323", "RS324"))
    analysis = _Analysis(
        targets,
        environment,
        read_file,
        None,
        selection,
        logins=False,
        images=images,
        # What these lack is what is asked here.
        only=lambda name: not TARGETS[name].needs_images,
    )
    try:
        found = analysis.run(document.parse(_decode(content)))
    except document.NotADocument as why:
        return _unreadable(why), None
    found = _without_unset(found)
    if found.spec is None:
        return _report(found), None
    listed = found.spec.images if isinstance(found.spec.images, tuple) else ()
    needed = coverage.of_spec(found.spec, found.choices)
    return _report(found), coverage.analyse(found.spec, (*listed, *needed))


def fix_spec(  # noqa: PLR0913 - as check_spec
    content: bytes,
    *,
    targets: Sequence[str],
    environment: Mapping[str, str],
    read_file: sources.ReadFile,
    selection: rules.Selection,
    today: Callable[[], dt.date] | None = None,
) -> FixResult:
    """Mend in a spec what is certainly a slip of form; see `check_spec` for the arguments."""
    from . import fixes

    analysis = _Analysis(targets, environment, read_file, today, selection, logins=False)
    try:
        text = _decode(content)
        fixed, count = fixes.fix(text, lambda parsed: analysis.run(parsed).findings)
        if not count:
            return FixResult(content, 0)
        before, after = (document.parse(one).shown_lines(schema.SHOWING) for one in (text, fixed))
    except document.NotADocument:
        return FixResult(content, 0)
    import difflib

    mark = content[: len(content) - len(text.encode())]  # of the byte order, if there is one
    diff = tuple(difflib.unified_diff(before, after, lineterm=""))[2:]
    return FixResult(mark + fixed.encode(), count, diff)


@frozen
class _Found:
    """What is known of a document."""

    parsed: document.Document
    findings: Sequence[Finding]
    spec: model.Spec | None = None
    """With resolved references; none when there is no spec."""
    choices: tuple[model.TargetEntry, ...] = ()
    secret_in_spec: bool = False
    """Whether a password stands in it as text."""
    unlisted: tuple[str, ...] = ()
    """The targets that were named, and that it does not list."""


@frozen
class _Analysis:
    """How a document is looked at: the arguments of the functions above."""

    targets: Sequence[str]
    environment: Mapping[str, str]
    read_file: sources.ReadFile
    today: Callable[[], dt.date] | None
    selection: rules.Selection | None
    """Which rules are told; none takes all that are not asked for."""
    logins: bool
    images: Sequence[str] | None = None
    """What is looked at in place of the images of the spec, if it is given."""
    only: Callable[[str], bool] | None = None
    """Whether a target is looked at; none looks at all that are chosen."""
    stand_in: str = ""
    """What takes the place of a reference that cannot be resolved; nothing makes it an error."""

    def run(self, parsed: document.Document) -> _Found:
        """The spec of a document with all that is found in it, phase by phase."""
        findings = schema.check(parsed.data)
        if findings:
            return _Found(parsed, findings)
        # What the schema refuses goes no further, and does not wait for these.
        from . import model, rules, sources
        from .dialects import companions

        findings = list(rules.check_data(parsed.data))
        if findings:
            return _Found(parsed, findings)
        spec = model.build(parsed.data)
        choices = choose(spec, self.targets)
        if self.only:
            choices = tuple(choice for choice in choices if self.only(choice.target))
        selection = self.selection or rules.Selection()
        selection = replace(selection, all_targets=not self.targets)
        resolved, findings = sources.resolve(
            spec, self.environment, self.read_file, logins=self.logins, stand_in=self.stand_in
        )
        if self.images is not None:
            resolved = replace(resolved, images=tuple(self.images))
            spec = replace(spec, images=model.FromFile(""))
        subject = rules.LintContext(spec, resolved, choices, self.today)
        findings += rules.check_spec(subject, selection)
        accesses = (spec.registry.access, *spec.hosts.values())
        literal = any(one.password and isinstance(one.password, str) for one in accesses)
        rendered = replace(resolved, targets=companions.companions_of(spec, choices))
        listed = {choice.target for choice in companions.listed(spec)} if self.targets else ()
        unlisted = tuple(name for name in self.targets if name not in listed)
        return _Found(parsed, findings, rendered, choices, literal, unlisted)


def _without_unset(found: _Found) -> _Found:
    """What is found, less the logins that are not set, where none is needed."""
    told = [f for f in found.findings if f.severity is not Severity.INFO or f.code != "reference"]
    return replace(found, findings=told)


def _unreadable(why: document.NotADocument) -> Result:
    """The result for a text that is no document."""
    diagnostics = tuple(
        Diagnostic(Severity.ERROR, "yaml", problem.message, problem.help, span)
        for problem, span in itertools.islice(why.spans(schema.SHOWING), MAX_DIAGNOSTICS)
    )
    unreported = len(why.problems) - len(diagnostics)
    return Result(diagnostics, failed=True, unreported=unreported)


def choose(spec: model.Spec, targets: Sequence[str]) -> tuple[model.TargetEntry, ...]:
    """The targets to compile: the spec's, those of them that are named, or named ones it lacks."""
    from . import model
    from .dialects import companions

    listed = companions.listed(spec)
    if not targets:
        return listed
    selected = [choice for choice in listed if choice.target in targets]
    present = {choice.target for choice in selected}
    added = [model.TargetEntry(name) for name in dict.fromkeys(targets) if name not in present]
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


def _report(found: _Found, *, only_errors: bool = False) -> Result:
    """The first findings in the order of their places, with lines and columns."""
    parsed, findings = found.parsed, found.findings
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    if only_errors:
        findings = [finding for finding in findings if finding.severity is Severity.ERROR]
    ordered = sorted(
        findings,
        key=lambda f: (parsed.offset(f.place), _SEVERITIES.index(f.severity), f.code),
    )
    diagnostics = tuple(
        Diagnostic(
            finding.severity,
            finding.code,
            finding.message,
            finding.help,
            parsed.span(finding.place, schema.SHOWING),
            fixable=_is_fixable(parsed, finding),
        )
        for finding in ordered[:MAX_DIAGNOSTICS]
    )
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    unreported = max(0, len(findings) - MAX_DIAGNOSTICS)
    return Result(diagnostics, failed=failed, unreported=unreported, warnings=warnings)


def _is_fixable(parsed: document.Document, finding: Finding) -> bool:
    if finding.fix is None:
        return False
    from . import fixes

    return bool(fixes.edits(parsed, finding))
