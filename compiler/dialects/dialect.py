"""What a dialect is: how one consumer configures mirrors, and what it cannot configure.

The interface of every folder next to this module. A folder's `__init__.py` is its front: it holds
the facts, as records, and functions of a line or two. What writes, reads or resolves is a module of
its own, which the front imports when it is called, so that a run pays for what it uses.
"""

from __future__ import annotations

import posixpath
import re
from importlib import import_module

from ..frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from ..model import Spec, TargetEntry
    from ..reading.facts import FactKey, Reading
    from ..rules.rule import Rule, RuleResult
    from ..verifying.drift import Drift
    from ..verifying.node import Node, NodeFileProblem
    from ..verifying.verify import Expected
    from .attempt import Resolver
    from .companions import CompiledTarget
    from .files import FilesInForce, Tree

    ReadingView = tuple[Callable[[Any], bool], Callable[..., Reading]]
    """Two functions: whether some data is of a form, and what is in a `Source` of it. For a
    stream, the second one also takes the indexes of the documents."""


def _module(name: str) -> Any:
    """A module of a folder, `FOLDER.NAME`."""
    return import_module(f".{name}", __package__)


# -- what a target makes ---------------------------------------------------------------------


@frozen
class Artifact:
    """One file that a target makes."""

    path: str
    """Below the output folder, with `/` between its parts."""
    text: str = field(repr=False)
    data: Any = field(repr=False)
    """What the text must read back as."""
    syntax: str
    """What reads it back: `yaml`, `yaml documents`, `json`, `toml` or `text`."""
    mode: int = 0o644
    """The permission bits of the file."""
    holds_secret: bool = False
    """Whether a real secret is in it, so that others must not read it."""
    secret_keys: frozenset[str] = frozenset()
    """The keys whose values are never shown in a diff."""


@frozen
class Placement:
    """Where the files of one choice go on a node, and what reads them when it starts."""

    folders: tuple[tuple[str, str], ...]
    """What is below its folder, and the path on the node where that goes; an empty text is all."""
    services: tuple[str, ...]
    """The systemd units to restart, so far as a node has them."""
    companion_files: tuple[tuple[str, str], ...] = ()
    """Files that its own name, and that it does not make: their paths on the node and texts."""
    shared: tuple[str, ...] = ()
    """What below its folder has settings of others too on a node, and is to be merged there."""
    reloads: bool = False
    """Whether the units take the files over by a reload, without a restart."""
    part_of_file: bool = False
    """Whether it is a part of the file there, so that it cannot take the place of that."""
    assumed: tuple[tuple[str, str], ...] = ()
    """Files of a node that are to have it in force, which it does not make: paths and texts."""

    def path(self, part: str) -> str:
        """The path on the node of a file.

        Args:
            part: its path below the target's folder; an empty text if there is one file only.
        """
        for folder, there in self.folders:
            if folder in ("", part) or part.startswith(f"{folder}/"):
                below = part.removeprefix(folder).lstrip("/")
                return "/".join(filter(None, (there.rstrip("/"), below)))
        raise KeyError(part)


# -- what a target cannot express ------------------------------------------------------------


@frozen
class Limit:
    """Something of a spec that a target cannot express. The rule that uses it names it."""

    reason: str = ""
    """Why, where the rule does not say it: completes "target `X` cannot express Y: "."""
    advice: str = ""
    """What to do, where it depends on the target."""
    consumer: str = ""
    """Who cannot, such as "Talos 1.8", if it is not the target as such."""
    option: str = ""
    """The option that it depends on, such as `version`: the finding is shown there."""
    mark: str = ""
    """The text that it cannot express, if the limit is about text."""
    reported_by: str = ""
    """The rule of the dialect itself that reports it better than the generic one."""


@frozen
class Limits:
    """What a target cannot express. None means that it can, or that this does not apply.

    No field has a default: a new field must be set for every target.
    """

    wildcard: Limit | None
    """A mirror of all registries that have none of their own."""
    registry_beside_wildcard: Limit | None
    """That a wildcard is not for the images that are named by the private registry itself."""
    library: Limit | None
    """`docker.io/library` without `docker.io`: a reader that looks mirrors up by registry."""
    ipv6: Limit | None
    """An IPv6 address as a host; the `mark` is what breaks it."""
    deny: Limit | None
    """`fallback: deny`: its consumer contacts the upstream when a mirror fails."""
    login: Limit | None
    """The login of a mirror's host."""
    ca: Limit | None
    """The CA of a mirror's host."""
    skip_verify: Limit | None
    """That the certificate of a mirror's host is not checked."""


# -- targets ---------------------------------------------------------------------------------

STANDALONE, CARRIES, DESCRIBES, BUNDLES = range(4)
"""What a target makes of the others of a run: nothing; it brings their files to nodes, describes
them for the operator, or bundles them. Each of these sees the ones before it."""


@frozen
class Target:
    """One kind of output of a spec."""

    name: str
    summary: str
    """What the file is, in one line."""
    file: str
    """Its default path below the output folder; the folder of its files, if it has parts."""
    destination: str
    """Where it goes: the path on a node, or the command that takes it."""
    on_nodes: bool
    """Whether the destination is a path on each node."""
    restart: str
    """The service to restart when the file has changed, or an empty text."""
    options: tuple[str, ...]
    """The options it takes in addition to `out`."""
    makes: tuple[str, ...]
    """The kinds of its files that are read back, see `Format`."""
    limits: Limits | Callable[[TargetEntry], Limits]
    """What it cannot express; a function if that depends on its options."""
    module: str
    """The module with its `render`, such as `FOLDER.write`; imported when it is called."""
    parts: tuple[str, ...] = ()
    """What it writes below its folder, files and folders; none if it writes one file."""
    placement: Callable[[Spec, TargetEntry], Placement | None] | None = None
    """Where the files of a choice go on a node, if `destination` and `restart` are not a plain
    path and unit."""
    companions: int = STANDALONE
    """What it makes of the other targets of the run, which it finds in `spec.targets`."""
    carries_mirror_string: bool = False
    """Whether it has the mirror string of the Palette procedure, which Palette's webhook reads."""
    for_webhook: bool = False
    """Whether an image-swap webhook reads it, by that string or by a map."""
    needs_images: bool = False
    """Whether it says where images are copied to, so that each needs a mirror."""
    needs_login: bool = False
    """Whether logins are all that it holds."""
    joined_by: str = ""
    """The option, a list, by which files that an import finds are one choice if they have the other
    options in common."""
    stands_for: Callable[[TargetEntry], TargetEntry] | None = None
    """The choice of another target that its files come to on a node, if it is not its own."""
    conflicts: Callable[[TargetEntry], Iterator[RuleResult]] | None = None
    """The options of a choice that exclude others, for RS202."""
    left_out_of_import: Callable[[Spec, TargetEntry], str] | None = None
    """Why an import leaves a choice of it out of a spec, or an empty text if the spec can have it:
    other files may have more than it can express."""
    one_choice: bool = False
    """Whether all files of it that are imported are of one choice, with the options of each."""
    versions: tuple[str, ...] = ()
    """The first `version` of each range in which it can express the same, for the pages."""
    sandbox_image: Callable[[TargetEntry], str] | None = None
    """The sandbox image of the nodes that a choice is for, or an empty text if it is not known."""

    def render(self, spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
        """The files of a resolved spec for one choice of this target."""
        made: Iterator[Artifact] = _module(self.module).render(spec, choice)
        return made

    @property
    def files(self) -> tuple[str, ...]:
        """What it writes below the output folder, without options."""
        return tuple(f"{self.file}/{part}".lstrip("/") for part in self.parts) or (self.file,)

    def paths(self, choice: TargetEntry) -> tuple[str, ...]:
        """The files and folders below the output folder that one choice of it writes."""
        root = choice.option("out", self.file)
        return tuple(f"{root}/{part}".lstrip("/") for part in self.parts) or (root,)

    def placed(self, spec: Spec, choice: TargetEntry) -> Placement | None:
        """Where the files of one choice go on a node; none if it makes no file of a node."""
        if not self.on_nodes:
            return None
        if self.placement is not None:
            return self.placement(spec, choice)
        return Placement((("", self.destination),), (self.restart,) if self.restart else ())

    def limits_of(self, choice: TargetEntry) -> Limits:
        """What one choice of it cannot express."""
        return self.limits if isinstance(self.limits, Limits) else self.limits(choice)


# -- the runbook -----------------------------------------------------------------------------


@frozen
class Section:
    """What the runbook says of the files of one choice."""

    template: str
    """`FOLDER/runbook.md.j2`, with a macro for each of the parts. A macro takes the values, and
    whether this section is the first, and the last, of its template in the same ten places."""
    values: Mapping[str, Any]
    parts: Mapping[str, int]
    """The parts of the runbook: `procedure`, `images`, `cluster`, `nodes` and `validate`; of each,
    the place in the order of its sections."""


# -- formats ---------------------------------------------------------------------------------


@frozen
class NodeFiles:
    """Where the files of one kind are on a node, and how they are compared there."""

    paths: tuple[str, ...]
    drop_ins: str = ""
    """The folder of further ones, of which the last that names a registry is in force."""
    required: bool = False
    """Whether it is missing where the spec has its target and its folder is on the node."""
    only_if_chosen: bool = False
    """Whether it is compared only if the spec has its target: a node may have it for others."""
    settings: Callable[[Node, str], Iterator[Drift | NodeFileProblem]] | None = None
    """What differs in the settings of the node on which it depends how a file is in force, given
    the path of the file."""
    for_all_users: bool = False
    """Whether its consumers also run as other users than root, who must be able to enter the
    folders."""
    authorities: str = ""
    """The part of its target, such as `certs.d`, that has the CA of each host in a folder."""
    compare_choice: Callable[[Node, TargetEntry], bool] | None = None
    """Adds what differs in further files of one choice to what was found on a node. Returns whether
    the choice has such files; then the CA of each host is compared with them."""


@frozen
class WholeNode:
    """A consumer some of whose files on a node are in force only together with others there."""

    folder: str
    """Where its files are."""
    main: str
    """The file that is always there."""
    compare: Callable[[Node], None]
    """Adds what differs to what was found on a node."""
    in_force: Callable[[Tree], FilesInForce | None]
    """Which of its files are in force; none if that cannot be known."""


@frozen
class Format:
    """One kind of file that is read back. Facts and claims of readings are in its terms."""

    kind: str
    """Its name in code, and in the `kind` of a `Reading`."""
    rank: int | None
    """An import takes the order of mirrors from the lowest rank. None if it has no mirrors."""
    of_each_host: bool
    """Whether it lists the settings of each host, so that a missing host has a meaning."""
    by_target: bool = False
    """Whether several targets make different ones, so that a file is compared with the files of
    the target that its reader names."""
    parts: Mapping[str, tuple[FactKey, ...]] = field(default_factory=dict)
    """The parts that may each be in a file of its own, by their keys: the kinds of facts of each.
    The first one has the others with it, unless another file that is given has them."""
    added_up: tuple[str, ...] = ()
    """The kinds of facts that one of several such files need not have if another one has them."""
    in_each_folder: str = ""
    """The name of its files, if each folder has one and all of them say what one of others says."""
    folders_at: str = ""
    """Where these folders are on a node."""
    needs: tuple[tuple[str, str], ...] = ()
    """The files without which it is not read, by their paths, for `explain` of a single file."""
    namespace_of: Callable[[str], str] | None = None
    """The registry that a file is for, by its path, if each of the files is for one."""
    is_default: Callable[[Reading], bool] | None = None
    """Whether a file says what its consumer does without it, if none is for all registries."""
    on_node: NodeFiles | None = None
    compare: Callable[[Spec, Reading], Iterator[Drift]] | None = None
    """Compares a file with a spec, if not by the facts in the files of its targets."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The titles of the kinds of facts that only this format has, by the names of the kinds."""
    of_a_mirror: tuple[str, ...] = ()
    """The kinds of facts that are not reported of a mirror that is missing or extra as a whole."""
    mirrors_only: str = ""
    """The references that its mirrors serve, `digests` or `tags`, if not all of them."""
    insecure_may_be_http: bool = False
    """Whether an import reports that a host it calls insecure may speak http."""
    drift: Callable[[Expected, Reading], Iterable[Drift]] | None = None
    """The differences in a file that a comparison of its facts does not find."""
    unparsable: Callable[[str, Reading], Iterator[Drift]] | None = None
    """What in a text keeps its consumer from reading it, though our reader does."""
    cross_references: (
        Callable[[Iterable[Reading], Reading, Iterable[Reading]], Iterator[Drift]] | None
    ) = None
    """What in a file does not match the other files: given the outputs of a spec, the file, and all
    files."""


@frozen
class Reader:
    """What reads texts of some form; a kind of file may come in several forms."""

    syntax: str
    """`text`, `toml`, `yaml` (a document), or `yaml stream`, whose documents are read as one."""
    module: str
    """The module that has it, `FOLDER.read`; the first use imports it."""
    functions: tuple[str, str] = ("recognises", "read")
    """The names there of the functions of its `view`."""
    last: bool = False
    """Whether the others are tried first, since they may also have its keys."""

    @property
    def view(self) -> ReadingView:
        """Whether some data is of its form, and what is in a `Source` of it."""
        module = _module(self.module)
        recognises, read = self.functions
        return getattr(module, recognises), getattr(module, read)


# -- dialects --------------------------------------------------------------------------------


def is_release(text: str) -> bool:
    """Whether a text has the form of a version, such as `0.11` or `1.12.2`."""
    return bool(re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})?", text))


@frozen
class HostsFolder:
    """A folder on a node with a folder for each registry, whose format is another dialect's."""

    path: str
    beside: str
    """The name of a file that is only next to this folder, and not next to the other dialect's."""
    target: str
    """The target that makes such files."""
    options: Mapping[str, Any]
    """The options with which it does."""

    def contains(self, path: str, file_text: Callable[[str], str | None]) -> bool:
        """Whether a file is in one of these folders.

        Args:
            path: of the file, as it was given.
            file_text: gives the text of a file that was given with it, by its path.
        """
        hosts = posixpath.dirname(posixpath.dirname(path))
        tail = self.path.rsplit("/", 2)[1:]
        if hosts.split("/")[-2:] == tail:
            return True
        is_alike = posixpath.basename(hosts) == tail[-1]
        return (
            is_alike
            and file_text(posixpath.join(posixpath.dirname(hosts), self.beside)) is not None
        )


@frozen
class Dialect:
    """What is known of one consumer."""

    name: str
    """The name of its folder."""
    targets: tuple[Target, ...]
    formats: tuple[Format, ...] = ()
    readers: tuple[Reader, ...] = ()
    reads: tuple[str, ...] = ()
    """What its readers read, as people call it."""
    modules: tuple[str, ...] = ()
    """Which of `rules`, `resolve` and `runbook` its folder has; imported when they are needed."""
    runtime: str = ""
    """What `explain` calls the runtime that reads its files."""
    version_in_rows: bool = False
    """Whether each row of `explain` has the version, also without a choice; see docs/json.md."""
    versions: Callable[[str], bool] | None = None
    """Whether a version of the runtime is known, if versions behave differently."""
    hosts_of: HostsFolder | None = None
    """The folder in which its runtime looks for the files of another dialect, if it does."""
    installed_at: tuple[str, ...] = ()
    """The paths on a node of which one is there if the runtime is; none if it has no such files.
    A `*` is any name in a folder."""
    on_node: WholeNode | None = None
    """How its files on a node are compared together."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules about this dialect alone: `RULES` of `rules`."""
        rules: tuple[Rule, ...] = ()
        if "rules" in self.modules:
            rules = _module(f"{self.name}.rules").RULES
        return rules

    @property
    def is_explained(self) -> bool:
        """Whether a runtime reads its files."""
        return "resolve" in self.modules

    def resolvers(self, files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
        """The runtimes that read its files, which know the files and nothing of the spec.

        Args:
            files: of a node, or of one choice of a target.
            versions: of the runtime; none takes all that are known.
        """
        if self.is_explained:
            yield from _module(f"{self.name}.resolve").resolvers(files, versions)

    def section(self, spec: Spec, made: CompiledTarget) -> Section | None:
        """What the runbook says of one choice, with its files; none without `runbook`."""
        if "runbook" not in self.modules:
            return None
        section: Section = _module(f"{self.name}.runbook").section(spec, made)
        return section
