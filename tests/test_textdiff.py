"""What --check and --diff tell about old files, and what they must never tell."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import textwrap
import tomllib

import pytest
import yaml
from regspec import cli, pipeline
from regspec.sources import FolderReader
from regspec.textdiff import Unreadable, unified

FILES = ("values.yaml", "registry-secret.yaml", "containerd.toml")
PASSWORD, USERNAME = "newpassword", "newuser"


def spec(head, certificate=""):
    """A spec with every kind of secret, whose files the old ones are compared with."""
    ca = f'  caCert: "{certificate}"\n' if certificate else ""
    return (
        f"{head}registry:\n"
        f"  endpoint: new.example.org\n  username: {USERNAME}\n  password: {PASSWORD}\n{ca}"
        "mirrors: [docker.io, quay.io]\n"
        "imageSwap: {pullSecret: true}\n"
        "targets: [values, secret, {target: containerd, endpoints: api, version: '1.7',"
        " caFile: /etc/containerd/ca.crt}]\n"
        "lint: {ignore: [RS503, RS315, RS207, RS214]}\n"
    )


def pem(label, content):
    """A PEM block; the compiler looks at no more of it than that it is an ASN.1 sequence."""
    der = b"\x30\x82" + len(content).to_bytes(2, "big") + content
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----")) + "\n"


@pytest.fixture(scope="module")
def artifacts(head, tmp_path_factory):
    """What the spec compiles to, by the paths."""
    certificate = pem("CERTIFICATE", b"c" * 300).replace("\n", "\\n")
    reader = FolderReader(tmp_path_factory.mktemp("spec"))
    text = spec(head, certificate).encode()
    result = pipeline.compile_spec(text, targets=(), environment={}, read_file=reader)
    assert not result.failed
    assert {artifact.path for artifact in result.artifacts} == set(FILES)
    return {artifact.path: artifact for artifact in result.artifacts}


@pytest.fixture
def here(monkeypatch, capfd):
    """Runs `regspec` without a process of its own: its exit code, and all that it printed."""

    def run(*words, cwd):
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            with pytest.raises(SystemExit) as end:
                cli.main(list(words))
        return end.value.code, "".join(capfd.readouterr())

    return run


@pytest.fixture
def site(tmp_path, head, here):
    """The spec, and out/ as it makes it."""
    (tmp_path / "spec.yaml").write_text(spec(head))
    assert here("compile", "spec.yaml", cwd=tmp_path)[0] == 0
    return tmp_path


def forms(secret):
    """The secret and everything that gives it away."""
    raw = secret.encode()
    # Inside longer base64 a text has one of three forms, by where it begins.
    shifted = [
        base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")[4 if shift else 0 : -1]
        for shift in range(3)
    ]
    hashes = [hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256")]
    return [secret, base64.b64encode(raw).decode(), *shifted, *hashes, raw.hex(), secret[::-1]]


def hides(said, *secrets):
    """Whether a text holds none of the secrets, in no form."""
    for secret in secrets:
        for form in forms(secret):
            assert form.casefold() not in said.casefold(), f"this shows {secret}:\n{said}"


def difference(artifact, old):
    """The diff of an old file, or the word that says that there is none."""
    try:
        return unified(artifact, old if isinstance(old, bytes) else old.encode(), "old")
    except Unreadable:
        return "unreadable"


# --- exit codes, and that nothing is written ----------------------------------------------


def test_files_that_are_up_to_date_make_no_difference(site, here):
    for mode in ("--check", "--diff"):
        assert here("compile", "spec.yaml", mode, cwd=site) == (0, "")


def test_check_and_diff_make_no_folder(tmp_path, head, here):
    (tmp_path / "spec.yaml").write_text(spec(head))
    code, said = here("compile", "spec.yaml", "--check", cwd=tmp_path)
    assert code == 1
    assert said.splitlines() == [f"out/{name}: missing" for name in FILES]
    code, said = here("compile", "spec.yaml", "--diff", cwd=tmp_path)
    assert code == 1
    for name in FILES:
        assert f"--- /dev/null\n+++ out/{name}\n" in said
    assert "+    endpoint: " in said
    hides(said, PASSWORD, USERNAME)
    assert not (tmp_path / "out").exists()


def test_check_names_each_file_that_is_missing_or_differs_and_no_other(site, here):
    (site / "out" / "values.yaml").unlink()
    with (site / "out" / "containerd.toml").open("a") as file:
        file.write("# more\n")
    code, said = here("compile", "spec.yaml", "--check", cwd=site)
    assert code == 1
    assert said.splitlines() == ["out/values.yaml: missing", "out/containerd.toml: differs"]
    assert not (site / "out" / "values.yaml").exists()


def test_check_and_diff_leave_every_file_as_it_is(site, here):
    for name in FILES:
        (site / "out" / name).write_text("a: 1\n" if "yaml" in name else "a = 1\n")
        (site / "out" / name).chmod(0o644)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_mode) for p in (site / "out").iterdir()}
    for mode in ("--check", "--diff"):
        assert here("compile", "spec.yaml", mode, cwd=site)[0] == 1
        after = {p: (p.stat().st_mtime_ns, p.stat().st_mode) for p in (site / "out").iterdir()}
        assert after == before


def test_several_specs_are_all_compared(site, here, head):
    (site / "other.yaml").write_text(spec(head))
    words = ("compile", "spec.yaml", "other.yaml", "-o", "sites/{stem}", "--check")
    code, said = here(*words, cwd=site)
    assert code == 1
    for stem in ("spec", "other"):
        assert f"sites/{stem}/values.yaml: missing" in said


def test_a_spec_with_an_error_does_not_keep_the_others_from_being_compared(site, here, head):
    (site / "bad.yaml").write_text(head)
    words = ("compile", "bad.yaml", "spec.yaml", "-o", "sites/{stem}", "--check")
    code, said = here(*words, cwd=site)
    assert code == 1
    assert "sites/spec/values.yaml: missing" in said


# --- what is shown ------------------------------------------------------------------------


def test_public_changes_are_shown_as_a_unified_diff(site, here):
    values, toml = site / "out" / "values.yaml", site / "out" / "containerd.toml"
    for path in (values, toml):
        path.write_text(path.read_text().replace("new.example.org", "old.example.org"))
    code, said = here("compile", "spec.yaml", "--diff", cwd=site)
    assert code == 1
    assert "--- out/values.yaml\n+++ out/values.yaml\n@@ " in said
    assert '-    endpoint: "old.example.org"\n' in said
    assert '+    endpoint: "new.example.org"\n' in said
    assert '-    mirrorRegistries: "docker.io::old.example.org/docker.io,' in said
    assert '-        endpoint = ["https://old.example.org/v2/docker.io"]\n' in said
    assert '+        endpoint = ["https://new.example.org/v2/docker.io"]\n' in said
    assert "registry-secret" not in said


def test_a_mirror_that_was_added_is_shown(site, here, head):
    (site / "spec.yaml").write_text(spec(head).replace("quay.io]", "quay.io, gcr.io]"))
    _, said = here("compile", "spec.yaml", "--diff", cwd=site)
    assert '+      [plugins."io.containerd.grpc.v1.cri".registry.mirrors."gcr.io"]\n' in said
    assert re.search(r"\+ +MIRROR_REGISTRIES: .*gcr.io::new.example.org/gcr.io", said)


def test_a_diff_can_be_applied_when_nothing_in_it_is_hidden(artifacts):
    new = artifacts["containerd.toml"].text
    old = new.replace("new.example.org", "old.example.org").replace("docker.io", "gcr.io")
    lines = unified(artifacts["containerd.toml"], old.encode(), "f").splitlines()[2:]
    removed = [line[1:] for line in lines if line[0] == "-"]
    added = [line[1:] for line in lines if line[0] == "+"]
    assert [line for line in old.splitlines() if line not in new.splitlines()] == removed
    assert [line for line in new.splitlines() if line not in old.splitlines()] == added


def test_a_change_of_layout_only_is_said_in_words(artifacts):
    for artifact in artifacts.values():
        assert "differs only in" in difference(artifact, artifact.text.replace("\n", "\r\n"))


@pytest.mark.parametrize("key", ["password", "username"])
def test_a_changed_secret_is_shown_as_changed_and_no_more(site, here, key, head):
    old = f"{key}-of-last-year"
    new = {"password": PASSWORD, "username": USERNAME}[key]
    text = spec(head).replace(f"{key}: {new}", f"{key}: {old}")
    (site / "old.yaml").write_text(text)
    assert here("compile", "old.yaml", cwd=site)[0] == 0
    code, said = here("compile", "spec.yaml", "--diff", cwd=site)
    assert code == 1
    for name in (key, key.upper(), "dockerConfigJson"):
        hidden = rf'^- +{name}: "<hidden>"\n\+ +{name}: "<hidden, changed>"$'
        assert re.search(hidden, said, re.MULTILINE)
    hides(said, old, new)
    hides(said, f"{USERNAME}:{PASSWORD}", f"{USERNAME}:{old}")
    assert str(len(old)) not in re.sub("@@.*@@", "", said)


def test_a_secret_that_stayed_is_not_shown_as_changed(site, here):
    values = site / "out" / "values.yaml"
    values.write_text(values.read_text().replace("new.example.org", "old.example.org", 1))
    _, said = here("compile", "spec.yaml", "--diff", cwd=site)
    assert "changed" not in said
    hides(said, PASSWORD, USERNAME)


def test_a_changed_certificate_is_shown_as_changed_and_no_more(artifacts):
    for name, key in (("values.yaml", "caCert"), ("registry-secret.yaml", "CA_CERT")):
        new = artifacts[name].text
        line = next(text for text in new.splitlines() if "Y2Nj" in text)
        said = difference(artifacts[name], new.replace(line, line.replace("Y2Nj", "ZGRk")))
        assert f'+{" " * (4 if "values" in name else 2)}{key}: "<hidden, changed>"\n' in said
        hides(said, "ZGRk", "Y2Nj")


@pytest.mark.parametrize("lengths", [(1, 2), (1, 40), (30, 400)])
def test_secrets_of_any_length_look_the_same(artifacts, lengths):
    values = artifacts["values.yaml"]
    said = {difference(values, values.text.replace(PASSWORD, "x" * n)) for n in lengths}
    assert len(said) == 1


# --- what is hidden -----------------------------------------------------------------------

# Each case is an old file in which SECRET stands for something that nobody may see.
YAML = {
    "password": "config:\n  ociImageRegistry:\n    password: SECRET\n",
    "username": "config:\n  ociImageRegistry:\n    username: SECRET\n",
    "single quotes": "config:\n  ociImageRegistry:\n    password: 'SECRET'\n",
    "double quotes": 'config:\n  ociImageRegistry:\n    password: "SECRET"\n',
    "password in a place of its own": "password: SECRET\n",
    "a number before it": "config:\n  ociImageRegistry:\n    password: 123456SECRET\n",
    "a key that is unknown": "config:\n  ociImageRegistry:\n    token: SECRET\n",
    "a key that is only like a public one": "config:\n  ociImageRegistry:\n    Endpoint: SECRET\n",
    "keys below an unknown key": "auth: {deep: {token: SECRET}}\n",
    "private key": (
        "config:\n  ociImageRegistry:\n    endpoint: old.example.org\n    caCert: |\n"
        "      -----BEGIN PRIVATE KEY-----\n      SECRET\n      -----END PRIVATE KEY-----\n"
        "    name: x\n"
    ),
    "private key, strip": "tls:\n  key: |-\n    -----BEGIN RSA PRIVATE KEY-----\n    SECRET\n",
    "private key, indented by hand": "tls:\n  key: |2-\n       -----BEGIN\n    SECRET\nname: x\n",
    "private key in one line": 'tls: {caCert: "-----BEGIN PRIVATE KEY-----\\nSECRET\\n"}\n',
    "docker config": "imagePullSecret:\n  create: true\n  dockerConfigJson: SECRET\n",
    "docker config as a mapping": (
        'imagePullSecret: {dockerConfigJson: {"auths": {"h": {"auth": "SECRET"}}}}\n'
    ),
    "data of a Secret": "apiVersion: v1\nkind: Secret\ndata:\n  PASSWORD: SECRET\n  x: SECRET\n",
    "annotation": (
        "kind: Secret\nmetadata:\n  name: x\n  annotations:\n"
        "    kubectl.kubernetes.io/last-applied-configuration: |\n"
        '      {"stringData":{"PASSWORD":"SECRET"}}\n'
    ),
    "labels": "metadata: {labels: {team: SECRET}, name: x}\n",
    "environment of a container": "env:\n  - {name: PASSWORD, value: SECRET}\n  - value: SECRET\n",
    "comment on a line": "# SECRET\nconfig: {}\n",
    "comment after a value": "config:\n  ociImageRegistry:\n    endpoint: x # SECRET\n",
    "comment after a key": "config: # SECRET\n  ociImageRegistry:\n    endpoint: x\n",
    "comment that is not indented": "config:\n  ociImageRegistry:\n# SECRET\n    endpoint: x\n",
    "comment after everything": "config:\n  ociImageRegistry:\n    endpoint: x\n#SECRET",
    "comment in a flow mapping": "config: { # SECRET\n  endpoint: x, # SECRET\n  name: y }\n",
    "comment between documents": "endpoint: x\n# SECRET\n---\n# SECRET\nendpoint: y\n",
    "comment after the end of a document": "endpoint: x\n... # SECRET\n",
    "comment after the header": "# made by regspec; edit the spec instead SECRET\nendpoint: x\n",
    "comment after a block": "endpoint: |\n  x\n# SECRET\nname: y\n",
    "comment after an indented block": "a:\n  endpoint: |\n    x\n   # SECRET\n  name: y\n",
    "comment on the first line of a block": "endpoint: | # SECRET\n  x\nname: y\n",
    "comment on the first line of a folded block": "endpoint: >- # SECRET\n  x\nname: y\n",
    "commented out key": "config:\n  ociImageRegistry:\n    #password: SECRET\n    endpoint: x\n",
    "comment on a line with CR": "endpoint: x # SECRET\rname: y\r",
    "comment after a tab": "endpoint: x\t# SECRET\nname: y\n",
    "anchor and alias": "password: &p SECRET\nendpoint: *p\n",
    "name of an anchor": "password: &SECRET x\n",
    "name of an anchor of a mapping": "password: &SECRET {a: b}\n",
    "name of an anchor of a list": "password: &SECRET\n  - x\n",
    "name of an anchor of a public value": "endpoint: &SECRET x\n",
    "name of an anchor of a key": "&SECRET endpoint: x\n",
    "name of an alias, which a password with an asterisk is": "password: *SECRET\nendpoint: x\n",
    "tag, which a password with an exclamation mark is": "password: !SECRET\nendpoint: x\n",
    "tag of a value": "password: !SECRET x\n",
    "tag of a mapping": "password: !SECRET {a: b}\n",
    "tag of a public value": "endpoint: !SECRET x\n",
    "tag directive": "%TAG !SECRET! tag:example.org,2000:\n---\nendpoint: x\n",
    "unknown directive": "%SECRET x\n---\nendpoint: x\n",
    "alias as a key": "a: &a endpoint\n*a : SECRET\n",
    "alias as a key of a flow mapping": "config: {a: &a endpoint, *a : SECRET}\n",
    "key with a question mark": "? password\n: SECRET\n? endpoint\n: x\n",
    "plain text of several lines": "password: one\n  SECRET\n  three\nendpoint: x\n",
    "folded text": "password: >\n  one\n  SECRET\n\n  three\nendpoint: x\n",
    "folded text that is kept": "password: >+\n  SECRET\n\n\nendpoint: x\n",
    "quoted text of several lines": "password: 'one\n\n  SECRET\n  three'\nendpoint: x\n",
    "double-quoted text of several lines": 'password: "one\\\n  SECRET\\\n  three"\nendpoint: x\n',
    "list below a secret key": "password:\n  - SECRET\n  - [SECRET, {a: SECRET}]\n",
    "list below an unknown key": "tokens: [SECRET, SECRET]\nendpoint: x\n",
    "list of lists": "- - SECRET\n- SECRET\n",
    "mapping in a list below a public key": "endpoint: [{token: SECRET}, x]\n",
    "flow mapping": "config: {ociImageRegistry: {password: SECRET, endpoint: x}}\n",
    "flow mapping like JSON": '{"config":{"ociImageRegistry":{"password":"SECRET","name":"x"}}}',
    "pair in a list": "config: [password: SECRET, endpoint: x]\n",
    "second document": "endpoint: x\n---\npassword: SECRET\n...\n---\ntoken: SECRET\n",
    "text that is the whole document": "SECRET\n",
    "quoted text that is the whole document": "--- 'SECRET'\n",
    "key below a secret key": "password: {SECRET: x}\n",
    "key below a secret key, alone": "password: {SECRET}\nendpoint: x\n",
    "key below a secret key, as a block": "config:\n  password:\n    SECRET: 1\n",
    "keys of a docker config": 'dockerConfigJson: {"auths": {"https://u:SECRET@h": {}}}\n',
    "key below an unknown key": "auth: {SECRET: x}\n",
    "login in an endpoint": "config: {endpoint: 'https://user:SECRET@old.example.org'}\n",
    "login in an endpoint without a name": "endpoint: https://SECRET@old.example.org/x\n",
    "login in an image": "config:\n  imageSwapImage: oci://user:SECRET@old.example.org/x\n",
    "logins in mirrors": (
        "mirrorRegistries: docker.io::https://u:SECRET@h/a,quay.io::http://SECRET:p@h/b\n"
    ),
    "login without a scheme": "endpoint: user:SECRET@old.example.org\n",
    "login with a slash": "endpoint: https://user:a/SECRET@old.example.org\n",
    "login with an at sign": "endpoint: https://user:a@SECRET@old.example.org\n",
    "login with a quote": 'endpoint: "https://user:a\'SECRET@old.example.org"\n',
    "login with an escaped slash": 'endpoint: "https:\\/\\/user:SECRET@old.example.org"\n',
    "login on two lines": 'endpoint: "https://user:\\\n  SECRET@old.example.org"\n',
    "byte order mark": "\ufeffconfig:\n  ociImageRegistry:\n    password: SECRET\n    name: x\n",
    "characters beyond the BMP": "a: 😀😀😀\npassword: SECRET # 😀 SECRET\nendpoint: 😀\n",
    "odd line ends": "a: x\u2028password: SECRET # SECRET\x85endpoint: x\r\ntoken: SECRET\r\n",
}

TOML = {
    "unknown key": 'version = 2\ntoken = "SECRET"\n',
    "login of containerd 1": (
        '[plugins."io.containerd.grpc.v1.cri".registry.configs."h".auth]\n'
        '  username = "SECRET"\n  password = "SECRET"\n  auth = "SECRET"\n  endpoint = ["x"]\n'
        '  identitytoken = "SECRET"\n'
    ),
    "header of a host": '[registry.mirrors."h".header]\n  authorization = ["Bearer SECRET"]\n',
    "inline table": 'auth = {username = "SECRET", endpoint = "x", deep = {a = "SECRET"}}\n',
    "inline table in a public key": 'endpoint = {token = "SECRET"}\n',
    "array of inline tables": 'auths = [{password = "SECRET"}, {endpoint = "x", a = "SECRET"}]\n',
    "array of inline tables in a public key": 'endpoint = [{token = "SECRET"}]\n',
    "array of arrays": 'auths = [["SECRET"], ["x", "SECRET"]]\n',
    "array of tables": (
        '[[hosts]] # SECRET\nendpoint = ["x"]\ntoken = "SECRET"\n\n'
        '[[hosts]]\ntoken = "SECRET" # SECRET\n[[hosts.more]]\ntoken = "SECRET"\n'
    ),
    "array with comments": 'tokens = [ # SECRET\n  "x", # SECRET\n  # SECRET\n]\n',
    "public array with comments": 'endpoint = [ # SECRET\n  "x", # SECRET\n  # SECRET\n]\n',
    "public array with a comment at its end": 'endpoint = ["x"] # SECRET\n',
    "text of several lines": 'token = """\none\nSECRET\n"""\nendpoint = ["x"]\n',
    "literal text of several lines": "token = '''\none\nSECRET\n'''\nendpoint = ['x']\n",
    "literal text": "token = 'SECRET'\n",
    "dotted key": 'registry.auth.password = "SECRET"\nregistry.endpoint = "x"\n',
    "dotted key in a table": '[a]\nb.c.password = "SECRET" # SECRET\nb.endpoint = "x"\n',
    "dotted key that begins with a public one": 'endpoint.token = "SECRET"\n',
    "dotted key in an inline table": 'a = {b.password = "SECRET", b.endpoint = "x"}\n',
    "quoted key": '"pass word" = "SECRET"\n"endpoint" = "x"\n',
    "comment on a line": '# SECRET\nendpoint = ["x"]\n#SECRET',
    "comment after a value": 'endpoint = ["x"] # SECRET\nversion = 2 # SECRET\n',
    "comment after a table": '[plugins] # SECRET\n  # SECRET\n  endpoint = ["x"]\n',
    "comment after the header": "# made by regspec; edit the spec instead SECRET\nversion = 2\n",
    "commented out key": '[a]\n# password = "SECRET"\nendpoint = ["x"]\n',
    "tables out of order": '[a.b]\nx = "SECRET"\n[c]\nx = 1 # SECRET\n[a.d]\nx = "SECRET"\n',
    "login in an endpoint": 'endpoint = ["https://user:SECRET@h/v2", "http://SECRET@i"]\n',
    "login in the key of a table": '[a."https://user:SECRET@h"]\nendpoint = ["x"]\n',
    "login with a slash": 'endpoint = ["https://user:a/SECRET@h/v2"]\n',
    "login with an at sign": 'endpoint = ["https://user:a@SECRET@h/v2"]\n',
    "login with a quote": 'endpoint = ["https://user:a\'SECRET@h"]\n',
    "login without a scheme": 'endpoint = ["user:SECRET@h"]\n',
    "login on two lines": 'endpoint = ["""https://user:\\\n  SECRET@h"""]\n',
    "login with an escape": 'endpoint = ["https:\\u002f/user:SECRET@h"]\n',
    "key below an unknown key": 'auth = {SECRET = "x"}\n[deep.SECRET]\nendpoint = ["x"]\n',
    "CRLF": 'token = "SECRET" # SECRET\r\nendpoint = ["x"] # SECRET\r\n',
    "tab before a comment": 'endpoint = ["x"]\t# SECRET\n',
    "characters beyond the BMP": 'a = "😀"\ntoken = "SECRET" # 😀 SECRET\n',
}

UNREADABLE_YAML = {
    "open quote": "config:\n  password: 'SECRET\n  endpoint: x\n",
    "open flow": "config: {password: SECRET\nendpoint: x\n",
    "two colons": "config:\n  password: SECRET: SECRET\n",
    "tab": "config:\n\tpassword: SECRET\n",
    "wrong indentation": "config:\n    endpoint: x\n  password: SECRET\n",
    "bell": "password: SECRET\x07\n",
    "merge conflict": "<<<<<<< HEAD\npassword: SECRET\n=======\npassword: x\n>>>>>>> SECRET\n",
    "not UTF-8": b"password: SECRET\nname: \xff\n",
    "UTF-16": "password: SECRET\n".encode("utf-16"),
    "a key that is a mapping": "? {password: SECRET}\n: x\n",
    "a key that is a list": "? [SECRET]\n: x\n",
    "a value that begins with a percent sign": "password: %SECRET\n",
    "a value that begins with an at sign": "password: @SECRET\n",
    "a value that begins with a backtick": "password: `SECRET`\n",
}

UNREADABLE_TOML = {
    "YAML": "password: SECRET\n",
    "open quote": 'token = "SECRET\n',
    "no quotes": "token = SECRET\n",
    "a key twice": 'token = "SECRET"\ntoken = "SECRET"\n',
    "a table twice": '[a]\ntoken = "SECRET"\n[a]\ntoken = "SECRET"\n',
    "a table that is a value": 'a = 1\n[a.b]\ntoken = "SECRET"\n',
    "an array that is a table": '[a]\nx = 1\n[[a]]\ntoken = "SECRET"\n',
    "an array of tables that is a value": 'a = [1]\n[[a]]\ntoken = "SECRET"\n',
    "a dotted key into a value": 'a = "SECRET"\na.b = "SECRET"\n',
    "a dotted key into an inline table": 'a = {x = "SECRET"}\na.b = "SECRET"\n',
    "an open table": '[a\ntoken = "SECRET"\n',
    "not UTF-8": b'token = "SECRET"\nname = "\xff"\n',
    "bell": 'token = "SECRET\x07"\n',
    "merge conflict": '<<<<<<< HEAD\ntoken = "SECRET"\n=======\n>>>>>>> SECRET\n',
}


def planted(text, secret):
    """An old file with a secret of its own in each place; and all the secrets."""
    raw = text if isinstance(text, bytes) else text.encode()
    wide = "SECRET".encode("utf-16-le")
    marker, coding = (wide, "utf-16-le") if wide in raw else (b"SECRET", "utf-8")
    parts = raw.split(marker)
    secrets = [f"{secret}{number}Zq" for number in range(len(parts) - 1)]
    # `*p` and `&p` need no value of their own; every other place has another secret.
    pieces = [part + name.encode(coding) for part, name in zip(parts, secrets, strict=False)]
    return b"".join((*pieces, parts[-1])), secrets


@pytest.mark.parametrize("case", YAML)
def test_a_diff_of_yaml_hides_what_is_not_known_to_be_public(artifacts, case):
    old, secrets = planted(YAML[case], "Hunter2Kx")
    for name in ("values.yaml", "registry-secret.yaml"):
        said = difference(artifacts[name], old)
        hides(said, *secrets, "Hunter2Kx")
        assert said


@pytest.mark.parametrize("key", ["PASSWORD", "password", ".dockerconfigjson", "NAME"])
def test_a_diff_hides_a_secret_in_base64(artifacts, key):
    encoded = base64.b64encode(b'{"auths":{"h":{"auth":"Hunter2Kx"}}}').decode()
    for line in (encoded, f"'{encoded}'", f"|\n    {encoded}", f">-\n    {encoded}"):
        old = f"apiVersion: v1\nkind: Secret\ndata:\n  {key}: {line}\n"
        said = difference(artifacts["registry-secret.yaml"], old)
        hides(said, "Hunter2Kx", encoded)
        assert re.search(r'^-  \S+: "<hidden>"$', said, re.MULTILINE)


@pytest.mark.parametrize("case", TOML)
def test_a_diff_of_toml_hides_what_is_not_known_to_be_public(artifacts, case):
    old, secrets = planted(TOML[case], "Hunter2Kx")
    hides(difference(artifacts["containerd.toml"], old), *secrets, "Hunter2Kx")


@pytest.mark.parametrize("case", UNREADABLE_YAML)
def test_yaml_that_does_not_parse_is_not_shown(artifacts, case):
    old, _ = planted(UNREADABLE_YAML[case], "Hunter2Kx")
    for name in ("values.yaml", "registry-secret.yaml"):
        assert difference(artifacts[name], old) == "unreadable"


@pytest.mark.parametrize("case", UNREADABLE_TOML)
def test_toml_that_does_not_parse_is_not_shown(artifacts, case):
    old, _ = planted(UNREADABLE_TOML[case], "Hunter2Kx")
    assert difference(artifacts["containerd.toml"], old) == "unreadable"


@pytest.mark.parametrize(
    "old", ["[" * 10_000, "{a: " * 2000, "- " * 20_000, "a = " + "[" * 20_000, "a." * 9000 + "b=1"]
)
def test_a_file_that_is_nested_too_deeply_is_not_shown(artifacts, old):
    for artifact in artifacts.values():
        assert difference(artifact, old + "Hunter2Kx")
        hides(difference(artifact, old + "Hunter2Kx"), "Hunter2Kx")


def test_public_changes_are_seen_beside_what_is_hidden(artifacts):
    old = (
        "config:\n  ociImageRegistry:\n    endpoint: old.example.org # Hunter2Kx\n"
        "    password: Hunter2Kx\n    token: Hunter2Kx\n    mirrorRegistries: gcr.io::old/gcr\n"
    )
    said = difference(artifacts["values.yaml"], old)
    assert "-    endpoint: old.example.org # <hidden>\n" in said
    assert "-    mirrorRegistries: gcr.io::old/gcr\n" in said
    assert '+    endpoint: "new.example.org"\n' in said
    hides(said, "Hunter2Kx", PASSWORD)


def test_a_digest_is_no_login(artifacts):
    old = f"config:\n  ociImageRegistry:\n    endpoint: h/a@sha256:{'a' * 64}\n"
    assert f"-    endpoint: h/a@sha256:{'a' * 64}\n" in difference(artifacts["values.yaml"], old)


@pytest.mark.parametrize("how", ["--diff", "--check"])
def test_the_command_hides_every_secret_of_every_old_file(site, regspec, how):
    # As many cases as one file can hold; each has a test of its own above.
    cases = ("private key", "annotation", "comment after a value", "comment between documents",
             "list below a secret key", "folded text", "flow mapping", "docker config",
             "data of a Secret", "login in an endpoint", "password")  # fmt: skip
    old, secrets = planted("\n---\n".join(YAML[case] for case in cases), "Hunter2Kx")
    (site / "out" / "values.yaml").write_bytes(old)
    bad, more = planted(UNREADABLE_YAML["open quote"], "Hunter3Kx")
    (site / "out" / "registry-secret.yaml").write_bytes(bad)
    toml, others = planted(TOML["login of containerd 1"] + TOML["array of tables"], "Hunter4Kx")
    (site / "out" / "containerd.toml").write_bytes(toml)
    done = regspec("compile", "spec.yaml", how, "--debug", cwd=site)
    assert done.returncode == 2  # --debug stands before the command
    done = regspec("--debug", "compile", "spec.yaml", how, cwd=site)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    hides(said, *secrets, *more, *others, PASSWORD, USERNAME)
    for name in FILES:
        assert f"out/{name}" in said
    if how == "--check":
        assert done.stdout == ""
        assert done.stderr.splitlines() == [f"out/{name}: differs" for name in FILES]
    else:
        expected = "out/registry-secret.yaml: does not parse, so its difference is not shown\n"
        assert done.stderr == expected
        assert "+++ out/values.yaml\n" in done.stdout
        assert '+    endpoint: "new.example.org"\n' in done.stdout
        assert "+++ out/registry-secret.yaml\n" not in done.stdout


# --- fuzzing ------------------------------------------------------------------------------

# Not so long that a mutation cuts through them often, and in words that nothing else has.
_NEEDLE = re.compile("(?i)hunter2|kx7zq|wq9vj")
_SECRET = "hunter2kx7zqwq9vj"
_TOKENS = {
    "yaml": ["\n", " ", "  ", "#", ": ", "- ", "'", '"', "{", "}", "[", "]", ",", "|\n", ">", "\t",
             "---\n", "...\n", "? ", "\r", "\u2028", "\ufeff", "\\", "😀", ":", "~", "<<: ",
             "*", "&", "!", "%", "@"],
    "toml": ["\n", " ", "#", "=", "'", '"', "{", "}", "[", "]", "[[", "]]", ",", ".", "'''", '"""',
             "\t", "\r\n", "\\", "😀", "1", "true", "a.b", "[a]\n", "endpoint"],
}  # fmt: skip


def mutated(text, chance, tokens):
    """A text with a few random edits."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        match chance.randrange(4):
            case 0:
                text = text[:at] + chance.choice(tokens) + text[at:]
            case 1:
                text = text[:at] + text[at + chance.randint(1, 3) :]
            case 2:
                lines = text.splitlines(keepends=True)
                lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines or [""]))
                text = "".join(lines)
            case _:
                lines = text.splitlines(keepends=True)
                if lines:
                    del lines[chance.randrange(len(lines))]
                text = "".join(lines)
    return text


OLD_YAML = f"""\
# made by regspec; edit the spec instead
# {_SECRET}
config: # {_SECRET}
  ociImageRegistry:
    endpoint: "old.example.org" # {_SECRET}
    name: old
    password: "{_SECRET}"
    username: {_SECRET}
    token: [{_SECRET}, '{_SECRET}', {{a: {_SECRET}}}] # {_SECRET}
    insecureSkipVerify: false
    # password: {_SECRET}
    caCert: |
      -----BEGIN PRIVATE KEY-----
      {_SECRET}
      -----END PRIVATE KEY-----
    mirrorRegistries: docker.io::old.example.org/docker.io
    auth: {{name: x, token: {_SECRET}, more: [{_SECRET}]}}
    note: one
      {_SECRET}
      two
  imagePullSecret:
    create: true
    dockerConfigJson: >-
      {_SECRET}
data:
  - {_SECRET}
  - value: "one
      {_SECRET}"
---
password: {_SECRET}
"""
OLD_TOML = f"""\
# made by regspec; edit the spec instead
version = 2 # {_SECRET}
token = "{_SECRET}"
# {_SECRET}
[plugins."cri".registry]
  [plugins."cri".registry.mirrors."docker.io"] # {_SECRET}
    endpoint = ["https://old.example.org"] # {_SECRET}
  [plugins."cri".registry.configs."h".auth]
    username = "{_SECRET}"
    password = '{_SECRET}'
    tokens = [ # {_SECRET}
      "{_SECRET}", # {_SECRET}
    ]
    deep = {{a = "{_SECRET}", endpoint = "x", b.c = "{_SECRET}"}}
    text = '''
one
{_SECRET}
'''
[[hosts]]
a.b.token = "{_SECRET}"
[[hosts]]
endpoint = [ # {_SECRET}
  "x", # {_SECRET}
]
"""


def public_yaml(text, public):
    """What of a mutated text is a key, or the value of a public key: it may be shown."""

    def walk(node, key):
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                yield from walk(name, None)
                yield from walk(value, getattr(name, "value", None))
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                yield from walk(value, key)
        elif key is None or key in public:
            yield node.value

    # `None` is the key of a key; a document that is one text has none.
    documents = yaml.compose_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return "\n".join(shown for node in documents for shown in walk(node, ""))


def public_toml(text, public):
    """As `public_yaml`."""

    def walk(value, key):
        if isinstance(value, dict):
            for name, below in value.items():
                yield name
                yield from walk(below, name)
        elif isinstance(value, list):
            for below in value:
                yield from walk(below, key)
        elif key in public:
            yield str(value)

    return "\n".join(walk(tomllib.loads(text), ""))


def keys_of(data):
    """All the keys of an artifact, less those that are always hidden."""
    if isinstance(data, dict):
        return set(data).union(*map(keys_of, data.values()))
    return set()


@pytest.mark.parametrize(
    "name, base, oracle, rounds",
    [
        ("values.yaml", OLD_YAML, public_yaml, 1200),
        ("containerd.toml", OLD_TOML, public_toml, 1200),
    ],
)
def test_no_random_edit_of_an_old_file_makes_a_diff_show_its_secrets(
    artifacts, name, base, oracle, rounds
):
    artifact = artifacts[name]
    public = keys_of(artifact.data) - artifact.secret_keys
    assert "Zq" not in base
    assert not _NEEDLE.search(difference(artifact, base)), "the unedited file is shown"
    shown = 0
    for seed in range(rounds):
        text = mutated(base, random.Random(seed), _TOKENS[artifact.syntax])
        said = difference(artifact, text)  # any exception but `Unreadable` fails the test
        if said == "unreadable":
            continue
        shown += 1
        if not _NEEDLE.search(said):
            continue
        try:
            allowed = oracle(text, public)
        except (ValueError, yaml.YAMLError):
            allowed = ""  # readers do not agree on what it is, so nothing may be shown
        assert _NEEDLE.search(allowed), f"seed {seed}:\n{text}\n{said}"
    assert shown > rounds / 10, "nearly no edit left a file that parses"


@pytest.mark.parametrize(
    "old",
    [
        "[a]\n[a.b]\n[a.b]\n",
        "[a]\nb.c = 1\nb.c = 2\n",
        "[a]\nb.c = 1\n[a.b]\nd = 1\n",
        "[[a]]\nb = 1\nb = 2\n",
        "a = {b = 1, b = 2}\n",
    ],
)
def test_a_key_twice_in_old_toml_is_no_bug_of_regspec(site, here, old):
    (site / "out" / "containerd.toml").write_text(f'token = "Hunter2Kx"\n{old}')
    code, said = here("compile", "spec.yaml", "--diff", cwd=site)
    assert code == 1, said
    assert "does not parse" in said
    hides(said, "Hunter2Kx")


@pytest.mark.parametrize("name", FILES)
def test_random_bytes_never_break_a_diff(artifacts, name):
    chance = random.Random(7)
    for _ in range(300):
        difference(artifacts[name], chance.randbytes(chance.randint(0, 60)))
        text = "".join(chance.choices("a:# \n-'\"{}[],|>&*!%=.\t\r\\\u20281", k=30))
        difference(artifacts[name], text)
