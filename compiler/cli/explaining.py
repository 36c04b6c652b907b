"""What `regspec explain` does, after the words of the command line are read, without click."""

from __future__ import annotations

import itertools
import os
import sys

from ..diagnostics import inert
from ..frozen import field, frozen
from .exit_codes import Exit
from .files import folder_of, read_spec
from .reporting import Reporter
from .terminal import style, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ..explaining.explain import Row

_ROLES = {"mirror": "good", "mirror, then upstream": "warning"}
"""The colour of each verdict; every other verdict has the colour of an error."""


class NoRuntime(Exception):  # noqa: N818 - it says what the spec lacks
    """No target of the spec is for a runtime."""


@frozen
class ExplainOptions:
    """What to explain, and in which form."""

    targets: tuple[str, ...] = ()
    allowed: tuple[Path, ...] = ()
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By runtime. Without one: what each target says, or all lines of containerd."""
    allow_upstream: bool = False
    form: str = "text"


def refused(images: Iterable[str], named: Iterable[str] = ()) -> dict[str, str]:
    """The images that are not references, each with the reason.

    Args:
        images: all of them.
        named: the images on the command line, where a file may have been meant.
    """
    from .. import reference
    from .mistyped import file_as_image

    wrong = {}
    for image in dict.fromkeys(named):
        if os.path.isfile(image):
            wrong[image] = "it is a file; a list of images is given with -i, as `-i FILE`"
    for image in dict.fromkeys(images):
        is_file = file_as_image(image)
        if is_file:
            wrong[image] = is_file
            continue
        try:
            reference.parse(image)
        except reference.NotAReference as why:
            wrong[image] = str(why)
    return wrong


def explain_spec(name: str, images: Sequence[str], options: ExplainOptions) -> int:
    """Print from where each runtime of a spec pulls images, or the findings in the spec.

    Args:
        name: the spec, `-` being the standard input.
        images: references.
        options: the options.

    Returns:
        The exit code.

    Raises:
        NoRuntime: there is nothing to explain, and nothing was printed.
    """
    from .. import pipeline
    from ..explaining import explain
    from ..sources import FolderReader

    explained = pipeline.explain_spec(
        read_spec(name),
        targets=options.targets,
        environment=os.environ,
        read_file=FolderReader(folder_of(name), options.allowed),
    )
    if explained.spec is None:
        Reporter("text", errors_only=True).report(name, explained.result)
        return Exit.ATTENTION
    if not explained.artifacts:
        raise NoRuntime
    rows = explain.of_spec(explained.spec, explained.artifacts, images, options.versions)
    return tell(rows, options)


def explain_files(
    sources: tuple[str, ...], spec: str | None, images: Sequence[str], options: ExplainOptions
) -> int:
    """Print where the runtimes of given files pull images from.

    Args:
        sources: files, folders and archives.
        spec: the spec to compare with, if there is one.
        images: references.
        options: how.

    Returns:
        The exit code.

    Raises:
        InputError: a source cannot be read, or no runtime reads it.
    """
    from ..explaining import explain
    from . import runtime_files

    found = runtime_files.read(sources)
    site = None
    if spec is not None:
        from .. import pipeline
        from ..sources import FolderReader

        explained = pipeline.explain_spec(
            read_spec(spec),
            targets=options.targets,
            environment=os.environ,
            read_file=FolderReader(folder_of(spec), options.allowed),
        )
        site = explained.spec
        if site is None:
            Reporter("text", errors_only=True).report(spec, explained.result)
            return Exit.ATTENTION
    return tell(explain.of_files(found, images, options.versions, site), options)


def tell(rows: Iterable[Row], options: ExplainOptions) -> int:
    """Print what each runtime does with each image.

    Args:
        rows: image by image.
        options: the options.

    Returns:
        The exit code: whether all verdicts are good.
    """
    accepted = {"mirror", "mirror, then upstream"} if options.allow_upstream else {"mirror"}
    code = Exit.DONE
    for image, group in itertools.groupby(rows, key=lambda row: row.image):
        of_image = list(group)
        if any(row.verdict not in accepted for row in of_image):
            code = Exit.ATTENTION
        write_stdout(
            (_json(of_image) if options.form == "json" else _text(image, of_image)).encode()
        )
    return code


def _json(rows: Sequence[Row]) -> str:
    from ..explaining.explain import as_json

    return "".join(map(as_json, rows))


def _text(image: str, rows: Sequence[Row]) -> str:
    """The lines of one image: its full name, and each group of runtimes that behave alike."""
    from .. import reference

    whole = str(reference.parse(image))
    lines = [_painted("bold", image) + (f"  ({whole})" if whole != image else "")]
    groups: dict[object, list[Row]] = {}
    for row in rows:
        key = (
            row.runtime,
            row.target if row.version else "",
            row.verdict,
            row.outcome,
            row.becomes,
        )
        groups.setdefault(key, []).append(row)
    for group in groups.values():
        first = group[0]
        judged = _painted(_ROLES.get(first.verdict, "error"), first.verdict)
        lines.append(f"  {_who(group)}: {judged}")
        said = [f"becomes {first.becomes}"] if first.becomes not in ("", image) else []
        said += [first.outcome.reason] if first.outcome.reason else []
        own = first.verdict == "mirror"  # an image of the private registry itself
        attempts = enumerate(first.outcome.attempts, 1)
        said += [
            f"{number}. {attempt.url}{_beside(attempt, own=own)}" for number, attempt in attempts
        ]
        said += [f"note: {note}" for note in first.outcome.notes]
        lines += [f"    {inert(line)}" for line in said]
    repositories = {
        _asked(row.outcome.attempts[0].url)
        for row in rows
        if row.outcome.attempts and not row.outcome.attempts[0].upstream
    }
    if len(repositories) > 1:
        lines.append("  they do not agree on where the image is")
    return "".join(f"{line}\n" for line in lines) + "\n"


def _asked(url: str) -> str:
    """What a URL requests, whatever its scheme: a webhook does not say how its node connects."""
    from urllib.parse import urlsplit

    from ..docker_hub import without_default_port

    parts = urlsplit(url)
    return f"{without_default_port(parts.scheme, parts.netloc)}{parts.path}"


def _who(rows: Sequence[Row]) -> str:
    """The runtime and its versions, and the targets that it reads."""
    first = rows[0]
    numbers = list(dict.fromkeys(row.version for row in rows if row.version))
    targets = list(dict.fromkeys(row.target for row in rows if row.target))
    who = f"{first.runtime} {', '.join(numbers)}" if numbers else first.runtime
    return f"{who} ({', '.join(targets)})" if targets else who


def _beside(attempt: object, *, own: bool) -> str:
    """What goes along with a request, and why it is made."""
    from ..dialects.attempt import Attempt

    assert isinstance(attempt, Attempt)  # noqa: S101 - for the type checker
    said = [("the registry that it names" if own else "the upstream")] if attempt.upstream else []
    said += [f"because of {attempt.file}"] if attempt.file else []
    said += [f"login of {attempt.login}"] if attempt.login else []
    said += [f"CA of {', '.join(attempt.authorities)}"] if attempt.authorities else []
    said += ["certificate not checked"] if attempt.skip_verify else []
    said += ["plain http follows if the port speaks no TLS"] if attempt.falls_back else []
    return f"  ({'; '.join(said)})" if said else ""


def _painted(role: str, text: str) -> str:
    return style(role, text, sys.stdout)
