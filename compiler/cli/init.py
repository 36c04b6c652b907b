"""`regspec init`: a spec to start from."""

from __future__ import annotations

from pathlib import Path

import click

from .completing import FILE_NAME
from .files import STDIN, write_new
from .terminal import echo_error, write_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _matching(definition: str) -> Callable[[click.Context, click.Parameter, str], str]:
    """A callback that checks an option with one of the schema's definitions."""

    def check(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
        from ..schema import problem_with

        problem = problem_with(definition, value)
        if problem:
            message, advice = problem
            raise click.BadParameter(f"{message}; {advice}" if advice else message)
        return value

    return check


@click.command("init")
@click.option(
    "--endpoint",
    metavar="HOST",
    default="harbor.example.org",
    show_default=True,
    callback=_matching("location"),
    help="The private registry: host[:port][/path].",
)
@click.option(
    "--base-path",
    metavar="PATH",
    default="airgap-images",
    show_default=True,
    callback=_matching("path"),
    help="The path of the images below the endpoint; may be empty.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=FILE_NAME,
    default="registry.yaml",
    show_default=True,
    help="The file to write, which must not exist; `-` prints the spec.",
)
def init_command(endpoint: str, base_path: str, output: str) -> int:
    """Write a spec with comments, which compiles without changes.

    \b
      regspec init --endpoint registry.example.org:5000 --base-path images
      regspec compile registry.yaml
    """
    from ..emit import render
    from ..pipeline import compile_spec
    from ..sources import FolderReader

    text = render("registry.yaml.j2", endpoint=endpoint, base_path=base_path)
    result = compile_spec(text.encode(), targets=(), environment={}, read_file=FolderReader(Path()))
    if result.failed:
        raise click.UsageError(result.diagnostics[0].message)
    if output == STDIN:
        write_stdout(text.encode())
        return 0
    write_new([(output, text, 0o666)])
    echo_error(f"{output} written")
    return 0
