"""The files that a consumer is given, by their absolute paths: what a resolver reads."""

from __future__ import annotations

import posixpath
import re

from ..frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol

    class Tree(Protocol):
        """The files of a node, by their absolute paths."""

        def text(self, path: str) -> str | None:
            """The text of a file, or none if it is not there.

            Raises:
                Unreadable: it is there, and cannot be read.
            """
            ...

        def names(self, folder: str) -> list[str] | None:
            """What is in a folder, or none if it is not there."""
            ...

        def mode(self, folder: str) -> int | None:
            """The permission bits of a folder, or none if they are not known."""
            ...


class Unreadable(Exception):  # noqa: N818 - it says what the file is
    """Something is there that cannot be read as a file; the message says what."""


@frozen
class FilesInForce:
    """Which files of one consumer are in force on a node."""

    paths: tuple[str, ...]
    """The files that it reads, wherever they are."""
    unread: tuple[str, ...] = ()
    """The files that look like its configuration, and that it does not read."""
    warnings: tuple[str, ...] = ()
    """What is likely a mistake in what it reads."""


class Files:
    """A tree that is made of the texts of files, by their absolute paths."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._names: dict[str, set[str]] = {}
        for path in texts:
            while path != "/":
                folder, name = posixpath.split(path)
                self._names.setdefault(folder, set()).add(name)
                path = folder  # noqa: PLW2901 - up to the root

    def text(self, path: str) -> str | None:
        """See `Tree`."""
        return self._texts.get(posixpath.normpath(path))

    def names(self, folder: str) -> list[str] | None:
        """See `Tree`."""
        names = self._names.get(posixpath.normpath(folder))
        return None if names is None else sorted(names)

    def mode(self, folder: str) -> int | None:
        """See `Tree`: of texts nothing is known."""
        del folder
        return None


def texts(files: Tree, folder: str = "/") -> Iterator[tuple[str, str]]:
    """The names and texts of the files that are right in a folder.

    What no node has, such as objects of a cluster, is in the topmost one.
    """
    for name in files.names(folder) or ():
        text = files.text(posixpath.join(folder, name))
        if text is not None:
            yield name, text


def yaml_documents(text: str) -> list[Any]:
    """The documents with content in a YAML stream that regspec made or read."""
    known = made_by_us(text)
    if known is not None:
        return known
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, loader) if document]


def made_by_us(text: str) -> list[Any] | None:
    """The documents of a YAML stream if it has the plain form of what we write, or none."""
    try:
        from ..readback import yaml as read_back
    except ImportError:  # it may not be there
        return None
    parts = [part for part in re.split(r"(?m)^---\n", text) if re.search(r"(?m)^[^#\n]", part)]
    documents = [read_back(part) for part in parts]
    return None if None in documents else documents
