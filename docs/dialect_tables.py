"""The tables of the pages that are made from the dialects.

What a target can express comes from its `Limits`, which the rules also use. Words that no record
has are rows of `docs.md` in the folder of a dialect.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from regspec.dialects import FOLDERS, TARGETS, Target
from regspec.dialects.dialect import Limit, Limits
from regspec.explaining.explain import is_explained
from regspec.model import TargetEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# -- what a target can express ---------------------------------------------------------------------

QUESTIONS = {
    "wildcard": ('a mirror of all registries, `source: "*"`', "RS215"),
    "registry_beside_wildcard": (
        "images that name the private registry, next to a mirror of `*`",
        "RS316",
    ),
    "library": ("`docker.io/library` at a path that is not below the path of `docker.io`", "RS206"),
    "ipv6": ("an IPv6 address as a host", "RS103"),
    "deny": ("`fallback: deny`", "RS211"),
    "login": ("the credentials of a mirror", ""),
    "ca": ("the CA of a mirror", ""),
    "skip_verify": ("`insecureSkipVerify` of a mirror", ""),
}
"""What each question of `Limits` is about, and the rule that reports it unless a dialect names
another."""


class Answer(NamedTuple):
    """What a target can express, by its options."""

    limit: Limit | None
    """Without any option."""
    exceptions: tuple[str, ...]
    """The smallest sets of options with which it is the other way round, in words."""
    codes: tuple[str, ...]
    """The rules that report what it cannot express."""
    mark: str
    """The text that it cannot express, if it is a matter of text."""

    def __str__(self) -> str:
        """Whether the target can, for a cell of a table."""
        where = f", except with {' or '.join(self.exceptions)}" if self.exceptions else ""
        return f"{'no' if self.limit else 'yes'}{where}{self.links}"

    @property
    def links(self) -> str:
        """The rules in brackets, after a space; an empty text if there is none."""
        links = ", ".join(f"[{code}](rules.md#{code.lower()})" for code in self.codes)
        return f" ({links})" if links else ""


def answer(target: Target, question: str, options: dict[str, Any]) -> Answer:
    """What a target answers to a question of `Limits`.

    Args:
        target: the target.
        question: the name of a field of `Limits`.
        options: the schemas of all options, by their names.
    """
    limit = getattr(target.limits_of(TargetEntry(target.name)), question)
    seen: list[Limit | None] = [limit]
    exceptions: dict[frozenset[tuple[str, Any]], str] = {}
    for chosen in _choices(target, options):
        values = tuple((name, value) for name, value, _ in chosen)
        other = getattr(target.limits_of(TargetEntry(target.name, values)), question)
        seen.append(other)
        smaller = [one for one in exceptions if one <= frozenset(values)]
        is_the_same = (other is None) == (limit is None)
        words = [
            words
            for name, value, words in chosen
            if not any((name, value) in one for one in smaller)
        ]
        if not smaller and not is_the_same:
            exceptions[frozenset(values)] = _list(words)
        elif smaller and is_the_same and len(words) == 1:
            exceptions[smaller[0]] += f" but not {words[0]}"
    reasons = [one for one in seen if one is not None]
    codes = dict.fromkeys(one.reported_by or QUESTIONS[question][1] for one in reasons)
    mark = reasons[0].mark if reasons else ""
    return Answer(limit, tuple(exceptions.values()), tuple(filter(None, codes)), mark)


def _list(words: list[str]) -> str:
    """Words with commas and an `and`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


Setting = tuple[str, Any, str]
"""An option, a value of it, and words for both."""


def _choices(target: Target, options: dict[str, Any]) -> Iterator[tuple[Setting, ...]]:
    """All sets of the options of a target, the smallest ones first; none if they do not matter."""
    if isinstance(target.limits, Limits):
        return
    settings = [_settings(target, name, options[name]) for name in target.options]
    for size in range(1, len(settings) + 1):
        for some in itertools.combinations(settings, size):
            yield from itertools.product(*some)


def _settings(target: Target, name: str, schema: dict[str, Any]) -> list[Setting]:
    """The values of an option that may make a difference."""
    if name == "version":
        return [(name, first, words) for first, words in _versions(target.versions)]
    if "enum" in schema:
        return [(name, value, f"`{name}: {value}`") for value in schema["enum"]]
    if schema["type"] == "boolean":
        return [(name, True, f"`{name}: true`")]
    return [(name, "/any", f"`{name}`")] if schema["type"] == "string" else []


def _versions(firsts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The first version of each range, and words for the range."""
    for number, first in enumerate(firsts):
        ends = f"before {firsts[number + 1]}" if first != firsts[-1] else ""
        begins = f"from {first}" if number else ""
        yield first, " ".join(filter(None, ("`version`", begins, ends)))


def limits(target: Target, options: dict[str, Any]) -> list[str]:
    """What a target cannot express, with the rule that says so and the options that matter."""
    lines = []
    for question, (what, _) in QUESTIONS.items():
        found = answer(target, question, options)
        if not found.codes:
            continue
        when = "except with" if found.limit else "with"
        where = f", {when} {' or '.join(found.exceptions)}" if found.exceptions else ""
        mark = f"`{found.mark}` of " if found.mark else ""
        lines.append(f"{mark}{what}{where}{found.links}")
    return lines


# -- rows of docs.md -----------------------------------------------------------------------------

REQUESTS = "| target | what is written | who adds `/v2` |"
FAILING = "| target | when the mirror fails |"
LOGINS = "| target | login | CA |"
STEPS = "| target | steps |"
SHOWN = "| consumer | shown by |"
NODES = "| what pulls images on the node | target | notes |"
MACHINES = "| what pulls or builds images | target | notes |"
CLUSTER = "| what you use | target |"
FILLING = "| what you do | target | reads `images` of the spec |"
SPELLINGS = "| consumer | write | does it add `/v2`? | another spelling | basis |"
FORMATS = "| format | forms that are read |"
LOST = "| target | not in its files |"
PICTURE = "| in the picture | for |"
HEADINGS = (
    *(REQUESTS, FAILING, LOGINS, STEPS, SHOWN),
    *(NODES, MACHINES, CLUSTER, FILLING, SPELLINGS, FORMATS, LOST, PICTURE),
)
"""The tables that the `docs.md` of a dialect may have rows of."""


class UnknownTable(Exception):  # noqa: N818 - it says what is wrong with a page
    """A `docs.md` has a table that no page has."""


def rows(heading: str) -> list[list[str]]:
    """The cells of the rows that all dialects have of one table, in the order of the dialects."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for folder in dict.fromkeys(FOLDERS.values())
        for line in _tables(folder).get(heading, ())
    ]


def _tables(folder: str) -> dict[str, list[str]]:
    """The rows of each table of the `docs.md` of a dialect, by its heading."""
    front = importlib.import_module(f"regspec.dialects.{folder}").__file__ or ""
    file = Path(front).with_name("docs.md")
    found: dict[str, list[str]] = {}
    for block in file.read_text(encoding="utf-8").split("\n\n") if file.exists() else ():
        heading, *lines = block.strip().splitlines()
        if heading.startswith("|"):
            if heading not in HEADINGS:
                raise UnknownTable(f"{file}: {heading}")
            found[heading] = lines[1:]
    return found


def cells_of_targets(heading: str) -> dict[str, list[str]]:
    """The cells after the first one, which names targets, by these names."""
    return {
        name: cells for first, *cells in rows(heading) for name in re.findall(r"`([^`]+)`", first)
    }


# -- the tables ----------------------------------------------------------------------------------


def table(heading: str, lines: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table."""
    columns = heading.count("|") - 1
    written = (f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)
    return [heading, f"|{' --- |' * columns}", *written]


def _by_target(heading: str, lines: Iterable[tuple[str, tuple[str, ...]]]) -> list[str]:
    """A table with a row for each target, or for several if their cells are the same."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, cells in lines:
        names.setdefault(cells, []).append(f"`{name}`")
    return table(heading, ((", ".join(targets), *cells) for cells, targets in names.items()))


def of_dialects(heading: str, _options: dict[str, Any]) -> list[str]:
    """A table with the rows that the dialects have, as they are."""
    return table(heading, rows(heading))


def failing(options: dict[str, Any]) -> list[str]:
    """What each target makes of `fallback: deny`."""
    notes = cells_of_targets(FAILING)

    def lines() -> Iterator[tuple[str, tuple[str, ...]]]:
        for target in TARGETS.values():
            (note,) = notes.get(target.name, ("",))
            if is_explained(target.name):
                found = answer(target, "deny", options)
                advice = found.limit.advice if found.limit else ""
                yield target.name, (": ".join(filter(None, (str(found), advice))), note)
            elif note:
                yield target.name, ("", note)

    return _by_target("| target | can enforce `fallback: deny` | notes |", lines())


def logins(options: dict[str, Any]) -> list[str]:
    """Where each target has logins and CAs, and which cannot express them."""
    places = cells_of_targets(LOGINS)

    def lines() -> Iterator[tuple[str, tuple[str, ...]]]:
        for target in TARGETS.values():
            words = places.get(target.name, ["", ""])
            if is_explained(target.name) and not target.for_webhook:
                found = [answer(target, one, options) for one in ("login", "ca", "skip_verify")]
                yield (
                    target.name,
                    tuple(
                        ": ".join(filter(None, (str(one), where)))
                        for one, where in zip(found, (*words, ""), strict=True)
                    ),
                )
            elif target.name in places:
                yield target.name, (*words, "")

    return _by_target("| target | login | CA | `insecureSkipVerify` |", lines())


def not_possible(options: dict[str, Any]) -> list[str]:
    """What a spec may have, and the targets that cannot express it."""

    def lines() -> Iterator[tuple[str, str]]:
        for question, (what, _) in QUESTIONS.items():
            found = {one.name: answer(one, question, options) for one in TARGETS.values()}
            refusing = {name: one for name, one in found.items() if one.codes}
            codes = dict.fromkeys(code for one in refusing.values() for code in one.codes)
            links = Answer(None, (), tuple(codes), "").links
            yield what, f"{'; '.join(_refusing(refusing))}{links}"

    return table("| spec | not possible with |", lines())


def _refusing(answers: dict[str, Answer]) -> Iterator[str]:
    """The targets that cannot express something, those with the same exceptions together."""
    names: dict[str, list[str]] = {}
    for name, one in answers.items():
        where = " or ".join(one.exceptions)
        when = f"{' without' if one.limit else ' with'} {where}" if where else ""
        names.setdefault(when, []).append(f"`{name}`")
    for when, targets in names.items():
        yield f"{', '.join(targets)}{when}"


def lost(_options: dict[str, Any]) -> list[str]:
    """What the files of each target do not hold."""
    found = cells_of_targets(LOST)
    return _by_target(LOST, ((name, tuple(found[name])) for name in TARGETS if name in found))


def outputs(_options: dict[str, Any]) -> list[str]:
    """The targets of the spec in README.md: their files, and what to do with these."""
    (spec,) = re.findall(r"```yaml\n(apiVersion.*?)```", README.read_text("utf-8"), re.DOTALL)
    steps = cells_of_targets(STEPS)

    def lines() -> Iterator[tuple[str, str, str]]:
        for entry in yaml.safe_load(spec)["targets"]:
            target = TARGETS[entry if isinstance(entry, str) else entry["target"]]
            files = ", ".join(f"`{file}`" for file in target.files)
            if target.on_nodes:
                how = "".join(f" ({link})" for link in steps.get(target.name, ()))
                to_do = f"copy into `{target.destination}` of each node{how}"
            else:
                to_do = f"`{target.destination.replace(target.file, f'out/{target.file}')}`"
            yield f"`{target.name}`", files, to_do.replace("](", "](docs/")

    return table("| target | file | what to do with it |", lines())


README = Path(__file__).resolve().parent.parent / "README.md"
TABLES: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "requests": functools.partial(of_dialects, REQUESTS),
    "failing": failing,
    "logins": logins,
    "shown": functools.partial(of_dialects, SHOWN),
    "nodes": functools.partial(of_dialects, NODES),
    "machines": functools.partial(of_dialects, MACHINES),
    "cluster": functools.partial(of_dialects, CLUSTER),
    "filling": functools.partial(of_dialects, FILLING),
    "spellings": functools.partial(of_dialects, SPELLINGS),
    "formats": functools.partial(of_dialects, FORMATS),
    "lost": lost,
    "limits": not_possible,
    "outputs": outputs,
}
"""The tables by the names that pages have them by."""
_MARKED = re.compile(r"(<!-- table (\w+): `make docs` -->\n).*?(<!-- end of table -->)", re.DOTALL)


def filled(page: str, options: dict[str, Any]) -> str:
    """A page with the tables that its marks name.

    Args:
        page: its text.
        options: the schemas of all options, by their names.

    Raises:
        KeyError: no table has such a name.
    """

    def between(marks: re.Match[str]) -> str:
        lines = "\n".join(TABLES[marks[2]](options))
        return f"{marks[1]}\n{lines}\n\n{marks[3]}"

    return _MARKED.sub(between, page)
