"""Any text as name, user name, password or path comes back from every output as it was.

The readers are PyYAML, Go's YAML parser inside Helm's engine (sigs.k8s.io/yaml, which
kubectl has too) and tomllib.
"""

from __future__ import annotations

import base64
import json
import tomllib
from pathlib import Path

import helm_python as helm
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from regspec.pipeline import compile_spec
from regspec.sources import FolderReader

CA = (Path(__file__).resolve().parent.parent / "examples" / "ca.crt").read_text()

# Text that some way of quoting, escaping or reading is known to change.
NASTY = (
    # Quotes, backslashes and what they could begin.
    '"',
    "'",
    "\\",
    "\\\\n\\u0041\\",
    "a\"b'c\\d",
    'x"\nadmin: true',
    "x'\nadmin: true",
    'x"}\nadmin: true #',
    '"""',
    "'''",
    # What YAML 1.1, YAML 1.2 or Go take for something other than text.
    "y",
    "n",
    "no",
    "On",
    "true",
    "null",
    "~",
    "0",
    "010",
    "0o17",
    "0x1F",
    "1e3",
    "1_000",
    "12:30:45",
    "-.inf",
    ".NaN",
    "2026-11-23",
    "9" * 40,
    "=",
    "<<",
    # What begins or ends something in YAML or TOML.
    "-",
    "- a",
    "--- a",
    "---",
    "\n---\n",
    "...",
    "? a",
    ": ",
    "a: b",
    "a #b",
    "#",
    "*a",
    "&a",
    "!x",
    "!!binary aGk=",
    "|",
    ">-",
    "%YAML 1.2",
    "@a",
    "`a`",
    "{a: b}",
    "[a, b]",
    "[[a]]",
    ",",
    # Templates, shells and web pages.
    "{{ .Values }}",
    '{{ fail "no" }}',
    "{{ 1 + 1 }}",
    "{% raw %}",
    "{# a #}",
    "$HOME ${HOME} $(id) %s",
    "<a href='x'>&amp;</a>",
    # White space, line breaks, and what only some readers take for one.
    "a\tb",
    "\t",
    " a",
    "a ",
    "  ",
    "a\n",
    "a\n\n",
    "\n",
    "a\nb",
    "a\rb",
    "a\r\nb",
    "a \n b",
    "a\x0bb\x0cb",
    "a\x85b",
    "a\u2028b\u2029b",
    "a\xa0b\u3000b",
    # Characters that no one sees, that are none, or that are far out.
    "a\x00b",
    "\x00",
    "\x07\x08\x1b[31m",
    "\x1f",
    "\x7f",
    "\x80\x9f",
    "\ufeffa",
    "a\ufeff",
    "\ufffe\uffff",
    "\ufffd",
    "\ud7ff\ue000",
    "\u202eab",
    "e\u0301 \xe9",
    "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U00010000\U0010fffe\U0010ffff",
    # Length: lines are wrapped at 80, keys end at 1,024.
    "a b " * 5_000,
    "\U0001f600 \\" * 20_000,
)

texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from(NASTY[:-2]), min_size=1, max_size=3).map("".join),
    st.text(alphabet="\t\n\r \"'\\:#-{}[]$%\x00\x7f\x85\u2028\ufeff\uffff\U0001f600ab"),
)


def scalar(text):
    """The text in double quotes as YAML takes it, every character escaped by its number.

    It is not the way in which regspec quotes, so that no mistake can be made twice.
    """
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def compile_text(content, environment=None, files=None):
    """What becomes of a spec; `files` is what the files hold that it refers to."""
    result = compile_spec(
        content.encode(),
        targets=(),
        environment=environment or {},
        read_file=(files or {}).__getitem__,
    )
    errors = [d for d in result.diagnostics if d.severity.value == "error"]
    assert result.failed == bool(errors)
    assert bool(result.artifacts) != result.failed
    assert all(error.message and error.code for error in errors)
    return result


def spec(registry, rest=""):
    return (
        "apiVersion: regspec/v1\nkind: RegistrySpec\nmirrors: [docker.io]\n"
        f"registry: {{endpoint: harbor.example.org, {registry}}}\n{rest}"
    )


def read_everywhere(text):
    """The data of a YAML text, which all of its readers must agree on."""
    by_go = helm.values_from_yaml(text)
    assert yaml.load(text, yaml.CSafeLoader) == by_go
    return by_go


def outputs(result):
    """The two YAML files of a spec that must compile: the values' registry, the Secret's strings.

    The third file, containerd.toml, has no free text in it unless a target asks for some.
    """
    assert not result.failed, result.diagnostics
    values, secret, containerd = (artifact.text for artifact in result.artifacts)
    tomllib.loads(containerd)
    registry = read_everywhere(values)["config"]["ociImageRegistry"]
    strings = read_everywhere(secret)["stringData"]
    return registry, strings


def came_back(result, *, name, username, password):
    registry, strings = outputs(result)
    assert registry["name"] == name
    assert registry["username"] == strings["USERNAME"] == username
    assert registry["password"] == strings["PASSWORD"] == password
    # Nothing beside them has changed either, and no key has come in.
    assert registry["endpoint"] == strings["DOMAIN"] == "harbor.example.org"
    assert list(registry) == [
        "baseContentPath",
        "caCert",
        "endpoint",
        "insecureSkipVerify",
        "mirrorRegistries",
        "name",
        "password",
        "username",
    ]
    assert len(strings) == 7


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_nasty_text_comes_back_as_it_was(text):
    user = text.replace(":", ";")  # no user name has one
    written = f"name: {scalar(text)}, username: {scalar(user)}, password: {scalar(text)}"
    result = compile_text(spec(written))
    came_back(result, name=text, username=user, password=text)
    # PyYAML's reader in Python is not the one in C that the others use.
    for artifact in result.artifacts[:2]:
        assert yaml.safe_load(artifact.text) == artifact.data


@settings(max_examples=500, deadline=None)
@given(
    name=texts.filter(bool),
    username=texts.filter(lambda text: ":" not in text),
    password=texts,
)
def test_any_text_comes_back_as_it_was(name, username, password):
    written = f"name: {scalar(name)}, username: {scalar(username)}, password: {scalar(password)}"
    came_back(compile_text(spec(written)), name=name, username=username, password=password)


def test_every_character_comes_back_as_it_was():
    """All 1,112,064 of them, a plane at a time: which ones are special is nobody's guess."""
    for first in range(0, 0x110000, 0x10000):
        plane = range(first, first + 0x10000)
        text = "".join(chr(number) for number in plane if not 0xD800 <= number <= 0xDFFF)
        # Through a variable: regspec would need a second for the escapes of each spec.
        result = compile_text(spec("password: {env: P}"), {"P": text})
        registry, strings = outputs(result)
        assert registry["password"] == strings["PASSWORD"] == text


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_nasty_text_of_a_variable_or_a_file_comes_back_as_it_was(text):
    comes_back_from_references(text)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_any_text_of_a_variable_or_a_file_comes_back_as_it_was(text):
    comes_back_from_references(text)


def comes_back_from_references(text):
    text = text.replace(":", ";")  # no user name has one
    written = "username: {file: user}, password: {env: PASSWORD}"
    result = compile_text(spec(written), {"PASSWORD": text}, {"user": text.encode()})
    # `echo secret > file` ends it in a line break that is not part of the secret.
    wanted = text.removesuffix("\n")
    if wanted != text:
        wanted = wanted.removesuffix("\r")
    if wanted:
        registry, strings = outputs(result)
        assert registry["username"] == strings["USERNAME"] == wanted
        assert registry["password"] == strings["PASSWORD"] == wanted
    else:
        assert [d.code for d in result.diagnostics if d.severity.value == "error"] == [
            "reference",
            "reference",
        ]


@pytest.mark.parametrize("content", [b"\xff", b"a\xc3", b"\xed\xa0\x80", b"h\0i\0\xff\xfe"])
def test_bytes_that_are_not_utf8_are_refused(content, tmp_path):
    """A variable with such bytes holds lone surrogates in Python (PEP 383)."""
    (tmp_path / "user").write_bytes(content)
    result = compile_spec(
        spec("username: {file: user}, password: {env: PASSWORD}").encode(),
        targets=(),
        environment={"PASSWORD": content.decode("utf-8", "surrogateescape")},
        read_file=FolderReader(tmp_path),
    )
    assert result.artifacts == ()
    errors = [d for d in result.diagnostics if d.severity.value == "error"]
    assert [error.code for error in errors] == ["reference", "reference"]
    assert all("is not UTF-8" in error.message for error in errors)


@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff", r"\U00110000", r"\Uffffffff"])
def test_an_escape_that_is_no_character_is_refused(escape):
    result = compile_text(spec(f'name: "{escape}"'))
    assert [d.code for d in result.diagnostics] == ["yaml"]


def test_json_with_surrogate_pairs_is_refused_and_not_mangled():
    """The escapes of JSON for characters beyond U+FFFF are no characters of YAML."""
    result = compile_text(spec(f"name: {json.dumps(chr(0x1F600))}"))
    assert [d.code for d in result.diagnostics] == ["yaml"]


def same_or_refused(content, text):
    """The name is what the author typed, or they are told that it cannot be."""
    result = compile_text(content)
    if not result.failed:
        registry, _ = outputs(result)
        assert registry["name"] == text


# What ends a line in YAML 1.1 only; in YAML 1.2 (section 5.4) and in JSON it is text.
LINE_BREAKS_OF_YAML_1_1 = "\x85\u2028\u2029"


def has_line_break_of_yaml_1_1(text):
    return any(character in text for character in LINE_BREAKS_OF_YAML_1_1)


@settings(max_examples=300, deadline=None)
@given(texts.filter(lambda text: text and not has_line_break_of_yaml_1_1(text)))
def test_any_text_in_json_is_the_same_or_refused(text):
    """With only the escapes that JSON must have, so that other characters stand there raw."""
    same_or_refused(spec(f"name: {json.dumps(text, ensure_ascii=False)}"), text)


@pytest.mark.parametrize("character", LINE_BREAKS_OF_YAML_1_1)
@pytest.mark.parametrize("pattern", ["a{}b", "a {} b", "{}a", "a{}"])
def test_a_raw_line_break_of_yaml_1_1_is_the_same_or_refused(pattern, character):
    text = pattern.format(character)
    same_or_refused(spec(f'name: "{text}"'), text)


def test_a_line_of_a_text_never_parts_the_documents_of_a_file():
    r"""kubectl parts a file at `\n---` before it parses YAML.

    Source: kubernetes/apimachinery, pkg/util/yaml/decoder.go, splitYAMLDocument. Helm parts
    manifests in the same way.
    """
    text = "\n---\n--- a\n...\n"
    written = ", ".join(f"{key}: {scalar(text)}" for key in ("name", "username", "password"))
    result = compile_text(spec(f"{written}, caCert: {scalar(CA)}"))
    values, secret, _ = (artifact.text for artifact in result.artifacts)
    assert "-----BEGIN CERTIFICATE-----" in values
    assert "\n---" not in values
    assert "\n---" not in secret
    assert secret.startswith("---\n")
    registry, strings = outputs(result)
    assert registry["caCert"] == strings["CA_CERT"] == CA


def pull_secret(username, password):
    """The login of the registry in the compiled pull secret, as a kubelet takes it.

    `auth` is what counts, and the user name ends at its first colon. Source:
    kubernetes/kubernetes, pkg/credentialprovider/config.go, decodeDockerConfigFieldAuth.
    """
    result = compile_text(
        spec(f"username: {scalar(username)}, password: {scalar(password)}")
        + "imageSwap: {pullSecret: true}\n"
    )
    if result.failed:
        return None
    values = read_everywhere(result.artifacts[0].text)
    encoded = values["config"]["imagePullSecret"]["dockerConfigJson"]
    docker_config = json.loads(base64.b64decode(encoded, validate=True))
    login = docker_config["auths"]["harbor.example.org"]
    assert (login["username"], login["password"]) == (username, password)
    first, colon, rest = base64.b64decode(login["auth"], validate=True).decode().partition(":")
    assert colon
    return first, rest


@settings(max_examples=300, deadline=None)
@given(username=texts.filter(lambda text: text and ":" not in text), password=texts)
@example(username="robot$puller", password="a:b:c")
def test_any_login_reaches_the_pull_secret_as_it_was(username, password):
    assert pull_secret(username, password) in (None, (username, password))


def test_a_user_name_with_a_colon_is_refused():
    """No login by HTTP can carry it: RFC 7617, section 2."""
    assert pull_secret("team:puller", "secret") is None


def ca_file(text):
    """The path of the CA in containerd.toml, or none when the spec is refused."""
    result = compile_text(
        spec(
            f"caCert: {scalar(CA)}",
            'targets: [{target: containerd, endpoints: api, version: "1.7", '
            f"caFile: {scalar(text)}}}]\n",
        )
    )
    if result.failed:
        assert [d.code for d in result.diagnostics] == ["schema"]
        return None
    (artifact,) = result.artifacts
    plugin = tomllib.loads(artifact.text)["plugins"]["io.containerd.grpc.v1.cri"]
    assert list(plugin["registry"]) == ["mirrors", "configs"]
    configs = plugin["registry"]["configs"]
    assert list(configs) == ["harbor.example.org"]
    assert list(configs["harbor.example.org"]) == ["tls"]
    assert list(configs["harbor.example.org"]["tls"]) == ["ca_file"]
    return configs["harbor.example.org"]["tls"]["ca_file"]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_nasty_path_in_toml_is_the_same_or_refused(text):
    assert ca_file(f"/{text}") in (None, f"/{text}")


@settings(max_examples=300, deadline=None)
@given(texts)
@example("\U0001f600\ufeff\ufffe\"\\'")
def test_any_path_in_toml_is_the_same_or_refused(text):
    assert ca_file(f"/{text}") in (None, f"/{text}")


def test_a_path_of_any_printable_text_is_not_refused():
    """So that the tests above it do not pass on refusals alone."""
    for text in ("etc/ca.crt", 'a"b', "a'b", "a\\b", "a b#", "\U0001f600", "\xe9", "{{ x }}"):
        assert ca_file(f"/{text}") == f"/{text}"


def test_the_parser_in_go_would_see_a_mistake():
    """The two readers differ on bare words, so their agreement says something."""
    bare = "a: y\nb: 1e3\nc: 0o17\n"
    assert helm.values_from_yaml(bare) == {"a": True, "b": 1000, "c": 15}
    assert yaml.safe_load(bare) == {"a": "y", "b": "1e3", "c": "0o17"}
    with pytest.raises(helm.HelmValuesError):
        helm.values_from_yaml('a: "\\ud83d\\ude00"\n')
    with pytest.raises(helm.HelmValuesError):
        helm.values_from_yaml("a: \x07\n")
