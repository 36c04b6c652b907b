"""Archives and folders of nodes, changed at random: exit 0, 1 or 2, soon, in little memory.

A short run by itself; `make fuzz` makes it the nightly one. A run says how many inputs of each kind
were tried, and how each command ended; docs/tried.md has the figures of one.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regspec import pipeline

pytestmark = pytest.mark.slow


ROOT = Path(__file__).resolve().parent.parent
RUNS = int(os.environ.get("REGSPEC_FUZZ_RUNS", "120"))
MOST_MEMORY = 300 * 1024
"""In KiB."""
SPEC = """\
apiVersion: regspec/v1
kind: RegistrySpec
registry: {endpoint: m.example.org}
mirrors: [{source: docker.io, path: ""}]
fallback: allow
targets: [certs.d, k3s, registries.conf, docker, buildkit]
"""
PLACES = {
    "certs.d/": "etc/containerd/certs.d/",
    "conf.d/": "etc/containerd/conf.d/",
    "k3s/": "etc/rancher/k3s/",
    "containers/": "etc/containers/",
    "docker/": "etc/docker/",
    "buildkit/": "etc/buildkit/",
}
"""Where a node has what a spec compiles to."""
MAIN = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml", "x/*/[a-z]?.toml"]\n'
OTHERS = sorted(
    path
    for folder in ("import", "verify")
    for path in ROOT.glob(f"golden/{folder}/**/*")
    if path.is_file() and path.suffix in (".yaml", ".json", ".toml", ".conf", ".crt")
)
TOKENS = [
    b"\n", b" ", b"\t", b"\r", b"#", b": ", b":", b"- ", b"'", b'"', b'"""', b"{", b"}", b"[", b"]",
    b"[[", b"]]", b",", b"=", b".", b"|\n", b"---\n", b"&a ", b"*a", b"<<: *a\n", b"!!str ", b"%",
    b"\\", b"\x00", b"\x1b[31m", b"\x7f", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xff",
    b"\xef\xbb\xbf", b"\\ud800", b"\\u0000", b"null", b"true", b"-1", b"1e999", b"0x1", b"9" * 40,
    b"1979-05-27", b"nan", b"::", b"https://", b"*", b"..", b"/", b"../../../../etc/passwd",
    b"[" * 70, b"{a: " * 70, b"a." * 200, b"::error::", b"[plugins]\n", b"[host]\n",
    b"version = 3\n", b'imports = ["/etc/*/*"]\n', b'imports = ["config.toml"]\n',
    b'ca = "/etc"\n', b"a" * 300,
    b"kind: List\n", b"-----BEGIN CERTIFICATE-----\n", b"@@", b"?",
    b"9" * 5000, b"a." * 40_000, b'imports = ["/' + b"*a" * 40 + b'"]\n',
]  # fmt: skip
SPOTS = st.integers(min_value=0, max_value=1 << 20)


def node():
    """The files of a node as a spec has it, by their paths."""
    result = pipeline.compile_spec(
        SPEC.encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    assert not result.failed
    files = {"etc/containerd/config.toml": MAIN.encode()}
    for artifact in result.artifacts:
        (place,) = (place for place in PLACES if artifact.path.startswith(place))
        files[artifact.path.replace(place, PLACES[place], 1)] = artifact.text.encode()
    return files


NODE = node()
PATHS = sorted(NODE)
NAMES = [
    *PATHS,
    *{os.path.dirname(path) for path in PATHS},
    "etc",
    "etc/containerd/x",
    "x/hosts.toml",
]
NAMES += ["etc/containerd/certs.d/quay.io/hosts.toml", "etc/containerd/certs.d/_default", "a/b/c"]
NAMES += ["docker.io/hosts.toml", "node-1/etc/containerd/config.toml", "config.toml", "\udcff"]
LINKS = [
    *NAMES,
    "..",
    ".",
    "/",
    "/etc",
    "../..",
    "/etc/containerd",
    "x",
    "/dev/zero",
    "\0",
    "y" * 300,
]


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """Hands archives and trees to a process of its own, in which regspec runs."""
    folder = tmp_path_factory.mktemp("nodes")
    (folder / "spec.yaml").write_text(SPEC)
    process = subprocess.Popen(
        [sys.executable, ROOT / "tests/fuzzed_nodes.py"],
        cwd=folder,
        env={"PATH": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    def ask(**message):
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    with process:
        yield ask
        process.stdin.close()


@pytest.fixture
def well(answer, tried):
    def check(**message):
        answered = answer(**message)
        assert not answered["wrong"], f"{answered['wrong']}\n{message!r}"
        assert answered["peak"] < MOST_MEMORY, message
        tried["inputs"] += 1
        tried.update(f"exit {code}" for code in answered["codes"])

    return check


fuzzed = settings(
    max_examples=max(1, RUNS // 4),
    deadline=None,
    database=None,
    derandomize=RUNS < 10_000,
    suppress_health_check=list(HealthCheck),
)


def encoded(content):
    return base64.b64encode(content).decode()


def member(tar, path, kind, content):
    """Put a member into an archive, of any type."""
    info = tarfile.TarInfo(path)
    info.name, info.type = path, kind.encode()
    if kind in "12":
        info.linkname = content.decode(errors="surrogateescape")
    else:
        info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def archive(members, form=tarfile.PAX_FORMAT, headers=None):
    """A tar archive of members, each a path, a type and its content."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form, pax_headers=headers) as tar:
        for path, kind, content in members:
            member(tar, path, kind, content)
    return file.getvalue()


def whole(path, kind="0"):
    return path, kind, NODE[path]


ARCHIVES = [
    archive([whole(path) for path in PATHS], form)
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT)
]
ARCHIVES += [
    archive(
        [(f"etc/containerd/{'long' * 40}", "0", b"a"), ("a", "2", b"b" * 150), ("/a/b", "1", b"a")]
        + [whole(path) for path in PATHS[:2]],
        form,
        {"SCHILY.xattr.user.x": "y" * 200, "size": "3"} if form == tarfile.PAX_FORMAT else None,
    )
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)
]


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Archives to change, with those that only GNU tar can make."""
    folder = tmp_path_factory.mktemp("holes")
    with (folder / "etc.toml").open("wb") as file:
        for position in range(0, 1_000_000, 200_000):
            file.seek(position)
            file.write(b"a = 1\n")
    made = []
    for words in (
        ["gnu"],
        ["pax", "--sparse-version=0.0"],
        ["pax", "--sparse-version=0.1"],
        ["pax"],
    ):
        done = subprocess.run(
            ["tar", "-S", "-c", "--format", *words, "etc.toml"],
            cwd=folder,
            capture_output=True,
            check=True,
        )
        made.append(done.stdout)
    return [*ARCHIVES, *made]


def with_right_sums(changed, original):
    """The archive with the right sum in each header that it had, so that more than that is read."""
    for at in range(0, len(changed) - 511, 512):
        if original[at + 257 : at + 262] == b"ustar":
            changed[at + 148 : at + 156] = b" " * 8
            changed[at + 148 : at + 156] = b"%06o\0 " % sum(changed[at : at + 512])
    return changed


@fuzzed
@given(
    SPOTS,
    st.lists(
        st.tuples(SPOTS, st.one_of(st.binary(min_size=1, max_size=12), st.sampled_from(TOKENS))),
        max_size=5,
    ),
    st.integers(0, 5),
)
def test_archives_with_changed_bytes(well, archives, which, changes, way):
    original = archives[which % len(archives)]
    changed = bytearray(original)
    for spot, put in changes:
        at = spot % len(changed)
        if way < 4 and original[at // 512 * 512 + 257 :][:5] != b"ustar":
            at = at // 512 * 512 - 512 * (at >= 512) + spot % 512  # rather in a header
        changed[at : at + len(put)] = put
        del changed[len(original) :]
    if way < 4:
        changed = with_right_sums(changed, original)
    if way == 5 and changes:
        del changed[changes[0][0] % len(changed) :]
    well(archive=encoded(bytes(changed)))


@fuzzed
@given(
    st.sampled_from([gzip.compress, bz2.compress, lzma.compress]),
    SPOTS,
    st.lists(st.tuples(SPOTS, st.binary(min_size=1, max_size=4)), max_size=3),
    SPOTS,
)
def test_compressed_archives_with_changed_bytes(well, compress, which, changes, cut):
    changed = bytearray(ARCHIVES[which % len(ARCHIVES)])
    before = cut % 2
    changed = changed if before else bytearray(compress(changed) * (1 + which % 2))
    for spot, put in changes:
        at = spot % len(changed)
        changed[at : at + len(put)] = put
    if cut % 4 == 0:
        del changed[cut % len(changed) :]
    well(archive=encoded(compress(bytes(changed)) if before else bytes(changed)))


TEXTS = st.one_of(
    st.sampled_from(PATHS).map(NODE.get),
    st.sampled_from(OTHERS).map(Path.read_bytes),
    st.binary(max_size=40),
)


@fuzzed
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "/", "./", "../", "//", "node-1/", "a/" * 30]),
            st.sampled_from(NAMES),
            st.sampled_from("0" * 30 + "1122255" * 3 + "3467DMVQNxgLKS"),
            st.sampled_from(LINKS),
            TEXTS,
        ),
        max_size=12,
    ),
    st.booleans(),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_archives_of_any_members(well, members, on_node, form):
    listed = [whole(path) for path in PATHS] if on_node else []
    for before, name, kind, target, text in members:
        content = target.encode("utf-8", "surrogateescape") if kind in "12" else text
        content = b"" if kind in "3456" else content
        listed.append((before + name, kind, content))
    well(archive=encoded(archive(listed, form)))


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 7), SPOTS, SPOTS, st.sampled_from(TOKENS), st.sampled_from(LINKS), TEXTS
    ),
    max_size=8,
)


@fuzzed
@given(CHANGES, st.booleans(), st.lists(st.sampled_from(OTHERS), max_size=3, unique=True))
def test_folders_of_nodes(well, changes, on_node, others):
    tree = {path: ("file", text) for path, text in NODE.items()} if on_node else {}
    tree |= {f"site/{path.parent.name}/{path.name}": ("file", path.read_bytes()) for path in others}
    for kind, spot, other, token, target, text in changes:
        paths = sorted(tree) or [NAMES[0]]
        path, name = paths[spot % len(paths)], NAMES[other % len(NAMES)]
        is_file, content = tree.get(path, ("file", b""))[0] == "file", tree.get(path, ("", b""))[1]
        match kind:
            case 0 | 1 | 2 if is_file:
                at = other % (len(content) + 1)
                tree[path] = ("file", content[:at] + token + content[at + spot % 3 :])
            case 3 if is_file:
                lines = content.splitlines(keepends=True) or [b""]
                lines[other % len(lines)] = lines[spot % len(lines)] * (1 + other % 3)
                tree[path] = ("file", b"".join(lines))
            case 4:
                tree[name] = ("link", target.encode("utf-8", "surrogateescape"))
            case 5:
                tree[name] = ("file", text)
            case 6:
                tree.pop(path, None)
                tree[name] = ("link", os.path.basename(path).encode("utf-8", "surrogateescape"))
            case _:
                tree[name] = ("pipe" if spot % 2 else "folder", b"")
    well(tree=[(path, kind, encoded(content)) for path, (kind, content) in tree.items()])


@pytest.mark.parametrize(
    "defect, said",
    [
        ("raise RuntimeError", "exit 3"),
        ("print('Traceback', file=sys.stderr)", "Traceback"),
        ("busy()", "seconds"),
    ],
)
def test_the_process_tells_what_goes_wrong(tmp_path, defect, said):
    """So that its silence says something."""
    (tmp_path / "spec.yaml").write_text(SPEC)
    script = f"""
import runpy, sys, time
from regspec.cli import inputs

def busy():
    "Takes longer than any command may, the first time."
    while time.process_time() < begun + 3.5 and not done:
        pass
    done.append(True)

def defect(*_):
    {defect}

begun, done = time.process_time(), []

inputs.read, read = lambda *words: defect() or read(*words), inputs.read
runpy.run_path({str(ROOT / "tests/fuzzed_nodes.py")!r}, run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        input=json.dumps({"archive": encoded(ARCHIVES[0])}).encode(),
        capture_output=True,
        check=True,
    )
    assert said in json.loads(done.stdout)["wrong"]
