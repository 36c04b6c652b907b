"""The Helm values of the image-swap chart, with cert-manager's images when they are given."""

from __future__ import annotations

import json

from ... import emit, mirrors
from ..dialect import Artifact
from . import VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Image, Spec, TargetEntry

SECRET_KEYS = frozenset({"password", "username", "caCert", "dockerConfigJson"})


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    swap, cert_manager = spec.image_swap, spec.cert_manager
    config = registry_config(spec)
    data: dict[str, Any] = {"config": config}
    if swap and swap.pull_secret:
        config["imagePullSecret"] = _pull_secret(spec)
    if cert_manager and cert_manager.images:
        data["image"] = _prefixed(spec, cert_manager.images)
    if cert_manager and cert_manager.pull_secret:
        data["imagePullSecret"] = _pull_secret(spec)
    holds_secret = bool(
        config["ociImageRegistry"]["password"]
        or "imagePullSecret" in config
        or "imagePullSecret" in data
    )
    yield Artifact(
        path=choice.option("out", VALUES.file),
        text=emit.render("values.yaml.j2", **data),
        data=data,
        syntax="yaml",
        mode=0o600 if holds_secret else 0o644,
        holds_secret=holds_secret,
        secret_keys=SECRET_KEYS,
    )


def registry_config(spec: Spec) -> dict[str, Any]:
    """What the image-swap chart and the management plane have in common below `config`."""
    swap = spec.image_swap
    config: dict[str, Any] = {}
    if swap and swap.images:
        config["imageSwapImages"] = _prefixed(spec, swap.images)
    if swap and swap.is_eks_cluster is not None:
        config["imageSwapConfig"] = {"isEKSCluster": swap.is_eks_cluster}
    return {**config, "ociImageRegistry": _registry(spec)}


def _registry(spec: Spec) -> dict[str, Any]:
    """`config.ociImageRegistry`, its keys in the documented order."""
    access = spec.registry.access
    return {
        "endpoint": str(spec.registry.endpoint),
        "name": spec.registry.name,
        "password": access.password,
        "username": access.username,
        "baseContentPath": spec.registry.base_content_path,
        "insecureSkipVerify": access.insecure_skip_verify,
        "caCert": access.ca_cert,
        "mirrorRegistries": mirrors.to_string(spec.mirrors),
    }


def _prefixed(spec: Spec, images: tuple[Image, ...]) -> dict[str, str]:
    return {image.key: spec.prefixed(image) for image in images}


def _pull_secret(spec: Spec) -> dict[str, Any]:
    """The charts' `imagePullSecret` block: the base64 of a dockerconfigjson of every login."""
    return {"create": True, "dockerConfigJson": encoded_logins(spec)}


def encoded_logins(spec: Spec) -> str:
    """The base64 of a dockerconfigjson, as the charts take it."""
    import base64

    from ..kubernetes.write_docker_config import docker_config

    text = json.dumps(docker_config(spec), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()
