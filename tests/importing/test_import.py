"""`regspec import`: what files that somebody wrote come to, and what is said of the rest."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import stat
import subprocess
import tarfile
import tomllib

import pytest
import tomlkit
import yaml
from regspec import document, pipeline
from regspec.cli import import_
from regspec.cli import inputs as input_files
from regspec.dialects.files import Files
from regspec.importing import assembly
from regspec.rules import Selection

HOST = "harbor.example.org"
BASE = f"{HOST}/airgap-images"
MIRRORS = f"docker.io::{BASE}/docker.io,quay.io::{BASE}/quay.io"
USERNAME, PASSWORD = "robot$puller", "Hunter2Kx7Zq"
V2 = 'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry'
V3 = 'version = 3\n[plugins."io.containerd.cri.v1.images".registry'
CONTAINERD = f'{V2}.mirrors."docker.io"]\nendpoint = ["https://{HOST}/v2/airgap-images/docker.io"'
CONFIGS = '[plugins."io.containerd.grpc.v1.cri".registry.configs'
K3S = f"mirrors:\n  docker.io:\n    endpoint: [https://{HOST}/v2/airgap-images/docker.io]\n"
DAEMON = f'{{"registry-mirrors": ["https://{HOST}/"]}}'
BUILDKIT = f'[registry."docker.io"]\nmirrors = ["{BASE}/docker.io"]\n'
REGISTRY = {"endpoint": HOST, "baseContentPath": "airgap-images"}
TWO = ["docker.io", "quay.io"]
CONF = f'[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "{BASE}/docker.io"\n'
PLACE = r"[^ ]+:[0-9]+:[0-9]+"


@pytest.fixture
def imported(here, tmp_path):
    """Runs `regspec import` on files of these texts: imported({name: text}, *words)."""

    def run(files, *words, **more):
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return here("import", *files, *words, cwd=tmp_path, **more)

    return run


@pytest.fixture
def piped(here, tmp_path):
    """Runs `regspec import -` on a text."""
    return lambda text, *words: here("import", "-", *words, cwd=tmp_path, input=text)


def spec(done):
    assert done.returncode == 0, done.stderr
    return document.parse(done.stdout).data


def block(**keys):
    return "".join(f"    {key}: {json.dumps(value)}\n" for key, value in keys.items())


def values(**keys):
    """The image-swap chart's values; a key that is None is left out."""
    registry = {**REGISTRY, "mirrorRegistries": MIRRORS} | keys
    registry = {key: value for key, value in registry.items() if value is not None}
    return "config:\n  ociImageRegistry:\n" + block(**registry)


def secret(**keys):
    held = {"DOMAIN": HOST, "BASE_PATH": "airgap-images", "MIRROR_REGISTRIES": MIRRORS} | keys
    held = {key: value for key, value in held.items() if value is not None}
    return (
        "apiVersion: v1\nkind: Secret\ntype: Opaque\n"
        "metadata: {name: registry-info, namespace: jet-system}\n"
        "stringData:\n" + block(**held)
    )


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def live(keys, **more):
    """A Secret as the API server has it."""
    return {
        "apiVersion": "v1",
        "data": {key: encoded(text) for key, text in keys.items()},
        "kind": "Secret",
        "metadata": {
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"stringData": keys})
            },
            "creationTimestamp": "2025-01-02T03:04:05Z",
            "managedFields": [{"fieldsV1": {"f:data": {"f:DOMAIN": {}}}, "manager": "kubectl"}],
            "name": "registry-info",
            "namespace": "jet-system",
            "resourceVersion": "4711",
            "uid": "0f0f0f0f-0000-4000-8000-000000000000",
        },
        "type": "Opaque",
    } | more


KEYS = {
    "BASE_PATH": "airgap-images",
    "CA_CERT": "",
    "DOMAIN": HOST,
    "INSECURE": "false",
    "MIRROR_REGISTRIES": MIRRORS,
    "PASSWORD": PASSWORD,
    "USERNAME": USERNAME,
}


def auths(*hosts, username=USERNAME, password=PASSWORD):
    login = {"auth": encoded(f"{username}:{password}")}
    return {"auths": dict.fromkeys(hosts, login)}


def hosts_toml(mirror=f"https://{HOST}/v2/airgap-images/docker.io", more=""):
    return f'server = "{mirror}"\ncapabilities = ["pull", "resolve"]\noverride_path = true\n{more}'


@pytest.fixture(scope="module")
def ca(root):
    return (root / "tests/data/certificates/chain.crt").read_text()


@pytest.fixture(scope="module")
def other_ca(root):
    return (root / "tests/data/certificates/expired.crt").read_text()


# -- the documented example ------------------------------------------------------------------


def example(root):
    return document.parse((root / "examples/harbor-airgap.yaml").read_text()).data


def test_what_the_example_compiles_to_is_the_example_again(here, root):
    folder = root / "golden/harbor-airgap/out"
    names = ("values.yaml", "registry-secret.yaml", "containerd.toml")
    assert spec(here("import", *names, cwd=folder)) == example(root)
    for order in itertools.permutations(names):
        assert spec(here("import", *order, cwd=folder)) == example(root)
    assert spec(here("import", ".", cwd=folder)) == example(root)


def test_the_documented_files_are_the_example_with_the_whole_file_of_the_node(here, root):
    folder = root / "tests/data/vendor-example"
    data = spec(here("import", "values.yaml", "registry-secret.yaml", "config.toml", cwd=folder))
    assert data.pop("targets") == [
        "values",
        "secret",
        {"target": "containerd", "form": "full"},
    ]
    assert data == example(root)


def test_a_documented_file_alone_is_the_registry_and_its_mirrors(here, root):
    folder = root / "tests/data/vendor-example"
    for name in ("values.yaml", "registry-secret.yaml", "config.toml"):
        data = spec(here("import", name, cwd=folder))
        whole = example(root)
        assert data["mirrors"] == whole["mirrors"]
        assert data["registry"].items() <= whole["registry"].items()
        assert data["registry"]["baseContentPath"] == "airgap-images"


def test_images_of_cert_manager_lose_the_registry_before_them(imported, root):
    images = (root / "tests/data/vendor-example/cert-manager-images.yaml").read_text()
    other = "my-oci-registry.com/spectro-images"
    texts = {
        "values.yaml": values(
            endpoint="my-oci-registry.com",
            baseContentPath="spectro-images",
            mirrorRegistries=f"quay.io::{other}/quay.io",
        ),
        "cert-manager-images.yaml": images,
    }
    data = spec(imported(texts))
    upstream = "us-docker.pkg.dev/palette-images-fips/palette/spectro-cert-manager"
    assert data["certManager"]["images"] == {
        "cainjectorImage": f"{upstream}/cert-manager-cainjector:v1.17.0-spectro-4.6.1",
        "controllerImage": f"{upstream}/cert-manager-controller:v1.17.0-spectro-4.6.1",
        "webhookImage": f"{upstream}/cert-manager-webhook:v1.17.0-spectro-4.6.1",
        "amceResolverImage": f"{upstream}/cert-manager-acmesolver:v1.17.0-spectro-4.6.1",
    }


def test_images_of_another_registry_stay_as_they_are(here, root):
    folder = root / "tests/data/vendor-example"
    data = spec(here("import", "values.yaml", "cert-manager-images.yaml", cwd=folder))
    images = yaml.safe_load((folder / "cert-manager-images.yaml").read_text())["image"]
    assert data["certManager"]["images"] == {key: {"exact": ref} for key, ref in images.items()}


def test_images_alone_say_of_no_registry(here, root):
    done = here("import", "cert-manager-images.yaml", cwd=root / "tests/data/vendor-example")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no file says which registry it is" in done.stderr


# -- what nodes and clusters hold ------------------------------------------------------------


def test_mirrors_of_containerd_1(imported, ca):
    text = (
        f'{V2}.mirrors."docker.io"]\n  endpoint = ["https://{BASE.replace("/", "/v2/", 1)}'
        f'/docker.io"]\n[plugins."io.containerd.grpc.v1.cri".registry.configs."{HOST}".tls]\n'
        '  ca_file = "/etc/containerd/ca/harbor.pem"\n'
    )
    done = imported({"config.toml": text, "harbor.pem": ca})
    data = spec(done)
    assert data["registry"] == {**REGISTRY, "caCert": ca}
    assert data["mirrors"] == ["docker.io"]
    (target,) = data["targets"]
    assert target["endpoints"] == "api"
    assert target["caFile"] == "/etc/containerd/ca/harbor.pem"


def test_a_ca_that_was_not_given_is_told(imported):
    text = (
        f'{V2}.mirrors."docker.io"]\n  endpoint = ["https://{HOST}/v2/x/docker.io"]\n'
        f'[plugins."io.containerd.grpc.v1.cri".registry.configs."{HOST}".tls]\n'
        '  ca_file = "/etc/containerd/ca/harbor.pem"\n'
    )
    done = imported({"config.toml": text})
    assert (
        f"config.toml:5:13: warning[import]: the CA for `{HOST}` is not imported: its file "
        "`/etc/containerd/ca/harbor.pem` was not given"
    ) in done.stderr
    assert "caCert" not in spec(done)["registry"]


def test_a_login_in_the_headers_of_every_registry_is_lost_with_a_warning(imported):
    text = f'{V2}.mirrors."docker.io"]\n  endpoint = ["https://{HOST}/v2/x/docker.io"]\n'
    text += (
        '[plugins."io.containerd.grpc.v1.cri".registry.headers]\n  Authorization = ["Basic abc"]\n'
    )
    assert (
        "config.toml:5:3: warning[import]: header `Authorization` of every registry is not imported"
    ) in imported({"config.toml": text}).stderr


def test_keys_in_other_letters_that_podman_reads_are_lost_with_a_warning(imported):
    text = '[[registry]]\nlocation = "docker.io"\nBlocked = true\n'
    text += f'[[registry.mirror]]\nlocation = "{HOST}/x"\nInsecure = true\n'
    text += f'[[registry]]\nlocation = "quay.io"\n[[registry.Mirror]]\nLocation = "{HOST}/y"\n'
    told = imported({"registries.conf": text}).stderr
    for place, name in (("3:1", "Blocked"), ("6:12", "Insecure"), ("9:12", "Mirror")):
        assert f"registries.conf:{place}: warning[import]: `{name}` of " in told


@pytest.mark.parametrize("version", [3, 4])
def test_a_configuration_of_containerd_2_with_its_folder_of_hosts(imported, version):
    plugin = '[plugins."io.containerd.cri.v1.images"'
    text = (
        f'version = {version}\n{plugin}.registry]\n  config_path = "/etc/containerd/certs.d"\n'
        f'{plugin}.registry.configs."{HOST}".auth]\n'
        f'  username = "{USERNAME}"\n  password = "{PASSWORD}"\n'
        f'{plugin}.pinned_images]\n  sandbox = "registry.k8s.io/pause:3.10.2"\n'
    )
    files = {"config.toml": text, "certs.d/docker.io/hosts.toml": hosts_toml(more="[host]\n")}
    done = imported(files, "--verbose")
    data = spec(done)
    assert data["registry"] == {
        **REGISTRY,
        "username": {"env": "REGISTRY_USERNAME"},
        "password": {"env": "REGISTRY_PASSWORD"},
    }
    assert data["mirrors"] == ["docker.io"]
    assert data["targets"] == [{"target": "certs.d", "credentials": "config"}]
    assert "config.toml:7:" in done.stderr
    assert "`pinned_images` is not imported" in done.stderr
    assert "pause" not in done.stderr


def test_a_configuration_of_version_1(imported):
    text = f'[plugins.cri.registry.mirrors."docker.io"]\nendpoint = ["{BASE}/docker.io"]\n'
    data = spec(imported({"config.toml": text}))
    assert data["registry"] == REGISTRY
    assert data["mirrors"] == ["docker.io"]


def test_what_containerd_itself_writes_with_a_mirror_added(imported):
    command = ["containerd", "config", "default"]
    default = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    mirrors = next(line for line in default.splitlines() if line.endswith(".registry.mirrors]"))
    table = mirrors.replace("mirrors]", 'mirrors."docker.io"]')
    endpoint = f'endpoint = ["https://{HOST}/v2/airgap-images/docker.io"]'
    text = default.replace(mirrors, f"{mirrors}\n{table}\n{endpoint}\n")
    done = imported({"config.toml": text}, "--verbose")
    data = spec(done)
    assert data["registry"] == REGISTRY
    assert data["mirrors"] == ["docker.io"]
    listed = set(re.findall(r"info\[import\]: `(.+)` is not imported$", done.stderr, re.MULTILINE))
    parsed = tomllib.loads(text)
    held = parsed | parsed["plugins"] | parsed["plugins"]["io.containerd.grpc.v1.cri"]
    nothing = ("", [], {})
    carried = {"version", "plugins", "io.containerd.grpc.v1.cri", "registry"}
    assert {key for key, value in held.items() if value not in nothing} - carried <= listed
    assert not listed & {"auths", "configs", "headers", "mirrors", "config_path"}
    assert not listed & {key for key, value in held.items() if value in nothing}


def test_a_mirror_in_front_of_the_upstream(imported):
    text = (
        'server = "https://registry-1.docker.io"\n'
        f'[host."https://{HOST}/v2/airgap-images/docker.io"]\n'
        '  capabilities = ["pull", "resolve"]\n  override_path = true\n'
    )
    data = spec(imported({"certs.d/docker.io/hosts.toml": text}))
    assert data["registry"] == REGISTRY
    assert data["mirrors"] == ["docker.io"]
    assert data["fallback"] == "allow"


def test_a_mirror_in_place_of_the_upstream(imported, ca):
    text = hosts_toml(more='ca = "/etc/containerd/certs.d/docker.io/ca.pem"\n[host]\n')
    files = {"certs.d/docker.io/hosts.toml": text, "certs.d/docker.io/ca.pem": ca}
    data = spec(imported(files))
    assert data["registry"] == {**REGISTRY, "caCert": ca}
    assert "fallback" not in data
    assert data["targets"] == ["certs.d"]


def test_registries_of_k3s_with_a_rewrite(imported, ca):
    text = (
        f'mirrors:\n  docker.io:\n    endpoint: ["https://{HOST}"]\n'
        '    rewrite: {"^(.*)$": "airgap-images/docker.io/$1"}\n'
        f'configs:\n  "{HOST}":\n    auth: {{username: {USERNAME}, password: "{PASSWORD}"}}\n'
        "    tls: {ca_file: /etc/ssl/harbor.pem}\n"
    )
    data = spec(imported({"registries.yaml": text, "harbor.pem": ca}, "--secrets", "literal"))
    assert data["registry"] == {
        **REGISTRY,
        "username": USERNAME,
        "password": PASSWORD,
        "caCert": ca,
    }
    assert data["mirrors"] == ["docker.io"]
    assert data["targets"] == ["k3s"]


@pytest.mark.parametrize(
    "endpoint, rewrite, path",
    [
        (f"https://{HOST}/v2/a/docker.io", None, "a"),
        (HOST, {"(.*)": "a/docker.io/$1"}, "a"),
        (f"https://{HOST}/", {"^(.+)$": "a/docker.io/${1}"}, "a"),
        (f"https://{HOST}/v2", {"^(.*)": "docker.io/$1"}, None),
    ],
)
def test_forms_of_a_mirror_of_k3s(imported, endpoint, rewrite, path):
    mirror = {"endpoint": [endpoint]} | ({"rewrite": rewrite} if rewrite else {})
    data = spec(imported({"registries.yaml": json.dumps({"mirrors": {"docker.io": mirror}})}))
    assert data["registry"].get("baseContentPath") == path
    assert data["mirrors"] == ["docker.io"]


@pytest.mark.parametrize(
    "mirror, insecure, more",
    [
        (f"https://{HOST}", None, {}),
        (f"https://{HOST}/", [], {}),
        (f"https://{HOST}", [HOST], {"insecureSkipVerify": True}),
        (f"https://{HOST}", [f"https://{HOST}"], {"insecureSkipVerify": True}),
        (f"http://{HOST}", [HOST], {"plainHTTP": True}),
        (f"http://{HOST}", None, {"plainHTTP": True}),
    ],
)
def test_a_mirror_of_dockerd(imported, mirror, insecure, more):
    text = json.dumps({"registry-mirrors": [mirror], "insecure-registries": insecure})
    done = imported({"daemon.json": text})
    assert "not imported" not in done.stderr
    data = spec(done)
    assert data["registry"] == {"endpoint": HOST, **more}
    assert data["mirrors"] == [{"source": "docker.io", "path": ""}]
    assert data["targets"] == ["docker"]


@pytest.mark.parametrize(
    "name, text",
    [
        (
            "daemon.json",
            f'{{"registry-mirrors": ["https://{HOST}"], "insecure-registries": ["o.b"]}}',
        ),
        ("podman", CONF + '[[registry]]\nlocation = "o.b"\ninsecure = true\n'),
    ],
)
def test_an_insecure_host_that_no_mirror_is_on_is_left_out(imported, name, text):
    done = imported({name: text})
    assert "hosts" not in spec(done)
    assert done.stderr.count("`insecure` of `o.b` is not imported: no mirror is on this host") == 1


def test_a_host_that_is_not_insecure_is_not_worth_a_word(imported):
    text = CONF + '[[registry]]\nlocation = "o.b"\ninsecure = false\n'
    done = imported({"podman": text})
    assert "hosts" not in spec(done)
    assert "not imported" not in done.stderr


def test_what_dockerd_leaves_open_is_told(imported):
    k3s = f"mirrors: {{docker.io: {{endpoint: [https://{HOST}]}}}}\n"
    daemon = '{"insecure-registries": ["o.b:5000"]}'
    logins = json.dumps(auths("o.b:5000"))
    done = imported({"daemon.json": daemon, "registries.yaml": k3s, "auth.json": logins})
    assert spec(done)["hosts"]["o.b:5000"]["insecureSkipVerify"] is True
    assert "whether `o.b:5000` speaks http is not imported: write `plainHTTP`" in done.stderr


def test_another_file_says_what_dockerd_leaves_open(imported):
    k3s = f'mirrors: {{docker.io: {{endpoint: ["http://{HOST}"]}}}}\n'
    daemon = json.dumps({"insecure-registries": [HOST]})
    done = imported({"daemon.json": daemon, "registries.yaml": k3s})
    assert "speaks http" not in done.stderr
    assert spec(done)["registry"] == {"endpoint": HOST, "plainHTTP": True}


def test_dockerd_and_another_file_that_do_not_agree(imported):
    k3s = f"{K3S}configs: {{{HOST}: {{tls: {{insecure_skip_verify: true}}}}}}\n"
    k3s = k3s.replace("/v2/airgap-images/docker.io", "")
    done = imported({"daemon.json": DAEMON, "registries.yaml": k3s})
    assert done.returncode == 1
    assert "`insecureSkipVerify`" in done.stderr or "`insecure`" in done.stderr


def test_mirrors_of_buildkit(imported, ca):
    text = (
        f'[registry."docker.io"]\nmirrors = ["https://{BASE}/docker.io/"]\n'
        f'[registry."{HOST}"]\nhttp = false\nca = ["/etc/ssl/harbor.pem"]\n'
    )
    data = spec(imported({"buildkitd.toml": text, "harbor.pem": ca}))
    assert data["registry"] == {**REGISTRY, "caCert": ca}
    assert data["mirrors"] == ["docker.io"]
    assert data["targets"] == ["buildkit"]


@pytest.mark.parametrize(
    "host, more, plain",
    [
        ("localhost:5000", "", True),
        ("localhost:5000", '[registry."localhost:5000"]\n', True),
        ("127.0.0.1:5000", "", True),
        ("localhost:5000", '[registry."localhost:5000"]\nhttp = false\n', None),
        ("localhost:5000", '[registry."localhost:5000"]\ninsecure = true\n', None),
        ("localhost.example.org:5000", "", None),
    ],
)
def test_buildkit_asks_this_machine_by_http(imported, host, more, plain):
    text = f'[registry."docker.io"]\nmirrors = ["{host}/docker.io"]\n{more}'
    assert spec(imported({"b.toml": text}))["registry"].get("plainHTTP") is plain


def test_buildkit_asks_this_machine_for_mirrors_only(imported):
    text = f'{BUILDKIT}[registry."localhost:5000"]\n'
    assert "hosts" not in spec(imported({"b.toml": text}))


def test_a_redirect_of_registries_conf(imported):
    text = f'[[registry]]\nprefix = "docker.io"\nlocation = "{BASE}/docker.io"\n'
    data = spec(imported({"registries.conf": text}))
    assert data["registry"] == REGISTRY
    assert data["mirrors"] == ["docker.io"]
    assert "fallback" not in data
    assert data["targets"] == ["registries.conf"]


def test_an_insecure_redirect_is_of_the_host_that_it_leads_to(imported):
    data = spec(imported({"registries.conf": registries_conf("true")}))
    assert data["registry"] == {**REGISTRY, "insecureSkipVerify": True}
    assert "hosts" not in data


@pytest.mark.parametrize("blocked, fallback", [("", "allow"), ("blocked = true\n", None)])
def test_a_mirror_of_registries_conf(imported, blocked, fallback):
    text = (
        'unqualified-search-registries = ["docker.io"]\n'
        f'[[registry]]\nlocation = "docker.io"\n{blocked}'
        f'[[registry.mirror]]\nlocation = "{BASE}/docker.io"\npull-from-mirror = "digest-only"\n'
    )
    done = imported({"registries.conf": text})
    data = spec(done)
    assert data["mirrors"] == ["docker.io"]
    assert data.get("fallback") == fallback
    assert "`unqualified-search-registries` is not imported" in done.stderr
    assert f"`pull-from-mirror` of the mirror `{HOST}` of `docker.io` is not" in done.stderr
    assert "digest-only" not in done.stderr


def test_the_logins_of_a_pull_secret(imported):
    text = (
        "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\n"
        "metadata: {name: registry-pull, namespace: default}\n"
        f"stringData:\n  .dockerconfigjson: '{json.dumps(auths(HOST))}'\n"
    )
    done = imported({"values.yaml": values(), "pull.yaml": text}, "--secrets", "literal")
    data = spec(done)
    assert data["registry"] == {**REGISTRY, "username": USERNAME, "password": PASSWORD}
    assert data["targets"] == ["values", {"target": "pull-secret", "namespaces": ["default"]}]


def test_dockers_own_file_which_is_indented_with_tabs(imported):
    text = json.dumps(auths(HOST, "nexus.example.org:8083") | {"credsStore": "pass"}, indent="\t")
    done = imported({"values.yaml": values(), "config.json": text})
    data = spec(done)
    assert data["registry"]["password"] == {"env": "REGISTRY_PASSWORD"}
    assert data["hosts"]["nexus.example.org:8083"]["password"] == {
        "env": "NEXUS_EXAMPLE_ORG_8083_PASSWORD"
    }
    line = text.splitlines().index('\t"credsStore": "pass"') + 1
    assert f"config.json:{line}:2: warning[import]: `credsStore` is not imported" in done.stderr


def test_a_login_for_docker_hub_or_a_path_is_told(imported):
    logins = auths("https://index.docker.io/v1/", f"{HOST}/team")
    done = imported({"values.yaml": values(), "config.json": json.dumps(logins)})
    assert spec(done)["registry"] == REGISTRY
    assert "the login for `docker.io` is not imported: it is for the upstream" in done.stderr
    assert f"the login for `{HOST}/team` is not imported: it is for a path" in done.stderr
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize("form", ["json", "yaml", "list"])
def test_a_live_secret_as_kubectl_prints_it(piped, form):
    data = live(KEYS)
    if form == "list":
        data = {"apiVersion": "v1", "items": [data], "kind": "List", "metadata": {}}
    text = yaml.safe_dump(data) if form == "yaml" else json.dumps(data, indent=4)
    done = piped(text, "--secrets", "literal")
    found = spec(done)
    assert found["registry"] == {**REGISTRY, "username": USERNAME, "password": PASSWORD}
    assert found["mirrors"] == TWO
    assert found["targets"] == ["secret"]
    assert "not imported" not in done.stderr


def test_a_list_of_secrets(piped):
    pull = live({".dockerconfigjson": json.dumps(auths(HOST))})
    pull |= {"type": "kubernetes.io/dockerconfigjson"}
    pull["metadata"] |= {"name": "registry-pull", "namespace": "apps"}
    other = live({"tls.crt": "x"}, type="kubernetes.io/tls")
    items = [live(KEYS), other, pull]
    text = json.dumps({"apiVersion": "v1", "items": items, "kind": "SecretList"})
    data = spec(piped(text))
    assert data["registry"]["password"] == {"env": "REGISTRY_PASSWORD"}
    assert data["targets"] == ["secret", {"target": "pull-secret", "namespaces": ["apps"]}]


MAP = (
    "# who swaps what\n"
    "default::\n"
    f"docker.io::{BASE}/docker.io\n"
    f"docker.io/library::{BASE}/docker.io/library\n"
    f"quay.io::{BASE}/quay.io # with a comment\n"
    f"reg.example.test:5000::{BASE}/reg.example.test\n"
    f"[EXACT]nginx:1.25::{BASE}/tools/nginx:1\n"
    f"[REPLACE]registry.k8s.io/*::{BASE}/registry.k8s.io\n"
    "noswap_wildcards::internal.example.org, test\n"
)


def config_map(text):
    return {
        "apiVersion": "v1",
        "data": {"maps": text},
        "kind": "ConfigMap",
        "metadata": {"name": "imageswap-maps", "namespace": "imageswap-system", "uid": "1"},
    }


@pytest.mark.parametrize("form", ["text", "yaml", "json"])
def test_a_map_of_the_webhook(piped, form):
    text = {
        "text": MAP,
        "yaml": yaml.safe_dump(config_map(MAP)),
        "json": json.dumps(config_map(MAP), indent=4),
    }[form]
    done = piped(text)
    data = spec(done)
    assert data["registry"] == REGISTRY
    assert data["targets"] == ["imageswap"]
    sources = [one["source"] if isinstance(one, dict) else one for one in data["mirrors"]]
    assert sources == ["docker.io", "docker.io/library", "quay.io", "reg.example.test:5000"]
    assert {"source": "reg.example.test:5000", "path": "reg.example.test"} in data["mirrors"]
    assert done.stderr.count("a spec cannot hold such a line") == 3


def test_a_mirror_string_by_itself(piped, root):
    whole = (root / "tests/data/vendor-example/registry-secret.yaml").read_text()
    string = next(yaml.safe_load_all(whole))["stringData"]["MIRROR_REGISTRIES"]
    data = spec(piped(string))
    assert data["registry"] == REGISTRY
    assert data["mirrors"] == example(root)["mirrors"]
    assert spec(piped(string + "\n"))["mirrors"] == data["mirrors"]


def test_a_mirror_string_of_one_pair_may_have_v2(piped):
    data = spec(piped(f"docker.io::{HOST}/v2/hub/docker.io\n"))
    assert data["registry"] == {"endpoint": HOST, "baseContentPath": "hub", "proxyCache": True}


def test_the_values_of_the_management_plane(imported):
    text = (
        "# a chart of many things\nglobal:\n  imagePullSecret:\n"
        f"    create: true\n    dockerConfigJson: {encoded(json.dumps(auths(HOST)))}\n"
        "  domain: palette.example.org\nmongo:\n  password: Mongo7\n  replicas: 3\n"
        "config:\n  installationMode: airgap\n  sso: {saml: {acsUrlRoot: x}}\n"
        f"  ociImageRegistry:\n{block(**REGISTRY, mirrorRegistries=MIRRORS, mirror='x')}"
        f"  ociPackRegistry:\n    endpoint: {HOST}\n    password: Pack7\n"
        "  scar: {endpoint: y}\n"
    )
    assert "7 settings that are not about registries" in imported({"values.yaml": text}).stderr
    done = imported({"values.yaml": text}, "--secrets", "literal", "--verbose")
    data = spec(done)
    assert data["registry"] == {**REGISTRY, "username": USERNAME, "password": PASSWORD}
    assert data["mirrors"] == TWO
    for key in ("mongo", "domain", "installationMode", "sso", "ociPackRegistry", "scar", "mirror"):
        assert re.search(
            rf"^values.yaml:[0-9]+:[0-9]+: info\[import\]: `{key}` is not imported(?:$|: )",
            done.stderr,
            re.MULTILINE,
        ), key
    for value in ("Mongo7", "Pack7", "palette.example.org", "airgap\n", PASSWORD):
        assert value not in done.stderr


def test_values_with_anchors_and_merge_keys(imported):
    text = (
        f"x-registry: &registry\n  endpoint: &host {HOST}\n  baseContentPath: wrong\n"
        "x-login: &login {username: robot, name: Wrong}\n"
        "config:\n  imageSwapConfig: {isEKSCluster: yes}\n"
        "  ociImageRegistry:\n    <<: [*registry, *login]\n"
        "    baseContentPath: airgap-images\n    name: *host\n"
        f"    mirrorRegistries: >-\n      docker.io::{BASE}/docker.io,\n"
        f"      quay.io::{BASE}/quay.io\n"
    )
    data = spec(imported({"values.yaml": text}, "--secrets", "literal"))
    assert data["registry"] == {**REGISTRY, "username": "robot"}
    assert data["mirrors"] == TWO
    assert data["imageSwap"] == {"isEKSCluster": True}


NODE = {
    "etc/containerd/config.toml": f'{V2}]\nconfig_path = "/etc/containerd/certs.d"\n',
    "etc/containerd/certs.d/docker.io/hosts.toml": hosts_toml(more='ca = "ca.crt"\n[host]\n'),
    "etc/containerd/certs.d/quay.io/hosts.toml": hosts_toml(
        f"https://{HOST}/v2/airgap-images/quay.io", more='ca = "ca.crt"\n[host]\n'
    ),
    f"etc/containerd/certs.d/{HOST}/hosts.toml": (
        f'server = "https://{HOST}"\nca = "ca.crt"\n[host]\n'
    ),
    "etc/hostname": "node-1\n",
}


@pytest.mark.parametrize("form", ["folder", "containerd", "certs.d", "tar", "tar.gz"])
def test_a_node(here, tmp_path, ca, form):
    places = {"containerd": "node/etc/containerd", "certs.d": "node/etc/containerd/certs.d"}
    files = {**NODE}
    for name in NODE:
        if name.endswith("hosts.toml"):
            files[name.replace("hosts.toml", "ca.crt")] = ca
    for name, text in files.items():
        (tmp_path / "node" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "node" / name).write_text(text)
    name = places.get(form, "node")
    if form.startswith("tar"):
        name = f"node.{form}"
        with tarfile.open(tmp_path / name, "w:gz" if form == "tar.gz" else "w") as archive:
            archive.add(tmp_path / "node/etc", "etc")
    data = spec(here("import", name, cwd=tmp_path))
    assert data["registry"] == {**REGISTRY, "caCert": ca}
    assert sorted(data["mirrors"]) == TWO
    assert data["targets"] == ["certs.d"]


def test_a_host_without_a_word_about_it_is_a_mirror(imported):
    text = f'server = "https://registry-1.docker.io"\n[host."https://{HOST}"]\n'
    data = spec(imported({"docker.io/hosts.toml": text}))
    assert data["registry"] == {"endpoint": HOST}
    assert data["mirrors"] == [{"source": "docker.io", "path": ""}]
    assert data["fallback"] == "allow"


def test_the_two_folders_that_containerd_has_by_itself(imported):
    folders = "/etc/containerd/certs.d:/etc/docker/certs.d"
    text = f'{V3}]\n  config_path = "{folders}"\n'
    done = imported({"config.toml": text, "docker.io/hosts.toml": hosts_toml()})
    assert spec(done)["mirrors"] == ["docker.io"]
    assert "`config_path` is not imported" in done.stderr


def test_several_nodes_with_several_forms(imported, here, tmp_path):
    api = CONTAINERD + "]\n"
    texts = {"one/config.toml": api, "two/config.toml": api.replace(V2[:-9], V3[:-9])}
    data = spec(imported(texts))
    assert data["mirrors"] == ["docker.io"]
    assert len({target["out"] for target in data["targets"]}) == 2
    assert [target.get("configVersion", 2) for target in data["targets"]] == [2, 3]
    (tmp_path / "spec.yaml").write_text(json.dumps(data))
    assert here("compile", "spec.yaml", "-o", "out", cwd=tmp_path).returncode == 0


def test_several_pull_secrets_of_one_list(piped):
    items = []
    for name, namespace in (("one", "a"), ("two", "a"), ("one", "b")):
        pull = live({".dockerconfigjson": json.dumps(auths(HOST))})
        pull["metadata"] |= {"name": name, "namespace": namespace}
        items.append(pull | {"type": "kubernetes.io/dockerconfigjson"})
    items.append(config_map(HUB + "\n"))
    data = spec(piped(json.dumps({"kind": "List", "items": items}, indent=1)))
    pulls = [target for target in data["targets"] if target != "imageswap"]
    assert {target["name"]: target["namespaces"] for target in pulls} == {
        "one": ["a", "b"],
        "two": ["a"],
    }
    assert len({target["out"] for target in pulls}) == 2


# -- disagreements ---------------------------------------------------------------------------


def registries_conf(insecure="false", more=""):
    return (
        f'[[registry]]\nprefix = "docker.io"\nlocation = "{BASE}/docker.io"\n'
        f"insecure = {insecure}\n{more}"
    )


QUAY = f"quay.io::{BASE}/quay.io"
HUB = f"docker.io::{BASE}/docker.io"
IMAGES = {"imageSwapInitImage": f"{BASE}/gcr.io/i:1", "imageSwapImage": f"{BASE}/gcr.io/j:1"}


def swapped(**images):
    return f"{values()}  imageSwapImages:\n{block(**(IMAGES | images))}"


def eks(*, cluster):
    return f"{values()}  imageSwapConfig:\n{block(isEKSCluster=cluster)}"


def hub(path):
    return {"docker.io/hosts.toml": path}


# Two texts, what is said of the second, and what the spec holds if either is right.
DISAGREEMENTS = {
    "endpoint": (
        values(),
        secret(DOMAIN="nexus.example.org"),
        "`DOMAIN` is `nexus.example.org`, and `harbor.example.org` in",
        ("registry", "endpoint", HOST, "nexus.example.org"),
    ),
    "base path": (
        values(),
        secret(BASE_PATH="other"),
        "`BASE_PATH` is `other`, and `airgap-images` in",
        ("registry", "baseContentPath", "airgap-images", "other"),
    ),
    "no base path": (
        values(),
        secret(BASE_PATH=""),
        "`BASE_PATH` is empty, and `airgap-images` in",
        ("registry", "baseContentPath", "airgap-images", None),
    ),
    "name": (
        values(name="One"),
        values(name="Two"),
        "`name` is `Two`, and `One` in",
        ("registry", "name", "One", "Two"),
    ),
    "user": (
        values(username="UserOne", password=PASSWORD),
        secret(USERNAME="UserTwo", PASSWORD=PASSWORD),
        "`USERNAME` is not the same as one:",
        ("registry", "username", "UserOne", "UserTwo"),
    ),
    "password": (
        values(username="u", password="PassOne"),
        secret(USERNAME="u", PASSWORD="PassTwo"),
        "`PASSWORD` is not the same as one:",
        ("registry", "password", "PassOne", "PassTwo"),
    ),
    "insecure": (
        values(insecureSkipVerify=True),
        secret(INSECURE="false"),
        "`INSECURE` is `false`, and `true` in",
        ("registry", "insecureSkipVerify", True, None),
    ),
    "insecure of podman": (
        values(insecureSkipVerify=True, mirrorRegistries=HUB),
        registries_conf(),
        "`insecureSkipVerify` is `true`, and `false` in",
        ("registry", "insecureSkipVerify", True, None),
    ),
    "plain http": (
        CONTAINERD.replace("https", "http") + "]\n",
        K3S,
        "`plainHTTP` of `harbor.example.org` is `false`, and `true` in",
        ("registry", "plainHTTP", True, None),
    ),
    "place": (
        values(),
        secret(MIRROR_REGISTRIES=f"{HUB},quay.io::{BASE}/other"),
        f"the place of `quay.io` is `{BASE}/other`, and `{BASE}/quay.io` in",
        ("mirrors", 1, "quay.io", {"source": "quay.io", "path": "other"}),
    ),
    "one too many": (
        values(),
        secret(MIRROR_REGISTRIES=HUB),
        "`quay.io` has no mirror here, and has one in",
        ("mirrors", 1, "quay.io", None),
    ),
    "v2": (
        values(),
        secret(MIRROR_REGISTRIES=f"docker.io::{HOST}/v2/airgap-images/docker.io,{QUAY}"),
        "the place of `docker.io` has `/v2/`, unlike",
        ("mirrors", 0, "docker.io", {"source": "docker.io", "path": "docker.io"}),
    ),
    "image": (
        swapped(),
        swapped(imageSwapImage=f"{BASE}/gcr.io/j:2"),
        f"`imageSwapImage` is `{BASE}/gcr.io/j:2`, and `{BASE}/gcr.io/j:1` in",
        ("imageSwap", "images", "gcr.io/j:1", "gcr.io/j:2"),
    ),
    "isEKSCluster": (
        eks(cluster=True),
        eks(cluster=False),
        "`isEKSCluster` is `false`, and `true` in",
        ("imageSwap", "isEKSCluster", True, False),
    ),
}


def at(data, *path):
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        else:
            data = data[step] if step < len(data) else None
    return data


def held(data, kind, key):
    found = at(data, kind, key)
    if kind == "imageSwap" and key == "images":
        return found["imageSwapImage"]
    if isinstance(found, dict) and found.get("proxyCache"):
        return {**found, "path": found.get("path", found["source"])} | {"proxyCache": True}
    return found


@pytest.mark.parametrize("kind", DISAGREEMENTS)
def test_a_disagreement_is_told_with_both_places(imported, tmp_path, kind):
    one, two, said, _ = DISAGREEMENTS[kind]
    done = imported({"one": one, "two": two}, "-o", "spec.yaml", "--secrets", "file")
    assert done.returncode == 1
    assert done.stdout == ""
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}
    errors = [line for line in done.stderr.splitlines() if " error[import]: " in line]
    told = [line for line in errors if said in line]
    assert len(told) == len(errors) == 1, done.stderr
    order = ("one", "two") if kind == "insecure of podman" else ("two", "one")
    places = r"{}:[0-9]+:[0-9]+: error\[import\]: .* {}:[0-9]+:[0-9]+".format(*order)
    assert re.fullmatch(places, told[0])
    assert "--prefer FILE" in done.stderr
    for word in ("UserOne", "UserTwo", "PassOne", "PassTwo", PASSWORD):
        assert word not in done.stderr


@pytest.mark.parametrize("right", ["one", "two"])
@pytest.mark.parametrize("kind", DISAGREEMENTS)
def test_prefer_decides(imported, kind, right):
    one, two, _, (where, key, *results) = DISAGREEMENTS[kind]
    words = ("--prefer", right, "--secrets", "literal")
    for texts in ({"one": one, "two": two}, {"two": two, "one": one}):
        done = imported(texts, *words)
        data = spec(done)
        wanted = results[right == "two"]
        if kind == "v2" and right == "two":
            assert at(data, where, key)["proxyCache"] is True
        else:
            assert held(data, where, key) == wanted
        assert "error" not in done.stderr


@pytest.mark.parametrize("right", ["one", "two"])
@pytest.mark.parametrize("kind", DISAGREEMENTS)
def test_what_is_preferred_is_what_it_says_alone(imported, kind, right):
    one, two, _, _ = DISAGREEMENTS[kind]
    texts = {"one": one, "two": two}
    words = ("--secrets", "literal")
    both = spec(imported(texts, *words, "--prefer", right))
    alone = spec(imported({right: texts[right]}, *words))
    for key in ("registry", "imageSwap", "mirrors"):
        for name, value in (alone.get(key) or {}).items() if key != "mirrors" else ():
            assert both[key][name] == value, (key, name)
    assert both["mirrors"] == alone["mirrors"]


def test_another_certificate_is_told(imported, ca, other_ca):
    texts = {"one": values(caCert=ca), "two": secret(CA_CERT=other_ca)}
    done = imported(texts)
    assert done.returncode == 1
    assert re.search(
        r"^two:[0-9]+:[0-9]+: error\[import\]: `CA_CERT` is another certificate than "
        r"one:[0-9]+:[0-9]+$",
        done.stderr,
        re.MULTILINE,
    )
    assert "BEGIN" not in done.stderr
    for name, text in (("one", ca), ("two", other_ca)):
        assert spec(imported(texts, "--prefer", name))["registry"]["caCert"] == text


def test_a_certificate_in_another_form_is_the_same(imported, ca):
    other = "subject=x\r\n" + ca.replace("\n", "\r\n")
    assert spec(imported({"one": values(caCert=ca), "two": secret(CA_CERT=other)}))
    assert spec(imported({"one": values(caCert=ca), "two": secret(CA_CERT=encoded(ca))}))


def test_a_ca_in_one_only_is_a_disagreement_if_the_other_says_none(imported, ca):
    done = imported({"one": values(caCert=ca), "two": secret(CA_CERT="")})
    assert done.returncode == 1
    assert "another certificate" in done.stderr
    assert spec(imported({"one": values(caCert=ca), "two": secret()}))["registry"]["caCert"] == ca


def test_whether_the_upstream_is_asked_must_be_the_same(imported):
    upstream = (
        'server = "https://registry-1.docker.io"\n'
        f'[host."https://{HOST}/v2/airgap-images/docker.io"]\noverride_path = true\n'
    )
    texts = {
        "a/docker.io/hosts.toml": upstream,
        "registries.conf": registries_conf(),
    }
    done = imported(texts)
    assert done.returncode == 1
    assert re.search(
        rf"^registries.conf:3:12: error\[import\]: .*`deny`, and `allow` in {PLACE}$",
        done.stderr,
        re.MULTILINE,
    )
    assert "fallback" in done.stderr
    assert "--prefer FILE" in done.stderr
    assert "--fallback deny" in done.stderr
    allowed = spec(imported(texts, "--prefer", "a/docker.io/hosts.toml"))
    assert allowed["fallback"] == "allow"
    assert "fallback" not in spec(imported(texts, "--prefer", "registries.conf"))


WITH_ITSELF = {
    "the configuration of Talos": "machine:\n  registries:\n    mirrors:\n"
    + "".join(
        f"      {source}:\n        endpoints: [https://{HOST}/v2/airgap-images/{source}]\n"
        f"        overridePath: true\n{skip}"
        for source, skip in (("docker.io", "        skipFallback: true\n"), ("quay.io", ""))
    ),
    "documents of Talos": "".join(
        "---\napiVersion: v1alpha1\nkind: RegistryMirrorConfig\n"
        f"name: {source}\nendpoints: [{{url: https://{HOST}/v2/airgap-images/{source}, "
        f"overridePath: true}}]\n{skip}"
        for source, skip in (("docker.io", "skipFallback: true\n"), ("quay.io", ""))
    ),
    "a mirror set": (
        "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nspec:\n"
        "  imageDigestMirrors:\n"
        f"  - {{source: docker.io, mirrors: [{BASE}/docker.io], "
        "mirrorSourcePolicy: NeverContactSource}\n"
        f"  - {{source: quay.io, mirrors: [{BASE}/quay.io]}}\n"
    ),
    "registries.conf": "".join(
        f'[[registry]]\nlocation = "{source}"\n{blocked}'
        f'[[registry.mirror]]\nlocation = "{BASE}/{source}"\n'
        for source, blocked in (("docker.io", "blocked = true\n"), ("quay.io", ""))
    ),
}


@pytest.mark.parametrize("kind", WITH_ITSELF)
def test_a_file_that_has_the_fallback_of_each_registry_needs_a_word(imported, kind):
    texts = {"one": WITH_ITSELF[kind]}
    for words in ([], ["--prefer", "one"]):
        done = imported(texts, *words)
        assert done.returncode == 1
        assert "`fallback` is `allow`, and `deny` in one:" in done.stderr
        assert "`--fallback deny` or `--fallback allow` decides" in done.stderr
        assert "--prefer" not in done.stderr
    for decided, other in (("deny", "allow"), ("allow", "deny")):
        done = imported(texts, "--fallback", decided)
        data = spec(done)
        assert data["mirrors"] == TWO
        assert data.get("fallback", "deny") == decided
        assert done.stderr.count(f"`fallback: {other}` is not imported") == 1
        assert f"`fallback: {decided}`" not in done.stderr


def test_the_fallback_can_be_told_where_no_file_tells_it(imported):
    data = spec(imported({"values.yaml": values()}, "--fallback", "allow"))
    assert data["fallback"] == "allow"
    assert "fallback" not in spec(imported({"values.yaml": values()}, "--fallback", "deny"))


def test_no_preference_is_advised_for_what_one_file_says_twice(imported):
    more = f'[[registry]]\nlocation = "quay.io"\nmirror = [{{location = "{BASE}/q"}}]\n'
    text = registries_conf("true").replace("quay.io", "docker.io") + more
    done = imported({"one": text})
    assert done.returncode == 1
    assert "what one file says twice" in done.stderr
    assert "--prefer" not in done.stderr


def test_where_two_of_three_agree_each_that_does_not_is_told(imported):
    texts = {
        "one": values(name=None),
        "two": secret(),
        "three": values(endpoint="nexus.example.org"),
    }
    done = imported(texts)
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if "error[import]" in line]
    assert len(errors) == 1
    assert errors[0].startswith("three:3:")
    assert spec(imported(texts, "--prefer", "two"))["registry"]["endpoint"] == HOST
    data = spec(imported(texts, "--prefer", "three"))
    assert data["registry"]["endpoint"] == "nexus.example.org"


def test_two_that_are_preferred_must_agree(imported):
    texts = {"one": values(), "two": secret(DOMAIN="a.example.org"), "three": values(name="x")}
    done = imported(texts, "--prefer", "one", "--prefer", "two")
    assert done.returncode == 1
    done = imported(texts, "--prefer", "one", "--prefer", "three")
    assert spec(done)["registry"]["endpoint"] == HOST


@pytest.mark.parametrize("name", ["other.yaml", "./values.yaml", ""])
def test_only_a_file_that_was_given_can_be_preferred(imported, name):
    done = imported({"values.yaml": values()}, "--prefer", name)
    assert done.returncode == 2
    assert "--prefer" in done.stderr
    assert done.stdout == ""


def test_the_standard_input_can_be_preferred(here, tmp_path):
    (tmp_path / "values.yaml").write_text(values())
    words = ("import", "-", "values.yaml", "--prefer", "-")
    done = here(*words, cwd=tmp_path, input=secret(DOMAIN="nexus.example.org"))
    assert spec(done)["registry"]["endpoint"] == "nexus.example.org"


@pytest.mark.parametrize("key", ["insecureSkipVerify", "caCert", "username", "password"])
def test_what_is_empty_is_the_default(imported, key):
    empty = values(**{key: ""}).replace(f'{key}: ""', f"{key}:")
    texts = {"one": empty, "two": secret(INSECURE="false", CA_CERT="", USERNAME="", PASSWORD="")}
    assert spec(imported(texts))["registry"] == REGISTRY


def test_a_folder_can_be_preferred(imported, here, tmp_path):
    files = {"node/docker.io/hosts.toml": hosts_toml(f"https://{HOST}/v2/other/docker.io")}
    imported(files | {"values.yaml": values(baseContentPath=None, mirrorRegistries=HUB)})
    words = ("import", "node", "values.yaml")
    assert here(*words, cwd=tmp_path).returncode == 1
    for name in ("node", "node/"):
        data = spec(here("import", name, "values.yaml", "--prefer", name, cwd=tmp_path))
        assert data["registry"]["baseContentPath"] == "other"


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "FILE"),
        (["-", "-"], "standard input"),
        (["values.yaml", "--secrets", "file"], "-o"),
        (["values.yaml", "--secrets", "file", "-o", "-"], "-o"),
        (["values.yaml", "--secrets", "vault"], "vault"),
        (["none.yaml"], "none.yaml"),
    ],
)
def test_wrong_usage(here, tmp_path, words, said):
    (tmp_path / "values.yaml").write_text(values())
    done = here("import", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


# -- what cannot be carried over -------------------------------------------------------------


LEFT = {
    "a key of the chart": (values() + "resources: {limits: {cpu: Hidden1}}\n", "resources"),
    "a key of the registry": (values(mirror="Hidden1"), "mirror"),
    "an endpoint with a scheme": (values(endpoint=f"https://{HOST}/"), "endpoint"),
    "slashes around the base path": (values(baseContentPath="/airgap-images/"), "baseContentPath"),
    "a block of the registry": (values() + "    mirror: {a: Hidden1}\n", "mirror"),
    "a key of the configuration": (values() + "  ociPackRegistry: {a: Hidden1}\n", "oci"),
    "a switch that is none": (values(insecureSkipVerify="Hidden1"), "insecureSkipVerify"),
    "a login that is no text": (values(password=["Hidden1"]), "password"),
    "a CA that is none": (values(caCert="Hidden1"), "caCert"),
    "an exact line": (values(mirrorRegistries=f"{MIRRORS},[EXACT]a:1::{HOST}/Hidden1"), "mirror"),
    "what is no pair": (values(mirrorRegistries=f"{MIRRORS},Hidden1"), "mirror string"),
    "a key of the Secret": (secret(TOKEN="Hidden1"), "TOKEN"),
    "a switch of the Secret": (secret(INSECURE="Hidden1"), "INSECURE"),
    "labels": (secret() + "immutable: true\n", "immutable"),
    "metadata": (
        secret().replace("name: registry-info", "labels: {a: Hidden1}, name: registry-info"),
        "labels",
    ),
    "another name": (secret().replace("name: registry-info", "name: other"), "name"),
    "another type": (secret().replace("Opaque", "example.org/other"), "type"),
    "a second endpoint": (f'{CONTAINERD}, "https://n.example.org/Hidden1"]\n', "endpoint"),
    "endpoints that are none": (f"{CONTAINERD}, 3]\n", "endpoint"),
    "a mirror that is no list": (
        f'{CONTAINERD}]\n{V2[12:]}.mirrors."quay.io"]\nendpoint = "https://h/Hidden1"\n',
        "endpoint",
    ),
    "a client certificate": (
        f'{CONTAINERD}]\n{CONFIGS}."{HOST}".tls]\ncert_file = "/Hidden1"\nkey_file = "/Hidden1"\n',
        "client certificate",
    ),
    "a token": (
        f'{CONTAINERD}]\n{CONFIGS}."{HOST}".auth]\nidentitytoken = "Hidden1"\n',
        "identitytoken",
    ),
    "a login by URL": (
        f'{CONTAINERD}]\n{V2[12:]}.auths."https://{HOST}"]\nidentitytoken = "Hidden1"\n',
        "identitytoken",
    ),
    "headers": (f'{CONTAINERD}]\n{V2[12:]}.headers]\nX-Site = ["Hidden1"]\n', "headers"),
    "another plugin": (f'{CONTAINERD}]\n[plugins."io.x.y"]\na = "Hidden1"\n', "io.x.y"),
    "a client of hosts.toml": (hosts_toml(more='client = "Hidden1"\n'), "client"),
    "a timeout": (hosts_toml(more='dial_timeout = "Hidden1"\n'), "dial_timeout"),
    "a header": (hosts_toml(more='[header]\nX-Site = "Hidden1"\n'), "X-Site"),
    "capabilities": (
        hosts_toml().replace('"pull", "resolve"', '"pull", "resolve", "push"'),
        "capabilities",
    ),
    "a second host": (
        hosts_toml(more=f'[host."https://{HOST}/v2/airgap-images/docker.io"]\n')
        + 'override_path = true\n[host."https://n.example.org"]\n',
        "n.example.org",
    ),
    "an endpoint that is no list": (
        K3S + "  quay.io:\n    endpoint: https://h/Hidden1\n",
        "endpoint",
    ),
    "a client certificate of k3s": (
        f"{K3S}configs:\n  {HOST}:\n    tls: {{cert_file: Hidden1}}\n",
        "client certificate",
    ),
    "a token of k3s": (
        f"{K3S}configs:\n  {HOST}:\n    auth: {{identity_token: Hidden1}}\n",
        "identity_token",
    ),
    "a key of daemon.json": (DAEMON[:-1] + ', "data-root": "/Hidden1"}', "data-root"),
    "a mirror of dockerd with a login": (
        json.dumps({"registry-mirrors": [f"https://{HOST}", "https://a:Hidden1@h.example.org"]}),
        "a mirror of `docker.io`",
    ),
    "a mirror of dockerd below a path": (
        json.dumps({"registry-mirrors": [f"https://{HOST}", f"https://{HOST}/Hidden1"]}),
        "the mirror `harbor.example.org` of `docker.io`",
    ),
    "a mirror of dockerd that is no URL": (
        json.dumps({"registry-mirrors": [f"https://{HOST}", f"ftp://{HOST}/Hidden1"]}),
        "a mirror of `docker.io`",
    ),
    "a second mirror of dockerd": (
        json.dumps({"registry-mirrors": [f"https://{HOST}", "https://hidden1.example.org"]}),
        "the mirror `hidden1.example.org`",
    ),
    "a range of dockerd": (
        json.dumps(
            {"registry-mirrors": [f"https://{HOST}"], "insecure-registries": ["10.0.0.0/8"]}
        ),
        "insecure-registries",
    ),
    "mirrors of dockerd that are no list": (
        json.dumps({"registry-mirrors": [f"https://{HOST}"], "insecure-registries": "Hidden1"}),
        "insecure-registries",
    ),
    "a worker of BuildKit": (BUILDKIT + '[worker.oci]\nbinary = "Hidden1"\n', "worker"),
    "a client certificate of BuildKit": (
        f'{BUILDKIT}[registry."{HOST}"]\nkeypair = [{{key = "Hidden1", cert = "Hidden1"}}]\n',
        "client certificate",
    ),
    "TLS of an upstream": (
        f'{BUILDKIT}[registry."quay.io"]\nmirrors = ["{BASE}/quay.io"]\ninsecure = true\n',
        "insecure",
    ),
    "the CA of an upstream": (
        f'{BUILDKIT}[registry."quay.io"]\nmirrors = ["{BASE}/quay.io"]\nca = ["/Hidden1"]\n',
        "the CA for `quay.io`",
    ),
    "two CA files of BuildKit": (
        f'{BUILDKIT}[registry."{HOST}"]\nca = ["/Hidden1", "/Hidden1b"]\n',
        "the CA for `harbor.example.org`",
    ),
    "a second mirror of BuildKit": (
        f'{BUILDKIT}[registry."quay.io"]\nmirrors = ["{BASE}/quay.io", "hidden1.example.org"]\n',
        "the mirror `hidden1.example.org` of `quay.io`",
    ),
    "a mirror of BuildKit with /v2": (
        f'{BUILDKIT}[registry."quay.io"]\nmirrors = ["{HOST}/v2/Hidden1"]\n',
        "the mirror `harbor.example.org` of `quay.io`",
    ),
    "a setting of registries.conf": (registries_conf() + 'x = "Hidden1"\n', "x"),
    "a switch of registries.conf": (registries_conf('"Hidden1"'), "insecure"),
    "a mode of registries.conf": (
        'short-name-mode = "Hidden1"\n' + registries_conf(),
        "short-name-mode",
    ),
    "a second mirror": (
        registries_conf(more=f'[[registry.mirror]]\nlocation = "{BASE}/docker.io"\n')
        + '[[registry.mirror]]\nlocation = "b.example.org/Hidden1"\n',
        "mirror",
    ),
    "a blocked registry": (
        registries_conf(more='[[registry]]\nprefix = "hidden.example"\nblocked = true\n'),
        "that `hidden.example` is blocked",
    ),
    "half of the images": (
        f"{values()}  imageSwapImages:\n{block(imageSwapImage='quay.io/a:Hidden1')}",
        "imageSwapImage",
    ),
    "an image that nobody knows": (swapped(other="Hidden1"), "other"),
    "an exact line of a map": (f"{HUB}\n[EXACT]nginx::{HOST}/Hidden1\n", ""),
    "a line of a map with a dash": (f"{HUB}\nquay.io::{HOST}/Hidden1-\n", ""),
    "settings of the webhook": (f"{HUB}\nnoswap_wildcards::Hidden1\n", ""),
    "another key of a ConfigMap": (
        json.dumps(config_map(HUB) | {"data": {"maps": HUB, "other": "Hidden1"}}),
        "other",
    ),
}


@pytest.mark.parametrize("kind", LEFT)
def test_what_a_spec_cannot_hold_is_listed(imported, kind):
    text, key = LEFT[kind]
    done = imported({"docker.io/hosts.toml": text}, "--verbose")
    data = spec(done)
    assert "docker.io" in [m if isinstance(m, str) else m["source"] for m in data["mirrors"]]
    # dockerd's mirror is at the root of the host.
    assert {"baseContentPath": "airgap-images"} | data["registry"] == REGISTRY
    listed = [line for line in done.stderr.splitlines() if "not imported" in line]
    line = rf"docker.io/hosts.toml:[0-9]+:[0-9]+: (?:info|warning)\[import\]: .*{re.escape(key)}.*"
    assert any(re.fullmatch(line, each) for each in listed), done.stderr
    assert "Hidden1" not in done.stdout
    assert "Hidden1" not in done.stderr


@pytest.mark.parametrize(
    "rewrite", ['{"^team/(.*)$": "Hidden1/$1"}', '{"(.*)": "Hidden1/$1", "a": "b"}', "Hidden1"]
)
def test_a_mirror_with_a_rewrite_of_another_kind_is_left_out(imported, rewrite):
    quay = f"  quay.io:\n    endpoint: [https://{HOST}/v2/airgap-images/quay.io]\n"
    done = imported({"registries.yaml": f"{K3S}    rewrite: {rewrite}\n{quay}"})
    assert spec(done)["mirrors"] == ["quay.io"]
    assert "not imported" in done.stderr
    assert "Hidden1" not in done.stdout + done.stderr


def test_a_node_of_certs_d_is_that_target_alone(imported):
    main = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
    drop_in = f'{V2}]\nconfig_path = "/etc/containerd/certs.d"\n'
    done = imported(
        {
            "etc/containerd/config.toml": main,
            "etc/containerd/conf.d/50-regspec.toml": drop_in,
            "etc/containerd/certs.d/docker.io/hosts.toml": hosts_toml(more="[host]\n"),
        }
    )
    assert spec(done)["targets"] == ["certs.d"]
    assert done.stderr == f"no file says which registry it is: {HOST} is where most mirrors are\n"
    assert f"endpoint: {HOST} # a guess: where most mirrors are" in done.stdout


def test_nothing_is_listed_of_what_is_carried_over(imported, ca):
    for text in (
        values(name="x", username="a", password="b", caCert=ca, insecureSkipVerify=False),
        secret(USERNAME="a", PASSWORD="b", CA_CERT="", INSECURE="true"),
        CONTAINERD + "]\n",
        K3S,
        registries_conf(),
        hosts_toml(more="[host]\n"),
        HUB,
        swapped(),
    ):
        done = imported({"docker.io/hosts.toml": text})
        assert spec(done)
        assert "not imported" not in done.stderr


def test_a_file_of_no_known_format_is_refused_if_it_was_named(imported, here, tmp_path):
    done = imported({"values.yaml": values(), "other.yaml": "kind: Deployment\n"})
    assert done.returncode == 2
    assert "other.yaml: it is of no format that regspec reads" in done.stderr
    (tmp_path / "folder").mkdir()
    (tmp_path / "other.yaml").rename(tmp_path / "folder/other.yaml")
    (tmp_path / "values.yaml").rename(tmp_path / "folder/values.yaml")
    done = here("import", "folder", cwd=tmp_path)
    assert spec(done)["registry"] == REGISTRY
    assert "folder/other.yaml: not read" in done.stderr


def test_what_is_compiled_and_not_read_is_passed_over(here, root, tmp_path):
    names = ("values", "certs.d", "k3s", "openshift", "copy-list", "regsync", "runbook", "hauler")
    carried = {"target": "kubeadm", "carry": ["certs.d", "registries.conf"], "secrets": "inline"}
    data = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {
            **REGISTRY,
            "username": "u",
            "password": "p",
            "caCert": (root / "tests/data/certificates/chain.crt").read_text(),
        },
        "mirrors": ["docker.io", "docker.io/library"],
        "images": ["docker.io/library/nginx:1"],
        "targets": [
            *names,
            "registries.conf",
            {"target": "kind", "patches": True},
            {**carried, "out": "patches"},
            {**carried, "out": "user-data", "format": "cloud-init"},
        ],
    }
    (tmp_path / "spec.yaml").write_text(json.dumps(data))
    assert here("compile", "spec.yaml", cwd=tmp_path).returncode == 0
    (tmp_path / "out/openshift/ca.yaml").write_text(
        (tmp_path / "out/openshift/ca.yaml").read_text().replace("openshift-config", "elsewhere")
    )
    verified = here("verify", "spec.yaml", "out", cwd=tmp_path)
    lost = (
        "out/openshift/ca.yaml:1:1: error[drift]: nothing in it is of a format that regspec reads"
    )
    assert [line.split(",")[0] for line in verified.stdout.splitlines()] == [lost]
    done = here("import", "out", "--secrets", "literal", cwd=tmp_path)
    assert re.search(r"^not read: [0-9]+ files of no format", done.stderr, re.MULTILINE)
    done = here("import", "out", "--secrets", "literal", "--verbose", cwd=tmp_path)
    assert spec(done)["registry"]["endpoint"] == HOST
    unread = re.findall(r"^(\S+): not read", done.stderr, re.MULTILINE)
    assert {"out/kind/cluster.yaml", "out/user-data/cloud-config.yaml"} <= set(unread)
    assert {"out/patches/workers.yaml", "out/regsync.yaml", "out/RUNBOOK.md"} <= set(unread)
    done = here("import", "out/RUNBOOK.md", cwd=tmp_path)
    assert done.returncode == 2
    assert "TOML" not in done.stderr


@pytest.mark.parametrize("command", [["import"], ["verify", "spec.yaml"]])
@pytest.mark.parametrize("text", ["kind: Pod\ntext: |\n  [main]\n", "title = 1\n"])
def test_a_file_of_no_known_format_is_told_which_there_are(here, tmp_path, smallest, command, text):
    (tmp_path / "spec.yaml").write_text(smallest)
    (tmp_path / "other").write_text(text)
    done = here(*command, "other", cwd=tmp_path)
    assert done.returncode == 2
    for one in ("Helm values", "Talos", "OpenShift", "daemon.json", "buildkitd.toml"):
        assert one in done.stderr


def test_a_spec_is_no_file_to_import(imported, smallest):
    done = imported({"registry.yaml": smallest})
    assert done.returncode == 2
    assert "it is a spec already" in done.stderr


# -- secrets ---------------------------------------------------------------------------------


SECRET_FILES = {
    "values.yaml": values(username=USERNAME, password=PASSWORD),
    "registry-secret.yaml": secret(USERNAME=USERNAME, PASSWORD=PASSWORD),
    "config.json": json.dumps(
        {
            "auths": auths(HOST)["auths"]
            | auths("nexus.example.org:8083", username="NexusUser", password="NexusPass")["auths"]
        }
    ),
}
SECRET_WORDS = [
    written
    for word in (USERNAME, PASSWORD, "NexusUser", "NexusPass")
    for written in (word, encoded(word))
] + [encoded(f"{USERNAME}:{PASSWORD}"), encoded("NexusUser:NexusPass")]
VARIABLES = {
    "REGISTRY_USERNAME": USERNAME,
    "REGISTRY_PASSWORD": PASSWORD,
    "NEXUS_EXAMPLE_ORG_8083_USERNAME": "NexusUser",
    "NEXUS_EXAMPLE_ORG_8083_PASSWORD": "NexusPass",
}


def silent(*texts):
    for text in texts:
        for word in SECRET_WORDS:
            assert word not in text


def compiled(here, tmp_path, name, env=None):
    done = here("compile", name, "--stdout", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_logins_become_variables_by_default(imported, here, tmp_path):
    done = imported(SECRET_FILES)
    assert done.returncode == 0
    silent(done.stdout, done.stderr)
    names = ", ".join(VARIABLES)
    assert f"set these variables before running `regspec compile`: {names}\n" in done.stderr
    assert spec(done)["hosts"] == {
        "nexus.example.org:8083": {
            "username": {"env": "NEXUS_EXAMPLE_ORG_8083_USERNAME"},
            "password": {"env": "NEXUS_EXAMPLE_ORG_8083_PASSWORD"},
        }
    }
    (tmp_path / "spec.yaml").write_text(done.stdout)
    out = compiled(here, tmp_path, "spec.yaml", VARIABLES)
    assert here("compile", "spec.yaml", "--stdout", cwd=tmp_path).returncode == 1
    literal = imported(SECRET_FILES, "--secrets", "literal")
    (tmp_path / "spec.yaml").write_text(literal.stdout)
    assert compiled(here, tmp_path, "spec.yaml") == out
    assert PASSWORD in out


def test_logins_become_files(imported, here, tmp_path):
    (tmp_path / "site").mkdir()
    words = ("-o", "site/spec.yaml", "--secrets", "file")
    done = imported(SECRET_FILES, *words, umask=0)
    assert done.returncode == 0, done.stderr
    silent(done.stdout, done.stderr, (tmp_path / "site/spec.yaml").read_text())
    written = {path.name for path in (tmp_path / "site").iterdir()}
    files = {name.lower().replace("_", "-"): text for name, text in VARIABLES.items()}
    assert written == {"spec.yaml", *files}
    for name, text in files.items():
        assert (tmp_path / "site" / name).read_text() == f"{text}\n"
        assert mode(tmp_path / "site" / name) == 0o600
        assert name in done.stderr
    assert PASSWORD in compiled(here, tmp_path, "site/spec.yaml")


def test_logins_become_text(imported, here, tmp_path):
    done = imported(SECRET_FILES, "-o", "spec.yaml", "--secrets", "literal", umask=0)
    assert done.returncode == 0, done.stderr
    silent(done.stdout, done.stderr)
    text = (tmp_path / "spec.yaml").read_text()
    assert mode(tmp_path / "spec.yaml") == 0o600
    assert document.parse(text).data["registry"]["password"] == PASSWORD
    assert encoded(f"{USERNAME}:{PASSWORD}") not in text
    assert PASSWORD in compiled(here, tmp_path, "spec.yaml")


def test_without_logins_a_spec_is_for_everybody(imported, tmp_path):
    assert imported({"v": values()}, "-o", "spec.yaml", "--secrets", "literal").returncode == 0
    assert mode(tmp_path / "spec.yaml") == 0o644


@pytest.mark.parametrize("kind", ["env", "file", "literal"])
def test_logins_that_differ_or_cannot_be_read_are_silent(imported, tmp_path, kind):
    nexus = auths(HOST, username="NexusUser", password="NexusPass")
    files = {
        "values.yaml": SECRET_FILES["values.yaml"],
        "registry-secret.yaml": secret(USERNAME=USERNAME, PASSWORD="NexusPass"),
        "config.json": json.dumps(nexus),
    }
    done = imported(files, "-o", "spec.yaml", "--secrets", kind)
    assert done.returncode == 1
    assert len(re.findall(r"error\[import\]: .* not the same as", done.stderr)) == 3
    silent(done.stdout, done.stderr)
    assert not (tmp_path / "spec.yaml").exists()


BROKEN = [
    f"config:\n  ociImageRegistry:\n    password: {PASSWORD}: x\n",
    f'config:\n  ociImageRegistry:\n    password: "{PASSWORD}\n',
    f"config:\n  ociImageRegistry:\n    password: *{PASSWORD}\n",
    f"config:\n  ociImageRegistry:\n    endpoint: h\n\t{PASSWORD}: x\n",
    f"config:\n  ociImageRegistry:\n    ? [{PASSWORD}]\n    : y\n",
    f"config:\n  ociImageRegistry:\n    {PASSWORD}: x\n    {PASSWORD}: x\n",
    f'version = 2\n[plugins]\npassword = "{PASSWORD}\n',
    f"version = 2\n[plugins]\npassword = {PASSWORD}\n",
    f'version = 2\n[plugins]\n{PASSWORD} = 1\n{PASSWORD} = "x"\n',
    f"version = 2\n[{PASSWORD}]\n[{PASSWORD}]\n",
    f'{{"auths": {{"{HOST}": {{"password": "{PASSWORD}", }}}}',
    json.dumps(live(KEYS))[:-30],
    f"-----BEGIN CERTIFICATE-----\n{PASSWORD}\n-----END CERTIFICATE-----\n",
    f"config:\n  ociImageRegistry:\n    password: {PASSWORD}\u0007\n",
    f"docker.io::{HOST}/x\nrobot:{PASSWORD}::x::y\n",
    f"data:\n  DOMAIN: aA==\n  PASSWORD: {PASSWORD}\n",
    f"{{stringData: {{DOMAIN: {HOST}, PASSWORD: {PASSWORD}, MIRROR_REGISTRIES: 'a::b'}}",
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_broken_is_silent(imported, text):
    done = imported({"values.yaml": values(), "broken": text})
    assert done.returncode in (0, 1, 2)
    assert "broken" in done.stderr
    silent(done.stdout, done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        values(endpoint=f"https://robot:{PASSWORD}@{HOST}"),
        values(endpoint=f"robot:{PASSWORD}@{HOST}"),
        values(mirrorRegistries=f"{MIRRORS},gcr.io::robot:{PASSWORD}@{HOST}/gcr.io"),
        values(mirrorRegistries=f"{MIRRORS},gcr.io:robot:{PASSWORD}@{HOST}/gcr.io"),
        values(mirrorRegistries=f"{MIRRORS},[EXACT]a::robot:{PASSWORD}@{HOST}/gcr.io"),
        values(mirrorRegistries=f"{HUB},quay.io::robot:{PASSWORD}@{HOST}/quay.io"),
        values(baseContentPath=f"robot:{PASSWORD}@"),
        secret(DOMAIN=f"robot:{PASSWORD}@{HOST}"),
        f'{CONTAINERD}]\n{V2[12:]}.mirrors."quay.io"]\nendpoint = ["https://u:{PASSWORD}@{HOST}"]\n',
        hosts_toml(f"https://u:{PASSWORD}@{HOST}/v2/x/docker.io"),
        K3S + f"  quay.io:\n    endpoint: [https://u:{PASSWORD}@{HOST}/x]\n",
        registries_conf(more=f'[[registry]]\nprefix = "a.b"\nlocation = "u:{PASSWORD}@{HOST}"\n'),
        f"{HUB}\nquay.io::u:{PASSWORD}@{HOST}/quay.io\n",
    ],
)
def test_a_login_inside_of_a_place_is_silent(imported, text):
    for files in ({"docker.io/x": text}, {"values.yaml": values(), "docker.io/x": text}):
        done = imported(files)
        assert "docker.io/x:" in done.stderr
        silent(done.stdout, done.stderr)


def one_line(data):
    return json.dumps(data, separators=(",", ":"))


@pytest.mark.parametrize(
    "text",
    [
        one_line(live(KEYS)),
        one_line(live(KEYS)) + "\n",
        one_line({"kind": "List", "items": [live(KEYS)]}),
        one_line(yaml.safe_load(secret(USERNAME=USERNAME, PASSWORD=PASSWORD))),
        one_line(yaml.safe_load(values(username=USERNAME, password=PASSWORD))),
        yaml.safe_dump(
            yaml.safe_load(values(username=USERNAME, password=PASSWORD)),
            default_flow_style=True,
            width=10_000,
        ),
    ],
)
def test_a_text_of_one_line_is_read_as_what_it_is(piped, text):
    done = piped(text)
    silent(done.stdout, done.stderr)
    data = spec(done)
    assert data["registry"]["password"] == {"env": "REGISTRY_PASSWORD"}
    assert data["mirrors"] == TWO


def test_logins_of_hosts_in_ipv6_in_one_line_are_silent(imported):
    text = one_line(auths("[fd00::1]:5000"))
    done = imported({"config.json": text, "values.yaml": values()})
    silent(done.stdout, done.stderr)
    assert list(spec(done)["hosts"]) == ["[fd00::1]:5000"]


@pytest.mark.parametrize("written", ["12345", "010", "1.10", "1e3", "0x1F", "1:30"])
def test_a_number_without_quotes_is_no_password(imported, written):
    yaml_text = values().replace("    endpoint", f"    password: {written}\n    endpoint")
    done = imported({"values.yaml": yaml_text}, "--secrets", "literal")
    assert "password" not in spec(done)["registry"]
    assert "`password` is not imported: it is a number without quotes" in done.stderr
    assert written not in done.stderr.replace(":11:", ":")


@pytest.mark.parametrize(
    "password",
    [
        "s3cret: #",
        "'\"\\",
        "y",
        "~",
        " blanks ",
        "a\nb",
        "ü🐙",
        "{{ x }}",
        "\t",
        "a\rb",
        "a\r",
        "*a",
        "&a",
        "\u2028\x85\ufeff",
        "\x7f\x01",
    ],
)
@pytest.mark.parametrize("kind", ["env", "file", "literal"])
def test_any_password_comes_through(imported, here, tmp_path, password, kind):
    files = {"secret.json": json.dumps(live(KEYS | {"PASSWORD": password}))}
    done = imported(files, "-o", "spec.yaml", "--secrets", kind)
    assert done.returncode == 0, done.stderr
    env = {"REGISTRY_USERNAME": USERNAME, "REGISTRY_PASSWORD": password} if kind == "env" else {}
    text = compiled(here, tmp_path, "spec.yaml", env)
    assert yaml.safe_load(text)["stringData"]["PASSWORD"] == password


@pytest.mark.parametrize("kind", ["env", "file", "literal"])
def test_half_a_character_leaves_nothing_behind(imported, tmp_path, kind):
    login = {"username": "robot", "password": "a\ud800"}
    text = json.dumps({"auths": {HOST: login}}, indent=1)
    files = {"values.yaml": values(), "x.json": text}
    done = imported(files, "-o", "spec.yaml", "--secrets", kind)
    assert done.returncode in (0, 1, 2)
    assert "x.json:" in done.stderr
    if not (tmp_path / "spec.yaml").exists():
        assert {path.name for path in tmp_path.iterdir()} == set(files)


@pytest.mark.parametrize("kind", ["env", "file", "literal"])
@pytest.mark.parametrize(
    "hosts",
    [
        ("a-b.example.org", "a.b.example.org"),
        ("registry", "x.example.org"),
        ("10.0.0.1:5000", "x.example.org"),
        ("[fd00::1]:5000", "x.example.org"),
    ],
)
def test_each_host_keeps_its_own_login(imported, tmp_path, hosts, kind):
    logins = {}
    for number, host in enumerate((HOST, *hosts)):
        logins |= auths(host, username=f"user{number}", password=f"pass{number}")["auths"]
    files = {"values.yaml": values(), "config.json": json.dumps({"auths": logins}, indent=1)}
    done = imported(files, "-o", "spec.yaml", "--secrets", kind)
    assert done.returncode == 0, done.stderr
    data = document.parse((tmp_path / "spec.yaml").read_text()).data
    for number, host in enumerate((HOST, *hosts)):
        access = data["registry"] if host == HOST else data["hosts"][host]
        for key in ("username", "password"):
            wanted = f"{key[:4]}{number}"
            if kind == "literal":
                assert access[key] == wanted
            elif kind == "file":
                assert (tmp_path / access[key]["file"]).read_text() == f"{wanted}\n"
    if kind == "env":
        names = re.findall(r"\{env: ([^}]+)\}", (tmp_path / "spec.yaml").read_text())
        assert len(names) == len(set(names)) == 6
        for name in names:
            assert re.fullmatch(r"[A-Z_][A-Z0-9_]*", name)


@pytest.mark.parametrize("kind", ["env", "file", "literal"])
def test_a_file_that_is_there_is_left_as_it_is(imported, tmp_path, kind):
    (tmp_path / "spec.yaml").write_text("mine")
    done = imported(SECRET_FILES, "-o", "spec.yaml", "--secrets", kind)
    assert done.returncode == 2
    assert "spec.yaml: exists already" in done.stderr
    assert (tmp_path / "spec.yaml").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"spec.yaml", *SECRET_FILES}
    silent(done.stdout, done.stderr)


def test_a_file_of_a_login_that_is_there_is_left_as_it_is(imported, tmp_path):
    (tmp_path / "registry-password").write_text("mine")
    done = imported(SECRET_FILES, "-o", "spec.yaml", "--secrets", "file")
    assert done.returncode == 2
    assert "registry-password: exists already" in done.stderr
    assert (tmp_path / "registry-password").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"registry-password", *SECRET_FILES}


def test_a_link_is_not_followed(imported, tmp_path):
    (tmp_path / "spec.yaml").symlink_to("elsewhere")
    done = imported(SECRET_FILES, "-o", "spec.yaml")
    assert done.returncode == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there(imported, tmp_path):
    done = imported(SECRET_FILES, "-o", "none/spec.yaml", "--secrets", "file")
    assert done.returncode == 2
    assert "none/" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == set(SECRET_FILES)


# -- the text of the spec --------------------------------------------------------------------


def test_comments_name_the_files(imported, ca):
    files = {
        "values.yaml": values(name="Mine", caCert=ca),
        "registry-secret.yaml": secret(USERNAME="u", PASSWORD="p"),
        "registries.yaml": K3S,
    }
    done = imported(files, "--prefer", "values.yaml")
    text = done.stdout
    assert spec(done)
    assert f"endpoint: {HOST} # values.yaml, registry-secret.yaml\n" in text
    assert "name: Mine # values.yaml\n" in text
    assert "username: {env: REGISTRY_USERNAME} # registry-secret.yaml\n" in text
    assert "caCert: | # values.yaml\n" in text
    assert re.search(
        r"^mirrors: # values.yaml, registry-secret.yaml, registries.yaml$", text, re.MULTILINE
    )


@pytest.mark.parametrize("relative", [(), ("values.yaml",), ("registry-secret.yaml",)])
def test_no_absolute_path_is_in_the_text(imported, here, tmp_path, relative):
    imported(SECRET_FILES)
    names = [name if name in relative else tmp_path / name for name in SECRET_FILES]
    for given in (names, names[:1]):
        done = here("import", *given, cwd=tmp_path)
        assert spec(done)
        assert str(tmp_path) not in done.stdout
        assert "values.yaml" in done.stdout


def test_no_absolute_path_is_in_the_text_beside_the_standard_input(imported, here, tmp_path):
    imported(SECRET_FILES)
    text = SECRET_FILES["registry-secret.yaml"]
    done = here("import", "-", tmp_path / "values.yaml", cwd=tmp_path, input=text)
    assert spec(done)
    assert str(tmp_path) not in done.stdout


def test_no_absolute_path_of_a_folder_is_in_the_text(imported, here, tmp_path):
    imported({"site/docker.io/hosts.toml": hosts_toml(), "site/v.yaml": values(name="x")})
    words = ("--prefer", f"{tmp_path}/site/v.yaml")
    names = [f"{tmp_path}/site/docker.io/hosts.toml", f"{tmp_path}/site/v.yaml"]
    done = here("import", *names, *words, cwd=tmp_path)
    assert spec(done)
    assert str(tmp_path) not in done.stdout
    done = here("import", "hosts.toml", cwd=tmp_path / "site/docker.io")
    assert spec(done)["mirrors"] == ["docker.io"]
    assert "/*/" not in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "a\nregistry: {endpoint: evil}\n",
        "\x1b[31mred",
        "x\r\ny: z",
        "a\u2028b: c",
        "a\x85b",
        "# x",
        "ü",
        "'\": {}",
        b"\xff\xfe.yaml".decode("utf-8", "surrogateescape"),
    ],
)
def test_names_of_files_do_no_harm(imported, name):
    files = {name: values(name="x"), "two": secret()}
    done = imported(files)
    assert spec(done)["registry"] == {**REGISTRY, "name": "x"}
    for text in (done.stdout, done.stderr):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", text)
    done = imported({name: values(name="x"), "two": secret(DOMAIN="evil.example.org")})
    assert done.returncode == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", done.stderr)
    assert "bug" not in done.stderr


def test_texts_of_files_do_no_harm(imported):
    for text in (
        "a\nmirrors: []",
        "x # y",
        "- a",
        "\u2028",
        "\x1b[31m",
        "{a: b}",
        "a: b",
        "|",
        "🐙",
    ):
        data = spec(
            imported({"values.yaml": json.dumps(yaml.safe_load(values(name=text)), indent=1)})
        )
        assert data["registry"]["name"] == text


@pytest.mark.parametrize("kind", ["env", "literal"])
def test_what_is_written_passes_the_check(  # noqa: PLR0913, PLR0917
    imported, here, tmp_path, root, ca, kind
):
    folder = root / "tests/data/vendor-example"
    hub = {"mirrorRegistries": MIRRORS.partition(",")[0]}
    several = [
        {name: (folder / name).read_text() for name in ("values.yaml", "registry-secret.yaml")},
        {"values.yaml": values(name="Mine", username="u", password="p", caCert=ca)},
        {"config.toml": (folder / "config.toml").read_text()},
        {"registries.yaml": K3S},
        {"registries.conf": registries_conf()},
        {"docker.io/hosts.toml": hosts_toml()},
        {"map": MAP},
        SECRET_FILES,
        {"values.yaml": values(caCert=ca, **hub), "config.toml": CONTAINERD + "]\n"},
        {
            "values.yaml": values(insecureSkipVerify=True, **hub),
            "config.toml": CONTAINERD + "]\n",
        },
        {
            "config.toml": f'{CONTAINERD}]\n{CONFIGS}."{HOST}".tls]\nca_file = "ca.pem"\n',
            "ca.pem": ca,
        },
    ]
    for number, files in enumerate(several):
        done = imported(files, "-o", f"{number}.yaml", "--secrets", kind)
        assert done.returncode == 0, done.stderr
        assert f"{number}.yaml written" in done.stderr
        assert done.stdout == ""
        checked = here("check", f"{number}.yaml", cwd=tmp_path)
        assert checked.returncode == 0, checked.stderr


# -- mirrors in their shortest form ----------------------------------------------------------


def pairs(*several):
    return ",".join(several)


@pytest.mark.parametrize(
    "string, registry, mirrors",
    [
        (pairs(HUB, QUAY), {}, TWO),
        (
            pairs(f"docker.io::{HOST}/v2/airgap-images/docker.io", QUAY),
            {},
            [{"source": "docker.io", "proxyCache": True}, "quay.io"],
        ),
        (
            pairs(
                f"docker.io::{HOST}/v2/airgap-images/docker.io",
                f"quay.io::{HOST}/v2/airgap-images/quay.io",
                f"gcr.io::{BASE}/gcr.io",
            ),
            {"proxyCache": True},
            [*TWO, {"source": "gcr.io", "proxyCache": False}],
        ),
        (pairs(f"reg:5000::{BASE}/reg"), {}, [{"source": "reg:5000", "path": "reg"}]),
        (pairs(f"default::{BASE}"), {}, [{"source": "*", "path": ""}]),
        (
            pairs(f"docker.io::{BASE}/docker.io", f"docker.io/library::{BASE}/docker.io/library"),
            {},
            ["docker.io", "docker.io/library"],
        ),
        (pairs("docker.io::public.ecr.aws/alias"), {}, None),
        (
            pairs(HUB, "quay.io::nexus.example.org:8083/quay"),
            {},
            ["docker.io", {"source": "quay.io", "target": "nexus.example.org:8083/quay"}],
        ),
        (
            pairs(HUB, f"quay.io::{HOST}/elsewhere/quay.io"),
            {},
            ["docker.io", {"source": "quay.io", "target": f"{HOST}/elsewhere/quay.io"}],
        ),
        (
            pairs(HUB, f"quay.io::{HOST}"),
            {},
            ["docker.io", {"source": "quay.io", "target": HOST}],
        ),
    ],
)
def test_mirrors_take_their_shortest_form(imported, string, registry, mirrors):
    done = imported({"values.yaml": values(mirrorRegistries=string)})
    data = spec(done)
    wanted = mirrors or [{"source": "docker.io", "target": "public.ecr.aws/alias"}]
    assert data["mirrors"] == wanted
    assert data["registry"] == REGISTRY | registry


def test_a_mirror_on_the_bare_host(imported):
    for string in (f"docker.io::{HOST}", f"docker.io::{HOST}/"):
        done = imported({"v": values(mirrorRegistries=string, baseContentPath="")})
        assert spec(done)["registry"] == {"endpoint": HOST}
        assert spec(done)["mirrors"] == [{"source": "docker.io", "path": ""}]


def test_the_bare_host_with_v2(imported):
    done = imported({"v": values(mirrorRegistries=f"docker.io::{HOST}/v2/", baseContentPath="")})
    data = spec(done)
    assert data["registry"] == {"endpoint": HOST, "proxyCache": True}
    assert data["mirrors"] == [{"source": "docker.io", "path": ""}]


def test_an_endpoint_with_a_path(imported):
    string = "docker.io::public.ecr.aws/alias/docker.io,quay.io::public.ecr.aws/alias/quay.io"
    text = values(endpoint="public.ecr.aws/alias", baseContentPath="", mirrorRegistries=string)
    data = spec(imported({"values.yaml": text}))
    assert data["registry"] == {"endpoint": "public.ecr.aws/alias"}
    assert data["mirrors"] == TWO
    text = values(endpoint="public.ecr.aws/alias", baseContentPath=None, mirrorRegistries=string)
    assert spec(imported({"values.yaml": text})) == data


@pytest.mark.parametrize(
    "name, text",
    [
        ("_default/hosts.toml", hosts_toml(f"https://{HOST}/v2/airgap-images")),
        ("config.toml", f'{V2}.mirrors."*"]\nendpoint = ["https://{HOST}/v2/airgap-images"]\n'),
        (
            "registries.yaml",
            f'mirrors:\n  "*":\n    endpoint: ["https://{HOST}/v2/airgap-images"]\n',
        ),
        ("map", f"default::{BASE}\n"),
        ("string", f"default::{BASE},docker.io/library::{BASE}/library"),
    ],
)
def test_wildcards(imported, name, text):
    data = spec(imported({name: text}))
    assert data["registry"]["endpoint"] == HOST
    (mirror, *more) = data["mirrors"]
    whole = "/".join(filter(None, (data["registry"].get("baseContentPath"), mirror["path"])))
    assert (mirror["source"], whole) == ("*", "airgap-images")
    assert more in ([], [{"source": "docker.io/library", "path": "library"}])


@pytest.mark.parametrize("folder", ["reg.example.org:5000", "reg.example.org_5000_"])
def test_ports_of_hosts_toml(imported, folder):
    data = spec(
        imported({f"{folder}/hosts.toml": hosts_toml(f"https://{HOST}:8443/v2/reg.example.org")})
    )
    assert data["registry"]["endpoint"] == f"{HOST}:8443"
    assert [one["source"] for one in data["mirrors"]] == ["reg.example.org:5000"]


def test_ipv6_of_hosts_toml(imported):
    done = imported({"docker.io/hosts.toml": hosts_toml("http://[fd00::1]:5000/v2/a/docker.io")})
    data = spec(done)
    assert data["registry"] == {
        "endpoint": "[fd00::1]:5000",
        "baseContentPath": "a",
        "plainHTTP": True,
    }
    assert data["mirrors"] == ["docker.io"]


# -- odd inputs ------------------------------------------------------------------------------


def reasonable(done):
    assert done.returncode in (0, 1, 2), done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    assert done.stderr or done.returncode == 0
    if done.returncode == 2:
        assert done.stdout == ""


ODD = [
    "",
    " \n",
    "\ufeff",
    "---\n---\n",
    "[]",
    "{}",
    "null",
    "3",
    "x",
    "[[[[",
    "::",
    "a::",
    "::b",
    "docker.io::",
    "docker.io::/",
    "docker.io::harbor.example.org//x",
    "DOCKER.IO::harbor.example.org/x",
    "a::b::c",
    "docker.io::-",
    "default::-\n",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
    b"\xff\xfe\x00",
    b"\x00" * 600,
    b"\x1f\x8b",
    b"\x1f\x8b\x08\x00" + b"\x00" * 20,
    b"\x00" * 257 + b"ustar" + b"\x00" * 400,
    "[" * 5000,
    "{" * 5000,
    "x = " + "[" * 5000,
    "version = 2\nx = " + "[" * 500 + "]" * 500,
    "config: " + "[" * 500,
    "config: " + "{a: " * 500 + "}" * 500,
    '{"config": ' + "[" * 5000 + "]" * 5000 + "}",
    "version = 2\nx = " + "9" * 5000,
    'config: {ociImageRegistry: {endpoint: "\\ud800"}}',
    '{"config": {"ociImageRegistry": {"endpoint": "\\ud800"}}}',
    "config: {ociImageRegistry: 3}",
    "config: {ociImageRegistry: []}",
    "config: {ociImageRegistry: null}",
    "config: {ociImageRegistry: {endpoint: {}}}",
    "config: {ociImageRegistry: {endpoint: ''}}",
    "config: {ociImageRegistry: {endpoint: a, endpoint: b}}",
    '{"config": {"ociImageRegistry": {"endpoint": "a", "endpoint": "b"}}}',
    "config: {ociImageRegistry: &a [*a]}",
    "config: {ociImageRegistry: {<<: 3}}",
    "config: {ociImageRegistry: {<<: [3, null]}}",
    "config: {<<: *none}",
    "config: {ociImageRegistry: {? [a] : b}}",
    "config: {ociImageRegistry: {1: 2, true: 3, null: 4}}",
    "global: {imagePullSecret: {dockerConfigJson: 3}}",
    "global: {imagePullSecret: {dockerConfigJson: e30=}}",
    "global: {imagePullSecret: 3}",
    "image: {webhookImage: 3}",
    "image: {webhookImage: '::'}",
    "stringData: {DOMAIN: [], MIRROR_REGISTRIES: {}}",
    "data: {DOMAIN: 3, PASSWORD: /w==, MIRROR_REGISTRIES: '%'}",
    "data: {DOMAIN: null, MIRROR_REGISTRIES: null}",
    "stringData: 3\ndata: {DOMAIN: aA==}",
    "metadata: 3\nstringData: {DOMAIN: h}",
    "metadata: {name: {}, namespace: []}\ntype: []\nkind: {}\nstringData: {DOMAIN: h}",
    "kind: List\nitems: [3, null, [], {kind: List, items: []}]",
    "kind: List\nitems: {}",
    "kind: {}\nitems: []",
    "data: {maps: ''}",
    "data: {maps: '::'}",
    "mirrors: []",
    "mirrors: null",
    "mirrors: {}",
    "mirrors: {a: 3}",
    "mirrors: {a: {endpoint: 3}}",
    "mirrors: {a: {endpoint: [3, null, {}]}}",
    "mirrors: {a: {endpoint: ['', '://', 'https://', 'https:///x', '?']}}",
    "mirrors: {a: {endpoint: ['https://h'], rewrite: []}}",
    "mirrors: {a: {endpoint: ['https://h'], rewrite: {'(.*)': {}}}}",
    "mirrors: {a: {endpoint: ['https://h'], rewrite: {}}}",
    "configs: {h: 3}",
    "configs: {h: {tls: 3}}",
    "configs: {h: {tls: [], auth: []}}",
    "configs: {h: {auth: x}}",
    "configs: {h: {auth: {username: [], password: {}}}}",
    "configs: {h: {tls: {ca_file: 3, insecure_skip_verify: x}}}",
    "configs: {h: {tls: {ca_file: ''}}}",
    'configs: {h: {tls: {ca_file: "a\\0b"}}}',
    "configs: {h: {tls: {ca_file: /" + "x" * 5000 + "}}}",
    "configs: {'': {auth: {username: u, password: p}}}",
    "auths: {}",
    "auths: {h: 3}",
    "auths: {h: {auth: 3}}",
    "auths: {h: {auth: '%'}}",
    "auths: {h: {auth: dQ==}}",
    "auths: {h: {username: [], password: {}}}",
    "auths: {'': {username: u, password: p}}",
    "auths: {'://': {username: u, password: p}, 'a b': {username: u, password: p}}",
    '{"auths": {"h.example.org": {"username": "\\ud800", "password": "\\udfff"}}}',
    "stringData: {.dockerconfigjson: 3}",
    "data: {.dockerconfigjson: '%'}",
    "data: {.dockerconfigjson: W10=}",
    "version = 2",
    "version = 2\nplugins = 3",
    "version = []\n[plugins]",
    "version = 1979-05-27\n[plugins]",
    "version = 2.0\n[plugins]",
    "version = 99\n[plugins]",
    "version = -1\n[plugins]",
    "version = true\n[plugins]",
    "imports = 3",
    f"{V2[:-9]}]\nregistry = 3",
    f"{V2}]\nmirrors = 3",
    f"{V2}]\nconfigs = 3",
    f"{V2}]\nconfig_path = 3",
    f"{V2}]\nconfig_path = []",
    f'{V2}]\nconfig_path = "relative"',
    f'{V2}]\nmirrors."docker.io" = 3',
    f'{V2}.mirrors."docker.io"]\nendpoint = "x"',
    f'{V2}.mirrors."docker.io"]\nendpoint = [1979-05-27, 3, {{}}]',
    f'{V2}.mirrors."docker.io"]\nendpoint = ["", "://", "http://", "https://h h"]',
    f'{V2}.mirrors."docker.io"]\nendpoint = ["ftp://h/x"]',
    f'{V2}.mirrors.""]\nendpoint = ["h"]',
    f"{V2}.configs]\nh = 3",
    f"{V2}.configs.h]\ntls = 3\nauth = 3",
    f"{V2}.configs.h.auth]\nusername = 3\npassword = []\nauth = 3",
    f"{V2}.configs.h.tls]\nca_file = 3\ninsecure_skip_verify = 3",
    f'{V2}.configs.h.tls]\nca_file = "a\\u0000b"',
    f"{V2[:-9]}.containerd]\nruntimes = 3",
    f"{V2[:-9]}.containerd.runtimes]\nrunc = 3",
    f"{V2[:-9]}.containerd.runtimes.runc]\noptions = 3",
    "host = 3",
    "server = 3",
    "server = 3\nhost = 3",
    'server = ""',
    'server = "x"\nhost = []',
    "host = {}",
    'host = {"" = {}}',
    'host = {"x" = 3}',
    '[[host]]\nx = "y"',
    'server = "https://h/v2/x"\noverride_path = 3\nca = 3\ncapabilities = 3\nheader = 3',
    'server = "https://h/v2/x"\nca = [3, []]\nskip_verify = "x"\ncapabilities = [3, {}]',
    'server = "https://h/v2/x"\nca = "a\\u0000b"\noverride_path = true',
    'server = "https://h/v2/x"\n[header]\nauthorization = [3]\nx = 1979-05-27',
    'server = "https://h/v2/x"\n[header]\nauthorization = "Basic"\nAuthorization = "Basic %"',
    "registry = 3",
    "registry = []",
    "registry = [3]",
    "unqualified-search-registries = []\nregistry = 3",
    'unqualified-search-registries = []\nregistry = "x"',
    "unqualified-search-registries = 3\n[registry]\nx = 3",
    "[[registry]]",
    "[[registry]]\nprefix = 3",
    '[[registry]]\nprefix = "a"\nlocation = 3',
    "[[registry]]\nprefix = []\nlocation = {}",
    '[[registry]]\nprefix = "a"\nmirror = 3',
    '[[registry]]\nprefix = "a"\nmirror = [3]',
    '[[registry]]\nprefix = "a"\n[[registry.mirror]]\nlocation = 3',
    '[[registry]]\nprefix = "a"\n[[registry.mirror]]\ninsecure = true',
    '[[registry]]\nprefix = "a"\n[[registry.mirror]]\nlocation = ["x"]\ninsecure = {}',
    '[[registry]]\nprefix = "a"\nblocked = "x"\ninsecure = 1979-05-27\nlocation = "b/c"',
    '[[registry]]\nprefix = "*.a"\nlocation = "b/c"',
    '[[registry]]\nprefix = "a/b/c"\nlocation = "b/c"',
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_inputs(imported, text):
    reasonable(imported({"docker.io/hosts.toml": text}))
    reasonable(imported({"values.yaml": values(), "docker.io/hosts.toml": text}))
    reasonable(
        imported({"values.yaml": values(), "x": text}, "--secrets", "literal", "--prefer", "x")
    )


def test_odd_archives(imported):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, kind, link in (
            ("../../etc/passwd", tarfile.REGTYPE, ""),
            ("/etc/containerd/config.toml", tarfile.SYMTYPE, "../../../../etc/passwd"),
            ("loop", tarfile.SYMTYPE, "loop"),
            ("hard", tarfile.LNKTYPE, "hard"),
            ("device", tarfile.CHRTYPE, ""),
            ("etc/containerd/config.toml/x", tarfile.REGTYPE, ""),
            ("a\nb\x1b", tarfile.REGTYPE, ""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            archive.addfile(member)
    done = imported({"node.tar": data.getvalue()})
    reasonable(done)
    assert "\x1b" not in done.stderr
    reasonable(imported({"node.tar": data.getvalue()[:700]}))
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.yaml"), io.BytesIO())
    reasonable(imported({"node.tar": data.getvalue()}))


def test_odd_places(here, tmp_path):
    (tmp_path / "empty").mkdir()
    reasonable(here("import", "empty", cwd=tmp_path))
    (tmp_path / "link").symlink_to("link")
    reasonable(here("import", "link", cwd=tmp_path))
    reasonable(here("import", "/dev/null", cwd=tmp_path))
    reasonable(here("import", "x" * 5000, cwd=tmp_path))


WRONG = (None, True, 3, 1.5, "", "x", "a\nb", "\x1b[31m", [], [3], ["x"], {}, {"a": 3}, {"": {}})


def paths_of(data, path=()):
    if path:
        yield path
    if isinstance(data, dict | list):
        steps = data if isinstance(data, dict) else range(len(data))
        for step in steps:
            yield from paths_of(data[step], (*path, step))


def changed(data, path, value):
    if not path:
        return value
    step, *rest = path
    copied = data.copy()
    copied[step] = changed(data[step], rest, value)
    return copied


@pytest.mark.parametrize(
    "url, listed, endpoint",
    [
        ("https://[fd00::5]:443", "fd00::5/128", "[fd00::5]"),
        ("https://[fd00::5]:443", "[fd00::5]:443", "[fd00::5]:443"),
        ("https://[fd00::5]:443", "[fd00::6]:443", "[fd00::5]:443"),
        ("http://[fd00::5]:443", "fd00::5/128", "[fd00::5]:443"),
        ("https://m.example.org:443", "m.example.org", "m.example.org:443"),
    ],
)
def test_the_port_that_dockerd_needs_is_of_no_endpoint(imported, url, listed, endpoint):
    data = {"registry-mirrors": [url], "insecure-registries": [listed]}
    assert spec(imported({"daemon.json": json.dumps(data)}))["registry"]["endpoint"] == endpoint


SAMPLES = {
    "values": yaml.safe_load(swapped()) | yaml.safe_load("{a: 1, image: {webhookImage: a}}"),
    "pull": yaml.safe_load(
        f"global: {{imagePullSecret: {{dockerConfigJson: {encoded(json.dumps(auths(HOST)))}}}}}"
    ),
    "secret": yaml.safe_load(secret(USERNAME="u", PASSWORD="p", CA_CERT="", INSECURE="true")),
    "live": live(KEYS),
    "logins": auths(HOST),
    "docker": json.loads(DAEMON) | {"insecure-registries": [HOST, "fd00::1/128", "10.0.0.0/8"]},
    "map": config_map(MAP),
    "k3s": yaml.safe_load(
        K3S + '    rewrite: {"(.*)": a/$1}\n'
        f"configs: {{{HOST}: {{tls: {{ca_file: a}}, auth: {{username: u, password: p}}}}}}\n"
    ),
}
TOML_SAMPLES = {
    "containerd": f'{CONTAINERD}]\n{CONFIGS}."{HOST}".tls]\nca_file = "/a"\n'
    f'{CONFIGS}."{HOST}".auth]\nusername = "u"\npassword = "p"\n',
    "buildkit": f'{BUILDKIT}[registry."{HOST}"]\nhttp = false\ninsecure = true\nca = ["/a"]\n',
    "hosts": hosts_toml(more=f'ca = "a"\n[host."https://{HOST}/v2/x"]\nskip_verify = true\n')
    + '[header]\nauthorization = "Basic dTpw"\n',
    "conf": registries_conf(more='[[registry.mirror]]\nlocation = "a.example.org/x"\n'),
}


def trouble(text):
    """What goes wrong when a text is imported, without a process, streams and files."""
    given = input_files.Text("a", "/docker.io/hosts.toml", text, Files({}))
    try:
        documents = list(import_.documents_of(given, alone=True))
    except (document.NotADocument, import_.InputError):
        return ""
    except Exception as error:  # noqa: BLE001 - any is one too many
        return repr(error)
    try:
        found = assembly.assemble(documents)
        import_._report(found, verbose=True)
        if found.missing or found.disagreements:
            return ""
        made = import_._text(found, documents, "env")[0]
    except Exception as error:  # noqa: BLE001 - any is one too many
        return repr(error)
    checked = pipeline.check_spec(
        made.encode(), targets=(), environment={}, read_file={}.__getitem__, selection=Selection()
    )
    errors = [one for one in checked.diagnostics if one.code == "schema"]
    return f"{errors[0].code}: {errors[0].message}" if errors else ""


@pytest.mark.parametrize("kind", SAMPLES)
def test_any_value_may_be_of_the_wrong_type(kind, capfd):
    sample = SAMPLES[kind]
    assert not trouble(json.dumps(sample, indent=1))
    found = {}
    for path, value in itertools.product(paths_of(sample), WRONG):
        wrong = trouble(json.dumps(changed(sample, path, value), indent=1))
        if wrong:
            found[path, repr(value)] = wrong
    assert not found
    assert "\x1b[31m" not in capfd.readouterr().err


@pytest.mark.parametrize("kind", TOML_SAMPLES)
def test_any_value_of_toml_may_be_of_the_wrong_type(kind):
    sample = tomllib.loads(TOML_SAMPLES[kind])
    assert not trouble(tomlkit.dumps(sample))
    date = tomllib.loads("x = 1979-05-27")["x"]
    found = {}
    for path, value in itertools.product(paths_of(sample), (*WRONG[1:], date)):
        wrong = trouble(tomlkit.dumps(changed(sample, path, value)))
        if wrong:
            found[path, repr(value)] = wrong
    assert not found


def test_the_registry_is_not_one_that_no_mirror_is_on(imported):
    other = 'server = "https://gitlab.local:5050"\n[host]\n'
    done = imported(
        {
            "certs.d/gitlab.local_5050_/hosts.toml": other,
            "certs.d/docker.io/hosts.toml": hosts_toml(),
        }
    )
    assert spec(done)["registry"]["endpoint"] == HOST
    assert "the registry `gitlab.local:5050` is not imported: no mirror is on it" in done.stderr


def openshift(kind="ImageDigestMirrorSet", key="imageDigestMirrors", more="", entry=""):
    return (
        f"apiVersion: config.openshift.io/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec:\n"
        f"  {key}:\n  - source: docker.io\n    mirrors: [{BASE}/docker.io]\n{entry}{more}"
    )


OLDER = openshift("ImageContentSourcePolicy", "repositoryDigestMirrors")
IMAGE = "apiVersion: config.openshift.io/v1\nkind: Image\nmetadata: {name: cluster}\nspec:\n"


@pytest.mark.parametrize(
    "text, fallback",
    [
        (openshift(), "allow"),
        (openshift(entry="    mirrorSourcePolicy: AllowContactingSource\n"), "allow"),
        (openshift(entry="    mirrorSourcePolicy: NeverContactSource\n"), None),
        (openshift("ImageTagMirrorSet", "imageTagMirrors"), "allow"),
        (OLDER.replace("config.openshift.io/v1", "operator.openshift.io/v1alpha1"), "allow"),
    ],
)
def test_the_mirror_sets_of_openshift(imported, text, fallback):
    done = imported({"sets.yaml": text})
    data = spec(done)
    assert data["mirrors"] == ["docker.io"]
    assert data.get("fallback") == fallback
    assert data["targets"] == ["openshift"]
    assert done.stderr.count("not imported") == 1  # that it is for digests, or tags, only


HTTP = f"http://{HOST}/v2/airgap-images/docker.io"
PLAIN = {
    "talos": "machine:\n  registries:\n    mirrors:\n"
    f"      docker.io: {{endpoints: [{HTTP}], overridePath: true, skipFallback: true}}\n"
    f"    config: {{{HOST}: {{tls: {{insecureSkipVerify: true}}}}}}\n",
    "k3s": f"mirrors: {{docker.io: {{endpoint: [{HTTP}]}}}}\n"
    f"configs: {{{HOST}: {{tls: {{insecure_skip_verify: true}}}}}}\n",
    "containerd": f"{CONTAINERD.replace('https', 'http')}]\n"
    f'{CONFIGS}."{HOST}".tls]\ninsecure_skip_verify = true\n',
    "buildkit": BUILDKIT + f'[registry."{HOST}"]\nhttp = true\ninsecure = true\n',
}


@pytest.mark.parametrize("kind", PLAIN)
def test_a_host_that_speaks_http_has_no_certificate_that_is_not_checked(imported, kind):
    done = imported({"file": PLAIN[kind]})
    registry = spec(done)["registry"]
    assert registry["plainHTTP"] is True
    assert "insecureSkipVerify" not in registry
    assert f"is not imported: `{HOST}` speaks http, which has no certificate" in done.stderr
    chart = values(insecureSkipVerify=True, mirrorRegistries=f"docker.io::{BASE}/docker.io")
    registry = spec(imported({"file": PLAIN[kind], "values.yaml": chart}))["registry"]
    assert registry["plainHTTP"] is registry["insecureSkipVerify"] is True


RELEASE = "quay.io/openshift-release-dev/ocp-release"
OF_RELEASES = f"  - {{source: {RELEASE}, mirrors: [{HOST}/openshift/release-images]}}\n"


def test_a_mirror_of_a_part_of_a_registry_is_lost_and_that_is_a_warning(imported):
    done = imported({"sets.yaml": openshift(more=OF_RELEASES)})
    assert spec(done)["mirrors"] == ["docker.io"]
    lost = f"warning[import]: the mirror of `{RELEASE}` is not imported: a spec has mirrors of"
    assert lost in done.stderr


def test_only_mirrors_of_parts_of_registries_are_the_reason_that_there_is_no_spec(imported):
    text = openshift(more=OF_RELEASES).replace("docker.io\n    mirrors", f"{RELEASE}s\n    mirrors")
    done = imported({"sets.yaml": text})
    assert done.returncode == 1
    reason = f"the mirror of `{RELEASE}s` is not imported: a spec has mirrors of whole registries"
    assert f"error: no mirror is left that a spec can hold: {reason}" in done.stderr
    assert "which registry" not in done.stderr


@pytest.mark.parametrize(
    "text, only",
    [
        (openshift(), "digests"),
        (OLDER, "digests"),
        (openshift("ImageTagMirrorSet", "imageTagMirrors"), "tags"),
        (openshift() + "---\n" + openshift("ImageTagMirrorSet", "imageTagMirrors"), ""),
        (OLDER + "---\n" + openshift("ImageTagMirrorSet", "imageTagMirrors"), ""),
    ],
)
def test_a_mirror_for_tags_or_digests_only_is_told(imported, text, only):
    done = imported({"sets.yaml": text})
    assert spec(done)["mirrors"] == ["docker.io"]
    said = f"that the mirror of `docker.io` is for {only} only is not imported"
    assert (said in done.stderr) == bool(only)
    assert done.stderr.count("not imported") == bool(only)


@pytest.mark.parametrize(
    "text, key",
    [
        (openshift(entry="    mirrorSourcePolicy: Hidden1\n"), "`mirrorSourcePolicy`"),
        (openshift(entry="    x: Hidden1\n"), "`x` of `docker.io`"),
        (openshift(more="  x: Hidden1\n"), "`x`"),
        (openshift(more="  - mirrors: [Hidden1]\n"), "a mirror"),
        (openshift(more="  - {source: b.c, mirrors: Hidden1}\n"), "`mirrors`"),
        (openshift(more="  - {source: '*.Hidden1', mirrors: [a.b]}\n"), "the mirror of a registry"),
        (openshift() + f"---\n{IMAGE}  additionalTrustedCA: Hidden1\n", "`additionalTrustedCA`"),
        (
            openshift() + f"---\n{IMAGE}  allowedRegistriesForImport: [1]\n",
            "`allowedRegistriesForImport` of the image configuration",
        ),
        (
            openshift() + f"---\n{IMAGE}  registrySources: {{x: Hidden1}}\n",
            "`x` of `registrySources`",
        ),
    ],
)
def test_what_a_spec_cannot_hold_of_openshift_is_told(imported, text, key):
    done = imported({"sets.yaml": text}, "--verbose")
    assert spec(done)["mirrors"] == ["docker.io"]
    assert f"[import]: {key} is not imported" in done.stderr
    assert "x: Hidden1" not in done.stdout


def test_the_pull_secret_of_a_cluster_is_no_target(imported):
    """Compiled and applied, it would take away what the cluster itself pulls with."""
    logins = live({".dockerconfigjson": json.dumps({"auths": {HOST: {"auth": "dTpw"}}})})
    logins["type"] = "kubernetes.io/dockerconfigjson"
    for namespace, targets in (
        ("openshift-config", ["openshift"]),
        (
            "apps",
            ["openshift", {"target": "pull-secret", "name": "pull-secret", "namespaces": ["apps"]}],
        ),
    ):
        logins["metadata"] = {"name": "pull-secret", "namespace": namespace}
        data = spec(imported({"sets.yaml": openshift(), "secret.json": json.dumps(logins)}))
        assert data["targets"] == targets
        assert data["registry"]["username"] == {"env": "REGISTRY_USERNAME"}


def test_settings_of_a_registry_without_a_mirror_are_named(regspec, tmp_path):
    (tmp_path / "registries.yaml").write_text(
        'configs: {"reg.example.org:5000": {auth: {username: u, password: p}}}\n'
    )
    done = regspec("import", "registries.yaml", "-o", "spec.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "settings for `reg.example.org:5000`, and no mirror" in done.stderr
    assert not (tmp_path / "spec.yaml").exists()
