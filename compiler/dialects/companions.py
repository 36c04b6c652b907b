"""The outputs of the other targets of a run, for the targets that include or describe them."""

from __future__ import annotations

from .. import emit
from ..frozen import frozen
from ..model import TargetEntry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Spec
    from .dialect import Artifact, Target


@frozen
class CompiledTarget:
    """One target that is compiled, and its files."""

    target: Target
    choice: TargetEntry
    artifacts: tuple[Artifact, ...]

    @property
    def root(self) -> str:
        """The path of its file, or of the folder of its files; `.` is the output folder."""
        return str(self.choice.option("out", self.target.file)) or "."

    @property
    def parts(self) -> tuple[str, ...]:
        """What it has below its folder; a part is left out when this spec gives it no file."""
        known = zip(self.target.parts, self.target.paths(self.choice), strict=False)
        return tuple(part for part, path in known if self._has(path))

    @property
    def paths(self) -> tuple[str, ...]:
        """The files and folders that it has below the output folder."""
        return tuple(path for path in self.target.paths(self.choice) if self._has(path))

    def holds_secret(self, path: str) -> bool:
        """Whether a file, or any file of a folder, holds a secret."""
        return any(
            artifact.holds_secret for artifact in self.artifacts if _within(artifact.path, path)
        )

    def _has(self, path: str) -> bool:
        return any(_within(artifact.path, path) for artifact in self.artifacts)


def _within(file: str, path: str) -> bool:
    return file == path or file.startswith(f"{path}/")


def listed(spec: Spec) -> tuple[TargetEntry, ...]:
    """The targets of a spec, or the default ones of a spec that lists none."""
    from . import DEFAULT_TARGETS

    return spec.targets or tuple(TargetEntry(name) for name in DEFAULT_TARGETS)


def companions_of(spec: Spec, choices: tuple[TargetEntry, ...]) -> tuple[TargetEntry, ...]:
    """The targets that a target describes or includes: `spec.targets` when it is rendered.

    These are the targets that are compiled with it. Compiled alone, as to `--stdout`, it has
    the targets of the spec.

    Args:
        spec: with its targets as they are written.
        choices: what is compiled.
    """
    from . import TARGETS

    with_others = any(not TARGETS[choice.target].companions for choice in choices)
    return choices if with_others else listed(spec)


def made(spec: Spec, by: Target) -> Iterator[CompiledTarget]:
    """What each target makes that is compiled with this spec, as far as another one sees it.

    Args:
        spec: with the targets that are included or described.
        by: the target that includes, describes or bundles them.
    """
    from . import TARGETS

    for choice in spec.targets:
        target = TARGETS[choice.target]
        if target.companions < by.companions:
            yield CompiledTarget(target, choice, tuple(target.render(spec, choice)))


def for_bundles(spec: Spec, by: Target) -> tuple[list[str], list[str]]:
    """The files that a bundle may have, and the files with a secret, which it must not have."""
    public: list[str] = []
    secret: list[str] = []
    for one in made(spec, by):
        for artifact in one.artifacts:
            (secret if artifact.holds_secret else public).append(artifact.path)
    return public, secret


def left_out(secret: list[str]) -> str:
    """A comment for a manifest of a bundle, in YAML: what is not in it, and why."""
    lines = [f"#   {emit.quote(path)}\n" for path in secret]
    return "# Left out, since a login is in them:\n" + "".join(lines) if lines else ""
