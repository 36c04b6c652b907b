"""The webhook of Spectro Cloud's chart, by the mirror string in its values."""

from __future__ import annotations

from .. import values
from ..files import texts
from ..imageswap.resolve import webhook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..attempt import Resolver
    from ..files import Tree


def resolvers(files: Tree, versions: tuple[str, ...]) -> Iterator[Resolver]:
    """The webhook; it has no version here."""
    del versions
    pairs: dict[str, str] = {}
    for name, text in texts(files):
        for document in values.yaml_of(text, name):
            entries = (one.partition("::") for one in _string(document).split(",") if one)
            pairs |= {source: place for source, _, place in entries}
    yield webhook(pairs)


def _string(document: Any) -> str:
    """The mirror string of Helm values, or of the registry Secret."""
    whole = values.table(document, "the file")
    config = values.table(whole.get("config"), "`config`")
    registry = values.table(config.get("ociImageRegistry"), "`ociImageRegistry`")
    of_values = values.text(registry.get("mirrorRegistries"), "`mirrorRegistries`")
    secret = values.table(whole.get("stringData"), "`stringData`")
    return of_values or values.text(secret.get("MIRROR_REGISTRIES"), "`MIRROR_REGISTRIES`")
