"""containerd on a node: a resolver for each version."""

from __future__ import annotations

from ...runtimes import containerd
from ...runtimes.versions import LINES, is_modelled, parse
from ..attempt import Resolver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...reference import Reference
    from ..attempt import Outcome
    from ..files import Tree


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """One for each version that is given and modelled, or else for every line."""
    for version in modelled(versions):
        yield _resolver(files, version)


def modelled(versions: tuple[str, ...]) -> tuple[str, ...]:
    """The versions that are known, or else every line."""
    return tuple(filter(is_modelled, versions)) or LINES


def _resolver(files: Tree, version: str) -> Resolver:
    parsed = parse(version)
    assert parsed is not None  # noqa: S101 - it is modelled
    model = containerd.Resolver(files, parsed)

    def pull(written: str, image: Reference) -> Outcome:
        del written
        return model.pull(image)

    return Resolver("containerd", pull, version)
