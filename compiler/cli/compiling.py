"""What `regspec compile` does, after the words of the command line are read, without click."""

from __future__ import annotations

import os

from .. import file_list
from ..frozen import field, frozen
from .exit_codes import Exit
from .files import STDIN, folder_of
from .reporting import pluralize, shown_name
from .terminal import InputError, Progress, echo_error, report_error, write_lines, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from ..dialects import Artifact
    from ..file_list import Written
    from ..pipeline import Result
    from .left_over import Leftover
    from .reporting import Reporter

DEFAULT_FOLDER = "out"
NOT_MADE = "this file is not an output of the spec any more"


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
    written: Written | None = None
    """What the list of its folder says of it; none for a record."""
    place: str = ""
    """The real path of the folder, where there is a list."""
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


def written_by(name: str, result: Result, *, whole: bool) -> Written:
    """What a spec makes in its output folder, as the list there has it.

    Args:
        name: the spec, `-` being the standard input.
        result: the outputs of the spec.
        whole: whether all its targets were compiled, and not only selected ones.
    """
    paths: dict[str, bool] = {}
    added: dict[str, bool] = {}
    for target, artifact in zip(result.made_by, result.artifacts, strict=True):
        of_target = added if target in result.unlisted else paths
        of_target[artifact.path] = file_list.has_mark(artifact.text)
    return file_list.Written(file_list.spec_key(name), paths, added, whole)


def spec_folders(names: Iterable[str]) -> tuple[str, ...]:
    """The folders of the specs of a run, each once."""
    return tuple(dict.fromkeys(folder_of(name) or "." for name in names if name != STDIN))


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
        folder = output.replace("{stem}", stem)
        compiled.append(
            Compiled(
                shown_name(name),
                folder,
                result.artifacts,
                result.made_by,
                result.folders,
                inputs_of(name, reader.paths),
                content,
                result.secret_in_spec,
                written_by(name, result, whole=not targets),
                os.path.realpath(folder),
            )
        )
    return compiled, Exit.CANNOT if reporter.unreadable else code


@frozen
class WriteOptions:
    """What is done with what was compiled."""

    output: str = DEFAULT_FOLDER
    """The option `--output`."""
    check: bool = False
    """Whether files that are not up to date are reported, and nothing is written."""
    diff: bool = False
    """Whether their differences are shown, and nothing is written."""
    prune: bool = False
    """Whether files that are left over are removed."""


def finish(compiled: list[Compiled], code: int, options: WriteOptions, names: Sequence[str]) -> int:
    """Write the artifacts, or report differences from the existing files; nothing after an error.

    Args:
        compiled: every spec that compiled, and the records of the run.
        code: the exit code so far.
        options: where and how.
        names: the specs of the run, also specs that did not compile.

    Returns:
        The exit code.
    """
    claimed = _claims(compiled)
    if claimed:
        return max(code, claimed)
    folders = _Folders(compiled, options.output, names)
    if options.diff or options.check:
        return max(code, _compare_all(compiled, folders, options))
    return code or _write(compiled, folders, options)


class _Folders:
    """The output folders of a run, with all that it makes there."""

    def __init__(self, compiled: Sequence[Compiled], pattern: str, names: Sequence[str]) -> None:
        self._compiled, self._pattern, self._names = compiled, pattern, names
        self._sources = spec_folders(names)
        self._runs: dict[str, tuple[str, list[Written]]] = {}
        for one in compiled:
            if one.written:
                self._runs.setdefault(one.place, (one.root, []))[1].append(one.written)

    def listing_of(self, one: Compiled) -> tuple[Sequence[Written], Sequence[str]] | None:
        """What goes into the list of a folder with the files of its first spec; none for others."""
        if one.written is None:
            return None
        _, run = self._runs[one.place]
        return (run, self._sources) if run[0] is one.written else None

    def prune(self, found: Sequence[Leftover]) -> None:
        """Remove the files that are left over, and print each.

        Raises:
            OutputError: one cannot be removed; those before it are.
        """
        from .. import output
        from . import left_over

        left_over.prune(found)
        for root, run in self._runs.values():
            output.list_files(root, run, self._sources)

    def left_over(self) -> list[Leftover]:
        """The files that an earlier run wrote and that no spec makes any more.

        Raises:
            OutputError: a folder cannot be read.
        """
        from .. import output

        others = [
            (root, run) for root, run in self._runs.values() if output.lists_others(root, run)
        ]
        if not others and "{stem}" not in self._pattern:
            return []
        from . import left_over

        found: list[Leftover] = []
        for root, run in others:
            found += left_over.in_folder(root, run, self._sources)
        found += left_over.abandoned(self._pattern, self._names)
        if found:  # an edited list can name a file that is read
            inputs = {os.path.realpath(name) for one in self._compiled for name in one.inputs}
            found = [one for one in found if os.path.realpath(one.file) not in inputs]
        return found


def _claims(compiled: list[Compiled]) -> int:
    """Report specs that would write the same file, or a file that was read."""
    from ..output import PathClaims

    claims, code = PathClaims(), 0
    read = {os.path.realpath(name) for one in compiled for name in one.inputs}
    for one in compiled:
        root = one.place or os.path.realpath(one.root)
        if one.written:
            claims.take(f"{root}/{file_list.LIST}", "the list of the files")
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


def _compare_all(compiled: Sequence[Compiled], folders: _Folders, options: WriteOptions) -> int:
    """Report the files that differ from the outputs of the specs, and the leftovers."""
    from .. import output

    try:
        left = folders.left_over()
    except output.OutputError as error:
        report_error(str(error))
        return Exit.CANNOT
    code = max([0, *(_compare(one, options, left) for one in compiled)])
    for leftover in left:
        _tell(leftover.file, leftover.finding)
    return max(code, Exit.ATTENTION) if left else code


def _compare(one: Compiled, options: WriteOptions, left: Sequence[Leftover]) -> int:
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
        if options.check:
            _tell(where, "missing" if state.content is None else "differs")
        if options.diff:
            from .. import textdiff

            try:
                write_stdout(textdiff.unified(artifact, state.content, where).encode())
            except textdiff.Unreadable:
                _tell(where, "does not parse, so its difference is not shown")
    for file in _strays(one, left):
        _tell(file, f"{NOT_MADE}; remove it")
        code = Exit.ATTENTION
    return code


def _strays(one: Compiled, left: Sequence[Leftover]) -> list[str]:
    """The files in folders of artifacts alone that are in no list: others wrote them there."""
    from .. import output

    listed = {leftover.file for leftover in left}
    paths = output.strays(one.root, one.artifacts, one.folders)
    return [file for path in paths if (file := os.path.join(one.root, path)) not in listed]


def _tell(where: str, what: str) -> None:
    echo_error(f"{where}: {what}")


def _write(compiled: Sequence[Compiled], folders: _Folders, options: WriteOptions) -> int:
    from .. import output

    written = total = 0
    progress = Progress()
    states: list[output.State] = []
    try:
        # What stands in the way of the last spec is found before the first is written.
        for one in compiled:
            states = output.states(one.root, one.artifacts)
        for one in progress.over(compiled, "specs written"):
            found = states if len(compiled) == 1 else None
            written += output.write(one.root, one.artifacts, found, folders.listing_of(one))
            total += len(one.artifacts)
        left = folders.left_over()
        if left and options.prune:
            folders.prune(left)
        elif left:
            from .left_over import warn

            warn(left)
    except output.OutputError as error:
        progress.clear()
        report_error(str(error))
        return Exit.CANNOT
    for one in compiled:
        for file in _strays(one, left):
            _tell(file, f"{NOT_MADE}; remove it")
    removed = f", {len(left)} removed" if options.prune else ""
    echo_error(f"{pluralize(written, 'file')} written, {total - written} up to date{removed}")
    return Exit.DONE
