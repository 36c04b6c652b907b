"""What a bundle is made of: each package with its licence, its requirements and its wheels."""

from __future__ import annotations

import email
import importlib.metadata
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_NOTICES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
_VENDORED = ("pex", "vendor", "_vendored")


@dataclass(frozen=True, slots=True)
class Part:
    """A package.

    Attributes:
        name: as package indexes write it, in lower case with hyphens.
        version: as the package says it.
        licence: an SPDX expression, or the package's own words; empty if it says nothing.
        requires: the names of the packages that it needs, extras left out.
        notices: its licence files, and its own lists of what is compiled into it, by their path.
        wheels: its files in the bundle.
        inside: the packages whose code it carries.
    """

    name: str
    version: str
    licence: str
    requires: tuple[str, ...]
    notices: Mapping[str, bytes]
    wheels: tuple[Path, ...] = ()
    inside: tuple[Part, ...] = field(default=())

    @property
    def label(self) -> str:
        """The name and the version."""
        return f"{self.name}-{self.version}"


def of_wheels(wheels: Iterable[Path]) -> list[Part]:
    """The packages of some wheels, sorted by name.

    Raises:
        ValueError: two wheels of one package are of different versions.
    """
    by_name: dict[str, list[tuple[Path, Part]]] = {}
    for path in sorted(wheels):
        part = _of_wheel(path)
        by_name.setdefault(part.name, []).append((path, part))
    parts = []
    for name in sorted(by_name):
        paths, found = zip(*by_name[name], strict=True)
        if len({part.version for part in found}) > 1:
            raise ValueError(f"several versions of {name}")
        notices = {path: data for part in found for path, data in part.notices.items()}
        first = found[0]
        parts.append(Part(name, first.version, first.licence, first.requires, notices, paths))
    return parts


def _of_wheel(path: Path) -> Part:
    with zipfile.ZipFile(path) as archive:
        files = {
            name.partition(".dist-info/")[2]: name
            for name in archive.namelist()
            if name.partition("/")[0].endswith(".dist-info") and not name.endswith("/")
        }
        return _part({short: archive.read(name) for short, name in files.items()})


def of_pex(pyz: Path) -> Part:
    """pex, whose code starts a zipapp, and the packages that it has put into that file."""
    with zipfile.ZipFile(pyz) as archive:
        names = [PurePosixPath(name).parts[1:] for name in archive.namelist()]
    carried = {name[3] for name in names if name[:3] == _VENDORED and len(name) > 4}  # noqa: PLR2004
    infos: dict[tuple[str, ...], dict[str, bytes]] = {}
    for file in importlib.metadata.files("pex") or ():
        at = next((i for i, name in enumerate(file.parts) if name.endswith(".dist-info")), None)
        if at is not None and (
            at == 0 or (file.parts[:3] == _VENDORED and file.parts[3] in carried)
        ):
            short = "/".join(file.parts[at + 1 :])
            infos.setdefault(file.parts[: at + 1], {})[short] = file.read_binary()
    own = next(files for folder, files in infos.items() if len(folder) == 1)
    inside = [_part(files) for folder, files in infos.items() if len(folder) > 1]
    pex = _part(own)
    ordered = tuple(sorted(inside, key=lambda part: part.label))
    return Part(pex.name, pex.version, pex.licence, (), pex.notices, (), ordered)


def _part(files: Mapping[str, bytes]) -> Part:
    """The package that a .dist-info folder describes; without a licence file that is METADATA."""
    metadata = email.message_from_bytes(files["METADATA"])
    notices = {
        name: data
        for name, data in files.items()
        if PurePosixPath(name).name.upper().startswith(_NOTICES)
        or name.startswith(("licenses/", "license_files/", "sboms/"))
    }
    needs = (Requirement(text) for text in metadata.get_all("Requires-Dist", []))
    return Part(
        canonicalize_name(metadata["Name"]),
        metadata["Version"],
        _licence(metadata),
        tuple(sorted({canonicalize_name(need.name) for need in needs if not _extra(need)})),
        notices or {"METADATA": files["METADATA"]},
    )


def _extra(need: Requirement) -> bool:
    return need.marker is not None and "extra" in str(need.marker)


def _licence(metadata: email.message.Message) -> str:
    said = metadata["License-Expression"] or metadata["License"] or ""
    if said.strip() and said != "UNKNOWN" and "\n" not in said:
        return str(said)
    classifiers = metadata.get_all("Classifier", [])
    named = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: ")]
    return " or ".join(named)
