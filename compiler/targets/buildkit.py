"""buildkitd.toml, with the CA files that it names.

Source: moby/buildkit, util/resolver/resolver.go: a mirror's path is put after `/v2`, and what is
said of its TLS is looked up by the mirror's own host.
"""

from __future__ import annotations

from .. import emit
from ..dialects.buildkit import TARGET
from ..dialects.dialect import Artifact
from ..mirrors import WILDCARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..model import Spec, TargetEntry

_FOLDER = "/etc/buildkit/ca"
_DENY = "# When a mirror fails, the upstream is asked: nothing here can forbid it.\n"


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    registries: dict[str, dict[str, Any]] = {
        mirror.source: {"mirrors": [str(mirror.location)]}
        for mirror in spec.by_registry
        if mirror.source not in (WILDCARD, str(mirror.location))
    }
    authorities: dict[str, str] = {}
    for host in spec.mirror_hosts:
        access = spec.access(host)
        table = registries.setdefault(host, {})
        # Without it, a host of this machine would be asked by http.
        table["http"] = bool(access and access.plain_http)
        if access and not access.plain_http and access.insecure_skip_verify:
            table["insecure"] = True
        elif access and not access.plain_http and access.ca_cert:
            name = f"{host.replace(':', '_')}.crt"
            authorities[name] = str(access.ca_cert)
            table["ca"] = [f"{_FOLDER}/{name}"]
    tables: emit.Tables = [(("registry", name), table) for name, table in registries.items()]
    warning = _DENY if spec.fallback == "deny" else ""
    yield Artifact(
        path=f"{root}/buildkitd.toml",
        text=f"{emit.HEADER}\n{warning}{emit.toml_text(tables)}",
        data=emit.toml_data(tables),
        syntax="toml",
    )
    for name, ca in authorities.items():
        yield Artifact(f"{root}/ca/{name}", ca, ca, "text")
