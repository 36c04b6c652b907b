"""regspec compiles one registry spec into every file an air-gapped Kubernetes site needs.

docs/api.md documents the functions and types below. They are looked up when they are first used:
importing regspec, as every command does, loads nothing else.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
"""True for type checkers; `typing` has the same name, and would have to be imported."""
if TYPE_CHECKING:
    from .api import (
        Artifact,
        Attempt,
        Diagnostic,
        Explanation,
        FolderReader,
        Outcome,
        ReadFile,
        Result,
        Row,
        Severity,
        Span,
        Unresolvable,
        check_spec,
        compile_spec,
        explain_spec,
    )

__all__ = [
    "Artifact",
    "Attempt",
    "Diagnostic",
    "Explanation",
    "FolderReader",
    "Outcome",
    "ReadFile",
    "Result",
    "Row",
    "Severity",
    "Span",
    "Unresolvable",
    "__version__",
    "check_spec",
    "compile_spec",
    "explain_spec",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
