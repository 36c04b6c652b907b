"""Where each runtime will pull an image from: the rows that `regspec explain` shows."""

from __future__ import annotations

from urllib.parse import urlsplit

from .. import reference
from ..dialects import TARGETS, dialect_of, dialects
from ..dialects.files import Files
from ..docker_hub import without_default_port
from ..frozen import frozen
from ..mirrors import MirrorIndex
from ..reports import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..dialects import Artifact
    from ..dialects.attempt import Attempt, Outcome, Resolver
    from ..dialects.files import Tree
    from ..model import Spec, TargetEntry

MIRROR, MIRROR_THEN_UPSTREAM, UPSTREAM = "mirror", "mirror, then upstream", "upstream"
WRONG_PATH, NONE, NOT_LOADED = "wrong path", "none", "not loaded"


@frozen
class Row:
    """What one runtime does with one image."""

    image: str
    """As it was given."""
    runtime: str
    target: str | None
    """The target whose files it reads; none for a node."""
    version: str | None
    """Of containerd; none for other runtimes."""
    outcome: Outcome
    verdict: str
    becomes: str = ""
    """The reference that a webhook writes in its place."""


def is_explained(target: str) -> bool:
    """Whether a runtime reads the files of a target."""
    return dialect_of(target).is_explained


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


def of_node(tree: Tree, images: Sequence[str], wanted: Sequence[str]) -> Iterator[Row]:
    """The rows of a node's files, image by image.

    Args:
        tree: the files.
        images: references, as somebody wrote them.
        wanted: versions or lines of containerd; none takes all lines.
    """
    resolvers = [
        resolver
        for dialect in dialects()
        if dialect.on_node
        for resolver in dialect.resolvers(tree, tuple(wanted))
    ]
    for image in images:
        parsed = reference.parse(image)
        for resolver in resolvers:
            outcome = resolver.pull(image, parsed)
            version, verdict = resolver.version, _verdict(outcome)
            yield Row(image, resolver.runtime, None, version, outcome, verdict, outcome.becomes)


def of_spec(
    spec: Spec,
    artifacts: Iterable[tuple[TargetEntry, Artifact]],
    images: Sequence[str],
    wanted: Sequence[str],
) -> Iterator[Row]:
    """The rows of what a spec compiles to, image by image.

    Args:
        spec: the spec, without its logins.
        artifacts: what it compiles to, each with the choice that it is from.
        images: references, as somebody wrote them.
        wanted: versions or lines of containerd; none takes what each target says, or all lines.
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
    spec: Spec, choice: TargetEntry, made: dict[str, str], wanted: Sequence[str]
) -> Iterator[Resolver]:
    dialect = dialect_of(choice.target)
    if not dialect.is_explained:
        return
    own = choice.option("version")
    versions = tuple(wanted) or ((own,) if own else ())
    yield from dialect.resolvers(placed(spec, choice, made), versions)


class _Site:
    """What the spec means, which no runtime knows."""

    def __init__(self, spec: Spec) -> None:
        self._hosts = frozenset(spec.mirror_hosts)
        self._places = MirrorIndex(spec.mirrors)

    def verdict(self, outcome: Outcome, image: reference.Reference) -> str:
        """The verdict on what is requested for an image."""
        return _verdict(outcome, self._meant(image), self._hosts)

    def _meant(self, image: reference.Reference) -> str | None:
        """`HOST/REPOSITORY` where the spec has an image; none if it has no mirror of it."""
        if image.registry in self._hosts:
            return f"{image.registry}/{image.repository}"
        return self._places.find(image)[1] or None


def _verdict(
    outcome: Outcome, meant: str | None = None, known: frozenset[str] = frozenset()
) -> str:
    """What to think of a list of attempts.

    Args:
        outcome: the attempts.
        meant: `HOST/REPOSITORY` where the spec has the image; none if nobody knows.
        known: hosts that count as mirrors, even if an image is named by them.
    """
    if not outcome.loads:
        return NOT_LOADED
    if not outcome.attempts:
        return NONE
    outside = [attempt for attempt in outcome.attempts if _is_outside(attempt, known)]
    mirrors = [attempt for attempt in outcome.attempts if attempt not in outside]
    if any(_misses(attempt.url, meant) for attempt in mirrors):
        return WRONG_PATH
    if not mirrors:
        return UPSTREAM
    return MIRROR_THEN_UPSTREAM if outside else MIRROR


def _is_outside(attempt: Attempt, known: frozenset[str]) -> bool:
    return attempt.upstream and urlsplit(attempt.url).netloc not in known


def _misses(url: str, meant: str | None) -> bool:
    """Whether a URL is not below `/v2/`, or for another repository than is meant."""
    parts = urlsplit(url)
    if not parts.path.startswith("/v2/"):
        return True
    repository = parts.path.removeprefix("/v2/").rpartition("/manifests/")[0]
    places = (parts.netloc, without_default_port(parts.scheme, parts.netloc))
    return meant is not None and meant not in [f"{host}/{repository}" for host in places]
