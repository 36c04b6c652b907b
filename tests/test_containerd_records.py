"""The model of containerd, held to what eight versions of it really asked, request by request.

tests/data/containerd-pulls.jsonl has a case a line: the files of the node, what the servers
answered, and for each group of versions whether the CRI plugin loaded, and which manifests were
asked for (URL and status; `TLS-...` is a connection that failed before a request). Every record
must be predicted. /etc/containerd/airgap-ca.crt was there in all of them, and is left out.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from regspec import reference
from regspec.dialects.files import Files
from regspec.runtimes import containerd, versions

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/containerd-pulls.jsonl").read_text().splitlines()
]
PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
MIRRORS = ("harbor.example.test", "secure.example.test")
UNREACHABLE = ("harbor.example.test:9999", "nosuch.example.test")


def resolver(case, version):
    files = {path: PEM if text.startswith("(") else text for path, text in case["files"].items()}
    files["/etc/containerd/airgap-ca.crt"] = PEM
    return containerd.Resolver(Files(files), versions.parse(version))


def answers(attempt, case):
    """Whether a connection comes about: the name resolves, the port speaks TLS that is trusted."""
    scheme, _, rest = attempt.url.partition("://")
    host = rest.partition("/")[0]
    if host in UNREACHABLE or (scheme == "https" and host == "harbor.example.test:5000"):
        return False
    if scheme == "http" or not host.startswith(MIRRORS):
        return True
    return case["system_trusts_mirror_ca"] or attempt.skip_verify or bool(attempt.authorities)


def recorded(requests):
    """The URLs of the tag or digest that were asked for, each once, with the last status of each.

    After the tag has been found, the manifest is asked for by its digest: that is another list.
    """
    lines = [line.rsplit(" ", 1) for line in requests if not line.startswith("TLS-")]
    groups = [
        (url, list(group)) for url, group in itertools.groupby(lines, key=lambda line: line[0])
    ]
    first = []
    for url, group in groups:
        if url in dict(first) or ("sha256:" in url and first and "sha256:" not in first[0][0]):
            break
        first.append((url, int(group[-1][1])))
    return first


def predicted(outcome, case, statuses):
    """What is asked: one after another, so far as it answers, until one has the manifest."""
    urls = []
    for attempt in outcome.attempts:
        if answers(attempt, case):
            url = attempt.url
            if "sha256:" in url:  # the records shorten it
                url = url.partition("sha256:")[0] + "sha256:…" + "?".join(["", *url.split("?")[1:]])
            urls.append(url)
            if statuses.get(url) == 200:
                break
    return urls


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_every_recorded_pull_is_predicted(case):
    for run in case["runs"]:
        for version in run["containerd"]:
            model = resolver(case, version)
            assert model.configuration.loads == run["loads"], version
            for image, requests in run["pulls"]:
                asked = recorded(requests)
                outcome = model.pull(reference.parse(image))
                assert predicted(outcome, case, dict(asked)) == [url for url, _ in asked], version


def agreeing():
    """How many recorded configurations the model agrees with."""
    count = 0
    for case in CASES:
        for run in case["runs"]:
            for version in run["containerd"]:
                model = resolver(case, version)
                right = model.configuration.loads == run["loads"]
                for image, requests in run["pulls"]:
                    asked = recorded(requests)
                    outcome = model.pull(reference.parse(image))
                    right &= predicted(outcome, case, dict(asked)) == [url for url, _ in asked]
                count += right
    return count


def test_all_the_records_are_here_and_their_number_is_told(capsys):
    assert agreeing() == 1317
    runs = [run for case in CASES for run in case["runs"]]
    assert sum(len(run["containerd"]) for run in runs) == 1317
    seen = {version for run in runs for version in run["containerd"]}
    assert seen == set(versions.MEASURED)
    with capsys.disabled():
        print(f"\n{agreeing()} of 1317 recorded configurations are predicted")  # noqa: T201
    assert sum(bool(requests) for run in runs for _, requests in run["pulls"]) > 150


def test_a_request_more_or_less_would_be_seen():
    """So that agreement says something."""
    case = next(case for case in CASES if case["case"] == "k-mirrors-404")
    version = case["runs"][0]["containerd"][0]
    asked = recorded(case["runs"][0]["pulls"][0][1])
    outcome = resolver(case, version).pull(reference.parse(case["runs"][0]["pulls"][0][0]))
    urls = predicted(outcome, case, dict(asked))
    assert len(urls) == 2
    changed = case | {"files": {k: v.replace("/v2/", "/v3/") for k, v in case["files"].items()}}
    outcome = resolver(changed, version).pull(reference.parse(case["runs"][0]["pulls"][0][0]))
    assert predicted(outcome, changed, dict(asked)) != urls
