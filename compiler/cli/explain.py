"""`regspec explain`: where each runtime pulls an image from."""

from __future__ import annotations

from pathlib import Path

import click

from .completing import FILE_NAME
from .exit_codes import Exit
from .explaining import ExplainOptions, NoRuntime, explain_files, explain_spec, refused
from .files import STDIN, read_spec
from .grouped import GroupedOptions
from .options import (
    allow_file_option,
    containerd_option,
    images_option,
    target_option,
    text_or_json,
    versions_option,
)
from .terminal import InputError, echo_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@click.command(
    "explain",
    cls=GroupedOptions,
    sections={
        "What to explain": (
            "--images",
            "--from",
            "--node",
            "--spec",
            "--target",
            "--containerd",
            "--version",
            "--allow-file",
        ),
        "Output": ("--allow-upstream", "--format"),
    },
)
@click.argument("words", metavar="[SPEC] IMAGE...", nargs=-1, type=FILE_NAME)
@images_option(
    "A list of images, Kubernetes manifests or the output of Helm; `-` is standard input."
)
@click.option(
    "--from",
    "sources",
    metavar="PATH",
    multiple=True,
    type=FILE_NAME,
    help="In place of SPEC, the root of a node (a folder or a tar archive), its etc/containerd, or "
    "a file that a runtime reads. Repeatable.",
)
@click.option(
    "--node",
    "node",
    metavar="DIR",
    type=FILE_NAME,
    help="The same as --from, for a copy of a node's root.",
)
@click.option(
    "--spec", "site", metavar="SPEC", type=FILE_NAME, help="Compare what --from requests with SPEC."
)
@target_option
@allow_file_option
@containerd_option
@versions_option
@click.option(
    "--allow-upstream", is_flag=True, help="Exit 0 also for the verdict `mirror, then upstream`."
)
@text_or_json("Output format: text, or a JSON object a line for each image, target and version.")
def explain_command(
    words: tuple[str, ...],
    lists: tuple[str, ...],
    sources: tuple[str, ...],
    node: str | None,
    site: str | None,
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    version: str | None,
    versions: dict[str, tuple[str, ...]],
    allow_upstream: bool,
    form: str,
) -> int:
    """List the requests of every runtime for each IMAGE, in order, with a verdict.

    \b
      regspec explain registry.yaml nginx:1.25
      regspec explain registry.yaml -i images.txt -t certs.d --containerd 1.7
      helm template chart | regspec explain registry.yaml -i - --format json
      regspec explain --from node.tar nginx:1.25
      regspec explain --from buildkitd.toml --version buildkit=0.11 nginx:1.25
      regspec explain --from /etc/containerd --spec registry.yaml nginx:1.25

    \b
    The verdicts:
      mirror                  from a mirror of the spec, or from its registry
      mirror, then upstream   from a mirror, or from the upstream if that fails
      upstream                from the upstream
      wrong path              a mirror is contacted, for another image
      none                    no registry is contacted
      not loaded              the runtime refuses its files, or containerd runs
                              without its CRI plugin

    Exit 1 on every verdict except `mirror`. Credentials are never read.
    """
    sources = (*sources, *([node] if node is not None else []))
    if not sources and not words:
        raise click.UsageError("name a SPEC, or files with --from PATH")
    if site is not None and not sources:
        raise click.UsageError("--spec goes with --from PATH")
    if sources and words and words[0].endswith((".yaml", ".yml")) and Path(words[0]).is_file():
        raise click.UsageError(f"--from takes the place of a SPEC: write --spec {words[0]}")
    spec, named = (site, words) if sources else (words[0], words[1:])
    if [spec, *lists, *sources].count(STDIN) > 1:
        raise click.UsageError("standard input has one text: write `-` once")
    images = [*named, *listed_in(lists)]
    if not images:
        raise click.UsageError("name an IMAGE, or a list of them with -i FILE")
    wrong = refused(images, named)
    for image, why in wrong.items():
        echo_error(f"error: {image} is not an image reference: {why}")
    images = [image for image in images if image not in wrong]
    if version:
        from ..dialects.containerd import RUNTIME

        versions = {**versions, RUNTIME: (*versions.get(RUNTIME, ()), version)}
    options = ExplainOptions(targets, allowed, versions, allow_upstream, form)
    if sources:
        code = explain_files(sources, spec, images, options)
    else:
        code = _explain_spec(str(spec), images, options)
    return Exit.ATTENTION if wrong else code


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


def _explain_spec(name: str, images: Sequence[str], asked: ExplainOptions) -> int:
    try:
        return explain_spec(name, images, asked)
    except NoRuntime:
        why = "no target of the spec is for a runtime; name one with --target"
        raise click.UsageError(why) from None
