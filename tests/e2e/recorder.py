"""A web server that writes down every request, before it answers it.

It stands where a registry would: in front of a real one, to which it passes the requests on,
or alone, where it refuses them all.
"""

from __future__ import annotations

import base64
import http.client
import socket
import sys
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    Headers = list[tuple[str, str]]
    Source = Callable[["Answer", bytes], tuple[int, Headers, bytes]]

TLS_HANDSHAKE = b"\x16"
REFUSED = b'{"errors":[{"code":"UNKNOWN","message":"the recorder has nothing"}]}'
WRONG_SCHEME = b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n"  # as Go's server says it
OF_ONE_CONNECTION = {"connection", "content-length", "date", "server", "transfer-encoding"}


@dataclass(frozen=True)
class Request:
    """One request: by whom it was received, how it reads, and who asked."""

    at: str
    line: str
    host: str
    user: str | None


class Recorder(ThreadingHTTPServer):
    """Serves one address.

    Args:
        address: the host and the port.
        at: the recorder's name in each Request.
        record: the list to which the requests are appended, which recorders may share.
        tls: None for plain HTTP.
        source: what has the answers, see `registry` and `refusal`.
    """

    daemon_threads = True

    def __init__(self, address, at, record, tls, source):
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Answer)
        self.at, self.record, self.tls, self.source = at, record, tls, source
        self.scheme = "https" if tls else "http"
        self.greeting = set()  # the clients whose handshake goes on
        if tls:
            tls.sni_callback = remember_name

    def note(self, method, status, host="", path="", user=None):
        line = f"{method} {self.scheme}://{host}{path} -> {status}"
        self.record.append(Request(self.at, line, host, user))

    def finish_request(self, request, client_address):
        """Make the handshake here, in the connection's own thread, so that none waits."""
        first = request.recv(1, socket.MSG_PEEK)
        if (first == TLS_HANDSHAKE) != bool(self.tls):
            if request.recv(65536):  # what is not read would be answered by a reset
                self.note("PLAIN-ON-TLS-PORT" if self.tls else "TLS-ON-PLAIN-PORT", 400)
                request.sendall(WRONG_SCHEME)
            return
        if not self.tls:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(
            request, server_side=True, do_handshake_on_connect=False
        ) as secured:
            self.greeting.add(client_address)
            try:
                secured.do_handshake()
            except OSError:
                self.note("TLS-HANDSHAKE", 0, getattr(secured, "asked_for", ""))
                return
            finally:
                self.greeting.discard(client_address)
            super().finish_request(secured, client_address)

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up, which they may whenever they like."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def remember_name(secured: ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
    """Keep the name that the client asked for, which a failed handshake would forget."""
    secured.asked_for = name or ""


class Answer(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # which would hold back each body for 40 ms

    def answer(self):
        status, headers, body = self.server.source(self, self.content())
        host = self.headers.get("Host", "")
        self.server.note(self.command, status, host, self.path, self.user())
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = answer  # noqa: N815 - http.server

    def user(self) -> str | None:
        """The user of Basic authorization, or the scheme of any other."""
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            return scheme or None
        return base64.b64decode(value).decode().partition(":")[0]

    def content(self) -> bytes:
        """The body of the request, which skopeo sends in chunks."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *_words):
        """The record is the log."""


def refusal(status: int) -> Source:
    """Answers this to everything."""

    def ask(_asked: Answer, _content: bytes) -> tuple[int, Headers, bytes]:
        kind = ("Content-Type", "application/json")
        return status, [kind, ("Content-Length", str(len(REFUSED)))], REFUSED

    return ask


def registry(port: int) -> Source:
    """Asks the registry that serves plain HTTP at this port of 127.0.0.1."""

    def ask(asked: Answer, content: bytes) -> tuple[int, Headers, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as behind:
            behind.putrequest(asked.command, asked.path, skip_host=True, skip_accept_encoding=True)
            for name, value in kept(asked.headers.items()):
                behind.putheader(name, value)
            behind.putheader("X-Forwarded-Proto", asked.server.scheme)
            behind.putheader("Content-Length", str(len(content)))
            behind.endheaders(content)
            answer = behind.getresponse()
            body = answer.read()
        length = len(body)
        if asked.command == "HEAD":
            length = answer.getheader("Content-Length", "0")
        headers = [*kept(answer.getheaders()), ("Content-Length", str(length))]
        return answer.status, headers, body

    return ask


def kept(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers that are passed on."""
    return [(name, value) for name, value in headers if name.lower() not in OF_ONE_CONNECTION]
