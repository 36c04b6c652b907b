"""The list of what is inside for programs to read: CycloneDX, by its own library."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    XsUri,
)
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parts import Part


def document(parts: Sequence[Part], pex: Part, pyz: bytes, moment: int) -> str:
    """The SBOM of a bundle as JSON, the same for the same input.

    Args:
        parts: the packages with wheels; one of them is regspec.
        pex: what starts the zipapp.
        pyz: the zipapp.
        moment: when it was made, in seconds since 1970.
    """
    components = {part.name: _component(part) for part in parts}
    regspec = components["regspec"]
    starter = _component(pex)
    zipapp = Component(
        name="regspec.pyz",
        type=ComponentType.FILE,
        bom_ref="regspec.pyz",
        hashes=[_digest(pyz)],
        components=[starter],
    )
    others = [part for name, part in components.items() if name != "regspec"]
    content = "".join(sorted(component.bom_ref.value or "" for component in components.values()))
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, content + hashlib.sha256(pyz).hexdigest()),
        metadata=BomMetaData(component=regspec, timestamp=datetime.fromtimestamp(moment, UTC)),
        components=[*others, zipapp],
    )
    for part in parts:
        needs = [components[name] for name in part.requires if name in components]
        bom.register_dependency(components[part.name], needs)
    bom.register_dependency(zipapp, [regspec, starter])
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _component(part: Part, within: str = "") -> Component:
    licences = (
        [LicenseFactory().make_from_string(part.licence.replace(" or ", " OR "))]
        if part.licence
        else []
    )
    reference = f"{within}{part.name}@{part.version}"
    application = part.name == "regspec"
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.APPLICATION if application else ComponentType.LIBRARY,
        bom_ref=reference,
        purl=None if application else PackageURL("pypi", name=part.name, version=part.version),
        licenses=licences,
        external_references=[
            *(
                _file(f"wheels/{path.name}", path.read_bytes(), ExternalReferenceType.DISTRIBUTION)
                for path in part.wheels
            ),
            *(
                _file(f"licenses/{part.label}/{name}", data, ExternalReferenceType.BOM)
                for name, data in part.notices.items()
                if name.startswith("sboms/")
            ),
        ],
        components=[_component(inner, f"{reference}/") for inner in part.inside],
    )


def _file(path: str, data: bytes, kind: ExternalReferenceType) -> ExternalReference:
    return ExternalReference(type=kind, url=XsUri(path), hashes=[_digest(data)])


def _digest(data: bytes) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(data).hexdigest())
