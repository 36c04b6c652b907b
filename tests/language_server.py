"""A client of yaml-language-server, as an editor is one: LSP over the standard streams.

Source: the Language Server Protocol 3.17, its base protocol and the messages used here.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading


class LanguageServer:
    """One server and the folder that it works in.

    Args:
        command: the words that start it.
        folder: the folder that an editor has opened.
    """

    def __init__(self, command, folder):
        self._folder = folder
        self._process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._received = queue.Queue()
        threading.Thread(target=self._receive, daemon=True).start()
        self._number = 0

    def __enter__(self):
        root = self._folder.as_uri()
        self.ask(
            "initialize",
            processId=None,
            rootUri=root,
            workspaceFolders=[{"uri": root, "name": "site"}],
            capabilities={"textDocument": {"hover": {"contentFormat": ["markdown"]}}},
        )
        self._send({"method": "initialized", "params": {}})
        settings = {
            "yaml": {"schemaStore": {"enable": False}, "validate": True, "hover": True},
        }
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": settings}})
        return self

    def __exit__(self, *_):
        try:
            self.ask("shutdown")
            self._send({"method": "exit"})
            self._process.wait()
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()

    def diagnostics(self, *names):
        """What the server says of each file once all of them are opened."""
        for name in names:
            document = {
                "uri": (self._folder / name).as_uri(),
                "languageId": "yaml",
                "version": 1,
                "text": (self._folder / name).read_text(),
            }
            self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        waiting = {(self._folder / name).as_uri(): name for name in names}
        told = {}
        while waiting:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics":
                name = waiting.pop(message["params"]["uri"], None)
                if name:
                    told[name] = message["params"]["diagnostics"]
        return told

    def hover(self, name, line, character):
        """What is shown of a place; lines and characters count from 0."""
        answer = self.ask(
            "textDocument/hover",
            textDocument={"uri": (self._folder / name).as_uri()},
            position={"line": line, "character": character},
        )
        return answer["contents"]["value"] if answer else ""

    def completion(self, name, line, character):
        """The labels that are offered at a place."""
        answer = self.ask(
            "textDocument/completion",
            textDocument={"uri": (self._folder / name).as_uri()},
            position={"line": line, "character": character},
        )
        return [item["label"] for item in answer["items"]]

    def ask(self, method, **params):
        """Send a request, and wait for its result."""
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message.get("result")

    def _next(self):
        """The next message; questions of the server to an editor are answered with nothing."""
        message = self._received.get()
        assert message is not None, "the server has ended"
        if "method" in message and "id" in message:
            empty = message["method"] == "workspace/configuration"
            result = [{} for _ in message["params"]["items"]] if empty else None
            self._send({"id": message["id"], "result": result})
        return message

    def _send(self, message):
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        self._process.stdin.flush()

    def _receive(self):
        stream = self._process.stdout
        while True:
            length = 0
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                self._received.put(None)
                return
            self._received.put(json.loads(stream.read(length)))
