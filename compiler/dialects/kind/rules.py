"""RS230: node images of kind that do not read certs.d."""

from __future__ import annotations

from ...diagnostics import Severity
from ...rules.rule import LintContext, RuleResult, place_of, rule
from ..containerd.rules import OF_LOGINS
from . import TARGET, sets_config_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS230", Severity.WARNING)
def kind_without_config_path(subject: LintContext) -> Iterator[RuleResult]:
    """Node images of kind with containerd 1.x do not look into certs.d.

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
                f"node images of kind with containerd {version} do not look into certs.d",
                "write `patches: true`",
            )
        elif not version and spec.fallback == "deny":
            yield (
                place_of(choice),
                "node images of kind with containerd 1.x contact the upstream, not the mirrors",
                "write `patches: true`, or the `version` of containerd if it is 2.0 or later",
            )


RULES = (kind_without_config_path, *OF_LOGINS)
