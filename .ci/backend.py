"""setuptools as the build backend, with archives that are the same bytes wherever they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import archives
from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """Build the source archive; what goes in and comes out is PEP 517's."""
    name = build_meta.build_sdist(sdist_directory, config_settings)
    archives.settle_tar(Path(sdist_directory, name))
    return name


def build_wheel(
    wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None
) -> str:
    """Build the wheel; what goes in and comes out is PEP 517's."""
    name = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    archives.settle_wheel(Path(wheel_directory, name))
    return name
