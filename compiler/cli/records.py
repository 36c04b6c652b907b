"""The records next to the artifacts of a compile: a depfile, a manifest and sums."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..frozen import frozen
from .compiling import Compiled
from .terminal import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..manifest import Source

_CLOSED = 0o600
"""The mode of a list that would let others try out weak passwords on the digests in it."""


@frozen
class RecordOptions:
    """Which records to write, each by the path of its file."""

    depfile: str | None
    depfile_targets: tuple[str, ...]
    manifest: str | None
    sums: str | None

    def refuse(self, *, check: bool, diff: bool, stdout: bool) -> None:
        """Refuse what makes no sense together.

        Raises:
            click.UsageError: a record of what is not written, or half of two options.
        """
        if "" in (self.depfile, self.manifest, self.sums):
            raise click.UsageError("an option that names a file has an empty name")
        if self.depfile and (check or diff or stdout):
            raise click.UsageError("--depfile excludes --check, --diff and --stdout")
        if self.depfile_targets and not self.depfile:
            raise click.UsageError("--depfile-target goes with --depfile")
        if (self.manifest or self.sums) and (diff or stdout):
            option = "--output-manifest" if self.manifest else "--sha256sums"
            raise click.UsageError(f"{option} excludes --diff and --stdout")

    def records(self, compiled: Sequence[Compiled]) -> list[Compiled]:
        """The records of a run, the depfile last.

        Args:
            compiled: every spec of the run.

        Raises:
            InputError: a record would replace what was read, or cannot hold a name.
            click.UsageError: a list is not at or above what it lists.
        """
        found = []
        if self.manifest:
            found.append(_listing("--output-manifest", self.manifest, compiled, _manifest))
        if self.sums:
            found.append(_listing("--sha256sums", self.sums, compiled, _sums))
        if self.depfile:
            found.append(self._depfile(self.depfile, [*compiled, *found]))
        read = {os.path.realpath(name) for one in compiled for name in one.inputs}
        for record in found:
            for name in record.files:
                if os.path.realpath(name) in read:
                    raise InputError(f"{name}: this was read to compile it; name another file")
        return found

    def _depfile(self, path: str, compiled: Sequence[Compiled]) -> Compiled:
        from .. import depfile

        made = [name for one in compiled for name in one.files]
        used = [name for one in compiled for name in one.inputs]
        try:
            text = depfile.rule([*made, *self.depfile_targets], used)
        except depfile.NotNameable as why:
            raise InputError(str(why)) from None
        return _record("--depfile", path, compiled, {"text": text, "data": text, "syntax": "text"})


def _record(
    option: str, path: str, compiled: Sequence[Compiled], content: dict[str, Any]
) -> Compiled:
    """A record as an artifact of its own, so that it is written as all others are.

    In the output folder of a spec no link is followed; elsewhere its own folder may be one.
    """
    from ..dialects import Artifact

    written = Path(path)
    if (
        path.endswith("/")
        or written.name in ("", "..")
        or written in [Path(c.root) for c in compiled]
    ):
        raise click.UsageError(f"{option}: {path} is not the name of a file")
    root, below = str(written.parent), written.name
    for one in compiled:
        if written.is_relative_to(Path(one.root)) and ".." not in written.parts:
            root, below = one.root, written.relative_to(Path(one.root)).as_posix()
            break
    artifact = Artifact(path=below, **content)
    return Compiled(option, root, (artifact,), advice=f"name another file with {option}")


def _listing(
    option: str,
    path: str,
    compiled: Sequence[Compiled],
    content: Callable[[list[Source]], dict[str, Any]],
) -> Compiled:
    """A list of all artifacts, for the owner only if a digest in it could reveal a password."""
    from ..manifest import ManifestEntry, Source

    folder = os.path.dirname(os.path.abspath(path))
    sources = []
    for one in compiled:
        made = []
        for target, artifact, name in zip(one.made_by, one.artifacts, one.files, strict=True):
            where = os.path.relpath(os.path.abspath(name), folder)
            if where.startswith("../"):
                raise click.UsageError(
                    f"{option}: {path} lists files by their path below its own folder; "
                    "put it into the output folder, or above it"
                )
            _check_utf8(where)
            made.append(ManifestEntry(target, where, artifact))
        sources.append(Source(os.path.basename(one.name), one.content, made))
    closed = any(
        one.secret_in_spec or any(artifact.holds_secret for artifact in one.artifacts)
        for one in compiled
    )
    mode = {"mode": _CLOSED, "holds_secret": True} if closed else {}
    return _record(option, path, compiled, content(sources) | mode)


def _manifest(sources: list[Source]) -> dict[str, Any]:
    from ..manifest import as_data
    from ..reports import json_text

    for source in sources:
        _check_utf8(source.name)
    data = as_data(sources)
    return {"text": json_text(data), "data": data, "syntax": "json"}


def _sums(sources: list[Source]) -> dict[str, Any]:
    from ..manifest import sums

    text = sums(sources)
    return {"text": text, "data": text, "syntax": "text"}


def _check_utf8(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InputError(f"{name}: a name that is not UTF-8 cannot be listed") from None
