"""The sync file of regclient's regsync, which keeps the registry up to date with the upstreams.

Source: regclient/regclient, cmd/regsync/root/config.go (the keys, and which of them are templates),
config/host.go (`creds`) and pkg/template (`env`, which gives an empty text for what is not set).
"""

from __future__ import annotations

from ... import emit, placeholders
from ...model import Trust
from ..dialect import Artifact
from . import REGSYNC
from .write_copy_list import copies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry

_NOTE = """\
# regsync once --config regsync.yaml
"""
_VARIABLES = """\
# The logins are not in it: they are taken from these variables, else from docker's config.json.
"""

_LOGIN = {"user": "username", "pass": "password"}
"""What it calls the parts of a login, and what a spec does."""


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    named = placeholders.owners(spec.hosts)
    hosts = dict.fromkeys((*spec.mirror_hosts, *spec.hosts))
    creds = [entry for host in hosts if (entry := _creds(spec, host, named))]
    sync = [
        {"source": source, "target": destination, "type": "image"}
        for source, destination in dict.fromkeys(copies(spec))
    ]
    data: dict[str, Any] = {"version": 1, **({"creds": creds} if creds else {}), "sync": sync}
    note = _NOTE + (_VARIABLES if any("user" in entry for entry in creds) else "")
    path = choice.option("out", REGSYNC.file)
    yield Artifact(path, f"{emit.HEADER}\n{note}{emit.yaml_text(data)}", data, "yaml")


def variables(spec: Spec) -> tuple[str, ...]:
    """The environment variables that the file takes logins from, each once."""
    named = placeholders.owners(spec.hosts)
    accesses = {host: spec.access(host) for host in (*spec.mirror_hosts, *spec.hosts)}
    return tuple(
        dict.fromkeys(
            placeholders.login_name((*access.path, part), named)
            for access in accesses.values()
            if access and access.has_login
            for part in _LOGIN.values()
        )
    )


def _creds(spec: Spec, host: str, named: dict[str, str]) -> dict[str, str]:
    """What regsync must know of a host to reach it; nothing if that is what it assumes.

    It reads texts here as templates of Go. No text of a spec is in them that could hold `{{`: the
    logins are in variables, and neither hosts, references nor PEM have braces.
    """
    access = spec.access(host)
    entry: dict[str, str] = {}
    if access and access.has_login:
        for key, part in _LOGIN.items():
            variable = placeholders.login_name((*access.path, part), named)
            entry[key] = f'{{{{env "{variable}"}}}}'
    match spec.trust(host):
        case Trust.PLAIN_HTTP:
            entry["tls"] = "disabled"
        case Trust.SKIP_VERIFY:
            entry["tls"] = "insecure"
        case Trust.CA if access:
            entry["regcert"] = str(access.ca_cert)
    return {"registry": host, **entry} if entry else {}
