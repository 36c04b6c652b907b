"""The two calls of the Kubernetes container runtime interface that a pull takes.

The interface is gRPC: protobuf, which is short enough here to be written by hand, and HTTP/2,
which curl speaks.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "http://cri/runtime.v1.ImageService"
UNAVAILABLE = "14"


@dataclass(frozen=True)
class Outcome:
    """How a call ended: the status of gRPC, which is 0 if all went well, and its message."""

    status: str
    error: str

    @property
    def ok(self) -> bool:
        return self.status == "0"


def pull(address: Path, image: str, login: tuple[str, str] | None) -> Outcome:
    """Pull the image, with the login of a pull secret if there is one."""
    request = field(1, field(1, image.encode()))
    if login:
        user, password = login
        request += field(2, field(1, user.encode()) + field(2, password.encode()))
    return call(address, "PullImage", request)


def wait(address: Path, process: subprocess.Popen) -> Outcome:
    """Wait until the interface answers, or says that it is not there at all.

    Only in the second case the answer is not always heard: it comes before curl has sent all,
    which curl may take for a broken stream.
    """
    while True:
        if process.poll() is not None:
            return Outcome("", f"ended with exit code {process.returncode}")
        if address.exists():
            outcome = call(address, "ListImages", b"")
            if outcome.status not in {"", UNAVAILABLE} and "not initialized" not in outcome.error:
                return outcome
        time.sleep(0.01)


def call(address: Path, method: str, request: bytes) -> Outcome:
    """Call a method of the image service on the socket at `address`."""
    words = ["curl", "--silent", "--show-error", "--max-time", "20", "--http2-prior-knowledge"]
    words += ["--unix-socket", str(address), "--header", "Content-Type: application/grpc"]
    words += ["--header", "TE: trailers", "--data-binary", "@-", "--output", "/dev/null"]
    done = subprocess.run(
        [*words, "--dump-header", "/dev/stdout", f"{SERVICE}/{method}"],
        input=b"\0" + len(request).to_bytes(4) + request,
        capture_output=True,
        check=False,
    )
    headers = {}
    for line in done.stdout.decode().splitlines():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Outcome(
        headers.get("grpc-status", ""),
        unquote(headers.get("grpc-message", "")) or done.stderr.decode(),
    )


def field(number: int, content: bytes) -> bytes:
    """A protobuf field that holds text or a message."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(number: int) -> bytes:
    """A protobuf integer: seven bits in each byte, the lowest first."""
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    coded.append(number)
    return bytes(coded)
