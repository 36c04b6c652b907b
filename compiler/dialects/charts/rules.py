"""RS506: the pull secrets of the charts."""

from __future__ import annotations

from ...diagnostics import Place, Severity
from ...rules.rule import LintContext, RuleResult, rule
from . import VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS506", Severity.INFO)
def login_without_pull_secret(subject: LintContext) -> Iterator[RuleResult]:
    """The registry requires credentials, and a chart pulls its own images without them.

    The kubelet pulls the images of the webhook, which nothing swaps, with the pull secret of the
    chart. Without that, and without a login on the node, the answer is 401.

    Fix: `pullSecret: true`, unless the nodes have the login.

    Source: the charts' `imagePullSecret` block.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        imageSwap: {images: {imageSwapInitImage: docker.io/a/b, imageSwapImage: docker.io/a/c}}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        imageSwap:
          images: {imageSwapInitImage: docker.io/a/b, imageSwapImage: docker.io/a/c}
          pullSecret: true
    """
    spec = subject.spec
    if not spec.registry.access.has_login or not subject.has(VALUES.name):
        return
    for key, block in (("imageSwap", spec.image_swap), ("certManager", spec.cert_manager)):
        if block and block.images and not block.pull_secret:
            yield (
                Place((key,), on_key=True),
                f"the images of `{key}` are pulled without the credentials of the registry",
                "add `pullSecret: true`, unless the nodes have the login",
            )


RULES = (login_without_pull_secret,)
