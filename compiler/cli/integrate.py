"""`regspec integrate`: the few lines that a build system needs."""

import click

from .. import __version__
from .terminal import put

_SYSTEMS = ("make", "github", "gitlab")


@click.command("integrate")
@click.argument("system", metavar=f"{{{'|'.join(_SYSTEMS)}}}", type=click.Choice(_SYSTEMS))
def integrate_command(system: str) -> None:
    """Print what a build system needs to compile or check the specs of sites/.

    make: an include that compiles sites/NAME.yaml into out/NAME when the spec, or a file that it
    refers to, has changed. github and gitlab: a workflow that checks the specs, and that rendered/
    holds what they compile to without secrets, with this version of regspec.

    \b
      regspec integrate make > regspec.mk               then: include regspec.mk
      regspec integrate github > .github/workflows/regspec.yaml
      regspec integrate gitlab > .gitlab-ci.yml
    """
    from ..emit import Verbatim, render

    put(render(f"integrate-{system}.j2", version=Verbatim(__version__)).encode())
