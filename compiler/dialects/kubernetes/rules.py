"""RS221: a pull secret that would replace the pull secret of an OpenShift cluster."""

from __future__ import annotations

from ...diagnostics import Severity
from ...rules.rule import LintContext, RuleResult, place_of, rule
from . import OF_OPENSHIFT, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS221", Severity.ERROR)
def pull_secret_of_openshift(subject: LintContext) -> Iterator[RuleResult]:
    """The Secret is called as the pull secret of an OpenShift cluster.

    That one holds the logins that the cluster itself pulls with. Applied, this one would replace
    it, and no node could pull what the cluster is made of any more.

    Fix: compile target `openshift`, whose logins are added to it; or give this one another name.

    Source: the documentation of OpenShift on its global pull secret.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: pull-secret, name: pull-secret, namespaces: [openshift-config]}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets: [openshift]
    """
    namespace, name = OF_OPENSHIFT
    for choice in subject.choices:
        named = choice.target == TARGET.name and choice.option("name") == name
        if named and namespace in choice.option("namespaces", ()):
            yield (
                place_of(choice, "name"),
                "this would replace the pull secret of an OpenShift cluster, and all logins in it",
                "compile target `openshift`, whose logins are added to it",
            )


RULES = (pull_secret_of_openshift,)
