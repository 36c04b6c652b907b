"""Random nodes: configurations of containerd that nobody wrote, right and wrong ones.

A seed gives the same node every time. What is varied is what the model knows to matter: the forms
of `mirrors`, `config_path` and hosts.toml, URLs, imports, versions and names of plugins, TLS and
its files, the letter case of keys, dialects of TOML, and what keeps the CRI plugin from loading.
"""

from __future__ import annotations

import random

MAIN = "/etc/containerd/config.toml"
CA_FILE = "/etc/containerd/site-ca.crt"
OLD, NEW = "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images"
REGISTRIES = (
    "docker.io",
    "quay.io",
    "registry.k8s.io",
    "ghcr.io",
    "reg.example.test:5000",
    "REG.Example.test",
    "10.1.2.3:8443",
    "localhost",
    "localhost:5000",
    "127.0.0.1:8443",
    "harbor.example.test",
)
MIRRORS = (
    "harbor.example.test",
    "harbor.example.test:5000",
    "harbor.example.test:",
    "HARBOR.example.test",
    "m2.example.test:8443",
    "m401.example.test",
    "m403.example.test",
    "m500.example.test",
    "portal.example.test",
    "untrusted.example.test",
    "closed.example.test:9999",
    "under_score.example.test",
    "httpd.example.test",
    "10.1.2.3:5000",
    "[fd00::5]:8443",
    "127.0.0.1:5000",
    "registry-1.docker.io",
    "docker.io",
    "*",
)
ANSWERS = {
    "m401.example.test": 401,
    "m403.example.test": 403,
    "m500.example.test": 500,
    "portal.example.test": 200,
}
UNTRUSTED = ("untrusted.example.test",)
CLOSED = "closed.example.test:9999"
PORTS = (443, 80, 5000, 8443)
ADDRESSES = ("10.1.2.3/32", "fd00::5/128")
PATHS = (
    "",
    "/",
    "/v2",
    "/v2/",
    "/v2/airgap",
    "/v2/airgap/docker.io/",
    "/airgap",
    "/airgap/v2",
    "//v2//airgap",
    "/v2/../airgap",
    "/v2/a b",
    "/v2/{a}",
    "/v2/[x]",
    "/v2/é",
    "/v2/%61bc",
    "/v2/a%2Fb",
    "/v2/a%25b",
    "/v2/a%3Fb",
    "/v2/a%23b",
    "/v2/a~b'c(d)",
)
SCHEMES = ("https://",) * 6 + ("http://",) * 3 + ("", "", "Http://", "tcp://", "https:/", "https:")
NAMES = ("library/hello", "team/app", "a/b/c", "p/a--b")
VERSIONS = ("tag", "tag", "digest", "both", "")
DIGEST = "sha256:" + "ab" * 32
DAMAGES = (
    "disabled_plugins = ['{plugin}']\n",
    "required_plugins = ['{plugin}']\n",
    "[debug]\nlevel = 1\n",
    "[grpc]\nuid = 'x'\n",
    "[timeouts]\n'io.containerd.timeout.shim.load' = '{duration}'\n",
    "[plugins.'{cri}']\nstream_idle_timeout = '{duration}'\n",
    "[plugins.'{cri}']\nenable_selinux = 'true'\n",
    "[plugins.'{cri}'.cni]\nbin_dir = 1\n",
    "[plugins.'{cri}'.containerd]\ndefault_runtime_name = '{runtime}'\n",
    "[plugins.'{cri}'.containerd]\nsnapshotter = '{snapshotter}'\n",
    "[plugins.'{cri}'.containerd.runtimes.{runtime}]\nruntime_type = 'io.containerd.runc.v2'\n",
    "[plugins.'{cri}'.registry.headers]\nX-Site = ['a']\n",
    "[plugins.'{cri}'.registry.auths.'https://harbor.example.test']\nusername = 'u'\n",
    "[plugins.x]\ny = 1\n",
    "x = 1\n",
)
PLUGINS = (
    "cri",
    OLD,
    NEW,
    "native",
    "io.containerd.internal.v1.opt",
    "io.containerd.internal.v1.restart",
    "io.containerd.gc.v1.scheduler",
    "io.containerd.service.v1.images-service",
    "io.containerd.service.v1.leases-service",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.overlayfs",
    "io.containerd.differ.v1.walking",
    "io.containerd.event.v1.exchange",
    "io.containerd.transfer.v1.local",
    "io.containerd.metadata.v1.bolt",
)
DIALECTS = (
    "# a\x01b\n",
    "x = 2020-01-01\n",
    "x = 2020-01-01 10:00:00Z\n",
    "x = 99999999999999999999\n",
    'x = "\\e"\n',
    'x = "a\\/b"\n',
    "x = 'a\nb'\n",
    "x = 012\n",
    "x = 01\n",
    "x = [1, 'a']\n",
    "x = {a = 1,\n b = 2\n}\n",
    "x = {a = 1, }\n",
    "x\n",
    "x =\n",
    "é = 1\n",
    "\ufeff",
    "x = 1\r",
)


class Node:
    """The node of a seed: `files` by their paths, and `images` to pull."""

    def __init__(self, seed: int, ca: str) -> None:
        self._random = random.Random(seed)
        self._ca = ca
        self.files: dict[str, str] = {CA_FILE: ca}
        self._roots = ["/etc/containerd/certs.d"]
        self._main()
        if self._maybe(0.7):
            self._folders()
        self.images = [self._image() for _ in range(self._random.randint(2, 4))]

    def _maybe(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, choices):
        return self._random.choice(choices)

    def _url(self) -> str:
        user = self._one(("u:p@", "u%40x:p@", "a@b@")) if self._maybe(0.05) else ""
        return self._one(SCHEMES) + user + self._one(MIRRORS) + self._one(PATHS)

    def _image(self) -> str:
        name = f"{self._one(REGISTRIES)}/{self._one(NAMES)}"
        ends = {"tag": ":1", "digest": f"@{DIGEST}", "both": f":1@{DIGEST}", "": ""}
        return name + ends[self._one(VERSIONS)]

    def _key(self, name: str) -> str:
        spelled = (name.upper(), name.title()) if self._maybe(0.04) else (name,)
        return self._one(spelled)

    def _main(self) -> None:
        version = self._one(
            ("version = 2\n",) * 12 + ("version = 3\n", "version = 1\n", "", "x = 1\n")
        )
        old = self._one(("cri", OLD)) if "2" not in version else OLD
        cri = NEW if self._maybe(0.04) else old
        text, tables = version, self._tables(cri)
        fragments = self._random.randint(1, 2) if self._maybe(0.25) else 0
        if fragments:
            folder = self._one(("/etc/containerd/conf.d/*.toml",) * 5 + ("conf.d/*.toml",))
            text += f'imports = ["{folder}"]\n'
        for number in range(fragments):
            path = f"/etc/containerd/conf.d/{number}.toml"
            own = version if self._maybe(0.8) else self._one(("version = 2\n", "version = 3\n", ""))
            self.files[path] = own + (self._tables(cri) if self._maybe(0.8) else "")
        damage = self._damage(cri) if self._maybe(0.25) else ""
        before = damage if not damage.startswith("[") else ""
        after = damage if damage.startswith("[") else ""
        self.files[MAIN] = before + text + tables + after

    def _tables(self, cri: str) -> str:
        registry = f"plugins.'{cri}'.{self._key('registry')}"
        text = ""
        kind = self._one(("mirrors", "mirrors", "path", "path", "path", "both", "none"))
        if kind in ("path", "both"):
            paths = ("/etc/containerd/certs.d",) * 8
            paths += ("/etc/containerd/none:/etc/containerd/certs.d", MAIN, "", "certs.d")
            text += f"[{registry}]\n{self._key('config_path')} = '{self._one(paths)}'\n"
        if kind == "mirrors" or (kind == "both" and self._maybe(0.3)):
            for name in self._random.sample((*REGISTRIES, "*", "_default"), 3):
                urls = ", ".join(f'"{self._url()}"' for _ in range(self._random.randint(0, 3)))
                text += f"[{registry}.mirrors.'{name}']\nendpoint = [{urls}]\n"
        for host in self._random.sample(MIRRORS, 1) if self._maybe(0.3) else ():
            text += f"[{registry}.configs.'{host}'.auth]\nusername = 'u'\npassword = 'p'\n"
            if self._maybe(0.3):
                text += f"[{registry}.configs.'{host}'.tls]\n" + self._one(
                    (
                        f"ca_file = '{CA_FILE}'\n",
                        "insecure_skip_verify = true\n",
                        "ca_file = '/etc/containerd/none.crt'\n",
                        "cert_file = '/etc/containerd/none.crt'\n",
                    )
                )
        return text

    def _damage(self, cri: str) -> str:
        return self._one(DAMAGES).format(
            plugin=self._one(PLUGINS),
            cri=cri,
            duration=self._one(("1s", "2 s", "soon", "1h30m", "-5s")),
            runtime=self._one(("runc", "nvidia", "")) or "''",
            snapshotter=self._one(("overlayfs", "native", "stargz")),
        )

    def _folders(self) -> None:
        for registry in self._random.sample((*REGISTRIES, "_default"), self._random.randint(2, 6)):
            host, colon, port = registry.rpartition(":")
            name = f"{host}_{port}_" if colon and self._maybe(0.5) else registry
            folder = f"/etc/containerd/certs.d/{name}"
            if self._maybe(0.04):
                self.files[folder] = "a file"
                continue
            if self._maybe(0.15):
                self.files[f"{folder}/ca.crt"] = self._pem()
            if self._maybe(0.03):
                self.files[f"{folder}/client.cert"] = self._pem()
            if self._maybe(0.85) or f"{folder}/ca.crt" not in self.files:
                self.files[f"{folder}/hosts.toml"] = self._hosts(folder)

    def _hosts(self, folder: str) -> str:
        text = ""
        if self._maybe(0.5):
            text += f'{self._key("server")} = "{self._url()}"\n'
        text += self._settings(folder) if self._maybe(0.4) else ""
        if self._maybe(0.12):
            text += self._one(DIALECTS)
        for _ in range(self._random.randint(0, 3)):
            url = self._url()
            form = self._one(
                ('[host."{}"]\n',) * 10 + ("[host.'{}']\n", '[ host . "{}" ]\n', '["host"."{}"]\n')
            )
            text += form.format(url) + self._settings(folder)
            if self._maybe(0.1):
                value = self._one(("'a'", "['a', 'b']", "1"))
                text += f'[host."{url}".header]\nX-Site = {value}\n'
        return text + ("[host]\n" if self._maybe(0.15) else "")

    def _settings(self, folder: str) -> str:
        text = ""
        if self._maybe(0.5):
            value = self._one(("true", "true", "false", "'true'"))
            text += f"{self._key('override_path')} = {value}\n"
        if self._maybe(0.3):
            lists = (["pull", "resolve"], ["pull"], ["resolve"], [], ["Pull", "RESOLVE"], ["fetch"])
            text += f"capabilities = {self._one(lists)}\n"
        if self._maybe(0.15):
            text += f"skip_verify = {self._one(('true', 'false', '1'))}\n"
        if self._maybe(0.2):
            name = self._one(("own.crt", CA_FILE, "none.crt"))
            if name == "own.crt":
                self.files[f"{folder}/{name}"] = self._pem()
            text += self._one(("ca = '{}'\n", "ca = ['{}']\n")).format(name)
        if self._maybe(0.05):
            text += self._one(("client = 'own.crt'\n", "client = [['a', 'b']]\n", "client = []\n"))
        return text

    def _pem(self) -> str:
        if self._maybe(0.6):
            return self._ca
        return self._one(
            (
                "junk",
                self._ca.replace("\n", "\r\n"),
                "text\n" + self._ca,
                " " + self._ca,
                "\n".join(f"  {line}" for line in self._ca.splitlines()),
                self._ca.rstrip("\n"),
                self._ca.replace("\n", " "),
                self._ca.replace("\n", "\r"),
                self._ca[:200] + self._ca[-60:],
                "-----BEGIN CERTIFICATE-----\nnope\n-----END CERTIFICATE-----\n" + self._ca,
                "\ufeff" + self._ca,
            )
        )
