"""Our English in messages, help texts and manuals: the vocabulary of .ci/prose/prose.yaml.

`make lint` checks whole files, where textlint is installed. This test needs no other program, and
sees each text by itself, with the parts of an f-string together.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
import yaml
from regspec import resources
from regspec.cli.group import regspec
from regspec.rules import RULES
from regspec.rules.manuals import HEADINGS, sections
from regspec.rules.phases import PHASES

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = yaml.safe_load((ROOT / ".ci/prose/prose.yaml").read_text(encoding="utf-8"))
VOCABULARY = [
    (re.compile(entry["pattern"], re.IGNORECASE), entry["write"])
    for entry in SETTINGS["vocabulary"]
]


def texts_of_code(source):
    """Each text with a blank in some Python source, with its line; no docstring and no pattern."""
    tree = ast.parse(source)
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)
        if isinstance(node, ast.JoinedStr):
            skipped.update(node.values)
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.JoinedStr):
            parts = (
                part.value if isinstance(part, ast.Constant) else "`X`" for part in node.values
            )
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = "" if node in skipped else node.value
        if " " in text.strip() and not re.search(r"\\[bsSwdZ]|\(\?|\[\^", text):
            yield node.lineno, text


def findings(text):
    """The words of a text that the vocabulary replaces, each with what to write."""
    prose = re.sub(r"``X``|`[^`]*`", "code", text)
    for pattern, write in VOCABULARY:
        for match in pattern.finditer(prose):
            yield f"`{' '.join(match[0].split())}`: write {write}"


def listed_files():
    """The Python files that must have no finding."""
    globs = [glob for glob in SETTINGS["checked"] if glob.endswith(".py")]
    return sorted({path for glob in globs for path in ROOT.glob(glob)})


def test_messages_have_the_words_of_the_vocabulary():
    files = listed_files()
    assert len(files) > 50
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {finding}"
        for path in files
        for line, text in texts_of_code(path.read_text(encoding="utf-8"))
        for finding in findings(text)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["", *regspec.commands])
def test_the_help_of_a_command_has_the_words_of_the_vocabulary(name):
    command = regspec.commands[name] if name else regspec
    texts = [command.help, command.short_help, *(getattr(p, "help", "") for p in command.params)]
    assert [finding for text in texts for finding in findings(text or "")] == []


def descriptions(node):
    """The titles and descriptions of a schema."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("title", "description") if isinstance(node.get(key), str))
        node = list(node.values())
    if isinstance(node, list):
        for below in node:
            yield from descriptions(below)


def test_the_schema_has_the_words_of_the_vocabulary():
    texts = list(descriptions(json.loads(resources.schema_text())))
    assert len(texts) > 50
    assert [finding for text in texts for finding in findings(text)] == []


def manuals():
    """The manual of every code."""
    return {**{code: rule.manual for code, rule in RULES.items()}, **PHASES}


@pytest.mark.parametrize("code", manuals())
def test_a_manual_has_the_words_of_the_vocabulary(code):
    texts = {**sections(manuals()[code]), "Example": ""}.values()
    assert [finding for text in texts for finding in findings(text)] == []


@pytest.mark.parametrize("code", manuals())
def test_a_manual_has_its_sections_in_order(code):
    parts = sections(manuals()[code])
    expected = [heading for heading in HEADINGS if heading != "Example" or code in RULES]
    assert list(parts) == expected
    assert all(parts.values())


def test_the_guard_finds_what_it_looks_for():
    source = 'x = "a b is fine"\nraise ValueError(f"{name} is no " "registry")\n'
    texts = dict(texts_of_code(source))
    assert list(findings(texts[1])) == []
    assert list(findings(texts[2])) == ["`is no`: write is not a, has no"]
