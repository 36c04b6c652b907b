"""The rules: what relates two places of a spec, needs parsing, or is advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..diagnostics import Finding, Severity
from . import certificates, endpoints, logins, names, outputs
from .rule import Rule, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES", "Rule", "Subject", "check_data", "check_spec"]

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        endpoints.documented_endpoint_without_v2,
        endpoints.not_an_address,
        endpoints.ipv6_in_mirror_string,
        endpoints.unreadable_mirror_string,
        endpoints.v2_in_path,
        endpoints.source_named_default,
        endpoints.proxy_cache_of_a_string,
        outputs.foreign_option,
        outputs.exclusive_options,
        outputs.tls_not_expressible,
        outputs.same_file_twice,
        outputs.pull_secret_without_login,
        outputs.library_alone,
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
        certificates.unused_ca,
        logins.colon_in_user_name,
    )
}


def check_data(data: dict[str, Any]) -> Iterator[Finding]:
    """What the structure rules find in data that the schema has accepted."""
    for rule in RULES.values():
        if rule.over_data:
            yield from rule.findings(data)


def check_spec(subject: Subject) -> Iterator[Finding]:
    """What the other rules find, less what the spec tells them to ignore; no error is ignored."""
    ignored = set(subject.spec.ignored_rules)
    for rule in RULES.values():
        if rule.over_data or (rule.code in ignored and rule.severity is not Severity.ERROR):
            continue
        yield from rule.findings(subject)
