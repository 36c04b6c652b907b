"""The forms in which a spec says what was read: paths, names of hosts and of variables."""

from __future__ import annotations

from collections import Counter

from .. import reference, schema
from ..mirrors import WILDCARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..mirrors import Location


def common_base(paths: dict[str, str]) -> str:
    """The path below which most sources have their own name; else what all paths begin with."""
    named = Counter(
        path.removesuffix(source).rstrip("/")
        for source, path in paths.items()
        if path == source or path.endswith(f"/{source}")
    )
    if named:
        return named.most_common(1)[0][0]
    split = [path.split("/") for path in paths.values() if path]
    if len(split) != len(paths) or not split:
        return ""
    common = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "/".join(common)


def path_below(base: Location, location: Location) -> str | None:
    """The path of a location below another; none if it is elsewhere."""
    if location.host != base.host:
        return None
    if location.path == base.path or not base.path:
        return location.path.removeprefix(base.path)
    if location.path.startswith(f"{base.path}/"):
        return location.path.removeprefix(f"{base.path}/")
    return None


def is_host(text: str) -> bool:
    """Whether a text is `host[:port]`, as `hosts` of a spec has them."""
    return text != WILDCARD and "/" not in text and schema.problem_with("source", text) is None


def is_upstream(image: str, host: str) -> bool:
    """Whether what is left of an image without the registry before it is one of an upstream."""
    try:
        parsed = reference.parse(image)
    except reference.NotAReference:
        return False
    return parsed.registry != host and image.startswith(f"{parsed.registry}/")


def can_be_short(source: str) -> bool:
    """Whether a source may stand by itself in the list of mirrors."""
    return source != WILDCARD and ":" not in source


def name_of(host: str) -> str:
    """A host without its port."""
    name, bracket, _ = host.partition("]")
    return name if bracket else host.partition(":")[0]
