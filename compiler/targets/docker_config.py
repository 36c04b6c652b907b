"""The dockerconfigjson of a spec's logins, which pull secrets and auth.json hold."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..model import Spec


def docker_config(spec: Spec, *, plain: bool = True) -> dict[str, Any]:
    """The data of a dockerconfigjson, by the hosts that runtimes look logins up with.

    Args:
        spec: with its references resolved.
        plain: whether user name and password stand beside the base64 of both, as kubectl has it.
    """
    import base64

    auths = {}
    for host, (username, password) in spec.logins.items():
        both = base64.b64encode(f"{username}:{password}".encode()).decode()
        keys = {"username": username, "password": password} if plain else {}
        auths[host] = {**keys, "auth": both}
    return {"auths": auths}
