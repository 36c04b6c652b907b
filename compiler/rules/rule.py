"""What a rule is: a generator of findings, whose docstring is its manual."""

from __future__ import annotations

import itertools

from ..diagnostics import Finding, Path, Place, Severity
from ..dialects import TARGETS, companions
from ..frozen import frozen, replace
from ..resources import docstring

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from ..dialects import Target
    from ..model import Access, Spec, TargetEntry

MAX_FINDINGS = 1000
"""The most findings of one rule."""

RuleResult = tuple[Place, str, str] | tuple[Place, str, str, str | None]
"""Where, the message, what to type, and the fix if there is one (`Finding.fix`)."""


@frozen
class LintContext:
    """What a rule checks."""

    spec: Spec
    """With its references unresolved, so that one that is not there gives no second finding."""
    resolved: Spec
    """With its references resolved, or empty; no rule may print a login or a CA of it."""
    choices: tuple[TargetEntry, ...]
    """The targets that are compiled."""
    today: Callable[[], dt.date] | None = None
    """Gives the day for which the validity of certificates is reported."""

    def has(self, *targets: str) -> bool:
        """Whether one of these targets is compiled."""
        return any(choice.target in targets for choice in self.choices)

    @property
    def targets(self) -> Iterator[tuple[Target, TargetEntry]]:
        """The targets that are compiled, each with its choice, in the order of all targets."""
        order = list(TARGETS)
        for choice in sorted(self.choices, key=lambda choice: order.index(choice.target)):
            yield TARGETS[choice.target], choice

    @property
    def rendered(self) -> Spec:
        """The spec as targets take it, with a placeholder for each login."""
        from .. import placeholders

        spec = replace(self.resolved, targets=companions.companions_of(self.spec, self.choices))
        return placeholders.in_place_of_logins(spec)

    @property
    def has_string(self) -> bool:
        """Whether a target has the mirror string, which the image-swap webhook reads."""
        return any(target.carries_mirror_string for target, _ in self.targets)

    @property
    def has_webhook(self) -> bool:
        """Whether a target is for an image-swap webhook."""
        return any(target.for_webhook for target, _ in self.targets)

    @property
    def copies_images(self) -> bool:
        """Whether a target says where images are copied to."""
        return any(target.needs_images for target, _ in self.targets)

    @property
    def registry_host(self) -> str:
        """The private registry, as `host[:port]`."""
        return self.spec.registry.endpoint.host

    @property
    def accesses(self) -> tuple[Access, ...]:
        """How the registry and the other hosts are reached, with unresolved references."""
        return (self.spec.registry.access, *self.spec.hosts.values())

    @property
    def resolved_accesses(self) -> tuple[Access, ...]:
        """The same with resolved references, so far as they are resolved."""
        return (self.resolved.registry.access, *self.resolved.hosts.values())


@frozen
class Selection:
    """Which rules are reported, by their codes or how these begin; errors always are."""

    select: tuple[str, ...] = ()
    """None selects all."""
    ignore: tuple[str, ...] = ()
    with_ignored: bool = False
    """Whether findings that the spec ignores are also reported."""
    all_targets: bool = True
    """Whether every target of the spec is checked, not only some."""

    def has(self, code: str) -> bool:
        """Whether the findings of the rule with this code are reported."""
        return code.startswith(self.select or ("",)) and not code.startswith(self.ignore or ("-",))


@frozen
class Rule:
    """One rule over the model of a spec, or, a structure rule, over its data before that."""

    code: str
    severity: Severity
    check: Callable[[Any], Iterator[RuleResult]]
    over_data: bool = False
    asked: bool = False
    """Whether it is reported only if it is selected."""

    @property
    def manual(self) -> str:
        """What happens, why, how to fix it, the source, and a bad and a good spec."""
        return docstring(self.check)

    def findings(self, subject: Any) -> Iterator[Finding]:
        """What the rule finds.

        Args:
            subject: the data of a document for a structure rule, else a `LintContext`.
        """
        for found in itertools.islice(self.check(subject), MAX_FINDINGS):
            place, message, advice, *fix = found
            yield Finding(self.severity, self.code, place, message, advice, *fix)


def place_of(choice: TargetEntry, option: str = "", *, on_key: bool = False) -> Place:
    """The place of a choice, or of one of its options; the first line if it is a default."""
    path: Path = choice.path or ()
    if option and choice.path is not None and choice.option(option) is not None:
        return Place((*path, option), on_key)
    return Place(path)


_CONFUSED = str.maketrans("OIL", "011")


def code_meant(written: str, codes: Iterable[str]) -> str | None:
    """The code that was most likely meant by a misspelt one, or none: `rs 1O1` is RS101."""
    plain = "".join(filter(str.isalnum, written.upper()))
    digits = plain.removeprefix("RS").translate(_CONFUSED)
    return f"RS{digits}" if f"RS{digits}" in codes else None


def rule(
    code: str, severity: Severity, *, asked: bool = False
) -> Callable[[Callable[[LintContext], Iterator[RuleResult]]], Rule]:
    """Make a rule of a generator over a `LintContext`."""
    return lambda check: Rule(code, severity, check, asked=asked)


def structure_rule(code: str) -> Callable[[Callable[[dict[str, Any]], Iterator[RuleResult]]], Rule]:
    """Make a rule of a generator over data that the schema has accepted; always an error."""
    return lambda check: Rule(code, Severity.ERROR, check, over_data=True)
