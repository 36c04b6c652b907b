"""`regspec compile`: specs into files, or how they would differ."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..diagnostics import printable
from .exit_codes import Exit
from .files import STDIN, Progress, folder_of, put, say_error
from .options import allow_file_option, at_option, specs_argument, target_option
from .records import Asked, Compiled, inputs_of
from .telling import LINE_FORMS, Teller, counted, default_form, shown_name

if TYPE_CHECKING:
    import datetime as dt

DEFAULT_FOLDER = "out"
_STRAY = "the spec does not compile to this file any more; remove it"


@click.command("compile", short_help="Compile specs into the files of their sites.")
@specs_argument
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Folder to write to; `{stem}` in it is the name of the spec without its ending.",
)
@target_option
@allow_file_option
@at_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not up to date.")
@click.option(
    "--diff", is_flag=True, help="Write nothing; print what would change, without secrets."
)
@click.option("--stdout", is_flag=True, help="Write nothing; print the artifacts.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="For many specs: compile each by itself, in N processes. One that fails is told on one "
    "line, and does not keep the others from being written.",
)
@click.option(
    "--depfile",
    metavar="FILE",
    help="Also write, for make, which files the artifacts were made from, as gcc -MD -MP does.",
)
@click.option(
    "--depfile-target",
    "depfile_targets",
    metavar="NAME",
    multiple=True,
    help="Name this in the depfile too, as something made from them: a stamp. Repeatable.",
)
@click.option(
    "--output-manifest",
    metavar="FILE",
    help="Also write, as JSON, what was made from what, with digests, sizes and modes.",
)
@click.option(
    "--sha256sums",
    metavar="FILE",
    help="Also write the digests of the artifacts, for sha256sum --check.",
)
@click.option(
    "--secrets",
    type=click.Choice(["resolve", "placeholder"]),
    default="resolve",
    show_default=True,
    help="Whether logins are looked up, or a named placeholder stands for each, so that the files "
    "hold no secret and can be kept in git.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(LINE_FORMS),
    help="How to tell what is wrong: text; concise, one line each; or github, for GitHub Actions, "
    "and the default there.",
)
def compile_command(
    specs: tuple[str, ...],
    output: str,
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    today: dt.date,
    check: bool,
    diff: bool,
    stdout: bool,
    jobs: int | None,
    depfile: str | None,
    depfile_targets: tuple[str, ...],
    output_manifest: str | None,
    sha256sums: str | None,
    secrets: str,
    form: str | None,
) -> int:
    """Compile each SPEC into the files of its site; `-` reads a spec from standard input.

    Everything is rendered and verified before the first byte is written: if one of several
    specs has an error, no file of any is touched. Files are replaced whole; a file that is up
    to date is left alone; a file that holds a secret is readable by its owner only.

    With --stdout, one artifact is printed as it is; before each of several stands a line
    `# file: PATH`, which YAML and TOML take for a comment.

    The manifest and the sums name files by their path below their own folder. If any artifact
    holds a secret, they are readable by their owner only, since a digest lets one try passwords.

    With --secrets placeholder, no login is needed, and what is written is the same everywhere;
    --check with it tells whether files that are kept so still belong to the spec. Neither verify
    nor another compile takes a placeholder for a login.

    \b
      regspec compile registry.yaml
      regspec compile sites/*.yaml -o 'out/{stem}'
      regspec compile sites/*.yaml -o 'out/{stem}' -j 8      a fleet: each site by itself
      regspec compile registry.yaml --check --diff
      regspec compile registry.yaml --secrets placeholder -o committed
      regspec compile registry.yaml --target secret --stdout | kubectl create -f -
      regspec compile sites/a.yaml -o out/a --depfile out/a.d      `regspec integrate make`
      regspec compile registry.yaml --output-manifest out/manifest.json --sha256sums out/SHA256SUMS
    """
    if stdout and (check or diff):
        raise click.UsageError("--stdout excludes --check and --diff")
    asked = Asked(depfile, depfile_targets, output_manifest, sha256sums)
    asked.refuse(check=check, diff=diff, stdout=stdout)
    if jobs is not None:
        if diff or stdout or form or asked != Asked(None, (), None, None):
            raise click.UsageError("--jobs goes with --check only, of all that is told or listed")
        from .fleet import Settings, compile_fleet

        with_placeholders = secrets == "placeholder"
        settings = Settings(output, targets, allowed, today, with_placeholders, check)
        return compile_fleet(specs, settings, jobs)
    teller = Teller(form or default_form())
    compiled, code = _compile_all(
        specs, output, targets, allowed, today, teller, with_placeholders=secrets == "placeholder"
    )
    if stdout:
        return code or _print(compiled)
    if not code:
        compiled += asked.records(compiled)
    claimed = _claims(compiled)
    if claimed:
        return max(code, claimed)
    if diff or check:
        return max([code, *(_compare(one, check=check, diff=diff) for one in compiled)])
    return code or _write(compiled)


def _compile_all(
    specs: tuple[str, ...],
    output: str,
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    today: dt.date,
    teller: Teller,
    *,
    with_placeholders: bool,
) -> tuple[list[Compiled], int]:
    """Compile every spec and tell what is wrong with each; the exit code is that of the worst."""
    from ..pipeline import compile_spec
    from ..sources import FolderReader, NotingReader

    compiled, code = [], Exit.DONE
    for name, content in teller.read(specs, "specs compiled"):
        reader = NotingReader(FolderReader(folder_of(name), allowed))
        result = compile_spec(
            content,
            targets=targets,
            environment=os.environ,
            read_file=reader,
            today=today,
            with_placeholders=with_placeholders,
        )
        teller.tell(name, result)
        if result.failed:
            code = Exit.ATTENTION
            continue
        stem = "stdin" if name == STDIN else Path(name).stem
        if stem == ".." and "{stem}" in output:
            teller.unreadable = True
            say_error(f"{name}: `{{stem}}` would lead out of the folder")
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
    return compiled, Exit.CANNOT if teller.unreadable else code


def _claims(compiled: list[Compiled]) -> int:
    """Tell which specs would write the same file, or one that was read."""
    from ..output import Claims

    claims, code = Claims(), 0
    read = {os.path.realpath(name) for one in compiled for name in one.inputs}
    for one in compiled:
        root = os.path.realpath(one.folder)
        for artifact in one.artifacts:
            if f"{root}/{artifact.path}" in read:
                name = one.folder / artifact.path
                say_error(f"{name}: this was read to compile it; use another -o")
                code = Exit.CANNOT
                break
            other = claims.take(f"{root}/{artifact.path}", one.name)
            if other is not None:
                say_error(
                    f"{other} and {one.name} would both write {one.folder / artifact.path}; "
                    f"{one.advice}"
                )
                code = Exit.CANNOT
                break
    return code


def _print(compiled: list[Compiled]) -> int:
    artifacts = [(one.folder, artifact) for one in compiled for artifact in one.artifacts]
    for folder, artifact in artifacts:
        if len(artifacts) > 1:
            put(f"# file: {printable(str(folder / artifact.path))}\n".encode())
        put(artifact.text.encode())
    return 0


def _compare(one: Compiled, *, check: bool, diff: bool) -> int:
    """Tell which files of one spec differ from what it compiles to, and show how."""
    from .. import difference, output

    try:
        states = output.states(one.folder, one.artifacts)
    except output.CannotWrite as error:
        say_error(str(error))
        return Exit.CANNOT
    code = 0
    for artifact, state in zip(one.artifacts, states, strict=True):
        where = one.folder / artifact.path
        if state.up_to_date:
            continue
        code = Exit.ATTENTION
        if state.same:
            _tell(where, "holds a secret, and others may read it")
            continue
        if check:
            _tell(where, "missing" if state.content is None else "differs")
        if diff:
            try:
                put(difference.unified(artifact, state.content, str(where)).encode())
            except difference.Unreadable:
                _tell(where, "does not parse, so its difference is not shown")
    for path in output.strays(one.folder, one.artifacts, one.folders):
        _tell(one.folder / path, _STRAY)
        code = Exit.ATTENTION
    return code


def _tell(where: Path, what: str) -> None:
    click.echo(f"{printable(str(where))}: {what}", err=True)


def _write(compiled: list[Compiled]) -> int:
    from .. import output

    written = total = 0
    progress = Progress()
    try:
        if len(compiled) > 1:
            # What stands in the way of the last spec is found before the first is written.
            for one in compiled:
                output.states(one.folder, one.artifacts)
        for one in progress.over(compiled, "specs written"):
            written += output.write(one.folder, one.artifacts)
            total += len(one.artifacts)
    except output.CannotWrite as error:
        progress.clear()
        say_error(str(error))
        return Exit.CANNOT
    for one in compiled:
        for path in output.strays(one.folder, one.artifacts, one.folders):
            _tell(one.folder / path, _STRAY)
    click.echo(f"{counted(written, 'file')} written, {total - written} up to date", err=True)
    return Exit.DONE
