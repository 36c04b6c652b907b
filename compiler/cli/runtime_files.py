"""The files that `explain --from` is about: nodes, and single files where a runtime reads them."""

from __future__ import annotations

import posixpath

from ..dialects import dialect_of, dialects, format_of
from ..dialects.files import Files
from ..document import NotADocument
from ..explaining.explain import installed
from ..frozen import replace
from ..reading.facts import HIDDEN
from . import inputs
from .inputs import NodeFiles, Text
from .terminal import InputError, echo_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..dialects.dialect import Dialect, Format
    from ..dialects.files import Tree
    from .nodes import NodeTree

_MOST_SHOWN = 6
"""How many folders of a node without a runtime are listed."""


def read(sources: tuple[str, ...]) -> list[tuple[Dialect, Tree]]:
    """The files of each runtime.

    Args:
        sources: files, folders and archives; `-` is the standard input.

    Returns:
        Each dialect that reads some of them, with a tree of what it reads. A node has one tree for
        all its runtimes. Single files of one runtime are in one tree, each at the path at which
        the runtime reads it.

    Raises:
        InputError: one of them cannot be read, or no runtime reads it.
    """
    found: list[tuple[Dialect, Tree]] = []
    single: dict[str, dict[str, str]] = {}
    by_name = {dialect.name: dialect for dialect in dialects()}
    needed: dict[str, dict[str, str]] = {}
    recognised: dict[str, bool] = {}
    for item in inputs.read(sources, _node_of):
        name = item.argument or item.name
        if isinstance(item, NodeFiles):
            of_node = installed(item.tree)
            if not of_node:
                raise InputError(f"{item.name}: {_what_is_there(item.tree)}")
            found += [(dialect, item.tree) for dialect in of_node]
            recognised[name] = True
            continue
        recognised.setdefault(name, False)
        for dialect, form, path in _places(item):
            single.setdefault(dialect.name, {})[path] = item.content.removeprefix("\ufeff")
            needed.setdefault(dialect.name, {}).update(form.needs)
            recognised[name] = True
    for name, is_known in recognised.items():
        if not is_known:
            raise InputError(f"{name}: it holds no file that a runtime reads")
    for name, files in single.items():
        for path in needed[name].keys() - files.keys():
            echo_error(f"{path} was not given; it is assumed to point to the files that were")
        found.append((by_name[name], Files(needed[name] | files)))
    return found


def _node_of(name: str, tree: NodeTree, argument: str) -> NodeFiles | None:
    """The node that a tree is laid out as: a root, its /etc, or the folder of one runtime."""
    top = tree.names("/") or []
    if _has_runtime(tree):
        return NodeFiles(name, tree, "/", argument)
    if _has_runtime(tree.mounted("/etc")):
        return NodeFiles(name, tree.mounted("/etc"), "/etc", argument)
    for dialect in dialects():
        for path in _mains(dialect):
            folder, main = posixpath.split(path)
            if main in top:
                return NodeFiles(name, tree.mounted(folder), folder, argument)
    for dialect in dialects():
        if dialect.hosts_of is None:
            continue
        folder, hosts = posixpath.split(dialect.hosts_of.path)
        is_its_folder = posixpath.basename(name.rstrip("/")) == posixpath.basename(folder)
        if hosts in top and is_its_folder:
            return NodeFiles(name, tree.mounted(folder), folder, argument)
    is_whole = name == argument  # and not one of several folders
    if is_whole and ("etc" in top or "var" in top or not top):
        return NodeFiles(name, tree, "/", argument)
    return None


def _has_runtime(tree: NodeTree) -> bool:
    return bool(installed(tree))


def _mains(dialect: Dialect) -> Iterator[str]:
    """The paths of the files by which a folder of a node is known."""
    if dialect.on_node:
        yield dialect.on_node.main
    for form in dialect.formats:
        if form.on_node and dialect.installed_at:
            yield from form.on_node.paths


def _what_is_there(tree: NodeTree) -> str:
    """Why nothing can be said of a node, and which folders it has."""
    folders = list(_folders(tree, "/"))
    shown = ", ".join(folders[:_MOST_SHOWN])
    has = f"it has {shown}" if shown else "it is empty"
    more = f" and {len(folders) - _MOST_SHOWN} more" if len(folders) > _MOST_SHOWN else ""
    return f"no configuration of a runtime that regspec knows; {has}{more}"


def _folders(tree: NodeTree, above: str) -> Iterator[str]:
    """The folders of a node by which its programs are known, such as etc/k0s and var/lib/k0s."""
    for name in tree.names(above) or ():
        path = posixpath.join(above, name)
        if path in ("/etc", "/var", "/var/lib", "/var/snap"):
            yield from _folders(tree, path)
        else:
            yield path.lstrip("/")


def _places(text: Text) -> Iterator[tuple[Dialect, Format, str]]:
    """The dialects that read a text, with its format, and the path at which it is read.

    Raises:
        InputError: it was named, and is of no known format or broken.
    """
    try:
        readings = inputs.readings_of(text, alone=not text.argument)
    except NotADocument as why:
        (problem, span), *_ = why.spans(HIDDEN)
        where = f"{text.name}:{span.line}:{span.column}"
        raise InputError(f"{where}: {problem.message}") from None
    for kind, target in dict.fromkeys((reading.kind, reading.target) for reading in readings):
        form = format_of(kind)
        owner = dialect_of(target) if target else None
        if owner and owner.hosts_of and form.in_each_folder:
            below = "/".join(text.path.split("/")[-2:])
            yield owner, replace(form, needs=()), f"{owner.hosts_of.path}/{below}"
            continue
        for dialect in dialects():
            if dialect.is_explained and kind in {form.kind for form in dialect.formats}:
                yield dialect, form, _path_of(text.path, form, dialect)


def _path_of(path: str, form: Format, dialect: Dialect) -> str:
    """Where a runtime reads a file of some kind that was given alone."""
    name = posixpath.basename(path)
    if form.in_each_folder:
        return (
            f"{form.folders_at}/{posixpath.basename(posixpath.dirname(path))}/{form.in_each_folder}"
        )
    if dialect.on_node and not form.on_node:
        return dialect.on_node.main
    if form.on_node:
        main = form.on_node.paths[0]
        drop_ins = form.on_node.drop_ins
        return f"{drop_ins}/{name}" if drop_ins and name != posixpath.basename(main) else main
    return f"/{name}"
