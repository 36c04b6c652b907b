"""The list of the files that regspec wrote into an output folder.

It is the file `.regspec-files` in the folder: paths by spec, and nothing else. It has no digest,
since the digest of a secret lets one try passwords (docs/decisions/0017-leftovers.md). What is
needed only if an earlier run wrote other files is in `leftovers.py`.
"""

from __future__ import annotations

import json
import os

from .frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

BySpec = dict[str, dict[str, bool]]
"""The paths of files by spec, and whether the text of each has the mark."""
LIST = ".regspec-files"
"""The name of the list; no artifact can have it."""
STDIN = "-"
"""The name of a spec that is read from the standard input."""
MADE, ADDED = "files", "filesOfTargetOption"
"""The keys of the list: the files of the targets that a spec lists, and of targets that only
the option `--target` selected."""
_ABOUT = "files that regspec wrote here, by spec; regspec compile --prune removes those left over"
_MARK = "made by regspec"
_HEAD = 1000
"""How many characters from its beginning a text is searched for the mark."""


@frozen
class Written:
    """What one spec makes in an output folder in this run."""

    spec: str
    """The spec, see `spec_key`."""
    paths: dict[str, bool]
    """The files of the targets that the spec lists: paths below the output folder, and whether the
    text of each has the mark."""
    added: dict[str, bool]
    """The same for targets that only the option `--target` selects."""
    whole: bool = True
    """Whether these are all files of the spec, and not only the files of selected targets."""


def text(made: BySpec, added: BySpec) -> str:
    """The list as JSON in ASCII with one path on a line; the same for the same paths."""
    parts = [_part(MADE, made), *([_part(ADDED, added)] if added else [])]
    return f'{{\n "about": {json.dumps(_ABOUT)},\n' + ",\n".join(parts) + "\n}\n"


def text_of_run(run: Sequence[Written]) -> str:
    """The list of a folder with the files of this run alone."""
    made: BySpec = {}
    added: BySpec = {}
    for written in run:
        if written.paths:
            made[written.spec] = made.get(written.spec, {}) | written.paths
        if written.added:
            added[written.spec] = added.get(written.spec, {}) | written.added
    return text(made, added)


def spec_key(spec: str) -> str:
    """How lists name a spec: the path that the user wrote, or the name of the file alone.

    It is the name alone for an absolute path and for one that begins with `..`, which would say
    where the spec is on this machine.

    Args:
        spec: the path of the spec, or `-`.
    """
    path = os.path.normpath(spec)
    return os.path.basename(path) if path.startswith(("/", "../")) else path


def has_mark(text: str) -> bool:
    """Whether a text says that regspec made it. Formats without comments cannot say so."""
    return _MARK in text[:_HEAD]


def _part(key: str, by_spec: BySpec) -> str:
    specs = [
        f"  {json.dumps(spec)}: {{\n"
        + ",\n".join(
            f"   {json.dumps(path)}: {'true' if by_spec[spec][path] else 'false'}"
            for path in sorted(by_spec[spec])
        )
        + "\n  }"
        for spec in sorted(by_spec)
    ]
    return f' "{key}": {{\n' + ",\n".join(specs) + "\n }" if specs else f' "{key}": {{}}'
