"""What to think of the requests that a runtime makes for an image."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..docker_hub import without_default_port
from ..frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..dialects.attempt import Attempt, Outcome

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


def verdict(outcome: Outcome, meant: str | None = None, known: frozenset[str] = frozenset()) -> str:
    """What to think of a list of attempts.

    Args:
        outcome: the attempts.
        meant: `HOST/REPOSITORY` where the spec has the image; none if it is not known.
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
