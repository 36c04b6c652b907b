"""Where each runtime will pull an image from: the rows that `regspec explain` shows."""

from __future__ import annotations

from .. import reference
from ..dialects import TARGETS, dialect_of, dialects
from ..dialects.files import Files
from ..mirrors import MirrorIndex
from ..reports import json_text
from .verdicts import Row, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..dialects import Artifact
    from ..dialects.attempt import Outcome, Resolver
    from ..dialects.files import Tree
    from ..model import Spec, TargetEntry

__all__ = ["Row", "as_json", "is_explained", "of_node", "of_spec"]


def is_explained(target: str) -> bool:
    """Whether a runtime reads the files of a target."""
    return dialect_of(target).resolvers is not None


def as_json(row: Row) -> str:
    """One row as one line of JSON, with its line break."""
    attempts = [
        {"url": attempt.url, "upstream": attempt.upstream, "file": attempt.file}
        for attempt in row.outcome.attempts
    ]
    return json_text(
        {
            "image": row.image,
            "runtime": row.runtime,
            "target": row.target,
            "version": row.version,
            "loads": row.outcome.loads,
            "reason": row.outcome.reason,
            "verdict": row.verdict,
            "attempts": attempts,
        },
        indent=None,
    )


def of_node(tree: Tree, images: Sequence[str], chosen: Sequence[str]) -> Iterator[Row]:
    """The rows of a node's files, image by image.

    Args:
        tree: the files.
        images: references, as they were written.
        chosen: versions or lines of containerd; none means all lines.
    """
    resolvers = [
        resolver
        for dialect in dialects()
        if dialect.on_node and dialect.resolvers
        for resolver in dialect.resolvers(tree, tuple(chosen))
    ]
    for image in images:
        parsed = reference.parse(image)
        for resolver in resolvers:
            outcome = resolver.pull(image, parsed)
            version, judged = resolver.version, verdict(outcome)
            yield Row(image, resolver.runtime, None, version, outcome, judged, outcome.becomes)


def of_spec(
    spec: Spec,
    artifacts: Iterable[tuple[TargetEntry, Artifact]],
    images: Sequence[str],
    chosen: Sequence[str],
) -> Iterator[Row]:
    """The rows of the outputs of a spec, image by image.

    Args:
        spec: the spec, without its logins.
        artifacts: its outputs, each with the choice that it is from.
        images: references, as they were written.
        chosen: versions or lines of containerd; none takes what each target says, or all lines.
    """
    texts: dict[TargetEntry, dict[str, str]] = {}
    for choice, artifact in artifacts:
        texts.setdefault(choice, {})[artifact.path] = artifact.text
    resolvers = [
        (choice, resolver)
        for choice, made in texts.items()
        for resolver in _resolvers(spec, choice, made, chosen)
    ]
    site = _Site(spec)
    for image in images:
        parsed = reference.parse(image)
        for choice, resolver in resolvers:
            outcome = resolver.pull(image, parsed)
            row = (image, resolver.runtime, choice.target, resolver.version, outcome)
            yield Row(*row, site.verdict(outcome, parsed), outcome.becomes)


def placed(spec: Spec, choice: TargetEntry, made: dict[str, str]) -> Files:
    """What a target makes, at the paths where its consumer reads it.

    Args:
        spec: the spec.
        choice: of the target.
        made: the texts of its files by their paths below the output folder.

    Returns:
        The files of a node; what does not go to a node is in the topmost folder.
    """
    target = TARGETS[choice.target]
    placement = target.placed(spec, choice)
    root = choice.option("out", target.file)
    files = {}
    for path, text in made.items():
        part = path.removeprefix(root).lstrip("/")
        if placement is None:
            files[f"/{part or path.rpartition('/')[2]}"] = text
        else:
            files[placement.path(part)] = text
    if placement is not None:
        files |= dict(placement.companion_files + placement.assumed)
    return Files(files)


def _resolvers(
    spec: Spec, choice: TargetEntry, made: dict[str, str], chosen: Sequence[str]
) -> Iterator[Resolver]:
    resolvers = dialect_of(choice.target).resolvers
    if resolvers is None:
        return
    own = choice.option("version")
    versions = tuple(chosen) or ((own,) if own else ())
    yield from resolvers(placed(spec, choice, made), versions)


class _Site:
    """What the spec means, which no runtime knows."""

    def __init__(self, spec: Spec) -> None:
        self._hosts = frozenset(spec.mirror_hosts)
        self._places = MirrorIndex(spec.mirrors)

    def verdict(self, outcome: Outcome, image: reference.Reference) -> str:
        """The verdict on what is requested for an image."""
        return verdict(outcome, self._meant(image), self._hosts)

    def _meant(self, image: reference.Reference) -> str | None:
        """`HOST/REPOSITORY` where the spec has an image; none if it has no mirror of it."""
        if image.registry in self._hosts:
            return f"{image.registry}/{image.repository}"
        return self._places.find(image)[1] or None
