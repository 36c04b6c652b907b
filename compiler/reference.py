"""Image references: parse, normalise, print.

The grammar is the one of distribution/reference, which Docker, containerd and Kubernetes share.
"""

from __future__ import annotations

import re

from .frozen import frozen

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:.]+\])(?::[0-9]+)?\Z")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*\Z")
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z"
_DIGEST = r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}\Z"
_SHA256 = r"sha256:[0-9a-f]{64}\Z"
_LONGEST_NAME = 255
_LONGEST = 1024
"""How many characters a whole reference may have; with a digest by SHA-512 it has 522."""

DOCKER_HUB = "docker.io"
DOCKER_HUB_ALIASES = ("index.docker.io", "registry-1.docker.io")
"""Other names of Docker Hub; no consumer of a mirror map takes them for `docker.io`."""


class NotAReference(ValueError):  # noqa: N818 - it says what the text is not
    """A text is not an image reference; the message says why, without the text."""


@frozen
class Reference:
    """An image reference, normalised: the registry is always written out."""

    registry: str
    """`host[:port]`, such as `docker.io`."""
    repository: str
    """The path of the image in its registry, such as `library/nginx`."""
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """The whole reference; it parses to the same one."""
        return f"{self.registry}/{self.repository}{self.version}"

    @property
    def version(self) -> str:
        """What follows the repository: `:TAG`, `@DIGEST`, both or neither."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{tag}{digest}"


def is_short_name(text: str) -> bool:
    """Whether a reference does not name its registry, such as `nginx:1` and `bitnami/redis`."""
    first, slash, _ = text.partition("/")
    named = "." in first or ":" in first or first == "localhost" or first.lower() != first
    return not (slash and named)


def parse(text: str) -> Reference:
    """Parse an image reference as Docker does.

    A first component with a dot, a colon or an upper-case letter, or the name `localhost`, is the
    registry; else it is `docker.io`, where a name without a slash is in `library/`. No tag is
    added.

    Raises:
        NotAReference: the text is not a reference.
    """
    if len(text) > _LONGEST:  # the patterns need memory for each character
        raise NotAReference(f"the name is longer than {_LONGEST_NAME} characters")
    name, at, digest = text.partition("@")
    if at and not re.match(_DIGEST, digest):
        raise NotAReference("the digest is not `ALGORITHM:HEX`")
    if digest.startswith("sha256:") and not re.match(_SHA256, digest):
        raise NotAReference("a sha256 digest has 64 lower-case hexadecimal digits")
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    tag = ""
    if colon >= 0:
        name, tag = name[:colon], name[colon + 1 :]
        if not re.match(_TAG, tag):
            raise NotAReference("the tag is not letters, digits, `_`, `.` and `-`")
    if is_short_name(name):
        registry, repository = DOCKER_HUB, name
    else:
        registry, _, repository = name.partition("/")
    if not _HOST.match(registry):
        raise NotAReference("the registry is not `host` or `host:port`")
    if registry == "index.docker.io":
        registry = DOCKER_HUB
    if registry == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if not _REPOSITORY.match(repository):
        why = "has upper-case letters" if repository.lower() != repository else "is not a path"
        raise NotAReference(f"the repository {why}")
    if len(registry) + 1 + len(repository) > _LONGEST_NAME:
        raise NotAReference(f"the name is longer than {_LONGEST_NAME} characters")
    return Reference(registry, repository, tag, digest)
