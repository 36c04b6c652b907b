"""The configuration of podman, CRI-O, skopeo and buildah: registries.conf.d, certs.d, auth.json.

Source: containers/image, pkg/sysregistriesv2; run with skopeo 1.9.3.
"""

from __future__ import annotations

from ... import emit
from ..dialect import Artifact
from ..kubernetes.write_docker_config import logins_file
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...mirrors import Location
    from ...model import Spec, TargetEntry


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    registries = [
        _registry(spec, mirror.source, mirror.location)
        for mirror in spec.mirrors
        if mirror.source != str(mirror.location)
    ]
    sources = {registry["prefix"] for registry in registries}
    registries += [
        {"prefix": host, "location": host, **({"insecure": True} if spec.is_insecure(host) else {})}
        for host in spec.mirror_hosts
        # A source without a port would also be the prefix of this host with its port.
        if host not in sources and (spec.is_insecure(host) or host.rpartition(":")[0] in sources)
    ]
    yield Artifact(
        path=f"{root}/registries.conf.d/50-regspec.conf",
        text=f"{emit.HEADER}\n{_text(registries)}",
        data={"registry": registries} if registries else {},
        syntax="toml",
    )
    for host, ca in spec.authorities.items():
        yield Artifact(f"{root}/certs.d/{host}/ca.crt", ca, ca, "text")
    if spec.logins:
        yield logins_file(spec, f"{root}/auth.json")


def _registry(spec: Spec, source: str, location: Location) -> dict[str, Any]:
    """One upstream and its mirror. `blocked` refuses the upstream."""
    mirror: dict[str, Any] = {"location": str(location)}
    if spec.is_insecure(location.host):
        mirror["insecure"] = True
    blocked = {"blocked": True} if spec.fallback == "deny" and spec.may_block(source) else {}
    return {"prefix": source, "location": source, **blocked, "mirror": [mirror]}


def _text(registries: list[dict[str, Any]]) -> str:
    lines: list[str] = []
    for registry in registries:
        own = {key: value for key, value in registry.items() if key != "mirror"}
        lines += ["\n[[registry]]\n", emit.toml_text([((), own)])]
        for mirror in registry.get("mirror", ()):
            lines += ["[[registry.mirror]]\n", emit.toml_text([((), mirror)])]
    return "".join(lines)
