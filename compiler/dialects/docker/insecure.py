"""What dockerd makes of the `insecure-registries` of a daemon.json.

Source: moby/moby, daemon/pkg/registry/config.go (isSecureIndex); run with dockerd 20.10.24.
"""

from __future__ import annotations

import ipaddress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def is_insecure(data: Mapping[str, Any], host: str) -> bool:
    """Whether http, and a certificate that is not checked, are allowed for a host.

    An address may be in a range. An IPv6 address needs a port: without one dockerd looks it up with
    its brackets, and finds nothing.

    Args:
        data: a daemon.json.
        host: `host[:port]`.
    """
    listed = data.get("insecure-registries") or ()
    return host in listed or any(
        _is_in(host, entry) for entry in listed if isinstance(entry, str) and "/" in entry
    )


def _is_in(host: str, entry: str) -> bool:
    """Whether a host is an address in a range. A name is not resolved."""
    if host.endswith("]"):
        return False
    address = (host.rpartition(":")[0] or host).strip("[]")
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
