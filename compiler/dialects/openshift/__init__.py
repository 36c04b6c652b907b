"""OpenShift: mirror sets, the image configuration, CAs, and logins for its pull secret."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limit, Limits, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Choice, Spec
    from ..attempt import Resolver
    from ..dialect import ReadingView
    from ..files import Tree

PULL_SECRET = "pull-secret.dockerconfigjson"  # noqa: S105 - the name of a file
"""Not one that `oc apply` takes of a folder: the logins are added to a Secret, and are none."""


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    from ...targets.openshift import render

    return render(spec, choice)


def _reader() -> ReadingView:
    from ...readers.openshift import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from ...runtimes.openshift import resolvers

    return resolvers(files, versions)


TARGET = Target(
    name="openshift",
    summary="ImageDigestMirrorSet, ImageTagMirrorSet, CA and logins for the nodes of OpenShift",
    file="openshift",
    destination="oc apply --server-side --filename openshift",
    on_nodes=False,
    restart="",
    options=(),
    makes=(
        "ImageDigestMirrorSet",
        "ImageTagMirrorSet",
        "image configuration",
        "registry CAs",
        "logins",
    ),
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
_OF_A_SET: dict[str, Any] = {
    "of_each_host": False,
    "names": {"policy": "`mirrorSourcePolicy` of {0}"},
    "of_a_mirror": ("policy",),
}
_FORMATS = (
    Format("ImageDigestMirrorSet", rank=4, **_OF_A_SET),
    Format("ImageTagMirrorSet", rank=5, **_OF_A_SET),
    Format("image configuration", rank=None, of_each_host=True),
    Format("registry CAs", rank=None, of_each_host=True),
)
DIALECT = Dialect(
    name="openshift",
    targets=(TARGET,),
    formats=_FORMATS,
    readers=(Reader("yaml", _reader),),
    reads=("mirror sets, image configuration and CAs of OpenShift",),
    resolvers=_resolvers,
)
