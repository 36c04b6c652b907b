"""Where each runtime will pull an image from: the rows that `regspec explain` shows."""

from __future__ import annotations

from .. import reference
from ..dialects import TARGETS, dialect_of, dialects
from ..dialects.files import Files
from ..dialects.values import is_there
from ..frozen import replace
from ..mirrors import WILDCARD, MirrorIndex
from ..reports import json_text
from .verdicts import WRONG_PATH, Row, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..dialects import Artifact
    from ..dialects.attempt import Outcome, Resolver
    from ..dialects.dialect import Dialect
    from ..dialects.files import Tree
    from ..model import Spec, TargetEntry

__all__ = ["Row", "as_json", "installed", "is_explained", "of_files", "of_spec", "runtimes"]


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


def installed(tree: Tree) -> list[Dialect]:
    """The dialects whose runtimes a node has, by their files."""
    return [
        dialect
        for dialect in dialects()
        if any(_is_at(tree, path) for path in dialect.installed_at)
    ]


def _is_at(tree: Tree, path: str) -> bool:
    """Whether a file or a folder is at a path; a `*` in it is any name in that folder."""
    folder, star, rest = path.partition("/*")
    if star:
        return any(_is_at(tree, f"{folder}/{name}{rest}") for name in tree.names(folder) or ())
    return tree.names(path) is not None or is_there(tree, path)


def runtimes() -> dict[str, Dialect]:
    """The dialects of all runtimes, by what `explain` calls them."""
    known: dict[str, Dialect] = {}
    for dialect in dialects():
        if dialect.resolvers:
            known.setdefault(dialect.runtime, dialect)
    return known


def of_files(
    found: Iterable[tuple[Dialect, Tree]],
    images: Sequence[str],
    wanted: Mapping[str, tuple[str, ...]],
    spec: Spec | None = None,
) -> Iterator[Row]:
    """The rows of files that are there, image by image, and runtime by runtime.

    Args:
        found: the files, each with the dialect that reads them.
        images: references, as somebody wrote them.
        wanted: the versions of each runtime; without one, all lines of containerd, and the newest
            version of another runtime.
        spec: what the site means, if that is known; without its logins.
    """
    resolvers = [
        resolver
        for dialect, tree in sorted(found, key=lambda item: list(runtimes()).index(item[0].runtime))
        if dialect.resolvers
        for resolver in dialect.resolvers(tree, tuple(wanted.get(dialect.runtime, ())))
    ]
    site = _Site(spec) if spec else None
    for image in images:
        parsed = reference.parse(image)
        for resolver in resolvers:
            outcome = resolver.pull(image, parsed)
            judged = site.verdict(outcome, parsed) if site else verdict(outcome)
            row = (image, resolver.runtime, None, resolver.version, outcome)
            yield Row(*row, judged, outcome.becomes)


def of_spec(
    spec: Spec,
    artifacts: Iterable[tuple[TargetEntry, Artifact]],
    images: Sequence[str],
    wanted: Mapping[str, tuple[str, ...]],
) -> Iterator[Row]:
    """The rows of what a spec compiles to, image by image.

    Args:
        spec: the spec, without its logins.
        artifacts: what it compiles to, each with the choice that it is from.
        images: references, as somebody wrote them.
        wanted: the versions of each runtime; without one, what each target says, or all lines of
            containerd, and the newest version of another runtime.
    """
    texts: dict[TargetEntry, dict[str, str]] = {}
    for choice, artifact in artifacts:
        texts.setdefault(choice, {})[artifact.path] = artifact.text
    resolvers = [
        (choice, resolver)
        for choice, made in texts.items()
        for resolver in _resolvers(spec, choice, made, wanted)
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
    spec: Spec, choice: TargetEntry, made: dict[str, str], wanted: Mapping[str, tuple[str, ...]]
) -> Iterator[Resolver]:
    dialect = dialect_of(choice.target)
    if dialect.resolvers is None:
        return
    files, asked = placed(spec, choice, made), wanted.get(dialect.runtime, ())
    own = choice.option("version")
    if asked or not own:
        yield from dialect.resolvers(files, tuple(asked))
        return
    for resolver in dialect.resolvers(files, (own,)):
        # Only rows of containerd always have a version: see docs/json.md.
        shown = resolver.version if dialect.runtime == "containerd" else None
        yield replace(resolver, version=shown)


class _Site:
    """What the spec means, which no runtime knows."""

    def __init__(self, spec: Spec) -> None:
        self._hosts = frozenset(spec.mirror_hosts)
        self._places = MirrorIndex(spec.mirrors)

    def verdict(self, outcome: Outcome, image: reference.Reference) -> str:
        """The verdict on what is requested for an image."""
        meant = self._meant(image)
        if meant is None and outcome.loads and any(not one.upstream for one in outcome.attempts):
            return WRONG_PATH  # the spec has no mirror of it
        # An image that is pulled from the registry that it names has no other upstream.
        is_own = meant is not None and meant.partition("/")[0] == image.registry
        return verdict(outcome, meant, self._hosts if is_own else frozenset())

    def _meant(self, image: reference.Reference) -> str | None:
        """`HOST/REPOSITORY` where the spec has an image; none if it has no mirror of it."""
        mirror, place = self._places.find(image)
        if image.registry in self._hosts and (mirror is None or mirror.source == WILDCARD):
            return f"{image.registry}/{image.repository}"
        return place or None
