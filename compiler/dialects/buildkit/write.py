"""buildkitd.toml, with the CA files that it names.

Source: moby/buildkit, util/resolver/resolver.go: BuildKit puts the path of a mirror after `/v2`. It
looks up the TLS settings by the host of the mirror.
"""

from __future__ import annotations

from ... import emit
from ...mirrors import WILDCARD
from ...model import Trust
from ..dialect import Artifact
from . import AUTHORITIES, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_DENY = "# When a mirror fails, BuildKit contacts the upstream. This file cannot forbid it.\n"


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    registries: dict[str, dict[str, Any]] = {
        mirror.source: {"mirrors": [str(mirror.location)]}
        for mirror in spec.by_registry
        if mirror.source not in (WILDCARD, str(mirror.location))
    }
    for host in spec.mirror_hosts:
        trust = spec.trust(host)
        table = registries.setdefault(host, {})
        # Without `http`, BuildKit uses http for a host of this machine.
        table["http"] = trust is Trust.PLAIN_HTTP
        if trust is Trust.SKIP_VERIFY:
            table["insecure"] = True
        elif trust is Trust.CA:
            table["ca"] = [f"{AUTHORITIES}/{_file_of_ca(host)}"]
    tables = emit.with_plain_headers(
        [(("registry", name), table) for name, table in registries.items()]
    )
    warning = _DENY if spec.fallback == "deny" else ""
    yield Artifact(
        path=f"{root}/buildkitd.toml",
        text=f"{emit.HEADER}\n{warning}{emit.toml_text(tables)}",
        data=emit.toml_data(tables),
        syntax="toml",
    )
    for host, ca in spec.authorities.items():
        yield Artifact(f"{root}/ca/{_file_of_ca(host)}", ca, ca, "text")


def _file_of_ca(host: str) -> str:
    return f"{host.replace(':', '_')}.crt"
