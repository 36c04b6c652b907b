"""podman, CRI-O, skopeo and buildah: registries.conf, certs.d and auth.json."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limit, Limits, NodeFiles, Placement, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...verifying.drift import Drift
    from ..attempt import Resolver
    from ..companions import CompiledTarget
    from ..dialect import ReadingView, Section
    from ..files import Tree


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


def _placement(spec: Spec, choice: TargetEntry) -> Placement:
    del spec, choice
    return Placement((("", FOLDER),), ("crio",))


def _reader() -> ReadingView:
    from .read import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _unparsable(text: str, reading: Reading) -> Iterator[Drift]:
    from .verify import unparsable

    return unparsable(text, reading)


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


FOLDER = "/etc/containers"
"""Where its files go on a node."""
NO_IPV6 = Limit("its readers take no such host", mark="[")
"""Names and IPv4 addresses are hosts to them, and nothing else."""
TARGET = Target(
    name="registries.conf",
    summary="registries.conf.d, certs.d and auth.json of podman, CRI-O, skopeo and buildah",
    file="containers",
    destination="/etc/containers (auth.json: where REGISTRY_AUTH_FILE or global_auth_file points)",
    on_nodes=True,
    restart="crio (podman, skopeo and buildah need none)",
    options=(),
    makes=("registries.conf", "certificates", "logins"),
    limits=Limits(
        wildcard=Limit(),
        registry_beside_wildcard=None,
        library=None,
        ipv6=NO_IPV6,
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    render=_render,
    parts=("registries.conf.d/50-regspec.conf", "certs.d", "auth.json"),
    placement=_placement,
)
FORMAT = Format(
    "registries.conf",
    rank=3,
    of_each_host=True,
    on_node=NodeFiles(
        ("/etc/containers/registries.conf",),
        drop_ins="/etc/containers/registries.conf.d",
        authorities="certs.d",
        for_all_users=True,
    ),
    names={
        "location": "`location` of {0}",
        "blocked": "`blocked` of {0}",
        "mirror setting": "{2} of a mirror of {0}",
        "mirror insecure": "`insecure` of the mirror of {0}",
    },
    of_a_mirror=("location", "blocked", "mirror insecure"),
    unparsable=_unparsable,
)
DIALECT = Dialect(
    name="containers",
    targets=(TARGET,),
    formats=(FORMAT,),
    readers=(Reader("toml", _reader),),
    reads=("registries.conf",),
    section=_section,
    resolvers=_resolvers,
)
