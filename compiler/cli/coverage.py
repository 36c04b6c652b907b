"""`regspec coverage`: the images of a bundle that have no mirror."""

from __future__ import annotations

import os

import click

from .completing import FILE_NAME
from .exit_codes import Exit
from .files import STDIN, folder_of, read_spec
from .options import ALL_FORMS, allow_file_option, images_option, target_option
from .reporting import Reporter, default_form
from .terminal import write_lines, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from ..explaining.coverage import Coverage

_SHOWN = 5
"""How many images of a registry without a mirror are listed."""


@click.command("coverage")
@click.argument("spec", metavar="SPEC", type=FILE_NAME)
@images_option(
    "A list of images, Kubernetes manifests, the output of Helm, or the index.json of an OCI "
    "layout; `-` is standard input. Default: the `images` of the spec."
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="KEY",
    help="Also treat every text below KEY in manifests as an image. Repeatable.",
)
@target_option
@allow_file_option
@click.option(
    "--format",
    "form",
    type=click.Choice(ALL_FORMS),
    help="Output format: text, concise, json (one object), or github and sarif as in `regspec "
    "check`.",
)
def coverage_command(
    spec: str,
    lists: tuple[str, ...],
    fields: tuple[str, ...],
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    form: str | None,
) -> int:
    """Compare the images of a bundle with the mirrors of SPEC.

    \b
      regspec coverage registry.yaml
      regspec coverage registry.yaml -i images.txt
      helm template chart | regspec coverage registry.yaml -i -

    Reports images without a mirror, with the entries to add to `mirrors`, images that would have
    one name in the registry, and mirrors without an image. Images of the charts in SPEC are
    included if a mirror serves them, since the charts name them by the registry. The sandbox image
    of a target's containerd is included. Exit 1 if an image has no mirror or shares its name in the
    registry.
    """
    from ..explaining import coverage
    from ..pipeline import cover_spec
    from ..sources import FolderReader
    from .explain import listed_in

    if [spec, *lists].count(STDIN) > 1:
        raise click.UsageError("standard input has one text: write `-` once")
    content = read_spec(spec)
    images = list(listed_in(lists, ("image", *fields))) if lists else None
    if images == []:
        raise click.UsageError("the files of -i have no image")
    result, found = cover_spec(
        content,
        images,
        targets=targets,
        environment=os.environ,
        read_file=FolderReader(folder_of(spec), allowed),
    )
    form = form or default_form()
    reporter = Reporter(form)
    if found is None or result.failed:
        reporter.report(spec, result)
        reporter.finish()
        return Exit.ATTENTION
    if form == "json":
        write_stdout(coverage.as_json(found).encode())
    elif form == "text":
        write_lines(_text(found))
    else:
        reporter.report(spec, result)
        reporter.finish()
    return Exit.DONE if found.complete else Exit.ATTENTION


def _text(found: Coverage) -> list[str]:
    """A summary of each registry, and what is to be done."""
    lines = []
    for registry in found.registries:
        count = f"{len(registry.images)} image{'s' if len(registry.images) > 1 else ''}"
        if registry.source:
            lines.append(f"{registry.name}: {count}, served from {registry.location}")
            continue
        lines.append(f"{registry.name}: {count}, NOT SERVED")
        lines += [f"  {image}" for image in registry.images[:_SHOWN]]
        more = len(registry.images) - _SHOWN
        lines += [f"  and {more} more"] if more > 0 else []
    for place, images in found.collisions:
        lines += [f"these would all be {place}:", *(f"  {image}" for image in images)]
    lines += [f"not an image reference: {text}" for text in found.no_images]
    if found.unused:
        lines.append(f"mirrors that no image is from: {', '.join(found.unused)}")
    if found.entries:
        lines += ["add to `mirrors`:", *(f"  {entry}" for entry in found.entries)]
    if not found.registries:
        lines.append("there are no images: name them in the spec, or with -i FILE")
    return lines
