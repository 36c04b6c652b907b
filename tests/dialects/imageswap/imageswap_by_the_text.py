"""The image-swap webhook (phenixblue, v1.5.3, MAPS mode), a second time, for a property test.

The product has its own transcription of this algorithm. This one was written from a description of
what was measured alone, without a look at the other, so that a mistake in reading is not made
twice: a test runs both on the same maps and images and compares.

The quirks are the webhook's and are kept on purpose. Where the text can be read in two ways, a
comment that starts with "Ambiguous" names the reading taken here.
"""

import fnmatch
import re
from dataclasses import dataclass, field
from typing import NamedTuple

EXACT = "[EXACT]"
REPLACE = "[REPLACE]"
DOCKER_HUB = "docker.io"


class Refused(Exception):  # noqa: N818 - it is an outcome of the webhook, not our error
    """The webhook raises KeyError, answers HTTP 500, and the pod is refused."""


@dataclass
class Maps:
    """The three dictionaries that the webhook makes of one map file."""

    plain: dict[str, str] = field(default_factory=dict)
    exact: dict[str, str] = field(default_factory=dict)
    replace: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, value: str) -> None:
        # Ambiguous: where a repeated key stands in "file order". These are dictionaries, so the
        # later value wins and the place of the first one stays.
        if key.startswith(EXACT):
            self.exact[key.removeprefix(EXACT)] = value
        elif key.startswith(REPLACE):
            self.replace[key.removeprefix(REPLACE)] = value
        else:
            self.plain[key] = value


class Registry(NamedTuple):
    """Step 1: the registry of an image, and whether the image string has it written out."""

    name: str
    written: bool

    @property
    def without_port(self) -> str:
        return self.name.partition(":")[0]


def swapped(map_text: str, image: str) -> str:
    """The image string that the webhook writes; the same string if it swaps nothing."""
    maps = _read(map_text)
    # Steps 2 and 3: these work without a `default` line too.
    if image in maps.exact:
        return maps.exact[image]
    for pattern, value in maps.replace.items():
        if fnmatch.fnmatchcase(image, pattern):
            return _flattened(value, image)
    # Step 4.
    if "default" not in maps.plain:
        return image
    # Steps 1 and 5 to 8.
    registry = _registry(image)
    key = _key(maps.plain, registry)
    if key in maps.plain or f"{key}/library" in maps.plain:
        return _by_key(maps.plain, key, registry, image)
    if _is_noswap(maps.plain, image):
        return image
    return _by_default(maps.plain["default"], registry, image)


def _read(map_text: str) -> Maps:
    maps = Maps()
    # Ambiguous: what ends a line. Only "\n" here; the CR of a CRLF file is trailing white space.
    for raw in map_text.split("\n"):
        pair = _pair(_cleaned(raw))
        if pair is not None:
            maps.add(*pair)
    return maps


def _cleaned(line: str) -> str:
    if line.startswith("#"):
        return ""
    return _without_comment(line).rstrip().replace(" ", "")


def _without_comment(line: str) -> str:
    """Cut from the last `#` that follows a non-`#`: `x # one # two` keeps `x # one `."""
    # Ambiguous: "follows" is read as "directly after", so `a ## b` keeps `a `, not `a #`.
    starts = [at for at in range(1, len(line)) if line[at] == "#" and line[at - 1] != "#"]
    return line[: starts[-1]] if starts else line


def _pair(line: str) -> tuple[str, str] | None:
    """Key and value, or None for an empty line and for one that the webhook skips."""
    # The single `:` is deprecated; the webhook warns and takes it.
    for separator in ("::", ":"):
        parts = line.split(separator)
        if len(parts) == 2:
            return parts[0], parts[1]
    return None


def _flattened(value: str, image: str) -> str:
    """A [REPLACE] swap: only the last path component is left of the image."""
    name = image.rpartition("/")[2]
    return f"{value}/{name}" if value else name


def _registry(image: str) -> Registry:
    # Ambiguous: "something follows" is read as "follows the `/`", so `quay.io/` has no registry.
    first, _, rest = image.partition("/")
    if "." in first and rest:
        return Registry(first, written=True)
    return Registry(DOCKER_HUB, written=False)


def _key(plain: dict[str, str], registry: Registry) -> str:
    """Step 5."""
    if registry.name not in plain and registry.without_port in plain:
        return registry.without_port
    return registry.name


def _by_key(plain: dict[str, str], key: str, registry: Registry, image: str) -> str:
    """Step 6: the registry, or its `/library`, is in the map."""
    if "/" not in image and f"{key}/library" in plain:
        key = f"{key}/library"
    if key not in plain:
        raise Refused(key)
    value = plain[key]
    if not value:
        return image
    if value.endswith("-"):
        # Ambiguous: what the substitution is applied to. Here to the image, in both cases; the
        # value stays whole, so that a port in the value is kept.
        rest = re.sub(":.*/", "/", image)
        return f"{value}{rest}" if registry.written else f"{value}{registry.without_port}/{rest}"
    if key in image:
        return re.sub(key, value, image)
    return f"{value}/{image}"


def _is_noswap(plain: dict[str, str], image: str) -> bool:
    """Step 7. An empty item is in every image."""
    # Ambiguous: whether an empty value has an empty item. It has here, as with str.split.
    if "noswap_wildcards" not in plain:
        return False
    return any(item in image for item in plain["noswap_wildcards"].split(","))


def _by_default(value: str, registry: Registry, image: str) -> str:
    """Step 8."""
    if not value:
        return image
    if value.endswith("-"):
        return f"{value}{registry.without_port}/{image}"
    # Ambiguous: "replaced" without the word regex, which step 6 has. Read as the plain text of the
    # registry (with its port), everywhere that it occurs.
    if registry.name in image:
        return image.replace(registry.name, value)
    return f"{value}/{image}"
