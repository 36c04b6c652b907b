"""Completion in the real shells, the help by sections, and the man pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from regspec.cli.group import regspec as group
from regspec.dialects import TARGETS
from regspec.rules import RULES

BASH = """
source <(regspec completion bash)
complete -p regspec
COMP_WORDS=({words} "") COMP_CWORD={count}
_regspec_completion regspec
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# What zsh offers is what it hands to compadd; the rest of its line editor needs a terminal.
ZSH = """
autoload -U compinit && compinit -u -D
source <(regspec completion zsh)
print "complete $_comps[regspec]"
compadd() {{ print -l -- $completions }}
_describe() {{ print -l -- ${{completions_with_descriptions%%:*}} }}
words=({words} "") CURRENT={count}+1
_regspec_completion
"""
FISH = """
regspec completion fish | source
complete --command regspec
complete --do-complete '{words} ' | string split --fields 1 \\t
"""
SHELLS = {
    "bash": (["bash", "--norc", "-c"], BASH),
    "zsh": (["zsh", "-f", "-c"], ZSH),
    "fish": (["fish", "--no-config", "-c"], FISH),
}


@pytest.fixture
def offered(tmp_path):
    """What a shell offers after some words: offered("bash", "regspec", "compile")."""
    (tmp_path / "regspec").write_text(f'#!/bin/sh\nexec {sys.executable} -m regspec "$@"\n')
    (tmp_path / "regspec").chmod(0o755)

    def offered(shell, *words):
        command, script = SHELLS[shell]
        if not shutil.which(command[0]):
            pytest.skip(f"{shell} is not installed")
        done = subprocess.run(
            [*command, script.format(words=" ".join(words), count=len(words))],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        registered, *lines = done.stdout.splitlines()
        assert "complete" in registered
        assert "regspec" in registered
        return lines

    return offered


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_offers_commands_and_targets(offered, shell):
    assert sorted(offered(shell, "regspec")) == sorted(group.commands)
    assert sorted(offered(shell, "regspec", "compile", "--target")) == sorted(TARGETS)
    assert sorted(offered(shell, "regspec", "completion")) == sorted(SHELLS)


def test_fish_offers_codes_and_files(offered, tmp_path):
    (tmp_path / "registry.yaml").write_text("")
    found = offered("fish", "regspec", "rule")
    assert [line.partition("\t")[0] for line in found] == sorted(RULES)
    for words in ("compile", "check", "verify registry.yaml", "import", "explain", "coverage -i"):
        assert "registry.yaml" in offered("fish", "regspec", *words.split()), words


@pytest.mark.parametrize(
    "words, begun, offered",
    [
        ("compile", "", "file,"),
        ("compile --sha256sums", "o", "file,o"),
        ("check registry.yaml", "", "file,"),
        ("check --select", "RS10", "plain,RS101"),
        ("check --select", "RS301,rs10", "plain,RS301,RS101"),
        ("rule", "RS21", "plain,RS210"),
    ],
)
def test_what_is_offered_to_bash(regspec, tmp_path, words, begun, offered):
    """By the protocol of click: what bash itself makes of `file` needs a terminal."""
    asked = {"COMP_WORDS": f"regspec {words} {begun}", "COMP_CWORD": str(len(words.split()) + 1)}
    done = regspec(cwd=tmp_path, env={"_REGSPEC_COMPLETE": "bash_complete", **asked})
    assert offered in done.stdout.splitlines()


def test_a_shell_that_is_not_known_is_wrong_usage(regspec, tmp_path):
    done = regspec("completion", "csh", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'bash', 'zsh', 'fish'" in done.stderr


def test_printing_the_script_starts_no_program(regspec, tmp_path):
    done = regspec("completion", "bash", cwd=tmp_path, env={"PATH": "/nowhere"})
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_has_every_command_once_in_sections(regspec, tmp_path):
    text = regspec("--help", cwd=tmp_path).stdout
    listed = [name for names in group.sections.values() for name in names]
    assert sorted(listed) == sorted(group.commands)
    begun = re.findall(r"^  ([a-z]+)  +[A-Z]", text, re.MULTILINE)
    assert begun == listed
    assert re.findall(r"^(\S.*):$", text, re.MULTILINE)[1:] == list(group.sections)
    columns = {len(row) for row in re.findall(r"^(  [a-z]+  +)[A-Z]", text, re.MULTILINE)}
    assert len(columns) == 1, "the helps of all sections begin in one column"


def test_man_pages_of_every_command_are_read_by_man(root, tmp_path):
    for folder in ("one", "two"):  # click-man changes the help of what it has read
        words = [sys.executable, root / "docs/man.py", tmp_path / folder]
        subprocess.run(words, check=True, capture_output=True)
    pages = sorted((tmp_path / "one").iterdir())
    names = {"regspec.1"} | {f"regspec-{name}.1" for name in group.commands}
    assert {page.name for page in pages} == names
    for page in pages:
        assert page.read_bytes() == (tmp_path / "two" / page.name).read_bytes()
        shown = subprocess.run(
            ["groff", "-man", "-ww", "-Tutf8", "-P-cbu", page],
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown.stderr == ""
        assert "NAME" in shown.stdout
