"""A node, a mirror and the internet in namespaces of their own, for real programs to act on.

A program, which conftest.py runs as `unshare --net --mount --pid … stage.py`: it reads what to
do as JSON from stdin and prints what happened as JSON to stdout. The machine outside sees
nothing of it: its disk is read-only here, what is written goes to memory, there is no network
but loopback, and whatever was started ends with this process.

The mirror's names lead to 192.0.2.2, where a recorder passes each request to docker-registry;
every other name leads to 192.0.2.9, where a recorder answers 404, or plays the upstream. Both are
addresses of the stage's own loopback, and not of 127.0.0.0/8: there dockerd checks no certificate.
Where it is wanted, the mirror answers at fd00::5 too.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import cri
import layout
from recorder import Recorder, Request, refusal, registry

HERE = Path("/run/stage")  # in memory, as all of /run on the stage
ADDRESSES = {"mirror": "192.0.2.2", "upstream": "192.0.2.9"}
MIRROR_BY_IPV6 = "fd00::5"
REGISTRIES = {"mirror": 5001, "upstream": 5002}  # ports on 127.0.0.1, behind the recorders
CONTAINERD = HERE / "containerd"
DOCKER = HERE / "docker"
CLOSE_WAIT = "08"  # in /proc/net/tcp
BCRYPT_OF_LOW_COST = b"$2b$04$abcdefghijklmnopqrstuu"


def build_walls() -> None:
    """Make the machine read-only, and /etc and /run private."""
    run("ip", "link", "set", "lo", "up")
    for address in ADDRESSES.values():
        run("ip", "address", "add", f"{address}/32", "dev", "lo")
    run("mount", "--options", "remount,bind,ro", "/")
    run("mount", "--types", "tmpfs", "tmpfs", "/run")
    for folder in ("etc", "work", "home"):
        (HERE / folder).mkdir(parents=True)
    layers = f"lowerdir=/etc,upperdir={HERE}/etc,workdir={HERE}/work"
    run("mount", "--types", "overlay", "overlay", "--options", layers, "/etc")
    for folder in ("containerd", "containers", "docker"):
        Path("/etc", folder).mkdir(exist_ok=True)
        run("mount", "--types", "tmpfs", "tmpfs", f"/etc/{folder}")


def set_environment(trusted: str) -> None:
    """Forget the machine's proxies, CAs and settings; `trusted` are the system's CAs as PEM."""
    (HERE / "trusted.pem").write_text(trusted)
    path = os.environ["PATH"]
    os.environ.clear()
    os.environ |= {
        "DOCKER_HOST": f"unix://{DOCKER}/socket",
        "HOME": str(HERE / "home"),
        "LANG": "C.UTF-8",
        "PATH": path,
        "SSL_CERT_FILE": str(HERE / "trusted.pem"),
        "TMPDIR": str(HERE),
        "XDG_RUNTIME_DIR": str(HERE),
    }


def name_hosts(hosts: dict[str, list[str]]) -> None:
    """Let the names of each address lead to it, and no other name anywhere."""
    lines = [f"{address} {' '.join(names)}\n" for address, names in hosts.items()]
    replace("/etc/hosts", "127.0.0.1 localhost\n" + "".join(lines))
    replace("/etc/resolv.conf", "")


def replace(path: str, text: str) -> None:
    """Write a file below /etc, where a link may have been."""
    if not path.startswith("/etc/"):
        raise ValueError(f"the stage has files below /etc only, not {path}")
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(text)


def start_registry(name: str, images: dict[str, str], login: list[str] | None) -> None:
    """Start docker-registry, with Basic authentication if there is a login, and fill it.

    The images come to it directly, so that no recorder hears of them.

    Args:
        name: which of REGISTRIES.
        images: the name of the image (see layout.py) by the reference to store it at.
        login: the user and the password.
    """
    folder = HERE / name
    folder.mkdir()
    address = f"127.0.0.1:{REGISTRIES[name]}"
    config = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder)}},
        "http": {"addr": address},
    }
    if login:
        users = folder / "htpasswd"
        users.write_text(f"{login[0]}:{bcrypt(login[1])}\n")
        config["auth"] = {"htpasswd": {"realm": "stage", "path": str(users)}}
    (folder / "config.yml").write_text(json.dumps(config))
    log = folder / "log"
    process = start("docker-registry", "serve", str(folder / "config.yml"), log=log)
    wait_for_port(REGISTRIES[name], process, log)
    words = ["skopeo", "--insecure-policy", "copy", "--preserve-digests"]
    words += ["--dest-tls-verify=false"]
    if login:
        words += ["--dest-creds", ":".join(login)]
    pushes = []
    for reference, image in images.items():
        stored = HERE / "images" / image
        if not stored.exists():
            layout.write(image, stored)
        target = f"docker://{address}/{reference}"
        # A folder of OCI layout is named oci:PATH, and what follows a colon is a tag.
        pushes.append(start(*words, "oci:.", target, log=folder / "push", cwd=stored))
    if any(push.wait() for push in pushes):
        raise ChildProcessError((folder / "push").read_text())


def bcrypt(password: str) -> str:
    """The password as docker-registry wants it, for which Python has no module."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    return crypt(password.encode(), BCRYPT_OF_LOW_COST).decode()


def wait_for_port(port: int, process: subprocess.Popen, log: Path) -> None:
    """Wait until a process listens at 127.0.0.1."""
    while True:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        if process.poll() is not None:
            raise ChildProcessError(log.read_text())
        time.sleep(0.005)


def listen(at: str, wanted: dict, record: list[Request]) -> list[Recorder]:
    """Record what is asked at one of the ADDRESSES, and at that of the mirror by IPv6."""
    addresses = [ADDRESSES[at]]
    if wanted["ipv6"]:
        run("ip", "-6", "address", "add", f"{MIRROR_BY_IPV6}/128", "dev", "lo", "nodad")
        addresses.append(MIRROR_BY_IPV6)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = HERE / f"{at}.pem"
    pair.write_text(wanted["pair"])
    tls.load_cert_chain(pair)
    source = refusal(wanted["status"]) if wanted["status"] else registry(REGISTRIES[at])
    started = [
        Recorder((address, int(port)), at, record, tls if scheme == "https" else None, source)
        for address in addresses
        for port, scheme in wanted["ports"].items()
    ]
    for recorder in started:
        threading.Thread(target=recorder.serve_forever, daemon=True).start()
    return started


def take(record: list[Request], listening: list[Recorder]) -> list[dict]:
    """Empty the record, once the recorders are done with the clients that hung up on them."""
    while hung_up() or any(recorder.greeting for recorder in listening):
        time.sleep(0.001)
    requests = [asdict(request) for request in record]
    record.clear()
    return requests


def hung_up() -> bool:
    """Whether a client has closed a connection that its recorder has not closed yet."""
    addresses = {in_table(socket.inet_aton(address)) for address in ADDRESSES.values()}
    addresses.add(in_table(socket.inet_pton(socket.AF_INET6, MIRROR_BY_IPV6)))
    for table in Path("/proc/net").glob("tcp*"):
        for line in table.read_text().splitlines()[1:]:
            _, local, _, state = line.split()[:4]
            if local.partition(":")[0] in addresses and state == CLOSE_WAIT:
                return True
    return False


def in_table(address: bytes) -> str:
    """An address as /proc/net/tcp and tcp6 have it: by words of four bytes, the last one first."""
    words = [address[start : start + 4][::-1] for start in range(0, len(address), 4)]
    return b"".join(words).hex().upper()


def start_containerd(log: Path) -> cri.Outcome:
    """Start containerd with the node's configuration, which the stage leaves as it is.

    Returns:
        Whether images can be pulled.
    """
    words = ["containerd", "--config", "/etc/containerd/config.toml"]
    words += ["--root", str(CONTAINERD / "root"), "--state", str(CONTAINERD / "state")]
    process = start(*words, "--address", str(CONTAINERD / "socket"), log=log)
    return cri.wait(CONTAINERD / "socket", process)


def start_docker(log: Path) -> None:
    """Start dockerd with /etc/docker/daemon.json, and wait until it answers.

    It makes no network and no container, and keeps what it pulls in memory.
    """
    DOCKER.mkdir()
    words = ["dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false"]
    words += ["--ip-forward=false", "--storage-driver=vfs", "--pidfile", f"{DOCKER}/pid"]
    words += ["--data-root", f"{DOCKER}/data", "--exec-root", f"{DOCKER}/exec"]
    process = start(*words, "--host", f"unix://{DOCKER}/socket", log=log)
    ask = ("docker", "version")
    while subprocess.run(ask, capture_output=True, check=False).returncode:
        if process.poll() is not None:
            raise ChildProcessError(log.read_text())
        time.sleep(0.05)


def run(*words: str) -> None:
    """Run a command that must not fail; stdout is for the report."""
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def start(*words: str, log: Path, cwd: Path = HERE) -> subprocess.Popen:
    """Start a process, which writes to the log."""
    with log.open("a") as said:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=cwd)


def play(wanted: dict) -> dict:
    """Set the stage, do what is wanted, and tell what happened."""
    build_walls()
    name_hosts({ADDRESSES[at]: wanted[at]["hosts"] for at in ADDRESSES})
    set_environment(wanted["trusted"])
    record, listening = [], []
    for at in ADDRESSES:
        if not wanted[at]["status"]:
            start_registry(at, wanted[at]["images"], wanted[at]["auth"])
        listening += listen(at, wanted[at], record)
    for path, text in wanted["files"].items():
        replace(path, text)
    log = HERE / "log"
    log.touch()
    if wanted["docker"]:
        start_docker(log)
    pulls, commands = [], []
    for words in wanted["commands"]:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        happened = {"words": words, "code": done.returncode, "out": done.stdout, "err": done.stderr}
        commands.append(happened | {"requests": take(record, listening)})
    ready = start_containerd(log) if wanted["pulls"] else None
    for image, login in wanted["pulls"]:
        outcome = cri.pull(CONTAINERD / "socket", image, login) if ready.ok else ready
        happened = {"image": image, "ok": outcome.ok, "error": outcome.error}
        pulls.append(happened | {"requests": take(record, listening)})
    return {"pulls": pulls, "commands": commands, "log": log.read_text()}


if __name__ == "__main__":
    json.dump(play(json.load(sys.stdin)), sys.stdout)
