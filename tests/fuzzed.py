"""A process that runs the command line on one spec after another, for test_fuzz.py.

Each message on its standard input is the length of a spec, a line break and the spec. Each answer
is a line of JSON: what went wrong or nothing, the peak memory in KiB of the process, and what the
plain forms of commands say and write. The word `plain` leaves it at the latter.
"""

from __future__ import annotations

import io
import json
import resource
import shutil
import sys
import time
from pathlib import Path

from regspec import cli

LONGEST = 2.0
"""The most CPU seconds that one command may take."""
COMMANDS = (
    ("compile", "-", "--stdout"),
    ("check", "-", "--format", "sarif"),
    ("check", "-", "--diff", "--strict"),
    ("check", "-", "--fix", "--format", "github"),
    ("explain", "-", "nginx", "quay.io/a/b:1", "--containerd", "2.3", "--format", "json"),
)
PLAIN = (
    ("compile", "registry.yaml", "-o", "made"),
    ("check", "registry.yaml"),
    ("explain", "registry.yaml", "nginx", "quay.io/a/b:1"),
)
"""Those that are read without click, where what is there for speed is on."""
EXPECTED = (0, 1)
# One of each: click keeps every stream that it has written to.
OUT, ERR = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
NO_RUNTIME = 2
"""What `explain` says of a spec none of whose targets is for a runtime."""


def wrong(words: tuple[str, ...], spec: bytes) -> str:
    """What is wrong with how the command takes a spec, or an empty text."""
    sys.stdin = io.TextIOWrapper(io.BytesIO(spec), "utf-8")
    sys.stdout, sys.stderr = OUT, ERR
    for stream in (OUT, ERR):
        stream.seek(0)
        stream.truncate()
    begun = time.process_time()
    try:
        cli.main(["--debug", *words])
    except SystemExit as end:
        code = end.code
    taken = time.process_time() - begun
    sys.stderr.flush()
    said = sys.stderr.buffer.getvalue().decode()
    if code not in EXPECTED and not (code == NO_RUNTIME and "is for a runtime" in said):
        return f"{words}: exit {code}: {said}"
    if "Traceback" in said or "bug" in said.replace("Debug", ""):
        return f"{words}: {said}"
    if taken > LONGEST:
        return f"{words}: {taken:.1f} seconds"
    return ""


def said_plainly(spec: bytes) -> list[object]:
    """The exit codes of the plain forms, what they say, and the files that they write."""
    Path("registry.yaml").write_bytes(spec)
    shutil.rmtree("made", ignore_errors=True)
    said = [said_by(words) for words in PLAIN]
    files = {
        str(path): [path.stat().st_mode, path.read_bytes().hex()]
        for path in sorted(Path("made").rglob("*"))
        if path.is_file()
    }
    return [*said, files]


def said_by(words: tuple[str, ...]) -> list[object]:
    """The exit code of a command, and what it prints and says."""
    sys.stdout, sys.stderr = OUT, ERR
    for stream in (OUT, ERR):
        stream.seek(0)
        stream.truncate()
    try:
        cli.main(words)
    except SystemExit as end:
        code = end.code
    said: list[object] = [int(code)]
    for stream in (OUT, ERR):
        stream.flush()
        said.append(stream.buffer.getvalue().decode())
    return said


def peak() -> int:
    """The most memory that this process has held, in KiB; what started it does not count."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


def main() -> None:
    """Answer until the input ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while length := requests.readline():
        spec = requests.read(int(length))
        commands = COMMANDS if sys.argv[1:] != ["plain"] else ()
        found = next((said for words in commands if (said := wrong(words, spec))), "")
        answer = {"wrong": found, "peak": peak(), "plain": said_plainly(spec)}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
