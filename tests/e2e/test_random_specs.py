"""Random specs, compiled, and pulled through by the containerd that is installed.

Each is for a registry that answers in one of the ways in which registries fail. What must be asked
is worked out from the spec alone, without any model: the right repository first, and the upstream
only if the spec allows it.
"""

from __future__ import annotations

import os
import random
import runpy
from pathlib import Path

import pytest
import regspec as package
import yaml

TREES = runpy.run_path(str(Path(__file__).with_name("node_trees.py")))
SPECS = max(1, int(os.environ.get("REGSPEC_DIFFERENTIAL_RUNS", "60")) // 60)
SEED = int(os.environ.get("REGSPEC_DIFFERENTIAL_SEED", "1"))
CLOSED, FOUND = "closed", 200
REGISTRIES = {
    404: ("harbor.example.test", "harbor.example.test:5000", "10.1.2.3:8443", "[fd00::5]:8443"),
    401: ("m401.example.test", "m401.example.test:8443"),
    403: ("m403.example.test", "m403.example.test:5000"),
    500: ("m500.example.test",),
    FOUND: ("portal.example.test", "portal.example.test:8443"),
    CLOSED: (TREES["CLOSED"],),
    "untrusted": TREES["UNTRUSTED"],
}
"""The hosts by what they answer: a status, or no connection comes about."""
UPSTREAMS = {
    "docker.io": "registry-1.docker.io",
    "quay.io": "quay.io",
    "registry.k8s.io": "registry.k8s.io",
    "ghcr.io": "ghcr.io",
    "reg.example.test:5000": "reg.example.test:5000",
}
PATHS = ("", "airgap", "a/b_c", "v2x/d.e")
NAMES = ("team/app", "a/b/c", "library/hello")
LOGIN = {"username": 'p"u\\ller', "password": "pass'word"}


class Site:
    """A spec and what a node of it must ask for, as a seed has it.

    Args:
        seed: of all that varies.
        answer: which hosts the registry is one of.
        fallback: of the spec.
        ca: what vouches for the hosts that the system does not trust.
    """

    def __init__(self, seed: int, answer: int | str, fallback: str, ca: str) -> None:
        choose = random.Random(f"{seed} {answer} {fallback}")
        self.host = choose.choice(REGISTRIES[answer])
        registry = {"endpoint": self.host, "baseContentPath": choose.choice(PATHS)}
        registry["plainHTTP"] = answer != "untrusted" and choose.random() < 0.2
        registry |= LOGIN if choose.random() < 0.5 else {}
        if not registry["plainHTTP"] and choose.random() < 0.5:
            registry["caCert"] = ca
        self.connects = answer != CLOSED and (answer != "untrusted" or "caCert" in registry)
        self.scheme = "http" if registry["plainHTTP"] else "https"
        self.answer = answer if isinstance(answer, int) else 404
        target = self._target(choose, fallback, login="username" in registry)
        self.denies = fallback == "deny" and target["target"] == "certs.d"
        mirrors, self.requests = [], {}
        for source in choose.sample(list(UPSTREAMS), 2):
            path = choose.choice(("", "elsewhere", "k8s/x"))
            plain = ":" not in source and choose.random() < 0.5
            mirrors.append(source if plain else {"source": source, "path": path})
            below = source if plain else path
            image = f"{source}/{choose.choice(NAMES)}"
            place = [registry["baseContentPath"], below, image.partition("/")[2]]
            self.requests[f"{image}:1"] = self._expected(source, place, image)
        spec = {"registry": registry, "mirrors": mirrors, "fallback": fallback, "targets": [target]}
        head = {"apiVersion": "regspec/v1", "kind": "RegistrySpec"}
        self.spec = yaml.safe_dump(head | spec)

    def _target(self, choose: random.Random, fallback: str, *, login: bool) -> dict[str, object]:
        """An entry of `targets` that nodes with containerd 1.x can have."""
        by_ipv6 = self.host.startswith("[")
        if (by_ipv6 and fallback == "allow") or choose.random() < 0.2:
            form = choose.choice(("full", "fragment"))
            return {"target": "containerd", "endpoints": "api", "version": "1.6", "form": form} | {
                "caFile": TREES["CA_FILE"]
            }
        credentials = choose.choice(("config", "header")) if login else "none"
        return {"target": "certs.d", "credentials": credentials, "systemdCgroup": True}

    def _expected(self, source: str, place: list[str], image: str) -> list[str]:
        """The requests for an image, as the recorder writes them."""
        repository = "/".join(filter(None, place))
        namespace = source.replace(":", "%3A")
        manifest = f"{self.scheme}://{self.host}/v2/{repository}/manifests/1?ns={namespace}"
        mirror = [f"{manifest} {self.answer}"] if self.connects else []
        own = f"https://{UPSTREAMS[source]}/v2/{image.partition('/')[2]}/manifests/1 404"
        ends = self.denies or (mirror and self.answer == FOUND)
        return mirror if ends else [*mirror, own]

    def files(self, ca: str) -> dict[str, str]:
        """What the spec compiles to, where it is on a node."""
        result = package.compile_spec(self.spec)
        assert not result.failed, [one.message for one in result.diagnostics]
        files = {f"/etc/containerd/{one.path}": one.text for one in result.artifacts}
        alone = files.pop("/etc/containerd/containerd.toml", None)
        main = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
        return files | {TREES["MAIN"]: alone or main, TREES["CA_FILE"]: ca}


@pytest.mark.parametrize("fallback", ["deny", "allow"])
@pytest.mark.parametrize("answer", REGISTRIES)
def test_the_right_repository_is_asked_first_and_the_upstream_if_it_may_be(
    daemon, answer, fallback
):
    stage, ca = daemon
    for seed in range(SEED, SEED + SPECS):
        site = Site(seed, answer, fallback, ca)
        files = site.files(ca)
        happened = stage.play(files, list(site.requests))
        assert happened["loads"], (site.spec, happened["log"])
        assert dict(happened["pulls"]) == site.requests, site.spec


def test_the_specs_are_varied():
    """So that agreement says something."""
    sites = [
        Site(seed, answer, fallback, "ca")
        for seed in range(40)
        for answer in REGISTRIES
        for fallback in ("deny", "allow")
    ]
    texts = "\n".join(site.spec for site in sites)
    for part in ("config", "header", "plainHTTP: true", "[fd00::5]:8443", "form: full", "caCert"):
        assert part in texts
    lengths = {len(requests) for site in sites for requests in site.requests.values()}
    assert lengths == {0, 1, 2}
