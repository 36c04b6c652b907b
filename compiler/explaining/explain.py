"""Where each runtime will pull an image from: the rows that `regspec explain` shows."""

from __future__ import annotations

from urllib.parse import urlsplit

from .. import reference
from ..dialects import TARGETS, dialect_of, dialects
from ..dialects.files import Files
from ..dialects.values import is_there
from ..docker_hub import is_docker_hub, without_default_port
from ..frozen import frozen, replace
from ..mirrors import WILDCARD, MirrorIndex
from ..reports import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..dialects import Artifact
    from ..dialects.attempt import Attempt, Outcome, Resolver
    from ..dialects.dialect import Dialect
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
    """The target whose files it reads; none for files that are there."""
    version: str | None
    """Of containerd, or of another runtime if it was chosen."""
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
        if dialect.is_explained:
            known.setdefault(dialect.runtime, dialect)
    return known


def of_files(
    found: Iterable[tuple[Dialect, Tree]],
    images: Sequence[str],
    chosen: Mapping[str, tuple[str, ...]],
    spec: Spec | None = None,
) -> Iterator[Row]:
    """The rows of files that are there, image by image, and runtime by runtime.

    Args:
        found: the files, each with the dialect that reads them.
        images: references, as they were written.
        chosen: the versions of each runtime; without one, all lines of containerd, and the newest
            version of another runtime.
        spec: what the site means, if that is known; without its logins.
    """
    resolvers = [
        resolver
        for dialect, tree in sorted(found, key=lambda item: list(runtimes()).index(item[0].runtime))
        for resolver in dialect.resolvers(tree, tuple(chosen.get(dialect.runtime, ())))
    ]
    site = _Site(spec) if spec else None
    for image in images:
        parsed = reference.parse(image)
        for resolver in resolvers:
            outcome = _with_notes(resolver.pull(image, parsed), parsed)
            judged = site.verdict(outcome, parsed) if site else _verdict(outcome, parsed)
            row = (image, resolver.runtime, None, resolver.version, outcome)
            yield Row(*row, judged, outcome.becomes)


def of_spec(
    spec: Spec,
    artifacts: Iterable[tuple[TargetEntry, Artifact]],
    images: Sequence[str],
    chosen: Mapping[str, tuple[str, ...]],
) -> Iterator[Row]:
    """The rows of the outputs of a spec, image by image.

    Args:
        spec: the spec, without its logins.
        artifacts: its outputs, each with the choice that it is from.
        images: references, as they were written.
        chosen: the versions of each runtime; without one, what each target says, or all lines of
            containerd, and the newest version of another runtime.
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
            outcome = _with_notes(resolver.pull(image, parsed), parsed)
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


def _with_notes(outcome: Outcome, image: reference.Reference) -> Outcome:
    """An outcome, with what is to be said of any runtime's requests."""
    added = tuple(dict.fromkeys(_notes(outcome, image)))
    return replace(outcome, notes=outcome.notes + added) if added else outcome


def _resolvers(
    spec: Spec, choice: TargetEntry, made: dict[str, str], chosen: Mapping[str, tuple[str, ...]]
) -> Iterator[Resolver]:
    dialect = dialect_of(choice.target)
    if not dialect.is_explained:
        return
    files, asked = placed(spec, choice, made), chosen.get(dialect.runtime, ())
    own = choice.option("version")
    if asked or not own:
        yield from dialect.resolvers(files, tuple(asked))
        return
    for resolver in dialect.resolvers(files, (own,)):
        shown = resolver.version if dialect.version_in_rows else None
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
        return _verdict(outcome, image, meant, self._hosts if is_own else frozenset())

    def _meant(self, image: reference.Reference) -> str | None:
        """`HOST/REPOSITORY` where the spec has an image; none if it has no mirror of it."""
        mirror, place = self._places.find(image)
        if image.registry in self._hosts and (mirror is None or mirror.source == WILDCARD):
            return f"{image.registry}/{image.repository}"
        return place or None


def _verdict(
    outcome: Outcome,
    image: reference.Reference,
    meant: str | None = None,
    known: frozenset[str] = frozenset(),
) -> str:
    """What to think of a list of attempts.

    Args:
        outcome: the attempts.
        image: what is pulled.
        meant: `HOST/REPOSITORY` where the spec has the image; none if it is not known.
        known: hosts that count as mirrors, even if an image is named by them. Docker Hub never
            does.
    """
    if not outcome.loads:
        return NOT_LOADED
    if not outcome.attempts:
        return NONE
    outside = [attempt for attempt in outcome.attempts if _is_outside(attempt, known)]
    mirrors = [attempt for attempt in outcome.attempts if attempt not in outside]
    if any(_misses(attempt.url, image, meant) for attempt in mirrors):
        return WRONG_PATH
    if not mirrors:
        return UPSTREAM
    return MIRROR_THEN_UPSTREAM if outside else MIRROR


def _notes(outcome: Outcome, image: reference.Reference) -> Iterator[str]:
    """What to say of the API roots of an outcome's mirrors, for any runtime."""
    for attempt in outcome.attempts:
        root = _root(attempt.url, image)
        if not attempt.upstream and _is_doubled(root):
            parts = urlsplit(attempt.url)
            yield (
                f"`/v2` is in {parts.scheme}://{parts.netloc}{root} twice. In hosts.toml, add "
                "`override_path = true` (Talos: `overridePath: true`) to a URL with `/v2` in its "
                "path. For other files, remove the `/v2` that the runtime adds by itself"
            )


def _is_outside(attempt: Attempt, known: frozenset[str]) -> bool:
    host = urlsplit(attempt.url).netloc
    return attempt.upstream and (host not in known or is_docker_hub(host))


def _misses(url: str, image: reference.Reference, meant: str | None) -> bool:
    """Whether a URL is for another repository than is meant, or of no registry's API.

    The root of an API ends in `/v2`, below whatever path, or is `/v2/PATH`, which is the repository
    `PATH` of the host. What is below another path is known to be wrong only if a spec says so.

    Source: the OCI distribution specification, end-4; Artifactory answers at
    `/artifactory/api/docker/REPOSITORY/v2`, Nexus at `/repository/REPOSITORY/v2`.
    """
    root = _root(url, image)
    if not root.startswith("/v2/") and not root.endswith("/v2"):
        return True
    if meant is None:
        return _is_doubled(root)
    parts = urlsplit(url)
    repository = parts.path.removeprefix("/v2/").rpartition("/manifests/")[0]
    places = (parts.netloc, without_default_port(parts.scheme, parts.netloc))
    return meant not in [f"{host}/{repository}" for host in places]


def _root(url: str, image: reference.Reference) -> str:
    """The path of a URL that is before the repository of the image, as far as it is in there.

    A prefix of the repository may have been replaced, such as `library`.
    """
    path = urlsplit(url).path.rpartition("/manifests/")[0]
    repository = image.repository
    while repository:
        if path.endswith(f"/{repository}"):
            return path.removesuffix(f"/{repository}")
        repository = repository.partition("/")[2]
    return path


def _is_doubled(root: str) -> bool:
    """Whether the root of an API has `/v2` at its beginning, and again after it or at its end."""
    return root.startswith("/v2/v2/") or (root.startswith("/v2/") and root.endswith("/v2"))
