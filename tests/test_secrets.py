"""What a spec with a mistake in it makes regspec say, which is never a secret."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import subprocess
import sys

import pytest
import yaml
from regspec import cli, pipeline, reports
from regspec.sources import FolderReader

WORD = "Hunter2Kx7Zq"
NUMBER = "867530942424242"

# Where a secret belongs: the lines before it, with its key last.
FIELDS = {
    f"{place} {key}": (place, key)
    for place in ("registry", "hosts")
    for key in ("username", "password", "caCert")
}

# What stands there instead of a text. SECRET is what nobody may see.
SHAPES = {
    "number": "NUMBER",
    "fraction": "NUMBER.5",
    "negative number": "-NUMBER",
    "number that is too long": "NUMBERNUMBERNUMBER",
    "list": "[SECRET, NUMBER]",
    "mapping": "{value: SECRET}",
    "mapping of a number": "{value: NUMBER}",
    "braces without a key": "{SECRET}",
    "two braces, as a template has them": "{{SECRET}}",
    "brackets in brackets": "[[SECRET], {a: SECRET}]",
    "nested": "{value: {from: [{secret: SECRET}, SECRET]}}",
    "key that is the secret": "{SECRET: x}",
    "key that is the secret, twice": "{SECRET: x, SECRET: y}",
    "nested key that is the secret": "{env: {SECRET: x}}",
    "env that is a list": "{env: [SECRET]}",
    "env that is a mapping": "{env: {a: SECRET}}",
    "env that is a number": "{env: NUMBER}",
    "env that is no name": "{env: SECRET-SECRET}",
    "env that is a shell variable": "{env: $SECRET}",
    "env that is the secret": "{env: SECRET}",
    "file that is the secret": "{file: SECRET}",
    "file that is no path": '{file: "SECRET\\n"}',
    "file that is a list": "{file: [SECRET]}",
    "file that is a number": "{file: NUMBER}",
    "env and file": "{env: SECRET, file: SECRET}",
    "unknown kind of reference": "{vault: SECRET}",
    "misspelt reference": "{evn: SECRET}",
    "reference with more": "{env: A, default: SECRET}",
    "alias without an anchor": "*SECRET",
    "alias of a mapping": "&SECRET {a: *SECRET}",
    "anchor of a mapping": "&SECRET {a: b}",
    "anchor of a list": "&SECRET [SECRET]",
    "tag": "!SECRET",
    "tag of a text": "!SECRET SECRET",
    "tag of a mapping": "!SECRET {a: SECRET}",
    "known tag": "!!binary SECRET",
    "long tag": "!<tag:SECRET> SECRET",
    "open single quote": "'SECRET",
    "open double quote": '"SECRET',
    "quote after a quote": "'SECRET'SECRET'",
    "text after a quote": '"SECRET" SECRET',
    "bad escape": '"SECRET\\qSECRET"',
    "bad hexadecimal escape": '"SECRET\\xSECRET"',
    "open bracket": "[SECRET",
    "open brace": "{SECRET",
    "closed bracket": "SECRET]",
    "at sign": "@SECRET",
    "backtick": "`SECRET`",
    "percent sign": "%SECRET",
    "two colons": "SECRET: SECRET: SECRET",
    "question mark": "? SECRET",
    "list item": "- SECRET",
    "block on the first line": "| SECRET",
    "folded block on the first line": ">SECRET",
    "bell": '"SECRET\x07SECRET"',
    "DEL": "SECRET\x7fSECRET",
    "second document": "SECRET\n---\nSECRET: SECRET",
    "private key on one line": "-----BEGIN PRIVATE KEY----- SECRET -----END PRIVATE KEY-----",
}

BLOCK = {
    "registry": "registry:\n  nmae: x # SECRET\n  endpoint: harbor.example.org\n  KEY: VALUE\n",
    "hosts": (
        "registry: {endpoint: harbor.example.org}\nhosts:\n  nexus.example.org:\n    KEY: VALUE\n"
        "    nmae: x # SECRET\n"
    ),
}
FLOW = {
    "registry": "registry: {nmae: x, endpoint: HTTP://x, KEY: VALUE, insecureSkipVerify: 1}\n",
    "hosts": (
        "registry: {endpoint: harbor.example.org}\n"
        "hosts: {nexus.example.org: {nmae: x, KEY: VALUE, plainHTTP: 1}, '': {}}\n"
    ),
}

# Mistakes of other kinds, each in what follows the two first lines of a spec.
MISTAKES = {
    "misspelt key": "registry: {endpoint: a.example.org, pasword: SECRET, usrname: SECRET}\n",
    "key in other case": "registry: {endpoint: a.example.org, PASSWORD: SECRET, CaCert: SECRET}\n",
    "misspelt key with a mapping": "registry: {endpoint: a.example.org, auth: {SECRET: SECRET}}\n",
    "misspelt key with a list": "registry: {endpoint: a.example.org, tokens: [SECRET, [SECRET]]}\n",
    "misspelt key with a block": "registry:\n  token: |\n    SECRET\n    SECRET\n  endpoint: a\n",
    "misspelt key with a number": "registry:\n  pasword: NUMBER\n  endpoint: a.example.org\n",
    "key twice": "registry:\n  endpoint: a.example.org\n  password: SECRET\n  password: SECRET\n",
    "key twice on a line": "registry: {endpoint: a, password: SECRET, password: SECRET}\n",
    "key twice below a secret": "registry:\n  password:\n    SECRET: 1\n    SECRET: 2\n",
    "key twice below an unknown key": "registry:\n  auth:\n    SECRET: 1\n    SECRET: 2\n",
    "at the top": "password: SECRET\nusername: SECRET\nregistry: {endpoint: a.example.org}\n",
    "at the top, as a list": "passwords: [SECRET, {a: SECRET}]\nregistry: {endpoint: a}\n",
    "below mirrors": (
        "registry: {endpoint: a.example.org}\n"
        "mirrors: [{source: quay.io, password: SECRET, username: SECRET}]\n"
    ),
    "below mirrors, as a block": (
        "registry: {endpoint: a.example.org}\nmirrors:\n  - source: quay.io\n"
        "    password: SECRET\n    caCert: |\n      SECRET\n"
    ),
    "below imageSwap": (
        "registry: {endpoint: a}\nimageSwap: {pullSecret: {password: SECRET}, password: SECRET}\n"
    ),
    "below targets": "registry: {endpoint: a}\ntargets: [{target: secret, password: SECRET}]\n",
    "below lint": "registry: {endpoint: a}\nlint: {password: SECRET}\n",
    "hosts that is a login": "registry: {endpoint: a}\nhosts: {username: x, password: SECRET}\n",
    "host that is a password": "registry: {endpoint: a}\nhosts: {nexus.example.org: SECRET}\n",
    "host that is a password, as a block": "registry: {endpoint: a}\nhosts:\n  h: SECRET\n",
    "host that is a number": "registry: {endpoint: a}\nhosts: {nexus.example.org: NUMBER}\n",
    "host that is a list": "registry: {endpoint: a}\nhosts: {nexus.example.org: [SECRET]}\n",
    "hosts that is a text": "registry: {endpoint: a}\nhosts: SECRET\n",
    "hosts that is a list": "registry: {endpoint: a}\nhosts: [{password: SECRET}, SECRET]\n",
    "registry that is a text": "registry: password SECRET\n",
    "registry that is a list": "registry: [{password: SECRET}, SECRET, password SECRET]\n",
    "registry that is two lists": "registry:\n  - endpoint: a\n  - password: SECRET\n",
    "no blank after the colon": "registry: {endpoint: a, password:SECRET}\n",
    "no blank after the colon, as a block": "registry:\n  endpoint: a\n  password:SECRET\n",
    "equals sign": "registry: {endpoint: a, password=SECRET}\n",
    "key and value in one quote": "registry: {endpoint: a, 'password: SECRET': x}\n",
    "key and value in one quote, without more": 'registry: {endpoint: a, "password: SECRET"}\n',
    "no colon": "registry:\n  endpoint: a\n  password SECRET\n",
    "indented too far": "registry:\n  endpoint: a\n    password: SECRET\n",
    "indented too little": "registry:\n  endpoint: a\n password: SECRET\n",
    "indented with a tab": "registry:\n\tpassword: SECRET\n",
    "text of several lines": "registry:\n  endpoint: a\n  pasword: one\n    SECRET\n    SECRET\n",
    "quoted text of several lines": 'registry:\n  endpoint: a\n  password: "one\n\n    SECRET\n',
    "PEM without a block": (
        "registry:\n  endpoint: a\n  caCert: -----BEGIN RSA PRIVATE KEY-----\n"
        "    Proc-Type: 4,ENCRYPTED\n    SECRET\n"
    ),
    "PEM that is not indented": (
        "registry:\n  endpoint: a\n  caCert: |\n-----BEGIN PRIVATE KEY-----\nSECRET\n"
    ),
    "private key": (
        "registry:\n  endpoint: a.example.org\n  caCert: |\n    -----BEGIN PRIVATE KEY-----\n"
        "    SECRET\n    -----END PRIVATE KEY-----\nmirrors: [quay.io]\n"
    ),
    "PEM without an end": (
        "registry:\n  endpoint: a.example.org\n  caCert: |\n    -----BEGIN CERTIFICATE-----\n"
        "    SECRET\nmirrors: [quay.io]\n"
    ),
    "PEM that is no base64": (
        'registry: {endpoint: a.example.org, caCert: "-----BEGIN CERTIFICATE-----\\nSECRET!\\n'
        '-----END CERTIFICATE-----"}\nmirrors: [quay.io]\n'
    ),
    "PEM that is no certificate": (
        'registry: {endpoint: a.example.org, caCert: "-----BEGIN CERTIFICATE-----\\nSECRET\\n'
        '-----END CERTIFICATE-----"}\nmirrors: [quay.io]\n'
    ),
    "certificate that is a password": (
        "registry: {endpoint: a.example.org, caCert: SECRET}\nmirrors: [quay.io]\n"
    ),
    "comments beside mistakes": (
        "# SECRET\nregistry: # SECRET\n  endpoint: HTTP://x # SECRET\n  nmae: x # SECRET\n"
        "  plainHTTP: 1 # SECRET\nmirrors: [x y] # SECRET\n# SECRET\n"
    ),
    "comment in a flow mapping": (
        "registry: { # SECRET\n  endpoint: HTTP://x, # SECRET\n  nmae: x } # SECRET\n"
    ),
    "comment after a key twice": "registry:\n  endpoint: a\n  endpoint: b # SECRET\n",
    "key twice before a secret": "registry: {endpoint: a, name: x, name: y, password: SECRET}\n",
    "valid secrets beside a mistake": (
        "registry: {username: SECRET, password: 'SECRET', endpoint: HTTP://x, caCert: \"SECRET\","
        " nmae: x}\n"
    ),
    "valid secrets beside a rule's finding": (
        "registry: {username: SECRET, password: SECRET, endpoint: '[::1]:5000'} # SECRET\n"
        "mirrors: [quay.io]\n"
    ),
    "hosts beside a rule's finding": (
        "registry: {endpoint: a.example.org}\n"
        "mirrors: [quay.io, quay.io]\n"
        "hosts: {nexus.example.org: {username: SECRET, password: SECRET}} # SECRET\n"
    ),
    "long line": (
        f"registry: {{endpoint: HTTP://{'x' * 200}, password: SECRET{'x' * 200}SECRET, nmae: x}}\n"
    ),
    "long line that ends in a mistake": (
        f"registry: {{password: SECRET{'x' * 150}SECRET, endpoint: HTTP://x, nmae: x}}\n"
    ),
    "alias of a secret": "registry: {endpoint: HTTP://x, password: &p SECRET, username: *p}\n",
    "merge key": "registry: {<<: {password: SECRET}, endpoint: a}\n",
    "alias as a key": "registry: {password: &p SECRET, *p : SECRET}\n",
    "mapping as a key": "registry: {{password: SECRET}: x}\n",
    "secret that is not UTF-8": "registry: {endpoint: a, password: SECRET\udcff}\n",
    "secret with a surrogate": 'registry: {endpoint: HTTP://x, password: "SECRET\\ud800"}\n',
    "secret with odd line ends": "registry: {endpoint: HTTP://x, password: 'SECRET\u2028SECRET'}\n",
    "comment with odd line ends": "registry:\n  nmae: x # SECRET\u2028SECRET\x85  endpoint: a\n",
    "secret after a byte order mark": "\ufeffregistry: {endpoint: HTTP://x, password: SECRET}\n",
    "secret beside characters beyond the BMP": "registry: {nmae: 😀, password: SECRET} # SECRET\n",
    "login in the endpoint": "registry: {endpoint: 'https://user:SECRET@a.example.org'}\n",
    "login in the endpoint, without a scheme": "registry: {endpoint: 'u:SECRET@a.example.org'}\n",
    "login in the endpoint, as a block": "registry:\n  endpoint: https://user:SECRET@a.example.org\n",
    "login with a slash": "registry: {endpoint: 'https://user:a/SECRET@a.example.org'}\n",
    "login with an at sign": "registry: {endpoint: 'https://user:a@SECRET@a.example.org'}\n",
    "login with a colon": "registry: {endpoint: 'https://user:a:SECRET@a.example.org'}\n",
    "login with a blank": "registry: {endpoint: 'https://user:a SECRET@a.example.org'}\n",
    "login without a user": "registry: {endpoint: 'https://:SECRET@a.example.org'}\n",
    "login without a password": "registry: {endpoint: 'https://SECRET@a.example.org'}\n",
    "login in a target": (
        "registry: {endpoint: a}\nmirrors: [{source: quay.io, target: 'user:SECRET@h/quay'}]\n"
    ),
    "login in a source": "registry: {endpoint: a}\nmirrors: [{source: 'https://u:SECRET@quay.io'}]\n",
    "login in a short mirror": "registry: {endpoint: a}\nmirrors: ['https://u:SECRET@quay.io']\n",
    "login in the mirror string": (
        "registry: {endpoint: a, mirrorRegistries: 'quay.io::https://u:SECRET@h/a,x::u:SECRET@h'}\n"
    ),
    "login in a host": "registry: {endpoint: a}\nhosts: {'user:SECRET@h.example.org': {}}\n",
    "login in an image": "registry: {endpoint: a}\nimages: ['https://u:SECRET@quay.io/a:1']\n",
}  # fmt: skip


def spoiled(text, mirrors="mirrors: [docker.io]\n"):
    """The bytes of a spec with a secret of its own in each place; and all the secrets."""
    text = text if "mirror" in text else text + mirrors
    parts = re.split("(SECRET|NUMBER)", text)
    secrets = []
    for index in range(1, len(parts), 2):
        # An anchor and its alias, and a key twice, must have one name.
        if parts[index] == "SECRET":
            parts[index] = WORD
        else:
            parts[index] = NUMBER
        secrets.append(parts[index])
    return "".join(parts).encode("utf-8", "surrogateescape"), set(secrets)


@pytest.fixture
def here(tmp_path, monkeypatch, capfd):
    """Compiles a spec without a process of its own: the exit code, and all that was printed."""

    def run(head, content, *words, command=("compile",)):
        (tmp_path / "spec.yaml").write_bytes(head.encode() + content)
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            with pytest.raises(SystemExit) as end:
                cli.main([*words, *command, "spec.yaml"])
        assert not (tmp_path / "out").exists()
        return end.value.code, "".join(capfd.readouterr())

    return run


def hides(said, secrets):
    """Whether a text holds none of the secrets, in no form."""
    for secret in secrets:
        raw = secret.encode()
        forms = [secret, secret[::-1], raw.hex(), secret[:8], secret[-8:]]
        forms += [base64.b64encode(b"\0" * n + raw).decode()[4:-4] for n in range(3)]
        forms += [hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256")]
        if secret.isdecimal():
            forms += [f"{int(secret):,}", f"{float(secret):e}", f"{float(secret)}"]
        for form in forms:
            assert form.casefold() not in said.casefold(), f"this shows {form}:\n{said}"


def check(here, head, text):
    """Whether a spoiled spec is refused, at a place in it, without a word of its secrets."""
    content, secrets = spoiled(text)
    code, said = here(head, content)
    assert code == 1, said
    assert re.search(r"^ *--> spec\.yaml:\d+:\d+$", said, re.MULTILINE), said
    assert secrets
    hides(said, secrets)
    assert here(head, content, "--debug") == (code, said)
    for form in ("text", "github", "json", "sarif"):
        code, said = here(head, content, command=("check", "--format", form))
        assert code == 1, said
        hides(said, secrets)
    hides(here(head, content, command=("check", "--diff"))[1], secrets)


@pytest.mark.parametrize("layout", [BLOCK, FLOW], ids=["block", "flow"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_secret_of_a_wrong_shape_is_not_shown(here, head, shape, layout):
    for place, key in FIELDS.values():
        check(here, head, layout[place].replace("KEY", key).replace("VALUE", SHAPES[shape]))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_secret_beside_a_mistake_or_in_a_wrong_place_is_not_shown(here, head, mistake):
    check(here, head, MISTAKES[mistake])


def test_a_comment_is_never_shown(here, head):
    lines = (
        "registry:", "  endpoint: HTTP://x", "  nmae: x", "  plainHTTP: 1", "  name: ''",
        "  proxyCache: [x]", "mirrors:", "  - x y", "  - {source: 1}", "fallback: x",
        "images: ['x y']", "targets: [x]", "lint: {ignore: [x]}", "hosts: {X: {}}",
    )  # fmt: skip
    content, secrets = spoiled("".join(f"{line} # SECRET\n" for line in lines))
    code, said = here(head, content)
    assert code == 1
    assert said.count("error[") >= 8
    hides(said, secrets)


def test_the_rest_of_a_line_with_a_secret_is_still_shown(here, head):
    text = f"registry: {{endpoint: HTTP://x, password: {WORD}, nmae: x}} # {WORD}\nmirrors: [x]\n"
    _, said = here(head, text.encode())
    assert "registry: {endpoint: HTTP://x, password: ..., nmae: ...}\n" in said
    hides(said, [WORD])


def test_colours_do_not_show_what_is_hidden(here, head, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    for mistake in ("valid secrets beside a mistake", "key twice on a line"):
        content, secrets = spoiled(MISTAKES[mistake])
        code, said = here(head, content)
        assert code == 1
        assert "\x1b[" in said
        hides(re.sub(r"\x1b\[[0-9;]*m", "", said), secrets)


@pytest.mark.parametrize("words", [(), ("--debug",)], ids=["plain", "debug"])
@pytest.mark.parametrize(
    "mistake", ["misspelt key", "key twice", "private key", "quoted text of several lines"]
)
def test_the_command_does_not_show_a_secret_of_a_spec_from_a_pipe(
    tmp_path, head, regspec, mistake, words
):
    content, secrets = spoiled(MISTAKES[mistake])
    for mode in ((), ("--check",), ("--diff",), ("--stdout",)):
        done = regspec(*words, "compile", "-", *mode, cwd=tmp_path, input=head.encode() + content)
        assert done.returncode == 1
        assert done.stdout == b""
        hides(done.stderr.decode(), secrets)


def test_a_compile_that_succeeds_says_nothing_of_its_secrets(tmp_path, head, regspec):
    (tmp_path / "spec.yaml").write_text(
        f"{head}registry: {{endpoint: a.example.org, username: {WORD}, password: {{env: PW}}}}\n"
        f"mirrors: [quay.io] # {WORD}\nimageSwap: {{pullSecret: true}}\n"
    )
    for mode in ((), ("--check",), ("--diff",)):
        done = regspec("--debug", "compile", "spec.yaml", *mode, cwd=tmp_path, env={"PW": NUMBER})
        assert done.returncode == 0, done.stderr
        hides(done.stdout + done.stderr, [WORD, NUMBER])


# What starts a program, talks to another machine, or leaves a trace: see the audit events of
# Python. Where it opens a file to write, the file is one of the output, or its temporary one.
_WITNESS = r"""
import os, sys
from pathlib import Path

told = sys.stderr
FORBIDDEN = (
    "subprocess.", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system",
    "os.startfile", "os.putenv", "os.unsetenv", "socket.", "syslog.", "tempfile.", "shutil.",
    "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "pty.", "mmap.", "ctypes.",
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC

def witness(event, arguments):
    if event.startswith(FORBIDDEN):
        print("WITNESS", event, arguments, file=told)
    # A number is the descriptor of a file that was opened, and told, before.
    if event == "open" and arguments[2] & WRITES and not isinstance(arguments[0], int):
        if not str(arguments[0]).endswith(".regspec-new"):
            print("WITNESS", event, arguments, file=told)

from regspec import cli
sys.addaudithook(witness)
try:
    cli.main(["compile", "spec.yaml"])
finally:
    for place in ("cmdline", "environ", "comm"):
        held = Path("/proc/self", place)
        if held.exists() and os.environb[b"LOOK_FOR"][::-1] in held.read_bytes():
            print("WITNESS", place, file=told)
"""


def test_a_secret_goes_nowhere_but_into_the_output(tmp_path, head):
    (tmp_path / "pw").write_text(f"{WORD}\n")
    (tmp_path / "spec.yaml").write_text(
        f"{head}registry: {{endpoint: a.example.org, username: {WORD}, password: {{file: pw}}}}\n"
        "mirrors: [quay.io]\nimageSwap: {pullSecret: true}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", _WITNESS],
        cwd=tmp_path,
        env={"LOOK_FOR": WORD[::-1], "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "3 files written" in done.stderr
    assert "WITNESS" not in done.stderr
    hides(done.stdout + done.stderr, [WORD])
    holders = [p for p in tmp_path.rglob("*") if p.is_file() and WORD in p.read_text()]
    assert {path.name for path in holders} == {
        "pw", "spec.yaml", "values.yaml", "registry-secret.yaml"
    }  # fmt: skip


# --- fuzzing ------------------------------------------------------------------------------

_SECRET = "hunter2kx7zqwq9vj"
# A mutation may cut through the secret; its parts are secret too.
_NEEDLE = re.compile("(?i)hunter2|kx7zq|wq9vj")
_SPEC = f"""\
apiVersion: regspec/v1 # {_SECRET}
kind: RegistrySpec
# {_SECRET}
registry: # {_SECRET}
  endpoint: harbor.example.org # {_SECRET}
  name: Internal
  baseContentPath: images
  username: {_SECRET}
  password: "{_SECRET}" # {_SECRET}
  caCert: |
    {_SECRET}
    {_SECRET}
hosts:
  nexus.example.org: {{username: '{_SECRET}', password: {_SECRET}, caCert: "{_SECRET}"}}
  h.example.org:
    password: >-
      {_SECRET}
      {_SECRET}
    username: one
      {_SECRET}
mirrors: [docker.io, {{source: quay.io, target: nexus.example.org/quay}}] # {_SECRET}
fallback: deny
"""
_TOKENS = (
    "\n", " ", "  ", "#", ": ", ":", "- ", "'", '"', "{", "}", "[", "]", ", ", "|", ">", "\t",
    "---\n", "...\n", "? ", "\r", "\u2028", "\ufeff", "\\", "😀", "~", "x", "1", "*", "&", "!", "%",
    "name: ", "pasword: ", "<<: ",
)  # fmt: skip
_SECRET_KEYS = {"username", "password", "caCert"}
_PUBLIC_KEYS = {
    "apiVersion", "kind", "endpoint", "name", "baseContentPath", "mirrorRegistries", "source",
    "path", "target", "fallback",
}  # fmt: skip


def mutated(text, chance):
    """A text with a few random edits."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        lines = text.splitlines(keepends=True) or [""]
        line = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                text = text[:at] + chance.choice(_TOKENS) + text[at:]
            case 1:
                text = text[:at] + text[at + chance.randint(1, 3) :]
            case 2:
                text = "".join([*lines[:line], chance.choice(lines), *lines[line:]])
            case 3:
                text = "".join([*lines[:line], *lines[line + 1 :]])
            case _:
                other = chance.randrange(len(lines))
                lines[line], lines[other] = lines[other], lines[line]
                text = "".join(lines)
    return text


def author_made_public(text):
    """What of a mutated spec an author would not take for a secret: keys, and public values."""

    def walk(node, keys):
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                key = getattr(name, "value", "")
                if not _SECRET_KEYS & set(keys):
                    yield str(key)
                yield from walk(value, (*keys, str(key)))
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                yield from walk(value, keys)
        elif keys[-1:] == ("mirrors",) or (keys and keys[-1] in _PUBLIC_KEYS):
            yield node.value

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = list(yaml.compose_all(text, loader))
    except yaml.YAMLError:
        # The document does not parse; a key that stands twice before the error may be shown, and so
        # may the line of a public key.
        keys = re.findall(r"^ *(?:- )*([^\s:#]+) *:", text, re.MULTILINE)
        public = "|".join(sorted(_PUBLIC_KEYS))
        return "\n".join(
            keys + re.findall(rf"^ *(?:- )*(?:{public}) *: .*?(?= #|$)", text, re.MULTILINE)
        )
    return "\n".join(shown for node in documents for shown in walk(node, ()))


def test_no_random_edit_of_a_spec_makes_regspec_show_its_secrets(tmp_path):
    reader = FolderReader(tmp_path)
    errors = 0
    for seed in range(2500):
        text = mutated(_SPEC, random.Random(seed))
        result = pipeline.compile_spec(
            text.encode(), targets=(), environment={}, read_file=reader
        )  # any exception fails the test
        said = "".join(reports.text(diagnostic, "f") for diagnostic in result.diagnostics)
        errors += result.failed
        if _NEEDLE.search(said) and not _NEEDLE.search(author_made_public(text)):
            pytest.fail(f"seed {seed}:\n{text}\n{said}")
    assert errors > 2000
