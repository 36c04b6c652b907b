"""`regspec import`: a spec from existing files."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import click

from ..diagnostics import Diagnostic, Severity
from ..frozen import replace
from .completing import FILE_NAME
from .exit_codes import Exit
from .files import STDIN, write_new
from .grouped import GroupedOptions
from .options import naming_formats
from .terminal import InputError, echo_as_is, echo_error, report_error, style, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from ..importing.assembly import ImportResult, Secret
    from ..importing.claims import ImportNote, InputDocument
    from .inputs import NodeFiles, Text

_CODE = "import"
_DIFFERS = "`regspec verify` will report"
_MOST_DIFFERENCES = 5
"""How many differences are listed without `--verbose`."""
_MOST_NAMED = 3
"""How many files are named next to a value."""


@click.command(
    "import",
    cls=GroupedOptions,
    sections={
        "Output": ("--output", "--secrets", "--verbose"),
        "Where files disagree": ("--prefer", "--fallback"),
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
@click.option(
    "--verbose",
    is_flag=True,
    help="List what is only counted otherwise: settings that are not about registries, and files "
    "of a folder that are of no known format.",
)
@naming_formats
def import_command(
    names: tuple[str, ...],
    output: str,
    secrets: str,
    prefer: tuple[str, ...],
    fallback: str | None,
    verbose: bool,
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
        raise click.UsageError("--secrets file needs -o FILE: the files go next to the spec")
    for name in prefer:
        if name not in names:
            raise click.UsageError(f"--prefer: {name} is not one of the files")
    from . import inputs

    read = list(inputs.read(names))
    given = list(_given(read, verbose=verbose))
    preferred = frozenset(
        one.file
        for one in given
        for name in ("<stdin>" if name == STDIN else name for name in prefer)
        if one.file == name or one.file.startswith(f"{name.rstrip('/')}/")
    )
    imported = assembly.assemble(
        given, preferred, fallback=fallback or "", references=secrets == "env"
    )
    _report(imported, verbose=verbose)
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
    problems = _problems(text, output)
    if problems:
        for problem in problems:
            report_error(f"{problem.message} ({problem.code})")
        report_error("no spec is written: `regspec check` would refuse it")
        return Exit.ATTENTION
    if output == STDIN:
        write_stdout(text.encode())
    else:
        _write(output, text, files, private=secrets == "literal" and bool(imported.secrets))
    if not prefer:
        _compare(imported, read, text, output, verbose=verbose)
    _aftermath(imported, output, secrets)
    return Exit.DONE


def _given(read: Iterable[Text | NodeFiles], *, verbose: bool) -> Iterator[InputDocument]:
    """What was given, document by document. Reports the files of folders that are passed over.

    Args:
        read: files, and nodes as a whole.
        verbose: whether to name each file of no known format, and not only count many of them.
    """
    from ..document import NotADocument
    from . import inputs

    unknown: list[str] = []
    for one in read:
        texts = inputs.texts_of(one) if isinstance(one, inputs.NodeFiles) else [one]
        for text in texts:
            try:
                documents = list(documents_of(text, alone=not text.argument))
            except NotADocument as why:
                problem = _broken(text.name, why)
                if not text.argument or inputs.has_known_name(text):
                    raise InputError(problem) from None
                if inputs.is_configuration(text):
                    echo_error(f"{problem}; not read")
                else:
                    unknown.append(text.name)
                continue
            if not documents:
                unknown.append(text.name)
            for document in documents:
                if inputs.is_read_on_nodes(text, document.reading):
                    yield document
                else:
                    echo_error(f"{text.name}: not read: it is not in force on this node")
    many = len(unknown) > _MOST_NAMED and not verbose
    for name in () if many else unknown:
        echo_error(f"{name}: not read: it is of no format that regspec reads")
    if many:
        some = f"{len(unknown)} files of no format that regspec reads"
        echo_error(f"not read: {some}; `--verbose` lists them")


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


def _report(imported: ImportResult, *, verbose: bool) -> None:
    """Report what is not imported, warnings first, and where the files do not agree.

    Args:
        imported: what the files come to.
        verbose: whether to list settings that are not about registries, and not only count them.
    """
    from .. import reports

    related = [one for one in imported.left if not one.is_unrelated]
    related.sort(key=lambda one: one.severity is not Severity.WARNING)
    unrelated = [one for one in imported.left if one.is_unrelated]
    for one in (*related, *(unrelated if verbose else ())):
        message = f"{one.name} is not imported"
        message += f": {one.message}" if one.message else ""
        diagnostic = Diagnostic(one.severity, _CODE, message, "", _span(one))
        echo_as_is(reports.concise(diagnostic, one.given.file, style))
    if unrelated and not verbose:
        count = (
            "1 setting that is" if len(unrelated) == 1 else f"{len(unrelated)} settings that are"
        )
        echo_error(f"not imported: {count} not about registries; `--verbose` lists them")
    for one in imported.disagreements:
        message = one.message
        if one.other is not None:
            other = replace(one, given=one.other.given, place=one.other.fact.place)
            span = _span(other)
            where = f"{one.other.given.file}:{span.line}:{span.column}"
            joint = " in " if not message.endswith((" in", " as", " than", "unlike")) else " "
            message += f"{joint}{where}"
        diagnostic = Diagnostic(Severity.ERROR, _CODE, message, "", _span(one))
        echo_as_is(reports.concise(diagnostic, one.given.file, style))


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


def _span(note: ImportNote) -> Any:
    from ..reading.facts import HIDDEN

    return note.given.reading.source.document.span(note.place, HIDDEN)


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
    """Write the spec, and the files next to it, none of which may exist."""
    folder = Path(output).parent
    # One final line break is dropped when it is read back, with a carriage return before it.
    beside = [
        (str(folder / name), value if value.endswith("\r") else f"{value}\n", 0o600)
        for name, value in files.items()
    ]
    write_new([*beside, (output, text, 0o600 if private else 0o666)])


def _problems(text: str, output: str) -> list[Diagnostic]:
    """The errors for which `regspec check` would refuse a spec."""
    from ..pipeline import check_spec
    from ..rules import Selection
    from ..sources import FolderReader

    result = check_spec(
        text.encode(),
        targets=(),
        environment={},
        read_file=FolderReader(Path(output).parent if output != STDIN else Path()),
        selection=Selection(),
    )
    return [one for one in result.diagnostics if one.severity is Severity.ERROR]


def _compare(
    imported: ImportResult,
    read: Iterable[Text | NodeFiles],
    text: str,
    output: str,
    *,
    verbose: bool,
) -> None:
    """Report where the files differ from the outputs of the spec, if that was not reported yet.

    A spec has one login, CA and mirror for all of its targets, so that it adds to one file what
    another has. Some formats are written in one way only.
    """
    from .. import placeholders, reports
    from ..pipeline import verify_spec
    from ..sources import FolderReader
    from .verify import differences

    _, expected = verify_spec(
        text.encode(),
        targets=(),
        environment={},
        read_file=FolderReader(Path(output).parent if output != STDIN else Path()),
    )
    if expected is None:
        return
    notes: list[str] = []
    compared = [
        pair
        for several in differences(expected, read, (), (), notes.append, compared_for=[])
        for pair in several
    ]
    found = [
        (
            file,
            replace(one, severity=Severity.INFO, code=_CODE, message=f"{_DIFFERS}: {one.message}"),
        )
        for file, one in compared
        if placeholders.WHY not in one.message
        and not _is_reported(file, one, imported.left)
        and not any(note.startswith(f"{file}: what it imports") for note in notes)
    ]
    shown = found if verbose else found[:_MOST_DIFFERENCES]
    for file, diagnostic in shown:
        echo_as_is(reports.concise(diagnostic, file, style))
    if len(found) > len(shown):
        echo_error(f"{_DIFFERS} {len(found) - len(shown)} more; `--verbose` lists them")


def _is_reported(file: str, difference: Diagnostic, left: Iterable[ImportNote]) -> bool:
    """Whether a difference is in the line of something that is not imported, or is named by it."""
    name = re.search(r"`[^`]*`", difference.message)
    return any(
        one.given.file == file
        and not one.is_unrelated
        and (_span(one).line == difference.span.line or (name and name[0] in one.name))
        for one in left
    )


def _aftermath(imported: ImportResult, output: str, secrets: str) -> None:
    """Say what was written, and what is to be done next."""
    if secrets == "env" and imported.secrets:
        names = ", ".join(secret.name for secret in imported.secrets)
        echo_error(f"set these variables before running `regspec compile`: {names}")
    if output != STDIN:
        beside = _beside(imported.secrets) if secrets == "file" else ""
        echo_error(f"{output} written{beside}")


def _beside(secrets: Sequence[Secret]) -> str:
    names = ", ".join(secret.name.lower().replace("_", "-") for secret in secrets)
    return f", and next to it {names}" if names else ""
