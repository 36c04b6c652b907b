"""`regspec compile`: specs into files, or how they would differ."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..diagnostics import printable
from ..targets import TARGETS
from .files import STDIN, CannotRead, Progress, folder_of, paint, read_spec, say_error

if TYPE_CHECKING:
    from ..targets import Artifact

DEFAULT_FOLDER = "out"
EXIT_ATTENTION = 1
EXIT_CANNOT = 2


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One spec that compiled, and where its files go."""

    name: str
    folder: Path
    artifacts: tuple[Artifact, ...]


@click.command("compile", short_help="Compile specs into the files of their sites.")
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Folder to write to; `{stem}` in it is the name of the spec without its ending.",
)
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    type=click.Choice(tuple(TARGETS)),
    help="Compile only this target, with its options in the spec or its defaults. Repeatable.",
)
@click.option(
    "--allow-file",
    "allowed",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also let `{file: PATH}` name files inside DIR. Repeatable.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not up to date.")
@click.option(
    "--diff", is_flag=True, help="Write nothing; print what would change, without secrets."
)
@click.option("--stdout", is_flag=True, help="Write nothing; print the artifacts.")
def compile_command(
    specs: tuple[str, ...],
    output: str,
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    check: bool,
    diff: bool,
    stdout: bool,
) -> int:
    """Compile each SPEC into the files of its site; `-` reads a spec from standard input.

    Everything is rendered and verified before the first byte is written: if one of several
    specs has an error, no file of any is touched. Files are replaced whole; a file that is up
    to date is left alone; a file that holds a secret is readable by its owner only.

    With --stdout, one artifact is printed as it is; before each of several stands a line
    `# file: PATH`, which YAML and TOML take for a comment.

    \b
      regspec compile registry.yaml
      regspec compile sites/*.yaml -o 'out/{stem}'
      regspec compile registry.yaml --check
      regspec compile registry.yaml --target secret --stdout | kubectl create -f -
    """
    if sum((check, diff, stdout)) > 1:
        raise click.UsageError("--check, --diff and --stdout exclude each other")
    if specs.count(STDIN) > 1:
        raise click.UsageError("standard input holds one spec: write `-` once")
    compiled, code = _compile_all(specs, output, targets, allowed)
    if stdout:
        return code or _print(compiled)
    code = max(code, _claims(compiled))
    if diff or check:
        return max([code, *(_compare(one, diff=diff) for one in compiled)])
    return code or _write(compiled)


def _compile_all(
    specs: tuple[str, ...], output: str, targets: tuple[str, ...], allowed: tuple[Path, ...]
) -> tuple[list[_Compiled], int]:
    """Compile every spec and tell what is wrong with each; the exit code is that of the worst."""
    from ..diagnostics import render_text
    from ..pipeline import compile_spec
    from ..sources import FolderReader

    compiled, code = [], 0
    names = list(dict.fromkeys(specs))
    progress = Progress(len(names))
    for name in progress.over(names):
        try:
            content = read_spec(name)
        except CannotRead as error:
            progress.clear()
            error.show()
            code = max(code, error.exit_code)
            continue
        result = compile_spec(
            content,
            targets=targets,
            environment=os.environ,
            read_file=FolderReader(folder_of(name), allowed),
        )
        shown = "<stdin>" if name == STDIN else name
        if result.diagnostics:
            progress.clear()
        for diagnostic in result.diagnostics:
            click.echo(render_text(diagnostic, shown, paint), err=True, color=True)
        if result.failed:
            code = max(code, EXIT_ATTENTION)
            continue
        stem = "stdin" if name == STDIN else Path(name).stem
        folder = Path(output.replace("{stem}", stem))
        compiled.append(_Compiled(shown, folder, result.artifacts))
    return compiled, code


def _claims(compiled: list[_Compiled]) -> int:
    """Tell which specs would write the same file."""
    claimed: dict[str, str] = {}
    code = 0
    for one in compiled:
        root = os.path.realpath(one.folder)
        for artifact in one.artifacts:
            path = os.path.join(root, artifact.path).casefold()  # noqa: PTH118 - a text is compared
            other = claimed.setdefault(path, one.name)
            if other != one.name:
                say_error(
                    f"{click.format_filename(other)} and {click.format_filename(one.name)} "
                    f"would both write {one.folder / artifact.path}; use -o 'out/{{stem}}'"
                )
                code = EXIT_CANNOT
                break
    return code


def _print(compiled: list[_Compiled]) -> int:
    artifacts = [(one.folder, artifact) for one in compiled for artifact in one.artifacts]
    if sys.stdout is None:
        say_error("standard output is closed")
        return EXIT_CANNOT
    for folder, artifact in artifacts:
        if len(artifacts) > 1:
            sys.stdout.buffer.write(f"# file: {folder / artifact.path}\n".encode())
        sys.stdout.buffer.write(artifact.text.encode())
    sys.stdout.buffer.flush()
    return 0


def _compare(one: _Compiled, *, diff: bool) -> int:
    """Tell how the files of one spec differ from what it compiles to."""
    from .. import difference, output

    try:
        states = output.states(one.folder, one.artifacts)
    except output.CannotWrite as error:
        say_error(str(error))
        return EXIT_CANNOT
    code = 0
    for artifact, state in zip(one.artifacts, states, strict=True):
        where = one.folder / artifact.path
        if state.up_to_date:
            continue
        code = EXIT_ATTENTION
        if state.content is None and not diff:
            _tell(where, "missing")
        elif state.same:
            _tell(where, "holds a secret, and others may read it")
        elif not diff:
            _tell(where, "differs")
        else:
            try:
                click.echo(difference.unified(artifact, state.content, str(where)), nl=False)
            except difference.Unreadable:
                _tell(where, "does not parse, so its difference is not shown")
    return code


def _tell(where: Path, what: str) -> None:
    click.echo(f"{printable(str(where))}: {what}", err=True)


def _write(compiled: list[_Compiled]) -> int:
    from .. import output

    written = total = 0
    for one in compiled:
        try:
            written += output.write(one.folder, one.artifacts)
        except output.CannotWrite as error:
            say_error(str(error))
            return EXIT_CANNOT
        total += len(one.artifacts)
    click.echo(f"{_files(written)} written, {total - written} up to date", err=True)
    return 0


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"
