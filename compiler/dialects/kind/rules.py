"""RS230: what a kind cluster does not read."""

from __future__ import annotations

from ...diagnostics import Severity
from ...rules.rule import LintContext, RuleResult, place_of, rule
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS230", Severity.WARNING)
def kind_without_config_path(subject: LintContext) -> Iterator[RuleResult]:
    """Node images of kind with containerd 1.x do not read certs.d.

    Nothing there sets `config_path`, so the files are mounted and have no effect: every image
    is pulled from its upstream.

    Fix: write `patches: true`. It does no harm where the node image sets `config_path` itself.

    Source: kubernetes-sigs/kind#3918, and its page on local registries.

    Bad:
        targets:
          - {target: kind, version: "1.7"}

    Good:
        targets:
          - {target: kind, version: "1.7", patches: true}
    """
    for choice in subject.choices:
        if choice.target != TARGET.name or choice.option("patches"):
            continue
        version = choice.option("version", "")
        if version.startswith("1.") and choice.option("credentials") != "config":
            yield (
                place_of(choice, "version"),
                f"node images of kind with containerd {version} do not read certs.d",
                "write `patches: true`",
            )


RULES = (kind_without_config_path,)
