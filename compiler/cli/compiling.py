"""What `regspec compile` does, after the words of the command line are read, without click."""

from __future__ import annotations

import os

from ..frozen import field, frozen
from .exit_codes import Exit
from .files import STDIN, folder_of
from .reporting import pluralize, shown_name
from .terminal import InputError, Progress, echo_error, report_error, write_lines, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..dialects import Artifact
    from .reporting import Reporter

DEFAULT_FOLDER = "out"
_STRAY = "this file is not an output of the spec any more; remove it"


@frozen
class Compiled:
    """One spec that compiled, or one record of all of them, and where its files go."""

    name: str
    """The spec, or the option of the record."""
    root: str
    """The folder that they go to, as the user wrote it."""
    artifacts: tuple[Artifact, ...]
    made_by: tuple[str, ...] = ()
    """The target of each artifact."""
    folders: tuple[str, ...] = ()
    """The folders that hold nothing but artifacts."""
    inputs: tuple[str, ...] = ()
    """The files that were read, as the user would name them."""
    content: bytes = field(default=b"", repr=False)
    """The bytes of the spec."""
    secret_in_spec: bool = False
    advice: str = "use -o 'out/{stem}'"
    """What to do when another has one of its files."""

    @property
    def files(self) -> tuple[str, ...]:
        """Its files, as the user would name them."""
        return tuple(os.path.join(self.root, artifact.path) for artifact in self.artifacts)


def stem_of(name: str) -> str:
    """The name of a spec without its folder and its ending."""
    base = os.path.basename(name.rstrip("/"))
    stem, dot, _ = base.rpartition(".")
    return stem if dot and stem else base


def inputs_of(name: str, paths: Sequence[str]) -> tuple[str, ...]:
    """The files that a spec was compiled from, as the user would name them.

    Args:
        name: the spec, `-` being the standard input, which is not a file.
        paths: the files that it refers to, relative to its folder.
    """
    if name == STDIN:
        return tuple(paths)
    folder = os.path.dirname(name)
    return (name, *(os.path.join(folder, path) for path in paths))


def check_folder(output: str) -> None:
    """Refuse a folder with a name in braces that is not replaced.

    Raises:
        InputError: it has one.
    """
    if "{" in output or "}" in output:
        from .mistyped import problem_with_output

        problem = problem_with_output(output)
        if problem:
            raise InputError(f"-o {output}: {problem}")


def compile_all(
    specs: tuple[str, ...],
    output: str,
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    today: Callable[[], dt.date],
    reporter: Reporter,
    *,
    with_placeholders: bool,
) -> tuple[list[Compiled], int]:
    """Compile every spec and report the problems of each; the exit code is the highest one.

    Raises:
        InputError: the output folder has a name in braces that is not replaced.
    """
    from ..pipeline import compile_spec
    from ..sources import FolderReader, NotingReader

    check_folder(output)
    compiled, code = [], Exit.DONE
    for name, content in reporter.read(specs, "specs compiled"):
        reader = NotingReader(FolderReader(folder_of(name), allowed))
        result = compile_spec(
            content,
            targets=targets,
            environment=os.environ,
            read_file=reader,
            today=today,
            with_placeholders=with_placeholders,
        )
        reporter.report(name, result)
        if result.failed:
            code = Exit.ATTENTION
            continue
        stem = "stdin" if name == STDIN else stem_of(name)
        if stem == ".." and "{stem}" in output:
            reporter.unreadable += 1
            report_error(f"{name}: `{{stem}}` would lead out of the folder")
            continue
        compiled.append(
            Compiled(
                shown_name(name),
                output.replace("{stem}", stem),
                result.artifacts,
                result.made_by,
                result.folders,
                inputs_of(name, reader.paths),
                content,
                result.secret_in_spec,
            )
        )
    return compiled, Exit.CANNOT if reporter.unreadable else code


def finish(compiled: list[Compiled], code: int, *, check: bool, diff: bool) -> int:
    """Write the artifacts, or report differences from the existing files; nothing after an error.

    Args:
        compiled: every spec that compiled, and the records of the run.
        code: the exit code so far.
        check: whether files that are not up to date are reported, and nothing is written.
        diff: whether their differences are shown, and nothing is written.

    Returns:
        The exit code.
    """
    claimed = _claims(compiled)
    if claimed:
        return max(code, claimed)
    if diff or check:
        return max([code, *(_compare(one, check=check, diff=diff) for one in compiled)])
    return code or _write(compiled)


def _claims(compiled: list[Compiled]) -> int:
    """Report specs that would write the same file, or a file that was read."""
    from ..output import PathClaims

    claims, code = PathClaims(), 0
    read = {os.path.realpath(name) for one in compiled for name in one.inputs}
    for one in compiled:
        root = os.path.realpath(one.root)
        for artifact in one.artifacts:
            file = os.path.join(one.root, artifact.path)
            if f"{root}/{artifact.path}" in read:
                report_error(f"{file}: this was read to compile it; use another -o")
                code = Exit.CANNOT
                break
            other = claims.take(f"{root}/{artifact.path}", one.name)
            if other is not None:
                report_error(f"{other} and {one.name} would both write {file}; {one.advice}")
                code = Exit.CANNOT
                break
    return code


def print_all(compiled: list[Compiled]) -> int:
    """Print the artifacts; before each of several stands a line that names its file."""
    artifacts = [(one.root, artifact) for one in compiled for artifact in one.artifacts]
    for folder, artifact in artifacts:
        if len(artifacts) > 1:
            write_lines([f"# file: {os.path.join(folder, artifact.path)}"])
        write_stdout(artifact.text.encode())
    return 0


def _compare(one: Compiled, *, check: bool, diff: bool) -> int:
    """Report the files of one spec that differ from its outputs, and show the differences."""
    from .. import output

    try:
        states = output.states(one.root, one.artifacts)
    except output.OutputError as error:
        report_error(str(error))
        return Exit.CANNOT
    code = 0
    for artifact, state in zip(one.artifacts, states, strict=True):
        where = os.path.join(one.root, artifact.path)
        if state.up_to_date:
            continue
        code = Exit.ATTENTION
        if state.same:
            _tell(where, "holds a secret, and others may read it")
            continue
        if check:
            _tell(where, "missing" if state.content is None else "differs")
        if diff:
            from .. import textdiff

            try:
                write_stdout(textdiff.unified(artifact, state.content, where).encode())
            except textdiff.Unreadable:
                _tell(where, "does not parse, so its difference is not shown")
    for path in output.strays(one.root, one.artifacts, one.folders):
        _tell(os.path.join(one.root, path), _STRAY)
        code = Exit.ATTENTION
    return code


def _tell(where: str, what: str) -> None:
    echo_error(f"{where}: {what}")


def _write(compiled: list[Compiled]) -> int:
    from .. import output

    written = total = 0
    progress = Progress()
    try:
        if len(compiled) > 1:
            # What stands in the way of the last spec is found before the first is written.
            for one in compiled:
                output.states(one.root, one.artifacts)
        for one in progress.over(compiled, "specs written"):
            written += output.write(one.root, one.artifacts)
            total += len(one.artifacts)
    except output.OutputError as error:
        progress.clear()
        report_error(str(error))
        return Exit.CANNOT
    for one in compiled:
        for path in output.strays(one.root, one.artifacts, one.folders):
            _tell(os.path.join(one.root, path), _STRAY)
    echo_error(f"{pluralize(written, 'file')} written, {total - written} up to date")
    return Exit.DONE
