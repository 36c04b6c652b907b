"""Checks our English with textlint: the vocabulary of .ci/prose/prose.yaml.

    .venv/bin/python .ci/prose.py [--all] [--count] [FILE...]

`make prose` installs textlint, which needs npm. Without it nothing is checked, and a line says so;
under CI that is a failure.
"""

from __future__ import annotations

import argparse
import collections
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / ".ci/prose/prose.yaml"
TEXTLINT = Path(sys.prefix, "node/node_modules/textlint/bin/textlint.js")
"""Where `make prose` puts it."""

RULE = "@textlint-rule/pattern"


class Finding(NamedTuple):
    """Words that the vocabulary replaces."""

    file: str
    """Relative to the checkout."""
    line: int
    column: int
    words: str
    write: str

    def __str__(self) -> str:
        """One line, as compilers print it."""
        return f"{self.file}:{self.line}:{self.column}: `{self.words}`: write {self.write}"


def settings() -> dict[str, Any]:
    """The content of .ci/prose/prose.yaml."""
    read: dict[str, Any] = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    return read


def files(globs: Iterable[str]) -> list[Path]:
    """The files of the checkout that match, in order."""
    return sorted({path for one in globs for path in ROOT.glob(one) if path.is_file()})


def listed(*, every: bool) -> list[Path]:
    """The files of the settings, in order.

    Args:
        every: also the files of `later`. Without it, a file that `later` lists is left out.
    """
    checked, later = (set(files(settings()[key])) for key in ("checked", "later"))
    return sorted(checked | later if every else checked - later)


def only_prose(name: str, text: str) -> str:
    """A text with blanks for everything that is not prose, so that locations stay.

    Args:
        name: the name of its file, which says what is prose: comments, docstrings and messages of
            Python, values of JSON with a blank, and all of other files.
        text: the text.
    """
    if name.endswith(".py"):
        kept = _spans_of_python(text)
    elif name.endswith(".json"):
        kept = (found.span() for found in re.finditer(r'"(?:[^"\\]|\\.)*"', text))
    else:
        return text
    blank = re.sub(r"\S", " ", text)
    pieces, end = [], 0
    for start, stop in kept:
        words = text[start:stop]
        if " " in words.strip():
            words = re.sub(r"`[^`]*`|\{[^{}]*\}", lambda code: " " * len(code[0]), words)
            words = re.sub(r"[\"']\Z", ".", words)  # no sentence goes on in the next string
            pieces += [blank[end:start], words]
            end = stop
    return "".join([*pieces, blank[end:]])


def _spans_of_python(text: str) -> Iterator[tuple[int, int]]:
    """Where comments and strings begin and end."""
    lines = [0]
    for line in text.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    prose = {"COMMENT", "STRING", "FSTRING_MIDDLE"}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if tokenize.tok_name[token.type] in prose:
            (first, start), (last, stop) = token.start, token.end
            yield lines[first - 1] + start, lines[last - 1] + stop


def check(paths: Iterable[Path]) -> list[Finding]:
    """The findings of textlint in some files, in order.

    Raises:
        RuntimeError: textlint failed.
    """
    patterns = [
        {"pattern": f"/{one['pattern']}/i", "message": one["write"]}
        for one in settings()["vocabulary"]
    ]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve()
        config = folder / "textlintrc.json"
        config.write_text(json.dumps({"rules": {RULE: {"patterns": patterns}}}), encoding="utf-8")
        texts = {}
        for path in paths:
            # What is not Markdown is plain text for textlint.
            name = str(path.relative_to(ROOT))
            copy = folder / (name if path.suffix == ".md" else f"{name}.txt")
            copy.parent.mkdir(parents=True, exist_ok=True)
            texts[str(copy)] = (name, only_prose(name, path.read_text(encoding="utf-8")))
            copy.write_text(texts[str(copy)][1], encoding="utf-8")
        words = ["node", str(TEXTLINT), "--config", str(config), "--format", "json", *texts]
        done = subprocess.run(
            words, cwd=TEXTLINT.parents[3], capture_output=True, text=True, check=False
        )
    try:
        results = json.loads(done.stdout)
    except ValueError as error:
        raise RuntimeError(done.stderr or done.stdout) from error
    return sorted(
        Finding(
            name,
            one["line"],
            one["column"],
            " ".join(text[one["range"][0] : one["range"][1]].split()),
            one["message"],
        )
        for result in results
        for name, text in [texts[result["filePath"]]]
        for one in result["messages"]
    )


def is_installed() -> bool:
    """Whether textlint can run."""
    return TEXTLINT.exists() and shutil.which("node") is not None


def print_counts(findings: list[Finding]) -> None:
    """Print how many findings each file has, and each entry of the vocabulary."""
    count: tuple[Callable[[Finding], str], ...] = (lambda one: one.file, lambda one: one.write)
    for key in count:
        for name, number in collections.Counter(map(key, findings)).most_common():
            print(f"{number:6} {name}")
        print()
    print(f"{len(findings):6} findings")


def main() -> int:
    """Check the files, print the findings, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check our English with textlint.")
    parser.add_argument("files", nargs="*", metavar="FILE", help="instead of the listed files")
    parser.add_argument(
        "--all", action="store_true", help="also the files that are still to be edited"
    )
    parser.add_argument("--count", action="store_true", help="print numbers instead of findings")
    options = parser.parse_args()
    if not is_installed():
        print("prose: not checked, because textlint is not installed (make prose)", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    paths = [Path(name).resolve() for name in options.files] or listed(every=options.all)
    findings = check(paths)
    if options.count:
        print_counts(findings)
    else:
        for finding in findings:
            print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
