"""Placeholders of logins: what stands for a user name or password in a file that may be public."""

from __future__ import annotations

import re
from functools import cache

from .frozen import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .dialects import Artifact
    from .model import Access, Spec

MARK = "REGSPEC_PLACEHOLDER_"
"""What every placeholder begins with: letters that no quoting changes, and no likely password."""
WHY = "is a placeholder of regspec; the real one belongs there"
"""What is to be said of one that stands where a login belongs."""
_REGISTRY = "REGISTRY"


def owners(hosts: Iterable[str]) -> dict[str, str]:
    """What the logins of hosts are called: `nexus.example.org:8083` is NEXUS_EXAMPLE_ORG_8083.

    Each is the name of a variable when `_PASSWORD` follows, and no two are the same: the second
    of two that would be gets a number. None is REGISTRY, which the registry's own login is called.

    Args:
        hosts: the keys of `hosts`, in their order.
    """
    taken = {_REGISTRY: ""}
    for host in hosts:
        name = re.sub(r"[^A-Z0-9]+", "_", host.upper()).strip("_")
        first = name = f"HOST_{name}" if name[:1].isdigit() else name
        number = 1
        while name in taken:
            number += 1
            name = f"{first}_{number}"
        taken[name] = host
    return {host: name for name, host in taken.items() if host}


def login_name(path: tuple[str | int, ...], named: dict[str, str]) -> str:
    """What a user name or password is called, such as `REGISTRY_PASSWORD`.

    Args:
        path: its path in the spec.
        named: the names of the hosts, from `owners`.
    """
    owner = _REGISTRY if path[0] == "registry" else named[str(path[1])]
    return f"{owner}_{str(path[-1]).upper()}"


def in_place_of_logins(spec: Spec) -> Spec:
    """A spec with a placeholder for each login, so that no output has one.

    Args:
        spec: its logins may be references, which need not be resolved. An empty one stays empty.
    """
    named = owners(spec.hosts)

    def hidden(access: Access, key: str) -> str:
        return f"{MARK}{login_name((*access.path, key), named)}" if getattr(access, key) else ""

    def public(access: Access) -> Access:
        username, password = (hidden(access, key) for key in ("username", "password"))
        return replace(access, username=username, password=password)

    registry = replace(spec.registry, access=public(spec.registry.access))
    hosts = {host: public(access) for host, access in spec.hosts.items()}
    return replace(spec, registry=registry, hosts=hosts)


def public(artifact: Artifact) -> Artifact:
    """An artifact of such a spec, which everybody may read.

    Its keys of secrets stay: an old file may hold real ones, and a diff must not show them.
    """
    return replace(artifact, mode=0o644, holds_secret=False)


def forms(text: str) -> tuple[str, ...]:
    """How a text looks inside others: as it is, and in base64, which has it in three ways.

    What its base64 is depends on the place, modulo three, that it begins at; the characters at its
    ends, which also depend on its neighbours, are left out.
    """
    import base64

    content = text.encode()
    found = [text]
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content).decode()
        first = -(-before * 8 // 6)
        last = (before + len(content)) * 8 // 6
        found.append(encoded[first:last])
    return tuple(found)


@cache
def _marks() -> tuple[str, ...]:
    return forms(MARK)


def is_in(text: str) -> bool:
    """Whether a placeholder is in a text, in clear or in base64."""
    return bool(text) and any(form in text for form in _marks())
