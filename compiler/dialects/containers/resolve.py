"""podman, CRI-O, skopeo and buildah: the repositories that they request an image from, in order.

Source: containers/image, pkg/sysregistriesv2: the longest prefix wins, and is replaced as text.
"""

from __future__ import annotations

import json

from ...docker_hub import default_host, is_upstream
from ...emit import read_toml
from ...frozen import frozen
from ..attempt import Attempt
from ..files import texts
from . import short_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ...reference import Reference
    from ..attempt import Resolver
    from ..files import Tree

_BY_DIGEST, _BY_TAG = "digest-only", "tag-only"
_FOLDER = "/etc/containers"


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """podman, CRI-O, skopeo and buildah, which resolve images alike in every version."""
    del versions
    drop_ins = f"{_FOLDER}/registries.conf.d"
    found = [(f"{drop_ins}/{name}", text) for name, text in texts(files, drop_ins)]
    main = files.text(f"{_FOLDER}/registries.conf")
    found = [*([(f"{_FOLDER}/registries.conf", main)] if main is not None else []), *found]
    read = [read_toml(text) for _, text in found]
    registries = [registry for data in read for registry in data.get("registry", ())]
    site = Site(
        Registries({"registry": registries}),
        file=found[-1][0] if found else None,
        authorities=frozenset(_with_authorities(files, f"{_FOLDER}/certs.d")),
        folder=f"{_FOLDER}/certs.d",
        logins=frozenset(json.loads(files.text(f"{_FOLDER}/auth.json") or "{}").get("auths", ())),
        login="auth.json",
    )
    yield short_names.resolver_of("containers", site.attempts, short_names.read(read))


def _with_authorities(files: Tree, folder: str) -> Iterator[str]:
    """The hosts that have a CA in a folder."""
    for host in files.names(folder) or ():
        if files.text(f"{folder}/{host}/ca.crt") is not None:
            yield host


@frozen
class Site:
    """What podman, CRI-O and the others have read, from any location."""

    registries: Registries
    file: str | None
    """The path of the file with the mirrors."""
    authorities: frozenset[str]
    """The hosts that have a CA, below a folder."""
    folder: str
    logins: frozenset[str]
    """The hosts that have a login."""
    login: str
    """The file with the logins."""

    def attempts(self, image: Reference) -> Iterator[Attempt]:
        """The mirror, and then the upstream, unless it is blocked."""
        table, mirror = self.registries.tables(image)
        place, blocked = self.registries.asked(image)
        if place is not None:
            yield from self._requests(place, image, self.file, mirror)
        if not blocked:
            # A table without a mirror configures the registry itself.
            file = self.file if table and not table.get("mirror") else None
            name = f"{default_host(image.registry)}/{image.repository}"
            yield from self._requests(name, image, file, table)

    def _requests(
        self, place: str, image: Reference, file: str | None, table: Mapping[str, Any]
    ) -> Iterator[Attempt]:
        """The requests for `HOST/REPOSITORY`: by https and, where it is insecure, by http."""
        host, _, repository = place.partition("/")
        insecure = table.get("insecure") is True
        ca = f"{self.folder}/{host}/ca.crt"
        for scheme in ("https", "http") if insecure else ("https",):
            yield Attempt(
                f"{scheme}://{host}/v2/{repository}/manifests/"
                f"{image.digest or image.tag or 'latest'}",
                upstream=is_upstream(host, image.registry, scheme),
                file=file,
                authorities=(ca,) if host in self.authorities and not insecure else (),
                skip_verify=insecure and scheme == "https",
                login=self.login if host in self.logins else "",
            )


class Registries:
    """A registries.conf, read once for many images.

    Args:
        data: of the file.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._registries = {
            registry.get("prefix") or registry["location"]: registry
            for registry in data.get("registry", ())
        }

    def tables(self, image: Reference) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The table for an image, and the table of its mirror. Each is empty if there is none."""
        _, table = self._found(image)
        # An image with a tag and a digest is requested by its digest.
        others = _BY_TAG if image.digest else _BY_DIGEST
        mirrors = (m for m in table.get("mirror", ()) if m.get("pull-from-mirror") != others)
        return table, next(mirrors, {})

    def asked(self, image: Reference) -> tuple[str | None, bool]:
        """Where an image is requested.

        Returns:
            `HOST/REPOSITORY` of the first request, none without a mirror of the image; and
            whether no request may go to the upstream, even when the mirror fails.
        """
        prefix, table = self._found(image)
        _, mirror = self.tables(image)
        blocked = table.get("blocked", False)
        if not mirror:
            return None, blocked
        name = f"{image.registry}/{image.repository}"
        return mirror["location"] + name[len(prefix) :], blocked

    def _found(self, image: Reference) -> tuple[str, Mapping[str, Any]]:
        """The longest prefix of an image's name that has a table, and the table."""
        prefix = f"{image.registry}/{image.repository}"
        while prefix and prefix not in self._registries:
            prefix = prefix.rpartition("/")[0]
        return prefix, self._registries.get(prefix, {})
