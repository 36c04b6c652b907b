"""The Helm values of the image-swap chart, with cert-manager's images when they are given."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from .. import emit, mirrors
from .target import Artifact, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Choice, Image, Spec

SECRET_KEYS = frozenset({"password", "username", "caCert", "dockerConfigJson"})


def _render(spec: Spec, choice: Choice) -> Iterator[Artifact]:
    swap, cert_manager = spec.image_swap, spec.cert_manager
    registry = _registry(spec)
    config: dict[str, Any] = {}
    data: dict[str, Any] = {"config": config}
    if swap and swap.images:
        config["imageSwapImages"] = _prefixed(spec, swap.images)
    if swap and swap.is_eks_cluster is not None:
        config["imageSwapConfig"] = {"isEKSCluster": swap.is_eks_cluster}
    config["ociImageRegistry"] = registry
    if swap and swap.pull_secret:
        config["imagePullSecret"] = _pull_secret(spec)
    if cert_manager and cert_manager.images:
        data["image"] = _prefixed(spec, cert_manager.images)
    if cert_manager and cert_manager.pull_secret:
        data["imagePullSecret"] = _pull_secret(spec)
    holds_secret = bool(
        registry["password"] or "imagePullSecret" in config or "imagePullSecret" in data
    )
    yield Artifact(
        path=choice.option("out", TARGET.file),
        text=emit.render("values.yaml.j2", **data),
        data=data,
        syntax="yaml",
        mode=0o600 if holds_secret else 0o644,
        holds_secret=holds_secret,
        secret_keys=SECRET_KEYS,
    )


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
    auths: dict[str, dict[str, str]] = {}
    for host, access in ((spec.registry.endpoint.host, spec.registry.access), *spec.hosts.items()):
        if access.has_login:
            username, password = str(access.username), str(access.password)
            both = base64.b64encode(f"{username}:{password}".encode()).decode()
            auths[host] = {"username": username, "password": password, "auth": both}
    docker_config = json.dumps({"auths": auths}, ensure_ascii=False, separators=(",", ":"))
    encoded = base64.b64encode(docker_config.encode()).decode()
    return {"create": True, "dockerConfigJson": encoded}


TARGET = Target(
    name="values",
    summary="Helm values of the image-swap chart, and cert-manager's images",
    file="values.yaml",
    destination="helm upgrade --values values.yaml image-swap image-swap-*.tgz --install",
    on_nodes=False,
    restart="",
    options=(),
    render=_render,
)
