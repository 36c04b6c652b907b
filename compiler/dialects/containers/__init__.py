"""podman, CRI-O, skopeo and buildah: registries.conf, certs.d and auth.json."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Limit, Limits, Placement, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Choice, Spec


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.registries_conf import render

    return render(spec, choice)


def _placement(spec: Spec, choice: Choice) -> Placement:
    del spec, choice
    return Placement((("", "/etc/containers"),), ("crio",))


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
DIALECT = Dialect("containers", (TARGET,))
