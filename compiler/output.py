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

from .frozen import frozen
from .regular_file import read_regular, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .dialects import Artifact

_NEW = ".regspec-new"
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
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
    return sorted(path for path in found if path not in made and not path.endswith(_NEW))


def write(folder: str, artifacts: Sequence[Artifact], found: Sequence[State] | None = None) -> int:
    """Write the artifacts that differ from their files.

    Nothing is replaced before every new file is complete. A file of the same content is left
    alone, except a secret one that others may read.

    Args:
        folder: the output folder, which may be a link and is made when it is missing.
        artifacts: no two of one path.
        found: their `states`, if they are known.

    Returns:
        How many files were written.

    Raises:
        OutputError: nothing was replaced, or, if a rename failed, each file is whole still.
    """
    if _nothing_to_do(folder, artifacts, found or states(folder, artifacts)):
        return 0
    with _explained(folder), contextlib.ExitStack() as cleanup:
        os.makedirs(folder, exist_ok=True)
        root = cleanup.enter_context(_opened(folder))
        _lock(root)
        before = states(folder, artifacts)
        changed = []
        for artifact, state in zip(artifacts, before, strict=True):
            where = os.path.join(folder, artifact.path)
            with _explained(where):
                parent = _parent(root, artifact.path, cleanup, make=True)
                temporary = _temporary(artifact)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=parent)
                if state.same:
                    if state.readable_by_others:
                        _close_to_others(parent, artifact)
                    continue
                cleanup.callback(_unlink_if_there, temporary, parent)
                _write_temporary(parent, temporary, artifact)
                changed.append((artifact, parent, temporary, where))
        for artifact, parent, temporary, where in changed:
            with _explained(where):
                name = artifact.path.rpartition("/")[2]
                os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        return len(changed)


def _nothing_to_do(folder: str, artifacts: Sequence[Artifact], found: Sequence[State]) -> bool:
    """Whether all is up to date, and nothing is left of a run that was killed."""
    return all(state.up_to_date for state in found) and not any(
        os.path.lexists(os.path.join(folder, os.path.dirname(artifact.path), _temporary(artifact)))
        for artifact in artifacts
    )


def _state(folder: str, artifact: Artifact) -> State:
    where = os.path.join(folder, artifact.path)
    with contextlib.ExitStack() as cleanup, _explained(where):
        try:
            root = cleanup.enter_context(_opened(folder))
            parent = _parent(root, artifact.path, cleanup, make=False)
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
def _explained(where: str) -> Iterator[None]:
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
def _opened(folder: str) -> Iterator[int]:
    """The descriptor of the output folder; the folder itself may be a link."""
    descriptor = os.open(folder, _FOLDER_FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _parent(root: int, path: str, cleanup: contextlib.ExitStack, *, make: bool) -> int:
    """The descriptor of the folder that a file is in, reached without following a link."""
    folder = root
    for name in path.split("/")[:-1]:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
        folder = os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
        cleanup.callback(os.close, folder)
    return folder


def _lock(root: int) -> None:
    """Wait for another regspec that writes into this folder; the system frees a dead one's."""
    with contextlib.suppress(OSError):  # some network file systems have no locks
        fcntl.flock(root, fcntl.LOCK_EX)


def _temporary(artifact: Artifact) -> str:
    """The name of the new file until it is complete: always the same, so the next run finds it."""
    return f".{artifact.path.rpartition('/')[2]}{_NEW}"


def _write_temporary(parent: int, name: str, artifact: Artifact) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=parent)
    with open(descriptor, "wb") as file:
        file.write(artifact.text.encode())
        file.flush()
        os.fchmod(descriptor, artifact.mode)


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
