"""The facts of a spec, as frozen records, and the defaults of the keys left out."""

from __future__ import annotations

import enum

from .diagnostics import Path, Place
from .frozen import field, frozen
from .mirrors import WILDCARD, Location, Mirror, read_string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

IMAGE_SWAP_IMAGES = ("imageSwapInitImage", "imageSwapImage")
CERT_MANAGER_IMAGES = (
    "cainjectorImage",
    "controllerImage",
    "webhookImage",
    "amceResolverImage",
)
"""In the documented order; the last one's spelling is the chart's."""


@frozen
class FromEnvironment:
    """A text that an environment variable holds."""

    name: str


@frozen
class FromFile:
    """A text that a file holds."""

    path: str


Text = str | FromEnvironment | FromFile
"""A text of the spec, or where it is."""


class Trust(enum.Enum):
    """How a client checks the certificate of a host. Where several apply, the first one counts."""

    PLAIN_HTTP = "plain http"
    """Not at all: the host speaks http."""
    SKIP_VERIFY = "skip verify"
    """Not at all: any certificate is accepted."""
    CA = "ca"
    """With the CA of the spec."""
    SYSTEM = "system"
    """With the CAs that the client trusts anyway."""


@frozen
class Access:
    """How one host is reached: its login and its TLS settings."""

    path: Path
    """The path in the spec of the mapping that says so."""
    username: Text = field(default="", repr=False)
    password: Text = field(default="", repr=False)
    ca_cert: Text = field(default="", repr=False)
    insecure_skip_verify: bool = False
    plain_http: bool = False
    variables: tuple[str, ...] = ()
    """The environment variables that its login and its CA are taken from, resolved or not."""

    @property
    def has_login(self) -> bool:
        """Whether the host requires credentials, so far as the spec says."""
        return bool(self.username and self.password)

    @property
    def login(self) -> tuple[str, str] | None:
        """The user name and password, if the host requires them; references resolved."""
        return (str(self.username), str(self.password)) if self.has_login else None

    @property
    def trust(self) -> Trust:
        """How the certificate of the host is checked."""
        if self.plain_http:
            return Trust.PLAIN_HTTP
        if self.insecure_skip_verify:
            return Trust.SKIP_VERIFY
        return Trust.CA if self.ca_cert else Trust.SYSTEM


@frozen
class Registry:
    """The private registry of the site."""

    endpoint: Location
    name: str
    base_content_path: str
    access: Access


@frozen
class Image:
    """One image of a chart."""

    key: str
    """Its key in the chart's values."""
    reference: str
    exact: bool
    """Whether the reference is written as it is, without the registry before it."""
    path: Path


@frozen
class ImageSwap:
    """The settings of the image-swap chart in addition to the registry."""

    images: tuple[Image, ...] = ()
    is_eks_cluster: bool | None = None
    pull_secret: bool = False


@frozen
class CertManager:
    """The settings of the cert-manager chart."""

    images: tuple[Image, ...] = ()
    pull_secret: bool = False


@frozen
class TargetEntry:
    """One target to compile, with its options."""

    target: str
    options: tuple[tuple[str, Any], ...] = ()
    """The options that were written, in their order, without defaults."""
    path: Path | None = None
    """Its path in the spec, or none when the command line or the default chose it."""

    def option(self, name: str, default: Any = None) -> Any:
        """The value of an option, or a default."""
        return dict(self.options).get(name, default)


@frozen
class Spec:
    """One registry spec. References are still unresolved; `sources.resolve` resolves them."""

    registry: Registry
    mirrors: tuple[Mirror, ...]
    mirror_string: str = ""
    """The string that the mirrors were read from, if they were."""
    hosts: Mapping[str, Access] = field(default_factory=dict)
    fallback: str = "deny"
    fallback_written: bool = False
    """Whether the author wrote it."""
    images: tuple[str, ...] | FromFile = ()
    image_swap: ImageSwap | None = None
    cert_manager: CertManager | None = None
    targets: tuple[TargetEntry, ...] = ()
    """As they are written; of a spec that is rendered, the targets that are compiled with it."""
    ignored_rules: tuple[str, ...] = ()

    def access(self, host: str) -> Access | None:
        """How a host is reached: its own entry in `hosts`, else the registry's on any port.

        Args:
            host: `host[:port]`.
        """
        if host in self.hosts:
            return self.hosts[host]
        if _without_port(host) == _without_port(self.registry.endpoint.host):
            return self.registry.access
        return None

    def trust(self, host: str) -> Trust:
        """How the certificate of a host is checked."""
        access = self.access(host)
        return access.trust if access else Trust.SYSTEM

    def may_block(self, source: str) -> bool:
        """Whether the runtimes of containers/image can be kept from a source.

        They refuse every place on a blocked host, mirrors included, and a host without a port is
        one with any port. So a source with a place of a mirror on its host cannot be blocked.

        Source: containers/image, docker/docker_image_src.go; skopeo 1.9.3 and CRI-O 1.37 were run.
        """
        host = source.partition("/")[0]
        return not any(own == host or own.startswith(f"{host}:") for own in self.mirror_hosts)

    def api_root(self, location: Location) -> str:
        """The URL below which a location's repository is requested: scheme, host, `/v2`, path."""
        return f"{self.origin(location.host)}/{Location('v2', location.path)}"

    def origin(self, host: str) -> str:
        """The scheme and host of a registry."""
        return f"{'http' if self.trust(host) is Trust.PLAIN_HTTP else 'https'}://{host}"

    def is_insecure(self, host: str) -> bool:
        """Whether http, or a certificate that is not checked, will do for a host."""
        return self.trust(host) in (Trust.PLAIN_HTTP, Trust.SKIP_VERIFY)

    @property
    def mirror_hosts(self) -> tuple[str, ...]:
        """The hosts that mirrors are on, and the registry's, each once."""
        hosts = (mirror.location.host for mirror in self.mirrors)
        return tuple(dict.fromkeys((self.registry.endpoint.host, *hosts)))

    @property
    def logins(self) -> dict[str, tuple[str, str]]:
        """The user name and password of every host that requires them; references resolved."""
        hosts = dict.fromkeys((*self.mirror_hosts, *self.hosts))
        known = {host: self.access(host) for host in hosts}
        return {host: login for host, access in known.items() if access and (login := access.login)}

    @property
    def authorities(self) -> dict[str, str]:
        """The CA of every mirror host that is checked with one; references resolved."""
        known = {host: self.access(host) for host in self.mirror_hosts}
        return {
            host: str(access.ca_cert)
            for host, access in known.items()
            if access and access.trust is Trust.CA
        }

    @property
    def by_registry(self) -> tuple[Mirror, ...]:
        """The mirrors as runtimes know them that look one up by the registry of an image.

        So without `docker.io/library`, a part of a registry. Next to a wildcard, the hosts of
        mirrors are their own, or it would catch the images that are named by them.
        """
        whole = [mirror for mirror in self.mirrors if "/" not in mirror.source]
        sources = {mirror.source for mirror in whole}
        if WILDCARD in sources:
            hosts = (host for host in self.mirror_hosts if host not in sources)
            whole += [Mirror(host, Location(host)) for host in hosts]
        return tuple(whole)

    def prefixed(self, image: Image) -> str:
        """A chart's image in the private registry, as the Palette procedure writes it."""
        if image.exact:
            return image.reference
        base = self.registry.endpoint.below(self.registry.base_content_path)
        return f"{base}/{image.reference}"


def build(data: dict[str, Any]) -> Spec:
    """The model of a spec.

    Args:
        data: what the schema and the structure rules have accepted.
    """
    registry = data["registry"]
    endpoint = Location.parse(registry["endpoint"])
    base = registry.get("baseContentPath", "")
    images = data.get("images", ())
    image_swap = data.get("imageSwap")
    cert_manager = data.get("certManager")
    return Spec(
        registry=Registry(
            endpoint=endpoint,
            name=registry.get("name", registry["endpoint"]),
            base_content_path=base,
            access=_access(registry, ("registry",)),
        ),
        mirrors=_mirrors(data, endpoint.below(base)),
        mirror_string=registry.get("mirrorRegistries", ""),
        hosts={
            host: _access(keys, ("hosts", host)) for host, keys in data.get("hosts", {}).items()
        },
        fallback=data.get("fallback", "deny"),
        fallback_written="fallback" in data,
        images=FromFile(images) if isinstance(images, str) else tuple(images),
        image_swap=image_swap
        and ImageSwap(
            _images(image_swap, "imageSwap", IMAGE_SWAP_IMAGES),
            image_swap.get("isEKSCluster"),
            image_swap.get("pullSecret", False),
        ),
        cert_manager=cert_manager
        and CertManager(
            _images(cert_manager, "certManager", CERT_MANAGER_IMAGES),
            cert_manager.get("pullSecret", False),
        ),
        targets=tuple(
            _choice(entry, ("targets", index))
            for index, entry in enumerate(data.get("targets", ()))
        ),
        ignored_rules=tuple(data.get("lint", {}).get("ignore", ())),
    )


def _without_port(host: str) -> str:
    name, bracket, _port = host.partition("]")
    return name if bracket else host.partition(":")[0]


def _text(value: Any) -> Text:
    if isinstance(value, str):
        return value
    return FromEnvironment(value["env"]) if "env" in value else FromFile(value["file"])


def _access(keys: dict[str, Any], path: Path) -> Access:
    texts = tuple(_text(keys.get(key, "")) for key in ("username", "password", "caCert"))
    username, password, ca_cert = texts
    return Access(
        path=path,
        username=username,
        password=password,
        ca_cert=ca_cert,
        variables=tuple(text.name for text in texts if isinstance(text, FromEnvironment)),
        insecure_skip_verify=keys.get("insecureSkipVerify", False),
        plain_http=keys.get("plainHTTP", False),
    )


def _mirrors(data: dict[str, Any], base: Location) -> tuple[Mirror, ...]:
    registry = data["registry"]
    if "mirrorRegistries" in registry:
        path: Path = ("registry", "mirrorRegistries")
        return tuple(entry.mirror(path) for entry in read_string(registry["mirrorRegistries"]))
    proxy_cache = registry.get("proxyCache", False)
    mirrors = []
    for index, entry in enumerate(data["mirrors"]):
        place = Place(
            ("mirrors", index) if isinstance(entry, str) else ("mirrors", index, "source")
        )
        if isinstance(entry, str):
            mirrors.append(Mirror(entry, base.below(entry), proxy_cache, place))
        elif "target" in entry:
            location = Location.parse(entry["target"])
            mirrors.append(Mirror(entry["source"], location, entry.get("proxyCache", False), place))
        else:
            location = base.below(entry.get("path", entry["source"]))
            mirrors.append(
                Mirror(entry["source"], location, entry.get("proxyCache", proxy_cache), place)
            )
    return tuple(mirrors)


def _images(block: dict[str, Any], name: str, keys: tuple[str, ...]) -> tuple[Image, ...]:
    if "images" not in block:
        return ()
    images = []
    for key in keys:
        value = block["images"][key]
        exact = isinstance(value, dict)
        path: Path = (name, "images", key, "exact") if exact else (name, "images", key)
        images.append(Image(key, value["exact"] if exact else value, exact, path))
    return tuple(images)


def _choice(entry: Any, path: Path) -> TargetEntry:
    if isinstance(entry, str):
        return TargetEntry(entry, path=path)
    options = tuple(
        # To JSON Schema, 2.0 is 2; to a template it is not.
        (key, int(value) if isinstance(value, float) else value)
        for key, value in entry.items()
        if key != "target"
    )
    return TargetEntry(entry["target"], options, path)
