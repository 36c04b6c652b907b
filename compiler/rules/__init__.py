"""The rules: what relates two places of a spec, needs parsing, or is advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnostics import Finding, Severity
from ..dialects import dialect_of, dialects
from . import (
    certificates,
    coverage,
    endpoints,
    logins,
    names,
    nodes,
    outputs,
    settings,
)
from .rule import LintContext, Rule, Selection, code_meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["RULES", "LintContext", "Rule", "Selection", "check_data", "check_spec", "code_meant"]

_GENERIC: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        endpoints.not_an_address,
        endpoints.ipv6_in_mirror_string,
        endpoints.unreadable_mirror_string,
        endpoints.v2_in_path,
        endpoints.source_named_default,
        endpoints.proxy_cache_of_a_string,
        endpoints.proxy_cache_and_webhook,
        endpoints.registry_without_a_dot,
        endpoints.source_without_a_dot,
        endpoints.tab_in_mirror_string,
        endpoints.v2_at_end_of_path,
        outputs.foreign_option,
        outputs.exclusive_options,
        outputs.same_file_twice,
        outputs.pull_secret_without_login,
        outputs.library_alone,
        nodes.upstream_is_asked,
        nodes.wildcard_not_expressible,
        names.mirrors_twice_or_never,
        names.path_and_target,
        names.no_default_path,
        names.same_source_twice,
        names.not_an_image,
        names.prefixed_twice,
        names.unknown_host,
        names.unused_host,
        names.invalid_with_prefix,
        names.image_beside_its_mirror,
        coverage.alias_as_source,
        coverage.old_kubernetes_registry_alone,
        coverage.circle,
        coverage.one_place_for_two,
        coverage.library_missing,
        coverage.wildcard_and_registry,
        coverage.no_docker_hub,
        coverage.library_alone_for_webhook,
        coverage.image_without_mirror,
        coverage.webhook_and_node_disagree,
        coverage.sandbox_image_missing,
        coverage.misspelt_registry,
        coverage.unused_mirror,
        coverage.images_collide,
        certificates.unused_ca,
        certificates.tls_of_plain_http,
        certificates.not_x509,
        certificates.out_of_its_time,
        certificates.not_a_ca,
        certificates.weak,
        certificates.out_of_order,
        certificates.same_certificate_twice,
        certificates.not_looked_at,
        logins.colon_in_user_name,
        logins.half_a_login,
        logins.literal_password,
        logins.placeholder,
        logins.mangled_login,
        logins.placeholder_of_regspec,
        settings.IDLE_IGNORE,
    )
}
"""The rules about the spec itself, and the rules that check several targets."""


class _Catalogue(Mapping[str, Rule]):
    """All rules by their codes; the rules of one dialect are imported when one is requested."""

    def _all(self) -> dict[str, Rule]:
        own = (rule for dialect in dialects() for rule in dialect.rules)
        return _GENERIC | {rule.code: rule for rule in own}

    def __getitem__(self, code: str) -> Rule:
        return _GENERIC[code] if code in _GENERIC else self._all()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


RULES: Mapping[str, Rule] = _Catalogue()


def check_data(data: dict[str, Any]) -> Iterator[Finding]:
    """What the structure rules find in data that the schema has accepted."""
    for rule in _GENERIC.values():
        if rule.over_data:
            yield from rule.findings(data)


def check_spec(subject: LintContext, selection: Selection) -> Iterator[Finding]:
    """What the other rules find, less what the spec and the selection leave out.

    An error is always reported. `lint.ignore` without an effect is also reported, if all targets
    are checked.
    """
    used: set[str] = set()
    ignored = set(subject.spec.ignored_rules)
    chosen = {
        dialect.name: dialect
        for dialect in (dialect_of(choice.target) for choice in subject.choices)
    }
    # Dialects may share a rule.
    own = {rule.code: rule for dialect in chosen.values() for rule in dialect.rules}
    for rule in (*_GENERIC.values(), *own.values()):
        if rule.over_data or rule is settings.IDLE_IGNORE:
            continue
        if rule.asked and rule.code not in selection.select:
            continue
        for finding in rule.findings(subject):
            if finding.severity is Severity.ERROR:
                yield finding
                continue
            if rule.code in ignored:
                used.add(rule.code)
                if not selection.with_ignored:
                    continue
            if selection.has(rule.code):
                yield finding
    idle = settings.idle_ignores(subject.spec.ignored_rules, used, RULES)
    if selection.all_targets and selection.has(settings.IDLE_IGNORE.code):
        yield from settings.IDLE_IGNORE.findings(idle)
