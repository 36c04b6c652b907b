"""Writes the pages, and the parts of pages, that are made from the code and the schema.

    python docs/generate.py

tests/test_docs.py fails when a page is not what this makes.
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import commands
import dialect_tables
import picture
import shown
from regspec import resources
from regspec.dialects import DEFAULT_TARGETS, TARGETS
from regspec.rules import RULES
from regspec.rules.manuals import sections
from regspec.rules.phases import PHASES
from regspec.schema import resolved

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).resolve().parent
NOTE = "<!-- made by docs/generate.py; run `make docs` -->\n"
SCHEMA = resources.schema()
OPTIONS = SCHEMA["properties"]["targets"]["items"]["properties"]


def kind(node: dict[str, Any]) -> str:
    """What a value may be."""
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return " or ".join(f"`{value}`" for value in node["enum"])
    names = {"string": "text", "object": "mapping", "array": "list", "boolean": "true or false"}
    types = node["type"] if isinstance(node["type"], list) else [node["type"]]
    return " or ".join(names[name] for name in types)


def tables(node: dict[str, Any], path: str) -> list[str]:
    """A table for a mapping, and one for each mapping below it."""
    lines, below = [], []
    if "properties" in node:
        title = f"`{path}`" if path else "The spec"
        lines += [f"## {title}\n", f"{node['description']}\n"]
        lines += ["| key | what | |", "| --- | --- | --- |"]
        for key, value in node["properties"].items():
            entry = resolved(value)
            needed = "required" if key in node.get("required", ()) else ""
            what = f"{entry['description']} ({kind(entry)})"
            lines.append(f"| `{key}` | {what} | {needed} |")
            if not entry.get("writeOnly"):
                below += tables(entry, f"{path}.{key}" if path else key)
        lines.append("")
    if isinstance(node.get("items"), dict):
        below += tables(resolved(node["items"]), f"{path}[]")
    if isinstance(node.get("additionalProperties"), dict):
        below += tables(resolved(node["additionalProperties"]), f"{path}.HOST")
    return lines + below


def spec_page() -> str:
    """docs/spec.md, from the schema."""
    text = resolved(SCHEMA["$defs"]["text"])["properties"]
    lines = [
        "# The spec\n",
        NOTE,
        "A spec is one YAML document. Plain `true`, `false`, `null` and decimal numbers have the",
        "same meaning as in JSON. Every other plain scalar is text, also `no`, `010` and `1e3`. A",
        "repeated key and an unknown key are errors. `regspec schema` prints the JSON Schema of",
        "this page. [rules.md](rules.md) lists the other checks.\n",
        *tables(SCHEMA, ""),
        "## References\n",
        "A text that may be a reference is then a mapping with one of these keys. The content of",
        "the variable or file must be UTF-8 and not empty. One final line break is removed.\n",
        "| key | what |",
        "| --- | --- |",
        *(f"| `{key}` | {value['description']} |" for key, value in text.items()),
        "",
        "A file must be a regular file of at most 1 MiB. After links are resolved, it must be in",
        "the folder of the spec. `--allow-file DIR` on the command line allows another folder.\n",
    ]
    return "\n".join(lines)


def targets_page() -> str:
    """docs/targets.md, from the targets, their limits and the schema."""
    options, steps = OPTIONS, dialect_tables.cells_of_targets(dialect_tables.STEPS)
    lines = [
        "# Targets\n",
        NOTE,
        "The outputs of a spec. Its list `targets` selects targets and sets their options.",
        f"Without the list the targets are {', '.join(f'`{name}`' for name in DEFAULT_TARGETS)}.",
        "`regspec targets --format json` prints this page for programs.",
        "[Which target do I need?](which-target.md) starts from what runs on your nodes.\n",
        "A source is a whole registry or `docker.io/library`. A spec cannot contain a source with",
        "another path, such as `quay.io/openshift-release-dev/ocp-release`.\n",
        "Every target has one option, in addition to those listed below it:\n",
        *_option_table(options, ("out",)),
        "| target | what |",
        "| --- | --- |",
        *(
            f"| [`{target.name}`](#{_anchor(target.name)}) | {_capitalised(target.summary)} |"
            for target in TARGETS.values()
        ),
        "",
        "Each target lists what it cannot express, with the rule that reports it. What depends on",
        "the `version` on the nodes is in [runtimes.md](runtimes.md).\n",
    ]
    for target in TARGETS.values():
        place = "On each node" if target.on_nodes else "Use with"
        restart = f"; restart {target.restart} afterwards" if target.restart else ""
        lacking = dialect_tables.limits(target, options)
        lines += [
            f"## `{target.name}`\n",
            f"{_capitalised(target.summary)}.\n",
            f"- {'Files' if target.parts else 'File'}: {', '.join(f'`{f}`' for f in target.files)}",
            f"- {place}: `{target.destination}`{restart}",
            *(f"- How: {link}" for link in steps.get(target.name, ())),
            *(["- Cannot express:", *(f"  - {line}" for line in lacking)] if lacking else []),
            "",
            *(_option_table(options, target.options) if target.options else ()),
        ]
    return "\n".join(lines)


def _option_table(options: dict[str, Any], names: Iterable[str]) -> list[str]:
    """The descriptions of some options of targets as a table."""
    described = (
        f"| `{name}` | {options[name]['description'].partition(' Option of:')[0]} |"
        for name in names
    )
    return ["| option | what |", "| --- | --- |", *described, ""]


def _anchor(name: str) -> str:
    """The anchor of a heading that is one name, as GitHub makes it."""
    return name.lower().replace(".", "")


def _capitalised(sentence: str) -> str:
    """A sentence with a capital letter, unless it begins with the name of a file."""
    return sentence if "." in sentence.split(maxsplit=1)[0] else sentence[0].upper() + sentence[1:]


def rules_page() -> str:
    """docs/rules.md, from the manuals of the rules."""
    lines = [
        "# Rules\n",
        NOTE,
        "What `regspec check` and `regspec compile` report. An error stops the compiler. A warning",
        "does not, and `lint: {ignore: [CODE]}` in the spec silences it. The examples show only",
        "the keys that matter.\n",
        "`regspec rule CODE` prints the manual of one rule. The anchor of a rule is its code in",
        "lower case, such as `rules.html#rs315`. It never changes.\n",
        "| code | severity | finding |",
        "| --- | --- | --- |",
    ]
    manuals = {code: (manual, "error") for code, manual in PHASES.items()}
    for code, rule in sorted(RULES.items()):
        manuals[code] = (inspect.cleandoc(rule.manual), rule.severity.value)
    for code, (manual, severity) in manuals.items():
        lines.append(f"| [{code}](#{_anchor(code)}) | {severity} | {_title(manual)} |")
    lines.append("")
    for code, (manual, severity) in manuals.items():
        lines += [f'<a id="{_anchor(code)}"></a>\n', f"## {code}: {_title(manual)}\n"]
        lines.append(f"Severity: {severity}\n")
        for heading, text in list(sections(manual).items())[1:]:
            lines.append(f"**{heading}**\n")
            for part in text.split("\n\n"):
                name, _, example = part.partition("\n")
                if name in ("Bad:", "Good:"):
                    lines += [f"{name}\n", f"```yaml\n{textwrap.dedent(example)}\n```\n"]
                else:
                    lines.append(f"{part}\n")
    return "\n".join(lines)


def _title(manual: str) -> str:
    """The first sentence of a manual, as a heading."""
    return " ".join(manual.partition("\n\n")[0].split()).removesuffix(".")


def filled_page(page: str) -> str:
    """A page that is written by hand, with the tables that come from the dialects."""
    return dialect_tables.filled((HERE / page).read_text(encoding="utf-8"), OPTIONS)


def run_page(page: str) -> str:
    """A page that is written by hand, with what its commands really print."""
    examples = HERE.parent / "examples"
    files = {
        name: (examples / name).read_text(encoding="utf-8")
        for name in ("harbor-airgap.yaml", "ca.crt")
    }
    return shown.refreshed(filled_page(page), files)


PAGES = {
    "spec.md": spec_page,
    "targets.md": targets_page,
    "rules.md": rules_page,
    "runtimes.md": functools.partial(filled_page, "runtimes.md"),
    "import.md": functools.partial(filled_page, "import.md"),
    "which-target.md": functools.partial(filled_page, "which-target.md"),
    "../README.md": functools.partial(filled_page, "../README.md"),
    "pictures/flow.svg": picture.flow,
    "cli.md": functools.partial(commands.cli_page, NOTE),
    "json.md": functools.partial(run_page, "json.md"),
    "explain.md": functools.partial(run_page, "explain.md"),
    "tutorial.md": functools.partial(run_page, "tutorial.md"),
    "registries.md": functools.partial(run_page, "registries.md"),
    "v2.md": functools.partial(run_page, "v2.md"),
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")
