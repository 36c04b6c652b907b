"""What to think of the requests that a runtime makes for an image."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..docker_hub import is_docker_hub, without_default_port
from ..frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..dialects.attempt import Attempt, Outcome
    from ..reference import Reference

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


def verdict(
    outcome: Outcome,
    image: Reference,
    meant: str | None = None,
    known: frozenset[str] = frozenset(),
) -> str:
    """What to think of a list of attempts.

    Args:
        outcome: the attempts.
        image: what is pulled.
        meant: `HOST/REPOSITORY` where the spec has the image; none if nobody knows.
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


def notes(outcome: Outcome, image: Reference) -> Iterator[str]:
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


def _misses(url: str, image: Reference, meant: str | None) -> bool:
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


def _root(url: str, image: Reference) -> str:
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
