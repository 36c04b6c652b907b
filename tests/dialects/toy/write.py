"""What a toy is told."""

from __future__ import annotations

import json

from ..dialect import Artifact
from . import TARGET


def render(spec, choice):
    """The artifacts of one choice of the target."""
    data = {"toy": {mirror.source: str(mirror.location) for mirror in spec.mirrors}}
    if choice.option("loud"):
        data["loud"] = True
    path = choice.option("out", TARGET.file)
    yield Artifact(path, json.dumps(data, indent=2) + "\n", data, "json")
