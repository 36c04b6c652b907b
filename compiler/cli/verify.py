"""`regspec verify`: compares installed files with a spec."""

from __future__ import annotations

import os
import posixpath

import click

from ..diagnostics import Diagnostic, Severity, Span
from .completing import FILE_NAME
from .exit_codes import Exit
from .files import STDIN, folder_of, read_spec
from .grouped import GroupedOptions
from .options import allow_file_option, containerd_option, naming_formats, target_option
from .reporting import default_form
from .terminal import InputError, echo_as_is, echo_error, style, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ..document import NotADocument
    from ..reading.facts import Reading
    from ..verifying.drift import Drift
    from ..verifying.node import NodeFileProblem
    from ..verifying.verify import Expected
    from .inputs import NodeFiles, Text

_FORMS = ("text", "json", "github", "sarif")
_CODE = "drift"


@click.command(
    "verify",
    cls=GroupedOptions,
    sections={
        "What to compare": ("--target", "--containerd", "--allow-file"),
        "Output": ("--format",),
    },
)
@click.argument("spec", metavar="SPEC", type=FILE_NAME)
@click.argument("names", metavar="FILE...", nargs=-1, required=True, type=FILE_NAME)
@target_option
@allow_file_option
@containerd_option
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="Output format for differences: text (one line each), json, github (annotations, the "
    "default in GitHub Actions) or sarif.",
)
@naming_formats
def verify_command(
    spec: str,
    names: tuple[str, ...],
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    version: str | None,
    form: str | None,
) -> int:
    """Compare each FILE with the outputs of SPEC. Exit 1 if anything differs.

    \b
      regspec verify registry.yaml values.yaml registry-secret.yaml
      regspec verify registry.yaml nodes/*.tar
      kubectl get secret registry-info -o json | regspec verify registry.yaml -
      ssh NODE sudo tar -C / -c etc/containerd | regspec verify registry.yaml -

    Files are compared by meaning: order, quoting, comments, unrelated keys, and settings of hosts
    without a mirror in SPEC make no difference.

    FILE may be the output of kubectl. Its format is detected by content: {formats}. `-` is standard
    input. A folder, or a tar archive of a folder, is a node's root, or its /etc/containerd. Of a
    node, the configuration in force is compared, with everything that config.toml imports.

    Credentials that differ are reported without their values. Credentials that SPEC refers to and
    that are not set are not compared.
    """
    if [spec, *names].count(STDIN) > 1:
        raise click.UsageError("standard input has one text: write `-` once")
    form = form or default_form()
    expected = _expected(spec, targets, allowed)
    if expected is None:
        return Exit.ATTENTION
    from . import inputs

    compared_for: list[str] = []
    wanted = (version,) if version else ()
    given = inputs.read(names)
    compared = list(differences(expected, given, names, wanted, compared_for=compared_for))
    told = [one for diagnostics in compared for one in diagnostics]
    _tell(told, form)
    if form == "text":
        echo_error(_summary(len(compared), len(told), compared_for))
    return Exit.ATTENTION if told else Exit.DONE


def _expected(spec: str, targets: tuple[str, ...], allowed: tuple[Path, ...]) -> Expected | None:
    """The outputs of the spec; none if it has an error, which is reported."""
    from .. import reports
    from ..pipeline import verify_spec
    from ..sources import FolderReader

    result, expected = verify_spec(
        read_spec(spec),
        targets=targets,
        environment=os.environ,
        read_file=FolderReader(folder_of(spec), allowed),
    )
    shown = "<stdin>" if spec == STDIN else spec
    for diagnostic in result.diagnostics:
        echo_as_is(reports.text(diagnostic, shown, style))
    return expected


def differences(
    expected: Expected,
    given: Iterable[Text | NodeFiles],
    names: tuple[str, ...],
    wanted: tuple[str, ...],
    note: Callable[[str], None] = echo_error,
    *,
    compared_for: list[str],
) -> Iterator[list[tuple[str, Diagnostic]]]:
    """What differs in each thing that was given, with the names of its files.

    Args:
        expected: the outputs of the spec.
        given: the texts and nodes.
        names: the words of the command line that each must have something to compare.
        wanted: versions of containerd; none takes all that can read the files.
        note: prints what is not compared, and why.
        compared_for: gets the versions that decided what is in force on each node.

    Raises:
        InputError: nothing of one name can be compared.
    """
    from ..document import NotADocument
    from ..verifying import verify
    from . import inputs

    expected.wanted = wanted
    read: list[tuple[str, str, list[Reading]]] = []
    useful: set[str] = set()
    trees = _Trees()
    for one in given:
        if isinstance(one, inputs.NodeFiles):
            yield _of_node(expected, one, wanted, note, compared_for)
            useful.add(one.argument)
            continue
        try:
            readings = inputs.readings_of(one, alone=not one.argument)
        except NotADocument as why:
            readings = []
            if one.argument and not inputs.is_configuration(one) and not expected.writes(one.path):
                note(f"{one.name}: not read: it is of no format that regspec reads")
            else:
                yield [(one.name, _broken(why))]
                useful.add(one.argument)
        else:
            if not readings and one.argument and expected.writes(one.path):
                yield [(one.name, _unknown())]
        read.append((one.name, one.content, readings))
        trees.add(one.argument, one.name, readings)
        useful |= {one.argument, one.name} if readings else {one.name} - {one.argument}
    for name in names:
        if (name if name != STDIN else "<stdin>") not in useful:
            said = "nothing in it is of a format that regspec reads"
            raise InputError(f"{name}: {said}")
    everything = [one for *_, several in read for one in several]
    for name, text, readings in read:
        if readings:
            found = [
                verify.without_repetitions(
                    verify.of_reading(expected, reading, everything),
                    verify.refused(text, [reading]),
                )
                for reading in readings
            ]
            found.append(list(verify.missing_documents(expected, readings)))
            found += [list(verify.elsewhere(expected, one, everything)) for one in readings]
            _report_unknown(name, readings, note)
            _report_part(name, found, readings, everything, note)
            _hint_at_imports(name, found, note)
            yield [(name, diagnostic) for several in found for diagnostic in _in_order(several)]
    missing = [
        (file, Diagnostic(Severity.ERROR, _CODE, "this file is missing", "", Span(1, 1)))
        for file in trees.missing(expected)
    ]
    if missing:
        yield missing


def _report_unknown(
    name: str, readings: list[Reading], note: Callable[[str], None], *, is_node: bool = False
) -> None:
    """Report what was not compared, because it is in a file that was not given."""
    from ..diagnostics import code_span
    from ..reading.facts import UNKNOWN

    for reading in readings:
        for fact in reading.facts:
            if fact.value is UNKNOWN:
                file = f"its file {code_span(fact.shown)}" if fact.shown else "its file"
                why = (
                    f"{file} is not in the copy of the node" if is_node else f"{file} was not given"
                )
                note(f"{name}: the CA for {code_span(fact.subject[1])} is not compared: {why}")


def _report_part(
    name: str,
    found: list[list[Drift]],
    readings: list[Reading],
    given: list[Reading],
    note: Callable[[str], None],
) -> None:
    """Report which part of an output was not compared, because no file that was given has it."""
    from ..verifying import verify

    for reading in readings:
        part = verify.part_not_given(reading, given)
        reported = any(f"`{part}`" in one.message for several in found for one in several)
        if part and not reported:
            note(f"{name}: `{part}` is not compared: no file with it was given")


def _hint_at_imports(name: str, found: list[list[Drift]], note: Callable[[str], None]) -> None:
    """Report that what a config.toml lacks may be in what it imports, which was not given."""
    for several in found:
        if any(one.missing and _imports(one.reading) for one in several):
            note(
                f"{name}: what it imports was not given; `tar -C / -c etc/containerd` has all of it"
            )


def _imports(reading: Reading) -> bool:
    return reading.has_imports


class _Trees:
    """The folders of certs.d that were given by themselves: no file of theirs may be missing."""

    def __init__(self) -> None:
        self.namespaces: dict[tuple[str, str], set[str]] = {}

    def add(self, argument: str, name: str, readings: list[Reading]) -> None:
        """Take note of a file, if it is a hosts.toml of a folder that was given."""
        from ..dialects import format_of
        from ..verifying.verify import namespace_of

        for reading in readings:
            file = format_of(reading.kind).in_each_folder
            if argument and file:
                folder = posixpath.dirname(posixpath.dirname(name))
                self.namespaces.setdefault((folder, file), set()).add(namespace_of(reading))

    def missing(self, expected: Expected) -> Iterator[str]:
        """The files that the spec has in such a folder, and that are not there."""
        for (folder, file), present in self.namespaces.items():
            for name in expected.missing_folders(present):
                yield f"{folder}/{name}/{file}"


def _of_node(
    expected: Expected,
    node: NodeFiles,
    wanted: tuple[str, ...],
    note: Callable[[str], None],
    compared_for: list[str],
) -> list[tuple[str, Diagnostic]]:
    from ..verifying.node import Node, NodeFileProblem

    told = []
    compared = Node(node.tree, expected, wanted)
    for one in compared.find_drift():
        if isinstance(one, NodeFileProblem):
            told.append((node.shown(one.path), _of_problem(one)))
        else:
            told.append((node.shown(one.reading.source.path), _diagnostic(one)))
    for path, readings in compared.readings.items():
        _report_unknown(node.shown(path), readings, note, is_node=True)
    compared_for += compared.compared_for
    return told


def _of_problem(broken: NodeFileProblem) -> Diagnostic:
    if broken.problem is not None:
        return _broken(broken.problem)
    return Diagnostic(Severity.ERROR, _CODE, broken.message, "", Span(1, 1))


def _unknown() -> Diagnostic:
    """A file that the spec writes, and of which regspec reads nothing."""
    message = "nothing in it is of a format that regspec reads, and the spec writes this file"
    return Diagnostic(Severity.ERROR, _CODE, message, "", Span(1, 1))


def _broken(why: NotADocument) -> Diagnostic:
    """A text that is not what it looks like."""
    from ..reading.facts import HIDDEN

    problem, span = next(why.spans(HIDDEN))
    return Diagnostic(Severity.ERROR, _CODE, problem.message, "", span)


def _in_order(differences: list[Drift]) -> list[Diagnostic]:
    told = [_diagnostic(one) for one in differences]
    return sorted(told, key=lambda one: (one.span.line, one.span.column))


def _diagnostic(difference: Drift) -> Diagnostic:
    """A difference with its line and column, and nothing of the line."""
    from ..reading.facts import HIDDEN

    span = difference.reading.source.document.span(difference.place, HIDDEN)
    return Diagnostic(Severity.ERROR, _CODE, difference.message, "", span)


def _tell(told: list[tuple[str, Diagnostic]], form: str) -> None:
    from .. import reports

    if form == "sarif":
        from .. import sarif

        write_stdout(sarif.log(told).encode())
    elif form == "json":
        write_stdout(reports.as_json(told).encode())
    else:
        line = reports.concise if form == "text" else reports.github
        write_stdout("".join(line(diagnostic, file) for file, diagnostic in told).encode())


def _summary(count: int, found: int, compared_for: list[str]) -> str:
    compared = "1 file or node" if count == 1 else f"{count} files or nodes"
    differences = {0: "no difference", 1: "1 difference"}.get(found, f"{found} differences")
    versions = "; ".join(dict.fromkeys(compared_for))
    return f"{compared} compared{f' for {versions}' if versions else ''}: {differences}"
