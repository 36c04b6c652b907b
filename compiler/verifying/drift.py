"""The differences between the outputs of a spec and the installed files, fact by fact."""

from __future__ import annotations

import re

from .. import placeholders
from ..diagnostics import Place, code_span
from ..dialects import format_of
from ..frozen import frozen
from ..reading.facts import STAND_IN as UNSET
from ..reading.facts import UNKNOWN
from ..reading.objects import OF_A_CHOICE, OF_ITS_KIND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from ..reading.facts import Fact, FactKey, Reading

_UNSET_FORMS = placeholders.forms(UNSET)
_QUERY = re.compile(r"\?[^\s,]+")
"""What may follow a URL, a token perhaps."""
_MAX_SHOWN = 300
"""How many characters of a value are shown: enough for any image, or two could look alike."""
_OF_A_HOST = ("tls", "insecure")
_REQUIRED = (
    *(("registry", key) for key in ("endpoint", "name", "baseContentPath", "insecureSkipVerify")),
    ("isEKSCluster",),
)
"""What the documented parameter tables require, even if it is empty or false."""
_EMPTY: tuple[Any, ...] = ("", False, (), None, frozenset(), [])


@frozen
class Drift:
    """One thing that is not as the spec has it."""

    reading: Reading
    place: Place
    message: str
    fact: Fact | None = None
    """The fact of the file that differs; none if something is missing."""
    missing: Fact | None = None
    """What is missing."""


def between(
    expected: Reading, found: Reading, hosts: Iterable[str], facts: Iterable[Fact] | None = None
) -> list[Drift]:
    """The differences between two readings of one kind: what changed, is missing, is too much.

    Args:
        expected: of the outputs of the spec.
        found: of the installed file.
        hosts: the hosts that the spec has mirrors on; settings of others are not compared.
        facts: the facts of the file that are in force, if they are not all of its facts.
    """
    names = {**_NAMES, **format_of(found.kind).names}
    present: dict[FactKey, list[Fact]] = {}
    for fact in found.facts if facts is None else facts:
        present.setdefault(fact.subject, []).append(fact)
    wanted = {fact.subject: fact for fact in expected.facts}
    missing = [
        fact for fact in wanted.values() if fact.subject not in present and _matters(fact, found)
    ]
    known = frozenset(hosts)
    has_default = any(one.subject == ("map", "default") and one.value for one in found.facts)
    extra = [
        fact
        for subject, group in present.items()
        for fact in group
        if subject not in wanted and _is_too_much(fact, found, known, has_default=has_default)
    ]
    of_a_mirror = format_of(found.kind).of_a_mirror
    missing, extra = _without_details(missing, of_a_mirror), _without_details(extra, of_a_mirror)
    told: list[tuple[Place, str, Fact | None]] = [
        (fact.place, message, fact)
        for subject, one in wanted.items()
        for fact in present.get(subject, ())
        if (message := _changed(one, fact, names))
    ]
    renamed = _renamed(missing, extra)
    for old, new in renamed:
        message = (
            f"{code_span(new.subject[-1])} stands where the spec has {code_span(old.subject[-1])}"
        )
        told.append((_of_name(new), message, new))
    paired = {id(fact) for pair in renamed for fact in pair}
    missing = [fact for fact in missing if id(fact) not in paired]
    extra = [fact for fact in extra if id(fact) not in paired]
    mirrors = any(subject[0] == "endpoint" for subject in present)
    told += [(fact.place, _too_much(fact, names, mirrors=mirrors), fact) for fact in extra]
    if not told and not missing and not present.keys() & wanted.keys():
        told.append((Place(()), "nothing in it is what the spec is about", None))
    differences = [Drift(found, place, message, fact) for place, message, fact in told]
    for fact in missing:
        place = _home(fact, found) or Place(())
        differences.append(Drift(found, place, _missing(fact, names), missing=fact))
    return differences


def _without_details(facts: list[Fact], of_a_mirror: tuple[str, ...]) -> list[Fact]:
    """What is missing, or too much, but nothing more of a mirror that is so as a whole."""
    whole = {fact.subject[1] for fact in facts if fact.subject[0] == "mirrors"}
    return [
        fact for fact in facts if fact.subject[0] not in of_a_mirror or fact.subject[1] not in whole
    ]


def _renamed(missing: list[Fact], extra: list[Fact]) -> list[tuple[Fact, Fact]]:
    """What is missing and too much at once, with the same value: a name that was changed."""
    by_value: dict[Any, list[Fact]] = {}
    for new in extra:
        by_value.setdefault(_but_for_its_name(new), []).append(new)
    pairs: list[tuple[Fact, Fact]] = []
    for old in missing:
        key = _but_for_its_name(old)
        if len(old.subject) > 1 and len(by_value.get(key, ())) == 1:
            pairs.append((old, by_value.pop(key)[0]))
    return pairs


def _but_for_its_name(fact: Fact) -> tuple[Any, ...]:
    """What two facts have in common of which one is the other under another name."""
    try:
        hash(fact.value)
    except TypeError:
        return fact.subject[:-1], type(fact.value), repr(fact.value)
    return fact.subject[:-1], fact.value


def _of_name(fact: Fact) -> Place:
    """Where the name of a fact stands: the key, or the part of a text that says it."""
    path, name = fact.place.path, fact.subject[-1]
    if name in path:
        return Place(path[: path.index(name) + 1], on_key=True)
    return fact.place


def _home(fact: Fact, found: Reading) -> Place | None:
    """Where a fact would stand in a file that does not have it; none if it need not have it."""
    for length in range(len(fact.subject), 0, -1):
        if fact.subject[:length] in found.anchors:
            return found.anchors[fact.subject[:length]]
    return None


def _matters(fact: Fact, found: Reading) -> bool:
    """Whether it matters that a fact is not there."""
    if fact.value is UNKNOWN or fact.subject == ("format",):
        return False
    if fact.value in _EMPTY and fact.subject not in _REQUIRED:
        return False
    return _home(fact, found) is not None


def _is_too_much(fact: Fact, found: Reading, hosts: frozenset[str], *, has_default: bool) -> bool:
    """Whether it matters that a fact is there which the spec does not have."""
    kind = fact.subject[0]
    if kind in ("format", "entry"):
        return fact.value is not True
    if _is_placeholder(fact):
        return True
    if _is_broken_ca(fact):
        return len(fact.subject) > len(("ca", "HOST")) or fact.subject[1] in hosts
    if kind == "map" and not fact.value:
        # Such images stay as they are. Without a default, others also do.
        return has_default
    counts = kind in found.exhaustive and fact.value is not UNKNOWN
    counts = counts and (fact.value not in _EMPTY or kind in ("mirror", "endpoint"))
    return counts and (kind not in _OF_A_HOST or fact.subject[1].partition("/")[0] in hosts)


def _is_broken_ca(fact: Fact) -> bool:
    """Whether a CA cannot be loaded, which stops every request to its host."""
    return _is_ca(fact) and isinstance(fact.value, str) and fact.value not in ("", UNSET)


def _changed(wanted: Fact, found: Fact, names: Mapping[str, str]) -> str:
    """What is to be said of a value that is there, or nothing if it is as it should be."""
    same = _is_same(wanted.value, found.value) and not found.problem
    if same or UNKNOWN in (wanted.value, found.value):
        return ""
    if wanted.subject == ("format",):
        return found.shown
    name = _name(found, names)
    if wanted.secret or found.secret:
        return _changed_secret(name, wanted, found)
    if found.problem or UNSET in str(wanted.value):
        return f"{name}: {found.problem}" if found.problem else ""
    if _is_ca(wanted):
        return _changed_ca(name, found)
    hint = f"; {found.hint}" if found.hint else ""
    return f"{name} is {_shown(found)}; the spec has {_shown(wanted)}{hint}"


def _is_same(wanted: Any, found: Any) -> bool:
    """Whether two values are the same: to Python 1 is true, to a consumer it is not."""
    return wanted == found and isinstance(wanted, bool) == isinstance(found, bool)


def _changed_secret(name: str, wanted: Fact, found: Fact) -> str:
    if wanted.value and _is_placeholder(found):
        return f"{name} {placeholders.WHY}"
    # In hosts.toml a login is the base64 of both its parts.
    if any(form in str(wanted.value) for form in _UNSET_FORMS):
        return ""
    return f"{name}: {found.problem}" if found.problem else f"{name} differs from the spec"


def _changed_ca(name: str, found: Fact) -> str:
    if isinstance(found.value, str) and found.value:
        return f"{name}: {found.value}"
    if not found.value:
        return f"{name} is missing"
    return f"{name} is another certificate than the spec has"


def _missing(fact: Fact, names: Mapping[str, str]) -> str:
    name = _name(fact, names)
    if fact.secret or _is_ca(fact):
        return f"{name} is missing"
    return f"{name} is missing; the spec has {_shown(fact)}"


def _too_much(fact: Fact, names: Mapping[str, str], *, mirrors: bool) -> str:
    name = _name(fact, names)
    if fact.subject == ("config_path",) and mirrors:
        return (
            f"{name} is {_shown(fact)}; if `mirrors` is also set, containerd does not load its CRI "
            "plugin"
        )
    if fact.subject == ("format",):
        return fact.shown
    if fact.subject[0] == "entry":
        return f"an entry cannot be read: {fact.value}"
    if _is_placeholder(fact) or _is_broken_ca(fact):
        return f"{name} {placeholders.WHY}" if fact.secret else f"{name}: {fact.value}"
    if fact.secret:
        return f"{name} is not in the spec"
    return f"{name} is {_shown(fact)}, and not in the spec"


def _is_placeholder(fact: Fact) -> bool:
    return fact.secret and placeholders.is_in(str(fact.value))


def _is_ca(fact: Fact) -> bool:
    return fact.subject[0] == "ca" or fact.subject[-1] == "caCert"


def _shown(fact: Fact) -> str:
    """A value in backticks, without text that may be a login before a host."""
    if fact.shown:
        return code_span(_QUERY.sub("?...", fact.shown), _MAX_SHOWN)
    match fact.value:
        case bool():
            return f"`{'true' if fact.value else 'false'}`"
        case tuple() | list() | frozenset() if all(isinstance(one, str) for one in fact.value):
            return code_span(", ".join(sorted(fact.value)), _MAX_SHOWN)
        case "":
            return "empty"
        case str() | int() | float():
            text = code_span(str(fact.value), _MAX_SHOWN)
            # In quotes, which consumers do not take for a switch.
            return f"the text {text}" if fact.value in ("true", "false") else text
        case _:
            return "no text"


_NAMES = {
    "mirror": "the place of {0}",
    "endpoint": "the mirror of {0}",
    "mirrors": "the mirror of {0}",
    "ca": "the CA for {0}",
    "insecure": "`insecure` of {0}",
    "tls": "{1} for {0}",
}
"""What the kinds of facts that several formats have are called; see `Format.names`."""


def _name(fact: Fact, called: Mapping[str, str]) -> str:
    """What a fact is called: by what it is for, or by the key that holds it."""
    kind, *names = fact.subject
    if kind in called:
        return called[kind].format(*map(code_span, names))
    if kind in ("auth", "login"):
        return f"the {names[-1]} for {code_span(names[-2])}"
    if kind in ("setting", OF_ITS_KIND, OF_A_CHOICE):
        return code_span(".".join(names))
    keys = [step for step in fact.place.path if isinstance(step, str)]
    return code_span(keys[-1] if keys else names[-1] if names else kind)
