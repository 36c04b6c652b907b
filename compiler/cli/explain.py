"""`regspec explain`: where each runtime pulls an image from."""

from __future__ import annotations

import posixpath
from pathlib import Path

import click

from .completing import FILE_NAME
from .exit_codes import Exit
from .explaining import ExplainOptions, NoRuntime, explain_spec, refused, tell
from .files import STDIN, read_spec
from .grouped import GroupedOptions
from .options import (
    allow_file_option,
    containerd_option,
    images_option,
    target_option,
    text_or_json,
)
from .terminal import InputError, echo_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..explaining.explain import Row


@click.command(
    "explain",
    cls=GroupedOptions,
    sections={
        "What to explain": ("images", "target", "containerd", "node", "allow-file"),
        "Output": ("allow-upstream", "format"),
    },
)
@click.argument("words", metavar="SPEC IMAGE...", nargs=-1, type=FILE_NAME)
@images_option(
    "A list of images, Kubernetes manifests or the output of Helm; `-` is standard input."
)
@target_option
@allow_file_option
@click.option(
    "--node",
    "node_folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="In place of SPEC, a copy of a node's root, with etc/containerd in it.",
)
@containerd_option
@click.option(
    "--allow-upstream", is_flag=True, help="Exit 0 also for the verdict `mirror, then upstream`."
)
@text_or_json("Output format: text, or a JSON object a line for each image, target and version.")
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
    """List the requests of every runtime for each IMAGE, in order, with a verdict.

    \b
      regspec explain registry.yaml nginx:1.25
      regspec explain registry.yaml -i images.txt -t certs.d --containerd 1.7
      helm template chart | regspec explain registry.yaml -i - --format json
      regspec explain --node /mnt/node nginx:1.25

    \b
    The verdicts:
      mirror                  from a mirror of the spec, or from its registry
      mirror, then upstream   from a mirror, or from the upstream if that fails
      upstream                from the upstream
      wrong path              a mirror is contacted, for another image
      none                    no registry is contacted
      not loaded              containerd runs without its CRI plugin

    Exit 1 on every verdict except `mirror`. Credentials are never read.
    """
    if node_folder is None and not words:
        raise click.UsageError("name a SPEC, or --node DIR")
    if node_folder is not None:
        _check_node(node_folder, words)
    spec, given = (None, words) if node_folder is not None else (words[0], words[1:])
    if [spec, *lists].count(STDIN) > 1:
        raise click.UsageError("standard input has one text: write `-` once")
    images = [*given, *listed_in(lists)]
    if not images:
        raise click.UsageError("name an IMAGE, or a list of them with -i FILE")
    wrong = refused(images)
    for image, why in wrong.items():
        echo_error(f"error: {image} is not an image reference: {why}")
    images = [image for image in images if image not in wrong]
    asked = ExplainOptions(targets, allowed, (version,) if version else (), allow_upstream, form)
    if spec is None:
        code = tell(_of_node(node_folder, images, asked.versions), asked)
    else:
        code = _explain_spec(spec, images, asked)
    return Exit.ATTENTION if wrong else code


def _check_node(folder: Path, words: Sequence[str]) -> None:
    """Refuse arguments that most likely have another meaning."""
    if words and Path(words[0]).is_file():
        raise click.UsageError(f"--node takes the place of a SPEC: leave out {words[0]}")
    from ..dialects import dialects

    for whole in (dialect.on_node for dialect in dialects()):
        if whole is None or folder.joinpath(whole.folder[1:]).exists():
            continue
        below, main = posixpath.basename(whole.folder), posixpath.basename(whole.main)
        if (folder / below).is_dir() or (folder / main).exists():
            said = f"--node is the root of the node's files, with {whole.folder[1:]} in it"
            raise click.UsageError(said)


def listed_in(lists: Sequence[str], fields: Sequence[str] = ("image",)) -> Iterator[str]:
    """The images of all the files, `-` being the standard input.

    Args:
        lists: the names of the files.
        fields: the keys of manifests that hold images.

    Raises:
        InputError: one of them cannot be read.
    """
    for name in lists:
        from ..images import Unreadable, named_in

        try:
            yield from named_in(read_spec(name).decode("utf-8"), fields)
        except (Unreadable, UnicodeDecodeError) as why:
            said = why if isinstance(why, Unreadable) else "it is not UTF-8"
            raise InputError(f"{name}: {said}") from None


def _of_node(folder: Path | None, images: Sequence[str], wanted: Sequence[str]) -> Iterator[Row]:
    from ..explaining import explain
    from .nodes import of_disk

    assert folder is not None  # noqa: S101 - for the type checker
    return explain.of_node(of_disk(str(folder)), images, wanted)


def _explain_spec(name: str, images: Sequence[str], asked: ExplainOptions) -> int:
    try:
        return explain_spec(name, images, asked)
    except NoRuntime:
        why = "no target of the spec is for a runtime; name one with --target"
        raise click.UsageError(why) from None
