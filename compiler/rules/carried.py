"""RS230 to RS233: a kind cluster, and what is carried to nodes by Cluster API or cloud-init."""

from __future__ import annotations

from ..diagnostics import Place, Severity, word, words
from ..targets import TARGETS, on_nodes
from .rule import Found, Subject, place_of, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Choice, Spec

_ANOTHER = "write the `version` of these nodes, or name the targets that are for them in `carry`"


def _carriers(subject: Subject) -> Iterator[Choice]:
    return (choice for choice in subject.choices if choice.target == "kubeadm")


@rule("RS230", Severity.WARNING)
def kind_without_config_path(subject: Subject) -> Iterator[Found]:
    """Node images of kind with containerd 1.x do not look into certs.d.

    Nothing there sets `config_path`, so the files are mounted and nobody reads them: every image
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
        if choice.target != "kind" or choice.option("patches"):
            continue
        version = choice.option("version", "")
        if version.startswith("1.") and choice.option("credentials") != "config":
            yield (
                place_of(choice, "version"),
                f"node images of kind with containerd {version} do not look into certs.d",
                "write `patches: true`",
            )


@rule("RS231", Severity.ERROR)
def not_carried(subject: Subject) -> Iterator[Found]:
    """Target `kubeadm` has nothing to carry, or cannot carry what it is to.

    It carries what the other targets put on nodes, each a file of its own. The tables that
    `containerd` makes by default are a part of config.toml: as a whole file they would take the
    other settings from the node.

    Fix: compile `certs.d` or another target of nodes with it; name in `carry` those that are meant.

    Source: the design of the target.

    Bad:
        targets: [kubeadm]

    Good:
        targets: [certs.d, kubeadm]
    """
    for choice in _carriers(subject):
        spec = subject.rendered
        wrong = list(_wrong_names(spec, choice))
        yield from wrong
        chosen = list(on_nodes.chosen(spec, choice))
        if not chosen and not wrong:
            yield (
                place_of(choice),
                "no target that is compiled with `kubeadm` puts a file on its nodes",
                "add `certs.d` to `targets`, for instance",
            )
        for target, other in chosen:
            if target.placed(spec, other) is None:
                yield (
                    place_of(choice),
                    f"what target `{target.name}` makes is a part of a file, and is not carried",
                    (
                        "write `form: full` there, compile `certs.d` in its place, or name the "
                        "other targets in `carry`"
                    ),
                )


def _wrong_names(spec: Spec, choice: Choice) -> Iterator[Found]:
    """The names in `carry` of which there is nothing to carry."""
    known = [name for name, target in TARGETS.items() if target.on_nodes]
    compiled = {other.target for other in spec.targets}
    for index, name in enumerate(choice.option("carry", ())):
        place = Place((*(choice.path or ()), "carry", index))
        if name not in known:
            yield (
                place,
                f"{word(name)} is no target that puts files on nodes",
                f"these are: {words(known)}",
            )
        elif name not in compiled:
            yield place, f"target {word(name)} is not compiled", "add it to `targets`"


@rule("RS232", Severity.ERROR)
def login_in_user_data(subject: Subject) -> Iterator[Found]:
    """A login would stand in the user data of cloud-init.

    The metadata service of many clouds gives user data to whoever asks on the machine, pods
    included, and cloud-init keeps a copy. It has no Secrets that a file could refer to.

    Fix: leave the login to pull secrets, and out of the target that carries it; or say that it may
    be there: `secrets: inline`.

    Source: cloud-init's module `write_files`.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, credentials: config}
          - {target: kubeadm, format: cloud-init}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, credentials: config}
          - {target: kubeadm, format: cloud-init, secrets: inline}
    """
    for choice in _carriers(subject):
        if choice.option("format") != "cloud-init" or choice.option("secrets") == "inline":
            continue
        for file in on_nodes.files(subject.rendered, choice):
            if file.holds_secret:
                yield (
                    place_of(choice, "format"),
                    f"{word(file.path)} holds a login, and a cloud-config cannot refer to a Secret",
                    "write `secrets: inline`, if all who can read the user data may have it",
                )


@rule("RS233", Severity.ERROR)
def one_path_of_a_node_twice(subject: Subject) -> Iterator[Found]:
    """Two of the targets that are carried put a file at one place of a node.

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
        for file in on_nodes.files(subject.rendered, choice):
            if file.path in taken:
                message = f"two of the targets put a file at {word(file.path)} of a node"
                yield place_of(choice), message, _ANOTHER
                break
            taken.add(file.path)
