"""The Python API: what `import regspec` offers, apart from how the compiler is built.

docs/api.md says what of it is stable.
"""

from __future__ import annotations

from types import MappingProxyType

from . import pipeline, reference, rules
from .diagnostics import Diagnostic, Severity, Span, code_span
from .dialects import TARGETS, Artifact
from .dialects.attempt import Attempt, Outcome
from .dialects.containerd import RUNTIME, versions
from .explaining import explain
from .explaining.explain import Row
from .frozen import frozen
from .pipeline import Result
from .sources import FolderReader, ReadFile, Unresolvable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

__all__ = [
    "Artifact",
    "Attempt",
    "Diagnostic",
    "Explanation",
    "FolderReader",
    "Outcome",
    "ReadFile",
    "Result",
    "Row",
    "Severity",
    "Span",
    "Unresolvable",
    "check_spec",
    "compile_spec",
    "explain_spec",
]
_EMPTY: Mapping[str, str] = MappingProxyType({})


def no_files(path: str) -> bytes:  # noqa: ARG001 - the name in ReadFile
    """The `ReadFile` of a spec that may refer to no file.

    Raises:
        Unresolvable: always.
    """
    raise Unresolvable("files cannot be referred to here", "give `read_file` a FolderReader")


@frozen
class Explanation:
    """Where the runtimes of a site will pull some images from."""

    diagnostics: tuple[Diagnostic, ...]
    """What is wrong with the spec, in the order of the places."""
    failed: bool
    """Whether the spec has an error; then there are no rows."""
    rows: tuple[Row, ...] = ()
    """One for each image, target and version of containerd, in this order."""


def compile_spec(
    content: bytes | str,
    *,
    targets: Sequence[str] = (),
    environment: Mapping[str, str] = _EMPTY,
    read_file: ReadFile = no_files,
    today: dt.date | None = None,
) -> Result:
    """Compile one spec into its artifacts. Nothing is written, and no clock is read.

    Args:
        content: the YAML of the spec; bytes are UTF-8.
        targets: names of targets to select or to add; none selects the targets of the spec.
        environment: the variables that `{env: NAME}` may refer to, such as `os.environ`.
        read_file: reads what `{file: PATH}` refers to, such as `FolderReader(folder)`; by default
            such a reference is an error of the spec.
        today: the day in UTC for which the validity of certificates is reported; none reports
            nothing of it. No artifact depends on it.

    Returns:
        The diagnostics, and the artifacts when none of the diagnostics is an error. A spec that
        is wrong, whatever it has, is reported in the result, and raises nothing.

    Raises:
        ValueError: there is no target of that name.
    """
    _check_targets(targets)
    return pipeline.compile_spec(
        _encoded(content),
        targets=targets,
        environment=environment,
        read_file=read_file,
        today=None if today is None else lambda: today,
    )


def check_spec(
    content: bytes | str,
    *,
    targets: Sequence[str] = (),
    environment: Mapping[str, str] = _EMPTY,
    read_file: ReadFile = no_files,
    today: dt.date | None = None,
) -> Result:
    """Check one spec as `regspec check` does: no login is looked up, and nothing is rendered.

    See `compile_spec` for the arguments and errors.

    Returns:
        The diagnostics, and never an artifact.
    """
    _check_targets(targets)
    return pipeline.check_spec(
        _encoded(content),
        targets=targets,
        environment=environment,
        read_file=read_file,
        selection=rules.Selection(),
        today=None if today is None else lambda: today,
    )


def explain_spec(  # noqa: PLR0913 - what compile_spec takes, and the images
    content: bytes | str,
    images: Sequence[str],
    *,
    containerd: Sequence[str] = (),
    targets: Sequence[str] = (),
    environment: Mapping[str, str] = _EMPTY,
    read_file: ReadFile = no_files,
) -> Explanation:
    """Where each runtime will pull images from when it has the files of a spec.

    Logins are never looked up. See `compile_spec` for the other arguments.

    Args:
        content: the YAML of the spec.
        images: references, as a pod would have them.
        containerd: versions (`2.1.4`) or lines (`1.7`) of containerd; none takes what each target
            says, or every line.
        targets: names of targets to select or to add.
        environment: the variables that the spec may refer to.
        read_file: reads what the spec refers to.

    Raises:
        ValueError: a text in `images` is not an image reference, a version is not modelled,
            or there is no target of that name.
    """
    _check_targets(targets)
    for image in images:
        try:
            reference.parse(image)
        except reference.NotAReference as why:
            raise ValueError(f"{code_span(image)} is not an image reference: {why}") from None
    for version in containerd:
        problem = versions.problem_with(version)
        if problem:
            raise ValueError("; ".join(problem))
    found = pipeline.explain_spec(
        _encoded(content), targets=targets, environment=environment, read_file=read_file
    )
    if found.spec is None:
        return Explanation(found.result.diagnostics, failed=True)
    wanted = {RUNTIME: tuple(containerd)} if containerd else {}
    rows = tuple(explain.of_spec(found.spec, found.artifacts, images, wanted))
    return Explanation(found.result.diagnostics, found.result.failed, rows)


def _check_targets(names: Sequence[str]) -> None:
    for name in names:
        if name not in TARGETS:
            raise ValueError(f"there is no target {name!r}; there are {', '.join(TARGETS)}")


def _encoded(content: bytes | str) -> bytes:
    """The bytes of a spec; a text that has none becomes bytes that are reported as not UTF-8."""
    return content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
