"""A pull secret with every login of the spec, for pods whose images name the private registry."""

from __future__ import annotations

import json

from ... import emit
from ..dialect import Artifact
from . import DEFAULT_NAME, TARGET
from .write_docker_config import docker_config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_KEY = ".dockerconfigjson"


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    name = choice.option("name", DEFAULT_NAME)
    logins = json.dumps(docker_config(spec), ensure_ascii=False, separators=(",", ":"))
    namespaces = dict.fromkeys(choice.option("namespaces", [None]))
    documents = [_secret(name, namespace, logins) for namespace in namespaces]
    texts = [f"---\n{emit.yaml_text(document)}" for document in documents]
    yield Artifact(
        path=choice.option("out", TARGET.file),
        text=f"{emit.HEADER}\n{''.join(texts)}",
        data=documents,
        syntax="yaml documents",
        mode=0o600,
        holds_secret=True,
        secret_keys=frozenset({_KEY}),
    )


def _secret(name: str, namespace: str | None, logins: str) -> dict[str, Any]:
    """One Secret. Without a namespace, it goes into the one that kubectl is given."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {_KEY: logins},
    }
