"""Files that an earlier run wrote and that no spec makes any more: found, and removed.

The list of an output folder says what earlier runs wrote there, see `file_list.py`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat

from .file_list import ADDED, LIST, MADE, STDIN, has_mark, text
from .frozen import frozen
from .limits import LARGEST_TEXT
from .output import OutputError, explained, lock, new_name, opened, parent_of, read_list
from .regular_file import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from typing import Any

    from .file_list import BySpec, Written

_HEAD = 8000
"""How many bytes from its beginning a file is searched for the mark."""


@frozen
class FileList:
    """The list of an output folder."""

    made: BySpec
    added: BySpec
    """The files of targets that only the option `--target` selected."""

    def text(self) -> str:
        """The list as it is written."""
        return text(self.made, self.added)

    def with_run(
        self,
        run: Iterable[Written],
        is_gone: Callable[[str], bool],
        present: Callable[[dict[str, bool]], Iterable[str]],
    ) -> FileList:
        """The list as it is written before the files of this run.

        It has every file that the run may write, and every earlier one that still exists. So a run
        that is killed leaves no file that is in no list.

        Args:
            run: what each spec of the run makes in this folder.
            is_gone: whether a spec does not exist any more.
            present: the paths of some files that exist.
        """
        made, added = dict(self.made), dict(self.added)
        specs = {written.spec for written in run}
        ours = {path for written in run for path in (*written.paths, *written.added)}
        for listed in (made, added):
            for spec, paths in listed.items():
                if spec in specs or is_gone(spec):
                    others = {path: mark for path, mark in paths.items() if path not in ours}
                    listed[spec] = {path: paths[path] for path in present(others)}
        for written in run:
            spec = written.spec
            made[spec] = made.get(spec, {}) | written.paths
            added[spec] = {
                path: mark
                for path, mark in (added.get(spec, {}) | written.added).items()
                if path not in made[spec]
            }
        return FileList(_without_empty(made), _without_empty(added))

    def left_over(self, run: Iterable[Written], is_gone: Callable[[str], bool]) -> dict[str, bool]:
        """The listed files that no spec makes any more, whether they exist or not.

        Args:
            run: what each spec of the run makes in this folder. A spec of which only selected
                targets are compiled has no files that are left over.
            is_gone: whether a spec does not exist any more.
        """
        run = list(run)
        specs = {written.spec for written in run}
        whole = specs - {written.spec for written in run if not written.whole}
        old: dict[str, bool] = {}
        claimed = {path for written in run for path in (*written.paths, *written.added)}
        for spec, paths in self.made.items():
            if spec in whole if spec in specs else is_gone(spec):
                old |= paths
            else:
                claimed.update(paths)
        for spec, paths in self.added.items():
            if spec not in specs and is_gone(spec):
                old |= paths
            else:
                claimed.update(paths)
        return {path: mark for path, mark in old.items() if path not in claimed}

    def has(self, path: str) -> bool:
        """Whether a file is in the list."""
        return any(path in paths for paths in (*self.made.values(), *self.added.values()))


def merged(
    folder: str, content: bytes, run: Sequence[Written], spec_folders: Collection[str]
) -> str:
    """The text of the list of an output folder, as it is written before the files of a run.

    Args:
        folder: the output folder.
        content: the list as it is.
        run: what each spec of the run makes there.
        spec_folders: the folders of the specs of the run.

    Raises:
        OutputError: it is something else, or a listed file cannot be read.
    """
    is_gone = _gone(run, spec_folders)
    new = _parse(folder, content).with_run(run, is_gone, lambda files: _present(folder, files))
    return new.text()


def find(folder: str, run: Sequence[Written], spec_folders: Collection[str]) -> dict[str, bool]:
    """The files that an earlier run wrote into a folder, that exist, and that no spec makes now.

    Args:
        folder: the output folder.
        run: what each spec of the run makes there.
        spec_folders: the folders of the specs of the run.

    Returns:
        Their paths below the folder, in order; and whether the text of each had the mark.

    Raises:
        OutputError: the list cannot be read, or is something else.
    """
    content = read_list(folder)
    if content is None:
        return {}
    old = _parse(folder, content).left_over(run, _gone(run, spec_folders))
    found = _present(folder, old)
    return {path: old[path] for path in sorted(found) if not _is_of_another(folder, path)}


def remove(folder: str, files: dict[str, bool]) -> None:
    """Remove files that are left over, and the folders that are empty then.

    Nothing is removed but regular files below the folder, and nothing through a link. A file that
    had the mark and does not have it any more was replaced, and is kept.

    Args:
        folder: the output folder, which is not removed itself.
        files: what `find` returned.

    Raises:
        OutputError: a file cannot be removed; those before it are.
    """
    for path, mark in files.items():
        with explained(os.path.join(folder, path)), contextlib.ExitStack() as cleanup:
            root = cleanup.enter_context(opened(folder))
            lock(root)
            parent = parent_of(root, path, cleanup, make=False)
            for name in _remains(parent, path, mark=mark):
                os.unlink(name, dir_fd=parent)
            _remove_empty_folders(root, path)


def remove_folder(folder: str) -> None:
    """Remove the output folder of a spec that is gone, if nothing but its list is in it.

    Raises:
        OutputError: it cannot be removed.
    """
    with explained(folder):
        if os.listdir(folder) == [LIST]:
            os.unlink(os.path.join(folder, LIST))
            os.rmdir(folder)


def _gone(run: Sequence[Written], spec_folders: Collection[str]) -> Callable[[str], bool]:
    """A function: whether a spec of a list does not exist any more.

    A spec that is not where the list says may have been compiled from another working folder, or
    have been moved. If a spec of this run has its name, it is that spec: its files are what that
    spec makes now. It also exists if it is in a folder of the specs of this run.

    Args:
        run: what each spec of the run makes in the output folder.
        spec_folders: the folders of the specs of the run.
    """

    def is_gone(spec: str) -> bool:
        if spec == STDIN or os.path.lexists(spec):
            return False
        name = os.path.basename(spec)
        same = [written for written in run if os.path.basename(written.spec) == name]
        if same:
            return all(written.whole for written in same)
        return not any(os.path.lexists(os.path.join(folder, name)) for folder in spec_folders)

    return is_gone


def folders_like(pattern: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """The output folders that earlier runs made for other specs.

    Args:
        pattern: the option `--output`, with `{stem}` in it.
        known: the stems of the specs of this run.

    Yields:
        The stem of the spec, and the folder. A link is not followed.
    """
    before, _, after = pattern.partition("{stem}")
    end = before.rfind("/") + 1
    above, prefix = before[:end], before[end:]
    suffix, slash, below = after.partition("/")
    if "{stem}" in suffix:
        return  # such as `out/{stem}-{stem}`
    try:
        entries = os.scandir(above or ".")
    except OSError:
        return
    with entries:
        names = sorted(
            entry.name
            for entry in entries
            if entry.name.startswith(prefix)
            and entry.name.endswith(suffix)
            and len(entry.name) > len(prefix) + len(suffix)
            and entry.name[len(prefix) : len(entry.name) - len(suffix)] not in known
            and entry.is_dir(follow_symlinks=False)
        )
    for name in names:
        stem = name[len(prefix) : len(name) - len(suffix)]
        yield stem, f"{above}{name}{slash}{below.replace('{stem}', stem)}"


def _without_empty(by_spec: BySpec) -> BySpec:
    return {spec: paths for spec, paths in by_spec.items() if paths}


def _by_spec(data: Any) -> BySpec:
    """The paths of each spec.

    Raises:
        ValueError, TypeError, AttributeError: they are something else.
    """
    for spec, paths in data.items():
        for name in (spec, *paths):
            os.fsencode(name)
            if "\0" in name:
                raise ValueError
        for path, mark in paths.items():
            if mark not in (True, False) or not {"", ".", ".."}.isdisjoint(path.split("/")):
                raise ValueError
    return data  # type: ignore[no-any-return]


def _parse(folder: str, content: bytes) -> FileList:
    """The list of an output folder.

    Raises:
        OutputError: it is something else, or a path in it leads out of the folder.
    """
    try:
        data = json.loads(content if len(content) <= LARGEST_TEXT else b"")
        return FileList(_by_spec(data[MADE]), _by_spec(data.get(ADDED, {})))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        where = os.path.join(folder, LIST)
        why = "not a list of files that regspec wrote; remove it"
        raise OutputError(f"{where}: {why}") from None


def _remove_empty_folders(root: int, path: str) -> None:
    """Remove the folders above a file, up to the output folder, as far as nothing is in them."""
    folder = os.path.dirname(path)
    while folder:
        with contextlib.ExitStack() as cleanup:
            parent = parent_of(root, folder, cleanup, make=False)
            try:
                os.rmdir(folder.rpartition("/")[2], dir_fd=parent)
            except OSError:
                return
        folder = os.path.dirname(folder)


def _present(folder: str, files: dict[str, bool]) -> list[str]:
    """The paths of those files that exist, still as regspec wrote them as far as it is known."""
    found = []
    for path, mark in files.items():
        with explained(os.path.join(folder, path)), contextlib.ExitStack() as cleanup:
            try:
                root = cleanup.enter_context(opened(folder))
                parent = parent_of(root, path, cleanup, make=False)
                if _remains(parent, path, mark=mark):
                    found.append(path)
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
                    raise
    return found


def _remains(parent: int, path: str, *, mark: bool) -> list[str]:
    """What exists of a file in its folder: itself, and the new file of a run that was killed."""
    name, temporary = path.rpartition("/")[2], new_name(path)
    found = [temporary] if _is_regular(temporary, parent) else []
    if _is_regular(name, parent):
        head = read_regular(name, most=_HEAD, follow=False, folder=parent)[0] if mark else b""
        if not mark or has_mark(head.decode("utf-8", "replace")):
            found.append(name)
    return found


def _is_regular(name: str, parent: int) -> bool:
    try:
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISREG(mode)


def _is_of_another(folder: str, path: str) -> bool:
    """Whether a folder above a file, below the output folder, has a list with this file."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        inner = os.path.join(folder, *parts[:depth])
        content = read_list(inner)
        if content is not None and _parse(inner, content).has("/".join(parts[depth:])):
            return True
    return False
