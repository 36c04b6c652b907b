"""The webhook of the vendor's chart, by the mirror string that it is given."""

from __future__ import annotations

from ..files import texts, yaml_documents
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
    for _, text in texts(files):
        for document in yaml_documents(text):
            entries = (one.partition("::") for one in _string(document).split(",") if one)
            pairs |= {source: place for source, _, place in entries}
    yield webhook(pairs)


def _string(document: Any) -> str:
    """The mirror string of Helm values, or of the registry Secret."""
    of_values = document.get("config", {}).get("ociImageRegistry", {}).get("mirrorRegistries", "")
    return str(of_values or document.get("stringData", {}).get("MIRROR_REGISTRIES", ""))
