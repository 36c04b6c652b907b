"""The parser of PyYAML in C without the rest of the package, which takes ten times as long to load.

`yaml` in sys.modules is then the package before its own code runs: a request for anything else that
it holds runs that code. Only in a process of regspec, and only if the installed PyYAML is laid out
as this needs, whatever its version: docs/decisions/0012-starts.md.
"""

from __future__ import annotations

import sys
from importlib import import_module, util

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MARKED = ("scanner", "parser", "composer", "constructor")
_PLAIN = ("reader", "emitter", "serializer", "representer")
"""The modules of PyYAML whose exceptions its parser gets by name, such as `ScannerError`."""


def install() -> None:
    """Make `yaml` such a package, unless it was imported already.

    Where PyYAML is laid out in another way, `import yaml` gives the whole package, as always.
    """
    spec = None if "yaml" in sys.modules else util.find_spec("yaml")
    if spec is None or spec.origin is None or spec.loader is None:
        return
    package = sys.modules["yaml"] = util.module_from_spec(spec)
    try:
        _load(package)
        _try_out(package)
    except Exception:  # noqa: BLE001 - whatever is different there, PyYAML itself loads it
        if "yaml._yaml" in sys.modules:  # which no process can load twice
            _run(package)
            return
        for name in [name for name in sys.modules if name.partition(".")[0] == "yaml"]:
            del sys.modules[name]


def _load(package: Any) -> None:
    for name in ("error", "tokens", "events", "nodes"):
        setattr(package, name, import_module(f"yaml.{name}"))
    for module in (*_MARKED, *_PLAIN):
        base = package.error.MarkedYAMLError if module in _MARKED else package.error.YAMLError
        name = f"{module.title()}Error"
        setattr(package, module, _Exceptions(package, module, {name: type(name, (base,), {})}))
    import_module("yaml._yaml")
    package.__getattr__ = lambda name: _whole(package, name)


def _try_out(package: Any) -> None:
    """Parse a text with a mistake, and check the classes of the events and of the exception.

    Raises:
        Exception: of any class; this PyYAML is laid out in another way.
    """
    events = package.events
    parser = package._yaml.CParser("- a: *b\n-'")  # noqa: SLF001 - its name in PyYAML
    for expected in (
        events.StreamStartEvent,
        events.DocumentStartEvent,
        events.SequenceStartEvent,
        events.MappingStartEvent,
        events.ScalarEvent,
        events.AliasEvent,
    ):
        event = parser.get_event()
        if type(event) is not expected or event.start_mark.index > event.end_mark.index:
            raise TypeError(expected.__name__)
    try:
        while parser.get_event() is not None:
            pass
    except package.error.YAMLError as error:
        if not isinstance(error.problem, str) or not error.problem_mark.index:
            raise TypeError("exception") from None
    else:
        raise TypeError("no exception")


class _Exceptions:
    """Stands for a module of PyYAML of which only the exceptions are needed."""

    def __init__(self, package: Any, module: str, exceptions: dict[str, type]) -> None:
        self.__dict__.update(exceptions)
        self.__dict__["_whole"] = lambda: _whole(package, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_whole"](), name)


def _whole(package: Any, name: str) -> Any:
    """Run the package, and get one of its attributes."""
    _run(package)
    return getattr(package, name)


def _run(package: Any) -> None:
    """Run the code of the package, which replaces what stood for its modules."""
    for module in ("__getattr__", *_MARKED, *_PLAIN):
        vars(package).pop(module, None)
    package.__spec__.loader.exec_module(package)
