"""The models of other runtimes, compared with what the runtimes themselves requested.

data/NAME.jsonl.xz hold one case a line: the files, most of them made by `compile`, and what was
requested for each image, or the references that were tried. To read one:
`xz -dc k3s.jsonl.xz | head -1 | jq .`

- k3s: its own config.go and template of hosts.toml, and containerd's resolver. Every answer is 404.
- talos: 1.12.9 and a version of 2026; its own puller and its containerd requested the same.
- buildkit, buildkitd-wire: the resolver of three versions, and a daemon.
- crio-wire: CRI-O 1.37 as a daemon. Its servers answered https, so http was not tried.
- containers-image: containers/image 5.35. openshift: the machine-config-operator's own functions.
"""

from __future__ import annotations

import json
import lzma
import re
import tomllib
from pathlib import Path

import pytest
from regspec import reference
from regspec.dialects import buildkit, containers, k3s, openshift, talos
from regspec.dialects.buildkit import resolve as buildkit_model
from regspec.dialects.files import Files
from regspec.dialects.k3s import resolve as k3s_model

DATA = Path(__file__).parent / "data"
REGISTRIES = "/etc/rancher/k3s/registries.yaml"
CONF = "/etc/containers/registries.conf"
KINDS = {
    "k3s": (k3s, 69, lambda case: {REGISTRIES: case["registries.yaml"]}),
    "talos": (talos, 56, lambda case: {"/patch.yaml": case["patch"]}),
    "buildkit": (buildkit, 51, lambda case: {buildkit.FILE: case["buildkitd.toml"]}),
    "buildkitd-wire": (buildkit, 31, lambda case: {buildkit.FILE: case["buildkitd.toml"]}),
    "crio-wire": (containers, 32, lambda case: {CONF: case["registries.conf"]}),
    "containers-image": (
        containers,
        43,
        lambda case: {f"{CONF}.d/{name}": text for name, text in case["input"].items()},
    ),
    "openshift": (
        openshift,
        57,
        lambda case: {f"/{name}": text for name, text in case["input"].items()},
    ),
}


def cases(kind):
    return list(
        map(json.loads, lzma.decompress((DATA / f"{kind}.jsonl.xz").read_bytes()).splitlines())
    )


def requests(urls):
    """Each URL once: some runtimes go through their list twice."""
    return list(dict.fromkeys(re.sub(r"^(?:HEAD|GET) ", "", url).split(" -> ")[0] for url in urls))


def as_reference(url):
    host, repository, version = re.fullmatch(
        r"https?://([^/]+)/v2/(.+)/manifests/([^?]+)(?:\?.*)?", url
    ).groups()
    host = "docker.io" if host == "registry-1.docker.io" else host
    return f"{host}/{repository}{'@' if ':' in version else ':'}{version}"


def predicted(front, files, image, version=None):
    versions = (version,) if version else ()
    (resolver,) = front.DIALECT.resolvers(Files(files), versions)
    outcome = resolver.pull(image, reference.parse(image))
    return requests(attempt.url for attempt in outcome.attempts)


def of_references(front, files, image, recorded):
    """What is tried: the references, without those that are blocked, or the image itself."""
    tried = list(dict.fromkeys(map(as_reference, predicted(front, files, image))))
    sources = list(dict.fromkeys(source["ref"] for source in recorded.get("sources", ())))
    if recorded.get("none"):
        return tried, [image]
    if recorded.get("blocked"):
        # The source is not requested; of the mirrors, those that are not blocked are, in order.
        return [place for place in sources[:-1] if place in tried], tried
    return tried, sources


@pytest.mark.parametrize("kind", KINDS)
def test_every_record_is_predicted(kind, capsys):
    front, count, files_of = KINDS[kind]
    found = cases(kind)
    assert len(found) == count
    for case in found:
        files = files_of(case)
        pulls = case.get("requests") or case.get("containerd") or case["pulls"]
        for image, recorded in pulls.items():
            if isinstance(recorded, dict):
                one, other = of_references(front, files, image, recorded)
                assert one == other, (files, image)
                continue
            urls = predicted(front, files, image)
            if kind == "crio-wire":
                urls = [
                    url
                    for url in urls
                    if url.replace("http:", "https:", 1) not in urls or url[4] == "s"
                ]
            assert urls == requests(recorded), (files, image)
    with capsys.disabled():
        print(f"\n{kind}: {count} of {count} records are predicted")  # noqa: T201


def test_what_a_refused_reference_is():
    """A name that the rewrite of a prefix without a port makes invalid stops the pull."""
    for kind in ("containers-image", "openshift"):
        front, _, files_of = KINDS[kind]
        refused = [
            (case, image)
            for case in cases(kind)
            for image, recorded in case["pulls"].items()
            if "invalid reference" in recorded.get("error", "")
        ]
        assert refused
        for case, image in refused:
            assert predicted(front, files_of(case), image) == []


def test_k3s_that_may_request_mirrors_only():
    """With the flag in config.yaml, and the hosts.toml that k3s wrote with the same flag."""
    flag = {"/etc/rancher/k3s/config.yaml": "disable-default-registry-endpoint: true\n"}
    for case in cases("k3s"):
        model = k3s_model.Registries(
            Files({REGISTRIES: case["registries.yaml"], **flag}), REGISTRIES
        )
        written = case["hosts.toml --disable-default-registry-endpoint"]
        found = {"_default" if host == "*" else host: known for host, known in model._hosts.items()}
        assert set(found) == set(written)
        for host, text in written.items():
            hosts = tomllib.loads(text)
            assert [place.url.geturl() for place in found[host].mirrors] == list(hosts["host"])
            default = found[host].default
            assert (default.url.geturl() if default else None) == hosts.get("server")


@pytest.mark.parametrize("version", ["0.16.0", "0.11.6"])
def test_older_versions_of_buildkit(version):
    for case in cases("buildkit"):
        files, recorded = {buildkit.FILE: case["buildkitd.toml"]}, case[f"v{version}"]
        if isinstance(recorded, str) and recorded != "the same":
            (resolver,) = buildkit_model.resolvers(Files(files), (version,))
            assert not resolver.pull("nginx", reference.parse("nginx")).loads, recorded
            continue
        others = recorded if isinstance(recorded, dict) else {}
        for image, urls in case["requests"].items():
            expected = requests(others.get(image, urls))
            assert predicted(buildkit, files, image, version) == expected, (files, image)
