"""One containerd after another on the same stage, each with the files of another node.

A program, which test_differential.py runs as `unshare --net --mount --pid … node_stage.py`. The
first line of stdin says what all nodes share, every other line has one node as JSON: its files and
the images to pull. A line of stdout says what happened: whether the CRI plugin ran, and for each
image the manifests that were requested, until containerd ended.

Every name and every address of the stage leads here. Each port speaks TLS and plain text, so that
the scheme of a request is the one that was tried first.
"""

from __future__ import annotations

import itertools
import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import cri
import stage
from recorder import TLS_HANDSHAKE, Answer

PORTAL = b"<!DOCTYPE html><title>Harbor</title>"
PORTAL_STATUS = 200


class Everything(ThreadingHTTPServer):
    """Answers for every name at one port, in TLS and in plain text.

    Args:
        port: the port, on all addresses.
        answers: the status by the name of the host; any other host has nothing, which is 404.
        contexts: the certificates of the hosts that the system trusts, and of the others.
        untrusted: the names of the latter.
        requests: takes the URL and the status of each request.
    """

    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 50

    def __init__(self, port, answers, contexts, untrusted, requests):
        super().__init__(("::", port), OneAnswer)
        self.answers, self.requests = answers, requests
        trusted, other = contexts

        def choose(secured, name, _context):
            secured.context = other if name in untrusted else trusted

        self.tls = trusted
        self.tls.sni_callback = choose

    def finish_request(self, request, client_address):
        """Make the handshake where the client begins one."""
        if request.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up, or do not trust the certificate."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class OneAnswer(Answer):
    """Answers the requests of one connection."""

    def answer(self):
        host = self.headers.get("Host", "")
        status = self.server.answers.get(host.partition(":")[0], 404)
        if "/manifests/" not in self.path:
            status = 404  # a request whose path was cut short: the model has a note for it
        body = PORTAL if status == PORTAL_STATUS else b"{}"
        scheme = "https" if isinstance(self.request, ssl.SSLSocket) else "http"
        self.server.requests.append((f"{scheme}://{host}{self.path}", status))
        self.send_response_only(status)
        kind = "text/html" if status == PORTAL_STATUS else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = answer  # noqa: N815 - http.server


def context(pair: str) -> ssl.SSLContext:
    """What speaks TLS with a certificate and its key, given as PEM."""
    file = stage.HERE / "pair.pem"
    file.write_text(pair)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


def play(node: dict, requests: list[tuple[str, int]]) -> dict:
    """Start containerd with the files of a node, and pull."""
    for folder in (Path("/etc/containerd"), stage.CONTAINERD):
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path, text in node["files"].items():
        stage.replace(path, text)
    log = stage.HERE / "log"
    log.write_text("")
    words = ["containerd", "--config", "/etc/containerd/config.toml"]
    words += ["--root", str(stage.CONTAINERD / "root"), "--state", str(stage.CONTAINERD / "state")]
    process = stage.start(*words, "--address", str(stage.CONTAINERD / "socket"), log=log)
    pulls = []
    try:
        ready = cri.wait(stage.CONTAINERD / "socket", process)
        for image in node["images"] if ready.ok else ():
            requests.clear()
            outcome = cri.pull(stage.CONTAINERD / "socket", image, None)
            if not outcome.status:  # no answer: it has ended, or is about to
                cri.wait(stage.CONTAINERD / "socket", process)
            pulls.append([image, requested(requests)])
            if process.poll() is not None:
                break
    finally:
        process.kill()
        process.wait()
    return {"loads": ready.ok, "pulls": pulls, "log": log.read_text()[-2000:]}


def requested(requests: list[tuple[str, int]]) -> list[str]:
    """The manifests that were requested, `URL STATUS`, up to the first that was found."""
    found = []
    for (url, status), _ in itertools.groupby(requests):
        if "/manifests/" in url:
            found.append(f"{url} {status}")
            if status == PORTAL_STATUS:
                break
    return found


def main() -> None:
    """Play every node of stdin."""
    wanted = json.loads(sys.stdin.readline())
    stage.build_walls()
    stage.run("mount", "--types", "tmpfs", "tmpfs", "/opt")  # where a plugin makes a folder
    for address in wanted["addresses"]:
        family = "-6" if ":" in address else "-4"
        words = ["ip", family, "address", "add", address, "dev", "lo"]
        stage.run(*words, *(["nodad"] if family == "-6" else []))
    stage.name_hosts({stage.ADDRESSES["upstream"]: wanted["names"]})
    stage.set_environment(wanted["trusted"])
    contexts = [context(pair) for pair in wanted["pairs"]]
    answers, untrusted = wanted["answers"], set(wanted["untrusted"])
    requests: list[tuple[str, int]] = []
    for port in wanted["ports"]:
        server = Everything(port, answers, contexts, untrusted, requests)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(play(json.loads(line), requests)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
