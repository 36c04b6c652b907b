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
    from collections.abc import Iterator
    from pathlib import Path

    from ..document import NotADocument
    from ..reading.facts import Reading
    from ..verifying.drift import Drift
    from ..verifying.node import NodeFileProblem
    from ..verifying.verify import Expected
    from .inputs import NodeFiles

_FORMS = ("text", "json", "github", "sarif")
_CODE = "drift"


@click.command(
    "verify",
    cls=GroupedOptions,
    sections={
        "What to compare": ("target", "containerd", "allow-file"),
        "Output": ("format",),
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
    compared = list(_compared(expected, names, (version,) if version else ()))
    told = [one for diagnostics in compared for one in diagnostics]
    _tell(told, form)
    if form == "text":
        echo_error(_summary(len(compared), len(told)))
    return Exit.ATTENTION if told else Exit.DONE


def _expected(spec: str, targets: tuple[str, ...], allowed: tuple[Path, ...]) -> Expected | None:
    """What the spec compiles to; none if it has an error, which is told."""
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


def _compared(
    expected: Expected, names: tuple[str, ...], wanted: tuple[str, ...]
) -> Iterator[list[tuple[str, Diagnostic]]]:
    """What differs in each thing that was given, with the names of its files."""
    from ..document import NotADocument
    from ..verifying import verify
    from . import inputs

    read: list[tuple[str, str, list[Reading]]] = []
    useful: set[str] = set()
    trees = _Trees()
    for one in inputs.read(names):
        if isinstance(one, inputs.NodeFiles):
            yield _of_node(expected, one, wanted)
            useful.add(one.argument)
            continue
        try:
            readings = inputs.readings_of(one, alone=not one.argument)
        except NotADocument as why:
            yield [(one.name, _broken(why))]
            readings = []
            useful.add(one.argument)
        read.append((one.name, one.content, readings))
        trees.add(one.argument, one.name, readings)
        useful |= {one.argument, one.name} if readings else {one.name} - {one.argument}
    for name in names:
        if (name if name != STDIN else "<stdin>") not in useful:
            said = "nothing in it is of a format that regspec reads"
            raise InputError(f"{name}: {said}")
    everything = [one for *_, several in read for one in several]
    whole = not any(("image certManager",) in one.anchors for one in everything)
    for name, text, readings in read:
        if readings:
            found = [verify.of_reading(expected, reading, whole=whole) for reading in readings]
            found.append(list(verify.refused(text, readings)))
            found += [list(verify.elsewhere(expected, one, everything)) for one in readings]
            _tell_unknown(name, readings)
            _hint_at_imports(name, found)
            yield [(name, diagnostic) for several in found for diagnostic in _in_order(several)]
    missing = [
        (file, Diagnostic(Severity.ERROR, _CODE, "this file is missing", "", Span(1, 1)))
        for file in trees.missing(expected)
    ]
    if missing:
        yield missing


def _tell_unknown(name: str, readings: list[Reading]) -> None:
    """Tell what was not compared, because it is in a file that was not given."""
    from ..reading.facts import UNKNOWN

    for reading in readings:
        for fact in reading.facts:
            if fact.value is UNKNOWN:
                what = f"the CA for `{fact.subject[1]}`"
                said = f"{name}: {what} is not compared: its file was not given"
                echo_error(said)


def _hint_at_imports(name: str, found: list[list[Drift]]) -> None:
    """Tell that what is missing in a config.toml may be in what it imports, which was not given."""
    for several in found:
        if any(one.missing and _imports(one.reading) for one in several):
            echo_error(
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
            for namespace, name in expected.folders().items():
                if namespace not in present:
                    yield f"{folder}/{name}/{file}"


def _of_node(
    expected: Expected, node: NodeFiles, wanted: tuple[str, ...]
) -> list[tuple[str, Diagnostic]]:
    from ..verifying.node import Node, NodeFileProblem

    told = []
    for one in Node(node.tree, expected, wanted).find_drift():
        if isinstance(one, NodeFileProblem):
            told.append((node.shown(one.path), _of_problem(one)))
        else:
            told.append((node.shown(one.reading.source.path), _diagnostic(one)))
    return told


def _of_problem(broken: NodeFileProblem) -> Diagnostic:
    if broken.problem is not None:
        return _broken(broken.problem)
    return Diagnostic(Severity.ERROR, _CODE, broken.message, "", Span(1, 1))


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


def _summary(count: int, found: int) -> str:
    compared = "1 file or node" if count == 1 else f"{count} files or nodes"
    differences = {0: "no difference", 1: "1 difference"}.get(found, f"{found} differences")
    return f"{compared} compared: {differences}"
