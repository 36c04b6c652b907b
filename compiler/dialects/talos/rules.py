"""RS218 to RS220: what the versions of Talos make of its file."""

from __future__ import annotations

from ...diagnostics import Severity
from ...rules.rule import LintContext, RuleResult, place_of, rule
from . import FIRST_WITH_OVERRIDE_PATH, TARGET, version_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import TargetEntry

_REPORTED = (1, 12)


def _talos(subject: LintContext) -> Iterator[tuple[TargetEntry, tuple[int, int] | None]]:
    """The chosen files of Talos, with the version that each is for."""
    for choice in subject.choices:
        if choice.target == TARGET.name:
            yield choice, version_of(choice)


@rule("RS218", Severity.ERROR)
def talos_without_override_path(subject: LintContext) -> Iterator[RuleResult]:
    """Talos before 1.3 takes no mirror below a path.

    It does not know `overridePath`, and refuses a machine configuration with a key that it does
    not know.

    Fix: Talos 1.3 or later; below 1.9 it cannot forbid the upstream (RS211).

    Source: siderolabs/talos#6577, and what its release notes of 0.12 say of unknown keys.

    Bad:
        targets:
          - {target: talos, version: "1.2"}

    Good:
        targets:
          - {target: talos, version: "1.11"}
    """
    for choice, version in _talos(subject):
        if version and version < FIRST_WITH_OVERRIDE_PATH:
            yield (
                place_of(choice, "version"),
                f"Talos {choice.option('version')} refuses the file: it has no `overridePath` yet",
                "it takes Talos 1.3 or later",
            )


@rule("RS219", Severity.INFO)
def talos_fallback_reported(subject: LintContext) -> Iterator[RuleResult]:
    """Talos 1.12 was reported not to request the upstream when a mirror fails.

    A report about 1.12.4 says that pulls ended at a mirror that was not there. This was not
    confirmed: 1.12.0, 1.12.9 and a version of 2026 were run, and all requested the upstream last in
    every case with `fallback: allow`, with Talos's own puller and with its containerd.

    Fix: nothing has to be changed. Try it on a node if the site depends on the upstream.

    Source: siderolabs/talos#12972; internal/pkg/containers/cri/containerd/hosts.go.

    Bad:
        fallback: allow
        targets:
          - {target: talos, version: "1.12"}

    Good:
        fallback: allow
        targets:
          - {target: talos, version: "1.13"}
    """
    if subject.spec.fallback != "allow":
        return
    for choice, version in _talos(subject):
        if version in (None, _REPORTED):
            yield (
                place_of(choice, "version"),
                (
                    "Talos 1.12 was reported not to request the upstream when a mirror fails; "
                    "1.12.0 and 1.12.9 requested it when they were run"
                ),
                "nothing has to be changed; try it on a node if the site depends on the upstream",
            )


@rule("RS220", Severity.WARNING)
def version_of_containerd(subject: LintContext) -> Iterator[RuleResult]:
    """The `version` of target `talos` looks like one of containerd.

    Here it is the version of Talos itself, which decides the form of the file. Talos was 1.14 when
    this was written, and the format of a Talos 2 is not known.

    Fix: write what `talosctl version` says of the server.

    Source: siderolabs/talos.

    Bad:
        targets:
          - {target: talos, version: "2.1"}

    Good:
        targets:
          - {target: talos, version: "1.13"}
    """
    for choice, version in _talos(subject):
        if version and version >= (2, 0):
            yield (
                place_of(choice, "version"),
                f"no Talos {choice.option('version')} is known: here `version` is not containerd's",
                "write the version of Talos, such as `1.13`",
            )


RULES = (talos_without_override_path, talos_fallback_reported, version_of_containerd)
