"""What verify reports of documents of OpenShift that name each other."""

from __future__ import annotations

from ...diagnostics import code_span
from ...reading.facts import text_of
from ...verifying.drift import Drift
from . import AUTHORITIES, IMAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...reading.facts import Reading

_TRUSTED = ("additionalTrustedCA",)


def cross_references(
    expected: Iterable[Reading], found: Reading, given: Iterable[Reading]
) -> Iterator[Drift]:
    """An image configuration that names another ConfigMap than the one with the CAs.

    Args:
        expected: the image configurations that the spec compiles to.
        found: an image configuration.
        given: all documents. Without a ConfigMap among them, nothing is reported.
    """
    needs_authorities = any(
        _TRUSTED in [fact.subject for fact in reading.facts] for reading in expected
    )
    maps = [_name_of_authorities(one) for one in given if one.kind == AUTHORITIES.kind]
    names = list(dict.fromkeys(filter(None, maps)))
    name = _name_of_authorities(found)
    if needs_authorities and name and names and name not in names:
        place = found.place("spec", "additionalTrustedCA", "name")
        message = (
            f"`additionalTrustedCA` is {code_span(name)}; the CAs are in {code_span(names[0])}"
        )
        yield Drift(found, place, message)


def _name_of_authorities(reading: Reading) -> str:
    """The name of the ConfigMap with the CAs, as itself or the image configuration has it."""
    data = reading.source.data
    if reading.kind == AUTHORITIES.kind:
        return text_of(data["metadata"].get("name")) or ""
    trusted = data["spec"].get("additionalTrustedCA") if reading.kind == IMAGE.kind else None
    return (text_of(trusted.get("name")) or "") if isinstance(trusted, dict) else ""
