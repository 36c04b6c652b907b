"""The objects of OpenShift for its nodes: mirror sets, the CA, and the logins of the pull secret.

Source: openshift/api, config/v1; openshift/runtime-utils, pkg/registries, with which the machine
config operator writes registries.conf; its pkg/daemon, which writes the CAs into certs.d.
"""

from __future__ import annotations

from ... import emit
from ..dialect import Artifact
from ..kubernetes.write_docker_config import logins_file
from . import CONFIG_MAP, NAME, PULL_SECRET, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_API = "config.openshift.io/v1"
_MIRRORS = """\
# For OpenShift 4.13 and later: oc apply --server-side --filename FOLDER
# The nodes are drained, one after another, and reload CRI-O. They are not rebooted.
"""
_LOGINS = f"""\
# Add the logins of {PULL_SECRET} to the cluster's pull secret; never replace it.
"""
_IMAGE = """\
# It adds to the one that every cluster has. A conflict says that there are CAs or insecure
# registries already, which this would replace: add these to them by hand.
"""


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    insecure = [host for host in spec.mirror_hosts if spec.is_insecure(host)]
    # A key cannot contain a colon.
    authorities = {host.replace(":", ".."): ca for host, ca in spec.authorities.items()}
    if authorities:
        metadata = {"name": CONFIG_MAP, "namespace": "openshift-config"}
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        yield _objects(f"{root}/ca.yaml", "", {**config_map, "data": authorities})
    if authorities or insecure:
        image: dict[str, Any] = {}
        if authorities:
            image["additionalTrustedCA"] = {"name": CONFIG_MAP}
        if insecure:
            image["registrySources"] = {"insecureRegistries": insecure}
        # A cluster has one Image, of this name.
        yield _objects(f"{root}/image-config.yaml", _IMAGE, _config("Image", "cluster", image))
    mirrors = [
        {
            "source": mirror.source,
            "mirrors": [str(mirror.location)],
            "mirrorSourcePolicy": _policy(spec, mirror.source),
        }
        for mirror in spec.mirrors
        if mirror.source != str(mirror.location)
    ]
    yield _objects(
        f"{root}/image-mirrors.yaml",
        _MIRRORS + (_LOGINS if spec.logins else ""),
        # The first is for images with a digest, the second for images with a tag.
        _config("ImageDigestMirrorSet", NAME, {"imageDigestMirrors": mirrors}),
        _config("ImageTagMirrorSet", NAME, {"imageTagMirrors": mirrors}),
    )
    if spec.logins:
        yield logins_file(spec, f"{root}/{PULL_SECRET}")


def _policy(spec: Spec, source: str) -> str:
    """Whether the nodes may contact a source when its mirrors fail."""
    denied = spec.fallback == "deny" and spec.may_block(source)
    return "NeverContactSource" if denied else "AllowContactingSource"


def _config(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _objects(path: str, note: str, *objects: dict[str, Any]) -> Artifact:
    texts = [f"---\n{emit.yaml_text(one)}" for one in objects]
    text = f"{emit.HEADER}\n{note}{''.join(texts)}"
    return Artifact(path, text, list(objects), "yaml documents")
