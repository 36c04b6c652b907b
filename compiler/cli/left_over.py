"""What earlier runs of `regspec compile` wrote, and no spec makes any more: reported or removed."""

from __future__ import annotations

import os

from .. import leftovers
from ..diagnostics import inert
from ..file_list import LIST
from ..frozen import frozen
from .compiling import NOT_MADE, spec_folders, stem_of
from .terminal import echo_as_is, echo_error, style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ..file_list import Written

_GONE = "the spec of this file is gone"


@frozen
class Leftover:
    """One file that is left over."""

    folder: str
    """The output folder."""
    path: str
    """The path of the file below the output folder."""
    mark: bool
    """Whether its text had the mark."""
    is_abandoned: bool = False
    """Whether nothing of this run is in its output folder, since its spec is gone."""

    @property
    def file(self) -> str:
        """The file, as the user would name it."""
        return os.path.join(self.folder, self.path)

    @property
    def finding(self) -> str:
        """What is wrong with the file, and what to do."""
        return f"{_GONE if self.is_abandoned else NOT_MADE}; `--prune` removes it"


def in_folder(folder: str, run: Sequence[Written], sources: Collection[str]) -> Iterator[Leftover]:
    """The files that are left over in the output folder of specs of this run.

    Args:
        folder: the output folder.
        run: what each spec of the run makes there.
        sources: the folders of the specs of the run.

    Raises:
        OutputError: the folder cannot be read.
    """
    for path, mark in leftovers.find(folder, run, sources).items():
        yield Leftover(folder, path, mark)


def abandoned(pattern: str, names: Sequence[str]) -> Iterator[Leftover]:
    """The files in the output folders of specs that are gone.

    Args:
        pattern: the option `--output`. Only one with `{stem}` says which folders there may be.
        names: the specs of this run. What is in their folders is not gone.

    Raises:
        OutputError: a folder cannot be read.
    """
    if "{stem}" not in pattern:
        return
    others = list(leftovers.folders_like(pattern, set(map(stem_of, names))))
    if not others:
        return
    sources = spec_folders(names)
    stems = {stem_of(name) for source in sources for name in os.listdir(source)}
    for stem, folder in others:
        if stem not in stems and os.path.lexists(os.path.join(folder, LIST)):
            for path, mark in leftovers.find(folder, (), sources).items():
                yield Leftover(folder, path, mark, is_abandoned=True)


def warn(found: Iterable[Leftover]) -> None:
    """Print a warning for each file that is left over."""
    for leftover in found:
        line = inert(f"{leftover.file}: {leftover.finding}")
        echo_as_is(f"{style('warning', 'warning')}: {line}\n")


def prune(found: Sequence[Leftover]) -> None:
    """Remove the files that are left over, and print each.

    Raises:
        OutputError: one cannot be removed; those before it are.
    """
    for leftover in found:
        leftovers.remove(leftover.folder, {leftover.path: leftover.mark})
        echo_error(f"{leftover.file}: removed")
    for folder in dict.fromkeys(one.folder for one in found if one.is_abandoned):
        leftovers.remove_folder(folder)
