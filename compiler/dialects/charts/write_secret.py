"""The registry Secret that the management plane reads and hands on to its clusters."""

from __future__ import annotations

from ... import emit, mirrors
from ..dialect import Artifact
from . import SECRET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry

SECRET_KEYS = frozenset({"USERNAME", "PASSWORD", "CA_CERT"})


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    access = spec.registry.access
    strings = {
        "DOMAIN": str(spec.registry.endpoint),
        "BASE_PATH": spec.registry.base_content_path,
        "USERNAME": access.username,
        "PASSWORD": access.password,
        "INSECURE": "true" if access.insecure_skip_verify else "false",
        "CA_CERT": access.ca_cert,
        "MIRROR_REGISTRIES": mirrors.to_string(spec.mirrors),
    }
    yield Artifact(
        path=choice.option("out", SECRET.file),
        text=emit.render("registry-secret.yaml.j2", **strings),
        # "Do not change kind, metadata and type": they are constants of the document.
        data={
            "apiVersion": "v1",
            "stringData": strings,
            "kind": "Secret",
            "metadata": {"name": "registry-info", "namespace": "jet-system"},
            "type": "Opaque",
        },
        syntax="yaml",
        mode=0o600,
        holds_secret=bool(access.password),
        secret_keys=SECRET_KEYS,
    )
