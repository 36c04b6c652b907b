"""The parser of PyYAML in C without the rest of the package, which takes ten times as long to load.

`yaml` in sys.modules is then the package as it is, but not run: asked for what it does not hold so
far, it runs. Only in a process of regspec, with tested versions: docs/decisions/0012-starts.md.
"""

from __future__ import annotations

import sys
from importlib import import_module, util
from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TESTED = ("6.0.1", "6.0.2", "6.0.3")
_MARKED = ("scanner", "parser", "composer", "constructor")
_PLAIN = ("reader", "emitter", "serializer", "representer")
"""The modules of PyYAML whose exceptions its parser asks for by name, such as `ScannerError`."""


def install() -> None:
    """Make `yaml` such a package, unless it was imported already or is another than was tested."""
    spec = None if "yaml" in sys.modules else util.find_spec("yaml")
    if spec is None or spec.origin is None or spec.loader is None:
        return
    try:
        with open(spec.origin, encoding="utf-8") as file:
            source = file.read()
    except (OSError, ValueError):
        return
    if any(f"\n__version__ = '{version}'\n" in source for version in TESTED):
        package = sys.modules["yaml"] = util.module_from_spec(spec)
        try:
            _load(package)
        except Exception:  # noqa: BLE001 - whatever is new there, PyYAML itself loads it
            for name in [name for name in sys.modules if name.partition(".")[0] == "yaml"]:
                del sys.modules[name]


def _load(package: Any) -> None:
    for name in ("error", "tokens", "events", "nodes"):
        setattr(package, name, import_module(f"yaml.{name}"))
    for module in (*_MARKED, *_PLAIN):
        base = package.error.MarkedYAMLError if module in _MARKED else package.error.YAMLError
        name = f"{module.title()}Error"
        setattr(package, module, SimpleNamespace(**{name: type(name, (base,), {})}))
    import_module("yaml._yaml")
    package.__getattr__ = lambda name: _whole(package, name)


def _whole(package: Any, name: str) -> Any:
    """Run the package, and get what was asked for."""
    vars(package).pop("__getattr__", None)
    for module in (*_MARKED, *_PLAIN):
        vars(package).pop(module, None)
    package.__spec__.loader.exec_module(package)
    return getattr(package, name)
