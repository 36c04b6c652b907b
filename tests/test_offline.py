"""Everything works without a network, and nothing ever asks for one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

LOGINS = {"REGISTRY_PASSWORD": "s3cret", "NEXUS_PASSWORD": "n3xus"}
COMMANDS = [
    ["compile", "everything.yaml"],
    ["compile", "everything.yaml", "--check"],
    ["compile", "everything.yaml", "--diff"],
    ["compile", "everything.yaml", "--stdout"],
    ["init"],
    ["schema"],
    ["targets"],
]
# Every use of the socket module raises an audit event; this process dies at the first.
NO_SOCKETS = """
import os, sys
def refuse(event, _arguments):
    if event.startswith("socket."):
        os.write(2, f"network: {event}\\n".encode())
        os._exit(99)
sys.addaudithook(refuse)
from regspec.cli import main
main(sys.argv[1:])
"""


@pytest.fixture
def site(root, tmp_path):
    shutil.copytree(root / "examples", tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(words, cwd):
    env = LOGINS | {"PATH": os.environ["PATH"]}
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_no_command_touches_a_socket(site):
    for command in COMMANDS:
        done = run([sys.executable, "-c", NO_SOCKETS, *command], site)
        assert done.returncode == 0, (command, done.stderr)


def test_the_refusal_of_sockets_works(site):
    script = NO_SOCKETS.replace("from regspec.cli import main", "import socket; socket.socket()")
    assert run([sys.executable, "-c", script], site).returncode == 99


def test_every_command_works_in_a_namespace_without_a_network(site):
    if shutil.which("unshare") is None or run(["unshare", "-n", "true"], site).returncode != 0:
        assert not os.environ.get("CI"), "CI must be able to unshare the network"
        pytest.skip("this machine does not let us unshare the network")
    for command in COMMANDS:
        done = run(["unshare", "-n", sys.executable, "-m", "regspec", *command], site)
        assert done.returncode == 0, (command, done.stderr)
