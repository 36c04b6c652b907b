"""Hostile files: each gets a message with its name, in little time and memory.

What a node, an archive or a chart brings was written by a stranger. The limits are in
compiler/limits.py; what they are for is tried here, by classes of inputs.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from regspec import authorities, certificates, recognise
from regspec.dialects.containerd import MAIN, config_load, glob, versions
from regspec.dialects.containerd.plugins import OLD
from regspec.dialects.files import Files
from regspec.document import NotADocument
from regspec.limits import TooMuch
from regspec.reading.facts import HIDDEN
from regspec.verifying import verify

pytestmark = pytest.mark.slow


MEMORY = 200 << 20
"""Bytes of data that the process may have."""
SECONDS = 10
"""Seconds of the processor. Most cases take 0.2 and the longest 2.7, twice that on a busy machine.
What has no bound takes minutes."""
SPEC = """apiVersion: regspec/v1
kind: RegistrySpec
registry: {endpoint: mirror.example.org}
mirrors: [docker.io, quay.io]
targets: [certs.d]
"""
MANY = 40_000
MB = 1 << 20
CRI = f'version = 2\n[plugins."{OLD}".registry]\n'
MIRROR = '"registry-mirrors": ["https://mirror.example.org"]'
VALUES = "config:\n  ociImageRegistry: {endpoint: h.example.org}\n"
STRING = "config:\n  ociImageRegistry:\n    mirrorRegistries: "
LOGIN = "config:\n  imagePullSecret:\n    create: true\n    dockerConfigJson: "
BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)
PULL, PATTERN, CLASSES, FOLDER = '"pull",', '"conf.d/*.toml",', "*[a-b]?", "/*"
TIMES = range(MANY)
PEM = "-----BEGIN CERTIFICATE-----\n"


def daemon(value):
    return "daemon.json", f"{{{MIRROR}, {value}}}\n"


def toml(text):
    return "config.toml", CRI + text


def hosts(text):
    return "hosts.toml", f'[host."https://m.example.org"]\n{text}\n'


def values(text):
    return "values.yaml", VALUES + text


def encoded(login):
    return "values.yaml", LOGIN + base64.b64encode(login.encode()).decode() + "\n"


def many(line, count=MANY, between=""):
    return between.join(line.format(number) for number in range(count))


def of_json():
    return {
        "digits": daemon('"x": ' + "9" * 5000),
        "digits after a minus sign": daemon('"x": [-' + "123" * 2000 + "]"),
        "15 MB of digits": daemon('"x": ' + "9" * (15 * MB)),
        "a float beyond all floats": daemon('"x": 1e99999'),
        "a long float": daemon('"x": 1.' + "9" * 100_000),
        "not a number": daemon('"x": NaN'),
        "deep lists": daemon('"x": ' + "[" * 100_000 + "]" * 100_000),
        "lists as deep as Python reads": daemon('"x": ' + "[" * 900 + "]" * 900),
        "deep objects": daemon('"x": ' + '{"a":' * 50_000 + "1" + "}" * 50_000),
        "open lists": daemon('"x": ' + "[" * 100_000),
        "5,000,000 lists": daemon('"x": [' + "[]," * 5_000_000 + "1]"),
        "many keys": daemon(many('"k{0}": 1', between=",")),
        "many mirrors": (
            "daemon.json",
            json.dumps({"registry-mirrors": [f"https://m{number}.x.org" for number in TIMES]}),
        ),
        "many ranges": (
            "daemon.json",
            json.dumps({"insecure-registries": [f"10.{number}.0.0/16" for number in TIMES]}),
        ),
        "half characters": daemon('"x": "' + "\\ud83d" * 100_000 + '"'),
        "15 MB of an open text": daemon('"x": "' + "a" * (15 * MB)),
        "many logins": (
            "auth.json",
            json.dumps({"auths": {f"h{number}": {"auth": "dTpw"} for number in TIMES}}),
        ),
        "many documents": ("list.json", json.dumps({"kind": "List", "items": [{"a": 1}] * MANY})),
    }


def of_toml():
    return {
        "a key of 40,000 parts": toml("a." * 40_000 + "b = 1\n"),
        "a header of 40,000 parts": toml("[" + "a." * 40_000 + "b]\n"),
        "a key of quoted parts": toml('"a" . ' * 40_000 + "b = 1\n"),
        "a key of 33 parts": toml("a." * 33 + "b = 1\n"),
        "many keys of 32 parts": toml(many("k{0}" + ".a" * 31 + " = 1\n", 100_000)),
        "digits": toml("x = " + "9" * 5000 + "\n"),
        "a float beyond all floats": toml("x = 1e99999\n"),
        "an infinite version": ("config.toml", "version = inf\n"),
        "deep lists": toml("x = " + "[" * 100_000 + "]" * 100_000 + "\n"),
        "lists as deep as Python reads": toml("x = " + "[" * 150 + "]" * 150 + "\n"),
        "deep tables": toml("x = " + "{a=" * 30_000 + "1" + "}" * 30_000 + "\n"),
        "5,000,000 lists": toml("x = [" + "[]," * 5_000_000 + "]\n"),
        "many tables": toml(many("[k{0}]\n")),
        "many lists of tables": toml("[[a]]\n" * MANY),
        "5,000,000 comments": toml("#\n" * 5_000_000),
        "15 MB of empty lines": toml("\n" * (15 * MB)),
        "a megabyte of escapes": toml('x = "' + "\\n" * (MB // 2) + '"\n'),
        "an open text full of escaped quotes": toml('x = """' + ' \\"""' * 200_000 + "\n"),
        "a duration of digits": hosts('dial_timeout = "' + "1" * 100_000 + 'x"'),
        "many capabilities": hosts(f"capabilities = [{PULL * MANY}]"),
        "many hosts": hosts(many('[host."https://m{0}.example.org"]\n', 20_000)),
        "many endpoints": toml(f"[x]\nendpoint = [{PULL * MANY}]\n"),
    }


def of_yaml():
    return {
        "digits": values("x: " + "9" * 5000 + "\n"),
        "a float beyond all floats": values("x: 1e99999\n"),
        "deep lists": values("x: " + "[" * 100_000),
        "deep list items": values("x: " + "- " * 100_000 + "a\n"),
        "deep mappings": values("x: " + "{a: " * 100_000),
        "deep keys": values("? " * 100_000 + "a\n"),
        "aliases of aliases": values(BOMB),
        "a merged mapping, many times": values(
            "b: &b {" + many("k{0}: 1", 9000, ",") + "}\nm:\n" + "- {<<: *b}\n" * 9000
        ),
        "many anchors": values("m:\n" + many("- &a{0} x\n")),
        "many aliases": values("m:\n- &a x\n" + "- *a\n" * MANY),
        "many documents": ("values.yaml", "---\na: 1\n" * MANY),
        "400,000 empty documents": ("values.yaml", "---\n" * 400_000),
        "many keys": values(many("k{0}: 1\n")),
        "the same key": values("k: 1\n" * MANY),
        "4,000,000 lists": values("x: [" + "[]," * 4_000_000 + "]\n"),
        "deep and wide": values("x: " + "[" * 95 + "1," * MANY + "1" + "]" * 95 + "\n"),
        "many tags": values("x: [" + "!!x 1," * MANY + "]\n"),
        "15 MB of one line": values("x: " + "a" * (15 * MB) + "\n"),
        "15 MB of one key": values("a" * (15 * MB) + ": 1\n"),
        "15 MB of empty lines": values("\n" * (15 * MB) + "a: : b\n"),
        "a megabyte of colons": values("x: " + ":" * MB + "\n"),
        "a megabyte of tabs": values("x: a" + "\t" * MB + "b\n"),
        "larger than all": values("#" * (17 * MB)),
        "many mirror sets": (
            "sets.yaml",
            "apiVersion: config.openshift.io/v1\nkind: ImageTagMirrorSet\nspec:\n"
            "  imageTagMirrors:\n" + "  - {source: a.b, mirrors: [c.d/x]}\n" * 20_000,
        ),
    }


def of_text_in_base64_in_yaml():
    return {
        "deep lists": encoded('{"auths": ' + "[" * 50_000),
        "lists as deep as Python reads": encoded('{"auths": ' + "[" * 900 + "]" * 900 + "}"),
        "digits": encoded('{"auths": {"a": ' + "9" * 5000 + "}}"),
        "3,000,000 lists": encoded('{"auths": {"a": [' + "[]," * 3_000_000 + "1]}}"),
        "15 MB": ("values.yaml", LOGIN + "A" * (15 * MB) + "\n"),
        "base64 of base64": ("secret.yaml", f"kind: Secret\ndata: {{DOMAIN: {'QUFB' * MB}}}\n"),
    }


def of_mirror_strings_and_maps():
    return {
        "many pairs": ("string.txt", many("r{0}.x.org::m.example.org/x", between=",")),
        "many bad entries": ("values.yaml", f"{STRING}{'x,' * MANY}\n"),
        "3,000,000 entries": ("values.yaml", f"{STRING}{'x,' * 3_000_000}\n"),
        "many escapes": ("values.yaml", STRING + many("\\x61{0}", between=",").join('""') + "\n"),
        "colons": ("values.yaml", f"{STRING}{'a::b' * 100_000}\n"),
        "digests": ("values.yaml", f"{STRING}{'a@sha1' * 200_000}\n"),
        "lines with one value": ("map.txt", many("r{0}.x.org::m.example.org/x\n")),
        "lines without a value": ("map.txt", many("r{0}.x.org::\n")),
        "3,000,000 lines": ("map.txt", "a::b\n" * 3_000_000),
        "blanks": ("map.txt", "a.b::" + " " * 200_000 + "{\n"),
        "commas": ("map.txt", "a.b::" + " , " * 40 + "{\n"),
        "hashes": ("map.txt", "a.b::b" + "#" * 200_000 + "\n"),
        "brackets": ("map.txt", "[" * 300_000 + "] " * 300_000 + "x\n"),
    }


def of_certificates():
    return {
        "100,000 beginnings": ("ca.crt", PEM * 100_000),
        "10 MB of zeros": (
            "ca.crt",
            PEM + base64.b64encode(bytes(10 * MB)).decode() + "\n-----END CERTIFICATE-----\n",
        ),
        "many endings": ("ca.crt", PEM + "-----END " * 200_000),
        "many small ones": ("ca.crt", (PEM + "MAIFAA==\n-----END CERTIFICATE-----\n") * MANY),
    }


def of_texts_of_no_format():
    return {
        "nothing": ("text", ""),
        "zeros": ("text", "\0" * 1000),
        "what may be TOML": ("text", ("a" * 1000 + " ") * 2000),
        "a control character": values("x: \x1b\n"),
    }


CASES = {
    "JSON": of_json,
    "TOML": of_toml,
    "YAML": of_yaml,
    "text in base64 in YAML": of_text_in_base64_in_yaml,
    "mirror strings and maps": of_mirror_strings_and_maps,
    "certificates": of_certificates,
    "texts of no format": of_texts_of_no_format,
}
"""What makes the files of each class, which are too large to be kept."""
IMAGES = {
    "deep lists": "[" * 100_000,
    "deep list items": "- " * 100_000 + "image: a\n",
    "aliases of aliases": BOMB + "image: a\n",
    "digits": "x: " + "9" * 5000 + "\nimage: a\n",
    "a date that is none": "x: 2001-99-99\nimage: a\n",
    "one name of 10 MB": "a/" * (5 * MB) + "b\n",
    "many names": many("r.example.org/a{0}\n", 10_000),
    "many manifests": many("image: r.example.org/a{0}\n---\n", 10_000),
    "1,000,000 lists": "[" + "[]," * 1_000_000 + '{"image":"a"}]',
    "a list that is larger than all": "a" * (17 * MB),
}
NAMES = [(name, case) for name, cases in CASES.items() for case in cases()]


@pytest.fixture
def bounded(tmp_path):
    """Runs `regspec` in a process of bounded memory and processor time."""

    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    def run(*words):
        (tmp_path / "spec.yaml").write_text(SPEC)
        done = subprocess.run(
            [sys.executable, "-m", "regspec", *words],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            preexec_fn=limit,
            check=False,
        )
        assert done.returncode in (0, 1, 2), done.stderr[-2000:]
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.mark.parametrize("name, case", NAMES, ids=[f"{name}: {case}" for name, case in NAMES])
def test_a_file_is_read_or_refused(name, case, bounded, tmp_path):
    file, text = CASES[name]()[case]
    (tmp_path / "quay.io").mkdir()
    (tmp_path / "quay.io" / file).write_text(text)
    done = bounded("verify", "spec.yaml", f"quay.io/{file}")
    assert file in done.stdout + done.stderr or "no difference" in done.stderr


@pytest.mark.parametrize("name", CASES)
def test_a_class_is_imported_or_refused(name, bounded, tmp_path):
    for number, (file, text) in enumerate(CASES[name]().values()):
        if len(text) < 200_000:
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / file).write_text(text)
            bounded("import", f"{number}/{file}")


@pytest.mark.parametrize("case", IMAGES)
@pytest.mark.parametrize("command", ["coverage", "explain"])
def test_a_list_of_images_is_read_or_refused(case, command, bounded, tmp_path):
    (tmp_path / "images").write_text(IMAGES[case])
    bounded(command, "spec.yaml", "-i", "images")


# -- nodes -----------------------------------------------------------------------------------

HUNDRED = {f"{number}.toml": "" for number in range(100)}
NODES = {
    "many stars": ('imports = ["/etc/containerd/conf.d/*a*a*a*a*a*a*b"]', {"a" * 250: ""}),
    "many stars and classes": (
        f'imports = ["/etc/containerd/conf.d/{CLASSES * 40}x"]',
        {f"{'a' * 240}{number}": "" for number in range(100)},
    ),
    "many entries": (f"imports = [{PATTERN * MANY}]", HUNDRED),
    "many files that import all": (
        'imports = ["/etc/containerd/conf.d/*"]',
        dict.fromkeys(HUNDRED, 'imports = ["/etc/containerd/conf.d/*"]'),
    ),
    "many mirrors in many files": (
        'imports = ["/etc/containerd/conf.d/*"]',
        {
            name: f'version = 2\n[plugins."{OLD}".registry.mirrors."{name}"]\nendpoint = []\n'
            for name in HUNDRED
        },
    ),
    "many folders": (f'imports = ["/etc/containerd{FOLDER * 40}/x"]', {}),
    "a key of 40,000 parts": ("a." * 40_000 + "b = 1", {}),
}


@pytest.mark.parametrize("case", NODES)
def test_a_node_is_read_or_refused(case, bounded, tmp_path):
    main, others = NODES[case]
    folder = tmp_path / "node/etc/containerd"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "config.toml").write_text(f"version = 2\n{main}\n")
    for name, text in others.items():
        (folder / "conf.d" / name).write_text(text)
    if case == "many folders":
        for name in ("one", "two"):  # 2 ** 40 paths
            (folder / name).symlink_to(".")
    beyond_a_limit = case in ("many entries", "many folders")
    assert bounded("verify", "spec.yaml", "node").returncode == (2 if beyond_a_limit else 1)
    bounded("explain", "--node", "node", "nginx")
    bounded("import", "node")


# -- what the patterns of imports mean -----------------------------------------------------------

GO = [
    # Source: Go 1.22, path/filepath/match_test.go, without the rows that have a slash.
    ("abc", "abc", True),
    ("*", "abc", True),
    ("*c", "abc", True),
    ("a*", "a", True),
    ("a*", "abc", True),
    ("a*b?c*x", "abxbbxdbxebxczzx", True),
    ("a*b?c*x", "abxbbxdbxebxczzy", False),
    ("ab[c]", "abc", True),
    ("ab[b-d]", "abc", True),
    ("ab[e-g]", "abc", False),
    ("ab[^c]", "abc", False),
    ("ab[^b-d]", "abc", False),
    ("ab[^e-g]", "abc", True),
    ("a\\*b", "a*b", True),
    ("a\\*b", "ab", False),
    ("a?b", "a☺b", True),
    ("a[^a]b", "a☺b", True),
    ("a???b", "a☺b", False),
    ("a[^a][^a][^a]b", "a☺b", False),
    ("[a-ζ]*", "\u03b1", True),
    ("*[a-ζ]", "A", False),
    ("[\\]a]", "]", True),
    ("[\\-]", "-", True),
    ("[x\\-]", "x", True),
    ("[x\\-]", "-", True),
    ("[x\\-]", "z", False),
    ("[\\-x]", "x", True),
    ("[\\-x]", "-", True),
    ("[\\-x]", "a", False),
    ("[]a]", "]", None),
    ("[-]", "-", None),
    ("[x-]", "x", None),
    ("[x-]", "z", None),
    ("[-x]", "x", None),
    ("\\", "a", None),
    ("[a-b-c]", "a", None),
    ("[", "a", None),
    ("[^", "a", None),
    ("[^bc", "a", None),
    ("a[", "a", None),
    ("a[", "ab", None),
    ("a[", "x", None),
    ("*x", "xxx", True),
    # Not in Go's table: a star counts bytes, a `?` characters; of one that is cut, each byte.
    ("*??", "€", True),
    ("*?*?", "€", False),
    ("", "", True),
    ("", "a", False),
]


@pytest.mark.parametrize("pattern, name, matches", GO)
def test_patterns_are_those_of_go(pattern, name, matches):
    if matches is None:
        with pytest.raises(ValueError, match="syntax error in pattern"):
            glob.matches([name], pattern, glob.Budget())
    else:
        assert glob.matches([name], pattern, glob.Budget()) == [name] * matches


def slowly(pattern, name):
    """Whether a pattern of stars, `?`, classes of one letter and letters matches: by definition."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(slowly(pattern[1:], name[start:]) for start in range(len(name) + 1))
    if pattern[0] == "[":
        return bool(name) and name[0] == pattern[1] and slowly(pattern[3:], name[1:])
    return bool(name) and pattern[0] in ("?", name[0]) and slowly(pattern[1:], name[1:])


@settings(max_examples=500, deadline=None, database=None)
@given(
    st.lists(st.sampled_from(["*", "?", "[a]", "a", "b"]), max_size=8).map("".join),
    st.text("ab", max_size=8),
)
def test_a_pattern_matches_what_it_should(pattern, name):
    assert bool(glob.matches([name], pattern, glob.Budget())) == slowly(pattern, name)


def test_a_pattern_needs_no_more_than_the_product_of_the_lengths():
    budget = glob.Budget()
    before = budget.left
    assert glob.matches(["a" * 200], "*[a]" * 60 + "b", budget) == []
    assert before - budget.left < 200 * 60 * 4
    with pytest.raises(TooMuch, match="too many files"):
        glob.matches(["a" * 250] * 1000, "*[a]?" * 40 + "b", glob.Budget())


def test_the_files_that_a_configuration_imports_are_bounded():
    tree = Files({MAIN: f"version = 2\nimports = [{PATTERN * 10_001}]\n"})
    with pytest.raises(TooMuch, match="more than 10000 files"):
        config_load.load(tree, versions.parse("1.7"))


# -- what grows with the file ------------------------------------------------------------------


def work(text, path):
    """Seconds of the processor for all that `verify` does with a text."""
    expected = verify.Expected(spec(), ())
    begun = time.process_time()
    for reading in recognise.read(text, path, lambda _: None):
        found = verify.of_reading(expected, reading)
        for one in found:
            reading.source.document.span(one.place, HIDDEN)
    assert len(found) > 1000
    return time.process_time() - begun


def spec():
    from regspec import pipeline

    _, expected = pipeline.verify_spec(
        SPEC.encode(), targets=(), environment={}, read_file=lambda path: path.encode()
    )
    return expected.spec


MAP = "kind: ConfigMap\ndata:\n  maps: "
GROWING = {
    "map": lambda count: many("r{0}.x.org::m.example.org/{0}\n", count),
    "map of empty values": lambda count: (
        "default::a.b\n" + many("r{0}.x.org::m.example.org/{0}\nq{0}.x.org::\n", count // 2)
    ),
    "map in a ConfigMap": lambda count: (
        f"{MAP}|\n" + many("    r{0}.x.org::m.example.org/{0}\n", count)
    ),
    "map in quotes": lambda count: (
        MAP + many("r{0}.x.org::m.example.org/{0}\\n", count).join('""') + "\n"
    ),
    "mirror string": lambda count: many("r{0}.x.org::m.example.org/{0}", count, ","),
    "registries.yaml": lambda count: (
        "mirrors:\n" + many("  r{0}.x.org: {{endpoint: [https://m.example.org]}}\n", count)
    ),
    "config.toml": lambda count: (
        CRI
        + many(f'[plugins."{OLD}".registry.mirrors."r{{0}}.x.org"]\nendpoint = ["a.b"]\n', count)
    ),
}


@pytest.mark.parametrize("kind", GROWING)
def test_the_work_is_linear(kind):
    """Four times the lines take four times as long, and not sixteen times."""
    small, large = (
        min(work(GROWING[kind](count), "/file") for _ in range(2)) for count in (2500, 10_000)
    )
    assert large < 8 * small


# -- certificates --------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None, database=None)
@example(changes=[(15, 128)])  # a negative serial number, of which the library warns
@given(changes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=4))
def test_broken_certificates_are_none(root, changes):
    pytest.importorskip("cryptography")
    text = (root / "examples/ca.crt").read_text()
    body = bytearray(base64.b64decode("".join(text.split("-----")[2].split())))
    for at, byte in changes:
        body[at % len(body)] = byte
    pem = f"{PEM}{base64.b64encode(body).decode()}\n-----END CERTIFICATE-----\n"
    try:
        authorities.read(certificates.canonical(pem))
    except certificates.NotCertificates:
        return


def test_a_limit_is_told_at_the_file():
    with pytest.raises(NotADocument) as raised:
        recognise.read(toml("a." * 40 + "b = 1\n")[1], "/config.toml", lambda _: None)
    ((problem, span),) = raised.value.spans(HIDDEN)
    assert problem.message == "a key of more than 32 parts"
    assert (span.line, span.column) == (1, 1)
