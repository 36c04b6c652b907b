"""A process that reads one archive or folder after another, for test_fuzz_nodes.py.

Each message on its standard input is a line of JSON: `archive` in base64, or `tree`, a list of
paths, each with what is there: `file`, `link`, `folder` or `pipe`, and its content in base64. Each
answer is a line of JSON: what went wrong or nothing, the peak memory in KiB of the process, and the
exit codes of the commands. spec.yaml is in the folder that it runs in.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import sys
import time
from pathlib import Path

from regspec import cli

sys.path.insert(0, str(Path(__file__).parent))
from fuzzed import ERR, LONGEST, OUT, peak

OF_ARCHIVES = (("verify", "spec.yaml", "node.tar"), ("import", "-"))
OF_FOLDERS = (
    ("verify", "spec.yaml", "node", "--format", "json"),
    ("import", "node"),
    ("explain", "--node", "node", "nginx", "quay.io/a/b:1"),
)
EXPECTED = (0, 1, 2)


def run(words: tuple[str, ...], given: bytes) -> tuple[int, str]:
    """The exit code of a command, and what is wrong with how it takes its input, or nothing."""
    sys.stdin = io.TextIOWrapper(io.BytesIO(given), "utf-8")
    sys.stdout, sys.stderr = OUT, ERR
    for stream in (OUT, ERR):
        stream.seek(0)
        stream.truncate()
    code: object = None
    begun = time.process_time()
    try:
        cli.main(["--debug", *words])
    except SystemExit as end:
        code = end.code
    taken = time.process_time() - begun
    sys.stderr.flush()
    said = sys.stderr.buffer.getvalue().decode()
    if code not in EXPECTED:
        return 3, f"{words}: exit {code}: {said}"
    if "Traceback" in said or "this is a bug" in said:
        return int(code), f"{words}: {said}"
    if taken > LONGEST:
        return int(code), f"{words}: {taken:.1f} seconds"
    if code and not said and not OUT.buffer.tell():
        return int(code), f"{words}: exit {code} without a word"
    return int(code), ""


def lay_out(tree: list[tuple[str, str, str]]) -> None:
    """Make a folder of what can be made of a tree."""
    for path, kind, encoded in tree:
        content = base64.b64decode(encoded)
        place = f"node/{path}"
        with contextlib.suppress(OSError, ValueError):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            match kind:
                case "file":
                    Path(place).write_bytes(content)
                case "link":
                    os.symlink(content, place)
                case "folder":
                    os.mkdir(place)
                case "pipe":
                    os.mkfifo(place)


def main() -> None:
    """Answer until the input ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    for line in requests:
        message = json.loads(line)
        shutil.rmtree("node", ignore_errors=True)
        given = base64.b64decode(message.get("archive", ""))
        if "tree" in message:
            os.mkdir("node")
            lay_out(message["tree"])
        else:
            Path("node.tar").write_bytes(given)
        done = [run(words, given) for words in (OF_FOLDERS if "tree" in message else OF_ARCHIVES)]
        wrong = next((why for _, why in done if why), "")
        answer = {"wrong": wrong, "peak": peak(), "codes": [code for code, _ in done]}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
