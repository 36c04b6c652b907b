"""What the records do not have: imports, formats, defects and defaults, version by version.

Each case is measured or read in containerd's code; CONTRIBUTING.md says where the records are.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regspec import reference
from regspec.dialects.containerd import resolve, versions
from regspec.dialects.files import Files

ALL = ("1.6.20", "1.6.39", "1.7.34", "2.0.11", "2.1.9", "2.2.7", "2.3.4", "2.4.0-beta")
"""Debian's, and the last one of each line; where an earlier one differs, a case says so."""
ONE = tuple(version for version in ALL if version.startswith("1."))
TWO = tuple(version for version in ALL if version.startswith("2."))
OLD, NEW = 'plugins."io.containerd.grpc.v1.cri"', 'plugins."io.containerd.cri.v1.images"'
MAIN = "/etc/containerd/config.toml"
HUB = "https://registry-1.docker.io/v2/library/nginx/manifests/1"
M = "https://m.example.org/v2/p/library/nginx/manifests/1?ns=docker.io"
MIRROR = '.registry.mirrors."docker.io"]\nendpoint = ["https://m.example.org/v2/p"]\n'
PATH = '.registry]\nconfig_path = "/c"\n'
HOST = '[host."https://m.example.org/v2/p"]\noverride_path = true\n'
IMPORTS = 'imports = ["/etc/containerd/conf.d/*.toml"]\n'
FRAGMENT = "/etc/containerd/conf.d/1.toml"
NOT_LOADED = "not loaded"
CA = (Path(__file__).parents[2] / "data/certificates/root-first.crt").read_text()


def asked(files, version, image="nginx:1"):
    """The URLs that are asked, or that nothing runs."""
    resolver = resolve.Containerd(Files(files), versions.parse(version))
    outcome = resolver.pull(reference.parse(image))
    if not outcome.loads:
        assert outcome.reason
        return NOT_LOADED
    return [attempt.url for attempt in outcome.attempts]


def both(old, new=None):
    """What all versions of a major do."""
    new = old if new is None else new
    return dict.fromkeys(ONE, old) | on_two(new)


def on_two(expected):
    return dict.fromkeys(TWO, expected)


V2, V3 = "version = 2\n", "version = 3\n"
CERTS_D = f"{V2}[{OLD}{PATH}"
HOSTS = "/c/docker.io/hosts.toml"
CASES = {
    "no file at all": ({}, both([HUB])),
    "version as text": ({MAIN: 'version = "2"\n'}, both(NOT_LOADED)),
    "not TOML": ({MAIN: "version = 2\n["}, both(NOT_LOADED)),
    "a table twice": ({MAIN: f"{V2}[a]\n[a]\n"}, both(NOT_LOADED)),
    "endpoint as text": (
        {MAIN: f'{V2}[{OLD}.registry.mirrors.a]\nendpoint = "b"\n'},
        both(NOT_LOADED),
    ),
    "config_path as a list": (
        {MAIN: f"{V2}[{OLD}.registry]\nconfig_path = []\n"},
        both(NOT_LOADED),
    ),
    "an unknown key": (
        {MAIN: f"{V2}x = 1\n[{OLD}.registry]\nconfg_path = 1\n[{OLD}{MIRROR}"},
        both([M, HUB]),
    ),
    "a plugin that is no URI": (
        {MAIN: f"{V2}[plugins.cri.x]\n[{OLD}{MIRROR}"},
        both(NOT_LOADED, [M, HUB]),
    ),
    "the CRI plugin is disabled": (
        {MAIN: f'{V2}disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'},
        both(NOT_LOADED),
    ),
    "as Docker's packages disable it": ({MAIN: 'disabled_plugins = ["cri"]\n'}, both(NOT_LOADED)),
    "a slash is a path": (
        {MAIN: f'{V2}[{OLD}.registry.mirrors."docker.io"]\nendpoint = ["https://m.example.org/"]\n'},
        both(["https://m.example.org/library/nginx/manifests/1?ns=docker.io", HUB]),
    ),
    "an endpoint of the upstream's own name": (
        {MAIN: f'{V2}[{OLD}.registry.mirrors."docker.io"]\nendpoint = ["https://docker.io/v2/p"]\n'},
        both(["https://docker.io/v2/p/library/nginx/manifests/1"]),
    ),
    "globs are no wildcards": (
        {MAIN: f'{V2}[{OLD}.registry.mirrors."*.io"]\nendpoint = ["https://m.example.org"]\n'},
        both([HUB]),
    ),
    "the full name without a version": (
        {MAIN: f"[{OLD}{MIRROR}"},
        both([HUB]) | {"2.3.4": [M, HUB], "2.4.0-beta": [M, HUB]},
    ),
    "the new name without a version": ({MAIN: f"[{NEW}{MIRROR}"}, both([HUB], [M, HUB])),
    "a fragment in 2 below none": (
        {MAIN: IMPORTS, FRAGMENT: f"{V2}[{OLD}{MIRROR}"},
        both([M, HUB]),
    ),
    "local pulls under the older name": (
        {
            MAIN: f"{V2}[{OLD}]\nuse_local_image_pull = true\n"
            f'[{OLD}.registry]\nconfig_path = "/b:/c"\n',
            HOSTS: HOST,
        },
        both([M, HUB], [HUB]) | {"2.0.11": [M, HUB]},
    ),
    "only another runtime": (
        {MAIN: f'{V2}[{OLD}.containerd.runtimes.nvidia]\nruntime_type = "x"\n[{OLD}{MIRROR}'},
        both(NOT_LOADED, [M, HUB]),
    ),
    "systemd_cgroup": (
        {MAIN: f"{V2}[{OLD}]\nsystemd_cgroup = true\n[{OLD}{MIRROR}"},
        both(NOT_LOADED, [M, HUB]),
    ),
    "a switch of 2.1 that is a number": (
        {MAIN: f"{V3}[{NEW}]\nuse_local_image_pull = 3\n"},
        on_two(NOT_LOADED) | {"2.0.11": [HUB]},
    ),
    "a sandbox image that is a number": (
        {MAIN: f"{V2}[{OLD}]\nsandbox_image = 3\n"},
        both(NOT_LOADED),
    ),
    "a sandbox image where nobody reads it": (
        {MAIN: f"{V3}[{NEW}]\nsandbox_image = 3\n"},
        on_two([HUB]),
    ),
    "the service of the CRI is disabled": (
        {MAIN: f'{V3}disabled_plugins = ["io.containerd.cri.v1.runtime"]\n'},
        on_two(NOT_LOADED),
    ),
    "another plugin is disabled": (
        {MAIN: f'{V2}disabled_plugins = ["io.containerd.cri.v1.images"]\n[{OLD}{MIRROR}'},
        both([M, HUB], NOT_LOADED),
    ),
    "a required plugin that is no URI": (
        {MAIN: f'{V2}required_plugins = ["cri"]\n'},
        both(NOT_LOADED),
    ),
    "the collector that the images service needs is disabled": (
        {MAIN: f'{V2}disabled_plugins = ["io.containerd.gc.v1.scheduler"]\n[{OLD}{MIRROR}'},
        both(NOT_LOADED),
    ),
    "a required snapshotter that nothing configures": (
        {MAIN: f'{V2}required_plugins = ["io.containerd.snapshotter.v1.devmapper"]\n'},
        both(NOT_LOADED),
    ),
    "a required snapshotter that is configured": (
        {
            MAIN: f'{V2}required_plugins = ["io.containerd.snapshotter.v1.devmapper"]\n'
            '[plugins."io.containerd.snapshotter.v1.devmapper"]\npool_name = "pool"\n'
        },
        both([HUB]),
    ),
    "a snapshotter is disabled by the name that version 1 has": (
        {MAIN: 'disabled_plugins = ["overlayfs"]\n'},
        both(NOT_LOADED),
    ),
    "a snapshotter is disabled by a name that version 1 has not": (
        {MAIN: 'disabled_plugins = ["io.containerd.snapshotter.v1.overlayfs"]\n'},
        both([HUB], NOT_LOADED),
    ),
    "the top of a wrong type": ({MAIN: f"{V2}grpc = 3\n"}, both(NOT_LOADED)),
    "a byte order mark": ({MAIN: f"\ufeff{V2}[{OLD}{MIRROR}"}, both([M, HUB], NOT_LOADED)),
    "an endpoint with a bad port": (
        {MAIN: f'{V2}[{OLD}.registry.mirrors."docker.io"]\nendpoint = ["https://m:abc/v2"]\n'},
        both([]),
    ),
    "an endpoint with a user": (
        {MAIN: f'{V2}[{OLD}.registry.mirrors."docker.io"]\nendpoint = ["https://u:p@m.example.org/v2/p"]\n'},
        both([M, HUB]),
    ),
    "an endpoint without a host": (
        {MAIN: f'{V2}[{OLD}.registry.mirrors."docker.io"]\nendpoint = ["", "/m", "ftp://m"]\n'},
        both([HUB]),
    ),
    "a host that is no URL": (
        {MAIN: CERTS_D, HOSTS: HOST + '[host."https://[fd00::1/v2"]\n'},
        both([HUB]),
    ),
    "an entry of a wrong type": ({MAIN: CERTS_D, HOSTS: '[host]\nfoo = "bar"\n'}, both([HUB])),
    "a server without a value": (
        {MAIN: CERTS_D, HOSTS: "server =\n[host]\n"},
        both([HUB]) | {"1.6.20": []},
    ),
    "a value that is missing in an array": (
        {MAIN: CERTS_D, HOSTS: HOST + "x = [1,,2]\n"},
        both([HUB]) | {"1.6.20": []},
    ),
    "two values": ({MAIN: CERTS_D, HOSTS: HOST + "x = 1 2\n"}, both([HUB])),
    "two entries, one of a wrong type": (
        {MAIN: CERTS_D, HOSTS: '[host]\nfoo = "bar"\n' + HOST},
        both([], [HUB]),
    ),
    "keys in other letter cases": (
        {MAIN: f'{V2}[{OLD}.registry]\nConfig_Path = "/c"\n', HOSTS: HOST},
        both([HUB], [M, HUB]),
    ),
    "a table in another letter case, which is not migrated": (
        {MAIN: f'{V2}[{OLD}.Registry]\nconfig_path = "/c"\n', HOSTS: HOST},
        both([HUB]),
    ),
    "keys in other letter cases in 3": (
        {MAIN: f'{V3}[{NEW}.Registry]\nConfig_Path = "/c"\n', HOSTS: HOST},
        on_two([M, HUB]),
    ),
    "keys in capitals": (
        {MAIN: f'{V2}[{OLD}.REGISTRY]\nCONFIG_PATH = "/c"\n', HOSTS: HOST},
        both([M, HUB], [HUB]),
    ),
    "a host in brackets": (
        {MAIN: CERTS_D, HOSTS: '[host."https://[fd00::5]:8443"]\n'},
        both([HUB], ["https://[fd00::5]:8443/v2/library/nginx/manifests/1?ns=docker.io", HUB]),
    ),
    "a login in brackets": (
        {MAIN: f'{CERTS_D}[{OLD}.registry.configs."[fd00::5]:8443".auth]\nusername = "u"\n'},
        both(NOT_LOADED, [HUB]),
    ),
    "config_path that is a file": (
        {MAIN: f'{V2}[{OLD}.registry]\nconfig_path = "/etc/containerd/config.toml"\n'},
        both([]),
    ),
    "a client's certificate without a key": (
        {MAIN: CERTS_D, "/c/docker.io/client.cert": "junk", "/c/docker.io/ca.crt": CA},
        both([]),
    ),
    "the CA of Docker's layout": ({MAIN: CERTS_D, "/c/docker.io/ca.crt": CA}, both([HUB])),
    "a header that HTTP forbids": (
        {MAIN: CERTS_D, HOSTS: HOST + 'header = {X = "a\\nb"}\n'},
        both([HUB]),
    ),
    "headers that HTTP forbids": (
        {MAIN: f'{V2}[{OLD}.registry.headers]\n"X Y" = ["a"]\n'},
        both([]),
    ),
    "a runtime that is not there": (
        {MAIN: f'{V2}[{OLD}.containerd]\ndefault_runtime_name = "nvidia"\n[{OLD}{MIRROR}'},
        both(NOT_LOADED),
    ),
    "a runtime beside the standard one": (
        {
            MAIN: f'{V2}[{OLD}.containerd.runtimes.nvidia]\nruntime_type = "x"\n',
        },
        both(NOT_LOADED, [HUB]),
    ),
    "a snapshotter that is not there": (
        {
            MAIN: f'{V2}[{OLD}.containerd]\nsnapshotter = "stargz"\n'
            f"[{OLD}.containerd.runtimes.runc]\n",
        },
        both(NOT_LOADED),
    ),
    "a snapshotter that 2.x leaves behind": (
        {MAIN: f'{V2}[{OLD}.containerd]\nsnapshotter = "stargz"\n'},
        both(NOT_LOADED, [HUB]),
    ),
    "a snapshotter of its own process": (
        {
            MAIN: f'{V2}[{OLD}.containerd]\nsnapshotter = "stargz"\n'
            f"[{OLD}.containerd.runtimes.runc]\n"
            '[proxy_plugins.stargz]\ntype = "snapshot"\naddress = "/run/s"\n'
        },
        both([HUB]),
    ),
    "a snapshotter that lacks its pool": (
        {MAIN: f'{V3}[{NEW}]\nsnapshotter = "devmapper"\n'},
        on_two(NOT_LOADED),
    ),
    "a snapshotter that has its pool": (
        {
            MAIN: f'{V3}[{NEW}]\nsnapshotter = "devmapper"\n'
            '[plugins."io.containerd.snapshotter.v1.devmapper"]\npool_name = "p"\n'
        },
        on_two([HUB]),
    ),
    "a timeout that is not a duration": ({MAIN: f'{V2}[timeouts]\na = "soon"\n'}, both(NOT_LOADED)),
    "streams with half a key pair": (
        {
            MAIN: f'{V2}[{OLD}]\nenable_tls_streaming = true\n'
            f'[{OLD}.x509_key_pair_streaming]\ntls_cert_file = "/x"\n'
        },
        both(NOT_LOADED),
    ),
    "the transfer service is disabled": (
        {MAIN: f'{V2}disabled_plugins = ["io.containerd.transfer.v1.local"]\n'},
        both([HUB], NOT_LOADED) | {"2.0.11": [HUB]},
    ),
    "the overlayfs snapshotter is disabled": (
        {MAIN: f'{V2}disabled_plugins = ["io.containerd.snapshotter.v1.overlayfs"]\n'},
        both(NOT_LOADED),
    ),
    "a required plugin of 2.x": (
        {MAIN: f'{V2}required_plugins = ["io.containerd.cri.v1.images"]\n'},
        both(NOT_LOADED, [HUB]),
    ),
    "an inline table on several lines": (
        {
            MAIN: f'{V2}[{OLD}.registry.mirrors]\n"docker.io" = {{\n'
            'endpoint = ["https://m.example.org/v2/p"] # c\n}\n',
        },
        both([M, HUB], NOT_LOADED) | {"2.4.0-beta": [M, HUB]},
    ),
    "a comma at the end of an inline table": (
        {MAIN: f"{V2}[{OLD}.registry.mirrors]\nx = {{ endpoint = [], }}\n"},
        both(NOT_LOADED) | {"2.4.0-beta": [HUB]},
    ),
    "a plugin whose name is not a URI": (
        {MAIN: f"{V2}[plugins.x]\ny = 1\n"},
        both(NOT_LOADED, [HUB]),
    ),
    "a timeout of nothing": ({MAIN: CERTS_D, HOSTS: HOST + 'dial_timeout = ""\n'}, both([M, HUB])),
    "quotes in comments": (
        {MAIN: CERTS_D, HOSTS: f"# '''\n{HOST}# '''\n"},
        both([M, HUB]),
    ),
    "a client that is half a pair": (
        {MAIN: CERTS_D, HOSTS: HOST + 'client = [["a"]]\n'},
        both([HUB]),
    ),
    "a file where a folder belongs": ({MAIN: CERTS_D, "/c/docker.io": "x"}, both([])),
    "imports with a question mark": (
        {
            MAIN: f'{V2}imports = ["/etc/containerd/conf.d/?.toml"]\n',
            FRAGMENT: f"{V2}[{OLD}{MIRROR}",
        },
        both(NOT_LOADED),
    ),
    "imports through folders": (
        {MAIN: f'{V2}imports = ["/etc/*/conf.d/[^2]*.toml"]\n', FRAGMENT: f"{V2}[{OLD}{MIRROR}"},
        both([M, HUB]),
    ),
    "nested beyond reason": ({MAIN: f"{V2}x = {'[' * 3000}{']' * 3000}\n"}, both(NOT_LOADED)),
    "a number beyond reason": ({MAIN: f"{V2}x = {'9' * 5000}\n"}, both(NOT_LOADED)),
    "version 1": (
        {MAIN: f"version = 1\n[plugins.cri{MIRROR}"},
        both([M, HUB]) | {"2.0.11": [HUB], "2.1.9": [HUB], "2.2.7": [HUB]},
    ),
    "a fragment in 1 between 3 and 2": (
        {
            MAIN: V3 + IMPORTS,
            FRAGMENT: f"version = 1\n[plugins.cri{MIRROR}",
            "/etc/containerd/conf.d/2.toml": V2,
        },
        on_two([M, HUB]),
    ),
    "a negative version": ({MAIN: f"version = -1\n[{OLD}{MIRROR}"}, both([M, HUB], NOT_LOADED)),
    "a fragment in 2 below 3, with the main file's table": (
        {MAIN: f"{V3}{IMPORTS}[{NEW}{MIRROR}", FRAGMENT: V2},
        both([HUB], [M, HUB]),
    ),
    "a fragment without a version": (
        {MAIN: V2 + IMPORTS, FRAGMENT: f"[{OLD}{MIRROR}"},
        both([M, HUB]),
    ),
    "mirrors of two fragments": (
        {
            MAIN: V2 + IMPORTS,
            FRAGMENT: f"{V2}[{OLD}{MIRROR}",
            "/etc/containerd/conf.d/2.toml": f"{V2}[{OLD}{MIRROR.replace('docker.io', 'quay.io')}",
        },
        both([HUB], [M, HUB]),
    ),
    "mirrors below config_path": (
        {MAIN: f"{V2}{IMPORTS}[{OLD}{PATH}", FRAGMENT: f"{V2}[{OLD}{MIRROR}"},
        both([M, HUB], NOT_LOADED),
    ),
    "a fragment in 3 below 2": (
        {MAIN: V2 + IMPORTS, FRAGMENT: f"{V3}[{NEW}{MIRROR}"},
        {"1.6.20": [HUB], "1.6.39": NOT_LOADED, "1.7.34": NOT_LOADED, "2.0.11": [M, HUB],
         "2.2.7": [M, HUB], "2.3.4": NOT_LOADED, "2.4.0-beta": [M, HUB]},
    ),
    "a fragment in 2 below 3": (
        {MAIN: V3 + IMPORTS, FRAGMENT: f"{V2}[{OLD}{MIRROR}"},
        on_two([M, HUB]),
    ),
    "a fragment in 4 below 3": (
        {MAIN: V3 + IMPORTS, FRAGMENT: f"version = 4\n[{NEW}{MIRROR}"},
        on_two(NOT_LOADED) | {"2.4.0-beta": [M, HUB]},
    ),
    "a fragment in 2 below 4": (
        {MAIN: "version = 4\n" + IMPORTS, FRAGMENT: f"{V2}[{OLD}{MIRROR}"},
        on_two([M, HUB]),
    ),
    "a fragment that is not TOML": ({MAIN: V2 + IMPORTS, FRAGMENT: "["}, both(NOT_LOADED)),
    "an import that is missing": (
        {MAIN: f'{V2}imports = ["/etc/x.toml"]\n[{OLD}{MIRROR}'},
        both(NOT_LOADED),
    ),
    "a relative glob": (
        {MAIN: f'{V2}imports = ["conf.d/*.toml"]\n', FRAGMENT: f"{V2}[{OLD}{MIRROR}"},
        both([M, HUB]) | {"1.6.20": [HUB]},
    ),
    "tls beside config_path": (
        {MAIN: f'{V2}[{OLD}{PATH}[{OLD}.registry.configs."m".tls]\nca_file = "/x"\n'},
        both(NOT_LOADED, [HUB]),
    ),
    "a list of folders": (
        {MAIN: f'{V2}[{OLD}.registry]\nconfig_path = "/b:/c"\n', HOSTS: HOST},
        both([M, HUB], [HUB]) | {"2.0.11": [M, HUB]},
    ),
    "a list of folders, pulled by the plugin": (
        {
            MAIN: f'{V2}[{OLD}.registry]\nconfig_path = "/b:/c"\n[{OLD}.registry.configs.h.auth]\n',
            HOSTS: HOST,
        },
        both([M, HUB]),
    ),
    "inline tables": (
        {
            MAIN: CERTS_D,
            HOSTS: '[host]\n"https://m.example.org/v2/p" = {override_path = true}\n',
        },
        both([M, HUB], [HUB]),
    ),
    "the order of the headers": (
        {
            MAIN: CERTS_D,
            HOSTS: HOST + '[host."n.example.org"]\n',
        },
        both([M, "https://n.example.org/v2/library/nginx/manifests/1?ns=docker.io", HUB]),
    ),
    "only a header below a header": (
        {
            MAIN: CERTS_D,
            HOSTS: '[host."n.example.org".header]\nA = "b"\n',
        },
        both(["https://n.example.org/v2/library/nginx/manifests/1?ns=docker.io", HUB]),
    ),
    "resolve without pull": (
        {MAIN: CERTS_D, HOSTS: HOST + 'capabilities = ["resolve"]\n'},
        both([HUB]),
    ),
    "capabilities as text": (
        {MAIN: CERTS_D, HOSTS: HOST + 'capabilities = "pull"\n'},
        both([HUB]),
    ),
    "a timeout that is none": (
        {MAIN: CERTS_D, HOSTS: HOST + 'dial_timeout = "soon"\n'},
        both([M, HUB], [HUB]),
    ),
    "a client's key that is missing": (
        {MAIN: CERTS_D, HOSTS: HOST + 'client = [["a", "b"]]\n'},
        both([]),
    ),
    "a CA that is none": (
        {MAIN: CERTS_D, HOSTS: HOST + 'ca = "x"\n', "/c/docker.io/x": ""},
        both([]),
    ),
    "an empty file beside _default": (
        {MAIN: CERTS_D, HOSTS: "", "/c/_default/hosts.toml": HOST},
        both([HUB]),
    ),
    "_default": (
        {MAIN: CERTS_D, "/c/_default/hosts.toml": HOST, "/c/*/hosts.toml": "server = 1"},
        both([M, HUB]),
    ),
    "a server whose name begins with http": (
        {MAIN: CERTS_D, HOSTS: 'server = "httpd.corp/v2/p"\n[host]\n'},
        both([HUB]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_node_asks(name):
    files, expected = CASES[name]
    assert expected
    assert {version: asked(files, version) for version in expected} == expected


@pytest.mark.parametrize(
    "version, empty, loads",
    [
        ("2.1.9", False, True),
        ("2.2.0", False, False),
        ("2.2.1", False, False),
        ("2.2.1", True, True),
        ("2.2.2", False, True),
        ("2.2.2", True, True),
        ("2.3.0", True, True),
    ],
)
def test_the_default_config_path_of_2_2(version, empty, loads):
    path = f'[{NEW}.registry]\nconfig_path = ""\n' if empty else ""
    found = asked({MAIN: f"{V3}{path}[{NEW}{MIRROR}"}, version)
    assert found == ([M, HUB] if loads else NOT_LOADED)


@pytest.mark.parametrize(
    "image, main, url",
    [
        ("localhost:5000/a:1", V2, "http://localhost:5000/v2/a/manifests/1"),
        ("localhost:5000/a:1", f"{V2}[{OLD}{PATH}", "https://localhost:5000/v2/a/manifests/1"),
        ("localhost/a:1", f"{V2}[{OLD}{PATH}", "https://localhost/v2/a/manifests/1"),
        ("127.0.0.2:443/a:1", f"{V2}[{OLD}{PATH}", "https://127.0.0.2:443/v2/a/manifests/1"),
        ("[::1]:5000/a:1", f"{V2}[{OLD}{PATH}", "https://[::1]:5000/v2/a/manifests/1"),
        ("quay.io/a", V2, "https://quay.io/v2/a/manifests/latest"),
    ],
)
def test_the_upstream(image, main, url):
    for version in ("1.7.34", "2.0.11"):
        assert asked({MAIN: main}, version, image) == [url]


@pytest.mark.parametrize(
    "text, parsed",
    [
        ("1.7", (1, 7, 34)),
        ("v2.1.4", (2, 1, 4)),
        ("2.4.0-beta", (2, 4, 0)),
        ("1.6.20~ds1-1+deb12u3", (1, 6, 20)),
        ("2.9", (2, 9, 0)),
        ("2", None),
        ("new", None),
    ],
)
def test_versions(text, parsed):
    found = versions.parse(text)
    assert (found and (found.major, found.minor, found.patch)) == parsed


RECORDED = [
    json.loads(line)["files"]
    for line in (Path(__file__).parent / "data/pulls.jsonl").read_text().splitlines()
]
LINES = sorted({line for files in RECORDED for text in files.values() for line in text.split("\n")})
ODD = ["[host]", "version = 3", "x = [", '"', "'''", "#", "\ufeff", "\x00", "server = 1", "ca = []",
       "imports = ['*']", "[plugins]", "plugins = 1", "endpoint = [' ://%zz', '//', 'a']", "=", "]",
       "capabilities = [1]", "[host.'https://[::1']", "config_path = ':'", "client = [[], 'a']",
       "header = {A = [1]}", "dial_timeout = '1h2m'", "disabled_plugins = ['cri']"]  # fmt: skip
IMAGES = (
    "nginx",
    "reg.example.test:5000/a:1",
    "[::1]:5000/b",
    "localhost/c",
    f"d@sha256:{'a' * 64}",
)
SPOTS = st.integers(0, 1 << 20)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(RECORDED),
    st.lists(st.tuples(SPOTS, SPOTS, st.sampled_from(LINES + ODD * 5), st.booleans()), max_size=5),
    st.sampled_from(ALL),
    st.sampled_from(IMAGES),
)
def test_no_files_break_the_model(files, changes, version, image):
    """Whatever stands in them: an answer, and no exception."""
    files = dict(files)
    for spot, other, text, whole in changes:
        path = sorted(files)[spot % len(files)]
        lines = files[path].split("\n")
        at = other % len(lines)
        lines[at] = text if whole else lines[at][: spot % 40] + text
        files[path] = "\n".join(lines)
    outcome = resolve.Containerd(Files(files), versions.parse(version)).pull(reference.parse(image))
    assert outcome.loads or outcome.reason
    for attempt in outcome.attempts:
        assert attempt.url.startswith(("http://", "https://"))


def test_a_path_that_is_cut_short_is_told():
    """`%3F` is a question mark when containerd makes the URL of the manifest."""
    files = {
        MAIN: f'{V2}[{OLD}.registry.mirrors."docker.io"]\nendpoint = ["https://m.example.org/v2/a%3Fb"]\n'
    }
    for version, query in (("1.7.34", "ns=docker.io"), ("2.3.4", "b%2F")):
        resolver = resolve.Containerd(Files(files), versions.parse(version))
        outcome = resolver.pull(reference.parse("nginx:1"))
        assert [attempt.url for attempt in outcome.attempts] == [HUB]
        assert outcome.notes[0].startswith(f"https://m.example.org/v2/a?{query}")
