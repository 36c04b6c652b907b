"""Real specs, changed at random: regspec answers each with exit 0 or 1, soon, in little memory.

What the plain forms of commands say and write of each is what they do with REGSPEC_FAST=0.

A short run by itself; REGSPEC_FUZZ_RUNS=100000 (`make fuzz`) makes it the nightly one.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
RUNS = int(os.environ.get("REGSPEC_FUZZ_RUNS", "300"))
MOST_MEMORY = 200 * 1024
"""In KiB."""

PROCESS = ROOT / "tests/fuzzed.py"
SPECS = [
    path.read_bytes()
    for path in sorted([*ROOT.glob("examples/*.yaml"), *ROOT.glob("golden/*/registry.yaml")])
]
BAD = [path.read_bytes() for path in sorted(ROOT.glob("golden/bad/*/registry.yaml"))]
LINES = sorted({line for spec in SPECS + BAD for line in spec.splitlines(keepends=True)})
TOKENS = [
    b"\n", b" ", b"  ", b"\t", b"\r", b"\r\n", b"#", b": ", b":", b"- ", b"'", b'"', b"{", b"}",
    b"[", b"]", b", ", b",", b"|\n", b">-\n", b"---\n", b"...\n", b"? ", b"&a ", b"*a",
    b"!!str ", b"%", b"@", b"`", b"\\", b"\x00", b"\x1b[31m", b"\x7f", b"\x85", b"\xc2\x85",
    b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\xf0\x9f\x98\x80", b"\\ud800", b"\\x",
    b"<<: ", b"~", b"null", b"true", b"-1", b"1e999", b"0x1", b"9" * 40, b"::", b"default::",
    b"[EXACT]", b"/v2/", b"http://", b"*", b"..", b"/", b"docker.io", b"{env: A}", b"{file: .}",
    b"a" * 300, b"-" * 300, b"[" * 70, b"{a: " * 70, b"::error::",
]  # fmt: skip
WORDS = ["*", "docker.io", "a::b", "RS101", "[fd00::1]:1", "..", "a b", "REPLACE_WITH_"]
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(WORDS),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["env", "file", "source", "path", "\n"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)
SPOTS = st.integers(min_value=0, max_value=1 << 20)


@contextlib.contextmanager
def asking(folder, *words, **variables):
    """Hands specs to a process of its own, in which regspec runs."""
    for file in ("ca.crt", "images.txt"):
        (folder / file).write_bytes((ROOT / "examples" / file).read_bytes())
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        env={"PATH": "", "REGISTRY_PASSWORD": "x", "NEXUS_PASSWORD": "y", "A": "z"} | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    def ask(spec):
        process.stdin.write(f"{len(spec)}\n".encode() + spec)
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    with process:
        yield ask
        process.stdin.close()


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    with asking(tmp_path_factory.mktemp("fuzzed"), PROCESS) as ask:
        yield ask


@pytest.fixture(scope="module")
def slow_answer(tmp_path_factory):
    """What is said and written without all that is there for speed only."""
    with asking(tmp_path_factory.mktemp("slow"), PROCESS, "plain", REGSPEC_FAST="0") as ask:
        yield ask


@pytest.fixture
def well(answer, slow_answer, tried):
    def check(spec):
        answered = answer(spec)
        assert not answered["wrong"], f"{answered['wrong']}\n{spec!r}"
        assert answered["peak"] < MOST_MEMORY, spec
        assert answered["plain"] == slow_answer(spec)["plain"], spec
        tried["inputs"] += 1
        tried.update(f"exit {said[0]}" for said in answered["plain"][:-1])

    return check


def fuzzed(share):
    return settings(
        max_examples=max(1, RUNS // share),
        deadline=None,
        database=None,
        derandomize=RUNS < 10_000,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize(
    "defect, said",
    [
        ("raise RuntimeError", "exit 3"),
        ("print('Traceback', file=sys.stderr)", "Traceback"),
        ("busy()", "seconds"),
        ("b'x' * (300 << 20)", ""),
    ],
)
def test_the_process_tells_what_goes_wrong(tmp_path, defect, said):
    """So that its silence says something."""
    script = f"""
import runpy, sys, time
from regspec import pipeline

def busy():
    "Takes longer than any command may, the first time."
    while time.process_time() < begun + 3.5 and not done:
        pass
    done.append(True)

def defect(*_):
    {defect}

begun, done = time.process_time(), []

pipeline.choose, choose = lambda *words: defect() or choose(*words), pipeline.choose
runpy.run_path({str(PROCESS)!r}, run_name="__main__")
"""
    with asking(tmp_path, "-c", script) as ask:
        answered = ask(SPECS[0])
    assert said in answered["wrong"]
    assert bool(said) == bool(answered["wrong"])
    assert (answered["peak"] > MOST_MEMORY) == (not said)


@fuzzed(3)
@given(st.sampled_from(SPECS), st.lists(st.tuples(SPOTS, SPOTS, st.binary(max_size=4)), max_size=6))
def test_changed_bytes(well, spec, changes):
    for spot, length, put in changes:
        at = spot % (len(spec) + 1)
        spec = spec[:at] + put + spec[at + length % 5 :]
    well(spec)


@fuzzed(3)
@given(
    st.sampled_from(SPECS + BAD),
    st.lists(st.tuples(st.integers(0, 4), SPOTS, SPOTS, st.sampled_from(TOKENS)), max_size=6),
)
def test_changed_tokens_and_lines(well, spec, changes):
    for kind, spot, other, token in changes:
        lines = spec.splitlines(keepends=True) or [b""]
        one, two = spot % len(lines), other % len(lines)
        match kind:
            case 0 | 1:
                at = spot % (len(spec) + 1)
                spec = spec[:at] + token + spec[at:]
                continue
            case 2:
                lines[one], lines[two] = lines[two], lines[one]
            case 3:
                lines.insert(one, LINES[other % len(LINES)])
            case _:
                lines[one : one + 1 + other % 2] = [lines[one]] * (other % 4)
        spec = b"".join(lines)
    well(spec)


@fuzzed(3)
@given(
    st.sampled_from(SPECS),
    st.lists(st.tuples(st.integers(0, 3), st.lists(SPOTS, max_size=4), VALUES), max_size=4),
)
def test_changed_structure(well, spec, changes):
    data = yaml.safe_load(spec)
    for kind, route, value in changes:
        node = data
        for spot in route:
            keys = range(len(node)) if isinstance(node, list) else list(node)
            below = node[keys[spot % len(keys)]] if keys else None
            if not isinstance(below, dict | list):
                break
            node = below
        keys = range(len(node)) if isinstance(node, list) else list(node)
        if not keys:
            continue
        key = keys[route[-1] % len(keys)] if route else keys[0]
        match kind:
            case 0:
                node[key] = value
            case 1:
                del node[key]
            case 2 if isinstance(node, list):
                node.append(copy.deepcopy(node[key]))
            case 2:
                node[str(value)[:10]] = copy.deepcopy(node[key])
            case _:
                node[key] = [copy.deepcopy(node[key])]
    with contextlib.suppress(UnicodeEncodeError):
        well(json.dumps(data, ensure_ascii=False).encode())
