"""`regspec integrate`: the lines that a build system needs."""

from __future__ import annotations

import re

import click

from .. import __version__
from ..frozen import frozen
from .terminal import write_stdout

_SYSTEMS = ("make", "github", "gitlab")
_DEFAULT_FOLDER = "wheels"
_HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?"
_FILE = r"(?!-)[A-Za-z0-9._/+-]+"
"""Names that no shell and no YAML reader changes."""
_INDEX = rf"https://{_HOST}(?:/[A-Za-z0-9._~%+/-]*)?"
_COMMIT = (
    rf"git\+(?:https://|ssh://(?:[A-Za-z0-9_-]+@)?){_HOST}/[A-Za-z0-9._~%+/-]+"
    r"@(?:[0-9a-f]{40}|[0-9a-f]{64})"
)


@frozen
class Install:
    """How a pipeline installs regspec."""

    command: str
    """A line for a shell."""
    notes: tuple[str, ...]
    """What the reader of the pipeline must know about the command, one comment line each."""
    needs_git: bool = False


def install_from(source: str) -> Install:
    """The command that installs regspec from one source, and from no other.

    No public index has regspec, so anybody could publish a package of that name there. The command
    has a path, a URL, or the name with the only folder or index that pip may use
    (https://pip.pypa.io/en/stable/cli/pip_install/).

    Args:
        source: a folder of wheels, a wheel (`*.whl`), an index (`https://...`), or a commit
            (`git+https://...@ID` or `git+ssh://...@ID`).

    Raises:
        ValueError: the source is not one of these, or it contains credentials. The message does not
            repeat the source.
    """
    if re.fullmatch(_COMMIT, source):
        return Install(
            f"pip install 'regspec[ca] @ {source}'",
            (
                "Builds regspec from this commit. Its dependencies come from the index that pip is",
                "configured with.",
            ),
            needs_git=True,
        )
    if re.fullmatch(_INDEX, source):
        return Install(
            f"pip install --index-url {source} 'regspec[ca]=={__version__}'",
            (
                "This index must have regspec and its dependencies. Configure no extra-index-url:",
                "anybody could publish a package of this name on a public index.",
            ),
        )
    if "://" in source:
        raise ValueError(_wrong_url(source))
    if not re.fullmatch(_FILE, source):
        raise ValueError(
            "write a folder of wheels, a wheel (*.whl), an index (https://...) or a commit "
            "(git+https://...@ID); a path has only letters, digits and `._/+-`"
        )
    if not source.endswith(".whl"):
        return Install(
            f"pip install --no-index --find-links {source} 'regspec=={__version__}'",
            (
                f"The folder {source} must have the wheels of regspec and its dependencies.",
                "To check the expiry of CA certificates, add cryptography and write regspec[ca].",
            ),
        )
    if not source.rpartition("/")[2].startswith("regspec-"):
        raise ValueError("the name of a wheel of regspec begins with `regspec-`")
    path = source if source.startswith(("/", "./", "../")) else f"./{source}"
    return Install(
        f"pip install '{path}[ca]'",
        ("The dependencies of this wheel come from the index that pip is configured with.",),
    )


def _wrong_url(source: str) -> str:
    """Why a URL is not a source of regspec, without repeating it: it may contain a password."""
    scheme, _, rest = source.partition("://")
    user = rest.partition("/")[0].rpartition("@")[0]
    if user and (scheme != "git+ssh" or ":" in user):
        return (
            "the URL contains credentials, which everybody who can read the pipeline would see; "
            "pip and git read them from ~/.netrc"
        )
    if scheme.startswith("git+"):
        return (
            "write git+https://HOST/PATH@ID or git+ssh://git@HOST/PATH@ID, where ID is the full id "
            "of a commit, as `git rev-parse HEAD` prints it; a branch or a tag can be moved"
        )
    if scheme == "http":
        return "pip refuses an index without TLS; write https://"
    return "write an index as https://HOST/PATH, without a query, or a commit as git+https://...@ID"


def _source(_context: click.Context, _option: click.Parameter, value: str | None) -> Install | None:
    """The value of `--from`."""
    try:
        return None if value is None else install_from(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("integrate")
@click.argument("system", metavar=f"{{{'|'.join(_SYSTEMS)}}}", type=click.Choice(_SYSTEMS))
@click.option(
    "--from",
    "source",
    metavar="SOURCE",
    callback=_source,
    help=f"Where github and gitlab install regspec from (default: {_DEFAULT_FOLDER}).",
)
def integrate_command(system: str, source: Install | None) -> None:
    """Print what a build system needs to compile or check the specs of sites/.

    \b
      regspec integrate make > regspec.mk             then: include regspec.mk
      regspec integrate github > .github/workflows/regspec.yaml
      regspec integrate gitlab > .gitlab-ci.yml

    make: an include that compiles sites/NAME.yaml into out/NAME when the spec or one of its files
    has changed. github and gitlab: a workflow that checks the specs, and that rendered/ has their
    outputs without secrets, with this version of regspec.

    No public index has regspec, so a workflow never installs it by its name alone. SOURCE is one of

    \b
      wheels                   a folder in the repository; no index is used
      wheels/regspec-0.1.0-py3-none-any.whl
                               a wheel; its dependencies come from pip's index
      https://pypi.example.org/simple
                               an index that has regspec and its dependencies
      git+https://git.example.org/regspec@ID
                               this commit; dependencies as above
    """
    if system == "make" and source:
        raise click.UsageError("`make` installs nothing: use --from with github or gitlab")
    from ..emit import Verbatim, render

    install = source or install_from(_DEFAULT_FOLDER)
    text = render(
        f"integrate-{system}.j2",
        version=Verbatim(__version__),
        install=Verbatim(install.command),
        notes=[Verbatim(note) for note in install.notes],
        image=Verbatim("python:3.13" if install.needs_git else "python:3.13-slim"),
    )
    write_stdout(text.encode())
