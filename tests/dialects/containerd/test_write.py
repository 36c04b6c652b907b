"""What is written for IPv6 addresses, and which versions of containerd a spec may name."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
import regspec as package
import yaml
from regspec import emit, reference, rules
from regspec.dialects.containerd import resolve, toml_1, versions
from regspec.dialects.files import Files

MAIN = "/etc/containerd/config.toml"
NODE = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
IPV6 = "[fd00::1]:5000"
SPEC = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {
        "endpoint": IPV6,
        "baseContentPath": "airgap",
        "username": "puller",
        "password": 'pass"word',
        "insecureSkipVerify": True,
    },
    "hosts": {"nexus.example.org": {"username": "u", "password": "p"}},
    "mirrors": [
        "docker.io",
        {"source": "[fd00::7]:5000", "path": "seven"},
        {"source": "quay.io", "target": "nexus.example.org/q"},
    ],
}
HEADER_WITH_BRACKET = re.compile(r'(?m)^\s*\[.*"[^"\n]*\][^"\n]*".*\]\s*$')


def texts(**spec):
    """The texts of what a spec compiles to, by their paths."""
    result = package.compile_spec(yaml.safe_dump(SPEC | spec))
    assert not result.failed, [one.message for one in result.diagnostics]
    return {artifact.path: artifact.text for artifact in result.artifacts}


def toml_texts():
    """Every TOML text of every target that writes one, in each form."""
    for targets in (
        [{"target": "certs.d", "credentials": "config", "systemdCgroup": True}],
        [{"target": "certs.d", "credentials": "header"}],
        ["containerd"],
        [{"target": "containerd", "endpoints": "api", "version": "1.7", "form": "full"}],
        [{"target": "containerd", "endpoints": "api", "version": "1.6"}],
        ["buildkit"],
        [{"target": "kind", "credentials": "config", "patches": True}],
    ):
        for path, text in texts(targets=targets).items():
            if path.endswith("cluster.yaml"):
                yield from yaml.safe_load(text)["containerdConfigPatches"]
            elif path.endswith(".toml"):
                yield text


def test_both_parsers_of_toml_read_every_file_alike():
    read = list(toml_texts())
    assert sum("fd00::1" in text for text in read) > 10
    for text in read:
        assert toml_1.loads(text) == tomllib.loads(text)
        assert not HEADER_WITH_BRACKET.search(text)
    with pytest.raises(toml_1.Invalid):
        toml_1.loads(f'[configs."{IPV6}".auth]\n')


@pytest.mark.parametrize("version", ["1.6.20", *versions.LINES])
def test_a_login_by_ipv6_is_in_force_on_every_version(version):
    targets = [{"target": "certs.d", "credentials": "config", "systemdCgroup": True}]
    files = {f"/etc/containerd/{path}": text for path, text in texts(targets=targets).items()}
    node = resolve.Containerd(Files(files | {MAIN: NODE}), versions.parse(version))
    outcome = node.pull(reference.parse("nginx:1"))
    (attempt,) = outcome.attempts
    assert attempt.url.startswith(f"https://{IPV6}/v2/airgap/docker.io/library/nginx/")
    assert attempt.login == f'registry.configs."{IPV6}".auth'


def test_tables_without_such_a_key_stay_as_they_are():
    tables = [((), {"version": 2}), (("a", "b"), {"c": 1}), (("a", "b", "d.e", "f"), {"g": "h"})]
    assert emit.with_plain_headers(tables) == tables
    more = [*tables, (("a", "b", "[::1]", "f"), {"g": ["h"]}), (("a", "x"), {}), (("[::1]",), {})]
    plain = emit.with_plain_headers(more)
    text = emit.toml_text(plain)
    assert json.dumps(tomllib.loads(text)) == json.dumps(emit.toml_data(plain))
    assert tomllib.loads(text) == emit.toml_data(more)
    assert '"[::1]" = { f = { g = ["h"] } }' in text


def codes(**spec):
    """The codes of what is wrong with a spec."""
    found = package.check_spec(yaml.safe_dump(SPEC | spec))
    return {one.code for one in found.diagnostics}


@pytest.mark.parametrize("target", ["certs.d", "kind"])
@pytest.mark.parametrize("version", [None, "1.6", "1.7.34", "2.0", "2.2.1"])
@pytest.mark.parametrize("fallback", ["deny", "allow"])
@pytest.mark.parametrize("registry", [IPV6, "[::1]", "10.0.0.1:5000", "harbor.example.org"])
def test_hosts_toml_by_ipv6_needs_2_x_with_fallback_allow(target, version, fallback, registry):
    entry = {"target": target} | ({"version": version} if version else {})
    spec = {"registry": {"endpoint": registry}, "mirrors": ["quay.io"], "hosts": {}}
    found = codes(**spec, fallback=fallback, targets=[entry])
    is_1x = version is None or version.startswith("1.")
    assert ("RS222" in found) == (fallback == "allow" and is_1x and registry.startswith("["))


@pytest.mark.parametrize(
    "entry, fires",
    [
        ({}, True),
        ({"version": "1.7"}, True),
        ({"version": "1.31"}, True),
        ({"credentials": "config"}, True),
        ({"sandboxImage": "a/pause:1"}, True),
        ({"version": "2.0"}, False),
        ({"version": "2.4.0-beta"}, False),
        ({"systemdCgroup": True}, False),
        ({"systemdCgroup": False, "version": "1.6"}, False),
    ],
)
def test_the_fragment_warns_unless_1_x_is_excluded(entry, fires):
    assert ("RS207" in codes(targets=[{"target": "certs.d", **entry}])) == fires


@pytest.mark.parametrize(
    "text, nearest, hint",
    [
        ("9.9", "the nearest is `2.4`", False),
        ("2.31", "the nearest is `2.4`", False),
        ("3.0", "the nearest is `2.4`", False),
        ("2.5.1", "the nearest is `2.4`", False),
        ("1.31", "the nearest are `1.7` and `2.0`", True),
        ("1.28.4", "the nearest are `1.7` and `2.0`", True),
        ("1.5", "the nearest is `1.6`", False),
    ],
)
@pytest.mark.parametrize("target", ["certs.d", "containerd", "kind", "kubeadm"])
def test_a_version_that_does_not_exist_is_reported(target, text, nearest, hint):
    targets = [{"target": target, "version": text}]
    found = package.check_spec(yaml.safe_dump(SPEC | {"targets": targets}))
    (problem,) = [one for one in found.diagnostics if one.code == "RS223"]
    assert text in problem.message
    assert nearest in problem.help
    assert ("Kubernetes" in problem.help) == hint
    assert problem.severity == rules.RULES["RS223"].severity


@pytest.mark.parametrize("text", ["1.6", "1.7.34", "2.0", "2.4.0-beta", "2.3.1"])
def test_a_version_that_exists_is_not(text):
    assert versions.problem_with(text) is None
    assert "RS223" not in codes(targets=[{"target": "certs.d", "version": text}])
    assert "RS223" not in codes(targets=[{"target": "talos", "version": "1.9"}])
