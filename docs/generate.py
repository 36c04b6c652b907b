"""Writes the pages that are made from the schema, the targets, the rules and the commands.

    python docs/generate.py

tests/test_docs.py fails when a page is not what this makes.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import commands
import shown
from regspec import resources
from regspec.dialects import DEFAULT_TARGETS, FOLDERS, TARGETS, Target
from regspec.dialects.dialect import Limits
from regspec.model import TargetEntry
from regspec.rules import RULES
from regspec.rules.manuals import sections
from regspec.rules.phases import PHASES
from regspec.schema import resolved

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).resolve().parent
NOTE = "<!-- made by docs/generate.py; run `make docs` -->\n"
SCHEMA = resources.schema()


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
        "One YAML document. Plain `true`, `false`, `null` and decimal numbers are what they are in",
        "JSON; every other plain scalar is text (`no`, `010`, `1e3` too). A key stands once, and",
        "an unknown key is an error. `regspec schema` prints the JSON Schema behind this page;",
        "[rules.md](rules.md) says what else is checked.\n",
        *tables(SCHEMA, ""),
        "## References\n",
        "Where text may be a reference, it is a mapping with one of these keys. What it refers to",
        "is text in UTF-8, which must not be empty; one final line break is dropped.\n",
        "| key | what |",
        "| --- | --- |",
        *(f"| `{key}` | {value['description']} |" for key, value in text.items()),
        "",
        "A file must be a regular file of at most 1 MiB inside the folder of the spec, after links",
        "are resolved; `--allow-file DIR` on the command line allows another folder.\n",
    ]
    return "\n".join(lines)


LIMITS = {
    "wildcard": ("a mirror of `*`", "RS215"),
    "registry_beside_wildcard": (
        "images that are named by the private registry itself, beside a mirror of `*`",
        "RS316",
    ),
    "library": ("a `docker.io/library` whose place is not below that of `docker.io`", "RS206"),
    "ipv6": ("an IPv6 address as a host", "RS103"),
    "deny": ("`fallback: deny`", "RS211"),
    "login": ("the login of a mirror", ""),
    "ca": ("the CA of a mirror", ""),
    "skip_verify": ("`insecureSkipVerify` of a mirror", ""),
}
"""What each question is about, and the rule that reports it unless the dialect names another."""


def choices(target: Target, options: dict[str, Any]) -> dict[str, TargetEntry]:
    """The target without options, and with each single one that is not free text."""
    found = {"": TargetEntry(target.name)}
    for name in target.options:
        schema = options[name]
        for value in schema.get("enum", [True] if schema.get("type") == "boolean" else []):
            written = str(value).lower() if isinstance(value, bool) else value
            found[f"`{name}: {written}`"] = TargetEntry(target.name, ((name, value),))
    return found


def limits(target: Target, options: dict[str, Any]) -> list[str]:
    """What a target cannot carry, with the rule that says so and the options that matter."""
    answers = {words: target.limits_of(one) for words, one in choices(target, options).items()}
    lines = []
    for question in Limits.__annotations__:
        what, code = LIMITS[question]
        found = {words: getattr(one, question) for words, one in answers.items()}
        without, reasons = found[""], [limit for limit in found.values() if limit]
        if not reasons:
            continue
        codes = dict.fromkeys(limit.reported_by or code for limit in reasons)
        other = [words for words, limit in found.items() if (limit is None) != (without is None)]
        when = f", {'unless' if without else 'if'} {' or '.join(other)} is set" if other else ""
        mark = f"`{reasons[0].mark}` of " if reasons[0].mark else ""
        reported = ", ".join(f"[{code}](rules.md#{code.lower()})" for code in codes)
        lines.append(f"{mark}{what}{when} ({reported})")
    return lines


def targets_page() -> str:
    """docs/targets.md, from the targets, their limits and the schema."""
    options = SCHEMA["properties"]["targets"]["items"]["properties"]
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
        "Each target lists what it cannot carry, with the rule that reports it. What depends on",
        "the `version` on the nodes is in [runtimes.md](runtimes.md).\n",
    ]
    for target in TARGETS.values():
        place = "On each node" if target.on_nodes else "Taken by"
        restart = f"; restart {target.restart} afterwards" if target.restart else ""
        lacking = limits(target, options)
        lines += [
            f"## `{target.name}`\n",
            f"{_capitalised(target.summary)}.\n",
            f"- {'Files' if target.parts else 'File'}: {', '.join(f'`{f}`' for f in target.files)}",
            f"- {place}: `{target.destination}`{restart}",
            *(["- Cannot carry:", *(f"  - {line}" for line in lacking)] if lacking else []),
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
    return sentence[0].upper() + sentence[1:]


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


def table_rows(text: str) -> dict[str, dict[str, str]]:
    """The rows of each table of a page, by its heading and then by their first cells."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            heading = ""
        elif not heading:
            heading = line
        elif not line.startswith("| --- |"):
            found.setdefault(heading, {})[line.split(" | ")[0]] = line
    return found


def runtimes_page() -> str:
    """docs/runtimes.md, which is written by hand, with the rows that the dialects have."""
    own: dict[str, dict[str, str]] = {}
    for folder in dict.fromkeys(FOLDERS.values()):
        front = importlib.import_module(f"regspec.dialects.{folder}").__file__ or ""
        file = Path(front).with_name("docs.md")
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        for heading, rows in table_rows(text).items():
            own.setdefault(heading, {}).update(rows)
    lines: list[str] = []
    missing: dict[str, str] = {}
    for line in [*(HERE / "runtimes.md").read_text(encoding="utf-8").splitlines(), ""]:
        if not line.startswith("|"):
            lines += missing.values()  # of a table that ends here
            missing = {}
        elif line in own:
            missing = dict(own[line])
        lines.append(missing.pop(line.split(" | ")[0], line))
    return "\n".join(lines)


def run_page(page: str) -> str:
    """A page that is written by hand, with what its commands really print."""
    examples = HERE.parent / "examples"
    files = {
        name: (examples / name).read_text(encoding="utf-8")
        for name in ("harbor-airgap.yaml", "ca.crt")
    }
    return shown.refreshed((HERE / page).read_text(encoding="utf-8"), files)


PAGES = {
    "spec.md": spec_page,
    "targets.md": targets_page,
    "rules.md": rules_page,
    "runtimes.md": runtimes_page,
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
