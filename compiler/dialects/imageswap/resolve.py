"""The image-swap webhook in MAPS mode: what it makes of the image of a pod.

Source: phenixblue/imageswap-webhook 1.5.3, whose code was read and run.
"""

from __future__ import annotations

import fnmatch
import re

from ... import reference
from ...docker_hub import default_host, is_docker_hub
from ...frozen import field, frozen
from ...mirrors import default_scheme
from .. import values
from ..attempt import Attempt, Outcome, Resolver
from ..files import texts
from . import DEFAULT, HUB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..files import Tree

_WILDCARDS = "noswap_wildcards"
_EXACT, _REPLACE = "[EXACT]", "[REPLACE]"
_PAIR = 2


class Refused(Exception):  # noqa: N818 - it says what becomes of the pod
    """The webhook fails on an image, and so the pod is refused."""


@frozen
class SwapMap:
    """What a map file says."""

    pairs: Mapping[str, str]
    """Registries, `REGISTRY/library` and `default`, with what takes their place."""
    exact: Mapping[str, str] = field(default_factory=dict)
    """Whole images, with what takes their place."""
    replace: Mapping[str, str] = field(default_factory=dict)
    """Patterns of whole images, with what takes the place of all but the last part."""


def read(text: str) -> SwapMap:
    """The map that the webhook reads; lines that it cannot read are left out, as it does."""
    pairs: dict[str, str] = {}
    exact: dict[str, str] = {}
    replace: dict[str, str] = {}
    for line in text.split("\n"):
        written = _without_comment(line).rstrip().replace(" ", "")
        parts = written.split("::")
        if len(parts) != _PAIR:
            parts = written.split(":")
        if len(parts) != _PAIR:
            continue
        key, value = parts
        if key.startswith(_EXACT):
            exact[key.removeprefix(_EXACT)] = value
        elif key.startswith(_REPLACE):
            replace[key.removeprefix(_REPLACE)] = value
        else:
            pairs[key] = value
    return SwapMap(pairs, exact, replace)


def _without_comment(line: str) -> str:
    """A line up to the last `#` that follows something else; nothing of one that begins with it."""
    if line.startswith("#"):
        return ""
    last = re.match(r"(.*[^#])#", line, re.DOTALL)
    return last[1] if last else line


def swap(swap_map: SwapMap | Mapping[str, str], image: str) -> str:
    """The image that the webhook writes in place of another.

    The name is taken as it stands in the pod: `nginx` is not turned into `library/nginx`, and
    `index.docker.io` is not `docker.io`.

    Args:
        swap_map: what the webhook has read; or pairs by their sources, as a mirror string has
            them, to which Palette's chart adds an empty `default`.
        image: the image as a pod names it.

    Raises:
        Refused: only `docker.io/library` is in the map, and this is another image of Docker Hub.
    """
    if not isinstance(swap_map, SwapMap):
        swap_map = SwapMap({DEFAULT: "", **swap_map})
    pairs = swap_map.pairs
    if image in swap_map.exact:
        return swap_map.exact[image]
    for pattern, value in swap_map.replace.items():
        if fnmatch.fnmatch(image, pattern):
            last = image.rpartition("/")[2]
            return f"{value}/{last}" if value else last
    if DEFAULT not in pairs:
        return image
    first, slash, rest = image.partition("/")
    written = "." in first and bool(rest)
    registry = key = first if written else HUB
    if key not in pairs and key.partition(":")[0] in pairs:
        key = key.partition(":")[0]
    library = f"{key}/library"
    if key in pairs or library in pairs:
        if not slash and library in pairs:
            key = library
        if key not in pairs:
            raise Refused
        return _swapped(pairs[key], key, registry, image, written=written)
    if _WILDCARDS in pairs and any(one in image for one in pairs[_WILDCARDS].split(",")):
        return image
    return _by_default(pairs[DEFAULT], registry, image)


def _swapped(value: str, key: str, registry: str, image: str, *, written: bool) -> str:
    if not value:
        return image
    if value.endswith("-"):
        name = image if written else f"{registry.partition(':')[0]}/{image}"
        return value + re.sub(":.*/", "/", name)
    if key in image:
        # The key is a pattern, and every occurrence is replaced.
        return re.sub(key, value, image)
    return f"{value}/{image}"


def _by_default(value: str, registry: str, image: str) -> str:
    if not value:
        return image
    if value.endswith("-"):
        return f"{value}{registry.partition(':')[0]}/{image}"
    if registry in image:
        return image.replace(registry, value)
    return f"{value}/{image}"


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """The webhook with the map of its ConfigMap, or with the map itself; it has no version here."""
    del versions
    for name, text in texts(files):
        if name.endswith((".yaml", ".yml")):
            for document in values.yaml_of(text, name):
                data = values.table(values.table(document, name).get("data"), "`data`")
                yield webhook(read(values.text(data.get("maps"), "`maps`")))
        else:
            yield webhook(read(text))


def webhook(swap_map: SwapMap | Mapping[str, str]) -> Resolver:
    """What becomes of an image: the node requests the name that the webhook has written.

    Args:
        swap_map: as for `swap`.
    """
    pairs = swap_map.pairs if isinstance(swap_map, SwapMap) else swap_map
    hosts = {value.partition("/")[0] for key, value in pairs.items() if value != key}
    mirrors = {host for host in hosts if not is_docker_hub(host)}

    def pull(written: str, image: reference.Reference) -> Outcome:
        del image  # the webhook takes the name as it was written
        try:
            becomes = swap(swap_map, written)
        except Refused:
            return Outcome(loads=True, reason="the webhook refuses the pod: HTTP 500")
        try:
            asked = reference.parse(becomes)
        except reference.NotAReference as why:
            reason = f"{becomes} is not a reference: {why}"
            return Outcome(loads=True, reason=reason, becomes=becomes)
        host = default_host(asked.registry)
        version = asked.digest or asked.tag or "latest"
        url = f"{default_scheme(host)}://{host}/v2/{asked.repository}/manifests/{version}"
        attempt = Attempt(url, upstream=asked.registry not in mirrors)
        return Outcome(loads=True, attempts=(attempt,), becomes=becomes)

    return Resolver("image-swap", pull)
