"""Artifacts onto the disk: whole files only, never outside the folder, never through a link.

How it holds up when it is killed: every file is written next to its path under a name of its
own, and renamed when all of them are complete. A rename is all or nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat

from . import file_list
from .frozen import frozen
from .limits import LARGEST_TEXT
from .regular_file import read_regular, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from .dialects import Artifact
    from .file_list import Written

_NEW = ".regspec-new"
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FOLDER_MODE, _FOLDER_UMASK = 0o755, 0o022
_LIST_MODE = 0o644
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class OutputError(Exception):
    """The output cannot be read or written; the message says which file and why."""


@frozen
class State:
    """How the file of an artifact compares with the artifact."""

    content: bytes | None
    """The existing content, or none."""
    same: bool
    readable_by_others: bool
    """Whether others may read a file that holds, or is to hold, a real secret."""

    @property
    def up_to_date(self) -> bool:
        """Whether there is nothing to do."""
        return self.same and not self.readable_by_others


class PathClaims:
    """Which paths are taken, and by whom: no two can have one path, or one below the other's."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def take(self, path: str, owner: str) -> str | None:
        """Take a path, or give its owner.

        Args:
            path: with `/` between its parts; names that differ in case only are the same on some
                file systems, and so they are here.
            owner: who takes it.
        """
        folded = path.casefold()
        parents = [folded[:end] for end, character in enumerate(folded) if character == "/"]
        others = (
            self._files.get(folded),
            self._folders.get(folded),
            *map(self._files.get, parents),
        )
        taken = next((other for other in others if other is not None), None)
        if taken is None:
            self._files[folded] = owner
            for parent in parents:
                self._folders.setdefault(parent, owner)
        return taken


def states(folder: str, artifacts: Sequence[Artifact]) -> list[State]:
    """How each artifact's file compares with it; nothing is changed.

    Raises:
        OutputError: a file cannot be read, is not a regular file, or is behind a link.
    """
    return [_state(folder, artifact) for artifact in artifacts]


def strays(folder: str, artifacts: Sequence[Artifact], owned: Sequence[str]) -> list[str]:
    """Files that nothing makes any more, in folders that hold nothing but artifacts.

    Args:
        folder: the output folder.
        artifacts: all that is made there.
        owned: paths of such folders, below the output folder.

    Returns:
        Their paths below the output folder, in order. A link is one of them, and is not followed.
    """
    made = {artifact.path for artifact in artifacts}
    found = []
    for path in owned:
        if os.path.isfile(os.path.join(folder, path)):
            found.append(path)
        for where, folders, files in os.walk(os.path.join(folder, path)):
            below = os.path.relpath(where, folder)
            links = [name for name in folders if os.path.islink(os.path.join(where, name))]
            found += [f"{below}/{name}" for name in (*files, *links)]
    made.add(file_list.LIST)
    return sorted(path for path in found if path not in made and not path.endswith(_NEW))


def write(
    folder: str,
    artifacts: Sequence[Artifact],
    found: Sequence[State] | None = None,
    listing: tuple[Sequence[Written], Collection[str]] | None = None,
) -> int:
    """Write the artifacts that differ from their files.

    Nothing is replaced before every new file is complete. A file of the same content is left
    alone, except a secret one that others may read.

    Args:
        folder: the output folder, which may be a link and is made when it is missing.
        artifacts: no two of one path.
        found: their `states`, if they are known.
        listing: what goes into the list of the folder: what each spec of the run makes there, and
            the folders of the specs. None leaves the list as it is.

    Returns:
        How many files were written.

    Raises:
        OutputError: nothing was replaced, or, if a rename failed, each file is whole still.
    """
    if _nothing_to_do(folder, artifacts, found or states(folder, artifacts)) and (
        listing is None or read_list(folder) == file_list.text_of_run(listing[0]).encode()
    ):
        return 0
    with explained(folder), contextlib.ExitStack() as cleanup:
        _make_folder(folder)
        root = cleanup.enter_context(opened(folder))
        lock(root)
        if listing:
            _write_list(root, folder, *listing)
        before = states(folder, artifacts)
        changed = []
        for artifact, state in zip(artifacts, before, strict=True):
            where = os.path.join(folder, artifact.path)
            with explained(where):
                parent = parent_of(root, artifact.path, cleanup, make=True)
                temporary = new_name(artifact.path)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=parent)
                if state.same:
                    if state.readable_by_others:
                        _close_to_others(parent, artifact)
                    continue
                cleanup.callback(_unlink_if_there, temporary, parent)
                _write_temporary(parent, temporary, artifact.text, artifact.mode)
                changed.append((artifact, parent, temporary, where))
        for artifact, parent, temporary, where in changed:
            with explained(where):
                name = artifact.path.rpartition("/")[2]
                os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        return len(changed)


def list_files(folder: str, run: Sequence[Written], spec_folders: Collection[str]) -> None:
    """Write the list of the files of an output folder, where no file is written.

    Args:
        folder: the output folder, which exists.
        run: what each spec of the run makes there.
        spec_folders: the folders of the specs of the run.

    Raises:
        OutputError: the list cannot be read or written, or is something else.
    """
    with explained(folder), opened(folder) as root:
        lock(root)
        _write_list(root, folder, run, spec_folders)


def _write_list(
    root: int, folder: str, run: Sequence[Written], spec_folders: Collection[str]
) -> None:
    """Write the list of a folder that is locked, before the files of this run.

    The list has every file that the run may write, and every earlier one that still exists. So a
    run that is killed leaves no file that is in no list.
    """
    text = file_list.text_of_run(run)
    content = read_list(folder)
    if content is not None:
        from . import leftovers

        text = leftovers.merged(folder, content, run, spec_folders)
    with explained(os.path.join(folder, file_list.LIST)), contextlib.ExitStack() as cleanup:
        if text.encode() != content:
            temporary = new_name(file_list.LIST)
            _unlink_if_there(temporary, root)
            cleanup.callback(_unlink_if_there, temporary, root)
            _write_temporary(root, temporary, text, _LIST_MODE)
            os.replace(temporary, file_list.LIST, src_dir_fd=root, dst_dir_fd=root)


def lists_others(folder: str, run: Sequence[Written]) -> bool:
    """Whether the list of a folder also has other files, some of which may be left over.

    Raises:
        OutputError: the list cannot be read.
    """
    return read_list(folder) not in (None, file_list.text_of_run(run).encode())


def read_list(folder: str) -> bytes | None:
    """The bytes of the list of an output folder, or none if there is none.

    Raises:
        OutputError: it cannot be read.
    """
    where = os.path.join(folder, file_list.LIST)
    with explained(where):
        try:
            return read_regular(where, most=LARGEST_TEXT + 1, follow=False)[0]
        except FileNotFoundError:
            return None


def _nothing_to_do(folder: str, artifacts: Sequence[Artifact], found: Sequence[State]) -> bool:
    """Whether all is up to date, and nothing is left of a run that was killed."""
    return all(state.up_to_date for state in found) and not any(
        os.path.lexists(
            os.path.join(folder, os.path.dirname(artifact.path), new_name(artifact.path))
        )
        for artifact in artifacts
    )


def _state(folder: str, artifact: Artifact) -> State:
    where = os.path.join(folder, artifact.path)
    with contextlib.ExitStack() as cleanup, explained(where):
        try:
            root = cleanup.enter_context(opened(folder))
            parent = parent_of(root, artifact.path, cleanup, make=False)
            name = artifact.path.rpartition("/")[2]
            content, mode = read_regular(name, follow=False, folder=parent)
        except FileNotFoundError:
            return State(None, same=False, readable_by_others=False)
    return State(
        content,
        same=content == artifact.text.encode(),
        readable_by_others=artifact.holds_secret and bool(mode & _OTHERS),
    )


@contextlib.contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn the message of the system into our message."""
    try:
        yield
    except OSError as error:
        why = reason(error)
        if error.errno == errno.ELOOP:
            why = "there is a link in its way"
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            why = "there is a file or a link in place of a folder"
        raise OutputError(f"{where}: {why}") from None


@contextlib.contextmanager
def opened(folder: str) -> Iterator[int]:
    """The descriptor of the output folder; the folder itself may be a link."""
    descriptor = os.open(folder, _FOLDER_FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _make_folder(folder: str) -> None:
    """Make the output folder, and the folders above it, unless they exist."""
    if not os.path.isdir(folder):
        with _open_to_others():
            os.makedirs(folder, _FOLDER_MODE, exist_ok=True)


@contextlib.contextmanager
def _open_to_others() -> Iterator[None]:
    """Make folders with the mode 0755, whatever the umask of the user.

    `tar` copies the mode of a folder to the folder of the node. With another mode podman and skopeo
    of other users could not read the CAs there. The umask is set, and not the mode afterwards: so a
    kill cannot leave a folder with another mode.
    """
    before = os.umask(_FOLDER_UMASK)
    try:
        yield
    finally:
        os.umask(before)


def parent_of(root: int, path: str, cleanup: contextlib.ExitStack, *, make: bool) -> int:
    """The descriptor of the folder that a file is in, reached without following a link."""
    folder = root
    for name in path.split("/")[:-1]:
        if make:
            with contextlib.suppress(FileExistsError), _open_to_others():
                os.mkdir(name, _FOLDER_MODE, dir_fd=folder)
        folder = os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
        cleanup.callback(os.close, folder)
    return folder


def lock(root: int) -> None:
    """Wait for another regspec that writes into this folder; the system frees a dead one's."""
    with contextlib.suppress(OSError):  # some network file systems have no locks
        fcntl.flock(root, fcntl.LOCK_EX)


def new_name(path: str) -> str:
    """The name of the new file until it is complete: always the same, so the next run finds it."""
    return f".{path.rpartition('/')[2]}{_NEW}"


def _write_temporary(parent: int, name: str, text: str, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=parent)
    with open(descriptor, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fchmod(descriptor, mode)


def _close_to_others(parent: int, artifact: Artifact) -> None:
    name = artifact.path.rpartition("/")[2]
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        os.fchmod(descriptor, artifact.mode)
    finally:
        os.close(descriptor)


def _unlink_if_there(name: str, parent: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=parent)
