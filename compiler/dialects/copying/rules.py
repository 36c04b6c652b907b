"""RS217: the images that are copied."""

from __future__ import annotations

from ...diagnostics import Place, Severity, code_span
from ...rules.rule import LintContext, RuleResult, place_of, rule
from .write_copy_list import copies, without_mirror

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("RS217", Severity.ERROR)
def nothing_to_copy(subject: LintContext) -> Iterator[RuleResult]:
    """A copy list, regsync's file or a bundle would lack images, or the list have none.

    What is not copied is not there when the gap is closed.

    Fix: give `images`, the list of the bundle; and a mirror for each of their registries.

    Source: the design of the target.

    Bad:
        targets: [copy-list]

    Good:
        images: ["docker.io/library/nginx:1.27"]
        targets: [copy-list]
    """
    spec = subject.resolved
    if not isinstance(spec.images, tuple):
        return
    for target, choice in subject.targets:
        images_alone = target.needs_images and not target.companions
        if images_alone and not spec.images and not any(copies(spec)):
            yield place_of(choice), "there is nothing to copy", "add `images: FILE`, or a list"
    left = list(without_mirror(spec))
    if left:
        more = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
        listed = isinstance(subject.spec.images, tuple)
        yield (
            Place(("images", left[0]) if listed else ("images",)),
            f"no mirror serves {code_span(spec.images[left[0]])}{more}, so it has no place to go",
            "add its registry to `mirrors`, or take it off; `regspec coverage` lists them all",
        )


RULES = (nothing_to_copy,)
