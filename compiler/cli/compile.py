"""`regspec compile`: specs into files, or how they would differ."""

from __future__ import annotations

import click

from .compiling import DEFAULT_FOLDER, WriteOptions, compile_all, finish, print_all
from .completing import FILE_NAME
from .options import LINE_FORMS, allow_file_option, at_option, specs_argument, target_option
from .records import RecordOptions
from .reporting import Reporter, default_form

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path


@click.command("compile")
@specs_argument
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=FILE_NAME,
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
    "--prune",
    is_flag=True,
    help="Remove the files that an earlier run wrote and that no spec compiles to any more.",
)
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
    type=FILE_NAME,
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
    type=FILE_NAME,
    help="Also write, as JSON, what was made from what, with digests, sizes and modes.",
)
@click.option(
    "--sha256sums",
    metavar="FILE",
    type=FILE_NAME,
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
    today: Callable[[], dt.date],
    check: bool,
    diff: bool,
    stdout: bool,
    prune: bool,
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

    The list `.regspec-files` in the output folder has the paths of the files that regspec wrote.
    A listed file that no spec makes any more is reported, and --check fails for it. Examples: the
    file of a renamed `out`, of a removed target, of a deleted spec. --prune removes these files and
    prints each. It removes no other file. With --target no such file is reported, since the other
    targets are not compiled.

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
      regspec compile sites/*.yaml -o 'out/{stem}' --prune
      regspec compile registry.yaml --secrets placeholder -o committed
      regspec compile registry.yaml --target secret --stdout | kubectl create -f -
      regspec compile sites/a.yaml -o out/a --depfile out/a.d      `regspec integrate make`
      regspec compile registry.yaml --output-manifest out/manifest.json --sha256sums out/SHA256SUMS
    """
    if stdout and (check or diff):
        raise click.UsageError("--stdout excludes --check and --diff")
    if prune and (stdout or targets):
        option = "--stdout" if stdout else "--target"
        raise click.UsageError(f"--prune excludes {option}: not all files are compiled and written")
    asked = RecordOptions(depfile, depfile_targets, output_manifest, sha256sums)
    asked.refuse(check=check, diff=diff, stdout=stdout)
    if jobs is not None:
        if diff or stdout or form or asked != RecordOptions(None, (), None, None):
            raise click.UsageError(
                "--jobs tells one line a spec: leave out --diff, --stdout, --format and the "
                "options that record what was made, or leave out --jobs"
            )
        from .fleet import Settings, compile_fleet

        with_placeholders = secrets == "placeholder"
        settings = Settings(output, targets, allowed, today(), with_placeholders, check, prune)
        return compile_fleet(specs, settings, jobs)
    reporter = Reporter(form or default_form())
    compiled, code = compile_all(
        specs, output, targets, allowed, today, reporter, with_placeholders=secrets == "placeholder"
    )
    if stdout:
        return code or print_all(compiled)
    if not code:
        compiled += asked.records(compiled)
    return finish(compiled, code, WriteOptions(output, check, diff, prune), specs)
