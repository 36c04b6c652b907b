"""`regspec coverage`: which images of a bundle no mirror serves."""

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
"""How many images of a registry without a mirror are named."""


@click.command("coverage")
@click.argument("spec", metavar="SPEC", type=FILE_NAME)
@images_option(
    "A list, Kubernetes manifests, what Helm prints, or the index.json of an OCI layout; `-` is "
    "standard input. Default: the `images` of the spec."
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="KEY",
    help="Also take every text below KEY in manifests for an image. Repeatable.",
)
@target_option
@allow_file_option
@click.option(
    "--format",
    "form",
    type=click.Choice(ALL_FORMS),
    help="How to tell: text; json, one object; github and sarif, as `regspec check` does.",
)
def coverage_command(
    spec: str,
    lists: tuple[str, ...],
    fields: tuple[str, ...],
    targets: tuple[str, ...],
    allowed: tuple[Path, ...],
    form: str | None,
) -> int:
    """Hold the images of a bundle against the mirrors of SPEC.

    Told are images that no mirror serves, with the entries that `mirrors` lacks; images that would
    be one in the registry; and mirrors that no image is from. The images of the charts in SPEC are
    included where a mirror is for them (the charts name them by the registry, and need none), and
    the sandbox image of the containerd that a target says. Exit 1 if an image is not served, or not
    from a place of its own.

    \b
      regspec coverage registry.yaml
      helm template chart | regspec coverage registry.yaml -i -
    """
    from ..explaining import coverage
    from ..pipeline import cover_spec
    from ..sources import FolderReader
    from .explain import listed_in

    if [spec, *lists].count(STDIN) > 1:
        raise click.UsageError("standard input holds one thing: write `-` once")
    content = read_spec(spec)
    images = list(listed_in(lists, ("image", *fields))) if lists else None
    if images == []:
        raise click.UsageError("there is no image in what -i names")
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
