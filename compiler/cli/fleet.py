"""Many specs at once: each compiled and written by itself, in several processes."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial

import click

from ..frozen import frozen
from .compiling import check_folder, spec_folders, stem_of, written_by
from .exit_codes import Exit
from .files import STDIN, folder_of, read_spec
from .reporting import pluralize
from .terminal import InputError, Progress, echo_as_is, echo_error, error_line, style

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..file_list import Written
    from .left_over import Leftover

_AT_ONCE = 64
"""How many specs a process takes at once: so few that the progress is one."""


@frozen
class Settings:
    """How every spec of a fleet is compiled."""

    output: str
    targets: tuple[str, ...]
    allowed: tuple[Path, ...]
    today: dt.date
    with_placeholders: bool
    check: bool
    prune: bool


@frozen
class Done:
    """What became of one spec."""

    code: int
    failure: str = ""
    """Why it failed, as a line to print."""
    stale: tuple[str, ...] = ()
    """The files that are not up to date, where nothing is written."""
    written: int = 0
    up_to_date: int = 0
    warnings: int = 0
    left: tuple[Leftover, ...] = ()
    """The files of an earlier run that are not outputs of the spec any more."""


def compile_fleet(specs: Sequence[str], settings: Settings, jobs: int) -> int:
    """Compile each spec into a folder of its own; one that fails does not hold up the others.

    Args:
        specs: the files; the same twice counts once.
        settings: how each is compiled.
        jobs: how many processes work at once.

    Returns:
        The exit code: the highest of all.
    """
    names = list(dict.fromkeys(specs))
    check_folder(settings.output)
    _check_folders(names, settings.output)
    found, failed, code = [], 0, int(Exit.DONE)
    progress = Progress()
    results = _results(names, settings, jobs)
    for _, done in zip(progress.over(names, "specs compiled"), results, strict=True):
        found.append(done)
        code = max(code, done.code)
        failed += bool(done.failure)
        if done.failure or done.stale:
            progress.clear()
        if done.failure:
            echo_as_is(done.failure)
        for file in done.stale:
            echo_error(f"{file}: not up to date")
    left = [leftover for done in found for leftover in done.left]
    code = max(code, _finish(left, names, settings))
    _tell(found, failed, len(left), settings)
    return code


def _finish(left: list[Leftover], names: Sequence[str], settings: Settings) -> int:
    """Report the files that are left over, and find or remove the files of specs that are gone.

    Args:
        left: the files in the folders of the specs, to which files of other folders are added.
        names: the specs.
        settings: how.

    Returns:
        The exit code.
    """
    from ..output import OutputError
    from . import left_over

    removes = settings.prune and not settings.check
    for leftover in left if removes else ():
        echo_error(f"{leftover.file}: removed")
    try:
        others = list(left_over.abandoned(settings.output, names))
        if removes:
            left_over.prune(others)
    except OutputError as error:
        echo_as_is(error_line(str(error)))
        return Exit.CANNOT
    left += others
    if settings.check:
        for leftover in left:
            echo_error(f"{leftover.file}: {leftover.finding}")
        return Exit.ATTENTION if left else Exit.DONE
    if not removes:
        left_over.warn(left)
    return Exit.DONE


def _results(names: Sequence[str], settings: Settings, jobs: int) -> Iterator[Done]:
    """What becomes of each spec, in their order."""
    one = partial(_compile_one, settings)
    if jobs == 1:
        yield from map(one, names)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # What all need is imported once, before the processes part.
    from .. import pipeline  # noqa: F401

    with suppress(ImportError):  # it may not be there
        from .. import generated  # noqa: F401

    with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
        try:
            yield from pool.map(one, names, chunksize=_AT_ONCE)
        except BrokenProcessPool:
            raise InputError(
                "a process was killed; the specs after this one are as before"
            ) from None
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def _check_folders(names: Sequence[str], output: str) -> None:
    """Each spec has a folder of its own, so that none can write what another has written.

    Raises:
        click.UsageError: two would go to one folder, or a name cannot be a folder.
    """
    taken: dict[str, str] = {}
    real: dict[str, str] = {}
    for name in names:
        if name == STDIN:
            raise click.UsageError("--jobs takes specs that are files")
        if stem_of(name) == "..":
            raise click.UsageError(f"{name}: `{{stem}}` would lead out of the folder")
        folder = _real_path(_folder(name, output), real)
        other = taken.setdefault(folder.casefold(), name)
        if other != name:
            raise click.UsageError(
                f"--jobs: {other} and {name} would both go to {_folder(name, output)}; "
                "use -o 'out/{stem}'"
            )
    for folder, name in taken.items():
        above = folder
        while (above := os.path.dirname(above)) != "/":
            if above in taken:
                raise click.UsageError(
                    f"--jobs: the folder of {name} is inside the folder of {taken[above]}"
                )


def _real_path(path: str, known: dict[str, str]) -> str:
    """The path without links; the folder that it is in is resolved once."""
    above, last = os.path.split(path)
    if last in ("", ".", "..") or os.path.islink(path):
        return os.path.realpath(path)
    if above not in known:
        known[above] = os.path.realpath(above)
    return os.path.join(known[above], last)


def _folder(name: str, output: str) -> str:
    return output.replace("{stem}", stem_of(name))


def _compile_one(settings: Settings, name: str) -> Done:
    """Compile one spec and write, or compare, its files."""
    from .. import output, reports
    from ..pipeline import compile_spec, read_back
    from ..sources import FolderReader

    try:
        content = read_spec(name)
    except InputError as error:
        return Done(Exit.CANNOT, error_line(error.message))
    result = compile_spec(
        content,
        targets=settings.targets,
        environment=os.environ,
        read_file=FolderReader(folder_of(name), settings.allowed),
        today=lambda: settings.today,
        with_placeholders=settings.with_placeholders,
        only_errors=True,
        unread=True,
    )
    errors, warnings = result.diagnostics, result.warnings
    if errors:
        others = len(errors) - 1 + result.unreported
        more = f" (and {others} more)" if others else ""
        return Done(Exit.ATTENTION, reports.concise(errors[0], name, style).rstrip() + f"{more}\n")
    folder = _folder(name, settings.output)
    try:
        states = output.states(folder, result.artifacts)
        read_back(
            [one for one, state in zip(result.artifacts, states, strict=True) if not state.same]
        )
        run = (written_by(name, result, whole=not settings.targets),)
        if settings.check:
            left = _left_over(folder, run, name)
            listed = {leftover.path for leftover in left}
            stale = tuple(
                os.path.join(folder, artifact.path)
                for artifact, state in zip(result.artifacts, states, strict=True)
                if not state.up_to_date
            )
            strays = output.strays(folder, result.artifacts, result.folders)
            stale += tuple(os.path.join(folder, path) for path in strays if path not in listed)
            code = Exit.ATTENTION if stale else Exit.DONE
            same = sum(state.up_to_date for state in states)
            return Done(code, "", stale, 0, same, warnings, left)
        has_others = output.lists_others(folder, run)
        listing = (run, spec_folders((name,)))
        written = output.write(folder, result.artifacts, states, listing)
        left = _left_over(folder, run, name) if has_others else ()
        if settings.prune and left:
            from .. import leftovers

            leftovers.remove(folder, {leftover.path: leftover.mark for leftover in left})
            output.list_files(folder, *listing)
    except output.OutputError as error:
        return Done(Exit.CANNOT, error_line(str(error)))
    return Done(Exit.DONE, "", (), written, len(result.artifacts) - written, warnings, left)


def _left_over(folder: str, run: Sequence[Written], name: str) -> tuple[Leftover, ...]:
    """The files of an earlier run that are not outputs of a spec any more."""
    from .. import output

    if not output.lists_others(folder, run):
        return ()
    from . import left_over

    found = left_over.in_folder(folder, run, spec_folders((name,)))
    spec = os.path.realpath(name)  # an edited list can name the spec
    return tuple(leftover for leftover in found if os.path.realpath(leftover.file) != spec)


def _tell(found: Sequence[Done], failed: int, left: int, settings: Settings) -> None:
    """The summary, on one line."""
    written, same = sum(d.written for d in found), sum(d.up_to_date for d in found)
    stale, warnings = sum(len(d.stale) for d in found), sum(d.warnings for d in found)
    said = [f"{pluralize(written, 'file')} written"]
    if settings.check:
        said = [f"{stale} not up to date"]
    said.append(f"{same} up to date")
    if left:
        said.append(f"{left} {'removed' if settings.prune and not settings.check else 'left over'}")
    said += [f"{pluralize(warnings, 'warning')} (`regspec check` reports them)"] if warnings else []
    if failed:
        said.append(
            f"{failed} of {pluralize(len(found), 'spec')} failed (`regspec check` reports why)"
        )
    echo_error(f"{pluralize(len(found), 'spec')}: {', '.join(said)}")
