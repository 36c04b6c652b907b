"""The setting with which k3s and RKE2 do not request the upstream after the mirrors."""

from __future__ import annotations

import re

from .. import values
from . import FOLDERS, SERVICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..files import Tree

FLAG = "disable-default-registry-endpoint"
"""Its name in config.yaml, and on the command line after `--`."""
_TRUE = ("1", "t", "true")
"""In any case. Source: strconv.ParseBool in Go, which also has `T`, `TRUE` and `True`."""
_IN_A_UNIT = re.compile(rf"^[^#;\n]*--{FLAG}(?:=(?:true|1))?(?=[\s\"'\\]|$)", re.MULTILINE)


def has_flag(tree: Tree, folder: str) -> bool:
    """Whether a unit, or else the last file of settings that says so, forbids the upstream."""
    if is_in_a_unit(tree, folder):
        return True
    drop_ins = f"{folder}/config.yaml.d"
    names = sorted(
        name for name in tree.names(drop_ins) or () if name.lower().endswith((".yaml", ".yml"))
    )
    known: object = False
    for path in (f"{folder}/config.yaml", *(f"{drop_ins}/{name}" for name in names)):
        for document in values.from_yaml(tree, path):
            known = values.table(document, path).get(FLAG, known)
    return is_true(known)


def is_true(value: Any) -> bool:
    """Whether the flag with this value is set."""
    return not isinstance(value, dict | list) and str(value).lower() in _TRUE


def is_in_a_unit(tree: Tree, folder: str) -> bool:
    """Whether a unit of the distribution that has this folder starts it with the flag."""
    distribution = next((name for name, own in FOLDERS.items() if own == folder), "")
    units = [f"/etc/systemd/system/{service}.service" for service in SERVICES.get(distribution, ())]
    files = [
        *units,
        *(f"{unit}.d/{name}" for unit in units for name in tree.names(f"{unit}.d") or ()),
    ]
    return any(_IN_A_UNIT.search(values.text_of(tree, file) or "") for file in files)
