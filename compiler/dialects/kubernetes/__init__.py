"""Kubernetes itself: the pull secret of pods."""

from __future__ import annotations

from ..dialect import Artifact, Dialect, Format, Limits, NodeFiles, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec, TargetEntry
    from ..dialect import ReadingView


def _render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    from ...targets.pull_secret import render

    return render(spec, choice)


def _logins_reader() -> ReadingView:
    from ...readers.logins import read, recognises

    return recognises, read


def _certificate_reader() -> ReadingView:
    from ...readers.certificate import is_pem, read

    return is_pem, read


TARGET = Target(
    name="pull-secret",
    summary="a pull secret with every login of the spec",
    file="pull-secret.yaml",
    destination="kubectl apply --filename pull-secret.yaml",
    on_nodes=False,
    restart="",
    options=("name", "namespaces"),
    makes=("logins",),
    limits=Limits(
        wildcard=None,
        registry_beside_wildcard=None,
        library=None,
        ipv6=None,
        deny=None,
        login=None,
        ca=None,
        skip_verify=None,
    ),
    render=_render,
    needs_login=True,
)
_FORMATS = (
    Format(
        "logins",
        rank=None,
        of_each_host=False,
        on_node=NodeFiles(("/etc/containers/auth.json",)),
    ),
    Format("certificates", rank=None, of_each_host=True),
)
DIALECT = Dialect(
    name="kubernetes",
    targets=(TARGET,),
    formats=_FORMATS,
    readers=(Reader("yaml", _logins_reader), Reader("text", _certificate_reader)),
    reads=("a dockerconfigjson", "a CA"),
)
