"""Archives and folders of a stranger: what GNU tar unpacks, within limits, no traceback.

The hostile ones are read by processes of their own, whose processor time and memory are limited.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regspec.cli import archive, tar
from regspec.cli.nodes import (
    DEEPEST,
    LARGEST_TREE,
    LONGEST_NAME,
    LONGEST_PATH,
    MOST_FILES,
    MOST_LINKS,
    MOST_NAMES,
    NodeTree,
    of_disk,
)
from regspec.cli.terminal import InputError
from regspec.dialects.files import Unreadable
from regspec.limits import LARGEST_TEXT

pytestmark = pytest.mark.slow


RUNS = int(os.environ.get("REGSPEC_FUZZ_RUNS", "1000"))
fuzzed = settings(
    deadline=None,
    database=None,
    derandomize=RUNS < 10_000,
    suppress_health_check=list(HealthCheck),
)
SECONDS = 4
"""Of the processor, for a command with its start; what has no bound takes minutes or for ever."""
MEMORY = 300 << 20
"""What a command may hold, in bytes."""
MAIN = "etc/containerd/config.toml"
HOSTS = "etc/containerd/certs.d/docker.io/hosts.toml"
CONFIG = 'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n'
CONFIG += 'config_path = "/etc/containerd/certs.d"\n'
MIRROR = 'server = "https://registry-1.docker.io"\n'
MIRROR += '[host."https://mirror.example.org/v2/docker.io"]\n'
MIRROR += 'capabilities = ["pull", "resolve"]\noverride_path = true\n'
OWN = "etc/containerd/certs.d/mirror.example.org/hosts.toml"
ITSELF = 'server = "https://mirror.example.org"\n[host]\n'
TEXTS = {MAIN: CONFIG, HOSTS: MIRROR, OWN: ITSELF}
"""The files of a node that is as the spec has it."""
END = bytes(1024)


def member(name, data=b"", kind="0", link="", **odd):
    """A header with its data, as bytes, and whatever size the header is to claim."""
    raw = [part.encode("utf-8", "surrogateescape") for part in (name, link)]
    size = odd.get("size", len(data))
    claimed = size if isinstance(size, bytes) else b"%011o\0" % size
    header = raw[0].ljust(100, b"\0")[:100] + b"0000755\0" + b"0000000\0" * 2
    header += claimed + b"14000000000\0" + b" " * 8 + kind.encode() + raw[1].ljust(100, b"\0")[:100]
    header = checked((header + odd.get("magic", b"ustar\x0000")).ljust(512, b"\0"))
    return header + data + bytes(-len(data) % 512)


def checked(header):
    """The header with the right sum of its bytes."""
    total = sum(header[:148]) + sum(header[156:]) + 8 * 32
    return header[:148] + b"%06o\0 " % total + header[156:]


def pax(records, kind="x"):
    """A pax header of keys and values."""
    data = b""
    for key, value in records:
        body = b" " + key.encode() + b"=" + value + b"\n"
        length = len(body)
        while len(b"%d" % length) + len(body) != length:
            length = len(b"%d" % length) + len(body)
        data += b"%d" % length + body
    return member("pax", data, kind)


def old_sparse(name, real_size, holes, data=b"", more=0):
    """A sparse file in GNU tar's own format."""
    header = bytearray(member(name, kind="S", size=len(data), magic=b"ustar  \0"))
    for number, field in enumerate(value for hole in holes for value in hole):
        header[386 + 12 * number : 398 + 12 * number] = field
    header[482] = more
    header[483:495] = real_size
    return checked(bytes(header)) + data + bytes(-len(data) % 512)


def octal(number):
    return b"%011o\0" % number


def base_256(number):
    return b"\x80" + number.to_bytes(11, "big")


GOOD = b"".join(member(path, text.encode()) for path, text in TEXTS.items())


@pytest.fixture(scope="module")
def spec():
    head = "apiVersion: regspec/v1\nkind: RegistrySpec\n"
    return (
        f"{head}registry: {{endpoint: mirror.example.org}}\nmirrors: [docker.io]\nfallback: allow\n"
    )


@pytest.fixture
def limited(tmp_path, spec):
    """Runs a command that may take so many seconds of the processor and so much memory."""
    (tmp_path / "spec.yaml").write_text(spec + "targets: [certs.d]\n")

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        # Of addresses, of which the interpreter alone takes some that it does not use.
        resource.setrlimit(resource.RLIMIT_AS, (2 * MEMORY, 2 * MEMORY))

    def run(*words, stdin=b"", before=()):
        script = "from regspec import cli\ntry: cli.main()\nfinally:\n"
        script += " open('status', 'w').write(open('/proc/self/status').read())"
        done = subprocess.run(
            [*before, sys.executable, "-c", script, *words],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "REGSPEC_FAST": "0"},
            input=stdin,
            capture_output=True,
            preexec_fn=limit,
            check=False,
        )
        said = done.stderr.decode()
        assert done.returncode in (0, 1, 2), said
        assert "Traceback" not in said
        assert "bug" not in said
        assert done.stdout == b"" or done.returncode < 2
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", (tmp_path / "status").read_text())
        assert int(peak) < MEMORY >> 10, said
        return done.returncode, done.stdout.decode(), said

    return run


def refused(limited, tmp_path, content, *words):
    """An archive is refused in one line, whether it is a file or the standard input."""
    (tmp_path / "node.tar").write_bytes(content)
    for words_of, name in (
        (("verify", "spec.yaml", "node.tar"), "node.tar"),
        (("import", "-"), "<stdin>"),
    ):
        code, out, said = limited(*words_of, stdin=content)
        assert (code, out) == (2, ""), said
        assert said.count("\n") == 1
        assert said.startswith(f"error: {name}: the archive cannot be read: ")
        for word in words:
            assert word in said


LONG = "a/" * 100_000 + "x"
CLAIMS = {
    "a size of 2 ** 70": (member(MAIN, kind="0", size=base_256(1 << 70)), "middle of a member"),
    "a long name of 2 ** 70 bytes": (member("l", kind="L", size=base_256(1 << 70)), "1048576"),
    "a pax header of 60 MB": (member("p", bytes(60_000_000), "x"), "1048576"),
    "a negative size": (member(MAIN, size=b"\xff" * 12), "not a number"),
    "a size that is no number": (member(MAIN, size=b"12a45678901\0"), "not a number"),
    "a pax size of 5,000 digits": (
        pax([("size", b"9" * 5000)]) + member(MAIN),
        "pax header that is damaged",
    ),
    "a negative pax size": (pax([("size", b"-1")]) + member(MAIN), "damaged"),
    "a pax record without end": (member("p", b"99999999 path=x\n", "x"), "damaged"),
    "a pax record of nothing": (member("p", b"0 path=x\n", "x"), "damaged"),
    "no pax record": (member("p", b"path=x\n", "x"), "damaged"),
    "a million pax records": (member("p", b"5 a=\n" * 200_000, "x") * 5, "records"),
    "too early an end": (GOOD[:-500], "middle of a member"),
    "an end in a header": (GOOD + b"x" * 100, "middle of a header"),
    "an end after a pax header": (pax([("path", b"x")]), "before the member"),
    "a wrong sum": (member(MAIN)[:-1] + b"x", "no header of a tar archive at its beginning"),
    "a wrong sum further on": (GOOD + b"x" * 512, "at byte 3072"),
    "a million members": (member("x") * (MOST_NAMES + 1), "members"),
    "deep folders": (
        b"".join(
            pax([("path", (f"{n}/" + "a/" * 1800 + "x").encode())]) + member("x") for n in range(40)
        ),
        "files and folders",
    ),
    "a negative place in a sparse file": (
        old_sparse(MAIN, octal(10), [(b"\xff" * 12, octal(1))], b"a"),
        "not a number",
    ),
    "a negative length in a sparse file": (
        old_sparse(MAIN, octal(10), [(octal(0), b"\xff" * 12)], b"a"),
        "not a number",
    ),
    "a sparse file beyond its end": (
        old_sparse(MAIN, octal(10), [(octal(8), octal(3))], b"abc"),
        "damaged",
    ),
    "a sparse file that overlaps": (
        old_sparse(MAIN, octal(10), [(octal(0), octal(3)), (octal(1), octal(3))], b"abcdef"),
        "damaged",
    ),
    "a sparse file with more than it has": (
        old_sparse(MAIN, octal(10), [(octal(0), octal(9))], b"abc"),
        "damaged",
    ),
    "a sparse map that never ends": (
        old_sparse(MAIN, octal(1), [], more=1) + (bytes(504) + b"\1" + bytes(7)) * 100_000,
        "records",
    ),
    "a sparse map of a claimed length": (
        pax([("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"9")])
        + member(MAIN, b"99999999999999\n" + b"1\n" * 5000),
        "damaged",
    ),
    "a sparse map without a line break": (
        pax([("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"9")])
        + member(MAIN, b"9" * 40_000_000),
        "damaged",
    ),
    "a sparse map of 400,000 numbers": (
        (
            pax([("GNU.sparse.map", b",".join([b"0"] * 400_000)), ("GNU.sparse.size", b"9")])
            + member(MAIN)
        )
        * 3,
        "records",
    ),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_no_claim_of_a_header_is_believed(limited, tmp_path, case):
    content, word = CLAIMS[case]
    refused(limited, tmp_path, content, word)


COMPRESSED = {
    "a gzip bomb": (gzip.compress(bytes(200_000_000)), "67108864 bytes"),
    "a bzip2 bomb": (bz2.compress(bytes(100_000_000)), "67108864 bytes"),
    "an xz bomb": (lzma.compress(bytes(200_000_000), preset=1), "67108864 bytes"),
    "a bomb of many streams": (gzip.compress(b"") * 1_000_000, "10000 gzip streams"),
    "xz that wants a gigabyte": (
        lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]),
        "too much memory",
    ),
    "half of a gzip file": (gzip.compress(GOOD)[:100], "too early"),
    "half of an xz file": (lzma.compress(GOOD)[:100], "too early"),
    "half of a bzip2 file": (bz2.compress(GOOD)[:100], "too early"),
    "damaged gzip": (gzip.compress(GOOD)[:-8] + bytes(8), "damaged"),
    "damaged bzip2": (bz2.compress(GOOD)[:40] + bytes(60), "damaged"),
    "damaged xz": (lzma.compress(GOOD)[:60] + bytes(60), "damaged"),
    "gzip and something else": (gzip.compress(GOOD) + b"x", "other data"),
    "gzip of a text": (gzip.compress(CONFIG.encode()), "no header" if len(CONFIG) > 512 else "end"),
    "gzip of gzip": (gzip.compress(gzip.compress(GOOD * 9)), ""),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(600), "unpack it with `zstd -d` first"),
}


@pytest.mark.parametrize("case", COMPRESSED)
def test_no_compressed_file_takes_more_than_it_may(limited, tmp_path, case):
    content, word = COMPRESSED[case]
    refused(limited, tmp_path, content, word)


READ = {
    "a name of 100,000 parts": pax([("path", LONG.encode())]) + member("x"),
    "a name of all levels": pax([("path", ("b/" * 2000 + "x").encode())]) + member("x"),
    "10,000 names too long": (pax([("path", b"y" * 5000)]) + member("x")) * 10_000,
    "a long target for everything": pax([("linkpath", b"y" * 1_000_000)], "g")
    + member("x", kind="2") * 20_000,
    "1,200 long names in a row": member("l", b"abc\0", "L") * 1200 + member("x"),
    "1,200 pax headers in a row": pax([("path", b"abc")]) * 1200 + member("x"),
    "absolute names": member("//etc/x", b"1") + member("/etc/y", kind="1", link="/etc/x"),
    "names with ..": member("../../etc/x", b"1") + member("a/../b", b"1"),
    "names of dots": member(".") + member("./") + member("/") + member("//") + member("..") * 9,
    "links that are loops": member("a", kind="2", link="b")
    + member("b", kind="2", link="a")
    + member("c", kind="2", link="c")
    + member("c/x", b"1")
    + member("d", kind="1", link="d"),
    "a chain of links": b"".join(
        member(f"l{n}", kind="2", link=f"l{n + 1}") for n in range(10_000)
    ),
    "a chain of folders": b"".join(
        member(f"l{n}", kind="2", link=f"l{n + 1}/l{n + 1}") for n in range(60)
    ),
    "hard links to what is not there": member("a", kind="1", link="b") * 20_000,
    "hard links to one large file": member("a", bytes(1_000_000))
    + b"".join(member(f"etc/{n}", kind="1", link="a") for n in range(9000)),
    "a sparse file of a terabyte": old_sparse(
        "x", base_256(1 << 40), [(base_256(1 << 39), octal(3))], b"abc"
    ),
    "a volume label and devices": member("v", kind="V")
    + member("etc/fifo", kind="6")
    + member("etc/null", kind="3")
    + member("etc/sda", kind="4"),
    "names of NUL and of surrogates": pax([("path", b"a\0b")])
    + member("x")
    + member("\udcff\udcfe", b"1"),
    "files that are folders": member("f", b"1") + member("f/x", b"1") + member("f/y/z", b"1"),
}


@pytest.mark.parametrize("case", READ)
def test_odd_members_do_not_keep_the_others_from_being_read(limited, tmp_path, case):
    content = READ[case] + GOOD + END
    (tmp_path / "node.tar").write_bytes(content)
    code, out, said = limited("verify", "spec.yaml", "node.tar")
    assert (code, out) == (0, ""), said
    assert re.search(r"1 file or node compared.*: no difference\n\Z", said)
    code, out, said = limited("import", "-", stdin=gzip.compress(content, 1))
    assert code == 0, said
    assert "mirror.example.org" in out


def test_members_that_are_skipped_are_reported_in_a_line(limited, tmp_path):
    hostile = member("../\x1b[31m", b"1") + member("../b", b"1")
    (tmp_path / "node.tar").write_bytes(hostile + GOOD + END)
    code, _, said = limited("verify", "spec.yaml", "node.tar")
    assert code == 0
    line = r"node.tar: skipped, as GNU tar does: `../\x1b[31m`: its name has `..`, and 1 more"
    assert said.splitlines()[0] == line


def links_that_multiply(at, times=10):
    """Folders that are in each other through links, with so many ways through them."""
    for one in range(times):
        yield f"{at}/{one}", None
        for other in range(times):
            if other != one:
                yield f"{at}/{one}/{other}", f"../{other}"


@pytest.mark.parametrize("way", ["folder", "archive"])
def test_links_do_not_multiply_what_is_read(limited, tmp_path, way):
    pattern = 'imports = ["/etc/containerd/l/*/*/*/*/*/*/*/*/*/*/x.toml"]\n'
    made = tmp_path / "node"
    (made / MAIN).parent.mkdir(parents=True)
    (made / MAIN).write_text(pattern + CONFIG)
    (made / "etc/containerd/l").mkdir()
    for path, target in links_that_multiply("etc/containerd/l"):
        if target is None:
            (made / path).mkdir()
        else:
            (made / path).symlink_to(target)
    name = "node"
    if way == "archive":
        name = "node.tar"
        subprocess.run(["tar", "-C", "node", "-cf", name, "etc"], cwd=tmp_path, check=True)
    code, _, said = limited("import", name)
    assert code == 2
    assert f"error: {name}: more than {MOST_NAMES} files and folders\n" in said
    commands = [["verify", "spec.yaml", name]]
    commands += [["explain", "--node", name, "nginx"]] if way == "folder" else []
    for command in commands:  # which follow the patterns of `imports`
        code, _, said = limited(*command)
        assert code == 2
        assert "error: `imports`: too many files to compare with its patterns\n" in said


@pytest.mark.parametrize("way", ["folder", "archive"])
def test_a_file_counts_for_each_of_its_names(tmp_path, way):
    """So that a hundred links to a file of a megabyte are not a hundred megabytes of text."""
    made = tmp_path / "many"
    made.mkdir()
    (made / "one").write_text("a: " + "x" * (LARGEST_TEXT - 10))
    for number in range(5):
        (made / f"link{number}").symlink_to("one")
        (made / f"hard{number}").hardlink_to(made / "one")
    name = "many"
    if way == "archive":
        name = "many.tar.gz"
        subprocess.run(["tar", "-C", "many", "-czf", name, "."], cwd=tmp_path, check=True)
    tree = of_disk(str(made)) if way == "folder" else tree_of((tmp_path / name).read_bytes())
    with pytest.raises(InputError, match=f"more than {LARGEST_TREE} bytes"):
        contents(tree)


# Folders


def test_a_folder_that_is_not_made_of_files_and_folders(limited, tmp_path):
    node = tmp_path / "node"
    for path, text in TEXTS.items():
        (node / path).parent.mkdir(parents=True, exist_ok=True)
        (node / path).write_text(text)
    os.mkfifo(node / "etc/containerd/pipe.toml")
    (node / "etc/containerd/loop").symlink_to(".")
    (node / "etc/containerd/up").symlink_to("../..")
    (node / "etc/containerd/self").symlink_to("self")
    (node / "etc/containerd/out").symlink_to("../../../spec.yaml")
    (node / "etc/containerd/device").symlink_to("/dev/zero")
    with (node / "etc/containerd/large.toml").open("wb") as file:
        file.truncate(1 << 40)
    (tmp_path / "flat").mkdir()
    shutil.copytree(node / "etc/containerd/certs.d", tmp_path / "flat", dirs_exist_ok=True)
    os.mkfifo(tmp_path / "flat/docker.io/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "flat/docker.io/socket"))
    assert limited("verify", "spec.yaml", "node")[0] == 0
    assert limited("explain", "--node", "node", "--allow-upstream", "nginx")[0] == 0
    code, out, said = limited("import", "node")
    assert code == 0, said
    assert "mirror.example.org" in out
    assert "node/etc/containerd/large.toml: not read: it is not in force on this node\n" in said
    code, out, said = limited("verify", "spec.yaml", "flat")
    assert (code, out) == (0, ""), said
    assert "flat: not read: /docker.io/pipe: not a regular file\n" in said
    assert "flat: not read: /docker.io/socket: not a regular file\n" in said


@pytest.mark.parametrize("what", [MAIN, "etc/containerd/imported.toml", HOSTS])
def test_a_file_of_a_node_that_is_a_pipe(limited, tmp_path, what):
    node = tmp_path / "node"
    imported = "etc/containerd/imported.toml"
    texts = TEXTS | {MAIN: f'imports = ["/{imported}"]\n{CONFIG}', imported: "version = 2\n"}
    for path, text in texts.items():
        (node / path).parent.mkdir(parents=True, exist_ok=True)
        if path != what:
            (node / path).write_text(text)
    os.mkfifo(node / what)
    code, out, _ = limited("verify", "spec.yaml", "node")
    assert code == 1
    assert f"node/{what}:1:1: error[drift]: " in out
    assert "not a regular file" in out
    code, out, _ = limited("explain", "--node", "node", "nginx")
    assert code == 1
    assert "not a regular file" in out


@pytest.mark.parametrize("what", [MAIN, HOSTS, "etc/containerd/certs.d", "etc/containerd"])
def test_what_may_not_be_read_is_not_what_is_not_there(limited, unprivileged, tmp_path, what):
    node = tmp_path / "node"
    for path, text in TEXTS.items():
        (node / path).parent.mkdir(parents=True, exist_ok=True)
        (node / path).write_text(text)
    (node / what).chmod(0)
    try:
        for words in (["verify", "spec.yaml", "node"], ["import", "node"]):
            code, out, said = limited(*words, before=unprivileged)
            assert code in (1, 2)
            assert "permission denied" in out + said
            assert "missing" not in out
        code, out, said = limited("explain", "--node", "node", "nginx", before=unprivileged)
        assert code in (1, 2)
        assert "permission denied" in out + said
    finally:
        (node / what).chmod(0o755)


@pytest.mark.parametrize(
    "kind, word", [("deep", "32 folders"), ("files", f"{MOST_FILES} files"), ("names", "50000")]
)
def test_a_folder_without_end(limited, tmp_path, kind, word):
    folder = tmp_path / "many"
    match kind:
        case "deep":
            (folder / ("a/" * 40)).mkdir(parents=True)
            (folder / ("a/" * 40) / "x").touch()
        case "files":
            folder.mkdir()
            for number in range(MOST_FILES + 1):
                (folder / f"{number}.md").touch()
        case _:
            (folder / "etc/containerd").mkdir(parents=True)
            (folder / "0").touch()
            for number in range(MOST_NAMES + 1):
                (folder / f"etc/containerd/{number}").hardlink_to(folder / "0")
    code, out, said = limited("import", "many")
    assert (code, out) == (2, "")
    assert said.splitlines()[-1].startswith("error: many: more than ")
    assert word in said.splitlines()[-1]


# The same as GNU tar


def tree_of(content):
    return NodeTree("node", archive.unpack("node", content).root)


def contents(tree):
    """Every path of a tree, with the text or with the reason why there is none."""
    found = {}
    for path in tree.walk():
        try:
            found[path] = tree.text(path)
        except Unreadable as why:
            found[path] = repr(why)
    return found


def unpacked_by_tar(content, folder):
    """What GNU tar unpacks, which it does as far as it can."""
    folder.mkdir()
    subprocess.run(
        ["tar", "-x", "--no-same-owner", "-C", folder],
        input=content,
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )
    return contents(of_disk(str(folder)))


@pytest.fixture
def source(tmp_path):
    """A node with what archives write in a way of its own."""
    folder = tmp_path / "source"
    deep = "etc/containerd/certs.d/" + "/".join(["a-rather-long-name-of-a-folder"] * 6)
    files = {
        **TEXTS,
        f"{deep}/{'n' * 120}.toml": "long = 1\n",
        "etc/containerd/ä ö\u2028.toml": "odd = 1\n",
        "etc/containerd/empty": "",
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "etc/containerd/certs.d/ghcr.io").symlink_to("docker.io")
    (folder / "etc/containerd/certs.d/quay.io").symlink_to("/etc/containerd/certs.d/docker.io")
    (folder / "etc/containerd/certs.d/up").symlink_to("../../containerd/config.toml")
    (folder / "etc/containerd" / ("l" * 150)).symlink_to("x/../" * 30 + "config.toml")
    (folder / "etc/containerd/hard.toml").hardlink_to(folder / MAIN)
    with (folder / "etc/containerd/holes").open("wb") as file:
        for position in range(0, 3_000_000, 100_000):
            file.seek(position)
            file.write(b"data")
        file.truncate(4_000_000)
    os.mkfifo(folder / "etc/containerd/pipe")
    return folder


FORMATS = ("gnu", "oldgnu", "pax", "ustar", "v7")
SPARSE = (
    ("gnu",),
    ("oldgnu",),
    ("pax", "--sparse-version=0.0"),
    ("pax", "--sparse-version=0.1"),
    ("pax", "--sparse-version=1.0"),
)
OPTIONS = [
    *(("--format", one, ".") for one in FORMATS),
    *(("-S", "--format", *one, ".") for one in SPARSE),
    *(("--format", one, "-P", "--absolute") for one in ("gnu", "pax")),
    ("--transform", "s,^etc,./etc//./,", "etc"),
    ("--transform", "s,^,/,", "-P", "etc"),
    ("--hard-dereference", "etc"),
    ("-z", "etc"),
    ("-j", "etc"),
    ("-J", "etc"),
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_an_archive_is_what_gnu_tar_unpacks(source, tmp_path, options):
    *words, what = options
    if what == "--absolute":  # under its whole name
        what = str(source)
    packed = subprocess.run(
        ["tar", "-C", source, "-c", *words, what], capture_output=True, check=False
    )
    long_names_fit = "ustar" not in words and "v7" not in words
    assert bool(packed.returncode) != long_names_fit, packed.stderr
    unpacked = unpacked_by_tar(
        decompressed(packed.stdout, words),
        tmp_path / "unpacked",
    )
    assert contents(tree_of(packed.stdout)) == unpacked
    below = str(source) if what.startswith("/") else ""
    assert unpacked[f"{below}/etc/containerd/hard.toml"] == CONFIG
    if long_names_fit:
        assert len(unpacked) == len(contents(of_disk(str(source))))
    if "-S" in words:
        assert len(packed.stdout) < 300_000
        assert len(unpacked["/etc/containerd/holes"]) == 4_000_000


def decompressed(content, words):
    for word, unpack in (("-z", gzip), ("-j", bz2), ("-J", lzma)):
        content = unpack.decompress(content) if word in words else content
    return content


def test_of_members_with_one_name_the_last_one_wins(source, tmp_path):
    packed = tmp_path / "node.tar"
    subprocess.run(["tar", "-C", source, "-cf", packed, "etc"], check=True)
    (source / MAIN).unlink()
    (source / MAIN).write_text("later = 1\n")
    (source / "etc/containerd/certs.d/ghcr.io").unlink()
    (source / "etc/containerd/certs.d/ghcr.io").mkdir()
    (source / "etc/containerd/certs.d/ghcr.io/hosts.toml").write_text("other = 1\n")
    for what in (MAIN, "etc/containerd/certs.d/ghcr.io"):
        subprocess.run(["tar", "-C", source, "-rf", packed, what], check=True)
    unpacked = unpacked_by_tar(packed.read_bytes(), tmp_path / "unpacked")
    assert contents(tree_of(packed.read_bytes())) == unpacked
    assert unpacked[f"/{MAIN}"] == "later = 1\n"
    assert unpacked["/etc/containerd/hard.toml"] == CONFIG
    assert unpacked["/etc/containerd/certs.d/ghcr.io/hosts.toml"] == "other = 1\n"


def test_streams_one_after_another_are_one_archive():
    """As pbzip2 and bgzip make them, and with the padding of a tape."""
    content = GOOD + END
    for module in (gzip, bz2, lzma):
        streams = module.compress(content[:700]) + module.compress(content[700:])
        padded = streams + (b"" if module is bz2 else bytes(1024))
        assert contents(tree_of(padded)) == contents(tree_of(content))


def test_what_verify_says_of_an_archive_it_says_of_the_folder(source, here, tmp_path, spec):
    (tmp_path / "spec.yaml").write_text(spec + "targets: [certs.d]\n")
    (source / HOSTS).write_text(MIRROR.replace("mirror.", "other."))
    packed = subprocess.run(
        ["tar", "-P", "-c", "--transform", "s,^,/,S", "-C", source, "etc"],
        capture_output=True,
        check=True,
    )
    (tmp_path / "node.tar").write_bytes(packed.stdout)
    of_archive = here("verify", "spec.yaml", "node.tar", cwd=tmp_path)
    of_folder = here("verify", "spec.yaml", "source", cwd=tmp_path)
    assert of_archive.returncode == of_folder.returncode == 1
    assert of_archive.stdout.replace("node.tar", "source") == of_folder.stdout
    assert "other.example.org" in of_folder.stdout


NAMES = ["a", "b", "a/b", "a/c", "a/b/c", "./a", "/a", "//b/c", "c/", "a/", "a//b", "a/./b/"]
NAMES += ["../a", "a/../b", ".", "/", "l" * 120, "a/" + "m" * 101, "ä", "b/a/c", "c/b/a"]
TARGETS = st.sampled_from(
    ["a", "b", "/a", "a/b", "../b", "c", ".", "/", "..", "b/a", "/a/b/c", "gone", "./c", "a/../b"]
)
MEMBERS = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from("00000512127"), TARGETS, st.binary(max_size=3)
    ),
    max_size=9,
)


def usual(members):
    """The members without two kinds that GNU tar unpacks by chance, or halfway.

    It makes some links last, by their names: what was replaced meanwhile, it confuses. And it
    removes a file for a hard link that then cannot be made, since it is to a folder.
    """
    seen, is_last = set(), False
    for name, kind, target, data in members:
        base = name.rstrip("/").rpartition("/")[2]
        if base in seen and (is_last or kind == "1"):
            continue
        yield name, kind, target, data
        seen.add(base)
        is_last |= kind == "2" and (target.startswith("/") or ".." in target.split("/"))


PAX, GNU = tarfile.PAX_FORMAT, tarfile.GNU_FORMAT


def packed(members, form):
    """An archive of members, one name of which may be there several times."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as made:
        for name, kind, target, data in members:
            info = tarfile.TarInfo(name)
            info.name = name  # with the slash that it ends in
            info.type, info.mode = kind.encode(), 0o755
            info.linkname = target if kind in "12" else ""
            # A folder of old, which is a file whose name ends in a slash, has no data.
            info.size = len(data) if kind in "07" and not name.endswith("/") else 0
            made.addfile(info, io.BytesIO(data))
    return file.getvalue()


@settings(
    fuzzed,
    max_examples=RUNS // 10,
)
@given(MEMBERS, st.sampled_from([PAX, GNU]))
def test_any_members_are_what_gnu_tar_unpacks(tried, tmp_path_factory, members, form):
    content = packed(usual(members), form)
    folder = tmp_path_factory.mktemp("tar")
    try:
        assert contents(tree_of(content)) == unpacked_by_tar(content, folder / "unpacked")
    finally:
        shutil.rmtree(folder)
    tried["inputs"] += 1


EVERYTHING = [
    packed([(MAIN, "0", "", b"a"), ("b", "2", MAIN, b""), ("c" * 150, "1", MAIN, b"")], form)
    for form in (PAX, GNU)
]
EVERYTHING += [
    old_sparse("a", octal(90), [(octal(9), octal(3))], b"abc") + GOOD + END,
    pax([("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"9")])
    + member("x", b"1\n3\n2\n".ljust(512, b"\0") + b"ab")
    + END,
    pax([("GNU.sparse.size", b"9"), ("GNU.sparse.map", b"3,2"), ("GNU.sparse.name", b"q")])
    + member("x", b"ab")
    + END,
]
EVERYTHING += [one(EVERYTHING[0]) for one in (gzip.compress, bz2.compress, lzma.compress)]


@settings(
    fuzzed,
    max_examples=RUNS // 2,
)
@given(
    st.sampled_from(EVERYTHING),
    st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=12)), max_size=4),
    st.booleans(),
)
def test_changed_bytes_are_read_or_refused(tried, content, changes, correct):
    """With the right sums of the headers, so that what is in them is looked at."""
    changed = bytearray(content)
    for spot, put in changes:
        at = spot % len(changed)
        changed[at : at + len(put)] = put
    if correct and content.startswith(EVERYTHING[0][:1]):
        for at in range(0, len(changed) - 511, 512):
            block = bytes(changed[at : at + 512])
            if content[at + 257 : at + 262] == b"ustar":
                changed[at : at + 512] = checked(block)
    begun = time.process_time()
    outcome = "read"
    try:
        contents(tree_of(bytes(changed)))
    except InputError:
        outcome = "refused"
    assert time.process_time() - begun < 1
    tried.update(["inputs", outcome])


def test_only_an_archive_is_taken_for_one():
    assert archive.is_archive(GOOD)
    assert archive.is_archive(bytes(10240))  # of nothing
    v7 = member("x", magic=b"")
    assert archive.is_archive(v7)
    for text in (b"", b"BZh9: it is a text", b"a: 1\n" * 200, CONFIG.encode() * 9, bytes(9) + b"x"):
        assert not archive.is_archive(text)


def test_the_modules_that_decompress_are_loaded_only_for_what_they_read(root):
    """They are not needed for a file that is not compressed; nor is tarfile, ever."""
    script = "import sys, regspec.cli.archive\n"
    script += "print([m for m in ('tarfile', 'lzma', 'bz2') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout == "[]\n"
    assert not [
        path
        for path in Path(root, "compiler").rglob("*.py")
        if "import tarfile" in path.read_text()
    ]


LIMITS = {
    "bytes of an archive, compressed or not": LARGEST_TREE,
    "bytes of one file": LARGEST_TEXT,
    "files and folders": MOST_NAMES,
    "files that are read": MOST_FILES,
    "folders in each other": DEEPEST,
    "bytes of a path": LONGEST_PATH,
    "bytes of a name": LONGEST_NAME,
    "links in one path": MOST_LINKS,
    "bytes of a pax header or a long name": tar.LARGEST_HEADER,
    "records of pax headers and of sparse maps": tar.MOST_RECORDS,
    "compressed streams": archive.MOST_STREAMS,
    "bytes of memory for xz": archive.MOST_MEMORY,
}


def test_the_page_has_the_limits(root):
    page = (root / "docs/tried.md").read_text()
    for what, limit in LIMITS.items():
        assert f"| {what} | {limit:,} |" in page
