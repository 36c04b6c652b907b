"""The logins, switches and CAs of a spec: of the registry, and of hosts that have others."""

from __future__ import annotations

from .. import placeholders
from ..diagnostics import code_span
from ..dialects import format_of
from ..mirrors import WILDCARD
from ..reading.facts import REGISTRY, repaired_certificates
from ..reading.losses import host_name
from .claims import ImportNote
from .forms import is_host, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .claims import Claim, ClaimSet

LOGIN = ("username", "password")
"""The keys of a host that are secrets."""
_SWITCHES = ("insecureSkipVerify", "plainHTTP")
_NO_MIRROR = "no mirror is on this host"
_OF_EACH_HOST = ("password", "caCert", "insecureSkipVerify", "insecure")


def take_registry(claims: ClaimSet, endpoint: str) -> None:
    """Take what is said of the registry, without its host, as said of the host of its endpoint."""
    for part in claims.names("host", REGISTRY):
        of_registry = claims.take(("host", REGISTRY, part))
        subject = ("host", endpoint, part)
        claims.replace(subject, of_registry + claims.of(*subject))


# -- one host --------------------------------------------------------------------------------


def access(
    claims: ClaimSet, host: str, path: tuple[str, ...], *, references: bool
) -> dict[str, Any]:
    """The keys of a host, without the keys that have their default.

    Args:
        claims: of all files.
        host: with its port.
        path: where the keys are to be in the spec.
        references: whether logins become references, for which a placeholder is enough.
    """
    keys: dict[str, Any] = {}
    for part in LOGIN:
        said = _login(claims, host, part, references=references)
        if said and said.fact.value:
            several = claims.of("host", host, part)
            claims.set_value(keys, (*path, part), several, value=said.fact.value)
    for switch in _SWITCHES:
        said = claims.decide("host", host, switch)
        if said and said.fact.value is True:
            claims.set_value(keys, (*path, switch), claims.of("host", host, switch), value=True)
    _take_insecure(claims, host, path, keys)
    _drop_what_http_lacks(claims, host, keys)
    said = claims.decide("host", host, "caCert", same=repaired_certificates)
    if said and said.fact.value:
        several = claims.of("host", host, "caCert")
        claims.set_value(keys, (*path, "caCert"), several, value=said.fact.value)
    return keys


def _login(claims: ClaimSet, host: str, part: str, *, references: bool) -> Claim | None:
    """What is said of a user name or password; a placeholder only if no file has a real one."""
    said = claims.of("host", host, part)
    real = [one for one in said if not placeholders.is_in(one.fact.value)]
    if any(one.fact.value for one in real):
        claims.replace(("host", host, part), real)
    decided = claims.decide("host", host, part)
    if decided and not references and placeholders.is_in(decided.fact.value):
        told = ImportNote(decided.given, decided.fact.place, f"it {placeholders.WHY}")
        if told not in claims.left:  # both parts of a login may stand in one text
            claims.left.append(told)
        return None
    return decided


def _take_insecure(
    claims: ClaimSet, host: str, path: tuple[str, ...], keys: dict[str, Any]
) -> None:
    """Podman and dockerd know one word for http and for a certificate that is not checked."""
    said = claims.decide("host", host, "insecure")
    if said is None:
        return
    known = [one for switch in _SWITCHES for one in claims.of("host", host, switch)]
    against = [one for one in known if one.fact.value is True]
    if said.fact.value is True and not against:
        both = all(claims.of("host", host, switch) for switch in _SWITCHES)
        if both and not claims.prefers(said, *known):
            claims.disagree(said, known[0])
        elif not both or claims.prefers(said):
            claims.set_value(keys, (*path, "insecureSkipVerify"), [said], value=True)
            if not known and format_of(said.given.reading.kind).insecure_may_be_http:
                why = "write `plainHTTP` in place of `insecureSkipVerify` if it does"
                claims.leave(said, why, what=f"whether {code_span(host)} speaks http")
    elif said.fact.value is False and against:
        if not claims.prefers(said, *against):
            claims.disagree(said, against[0])
        elif claims.prefers(said):
            for switch in _SWITCHES:
                keys.pop(switch, None)


def _drop_what_http_lacks(claims: ClaimSet, host: str, keys: dict[str, Any]) -> None:
    """A host that speaks http has no certificate to check. Charts can say so all the same."""
    both = all(keys.get(switch) for switch in _SWITCHES)
    said = claims.of("host", host, "insecureSkipVerify")
    if both and said and all(_is_of_each_host(one.given.reading.kind) for one in said):
        del keys["insecureSkipVerify"]
        _leave_what_is_true(
            claims, said, f"{code_span(host)} speaks http, which has no certificate"
        )


def _leave_what_is_true(claims: ClaimSet, said: Iterable[Claim], why: str) -> None:
    for one in said:
        if one.fact.value is True:
            claims.leave(one, why)


# -- which hosts -----------------------------------------------------------------------------


def others(
    claims: ClaimSet,
    endpoint: str,
    registry: dict[str, Any],
    served: dict[str, Claim],
    *,
    references: bool,
) -> dict[str, Any]:
    """The other hosts: what is known of each, if it is not what they have by themselves.

    Args:
        claims: of all files.
        endpoint: the host of the registry.
        registry: what the spec says of it.
        served: where each source is served from.
        references: as for `access`.
    """
    on = dict.fromkeys(said.fact.value.location.host for said in served.values())
    logins = dict.fromkeys(host for one in login_lists(claims) for host in one)
    hosts: dict[str, Any] = {}
    for host in dict.fromkeys((*on, *logins, *claims.names("host"))):
        if host in (endpoint, REGISTRY):
            continue
        alike = name_of(host) == name_of(endpoint)
        why = _why_not(host)
        if not (why or host in on or host in logins or _is_kept(claims, host)):
            why = _NO_MIRROR
        if why:
            _lose(claims, host, why)
            continue
        keys = access(claims, host, ("hosts", host), references=references)
        # That no mirror is on it, and it has a login all the same, is because it is listed.
        listed = host not in on and ("password" in keys or host in logins)
        inherited = alike and not listed and _is_inherited(claims, host, endpoint, registry, keys)
        if not inherited and (keys or alike):
            hosts[host] = keys
    return hosts


def login_lists(claims: ClaimSet) -> list[Iterable[str]]:
    """The hosts that each list of logins has one of."""
    return [said.fact.value for said in claims.of("logins of")]


def _why_not(host: str) -> str:
    """Why a spec cannot have the host that a file has, or an empty text."""
    if is_host(host):
        return ""
    if host == WILDCARD:
        return "its consumer looks this up by host, and `*` is not a host"
    if "://" in host:
        return "its consumer looks this up by host, without a scheme"
    if "/" in host:
        return "its consumer looks this up by host, without a path"
    return "it is not `HOST` or `HOST:PORT`"


def _is_kept(claims: ClaimSet, host: str) -> bool:
    """Whether a target writes the login of a host again, though no mirror is on it."""
    passwords = claims.of("host", host, "password")
    return any(one.fact.value and one.given.reading.keeps_logins for one in passwords)


def _lose(claims: ClaimSet, host: str, why: str) -> None:
    """Report all that is set for a host; of both parts of its login, once."""
    named: set[str] = set()
    for part in claims.names("host", host):
        kind = "login" if part in LOGIN else "CA" if part == "caCert" else ""
        what = f"the {kind} for {host_name(host)}" if kind else f"`{part}` of {host_name(host)}"
        given = [one for one in claims.of("host", host, part) if one.fact.value]
        if given and what not in named:
            named.add(what)
            claims.lose(given[0], what, why)


def _is_inherited(
    claims: ClaimSet, host: str, endpoint: str, own: dict[str, Any], keys: dict[str, Any]
) -> bool:
    """Whether a host on another port of the registry has just what the registry has."""
    lists = login_lists(claims)
    if own.get("password") and any(endpoint in one and host not in one for one in lists):
        return False
    if any(_is_silent_on(claims, host, endpoint, part) for part in _OF_EACH_HOST):
        return False
    checked = any(one.fact.value is False for one in claims.of("host", host, "insecure"))
    if checked and any(own.get(switch) for switch in _SWITCHES):
        return False
    known = {*claims.names("host", host), *keys} - {"insecure"}
    return all(keys.get(key) == own.get(key) for key in known)


def _is_silent_on(claims: ClaimSet, host: str, endpoint: str, part: str) -> bool:
    """Whether files that set a part for every host set it for the registry and not this host."""

    def telling(one: str) -> set[str]:
        said = claims.of("host", one, part)
        return {each.given.reading.kind for each in said if each.fact.value}

    return any(_is_of_each_host(kind) for kind in telling(endpoint) - telling(host))


def _is_of_each_host(kind: str) -> bool:
    return format_of(kind).of_each_host
