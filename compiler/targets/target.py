"""What a target is, and what it makes: the interface of every module in this folder."""

from __future__ import annotations

from ..frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..model import Choice, Spec


@frozen
class Artifact:
    """One file that a target makes."""

    path: str
    """Below the output folder, with `/` between its parts."""
    text: str = field(repr=False)
    data: Any = field(repr=False)
    """What the text must read back as."""
    syntax: str
    """What reads it back: `yaml`, `yaml documents`, `json`, `toml` or `text`."""
    mode: int = 0o644
    """The permission bits of the file."""
    holds_secret: bool = False
    """Whether a real secret is in it, so that others must not read it."""
    secret_keys: frozenset[str] = frozenset()
    """The keys whose values are never shown in a diff."""


@frozen
class Placement:
    """Where the files of one choice go on a node, and what reads them when it starts."""

    folders: tuple[tuple[str, str], ...]
    """What is below its folder, and the path on the node where that goes; an empty text is all."""
    services: tuple[str, ...]
    """The systemd units to restart, so far as a node has them."""
    beside: tuple[tuple[str, str], ...] = ()
    """Files that its own name, and that it does not make: their paths on the node and texts."""
    shared: tuple[str, ...] = ()
    """What below its folder has settings of others too on a node, and is to be merged there."""
    reloads: bool = False
    """Whether the units take the files over by a reload, without a restart."""

    def path(self, part: str) -> str:
        """The path on the node of a file.

        Args:
            part: its path below the target's folder; an empty text if there is one file only.
        """
        for folder, there in self.folders:
            if folder in ("", part) or part.startswith(f"{folder}/"):
                below = part.removeprefix(folder).lstrip("/")
                return "/".join(filter(None, (there.rstrip("/"), below)))
        raise KeyError(part)


@frozen
class Target:
    """One kind of file that a spec compiles to."""

    name: str
    summary: str
    """What the file is, in one line."""
    file: str
    """Its default path below the output folder; the folder of its files, if it has parts."""
    destination: str
    """Where it goes: the path on a node, or the command that takes it."""
    on_nodes: bool
    """Whether the destination is a path on each node."""
    restart: str
    """The service to restart when the file has changed, or an empty text."""
    options: tuple[str, ...]
    """The options it takes beside `out`."""
    render: Callable[[Spec, Choice], Iterator[Artifact]]
    """Makes the files of a resolved spec for one choice of this target."""
    parts: tuple[str, ...] = ()
    """What it writes below its folder, files and folders; none if it writes one file."""
    of_others: bool = False
    """Whether it tells of what the other targets make: those of `spec.targets`."""
    placement: Callable[[Spec, Choice], Placement | None] | None = None
    """Where the files of a choice go on a node, if `destination` and `restart` are no plain path
    and unit; it gives none for what is a part of a file there."""

    @property
    def files(self) -> tuple[str, ...]:
        """What it writes below the output folder, without options."""
        return tuple(f"{self.file}/{part}".lstrip("/") for part in self.parts) or (self.file,)

    def paths(self, choice: Choice) -> tuple[str, ...]:
        """The files and folders below the output folder that one choice of it writes."""
        root = choice.option("out", self.file)
        return tuple(f"{root}/{part}".lstrip("/") for part in self.parts) or (root,)

    def placed(self, spec: Spec, choice: Choice) -> Placement | None:
        """Where the files of one choice go on a node; none if it makes no file of a node."""
        if not self.on_nodes:
            return None
        if self.placement is not None:
            return self.placement(spec, choice)
        return Placement((("", self.destination),), (self.restart,) if self.restart else ())
