"""What was most likely meant by words of a command line that name no file or command."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDINGS = (".yaml", ".yml", ".json", ".toml", ".txt", ".conf")
"""The ends of names of files that no image is likely to have."""


def advice_on_file(name: str) -> str:
    """What to do about a file that does not exist, or the empty text.

    Args:
        name: the word that was given as the name of a file.
    """
    from ..dialects import TARGETS

    near = _near(name)
    possible = (
        (name in TARGETS, f"a target is an option: --target {name}"),
        (re.fullmatch(r"(?i)RS\d{3}", name), f"`regspec rule {name}` prints the manual of a rule"),
        (_is_command(name), "a command is the first word: `regspec COMMAND SPEC`"),
        (re.search(r"[*?\[]", name), "no file has a name of this pattern"),
        (near, f"did you mean {near}?"),
        (name.endswith(_ENDINGS), ""),
        (re.search(r"[:@]|\.\w+/", name), "the SPEC is the first argument, and images follow it"),
        ("." not in name and "/" not in name, "`-o DIR` names the folder to write to"),
    )
    return next((advice for applies, advice in possible if applies), "")


def advice_on_folder(name: str) -> str:
    """What to do about a folder where a file belongs.

    Args:
        name: the folder.
    """
    if any(os.path.exists(os.path.join(name, inside)) for inside in ("etc", "config.toml")):
        return "the SPEC is the first argument, and a folder of a node follows it"
    return f"name the files in it, such as {name.rstrip('/')}/*.yaml"


def _is_command(name: str) -> bool:
    from .group import regspec

    return name in regspec.list_commands(None)  # type: ignore[arg-type]


def _near(name: str) -> str | None:
    """The file of the same folder whose name is most like one, or none."""
    import difflib

    folder, base = os.path.split(name)
    try:
        there = [other for other in sorted(os.listdir(folder or "."))[:1000] if "." in other]
    except OSError:
        return None
    stem = os.path.splitext(base)[0]
    same = [other for other in there if os.path.splitext(other)[0] == stem]
    if os.path.splitext(base)[1] not in _ENDINGS:
        same = [other for other in same if base == stem]
        there = []
    close = same or difflib.get_close_matches(base, there, n=1, cutoff=0.8)
    return os.path.join(folder, close[0]) if close else None


def file_as_image(word: str) -> str:
    """What to do about an image that is the name of a file, or the empty text.

    Args:
        word: the word that was given as an image.
    """
    if word.endswith(_ENDINGS) and os.path.isfile(word):
        return "it is a file: use `-i FILE` for a list of images; a run has one SPEC"
    return ""


def advice_on_usage(message: str, words: Sequence[str]) -> str:
    """What to add to a message of click about wrong usage, or the empty text.

    Args:
        message: the message.
        words: those after the name of the program.
    """
    command = next((word for word in words if not word.startswith("-")), "")
    extra = re.search(r"unexpected extra arguments? \(([^\s)]+)", message)
    if "No such command" in message and os.path.exists(command):
        return f"Write the command first: regspec check {command}"
    if extra and command == "coverage":
        return "Write one SPEC, and each list of images as -i FILE."
    if extra and command == "init":
        return f"Write the name of the new spec as -o {extra[1]}."
    if "Missing argument" in message and command == "verify":
        return "Write the SPEC first, then the files or the folder of a node."
    if "No such option" in message and re.search(r"-(?:-out\w*|o)\b", message):
        return _advice_on_output(command)
    return ""


def _advice_on_output(command: str) -> str:
    if command == "check":
        return "`check` writes no files: use compile."
    return "The folder to write to is -o DIR." if command == "compile" else ""


def problem_with_output(folder: str) -> str:
    """What is wrong with the folder of `-o`, or the empty text.

    Args:
        folder: the folder, in which `{stem}` is the name of the spec without its ending.
    """
    rest = folder.replace("{stem}", "")
    if "${stem}" in folder:
        return "write `{stem}` without `$`: regspec replaces it, not the shell"
    other = re.search(r"\{[^{}/]*\}?|\}", rest)
    return f"`{other[0]}` is not known: only `{{stem}}` is replaced" if other else ""
