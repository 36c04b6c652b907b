"""What cloud-init itself makes of user data, for test_kubeadm.py.

A program for the Python that cloud-init is installed for, which is not that of the tests: it reads
the parts of user data and a folder as JSON from stdin, merges the parts, writes their files below
the folder as on a machine, and prints the script that the commands become.
"""

import contextlib
import json
import sys
from pathlib import Path

from cloudinit import util
from cloudinit.config import cc_write_files
from cloudinit.handlers import CONTENT_END, CONTENT_START
from cloudinit.handlers.cloud_config import CloudConfigPartHandler


class Paths:
    """Where cloud-init keeps what it has merged."""

    def __init__(self, folder):
        self.folder = folder

    def get_ipath(self, name):
        return f"{self.folder}/{name}"


def merged(parts, folder):
    handler = CloudConfigPartHandler(Paths(folder))
    handler.handle_part(None, CONTENT_START, None, None, None, None)
    for number, part in enumerate(parts):
        handler.handle_part(None, "text/cloud-config", f"part-{number}", part, None, {})
    handler.handle_part(None, CONTENT_END, None, None, None, None)
    return util.load_yaml(Path(folder, "cloud_config").read_text(encoding="utf-8"))


def main():
    given = json.load(sys.stdin)
    config = merged(given["parts"], given["state"])
    files = [
        {**file, "path": given["root"] + file["path"]} for file in config.get("write_files", [])
    ]
    with contextlib.redirect_stdout(sys.stderr):
        cc_write_files.write_files("write_files", files, "root:root")
    sys.stdout.write(
        json.dumps({"script": util.shellify(config.get("runcmd", [])), "keys": list(config)})
    )


if __name__ == "__main__":
    main()
