"""Where each runtime will pull an image from: the rows that `regspec explain` shows."""

from __future__ import annotations

import json

from . import reference
from .explain_targets import RUNTIMES, Site, resolver
from .verdicts import Row, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .dialects import Artifact
    from .model import Choice, Spec
    from .runtimes.node import Tree

__all__ = ["EXPLAINED", "Row", "as_json", "of_node", "of_spec"]

EXPLAINED = tuple(RUNTIMES)
"""The targets that a runtime reads."""


def as_json(row: Row) -> str:
    """One row as one line of JSON."""
    attempts = [
        {"url": attempt.url, "upstream": attempt.upstream, "file": attempt.file}
        for attempt in row.outcome.attempts
    ]
    return json.dumps(
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
        ensure_ascii=False,
    )


def of_node(tree: Tree, images: Sequence[str], wanted: Sequence[str]) -> Iterator[Row]:
    """The rows of a node's files, image by image.

    Args:
        tree: the files.
        images: references, as somebody wrote them.
        wanted: versions or lines of containerd.
    """
    resolvers = [(version, resolver(tree, version)) for version in wanted]
    for image in images:
        parsed = reference.parse(image)
        for version, model in resolvers:
            outcome = model.pull(parsed)
            yield Row(image, "containerd", None, version, outcome, verdict(outcome))


def of_spec(
    spec: Spec,
    artifacts: Iterable[tuple[Choice, Artifact]],
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
    texts: dict[Choice, dict[str, str]] = {}
    for choice, artifact in artifacts:
        texts.setdefault(choice, {})[artifact.path] = artifact.text
    site = Site(spec)
    runtimes = [
        RUNTIMES[choice.target](site, choice, files, wanted) for choice, files in texts.items()
    ]
    for image in images:
        parsed = reference.parse(image)
        for rows in runtimes:
            yield from rows(image, parsed)
