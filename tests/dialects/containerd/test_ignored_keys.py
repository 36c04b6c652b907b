"""The keys without effect that `explain --node` notes, and the keys that it does not note."""

from __future__ import annotations

import pytest
from regspec import reference
from regspec.dialects.containerd import resolve, versions
from regspec.dialects.files import Files

OLD, NEW = 'plugins."io.containerd.grpc.v1.cri"', 'plugins."io.containerd.cri.v1.images"'
MAIN, HOSTS = "/etc/containerd/config.toml", "/etc/containerd/certs.d/docker.io/hosts.toml"
V2, V3 = "version = 2\n", "version = 3\n"
PATH = 'config_path = "/etc/containerd/certs.d"\n'
CERTS_D = f"{V2}[{OLD}.registry]\n{PATH}"
HOST = '[host."https://m.example.org"]\n'


def notes(main, hosts, version):
    files = Files({MAIN: main} | ({HOSTS: hosts} if hosts else {}))
    containerd = resolve.Containerd(files, versions.parse(version))
    return "\n".join(containerd.pull(reference.parse("nginx:1")).notes)


@pytest.mark.parametrize(
    "main, hosts, version, named",
    [
        (f"{V2}[plugin.x]\n", "", "1.7", "`plugin` has no effect"),
        (f"{V2}[plugin.x]\n", "", "2.1", "did you mean `plugins`?"),
        (f"{V2}[{OLD}.registry]\nconfg_path = 'x'\n", "", "1.6", "did you mean `config_path`?"),
        (f"{V2}[{OLD}]\n{PATH}", "", "2.0", 'plugins."io.containerd.grpc.v1.cri".config_path'),
        (f"{V2}[{OLD}.registry]\nConfig_Path = 'x'\n", "", "1.7", "registry.Config_Path"),
        (f"{V2}[{OLD}.registry.mirrors.a]\nendpoints = []\n", "", "1.7", "mirrors.a.endpoints"),
        (f'{V2}[{OLD}.registry.mirrors."https://a"]\n', "", "2.2", 'mirrors."https://a"'),
        (f'{V2}[{OLD}.registry.mirrors."index.docker.io"]\n', "", "1.7", "write docker.io"),
        (f"{V2}[{OLD}.registry.configs.'*'.auth]\n", "", "1.7", 'configs."*"'),
        (f"{V2}[{OLD}.registry.configs.a.auth]\nuser = 'x'\n", "", "1.7", "configs.a.auth.user"),
        (f"{V2}[{OLD}.registry.configs.a.tls]\n", "", "2.0", "not read since 2.0"),
        (f"{V2}[{OLD}.containerd]\n{PATH}", "", "1.7", "containerd.config_path"),
        (
            f'{V2}[plugins."io.containerd.grpc.v1.cri.registry.mirrors"."a.b"]\n',
            "",
            "2.1",
            "has no",
        ),
        (CERTS_D, f"{HOST}server = 'https://a'\n", "2.1", ".server` has no effect"),
        (f"{V3}[{OLD}.registry]\n{PATH}", HOST, "2.1", ".registry` has no effect"),
        (f"[{OLD}.registry]\n{PATH}", HOST, "2.0", ".registry` has no effect"),
        (f'{V3}[{NEW[:-2]}".registry]\n{PATH}', HOST, "2.1", "io.containerd.cri.v1.image"),
        (f'{V3}[plugins."io.containerd.transfer.v1.local"]\n{PATH}', "", "2.1", "transfer"),
        (f"{V3}[{NEW}]\nuse_local_image_pull = true\n", "", "2.0", "use_local_image_pull"),
        (f"{V2}[{OLD}.registry]\nconfig_path = '/x'\n", HOST, "1.7", "certs.d is not read"),
        (V2, HOST, "1.7", "`config_path` is not set"),
        (CERTS_D, f"{HOST}override-path = true\n", "1.7", "did you mean `override_path`?"),
        (CERTS_D, f"{HOST}plain-http = true\n", "2.1", "plain-http"),
        (CERTS_D, f"{HOST}dial_timeout = '3s'\n", "1.7", "dial_timeout"),
        (CERTS_D, '[hosts."https://m.example.org"]\n', "2.1", "did you mean `host`?"),
        (CERTS_D, 'host = {"https://m" = {}}\n', "2.1", "table header of its own"),
    ],
)
def test_a_key_without_effect_is_noted(main, hosts, version, named):
    assert named in notes(main, hosts, version)


@pytest.mark.parametrize("version", versions.MEASURED)
@pytest.mark.parametrize(
    "main, hosts",
    [
        (CERTS_D, f"server = 'https://m'\n{HOST}override_path = true\nca = []\n"),
        (f'{V2}plugin_dir = ""\n[{OLD}.containerd]\nx = 1\n[{OLD}.cni]\nbin_dir = "/b"\n', ""),
        (f"{V2}[{OLD}]\nenable_cdi = true\nsandbox_image = 'p'\n[{OLD}.registry.headers]\n", ""),
        (f'{V2}[plugins."io.containerd.snapshotter.v1.stargz".registry]\n{PATH}', ""),
        (f"{V2}[{OLD}.registry.mirrors.a]\nendpoint = []\n", ""),
    ],
)
def test_a_key_with_effect_is_not_noted(main, hosts, version):
    assert "no effect" not in notes(main, hosts, version)


def test_the_newer_keys_are_read_in_any_letter_case():
    main = f"{V2}[{OLD}.registry]\nConfig_Path = '/etc/containerd/certs.d'\n"
    assert not notes(main, f"{HOST}Override_Path = true\n", "2.1")


def test_a_note_shows_no_login():
    assert "pass" not in notes(f'{V2}[{OLD}.registry.mirrors."https://u:pass@h"]\n', "", "1.7")
