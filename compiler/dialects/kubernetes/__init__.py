"""Kubernetes itself: pull secrets, the credentials in them, and CA files."""

from __future__ import annotations

from ..dialect import Dialect, Format, Limits, NodeFiles, Reader, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec
    from ...reading.facts import Reading
    from ...verifying.drift import Drift

DEFAULT_NAME = "registry-pull"
"""The name of a Secret without the option `name`."""
OF_OPENSHIFT = ("openshift-config", "pull-secret")
"""The namespace and the name of the pull secret of an OpenShift cluster. No target makes it: it has
the credentials that the cluster itself needs."""


def _compare_certificates(spec: Spec, reading: Reading) -> Iterator[Drift]:
    from .verify import compare_certificates

    return compare_certificates(spec, reading)


TARGET = Target(
    name="pull-secret",
    summary="a pull secret with all credentials of the spec",
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
    module="kubernetes.write_pull_secret",
    needs_login=True,
    joined_by="namespaces",
)
LOGINS = Format(
    "logins",
    rank=None,
    of_each_host=False,
    on_node=NodeFiles(("/etc/containers/auth.json",)),
)
CERTIFICATES = Format(
    "certificates",
    rank=None,
    of_each_host=True,
    compare=_compare_certificates,
)
DIALECT = Dialect(
    name="kubernetes",
    modules=("rules", "runbook"),
    targets=(TARGET,),
    formats=(LOGINS, CERTIFICATES),
    readers=(
        Reader("yaml", "kubernetes.read_logins"),
        Reader("text", "kubernetes.read_certificates"),
    ),
    reads=("a dockerconfigjson", "a CA"),
)
