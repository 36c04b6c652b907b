"""The files for nodes: which of them hold a login, who may read those, and what a diff shows."""

from __future__ import annotations

import base64
import json
import shutil
import stat

import pytest
import yaml
from regspec.file_list import LIST

OLD, NEW = "oldhunter2Kx", "newhunter3Zq"
USER = "puller9Wy"
HOLDERS = {
    "runtimes": {
        "conf.d/50-regspec.toml",
        "k3s/registries.yaml",
        "containers/auth.json",
        "talos/registries.yaml",
        "talos/documents.yaml",
        "openshift/pull-secret.dockerconfigjson",
        "pull-secret.yaml",
        "palette-values.yaml",
    },
    "runtimes-options": {
        "node/certs.d/docker.io/hosts.toml",
        "node/certs.d/registry.k8s.io/hosts.toml",
        "node/certs.d/reg.example.org_5000_/hosts.toml",
        "node/certs.d/ghcr.io/hosts.toml",
        "node/certs.d/harbor.example.org/hosts.toml",
        "node/certs.d/cache.example.org/hosts.toml",
        "rke2/registries.yaml",
        "podman/etc/auth.json",
        "talos-1.8.yaml",
        "talos-1.11.yaml",
        "talos-1.13.yaml",
        "cluster/objects/pull-secret.dockerconfigjson",
        "secrets/pull.yaml",
        "palette/values.yaml",
    },
}


@pytest.fixture(params=HOLDERS)
def site(request, root, tmp_path, regspec):
    """A folder with a spec of many targets, compiled with the old password; and what holds it."""
    shutil.copytree(root / "golden" / request.param, tmp_path, dirs_exist_ok=True, symlinks=False)
    shutil.rmtree(tmp_path / "out")
    text = (tmp_path / "registry.yaml").read_text().replace("robot$puller", USER)
    (tmp_path / "registry.yaml").write_text(text)
    env = {"REGISTRY_PASSWORD": OLD}
    assert regspec("compile", "registry.yaml", cwd=tmp_path, env=env).returncode == 0
    return tmp_path, HOLDERS[request.param]


def spelt(password):
    """A password as it is, and inside the base64 of a login or of a dockerconfigjson."""
    logins = [base64.b64encode(f"{user}:{password}".encode()).decode() for user in (USER, "cache")]
    outer = [base64.b64encode(b" " * n + password.encode()).decode()[4:-4] for n in range(3)]
    nested = [
        base64.b64encode(b" " * n + login.encode()).decode()[4:-4]
        for login in logins
        for n in range(3)
    ]
    return [password, *logins, *outer, *nested]


def test_a_login_is_where_it_must_be_and_only_its_owner_reads_it(site):
    folder, holders = site
    found = set()
    for path in (folder / "out").rglob("*"):
        if path.is_file() and path.name != LIST:
            holds = any(form in path.read_text() for form in spelt(OLD))
            name = path.relative_to(folder / "out").as_posix()
            found |= {name} if holds else set()
            assert stat.S_IMODE(path.stat().st_mode) == (0o600 if holds else 0o644), name
    assert found == holders


@pytest.mark.parametrize("how", ["--diff", "--check"])
def test_a_changed_login_is_told_and_not_shown(site, regspec, how):
    folder, holders = site
    env = {"REGISTRY_PASSWORD": NEW}
    done = regspec("compile", "registry.yaml", how, cwd=folder, env=env)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    for name in holders:
        assert f"out/{name}" in said
    for form in [*spelt(OLD), *spelt(NEW), USER]:
        assert form not in said


def test_what_an_old_file_holds_by_mistake_is_not_shown(site, regspec):
    folder, _ = site
    env = {"REGISTRY_PASSWORD": OLD}
    for path in (folder / "out").rglob("*"):
        if path.is_file() and path.name != LIST:
            text = path.read_text()
            path.write_text(f"# {NEW}\n{text}" if path.suffix != ".json" else f"{text}\n")
            path.write_text(path.read_text().replace("nexus.example.org", f"u:{NEW}@example.org"))
            if path.suffix == ".crt":
                path.write_text(f"-----BEGIN PRIVATE KEY-----\n{NEW}\n{text}")
    done = regspec("compile", "registry.yaml", "--diff", cwd=folder, env=env)
    assert done.returncode == 1
    assert NEW not in done.stdout + done.stderr
    assert "@@" in done.stdout


def test_the_logins_are_those_of_the_hosts(site):
    folder, holders = site
    auth = next(name for name in holders if name.endswith("auth.json"))
    auths = json.loads((folder / "out" / auth).read_text())["auths"]
    assert {host: base64.b64decode(login["auth"]).decode() for host, login in auths.items()} == {
        "harbor.example.org": f"{USER}:{OLD}",
        "cache.example.org": f"cache:{OLD}",
    }
    name = next(
        name for name in holders if name.endswith(("k3s/registries.yaml", "rke2/registries.yaml"))
    )
    configs = yaml.safe_load((folder / "out" / name).read_text())["configs"]
    assert configs["harbor.example.org"]["auth"] == {"username": USER, "password": OLD}
    ca = configs["harbor.example.org"]["tls"]["ca_file"]
    assert ca.startswith(f"/etc/rancher/{'rke2' if name.startswith('rke2') else 'k3s'}/ca/")
    assert (folder / "out" / name.split("/")[0] / "ca" / ca.rpartition("/")[2]).exists()
    assert configs["nexus.example.org:8083"] == {"tls": {"insecure_skip_verify": True}}
