"""`regspec compile`: specs into files, or how the files would differ."""

from __future__ import annotations

import click

from .compiling import DEFAULT_FOLDER, WriteOptions, compile_all, finish, print_all
from .completing import FILE_NAME
from .grouped import GroupedOptions
from .options import LINE_FORMS, allow_file_option, at_option, specs_argument, target_option
from .records import RecordOptions
from .reporting import Reporter, default_form

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path


@click.command(
    "compile",
    cls=GroupedOptions,
    sections={
        "What to compile": ("--target", "--secrets", "--allow-file", "--at"),
        "Where to write": ("--output", "--check", "--diff", "--stdout", "--prune", "--format"),
        "Many specs": ("--jobs",),
        "Records of the run": (
            "--depfile",
            "--depfile-target",
            "--output-manifest",
            "--sha256sums",
        ),
    },
)
@specs_argument
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=FILE_NAME,
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Folder to write to. `{stem}` stands for the name of the spec without its ending.",
)
@target_option
@allow_file_option
@at_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not up to date.")
@click.option("--diff", is_flag=True, help="Write nothing; print the differences, without secrets.")
@click.option("--stdout", is_flag=True, help="Write nothing; print the artifacts.")
@click.option(
    "--prune",
    is_flag=True,
    help="Remove the files of an earlier run that are not outputs of the specs any more.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Compile each spec independently, in N processes. A spec that fails is reported on one "
    "line, and the files of the other specs are written.",
)
@click.option(
    "--depfile",
    metavar="FILE",
    type=FILE_NAME,
    help="Also write a dependency file for make, as gcc -MD -MP does: the artifacts and the files "
    "that they were made from.",
)
@click.option(
    "--depfile-target",
    "depfile_targets",
    metavar="NAME",
    multiple=True,
    help="Also list NAME in the depfile as made from these files, such as a stamp. Repeatable.",
)
@click.option(
    "--output-manifest",
    metavar="FILE",
    type=FILE_NAME,
    help="Also write a JSON list of the specs and their artifacts, with digests, sizes and modes.",
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
    help="resolve: read the credentials. placeholder: write a named placeholder for each, so that "
    "the files have no secret and can be kept in git.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(LINE_FORMS),
    help="Output format for findings: text, concise (one line each) or github (annotations, the "
    "default in GitHub Actions).",
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
    """Compile each SPEC into the files of its site.

    \b
      regspec compile registry.yaml
      regspec compile registry.yaml --check --diff
      regspec compile sites/*.yaml -o 'out/{stem}' --prune
      regspec compile sites/*.yaml -o 'out/{stem}' -j 8
      regspec compile registry.yaml --secrets placeholder -o committed
      regspec compile registry.yaml -t secret --stdout | kubectl create -f -
      regspec compile sites/a.yaml -o out/a --depfile out/a.d
      regspec compile registry.yaml --sha256sums out/SHA256SUMS

    `-` reads a spec from standard input. All artifacts are rendered and verified before the first
    byte is written. If one of several specs has an error, no file of any spec is written. With
    --jobs, each spec is compiled independently. Files are replaced as a whole. A file that is up to
    date stays as it is. A file with a secret is readable by its owner only.

    With --stdout, a single artifact is printed without changes. Before each of several artifacts
    stands a line `# file: PATH`, which is a comment in YAML and TOML.

    The list `.regspec-files` in the output folder has the paths of the files that regspec wrote. A
    listed file that is not an output of the specs any more is reported, and --check fails for it:
    the file of a renamed `out`, of a removed target, of a deleted spec. --prune removes these files
    and prints each. It removes no other file. With --target, no such file is reported.

    The manifest and the sums name files by their path below their own folder. If an artifact has a
    secret, the manifest and the sums are readable by their owner only, since a digest lets others
    try passwords.

    With --secrets placeholder, no credentials are needed, and the files are the same everywhere.
    `--check` with it reports whether committed files match the spec. A placeholder is never used
    as a credential, by verify or by another compile.
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
                "--jobs prints one line for each spec: leave out --diff, --stdout, --format and "
                "the options that write records, or leave out --jobs"
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
