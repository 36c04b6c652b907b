"""`regspec explain`: where each runtime will pull an image from."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import click

from ..diagnostics import printable
from .exit_codes import Exit
from .files import STDIN, called, folder_of, read_spec
from .options import (
    allow_file_option,
    containerd_option,
    images_option,
    target_option,
    text_or_json,
)
from .telling import Teller
from .terminal import Unusable, put, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..explain import Row

_COLORS = {"mirror": "green", "mirror, then upstream": "yellow"}


@click.command("explain", short_help="Tell where each runtime will pull an image from.")
@click.argument("words", metavar="SPEC IMAGE...", nargs=-1)
@images_option("A list of images, Kubernetes manifests or what Helm prints; `-` is standard input.")
@target_option
@allow_file_option
@click.option(
    "--node",
    "node_folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="In place of SPEC: a copy of a node's root, with etc/containerd in it.",
)
@containerd_option
@click.option("--allow-upstream", is_flag=True, help="Accept `mirror, then upstream`.")
@text_or_json("How to tell: text, or one JSON object a line for each image, target and version.")
def explain_command(
    words: tuple[str, ...],
    lists: tuple[str, ...],
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    node_folder: Path | None,
    version: str | None,
    allow_upstream: bool,
    form: str,
) -> int:
    """Tell for each IMAGE which requests every runtime will make, in order, and what that means.

    A verdict is `mirror`, `mirror, then upstream`, `upstream`, `wrong path` (the mirror is asked,
    but not for what the spec means), `none` (nothing is asked) or `not loaded` (containerd runs
    without its CRI plugin). An image that is named by a registry of SPEC itself is one of `mirror`.
    Exit 1 on all but `mirror`. Logins are never looked up.

    \b
      regspec explain registry.yaml nginx:1.25
      regspec explain registry.yaml -i images.txt --target certs.d --containerd 1.7
      helm template chart | regspec explain registry.yaml -i - --format json
      regspec explain --node /mnt/node nginx:1.25
    """
    if node_folder is None and not words:
        raise click.UsageError("name a SPEC, or --node DIR")
    if node_folder is not None:
        _check_node(node_folder, words)
    spec, given = (None, words) if node_folder is not None else (words[0], words[1:])
    if [spec, *lists].count(STDIN) > 1:
        raise click.UsageError("standard input holds one thing: write `-` once")
    images = [*given, *listed_in(lists)]
    if not images:
        raise click.UsageError("name an IMAGE, or a list of them with -i FILE")
    code = _check(images)
    wanted = (version,) if version else ()
    if spec is None:
        rows = _of_node(node_folder, images, wanted)
    else:
        found = _of_spec(spec, targets, allowed, images, wanted)
        if found is None:
            return Exit.ATTENTION
        rows = found
    accepted = {"mirror", "mirror, then upstream"} if allow_upstream else {"mirror"}
    for image, group in itertools.groupby(rows, key=lambda row: row.image):
        of_image = list(group)
        if any(row.verdict not in accepted for row in of_image):
            code = Exit.ATTENTION
        put((_json(of_image) if form == "json" else _text(image, of_image)).encode())
    return code


def _check_node(folder: Path, words: Sequence[str]) -> None:
    """Refuse what is most likely meant otherwise."""
    if words and Path(words[0]).is_file():
        raise click.UsageError(f"--node takes the place of a SPEC: {words[0]} is one too many")
    if not (folder / "etc/containerd").exists() and (
        (folder / "containerd").is_dir() or (folder / "config.toml").exists()
    ):
        raise click.UsageError("--node is the root of the node's files, with etc/containerd in it")


def listed_in(lists: Sequence[str], fields: Sequence[str] = ("image",)) -> Iterator[str]:
    """The images of all the files, `-` being the standard input.

    Args:
        lists: the names of the files.
        fields: the keys of manifests that hold images.

    Raises:
        Unusable: one of them cannot be read.
    """
    from ..images import Unreadable, named_in

    for name in lists:
        try:
            yield from named_in(read_spec(name).decode("utf-8"), fields)
        except (Unreadable, UnicodeDecodeError) as why:
            said = why if isinstance(why, Unreadable) else "it is not UTF-8"
            raise Unusable(f"{called(name)}: {said}") from None


def _check(images: list[str]) -> int:
    """Tell which images are none, and leave them out."""
    from .. import reference

    code = Exit.DONE
    for image in list(dict.fromkeys(images)):
        try:
            reference.parse(image)
        except reference.NotAReference as why:
            say(f"error: {printable(image)} is not an image reference: {why}")
            code = Exit.ATTENTION
            while image in images:
                images.remove(image)
    return code


def _of_node(folder: Path | None, images: Sequence[str], wanted: Sequence[str]) -> Iterator[Row]:
    from .. import explain
    from ..runtimes import versions
    from .nodes import NodeFolder

    assert folder is not None  # noqa: S101 - for the type checker
    return explain.of_node(NodeFolder(folder), images, wanted or versions.LINES)


def _of_spec(
    name: str,
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    images: Sequence[str],
    wanted: Sequence[str],
) -> Iterator[Row] | None:
    """The rows of a spec; none if it has an error, which is told."""
    from .. import explain
    from ..pipeline import explain_spec
    from ..sources import FolderReader

    explained = explain_spec(
        read_spec(name),
        targets=targets,
        environment=os.environ,
        read_file=FolderReader(folder_of(name), allowed),
    )
    if explained.spec is None:
        Teller("text", errors_only=True).tell(name, explained.result)
        return None
    if not explained.artifacts:
        raise click.UsageError("no target of the spec is for a runtime; name one with --target")
    return explain.of_spec(explained.spec, explained.artifacts, images, wanted)


def _json(rows: Sequence[Row]) -> str:
    from ..explain import as_json

    return "".join(f"{as_json(row)}\n" for row in rows)


def _text(image: str, rows: Sequence[Row]) -> str:
    """What is told of one image: what it is in full, and each runtime that behaves alike."""
    from .. import reference

    whole = str(reference.parse(image))
    lines = [_paint(printable(image), bold=True) + (f"  ({whole})" if whole != image else "")]
    groups: dict[object, list[Row]] = {}
    for row in rows:
        key = (
            row.runtime,
            row.target if row.runtime == "containerd" else "",
            row.verdict,
            row.outcome,
            row.becomes,
        )
        groups.setdefault(key, []).append(row)
    for group in groups.values():
        first = group[0]
        judged = _paint(first.verdict, fg=_COLORS.get(first.verdict, "red"), bold=True)
        lines.append(f"  {printable(_who(group))}: {judged}")
        said = [f"becomes {first.becomes}"] if first.becomes not in ("", image) else []
        said += [first.outcome.reason] if first.outcome.reason else []
        own = first.verdict == "mirror"  # an image of the private registry itself
        attempts = enumerate(first.outcome.attempts, 1)
        said += [
            f"{number}. {attempt.url}{_beside(attempt, own=own)}" for number, attempt in attempts
        ]
        said += [f"note: {note}" for note in first.outcome.notes]
        lines += [f"    {printable(line)}" for line in said]
    repositories = {
        row.outcome.attempts[0].url.partition("?")[0]
        for row in rows
        if row.outcome.attempts and not row.outcome.attempts[0].upstream
    }
    if len(repositories) > 1:
        lines.append("  they do not agree on where the image is")
    return "".join(f"{line}\n" for line in lines) + "\n"


def _who(rows: Sequence[Row]) -> str:
    """The runtime and its versions, and the targets that it reads."""
    first = rows[0]
    numbers = list(dict.fromkeys(row.version for row in rows if row.version))
    targets = list(dict.fromkeys(row.target for row in rows if row.target))
    who = f"{first.runtime} {', '.join(numbers)}" if numbers else first.runtime
    return f"{who} ({', '.join(targets)})" if targets else who


def _beside(attempt: object, *, own: bool) -> str:
    """What goes along with a request, and why it is made."""
    from ..runtimes.containerd import Attempt

    assert isinstance(attempt, Attempt)  # noqa: S101 - for the type checker
    said = [("the registry that it names" if own else "the upstream")] if attempt.upstream else []
    said += [f"because of {attempt.file}"] if attempt.file else []
    said += [f"login of {attempt.login}"] if attempt.login else []
    said += [f"CA of {', '.join(attempt.authorities)}"] if attempt.authorities else []
    said += ["certificate not checked"] if attempt.skip_verify else []
    return f"  ({'; '.join(said)})" if said else ""


def _paint(text: str, **style: object) -> str:
    """A text in colour, on a terminal; NO_COLOR and FORCE_COLOR decide otherwise."""
    if os.environ.get("NO_COLOR"):
        return text
    colored = os.environ.get("FORCE_COLOR") or (sys.stdout is not None and sys.stdout.isatty())
    return click.style(text, **style) if colored else text  # type: ignore[arg-type]
