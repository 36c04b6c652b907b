"""OpenShift: mirror sets, the image configuration, CAs, and logins for its pull secret."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Limit, Limits, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Choice, Spec

PULL_SECRET = "pull-secret.dockerconfigjson"  # noqa: S105 - the name of a file
"""Not one that `oc apply` takes of a folder: the logins are added to a Secret, and are none."""


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.openshift import render

    return render(spec, choice)


TARGET = Target(
    name="openshift",
    summary="ImageDigestMirrorSet, ImageTagMirrorSet, CA and logins for the nodes of OpenShift",
    file="openshift",
    destination="oc apply --server-side --filename openshift",
    on_nodes=False,
    restart="",
    options=(),
    limits=Limits(
        wildcard=Limit(),
        registry_beside_wildcard=None,
        library=None,
        ipv6=Limit("its readers take no such host", mark="["),
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    render=_render,
    parts=("image-mirrors.yaml", "image-config.yaml", "ca.yaml", PULL_SECRET),
)
DIALECT = Dialect("openshift", (TARGET,))
