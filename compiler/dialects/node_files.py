"""What the targets of a spec put on its nodes: each file with its path there, and who reads it."""

from __future__ import annotations

from ..frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Spec, TargetEntry
    from .dialect import Target


@frozen
class NodeFile:
    """One file of a node."""

    path: str
    """Its absolute path there."""
    text: str = field(repr=False)
    mode: int
    holds_secret: bool
    choice: TargetEntry
    """What makes it."""
    shared: bool = False
    """Whether to merge it into the installed file: copied as it is, it replaces that file."""


def chosen(spec: Spec, choice: TargetEntry) -> Iterator[tuple[Target, TargetEntry]]:
    """The targets whose files are included.

    Args:
        spec: with the targets that are compiled.
        choice: of the target that includes them; its option `carry` says which, and `version` for
            which containerd.
    """
    from . import TARGETS

    wanted, version = choice.option("carry"), choice.option("version")
    for other in spec.targets:
        target = TARGETS[other.target]
        fits = version is None or other.option("version") in (None, version)
        if target.on_nodes and fits and (wanted is None or target.name in wanted):
            yield target, other


def files(spec: Spec, choice: TargetEntry) -> Iterator[NodeFile]:
    """Every included file. A part of a file on a node is not included."""
    for target, other in chosen(spec, choice):
        placement = target.placed(spec, other)
        if placement is None or placement.part_of_file:
            continue
        root = other.option("out", target.file)
        for artifact in target.render(spec, other):
            part = artifact.path.removeprefix(root).lstrip("/")
            yield NodeFile(
                placement.path(part),
                artifact.text,
                artifact.mode,
                artifact.holds_secret,
                other,
                shared=part in placement.shared,
            )
        for path, text in placement.companion_files:
            yield NodeFile(path, text, 0o644, holds_secret=False, choice=other)


def services(spec: Spec, choice: TargetEntry) -> dict[str, str]:
    """The systemd units that do not read the included files by themselves.

    Returns:
        What `systemctl` is to do with each that runs: `restart`, or `reload` where that is enough.
    """
    placements = (target.placed(spec, other) for target, other in chosen(spec, choice))
    return {
        unit: "reload" if one.reloads else "restart"
        for one in placements
        if one and not one.part_of_file
        for unit in one.services
    }
