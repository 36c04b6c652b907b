"""RS231 to RS235: the files that Cluster API or cloud-init puts on nodes."""

from __future__ import annotations

from ...diagnostics import Place, Severity, code_list, code_span
from ...rules.rule import LintContext, RuleResult, place_of, rule
from .. import TARGETS, node_files
from ..containerd.rules import OF_VERSIONS
from . import MAX_FILES, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry

_ANOTHER = "write the `version` of these nodes, or name the targets that are for them in `carry`"


def _carriers(subject: LintContext) -> Iterator[TargetEntry]:
    return (choice for choice in subject.choices if choice.target == TARGET.name)


@rule("RS231", Severity.ERROR)
def not_carried(subject: LintContext) -> Iterator[RuleResult]:
    """Target `kubeadm` has no files to include, or cannot include a target of `carry`.

    It includes what the other targets put on nodes, each a file of its own. The tables that
    `containerd` makes by default are a part of config.toml: as a whole file they would take the
    other settings from the node.

    Fix: compile `certs.d` or another target of nodes with it, and name the right targets in
    `carry`.

    Source: the design of the target.

    Bad:
        targets: [kubeadm]

    Good:
        targets: [{target: certs.d, systemdCgroup: true}, kubeadm]
    """
    for choice in _carriers(subject):
        spec = subject.rendered
        wrong = list(_wrong_names(spec, choice))
        yield from wrong
        chosen = list(node_files.chosen(spec, choice))
        if not chosen and not wrong:
            yield (
                place_of(choice),
                "no target that is compiled with `kubeadm` puts a file on its nodes",
                "add `certs.d` to `targets`, for instance",
            )
        for target, other in chosen:
            placement = target.placed(spec, other)
            if placement is None or placement.part_of_file:
                yield (
                    place_of(choice),
                    f"what target `{target.name}` makes is a part of a file, and is not included",
                    (
                        "write `form: full` there, compile `certs.d` in its place, or name the "
                        "other targets in `carry`"
                    ),
                )


def _wrong_names(spec: Spec, choice: TargetEntry) -> Iterator[RuleResult]:
    """The names in `carry` of targets without a file for nodes."""
    known = [name for name, target in TARGETS.items() if target.on_nodes]
    compiled = {other.target for other in spec.targets}
    for index, name in enumerate(choice.option("carry", ())):
        place = Place((*(choice.path or ()), "carry", index))
        if name not in known:
            yield (
                place,
                f"{code_span(name)} is not a target that puts files on nodes",
                f"these are: {code_list(known)}",
            )
        elif name not in compiled:
            yield place, f"target {code_span(name)} is not compiled", "add it to `targets`"


@rule("RS232", Severity.ERROR)
def login_in_user_data(subject: LintContext) -> Iterator[RuleResult]:
    """A login would stand in the user data of cloud-init.

    The metadata service of many clouds gives user data to every client on the machine, pods
    included, and cloud-init keeps a copy. It has no Secrets that a file could refer to.

    Fix: leave the login to pull secrets, and out of the target that includes it; or say that it may
    be there: `secrets: inline`.

    Source: cloud-init's module `write_files`.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, credentials: config, systemdCgroup: true}
          - {target: kubeadm, format: cloud-init}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, credentials: config, systemdCgroup: true}
          - {target: kubeadm, format: cloud-init, secrets: inline}
    """
    for choice in _carriers(subject):
        if choice.option("format") != "cloud-init" or choice.option("secrets") == "inline":
            continue
        for file in node_files.files(subject.rendered, choice):
            if file.holds_secret:
                yield (
                    place_of(choice, "format"),
                    (
                        f"{code_span(file.path)} holds a login, and a cloud-config "
                        "cannot refer to a Secret"
                    ),
                    "write `secrets: inline`, if all who can read the user data may have it",
                )


@rule("RS233", Severity.ERROR)
def one_path_of_a_node_twice(subject: LintContext) -> Iterator[RuleResult]:
    """Two of the included targets put a file at one path of a node.

    Cluster API refuses such a list, and cloud-init would leave the last of them.

    Fix: give `kubeadm` the `version` of its nodes, or name in `carry` what is for them. For two
    kinds of nodes, compile it twice, each with another `out`.

    Source: kubernetes-sigs/cluster-api, bootstrap/kubeadm/api: the paths of `files` are unique.

    Bad:
        targets:
          - {target: certs.d, version: "2.0"}
          - {target: certs.d, version: "2.1", out: newer}
          - kubeadm

    Good:
        targets:
          - {target: certs.d, version: "2.0"}
          - {target: certs.d, version: "2.1", out: newer}
          - {target: kubeadm, version: "2.0"}
          - {target: kubeadm, version: "2.1", out: kubeadm-newer}
    """
    for choice in _carriers(subject):
        taken: set[str] = set()
        for file in node_files.files(subject.rendered, choice):
            if file.path in taken:
                message = f"two of the targets put a file at {code_span(file.path)} of a node"
                yield place_of(choice), message, _ANOTHER
                break
            taken.add(file.path)


@rule("RS234", Severity.WARNING)
def replaced_on_machines(subject: LintContext) -> Iterator[RuleResult]:
    """A file of the machine image is replaced, with all that it says of other things.

    The other files that `kubeadm` includes are of registries alone, or whole by choice. daemon.json
    and buildkitd.toml must be merged into the existing files, as neither Cluster API nor
    cloud-init can: what the image says of cgroups (`native.cgroupdriver`) or logs, for instance, is
    gone, and kubelet and dockerd may no longer agree.

    Fix: where the image has no such file, say so: name the target in `carry`. Else leave it out of
    `carry`, and put its keys into the image.

    Source: kubernetes-sigs/cluster-api, bootstrap/kubeadm/api (`append` adds text, which makes no
    JSON and a table twice); cloud-init's module `write_files`.

    Bad:
        targets: [{target: certs.d, systemdCgroup: true}, buildkit, kubeadm]

    Good:
        targets:
          - {target: certs.d, systemdCgroup: true}
          - buildkit
          - {target: kubeadm, carry: [certs.d, buildkit]}
    """
    for choice in _carriers(subject):
        for file in node_files.files(subject.rendered, choice):
            maker = file.choice.target
            if file.shared and maker not in choice.option("carry", ()):
                yield (
                    place_of(choice),
                    (
                        f"{code_span(file.path)} of the machine image is replaced, "
                        "with its other settings"
                    ),
                    (f"if the image has none, name `{maker}` in `carry`; else only the others"),
                )


@rule("RS235", Severity.ERROR)
def too_many_files(subject: LintContext) -> Iterator[RuleResult]:
    """Cluster API takes 200 files of a machine, and these are more.

    Its API refuses the resource. The files of the templates count, so that fewer of our files may
    already exceed the limit. Each mirror of `certs.d` is a hosts.toml and, with a CA, its copy.

    Fix: name fewer targets in `carry`. Let one mirror of `*` stand for the mirrors with the same
    path; or put the files into the machine image.

    Source: kubernetes-sigs/cluster-api, bootstrap/kubeadm/api/v1beta2: `maxItems` of `files`.

    Bad:
        registry: {caCert: {file: ca.crt}}
        mirrors: [
          a1.io, b1.io, c1.io, d1.io, e1.io, f1.io, g1.io, h1.io, i1.io, j1.io, a2.io, b2.io,
          c2.io, d2.io, e2.io, f2.io, g2.io, h2.io, i2.io, j2.io, a3.io, b3.io, c3.io, d3.io,
          e3.io, f3.io, g3.io, h3.io, i3.io, j3.io, a4.io, b4.io, c4.io, d4.io, e4.io, f4.io,
          g4.io, h4.io, i4.io, j4.io, a5.io, b5.io, c5.io, d5.io, e5.io, f5.io, g5.io, h5.io,
          i5.io, j5.io, a6.io, b6.io, c6.io, d6.io, e6.io, f6.io, g6.io, h6.io, i6.io, j6.io,
          a7.io, b7.io, c7.io, d7.io, e7.io, f7.io, g7.io, h7.io, i7.io, j7.io, a8.io, b8.io,
          c8.io, d8.io, e8.io, f8.io, g8.io, h8.io, i8.io, j8.io, a9.io, b9.io, c9.io, d9.io,
          e9.io, f9.io, g9.io, h9.io, i9.io, j9.io, a10.io, b10.io, c10.io, d10.io, e10.io,
          f10.io, g10.io, h10.io, i10.io, j10.io]
        targets: [{target: certs.d, systemdCgroup: true}, kubeadm]

    Good:
        registry: {caCert: {file: ca.crt}}
        mirrors: [{source: "*", path: all}]
        targets: [{target: certs.d, systemdCgroup: true}, kubeadm]
    """
    for choice in _carriers(subject):
        if choice.option("format") == "cloud-init":
            continue
        number = sum(1 for _ in node_files.files(subject.rendered, choice))
        if number > MAX_FILES:
            yield (
                place_of(choice),
                f"these are {number} files: Cluster API takes {MAX_FILES} of a machine",
                "name fewer targets in `carry`, or put the files into the machine image",
            )


def conflicts(choice: TargetEntry) -> Iterator[RuleResult]:
    """The options of target `kubeadm` that exclude others (RS202)."""
    if choice.option("format") != "cloud-init":
        return
    for option in ("name", "namespaces"):
        if choice.option(option) is not None:
            yield (
                place_of(choice, option, on_key=True),
                f"with `format: cloud-init` there is no Secret that `{option}` could be of",
                "remove it",
            )


RULES = (
    not_carried,
    login_in_user_data,
    one_path_of_a_node_twice,
    replaced_on_machines,
    too_many_files,
    *OF_VERSIONS,
)
