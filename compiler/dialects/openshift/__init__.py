"""OpenShift: mirror sets, the image configuration, CAs, and logins for its pull secret."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limit, Limits, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ...model import Spec, TargetEntry
    from ...reading.facts import Reading
    from ...verifying.drift import Drift
    from ...verifying.verify import Expected
    from ..attempt import Resolver
    from ..companions import CompiledTarget
    from ..dialect import ReadingView, Section
    from ..files import Tree

NAME = "regspec"
"""The name of the mirror sets."""
CONFIG_MAP = "regspec-registry-ca"
"""The name of the ConfigMap with the CAs."""
PULL_SECRET = "pull-secret.dockerconfigjson"  # noqa: S105 - the name of a file
"""Not a name that `oc apply` takes from a folder: the logins are added to an existing Secret."""


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from .write import render

    return render(spec, choice)


def _reader() -> ReadingView:
    from .read import read, recognises

    return recognises, read


def _resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    from .resolve import resolvers

    return resolvers(files, versions)


def _section(spec: Spec, made: CompiledTarget) -> Section:
    from .runbook import section

    return section(spec, made)


def _cross_references(
    expected: Iterable[Reading], found: Reading, given: Iterable[Reading]
) -> Iterator[Drift]:
    from .verify import cross_references

    return cross_references(expected, found, given)


def _drift(expected: Expected, reading: Reading) -> Iterator[Drift]:
    from .verify import drift

    return drift(expected, reading)


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
    "added_up": ("mirrors", "policy"),
    "cross_references": _cross_references,
}
DIGEST_MIRRORS = Format("ImageDigestMirrorSet", rank=4, mirrors_only="digests", **_OF_A_SET)
TAG_MIRRORS = Format("ImageTagMirrorSet", rank=5, mirrors_only="tags", **_OF_A_SET)
IMAGE = Format(
    "image configuration",
    rank=None,
    of_each_host=True,
    drift=_drift,
    cross_references=_cross_references,
)
AUTHORITIES = Format("registry CAs", rank=None, of_each_host=True)
DIALECT = Dialect(
    name="openshift",
    targets=(TARGET,),
    formats=(DIGEST_MIRRORS, TAG_MIRRORS, IMAGE, AUTHORITIES),
    readers=(Reader("yaml", _reader),),
    reads=("mirror sets, image configuration and CAs of OpenShift",),
    section=_section,
    resolvers=_resolvers,
)
