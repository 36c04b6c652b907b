"""RS245 and RS230: what a kind cluster does not read."""

from __future__ import annotations

from ...diagnostics import Severity, code_span
from ...rules.rule import LintContext, RuleResult, place_of, rule
from ..containerd.rules import OF_HOSTS
from . import TARGET, sets_config_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS230", Severity.WARNING)
def kind_without_config_path(subject: LintContext) -> Iterator[RuleResult]:
    """Node images of kind with containerd 1.x do not read certs.d.

    Nothing in these images sets `config_path`, so the files are mounted and containerd does not
    read them: every image is pulled from its upstream. Without `version` the node image is not
    known. Then this rule reports the target only with `fallback: deny`, the default, since such a
    node contacts the upstream in spite of it.

    Fix: write `patches: true`. It does no harm where the node image sets `config_path` itself. Or
    write the `version` of containerd, if that is 2.0 or later.

    Source: kubernetes-sigs/kind#3918, and its page on local registries.

    Bad:
        targets:
          - {target: kind, version: "1.7"}

    Good:
        targets:
          - {target: kind, version: "1.7", patches: true}
    """
    spec = subject.spec
    for choice in subject.choices:
        if choice.target != TARGET.name or sets_config_path(choice, has_logins=bool(spec.logins)):
            continue
        version = choice.option("version", "")
        if version.startswith("1."):
            yield (
                place_of(choice, "version"),
                f"node images of kind with containerd {version} do not read certs.d",
                "write `patches: true`",
            )
        elif not version and spec.fallback == "deny":
            yield (
                place_of(choice),
                "node images of kind with containerd 1.x contact the upstream, not the mirrors",
                "write `patches: true`, or the `version` of containerd if it is 2.0 or later",
            )


@rule("RS245", Severity.ERROR)
def login_by_ipv6_on_1x(subject: LintContext) -> Iterator[RuleResult]:
    """In kind's patch, a login for an IPv6 address keeps containerd 1.x from starting.

    kind writes the configuration of the node itself, with a table for each host. go-toml 1.9.5,
    which containerd 1.x reads it with, refuses an IPv6 address in the header of a table.

    Fix: a node image with containerd 2.0 or later, and its `version`. Alternatives are
    `credentials: header` and a DNS name for the registry.

    Source: kubernetes-sigs/kind, pkg/internal/patch/toml.go; measured on containerd 1.6.20, 1.6.39
    and 1.7.34.

    Bad:
        registry:
          endpoint: "[fd00::1]:5000"
          username: puller
          password: {env: REGISTRY_PASSWORD}
        targets:
          - {target: kind, version: "1.7", credentials: config}

    Good:
        registry:
          endpoint: "[fd00::1]:5000"
          username: puller
          password: {env: REGISTRY_PASSWORD}
        targets:
          - {target: kind, version: "2.1", credentials: config}
    """
    hosts = [
        host
        for host in subject.spec.mirror_hosts
        if host.startswith("[") and (access := subject.spec.access(host)) and access.has_login
    ]
    for choice in subject.choices if hosts else ():
        version = choice.option("version", "")
        is_patch = choice.target == TARGET.name and choice.option("credentials") == "config"
        if is_patch and version.startswith("1."):
            yield (
                place_of(choice, "version"),
                (
                    f"containerd {version} does not start with the login of {code_span(hosts[0])}: "
                    "kind puts the IPv6 address into a table header"
                ),
                'use a node image with containerd 2.0 or later, and write `version: "2.0"`',
            )


RULES = (login_by_ipv6_on_1x, kind_without_config_path, *OF_HOSTS)
