"""The dockerconfigjson with the logins of a spec, which pull secrets and auth.json contain."""

from __future__ import annotations

import json

from ..dialect import Artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...model import Spec


def docker_config(spec: Spec, *, plain: bool = True) -> dict[str, Any]:
    """The data of a dockerconfigjson, by the hosts with which runtimes look up logins.

    Args:
        spec: with its references resolved.
        plain: whether to add user name and password to the base64 of both, as kubectl does.
    """
    import base64

    auths = {}
    for host, (username, password) in spec.logins.items():
        both = base64.b64encode(f"{username}:{password}".encode()).decode()
        keys = {"username": username, "password": password} if plain else {}
        auths[host] = {**keys, "auth": both}
    return {"auths": auths}


def logins_file(spec: Spec, path: str) -> Artifact:
    """The logins as a file of their own, as `podman login` and `docker login` leave them.

    Args:
        spec: with its references resolved.
        path: of the file.
    """
    logins = docker_config(spec, plain=False)
    return Artifact(
        path=path,
        text=json.dumps(logins, indent=2, ensure_ascii=False) + "\n",
        data=logins,
        syntax="json",
        mode=0o600,
        holds_secret=True,
        secret_keys=frozenset({"auth"}),
    )
