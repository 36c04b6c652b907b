"""The model of containerd, compared with what twelve versions of it requested.

Every record is predicted. Two files in tests/data/ hold them, one case a line: the files of the
node, and for each group of versions whether the CRI plugin loaded and which manifests were
requested (URL and status; `TLS-…` is a connection that failed before a request).

- pulls.jsonl: configurations that somebody wrote, on eight of the versions in
  versions.MEASURED, against servers that differ: `servers` says how. /etc/containerd/airgap-ca.crt
  was there in all of them, and is left out.
- random.jsonl.xz: random and odd configurations on twelve versions. One server answered
  404 for every name, with TLS and in plain text on one port, so the requests are the whole list of
  attempts. To read a case: `xz -dc random.jsonl.xz | grep rnd-m-0 | jq .`
"""

from __future__ import annotations

import itertools
import json
import lzma
from pathlib import Path

import pytest
from regspec import reference
from regspec.dialects.containerd import resolve, versions
from regspec.dialects.files import Files

DATA = Path(__file__).parent / "data"
WRITTEN = [json.loads(line) for line in (DATA / "pulls.jsonl").read_text().splitlines()]
RANDOM = [
    json.loads(line)
    for line in lzma.decompress((DATA / "random.jsonl.xz").read_bytes()).splitlines()
]
WRITTEN_COUNT, RANDOM_COUNT = 1317, 1755
CA = (Path(__file__).parents[2] / "data/certificates/root-first.crt").read_text()
MIRRORS = ("harbor.example.test", "secure.example.test")
UNREACHABLE = ("harbor.example.test:9999", "nosuch.example.test", "[fd00::7]:5000")
"""A closed port, and names and addresses that the stages did not have."""
PLAIN = ("harbor.example.test:5000", "harbor.example.test:5001")
"""Ports without TLS; in the random cases only the second one is."""


def resolver(case, version):
    files = {
        path: text.replace("(the mirror CA in PEM)", CA) for path, text in case["files"].items()
    }
    if "servers" in case:
        files = {path: CA if text.startswith("(") else text for path, text in files.items()}
    files["/etc/containerd/airgap-ca.crt"] = CA
    return resolve.Containerd(Files(files), versions.parse(version))


def answers(url, attempt, case):
    """Whether a connection comes about: the name resolves, the port speaks TLS that is trusted."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0]
    plain = PLAIN if "servers" in case else PLAIN[1:]
    if host in UNREACHABLE or (scheme == "https" and host in plain):
        return False
    if scheme == "http" or not host.startswith(MIRRORS):
        return True
    return case["system_trusts_mirror_ca"] or attempt.skip_verify or bool(attempt.authorities)


def recorded(requests):
    """The URLs of the manifest that were asked for, with the last status of each.

    After one has answered 200, the manifest is asked for by its digest: that is another list.
    """
    lines = [line.rsplit(" ", 1) for line in requests if not line.startswith("TLS-")]
    lines = [line for line in lines if "/manifests/" in line[0]]
    asked = []
    for url, group in itertools.groupby(lines, key=lambda line: line[0]):
        status = int(list(group)[-1][1])
        asked.append((url, status))
        if status == 200:
            break
    return asked


def predicted(outcome, case, statuses):
    """What is asked: one after another, so far as it answers, until one has the manifest."""
    urls = []
    for attempt in outcome.attempts:
        url = attempt.url
        if attempt.falls_back and url.split("/")[2] in PLAIN and not answers(url, attempt, case):
            url = url.replace("https://", "http://")
        if answers(url, attempt, case):
            if "sha256:" in url:  # the records shorten it
                url = url.partition("sha256:")[0] + "sha256:…" + "?".join(["", *url.split("?")[1:]])
            urls.append(url)
            if statuses.get(url) == 200:
                break
    return urls


def differences(case, run, version):
    """In what a recorded run differs from the model."""
    model = resolver(case, version)
    if model.configuration.loads != run["loads"]:
        yield f"loads: {run['loads']}, predicted: {model.configuration}"
    for image, requests in run["pulls"]:
        asked = recorded(requests)
        urls = predicted(model.pull(reference.parse(image)), case, dict(asked))
        if urls != [url for url, _ in asked]:
            yield f"{image}: {asked}, predicted: {urls}"


@pytest.mark.parametrize("case", [*WRITTEN, *RANDOM], ids=lambda case: case["case"])
def test_every_recorded_pull_is_predicted(case):
    for run in case["runs"]:
        for version in run["containerd"]:
            assert not list(differences(case, run, version)), version


def agreeing(cases):
    """How many recorded configurations the model agrees with."""
    return sum(
        not list(differences(case, run, version))
        for case in cases
        for run in case["runs"]
        for version in run["containerd"]
    )


@pytest.mark.parametrize(
    "cases, count, version_count, pulls",
    [(WRITTEN, WRITTEN_COUNT, 8, 150), (RANDOM, RANDOM_COUNT, len(versions.MEASURED), 2000)],
    ids=["written", "random"],
)
def test_all_the_records_are_here_and_their_number_is_shown(
    cases, count, version_count, pulls, capsys
):
    runs = [run for case in cases for run in case["runs"]]
    assert sum(len(run["containerd"]) for run in runs) == count
    seen = {version for run in runs for version in run["containerd"]}
    assert len(seen) == version_count
    assert seen <= set(versions.MEASURED)
    predicted_count = agreeing(cases)
    with capsys.disabled():
        print(f"\n{predicted_count} of {count} recorded configurations are predicted")  # noqa: T201
    assert predicted_count == count
    assert sum(bool(requests) for run in runs for _, requests in run["pulls"]) > pulls


def test_a_request_more_or_less_would_be_seen():
    """So that agreement says something."""
    case = next(case for case in WRITTEN if case["case"] == "k-mirrors-404")
    run = case["runs"][0]
    version = run["containerd"][0]
    assert not list(differences(case, run, version))
    changed = case | {"files": {k: v.replace("/v2/", "/v3/") for k, v in case["files"].items()}}
    assert list(differences(changed, run, version))
    image, requests = run["pulls"][0]
    for wrong in (requests[1:], ["https://more.example.test/v2/a/manifests/1 404", *requests]):
        assert list(differences(case, run | {"pulls": [[image, wrong]]}, version))
