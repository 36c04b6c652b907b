"""The stage on which real programs use what regspec compiled, for the tests beside this file.

report = stage(
    files={"/etc/containerd/config.toml": text},
    images_in_registry=["airgap-images/docker.io/library/hello:1"],
    pulls=["docker.io/library/hello:1"],
)
assert report.pulls[0].ok
assert report.pulls[0].mirror[0].startswith("HEAD https://harbor.example.test/v2/")
assert not report.pulls[0].upstream
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from regspec.file_list import LIST

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).resolve().parent
PROGRAMS = (
    "containerd",
    "curl",
    "docker",
    "docker-registry",
    "dockerd",
    "ip",
    "mount",
    "skopeo",
    "unshare",
)
# Everything that is started on the stage ends with it, even if it is killed.
APART = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
MIRROR_HOSTS = ("harbor.example.test", "nexus.example.test")
UPSTREAM_HOSTS = (
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "auth.docker.io",
    "registry.k8s.io",
    "k8s.gcr.io",
    "gcr.io",
    "ghcr.io",
    "quay.io",
    "us-docker.pkg.dev",
    "reg.example.test",
)
UPSTREAM_PORTS = {443: "https", 5000: "https", 80: "http"}


@dataclass(frozen=True)
class Authority:
    """A CA of its own and a server that it vouches for, all as PEM.

    Attributes:
        ca: the CA's certificate, which clients must trust.
        pair: the server's certificate and its key.
    """

    ca: str
    pair: str


@dataclass(frozen=True)
class Requests:
    """What was asked, as `HEAD https://harbor.example.test/v2/… -> 200`, and by whom.

    A failed handshake reads `TLS-HANDSHAKE https://harbor.example.test -> 0`.

    Attributes:
        mirror: the requests to the mirror.
        upstream: those to anything else.
        users: each host and user of the requests that had a login; the user is the name of
            the scheme, such as Bearer, if it is not Basic.
    """

    mirror: list[str]
    upstream: list[str]
    users: set[tuple[str, str]]


@dataclass(frozen=True)
class Pull(Requests):
    """A pull of an image by containerd."""

    image: str
    ok: bool
    error: str


@dataclass(frozen=True)
class Command(Requests):
    """A command that ran on the stage."""

    words: list[str]
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Report:
    """What happened on the stage, and the log of containerd and dockerd."""

    pulls: list[Pull]
    commands: list[Command]
    log: str


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The site's own CA, which no program trusts unless it is told to."""
    return vouch("The site's CA", MIRROR_HOSTS)


@pytest.fixture(scope="session")
def digest():
    """The digest of an image by its name and tag: digest("hello:1")."""
    return runpy.run_path(str(HERE / "layout.py"))["digest"]


@pytest.fixture
def compiled(regspec, head, tmp_path):
    """Compiles a spec: compiled(spec) is the files' texts by their paths below `out`."""

    def run(spec: dict) -> dict[str, str]:
        (tmp_path / "registry.yaml").write_text(head + yaml.safe_dump(spec))
        done = regspec("compile", "registry.yaml", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        out = tmp_path / "out"
        files = [file for file in out.rglob("*") if file.is_file() and file.name != LIST]
        return {file.relative_to(out).as_posix(): file.read_text() for file in files}

    return run


@pytest.fixture(scope="session")
def apart():
    """Runs a program in namespaces of its own: apart(*words, input=)."""

    def run(*words, input=None):  # noqa: A002 - as subprocess.run
        return subprocess.run(
            [*APART, *words], input=input, capture_output=True, text=True, check=False
        )

    absent = [program for program in PROGRAMS if not shutil.which(program)]
    reason = f"not installed: {', '.join(absent)}" if absent else ""
    if not reason and run("mount", "--types", "tmpfs", "tmpfs", "/run").returncode:
        reason = "this machine does not let us unshare the network and the mounts"
    if reason:
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    return run


@pytest.fixture(scope="session")
def apart_words(apart):
    """The words that start a program in namespaces of its own, if this machine lets us."""
    assert apart("true").returncode == 0
    return APART


@pytest.fixture(scope="session")
def vouched():
    """Makes a CA and the certificate of a server: vouched(name, hosts)."""
    return vouch


@pytest.fixture(scope="session")
def stage(apart, authority):
    """Sets the stage and runs what is wanted on it; see the module and the arguments below."""
    public = vouch("A public CA", UPSTREAM_HOSTS)

    def play(  # noqa: PLR0913 - each is one thing to set
        *,
        files=None,
        images_in_registry=(),
        pulls=(),
        commands=(),
        docker=False,
        auth=None,
        ports=None,
        ipv6=False,
        upstream_serves=False,
        mirror_status=None,
        system_trusts_mirror=False,
    ) -> Report:
        """Run the commands, and then the pulls, one after the other.

        Args:
            files: texts by their absolute paths on the node, which are below /etc.
            images_in_registry: references without a host, as the mirror stores them.
            pulls: references for containerd to pull, each alone or as (reference, (user,
                password)), which are those of a pull secret.
            commands: lists of words to run.
            docker: whether dockerd runs, which the commands can ask.
            auth: the user and the password that the mirror asks for.
            ports: `https` or `http` by the port of the mirror's hosts; {443: "https"} if None.
            ipv6: whether the mirror answers at fd00::5, too, for which no certificate vouches.
            upstream_serves: whether the upstreams have the pulls' images, which must have tags.
            mirror_status: what the mirror answers to everything, where no registry is behind it.
            system_trusts_mirror: whether the site's CA is one that the system trusts.
        """
        asked = [pull if isinstance(pull, tuple) else (pull, None) for pull in pulls]
        at_upstream = [image.partition("/")[2] for image, _ in asked if upstream_serves]
        wanted = {
            "mirror": {
                "hosts": MIRROR_HOSTS,
                "ports": ports or {443: "https"},
                "ipv6": ipv6,
                "pair": authority.pair,
                "images": named(images_in_registry),
                "auth": auth,
                "status": mirror_status,
            },
            "upstream": {
                "hosts": UPSTREAM_HOSTS,
                "ports": UPSTREAM_PORTS,
                "ipv6": False,
                "pair": public.pair,
                "images": named(at_upstream),
                "auth": None,
                "status": None if upstream_serves else 404,
            },
            "trusted": public.ca + (authority.ca if system_trusts_mirror else ""),
            "files": files or {},
            "pulls": asked,
            "commands": commands,
            "docker": docker,
        }
        done = apart(sys.executable, str(HERE / "stage.py"), input=json.dumps(wanted))
        assert done.returncode == 0, done.stderr
        happened = json.loads(done.stdout)
        return Report(
            pulls=[Pull(**told(pull)) for pull in happened["pulls"]],
            commands=[Command(**told(command)) for command in happened["commands"]],
            log=happened["log"],
        )

    return play


def named(references: Iterable[str]) -> dict[str, str]:
    """The name of the image, such as `hello:1`, by the reference to store it at."""
    return {reference: reference.rpartition("/")[2] for reference in references}


def told(result: dict) -> dict:
    """The result with its requests as Requests has them."""
    requests = result.pop("requests")
    lines = {
        at: [request["line"] for request in requests if request["at"] == at]
        for at in ("mirror", "upstream")
    }
    users = {(request["host"], request["user"]) for request in requests if request["user"]}
    return result | lines | {"users": users}


def vouch(name: str, hosts: tuple[str, ...]) -> Authority:
    """Make a CA and the certificate of a server that has the hosts' names."""
    today = dt.datetime.now(dt.UTC)

    def certificate(subject, key, issuer, signer, extensions):
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - dt.timedelta(days=1))
            .not_valid_after(today + dt.timedelta(days=90))
        )
        for extension, critical in extensions:
            built = built.add_extension(extension, critical=critical)
        signed = built.sign(signer, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([_name(host) for host in hosts])
    rights = [(x509.BasicConstraints(ca=True, path_length=None), True)]
    ca = certificate(ca_name, ca_key, ca_name, ca_key, rights)
    server = certificate(x509.Name([]), key, ca_name, ca_key, [(names, True)])
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    return Authority(ca, server + private)


def pytest_collection_modifyitems(items):
    """These play with the real consumers, whose versions are not ours."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


def _name(host: str) -> x509.GeneralName:
    """A host as certificates name it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
