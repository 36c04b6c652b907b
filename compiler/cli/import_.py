"""`regspec import`: a spec from existing files."""

from __future__ import annotations

import posixpath
from pathlib import Path

import click

from ..diagnostics import Diagnostic, Severity, code_span
from ..frozen import replace
from .completing import FILE_NAME
from .exit_codes import Exit
from .files import STDIN, write_new
from .grouped import GroupedOptions
from .options import naming_formats
from .terminal import InputError, echo_as_is, echo_error, report_error, style, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from ..importing.assembly import ImportResult, Secret
    from ..importing.claims import ImportNote, InputDocument
    from .inputs import Text

_CODE = "import"
_MOST_NAMED = 3
"""How many files are named beside a value."""


@click.command(
    "import",
    cls=GroupedOptions,
    sections={
        "Output": ("output", "secrets"),
        "Where files disagree": ("prefer", "fallback"),
    },
)
@click.argument("names", metavar="FILE...", nargs=-1, required=True, type=FILE_NAME)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=FILE_NAME,
    default=STDIN,
    help="The spec to write, which must not exist. Default, and `-`: print the spec.",
)
@click.option(
    "--secrets",
    type=click.Choice(["env", "file", "literal"]),
    default="env",
    show_default=True,
    help="Where credentials go. env: variables, which are listed. file: files next to the spec, "
    "readable by their owner only (needs -o). literal: the spec itself.",
)
@click.option(
    "--prefer",
    multiple=True,
    metavar="FILE",
    type=FILE_NAME,
    help="One of FILE..., which takes precedence where files disagree. Repeatable.",
)
@click.option(
    "--fallback",
    type=click.Choice(["deny", "allow"]),
    help="Whether runtimes contact the upstream when a mirror fails, whatever the files say. Some "
    "files have this setting for each registry; a spec has one for all registries.",
)
@naming_formats
def import_command(
    names: tuple[str, ...],
    output: str,
    secrets: str,
    prefer: tuple[str, ...],
    fallback: str | None,
) -> int:
    """Make one spec of the FILEs that configure the private registry.

    \b
      regspec import values.yaml registry-secret.yaml -o registry.yaml
      regspec import nodes/a.tar values.yaml --prefer values.yaml
      kubectl get secret registry-info -o json | regspec import -
      ssh NODE sudo tar -C / -c etc/containerd | regspec import -

    FILE configures a chart, a node or a cluster. It may be the output of kubectl. Its format is
    detected by content: {formats}. `-` is standard input. A folder, or a tar archive of a folder,
    is read as a whole. Files of other formats in it are skipped, such as the outputs of
    `regspec compile` for kubeadm, regsync and bundles.

    If files disagree, each disagreement is reported and no spec is written. --prefer names the file
    that takes precedence; --fallback decides about the upstream. Settings that a spec cannot have
    are listed, with a warning for mirrors.
    """
    from ..importing import assembly

    if names.count(STDIN) > 1:
        raise click.UsageError("standard input holds one thing: write `-` once")
    if secrets == "file" and output == STDIN:
        raise click.UsageError("--secrets file needs -o FILE: the files go beside the spec")
    for name in prefer:
        if name not in names:
            raise click.UsageError(f"--prefer: {name} is none of the files")
    given = list(_given(names))
    preferred = frozenset(
        one.file
        for one in given
        for name in ("<stdin>" if name == STDIN else name for name in prefer)
        if one.file == name or one.file.startswith(f"{name.rstrip('/')}/")
    )
    imported = assembly.assemble(
        given, preferred, fallback=fallback or "", references=secrets == "env"
    )
    _tell(imported)
    if imported.disagreements:
        report_error(_remedy(imported.disagreements))
        return Exit.ATTENTION
    if imported.missing:
        report_error(imported.missing)
        return Exit.ATTENTION
    if imported.guess:
        said = f"no file says which registry it is: {imported.guess} is where most mirrors are"
        echo_error(said)
    text, files = _text(imported, given, secrets)
    if output == STDIN:
        write_stdout(text.encode())
    else:
        _write(output, text, files, private=secrets == "literal" and bool(imported.secrets))
    return _aftermath(imported, text, output, secrets)


def _given(names: Sequence[str]) -> Iterator[InputDocument]:
    """What was given, document by document."""
    from ..document import NotADocument
    from . import inputs

    for one in inputs.read(tuple(names)):
        texts = inputs.texts_of(one) if isinstance(one, inputs.NodeFiles) else [one]
        for text in texts:
            try:
                documents = list(documents_of(text, alone=not text.argument))
            except NotADocument as why:
                raise InputError(_broken(text.name, why)) from None
            if not documents:
                shown = f"{text.name}: not read: it is of no format that regspec reads"
                echo_error(shown)
            yield from documents


def documents_of(text: Text, *, alone: bool) -> Iterator[InputDocument]:
    """What the documents of a text say; see `inputs.readings_of`."""
    from ..dialects import format_of
    from ..importing.claims import InputDocument
    from .inputs import readings_of

    for reading in readings_of(text, alone=alone):
        folder = posixpath.dirname(posixpath.dirname(text.name))
        name = format_of(reading.kind).in_each_folder
        origin = f"{folder}/*/{name}" if name else text.name
        yield InputDocument(text.name, reading, origin)


def _broken(name: str, why: Any) -> str:
    from ..reading.facts import HIDDEN

    problem, span = next(why.spans(HIDDEN))
    return f"{name}:{span.line}:{span.column}: {problem.message}"


def _tell(imported: ImportResult) -> None:
    """Tell what was left out, and where the files do not agree, each on a line."""
    from .. import reports

    for one in imported.left:
        keys = [step for step in one.place.path if isinstance(step, str)]
        name = _key(keys[-1]) if keys else "this"
        said = f"{one.what or name} is not carried over"
        said += f": {one.message}" if one.message else ""
        told = Diagnostic(one.severity, _CODE, said, "", _span(one))
        echo_as_is(reports.concise(told, one.given.file, style))
    for one in imported.disagreements:
        said = one.message
        if one.other is not None:
            other = replace(one, given=one.other.given, place=one.other.fact.place)
            span = _span(other)
            where = f"{one.other.given.file}:{span.line}:{span.column}"
            joint = " in " if not said.endswith((" in", " as", " than", "unlike")) else " "
            said += f"{joint}{where}"
        told = Diagnostic(Severity.ERROR, _CODE, said, "", _span(one))
        echo_as_is(reports.concise(told, one.given.file, style))


def _remedy(disagreements: Sequence[ImportNote]) -> str:
    """What decides between the files, and within one that does not agree with itself."""
    fallback, within, between = False, False, False
    for one in disagreements:
        is_fallback = one.other is not None and one.other.fact.subject == ("fallback",)
        is_within = one.other is not None and one.other.given.file == one.given.file
        fallback |= is_fallback
        within |= is_within and not is_fallback
        between |= not is_within
    ways = ["`--prefer FILE` says which one is right"] if between else []
    ways += (
        ["`--fallback deny` or `--fallback allow` decides for all registries"] if fallback else []
    )
    ways += ["what one file says twice is to be made the same there"] if within else []
    return "; ".join(["the files do not agree", *ways])


def _key(name: str) -> str:
    """A key that nobody knows: shown if it is a plain word, for it could be a secret."""
    plain = name.isascii() and all(c.isalnum() or c in "._-/:*" for c in name) and len(name) < 60  # noqa: PLR2004
    return code_span(name) if plain else "a key"


def _span(told: ImportNote) -> Any:
    from ..reading.facts import HIDDEN

    return told.given.reading.source.document.span(told.place, HIDDEN)


def _text(
    imported: ImportResult, given: Sequence[InputDocument], secrets: str
) -> tuple[str, dict[str, str]]:
    """The text of the spec, and the files that its logins go to."""
    from ..document import NotADocument
    from ..importing import spec_text

    files: dict[str, str] = {}
    for secret in imported.secrets:
        keys: Any = imported.data
        for step in secret.path[:-1]:
            keys = keys[step]
        if secrets == "env":
            keys[secret.path[-1]] = {"env": secret.name}
        elif secrets == "file":
            name = secret.name.lower().replace("_", "-")
            files[name] = secret.value
            keys[secret.path[-1]] = {"file": name}
    names = list(dict.fromkeys(one.origin for one in given))
    short = _short_names(names)
    heading = ["The private registry of this site, as these files have it:"]
    heading += [f"  {short[name]}" for name in names]
    origins = {
        path: [short.get(name, name) for name in files[:_MOST_NAMED]]
        + ([f"{len(files) - _MOST_NAMED} more"] if len(files) > _MOST_NAMED else [])
        for path, files in imported.origins.items()
    }
    if secrets == "env" and imported.secrets:
        heading += ["Its logins are in the variables"]
        heading += [f"  {secret.name}" for secret in imported.secrets]
    try:
        return spec_text.written(imported.data, origins, heading), files
    except NotADocument as why:
        said = f"the spec would not be readable: {why.problems[-1].message}"
        raise InputError(said) from None


def _short_names(names: Sequence[str]) -> dict[str, str]:
    """The names without the folder that all of them are in."""
    if len(names) == 1:
        return {names[0]: posixpath.basename(names[0])}
    absolute = {name.startswith("/") for name in names}
    if len(absolute) == 1:
        whole = [name if True in absolute else f"./{name}" for name in names]
        common = posixpath.commonpath([posixpath.dirname(name) for name in whole])
        return {
            name: posixpath.relpath(full, common) for name, full in zip(names, whole, strict=True)
        }
    return {name: _ending(name, names) if name.startswith("/") else name for name in names}


def _ending(name: str, names: Sequence[str]) -> str:
    """The last parts of an absolute path, as many as no other path ends in."""
    parts = name.lstrip("/").split("/")
    for length in range(1, len(parts)):
        ending = "/".join(parts[-length:])
        if not any(other != name and other.endswith(ending) for other in names):
            return ending
    return "/".join(parts)


def _write(output: str, text: str, files: dict[str, str], *, private: bool) -> None:
    """Write the spec, and the files beside it, none of which may exist."""
    folder = Path(output).parent
    # One final line break is dropped when it is read back, with a carriage return before it.
    beside = [
        (str(folder / name), value if value.endswith("\r") else f"{value}\n", 0o600)
        for name, value in files.items()
    ]
    write_new([*beside, (output, text, 0o600 if private else 0o666)])


def _aftermath(imported: ImportResult, text: str, output: str, secrets: str) -> int:
    """Tell what is to be done next, and whether the spec is valid as it is."""
    from .. import reports
    from ..pipeline import check_spec
    from ..rules import Selection
    from ..sources import FolderReader

    if secrets == "env" and imported.secrets:
        names = ", ".join(secret.name for secret in imported.secrets)
        echo_error(f"set these variables before it compiles: {names}")
    shown = "<stdout>" if output == STDIN else output
    if output != STDIN:
        beside = _beside(imported.secrets) if secrets == "file" else ""
        echo_error(f"{output} written{beside}")
    result = check_spec(
        text.encode(),
        targets=(),
        environment={},
        read_file=FolderReader(Path(output).parent if output != STDIN else Path()),
        selection=Selection(),
    )
    for diagnostic in result.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            echo_as_is(reports.text(diagnostic, shown, style))
    return Exit.ATTENTION if result.failed else Exit.DONE


def _beside(secrets: Sequence[Secret]) -> str:
    names = ", ".join(secret.name.lower().replace("_", "-") for secret in secrets)
    return f", and beside it {names}" if names else ""
