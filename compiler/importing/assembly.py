"""What files of every kind say, put together into one spec."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from .. import placeholders, schema
from ..diagnostics import Severity
from ..mirrors import Location
from ..reading.losses import host_name
from . import charts, losses
from . import hosts as spec_hosts
from . import mirrors as spec_mirrors
from .claims import Claim, ClaimSet, ImportNote, InputDocument
from .forms import common_base, is_host
from .targets import add_targets

__all__ = ["Claim", "ImportNote", "ImportResult", "InputDocument", "Secret", "assemble"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


_FALLBACK = ("fallback",)


@dataclass(frozen=True, slots=True)
class Secret:
    """A user name or password that was found."""

    path: tuple[str, ...]
    """Where it stands in the spec."""
    value: str = field(repr=False)
    name: str = ""
    """The variable or file that it is to be in."""


@dataclass(slots=True)
class ImportResult:
    """What the files come to."""

    data: dict[str, Any] = field(default_factory=dict, repr=False)
    """Of the spec, with its logins as text."""
    origins: dict[tuple[str | int, ...], list[str]] = field(default_factory=dict)
    """Who says what each path of the spec holds: files, or folders of them."""
    secrets: list[Secret] = field(default_factory=list)
    disagreements: list[ImportNote] = field(default_factory=list)
    left: list[ImportNote] = field(default_factory=list)
    """What is not imported."""
    missing: str = ""
    """Why there is no spec, if there is none."""
    guess: str = ""
    """The endpoint, if no file says it."""


def assemble(
    given: Sequence[InputDocument],
    prefer: frozenset[str] = frozenset(),
    *,
    fallback: str = "",
    references: bool = True,
) -> ImportResult:
    """Put together what the files say.

    Args:
        given: the documents.
        prefer: the files that are right where others say something else.
        fallback: `deny` or `allow`, whatever the files say; else what they say.
        references: whether logins become references, for which a placeholder of regspec is enough;
            else a placeholder is not imported.
    """
    claims = ClaimSet(given, prefer)
    out = ImportResult(origins=claims.origins, disagreements=claims.disagreements, left=claims.left)
    served = spec_mirrors.served(claims)
    endpoint = _endpoint(claims)
    if not endpoint:
        endpoint = _guessed_endpoint(claims, served)
        out.guess = str(endpoint) if endpoint else ""
    path = _base_content_path(claims, endpoint, served) if endpoint else ""
    losses.of_authorities(claims)
    if not endpoint or not served:
        out.missing = _missing(claims, "mirrors there are" if endpoint else "registry it is")
        return out
    # One thing after another, in the order in which one needs another.
    base = endpoint.below(path)
    registry = _registry(claims, endpoint, path, references=references)
    mirrors, proxy_cache = spec_mirrors.entries(claims, served, base)
    if proxy_cache:
        registry["proxyCache"] = True
    out.data = {"apiVersion": "regspec/v1", "kind": "RegistrySpec"}
    out.data |= {"registry": registry, "mirrors": mirrors}
    hosts = spec_hosts.others(claims, endpoint.host, registry, served, references=references)
    if hosts:
        out.data["hosts"] = hosts
    _of_sources(claims, served)
    _take_fallback(claims, fallback, out.data)
    out.data |= charts.blocks(claims, base)
    out.left += losses.of_mirror_sets(given)
    out.left += add_targets(out.data, given)
    out.secrets = list(_secrets(registry, hosts))
    return out


def _missing(claims: ClaimSet, what: str) -> str:
    """Why there is no spec: the first thing that was lost, if anything was."""
    lost = [one for one in claims.left if one.severity is Severity.WARNING]
    if lost:
        more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        reason = f"{lost[0].name} is not imported: {lost[0].message}{more}"
        return f"no mirror is left that a spec can hold: {reason}"
    logins = (host for hosts in spec_hosts.login_lists(claims) for host in hosts)
    known = [*claims.names("host"), *logins]
    if known:
        shown = ", ".join(map(host_name, dict.fromkeys(known)))
        return f"the files have settings for {shown}, and no mirror: a spec needs one"
    return f"no file says which {what}: give a values file, the Secret or a node's configuration"


def _endpoint(claims: ClaimSet) -> Location | None:
    """The endpoint that a file says, if a spec can have it."""
    said = claims.decide("endpoint")
    if not said or not said.fact.value:
        return None
    problem = schema.problem_with("endpoint", said.fact.value)
    if problem:
        claims.leave(said, problem[0])
        return None
    claims.note(("registry", "endpoint"), claims.of("endpoint"))
    return Location.parse(said.fact.value)


def _guessed_endpoint(claims: ClaimSet, served: dict[str, Claim]) -> Location | None:
    """The host that most mirrors are on, or else one that has settings. It is shown as a guess."""
    hosts = Counter(one.fact.value.location.host for one in served.values())
    alone = [host for host in claims.names("itself") if host not in hosts]
    logins = [host for one in spec_hosts.login_lists(claims) for host in one if is_host(host)]
    found = [*(host for host, _ in hosts.most_common(1)), *alone, *logins]
    for host in alone:
        what = f"the registry {host_name(host)}"
        claims.lose(claims.of("itself", host)[0], what, "no mirror is on it")
    if not found:
        return None
    claims.origins["registry", "endpoint"] = ["a guess: where most mirrors are"]
    return Location(found[0])


def _base_content_path(claims: ClaimSet, endpoint: Location, served: dict[str, Claim]) -> str:
    """What a file says that it is, or else what the mirrors on the registry have in common."""
    said = claims.decide("baseContentPath")
    if said:
        problem = schema.problem_with("path", said.fact.value)
        if problem is None:
            claims.note(("registry", "baseContentPath"), claims.of("baseContentPath"))
            return str(said.fact.value)
        claims.leave(said, problem[0])
    below = f"{endpoint.path}/" if endpoint.path else ""
    paths = {
        source: one.fact.value.location.path.removeprefix(below)
        for source, one in served.items()
        if one.fact.value.location.host == endpoint.host
        and f"{one.fact.value.location.path}/".startswith(below)
    }
    return common_base(paths)


def _registry(
    claims: ClaimSet, endpoint: Location, path: str, *, references: bool
) -> dict[str, Any]:
    """What the spec says of the registry, except its mirrors."""
    registry: dict[str, Any] = {"endpoint": str(endpoint)}
    name = claims.decide("name")
    if name and name.fact.value != str(endpoint):
        claims.set_value(registry, ("registry", "name"), [name], value=name.fact.value)
    if path:
        registry["baseContentPath"] = path
    spec_hosts.take_registry(claims, endpoint.host)
    return registry | spec_hosts.access(claims, endpoint.host, ("registry",), references=references)


def _of_sources(claims: ClaimSet, served: dict[str, Claim]) -> None:
    """Take what is said of the upstream of each source that has a mirror as said of all."""
    found = [
        Claim(one, replace(fact, subject=_FALLBACK))
        for one in claims.given
        for fact in one.reading.claims
        if fact.subject[0] == _FALLBACK[0] and fact.subject[1] in served
    ]
    if found:
        claims.replace(_FALLBACK, found)


def _take_fallback(claims: ClaimSet, decided: str, data: dict[str, Any]) -> None:
    """Whether runtimes also contact the upstream: as the command line has it, or else the files."""
    path = _FALLBACK
    if decided:
        claims.left += losses.of_fallback(decided, claims.of("fallback"))
        if decided == "allow":
            data["fallback"] = "allow"
            claims.origins[path] = ["--fallback"]
        return
    said = claims.decide("fallback")
    if said and said.fact.value == "allow":
        claims.set_value(data, path, [said], value="allow")


def _secrets(registry: dict[str, Any], hosts: dict[str, Any]) -> Iterator[Secret]:
    """The logins of a spec, with what they are to be called."""
    named = placeholders.owners(hosts)
    of_hosts = [(("hosts", host), keys) for host, keys in hosts.items()]
    for owner, keys in ((("registry",), registry), *of_hosts):
        for part in spec_hosts.LOGIN:
            if part in keys:
                path = (*owner, part)
                yield Secret(path, keys[part], placeholders.login_name(path, named))
