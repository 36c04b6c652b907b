"""What files of every kind say, put together into one spec."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from . import import_losses, placeholders, schema
from .diagnostics import Place, word
from .import_forms import (
    can_be_short,
    common_base,
    is_host,
    is_upstream,
    name_of,
    path_below,
)
from .import_targets import Given, Said, Told, add_targets
from .mirrors import Location
from .model import CERT_MANAGER_IMAGES, IMAGE_SWAP_IMAGES
from .readers import REGISTRY
from .readers.reading import certificates_in

__all__ = ["Given", "Imported", "Said", "Secret", "Told", "assemble"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from .readers import Fact
    from .readers.reading import Subject

_LOGIN = ("username", "password")
_SWITCHES = ("insecureSkipVerify", "plainHTTP")
_OF_EACH_HOST = ("password", "caCert", "insecureSkipVerify", "insecure")
_OF_HOSTS = {
    "hosts.toml",
    "containerd",
    "k3s",
    "talos",
    "buildkit",
    "registries.conf",
    "certificates",
    "image configuration",
    "registry CAs",
}
"""The kinds of files that tell of each host what it has."""
_RANKS = (
    "values",
    "secret",
    "registries.conf",
    "ImageDigestMirrorSet",
    "ImageTagMirrorSet",
    "containerd",
    "k3s",
    "talos",
    "buildkit",
    "imageswap",
    "hosts.toml",
    "docker",
)
"""Whose order of mirrors goes before others': the more of them a kind holds, the earlier."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A user name or password that was found."""

    path: tuple[str, ...]
    """Where it stands in the spec."""
    value: str = field(repr=False)
    name: str = ""
    """The variable or file that it is to be in."""


@dataclass(slots=True)
class Imported:
    """What the files come to."""

    data: dict[str, Any] = field(default_factory=dict, repr=False)
    """Of the spec, with its logins as text."""
    origins: dict[tuple[str | int, ...], list[str]] = field(default_factory=dict)
    """Who says what each path of the spec holds: files, or folders of them."""
    secrets: list[Secret] = field(default_factory=list)
    disagreements: list[Told] = field(default_factory=list)
    left: list[Told] = field(default_factory=list)
    """What cannot be carried over."""
    missing: str = ""
    """Why there is no spec, if there is none."""
    guess: str = ""
    """The endpoint, if no file says it."""


def assemble(
    given: Sequence[Given],
    prefer: frozenset[str] = frozenset(),
    *,
    fallback: str = "",
    references: bool = True,
) -> Imported:
    """Put together what the files say.

    Args:
        given: the documents.
        prefer: the files that are right where others say something else.
        fallback: `deny` or `allow`, whatever the files say; else what they say.
        references: whether logins become references, for which a placeholder of regspec is enough;
            else one is not carried over.
    """
    return _Assembly(given, prefer, fallback=fallback, references=references).assemble()


class _Assembly:
    """The claims of all files, decided one after another."""

    def __init__(
        self, given: Sequence[Given], prefer: frozenset[str], *, fallback: str, references: bool
    ) -> None:
        self.given = given
        self.fallback = fallback
        self.references = references
        self.prefer = prefer
        self.out = Imported()
        self.claims: dict[Subject, list[Said]] = {}
        for one in given:
            for fact in one.reading.claims:
                self.claims.setdefault(fact.subject, []).append(Said(one, fact))
            self.out.left += [Told(one, at, why) for at, why in one.reading.unread]

    def assemble(self) -> Imported:
        """Decide everything, in the order in which one thing needs another."""
        out = self.out
        served = self._served()
        registry: dict[str, Any] = {}
        endpoint = self._endpoint(served)
        base = self._base(endpoint, served) if endpoint else ""
        if not endpoint or not served:
            what = "mirrors there are" if endpoint else "registry it is"
            files = "give a values file, the Secret or a node's configuration"
            out.missing = f"no file says which {what}: {files}"
            if any(subject[0] == "mirror" for subject in self.claims):
                out.missing = "none of the mirrors is one that a spec can have"
            return out
        registry["endpoint"] = str(endpoint)
        name = self._decide(("name",))
        if name and name.fact.value != str(endpoint):
            self._put(registry, ("registry", "name"), name.fact.value, [name])
        if base:
            registry["baseContentPath"] = base
        self._take_registry(endpoint)
        registry |= self._access(endpoint.host, ("registry",))
        out.data = {"apiVersion": "regspec/v1", "kind": "RegistrySpec", "registry": registry}
        out.data["mirrors"] = self._mirrors(registry, endpoint.below(base), served)
        hosts = self._hosts(endpoint.host, served)
        if hosts:
            out.data["hosts"] = hosts
        self._take_fallback()
        self._charts(endpoint.below(base))
        out.left += import_losses.of_mirror_sets(self.given)
        out.left += add_targets(out.data, self.given)
        named = placeholders.owners(hosts)
        out.secrets = [
            replace(one, name=placeholders.login_name(one.path, named)) for one in out.secrets
        ]
        return out

    # -- deciding ----------------------------------------------------------------------------

    def _decide(
        self, subject: Subject, same: Callable[[Any], Any] = lambda value: value
    ) -> Said | None:
        """What is said of a subject; where files do not agree, the first, which is told."""
        said = self.claims.get(subject, [])
        if not said:
            return None
        preferred = [one for one in said if one.given.file in self.prefer]
        first = (preferred or said)[0]
        for other in preferred[1:] if preferred else said[1:]:
            if same(other.fact.value) != same(first.fact.value):
                self._disagree(first, other)
        return first

    def _disagree(self, first: Said, other: Said) -> None:
        name = _label(other.fact)
        if other.fact.secret or first.fact.secret:
            message = f"{name} is not the same as"
        elif other.fact.subject[-1] == "caCert":
            message = f"{name} is another certificate than"
        else:
            message = f"{name} is {_shown(other.fact.value)}, and {_shown(first.fact.value)}"
        self.out.disagreements.append(Told(other.given, other.fact.place, message, first))

    def _put(
        self, into: dict[str, Any], path: tuple[str | int, ...], value: Any, said: Iterable[Said]
    ) -> None:
        into[str(path[-1])] = value
        self._note(path, said)

    def _note(self, path: tuple[str | int, ...], said: Iterable[Said]) -> None:
        """Remember the files of a value of the spec."""
        files = self.out.origins.setdefault(path, [])
        files += dict.fromkeys(one.given.speaker for one in said if one.given.speaker not in files)

    # -- the registry ------------------------------------------------------------------------

    def _endpoint(self, served: dict[str, Said]) -> Location | None:
        said = self._decide(("endpoint",))
        if said and said.fact.value:
            problem = schema.problem_with("endpoint", said.fact.value)
            if problem is None:
                self._note(("registry", "endpoint"), self.claims["endpoint",])
                return Location.parse(said.fact.value)
            self.out.left.append(Told(said.given, said.fact.place, problem[0]))
        guessed = self._guessed_endpoint(served)
        if guessed:
            self.out.guess = str(guessed)
            self.out.origins["registry", "endpoint"] = ["a guess: where most mirrors are"]
        return guessed

    def _guessed_endpoint(self, served: dict[str, Said]) -> Location | None:
        """The host that most mirrors are on, or else one that has settings; told to be a guess."""
        hosts = Counter(one.fact.value.location.host for one in served.values())
        itself = [subject[1] for subject in self.claims if subject[0] == "itself"]
        alone = [host for host in itself if host not in hosts]
        logins = [
            host
            for said in self.claims.get(("logins of",), [])
            for host in said.fact.value
            if is_host(host)
        ]
        found = [*(host for host, _ in hosts.most_common(1)), *alone, *logins]
        for host in alone if hosts else ():
            said = self.claims["itself", host][0]
            why = f"no mirror is on {word(host)}"
            self.out.left.append(Told(said.given, said.fact.place, why))
        return Location(found[0]) if found else None

    def _base(self, endpoint: Location, served: dict[str, Said]) -> str:
        said = self._decide(("baseContentPath",))
        if said:
            problem = schema.problem_with("path", said.fact.value)
            if problem is None:
                self._note(("registry", "baseContentPath"), self.claims["baseContentPath",])
                return str(said.fact.value)
            self.out.left.append(Told(said.given, said.fact.place, problem[0]))
        below = f"{endpoint.path}/" if endpoint.path else ""
        paths = {
            source: one.fact.value.location.path.removeprefix(below)
            for source, one in served.items()
            if one.fact.value.location.host == endpoint.host
            and f"{one.fact.value.location.path}/".startswith(below)
        }
        return common_base(paths)

    def _take_registry(self, endpoint: Location) -> None:
        """What was said of the registry without its host is said of that host."""
        for subject in list(self.claims):
            if subject[0] == "host" and subject[1] == REGISTRY:
                of_host = ("host", endpoint.host, subject[2])
                self.claims[of_host] = self.claims.pop(subject) + self.claims.get(of_host, [])

    def _access(self, host: str, path: tuple[str, ...]) -> dict[str, Any]:
        """The keys of a host, less those that have their default."""
        keys: dict[str, Any] = {}
        for part in _LOGIN:
            said = self._login(("host", host, part))
            if said and said.fact.value:
                self._put(keys, (*path, part), said.fact.value, self.claims["host", host, part])
                self.out.secrets.append(Secret((*path, part), said.fact.value))
        for switch in _SWITCHES:
            said = self._decide(("host", host, switch))
            if said and said.fact.value is True:
                self._put(keys, (*path, switch), True, self.claims["host", host, switch])  # noqa: FBT003
        self._insecure(host, path, keys)
        self._drop_what_http_lacks(host, keys)
        said = self._decide(("host", host, "caCert"), certificates_in)
        if said and said.fact.value:
            self._put(keys, (*path, "caCert"), said.fact.value, self.claims["host", host, "caCert"])
        return keys

    def _login(self, subject: Subject) -> Said | None:
        """What is said of a user name or password; a placeholder only if no file has a real one."""
        said = self.claims.get(subject, [])
        real = [one for one in said if not placeholders.is_in(one.fact.value)]
        if any(one.fact.value for one in real):
            self.claims[subject] = real
        decided = self._decide(subject)
        if decided and not self.references and placeholders.is_in(decided.fact.value):
            told = Told(decided.given, decided.fact.place, f"it {placeholders.WHY}")
            if told not in self.out.left:  # both parts of a login may stand in one text
                self.out.left.append(told)
            return None
        return decided

    def _insecure(self, host: str, path: tuple[str, ...], keys: dict[str, Any]) -> None:
        """Podman and dockerd know one word for http and for a certificate that nobody checks."""
        said = self._decide(("host", host, "insecure"))
        if said is None:
            return
        known = [one for switch in _SWITCHES for one in self.claims.get(("host", host, switch), [])]
        against = [one for one in known if one.fact.value is True]
        if said.fact.value is True and not against:
            both = all(("host", host, switch) in self.claims for switch in _SWITCHES)
            if both and not self._decides(said, known):
                self._disagree(said, known[0])
            elif not both or said.given.file in self.prefer:
                self._put(keys, (*path, "insecureSkipVerify"), True, [said])  # noqa: FBT003
                if not known and said.given.reading.kind == "docker":
                    what = f"whether {word(host)} speaks http"
                    why = "write `plainHTTP` in place of `insecureSkipVerify` if it does"
                    self.out.left.append(Told(said.given, said.fact.place, why, what=what))
        elif said.fact.value is False and against:
            if not self._decides(said, against):
                self._disagree(said, against[0])
            elif said.given.file in self.prefer:
                for switch in _SWITCHES:
                    keys.pop(switch, None)

    def _drop_what_http_lacks(self, host: str, keys: dict[str, Any]) -> None:
        """Nobody checks a certificate of a host that speaks http; charts say so all the same."""
        both = all(keys.get(switch) for switch in _SWITCHES)
        said = self.claims.get(("host", host, "insecureSkipVerify"), [])
        if both and said and all(one.given.reading.kind in _OF_HOSTS for one in said):
            del keys["insecureSkipVerify"]
            why = f"{word(host)} speaks http, which has no certificate"
            for one in said:
                if one.fact.value is True:
                    self.out.left.append(Told(one.given, one.fact.place, why))

    def _take_fallback(self) -> None:
        """Whether the upstream is asked too: as the command line has it, or else the files."""
        path = ("fallback",)
        if self.fallback:
            self.out.left += import_losses.of_fallback(self.fallback, self.claims.get(path, ()))
            if self.fallback == "allow":
                self.out.data["fallback"] = "allow"
                self.out.origins[path] = ["--fallback"]
            return
        said = self._decide(path)
        if said and said.fact.value == "allow":
            self._put(self.out.data, path, "allow", [said])

    def _decides(self, said: Said, others: list[Said]) -> bool:
        """Whether one of several that do not agree is preferred."""
        return any(one.given.file in self.prefer for one in (said, *others))

    # -- mirrors -----------------------------------------------------------------------------

    def _served(self) -> dict[str, Said]:
        """Where each source is served from, in the best order that a file has."""
        speakers: dict[str, dict[str, Said]] = {}
        ranks: dict[str, tuple[int, int]] = {}
        for one in self.given:
            for fact in one.reading.claims:
                if fact.subject[0] == "mirror":
                    source = fact.subject[1]
                    speakers.setdefault(one.speaker, {}).setdefault(source, Said(one, fact))
                    rank = (_RANKS.index(one.reading.kind), len(ranks))
                    ranks.setdefault(one.speaker, rank)
        order = sorted(speakers, key=ranks.__getitem__)
        preferred = [
            speaker
            for speaker in order
            if any(said.given.file in self.prefer for said in speakers[speaker].values())
        ]
        sources = dict.fromkeys(source for speaker in order for source in speakers[speaker])
        served: dict[str, Said] = {}
        for source in sources:
            first = self._served_from(source, speakers, preferred)
            if first is not None and self._can_be_source(source, first):
                served[source] = first
        return served

    def _served_from(
        self, source: str, speakers: dict[str, dict[str, Said]], preferred: list[str]
    ) -> Said | None:
        """Where one source is served from, or none if the file that is right does not have it."""
        said = self._decide(("mirror", source), lambda value: str(value.location))
        assert said is not None  # noqa: S101 - the source is from the claims
        self._proxies(source, said)
        for speaker, held in speakers.items():
            if source in held:
                continue
            one = next(iter(held.values()))
            if one.given.reading.lacks(source, said.fact.value):
                continue
            if preferred:
                if speaker in preferred:
                    why = f"{word(source)} is no source in the file that is preferred"
                    self.out.left.append(Told(said.given, said.fact.place, why))
                    return None
                continue
            at = one.given.reading.homes.get(("mirror",), Place(()))
            message = f"{word(source)} is no source here, and is one in"
            self.out.disagreements.append(Told(one.given, at, message, said))
        return said

    def _proxies(self, source: str, first: Said) -> None:
        """Whether `/v2/` stands in the string must be the same wherever it could stand."""
        said = self.claims["mirror", source]
        known = [one for one in said if one.fact.value.proxy_cache is not None]
        if self.prefer and first.given.file in self.prefer:
            return
        for other in known[1:]:
            if other.fact.value.proxy_cache != known[0].fact.value.proxy_cache:
                has = {True: "has", False: "has no"}[other.fact.value.proxy_cache]
                message = f"the place of {word(source)} {has} `/v2/`, unlike"
                self.out.disagreements.append(
                    Told(other.given, other.fact.place, message, known[0])
                )

    def _can_be_source(self, source: str, said: Said) -> bool:
        lost = import_losses.of_mirror(source, said)
        if lost:
            self.out.left.append(lost)
        return lost is None

    def _mirrors(
        self, registry: dict[str, Any], base: Location, served: dict[str, Said]
    ) -> list[Any]:
        """The mirrors in their shortest form."""
        proxies = {source: self._is_proxy(source) for source in served}
        below = {
            source: path_below(base, said.fact.value.location) for source, said in served.items()
        }
        inside = [proxies[source] for source in served if below[source] is not None]
        common = inside.count(True) > len(inside) / 2
        if common:
            registry["proxyCache"] = True
        mirrors: list[Any] = []
        for source, said in served.items():
            same = [
                one
                for one in self.claims["mirror", source]
                if one.fact.value.location == said.fact.value.location
            ]
            self._note(("mirrors",), same)
            path, default = below[source], common
            entry: dict[str, Any] = {"source": source}
            if path is None:
                entry["target"], default = str(said.fact.value.location), False
            elif path != source or not can_be_short(source):
                entry["path"] = path
            if proxies[source] != default:
                entry["proxyCache"] = proxies[source]
            mirrors.append(source if list(entry) == ["source"] else entry)
        return mirrors

    def _is_proxy(self, source: str) -> bool:
        """Whether a file says so; one that is preferred first."""
        said = [
            one for one in self.claims["mirror", source] if one.fact.value.proxy_cache is not None
        ]
        preferred = [one for one in said if one.given.file in self.prefer]
        return bool((preferred or said)[0].fact.value.proxy_cache) if said else False

    # -- hosts -------------------------------------------------------------------------------

    def _hosts(self, endpoint: str, served: dict[str, Said]) -> dict[str, Any]:
        """The other hosts: what is known of each, if it is not what they have by themselves."""
        on = [said.fact.value.location.host for said in served.values()]
        named = [subject[1] for subject in self.claims if subject[0] == "host"]
        lists = [said.fact.value for said in self.claims.get(("logins of",), [])]
        logins = [host for one in lists for host in one]
        hosts: dict[str, Any] = {}
        for host in dict.fromkeys((*on, *logins, *named)):
            if host in (endpoint, REGISTRY):
                continue
            if host not in (*on, *logins) and self._is_only_insecure(host, endpoint):
                continue
            kept = len(self.out.secrets)
            keys = self._access(host, ("hosts", host))
            inherits = name_of(host) == name_of(endpoint)
            # That no mirror is on it, and it has a login all the same, is because it is listed.
            listed = host not in on and ("password" in keys or any(host in one for one in lists))
            if inherits and not listed and self._is_inherited(host, endpoint, keys):
                del self.out.secrets[kept:]
                continue
            if not keys and not inherits:
                continue
            if is_host(host):
                hosts[host] = keys
            else:
                del self.out.secrets[kept:]
        return hosts

    def _is_only_insecure(self, host: str, endpoint: str) -> bool:
        """Whether nothing but that is said of a host, without a mirror; it is told then."""
        own = self.out.data["registry"]
        parts = {subject[2] for subject in self.claims if subject[:2] == ("host", host)}
        is_own = name_of(host) == name_of(endpoint) and any(own.get(key) for key in _SWITCHES)
        if parts != {"insecure"} or is_own:
            return False
        for one in self.claims["host", host, "insecure"]:
            if one.fact.value is True:
                why = f"no mirror is on {word(host)}"
                self.out.left.append(Told(one.given, one.fact.place, why))
        return True

    def _is_inherited(self, host: str, endpoint: str, keys: dict[str, Any]) -> bool:
        """Whether a host on another port of the registry has just what the registry has."""
        own = self.out.data["registry"]
        known = {subject[2] for subject in self.claims if subject[:2] == ("host", host)}
        lists = [said.fact.value for said in self.claims.get(("logins of",), [])]
        if own.get("password") and any(endpoint in one and host not in one for one in lists):
            return False
        if any(self._is_silent_on(host, endpoint, part) for part in _OF_EACH_HOST):
            return False
        checked = any(
            one.fact.value is False for one in self.claims.get(("host", host, "insecure"), [])
        )
        if checked and any(own.get(switch) for switch in _SWITCHES):
            return False
        return all(keys.get(key) == own.get(key) for key in known | set(keys) if key != "insecure")

    def _is_silent_on(self, host: str, endpoint: str, part: str) -> bool:
        """Whether files that tell a part of every host tell it of the registry and not of this."""

        def telling(one: str) -> set[str]:
            said = self.claims.get(("host", one, part), [])
            return {each.given.reading.kind for each in said if each.fact.value}

        return bool(telling(endpoint) & _OF_HOSTS - telling(host))

    # -- charts -------------------------------------------------------------------------------

    def _charts(self, base: Location) -> None:
        for block, names in (
            ("imageSwap", IMAGE_SWAP_IMAGES),
            ("certManager", CERT_MANAGER_IMAGES),
        ):
            chart: dict[str, Any] = {}
            if block == "imageSwap":
                cluster = self._decide(("isEKSCluster",))
                if cluster:
                    path = (block, "isEKSCluster")
                    self._put(chart, path, cluster.fact.value, self.claims["isEKSCluster",])
            images = self._images(block, names, base)
            if images:
                chart["images"] = images
            if self._decide(("pullSecret", block)):
                path = (block, "pullSecret")
                self._put(chart, path, True, self.claims["pullSecret", block])  # noqa: FBT003
            if chart:
                self.out.data[block] = chart

    def _images(self, block: str, names: tuple[str, ...], base: Location) -> dict[str, Any]:
        """The images of a chart as upstream has them, or exactly as they are written."""
        said = {name: self._decide(("image", block, name)) for name in names}
        if not all(said.values()):
            for one in said.values():
                if one:
                    why = "a spec has all images of a chart or none, and some are missing"
                    self.out.left.append(Told(one.given, one.fact.place, why))
            return {}
        images: dict[str, Any] = {}
        for name, one in said.items():
            assert one is not None  # noqa: S101 - for the type checker
            written = one.fact.value
            upstream = written.removeprefix(f"{base}/")
            exact = upstream == written or not is_upstream(upstream, base.host)
            images[name] = {"exact": written} if exact else upstream
            self._note((block, "images"), self.claims["image", block, name])
        return images


def _label(fact: Fact) -> str:
    """What a claim is called: by what it is about, or by the key that holds it."""
    kind, *names = fact.subject
    if kind == "mirror":
        return f"the place of {word(names[0])}"
    if kind == "fallback":
        return "`fallback`"
    if kind == "host" and names[0] != REGISTRY:
        return f"`{names[1]}` of {word(names[0])}"
    keys = [step for step in fact.place.path if isinstance(step, str)]
    return word(keys[-1] if keys else kind)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{'true' if value else 'false'}`"
    location = getattr(value, "location", None)
    return word(str(location if location is not None else value)) if value else "empty"
