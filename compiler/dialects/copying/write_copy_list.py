"""What to copy into the registry, and where to, so that the mirrors find it there.

One line an image, `SOURCE DESTINATION`, for `skopeo copy` or `crane copy`. A reference with both a
tag and a digest is copied by its digest, to its tag: the tools refuse both at once.
"""

from __future__ import annotations

from ... import emit, reference
from ...mirrors import MirrorIndex
from ..dialect import Artifact
from . import COPY_LIST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry

_HEADER = f"""{emit.HEADER}
# grep -v '^#' copy-list.txt | while read -r source destination; do
#   skopeo copy --all "docker://$source" "docker://$destination" </dev/null || exit 1
# done
# (with --dest-cert-dir DIR where the CA of the registry is not trusted)
"""


def copies(spec: Spec) -> Iterator[tuple[str, str]]:
    """The images of the list and of the charts: what each is upstream, and in the registry.

    An image whose registry has no mirror is left out; see `without_mirror`. A tag in the registry
    belongs to the image that is listed by it, else to the first digest that is listed with it: any
    other digest goes by itself, wherever in the list it stands, or each copy would move the tag.
    """
    wanted = tuple(_wanted(spec))
    taken: dict[str, str] = {}
    for parsed, name in (*(one for one in wanted if not one[0].digest), *wanted):
        taken.setdefault(f"{name}{_version(parsed)}", _source(parsed))
    for parsed, name in wanted:
        source, destination = _source(parsed), f"{name}{_version(parsed)}"
        if parsed.digest and taken[destination] != source:
            destination = f"{name}@{parsed.digest}"
        if name != f"{parsed.registry}/{parsed.repository}":  # where it is already
            yield source, destination


def _wanted(spec: Spec) -> Iterator[tuple[reference.Reference, str]]:
    """The images that are copied, each with its repository in the registry."""
    for _, parsed, served in _listed(spec):
        if served is not None:
            yield parsed, served
    for block in (spec.image_swap, spec.cert_manager):
        for chart_image in block.images if block else ():
            if not chart_image.exact:
                prefixed = reference.parse(spec.prefixed(chart_image))
                name = f"{prefixed.registry}/{prefixed.repository}"
                yield reference.parse(chart_image.reference), name


def without_mirror(spec: Spec) -> Iterator[int]:
    """The indexes in the list of images whose registry has no mirror, and is not where they are."""
    hosts = frozenset(spec.mirror_hosts)
    for index, parsed, served in _listed(spec):
        if served is None and parsed.registry not in hosts:
            yield index


def _listed(spec: Spec) -> Iterator[tuple[int, reference.Reference, str | None]]:
    """The images of the list that are references, each with its reference in the registry."""
    places = MirrorIndex(spec.mirrors)
    for index, image in enumerate(spec.images if isinstance(spec.images, tuple) else ()):
        try:
            parsed = reference.parse(image)
        except reference.NotAReference:
            continue  # reported elsewhere
        yield index, parsed, places.find(parsed)[1] or None


def _source(parsed: reference.Reference) -> str:
    name = f"{parsed.registry}/{parsed.repository}"
    return f"{name}@{parsed.digest}" if parsed.digest else f"{name}{_version(parsed)}"


def _version(parsed: reference.Reference) -> str:
    """The tag, which a runtime assumes to be `latest`; the digest where there is no tag."""
    if parsed.digest and not parsed.tag:
        return f"@{parsed.digest}"
    return f":{parsed.tag or 'latest'}"


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    lines = dict.fromkeys(f"{source} {destination}\n" for source, destination in copies(spec))
    text = _HEADER + "".join(lines)
    yield Artifact(choice.option("out", COPY_LIST.file), text, text, "text")
