"""What of a CA in a file of its own differs from a spec."""

from __future__ import annotations

from ...diagnostics import Place
from ...reading.facts import STAND_IN, certificates_in
from ...verifying.drift import Drift

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Spec
    from ...reading.facts import Reading


def compare_certificates(spec: Spec, reading: Reading) -> Iterator[Drift]:
    """The CA must be the CA of its host. A CA without a host must be any of the spec."""
    certificates = {
        host: certificates_in(str(access.ca_cert))
        for host in spec.mirror_hosts
        if (access := spec.access(host)) and access.ca_cert
    }
    in_file = certificates_in(reading.source.data)
    if isinstance(in_file, str):
        yield Drift(reading, Place(()), in_file)
        return
    host = next((fact.subject[1] for fact in reading.facts), None)
    expected = [certificates[host]] if host in certificates else list(certificates.values())
    if in_file not in expected and not any(STAND_IN in str(one) for one in expected):
        yield Drift(reading, Place(()), "this is another certificate than the spec has")
