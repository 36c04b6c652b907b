"""What the readers of existing files stand on: formats told apart, and places of YAML and TOML."""

from __future__ import annotations

import base64
import json
import math
import time
import tomllib

import pytest
import tomlkit
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from regspec import recognise
from regspec.diagnostics import Place
from regspec.dialects import dialects
from regspec.document import NotADocument
from regspec.reading import stream, toml_places
from regspec.reading.facts import HIDDEN, certificates_in, served_by

often = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

# -- which format a text is of ---------------------------------------------------------------

HUB = "docker.io::h.example.org/a/docker.io"
CRI = "io.containerd.grpc.v1.cri"
AUTHS = '{"auths": {"h.example.org": {"auth": "dTpw"}}}'
ENCODED = base64.b64encode(AUTHS.encode()).decode()
CONFIG_API = "config.openshift.io/v1"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: openshift-config}\ndata:\n"
FORMATS = {
    "values": [
        f"config:\n  ociImageRegistry:\n    mirrorRegistries: {HUB}\n",
        "config:\n  imageSwapImages: {}\n",
        "config: {imageSwapConfig: {isEKSCluster: true}}",
        "image:\n  webhookImage: quay.io/a\n",
        "global:\n  imagePullSecret:\n    dockerConfigJson: x\n",
        '{"config": {"ociImageRegistry": {"endpoint": "h"}}}',
        f'{{"config": {{"ociImageRegistry": {{"mirrorRegistries": "{HUB}"}}}}}}',
        "# made by hand\n---\n# again\nconfig: {ociImageRegistry: {}}\n",
        "config:\n  ociImageRegistry:\n    endpoint: h\nscript: |\n  [main]\n  a = 1\n",
        "config:\n  ociImageRegistry: {endpoint: h}\nscript: |\n  -----BEGIN CERTIFICATE-----\n",
        "config:\n  ociImageRegistry:\n    caCert: |\n-----BEGIN CERTIFICATE-----\n".replace(
            "-----", "      -----"
        ),
    ],
    "secret": [
        f"stringData:\n  MIRROR_REGISTRIES: {HUB}\n",
        "kind: Secret\ndata: {DOMAIN: aA==}\n",
        '{"kind": "Secret", "data": {"DOMAIN": "aA=="}}',
        f'{{"kind": "Secret", "stringData": {{"MIRROR_REGISTRIES": "{HUB}"}}}}',
        f"{HUB},quay.io::h.example.org/a/quay.io",
        f"{HUB} , quay.io::h.example.org/a/quay.io\n\n",
    ],
    "logins": [
        AUTHS,
        "auths: {h.example.org: {auth: dTpw}}\n",
        json.dumps(json.loads(AUTHS), indent="\t"),
        f"kind: Secret\nstringData:\n  .dockerconfigjson: '{AUTHS}'\n",
        f'{{"kind": "Secret", "data": {{".dockerconfigjson": "{ENCODED}"}}}}',
        '{"auths": {"[fd00::1]:5000": {"auth": "dTpw"}}}',
    ],
    "imageswap": [
        f"default::\n{HUB}\n",
        f"# a comment\n\n{HUB}\n[EXACT]nginx:1::h.example.org/x\nnoswap_wildcards::a, b\n",
        f"{HUB} # a comment\n  # another comment\n",
        f"kind: ConfigMap\ndata:\n  maps: |\n    {HUB}\n",
        f'{{"kind": "ConfigMap", "data": {{"maps": "{HUB}"}}}}',
    ],
    "k3s": [
        "mirrors:\n  docker.io:\n    endpoint: [https://h.example.org]\n",
        "configs: {h.example.org: {tls: {}}}\n",
        'mirrors:\n  "*":\n    endpoint: ["https://[fd00::1]:5000"]\n',
        '{"mirrors": {"docker.io": {"endpoint": ["https://[fd00::1]"]}}}',
        "mirrors:\n  docker.io:\nconfigs:\n",
    ],
    "talos": [
        "machine:\n  registries: {}\n",
        "version: v1alpha1\nmachine: {type: worker}\ncluster: {}\n",
        "machine:\n  registries:\n    mirrors:\n      docker.io: {endpoints: [https://h]}\n",
        "---\napiVersion: v1alpha1\nkind: RegistryMirrorConfig\nname: docker.io\n",
        "{apiVersion: v1alpha1, kind: RegistryTLSConfig}\n---\n{machine: {registries: {}}}\n",
        "apiVersion: v1alpha1\nkind: RegistryAuthConfig\n---\nmachine:\n  registries:\n",
        '{"machine": {"registries": {"config": {"h": {"tls": {}}}}}}',
    ],
    "ImageDigestMirrorSet": [
        f"apiVersion: {CONFIG_API}\nkind: ImageDigestMirrorSet\nspec: {{}}\n",
        f'{{"apiVersion": "{CONFIG_API}", "kind": "ImageDigestMirrorSet", "spec": {{}}}}',
        "apiVersion: x/v1\nkind: ImageContentSourcePolicy\nspec: {repositoryDigestMirrors: []}\n",
    ],
    "ImageTagMirrorSet": [
        f"apiVersion: {CONFIG_API}\nkind: ImageTagMirrorSet\nspec: {{imageTagMirrors: []}}\n",
    ],
    "image configuration": [
        f"apiVersion: {CONFIG_API}\nkind: Image\nmetadata: {{name: cluster}}\nspec: {{}}\n",
    ],
    "registry CAs": [
        f"{CONFIG_MAP}  h.example.org..5000: |\n    -----BEGIN CERTIFICATE-----\n",
    ],
    "docker": [
        '{"registry-mirrors": ["https://h.example.org"]}',
        '{"insecure-registries": []}',
        '{"debug": true, "registry-mirrors": ["http://[fd00::1]:5000"]}',
        '{\n  "log-driver": "journald",\n  "insecure-registries": ["fd00::1/128"]\n}\n',
    ],
    "buildkit": [
        '[registry."docker.io"]\nmirrors = ["h.example.org/a"]\n',
        'root = "/var/lib/buildkit"\n[registry."[fd00::1]:5000"]\nhttp = true\n',
        "[grpc]\nuid = 0\n[worker.oci]\nenabled = true\n",
    ],
    "hosts.toml": [
        'server = "https://h.example.org/v2/a"\n',
        '[host."https://h.example.org"]\n  capabilities = ["pull"]\n',
        'server = "http://[fd00::1]:5000"',
        '[host."http://[fd00::1]:5000"]',
        'server = "http://[fd00::1]:5000"\n[host."http://[fd00::1]:5000"]\n',
        '# apart\r\nserver = "https://h.example.org"\r\n\r\n[host]\r\n',
    ],
    "registries.conf": [
        '[[registry]]\nlocation = "docker.io"\n',
        'unqualified-search-registries = ["docker.io"]\n',
        'registry = [{prefix = "a", location = "b/c"}]\n',
    ],
    "containerd": [
        "version = 2\n",
        "imports = []\n",
        f'[plugins."{CRI}".registry]\nconfig_path = "/c"\n',
        '[plugins.cri.registry.mirrors."docker.io"]\nendpoint = ["h"]\n',
        'version = 3\n[plugins."io.containerd.cri.v1.images"]\n',
        "version = 4\n",
        'root = "/var/lib/containerd"\n',
        "## template: jinja\nversion = 2\n",
    ],
}
TEXTS = [(kind, text) for kind, texts in FORMATS.items() for text in texts]


def kinds_of(text, path="/any/name"):
    return [one.kind for one in recognise.read(text, path, lambda _path: None)]


def recognised(syntax, data):
    """The readers of a syntax that take some data for theirs, without those that are asked last."""
    known = [one for dialect in dialects() for one in dialect.readers if one.syntax == syntax]
    found = [reader for reader in known if reader.view[0](data)]
    return [reader for reader in found if not reader.last] or found


@pytest.mark.parametrize("text", [text for _, text in TEXTS])
def test_exactly_one_reader_takes_a_text_for_its_own(text):
    """So that the order of the dialects says nothing."""
    plain = recognised("text", text)
    if plain:
        assert len(plain) == 1
        return
    try:
        data = [tomllib.loads(text)]
        syntaxes = ("toml",)
    except tomllib.TOMLDecodeError:
        data = [one for one in stream.parse(text).data if one is not None]
        syntaxes = ("yaml", "yaml stream")
    for one in data:
        assert len([reader for syntax in syntaxes for reader in recognised(syntax, one)]) == 1


@pytest.mark.parametrize("path", ["/x/y", "/certs.d/docker.io/hosts.toml", "/values.yaml"])
@pytest.mark.parametrize("kind, text", TEXTS)
def test_a_format_is_told_by_what_is_in_a_text(kind, text, path):
    assert kinds_of(text, path) == [kind]
    assert kinds_of(f"\ufeff{text}", path) == [kind]
    assert kinds_of(f"\n\n{text}", path) == [kind]
    assert kinds_of(text.replace("\r\n", "\n").replace("\n", "\r\n"), path) == [kind]


def test_certificates_are_told_by_their_first_line(root):
    text = (root / "tests/data/certificates/chain.crt").read_text()
    for form in (text, f"\n{text}", f"subject=x\n{text}", text.replace("\n", "\r\n")):
        assert kinds_of(form) == ["certificates"]


def test_several_documents_are_several_readings():
    texts = [text for kind, text in TEXTS if kind in ("secret", "k3s") and "\n" in text[:-1]]
    texts = [text for text in texts if "::" not in text.splitlines()[0]]
    kinds = kinds_of("\n---\n".join(["", "kind: Pod", *texts, "", "- a"]))
    assert kinds == ["secret"] * 2 + ["k3s"] * 3


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "it is empty"),
        (" \n\t\n", "it is empty"),
        ("a: b\n", "of no format"),
        ("hello", "of no format"),
        ("[]", "of no format"),
        ("kind: Pod\nconfig: {ociImageRegistry: {}}\n", "of no format"),
        ("apiVersion: image.openshift.io/v1\nkind: Image\nspec: {}\n", "of no format"),
        ("apiVersion: v1\nkind: [ImageTagMirrorSet]\nspec: {}\n", "of no format"),
        # CAs for everything, which are of no registry.
        (f"{CONFIG_MAP}  ca-bundle.crt: |\n    -----BEGIN CERTIFICATE-----\n", "of no format"),
        ("apiVersion: regspec/v1\nkind: RegistrySpec\n", "a spec already"),
        ("title = 1\n", "it is TOML, but"),
        ("mirrors: []\n", "of no format"),
        ("mirrors: {}\nother: {}\n", "of no format"),
    ],
)
def test_what_is_of_no_known_format(text, why):
    with pytest.raises(recognise.Unknown, match=why):
        kinds_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "#cloud-config\nwrite_files:\n  - path: /x\n    content: |\n      [plugins]\n      a = 1\n",
        "kind: Cluster\ncontainerdConfigPatches:\n  - |-\n    version = 2\n",
        "---\nkind: Pod\ntext: |\n  [main]\n---\nkind: Pod\n",
        "- |\n  [main]\n",
        "kind: ConfigMap\ndata:\n  a.crt: |\n    -----BEGIN CERTIFICATE-----\n    MIIB==\n",
    ],
)
def test_yaml_of_no_known_format_is_no_broken_toml(text):
    with pytest.raises(recognise.Unknown, match="of no format"):
        kinds_of(text)


@pytest.mark.parametrize("text", ["version = 2\nx\n", "[plugins]\n  a = b c\n", "A=b\necho $A\n"])
def test_what_looks_like_toml_and_is_one_long_text_is_broken_toml(text):
    with pytest.raises(NotADocument) as refused:
        kinds_of(text)
    assert refused.value.problems[0].message.startswith("this is not TOML")


@pytest.mark.parametrize("text", ["version = ", "[plugins\n", "a: [", "a: b\na: c\n", '{"a": }'])
def test_what_is_broken(text):
    with pytest.raises((NotADocument, recognise.Unknown)):
        kinds_of(text)


@pytest.mark.parametrize(
    "url, found",
    [
        ("https://h/v2/a/b", ("https", "h", "a/b", None)),
        ("http://h:5000/v2/", ("http", "h:5000", "", None)),
        ("https://h", ("https", "h", "", None)),
        ("h/a", ("", "h", "a", False)),
        ("h/v2/a", ("", "h", "a", True)),
        ("h/v2", ("", "h", "", True)),
        ("h/v2x/a", ("", "h", "v2x/a", False)),
        ("https://[::1]:5/v2/a", ("https", "[::1]:5", "a", None)),
        ("https://", None),
        ("", None),
        ("https://u:p@h/a", None),
        ("https://h/a?ns=x", None),
    ],
)
def test_urls_of_mirrors(url, found):
    read = served_by(url)
    if read is not None:
        scheme, served = read
        read = (scheme, served.location.host, served.location.path, served.proxy_cache)
    assert read == found


def test_certificates_are_the_same_in_any_order(root):
    folder = root / "tests/data/certificates"
    chain, other = ((folder / name).read_text() for name in ("chain.crt", "expired.crt"))
    both = certificates_in(chain + other)
    assert both == certificates_in(other + chain) == certificates_in(chain + "# x\n" + other)
    assert both != certificates_in(chain)
    assert certificates_in("") == frozenset()
    assert isinstance(certificates_in("x"), str)


# -- YAML and JSON ---------------------------------------------------------------------------

CALLED_FALSE_OR_TRUE = {"y", "n", "Y", "N"}  # by YAML 1.1 and kubectl, not by PyYAML
texts = st.text(max_size=8) | st.sampled_from(
    ["", "~", "null", "yes", "010", "1e3", "1:30", "0x1", "- a", "a: b", "#", "=", "{}", "&a"]
)
names = texts.filter(lambda text: text not in CALLED_FALSE_OR_TRUE | {"<<"})
data_of_texts = st.recursive(
    names,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(names, below, max_size=4),
    max_leaves=15,
)


@often
@given(
    st.lists(data_of_texts, min_size=1, max_size=3),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, '"', "'"]),
    st.booleans(),
    st.sampled_from([20, 80, 10_000]),
)
def test_a_stream_has_the_structure_that_pyyaml_finds(documents, flow, style, unicode, width):
    text = yaml.safe_dump_all(
        documents,
        default_flow_style=flow,
        default_style=style,
        allow_unicode=unicode,
        width=width,
        explicit_start=True,
    )
    assume(list(yaml.safe_load_all(text)) == documents)
    assert stream.parse(text).data == documents


def all_paths(data, path=()):
    yield path
    steps = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for step in steps:
        yield from all_paths(data[step], (*path, step))


@often
@given(
    st.lists(data_of_texts, min_size=1, max_size=3),
    st.sampled_from([None, True, False]),
)
def test_each_value_of_a_stream_has_its_place(documents, flow):
    text = yaml.safe_dump_all(documents, default_flow_style=flow, explicit_start=True)
    parsed = stream.parse(text)
    for path in all_paths(documents):
        if path:
            start, end = parsed.extent(path)
            piece = text[start:end]
            value = parsed.value(path)
            if isinstance(value, str) and "\n" not in piece:
                assert yaml.load(piece, yaml.BaseLoader) in (value, value or None)


@often
@given(data_of_texts, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_is_what_json_says_with_all_its_places(data, indent, escaped):
    whole = {"a": data}
    text = json.dumps(whole, indent=indent, ensure_ascii=escaped)
    parsed = stream.parse(text)
    assert parsed.data == [whole]
    for path in all_paths(whole):
        span = parsed.span(Place((0, *path)), HIDDEN)
        assert span.line >= 1
        extent = parsed.extent((0, *path))
        if extent is not None:
            assert json.loads(text[slice(*extent)]) == parsed.value((0, *path))


@pytest.mark.parametrize(
    "text, value",
    [
        ("yes", True),
        ("Off", False),
        ("y", True),
        ("'y'", "y"),
        ("!!str true", "true"),
        ("", None),
        ("~", None),
        ("'~'", "~"),
        ("1.10", "1.10"),
        ("010", "010"),
        ("0o17", "0o17"),
        ("1e400", "1e400"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("2001-01-01", "2001-01-01"),
        (".nan", ".nan"),
        ("!!binary aA==", "aA=="),
        ("!custom x", "x"),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"),
        ("!!int '3'", "3"),
    ],
)
def test_scalars_are_what_was_written(text, value):
    assert stream.parse(f"x: {text}\n").data == [{"x": value}]


class Merging(yaml.SafeLoader):
    """Reads numbers as text, and merge keys."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in its base
        key: [(tag, pattern) for tag, pattern in resolvers if tag.endswith("merge")]
        for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n",
        "a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}\n",
        "a: &x {b: 1}\ne: &y {b: 2, c: 2}\nd: {<<: [*x, *y], c: 3}\n",
        "a: &x {b: 1}\ne: &y {<<: *x, c: 2}\nd: {<<: *y, c: 3}\n",
        "a: &x {b: {c: 1, f: 1}}\nd: {<<: *x, b: {c: 3}}\n",
        "a: &x word\nd: [*x, *x]\n",
        "a: &x [1, 2]\nd: *x\n",
        "a: &x {}\nd: {<<: *x}\n",
    ],
)
def test_anchors_and_merge_keys_are_those_of_pyyaml(text):
    assert stream.parse(text).data == [yaml.load(text, Merging)]


def test_a_quoted_merge_key_is_a_key():
    for quote in ("'", '"'):
        text = f"a: {{{quote}<<{quote}: {{b: c}}}}\n"
        assert stream.parse(text).data == [{"a": {"<<": {"b": "c"}}}]


def test_an_anchor_is_of_one_document():
    with pytest.raises(NotADocument):
        stream.parse("a: &x 1\n---\nb: *x\n")


def test_empty_documents_are_null():
    assert stream.parse("---\n---\na: 1\n---\n").data == [None, {"a": "1"}, None]


@pytest.mark.parametrize(
    "text, at",
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1)),
        ("x: {a: 1, a: 2}\n", (1, 11)),
        ("---\na: 1\n---\nb: 1\nb: 2\n", (5, 1)),
    ],
)
def test_a_key_is_set_once(text, at):
    with pytest.raises(NotADocument) as refused:
        stream.parse(text)
    problem, span = next(refused.value.spans(HIDDEN))
    assert problem.message == "this key is set twice"
    assert (span.line, span.column) == at


@pytest.mark.parametrize(
    "text",
    [
        "x: " + "[" * 3000,
        "x: " + "[" * 3000 + "]" * 3000,
        "x: " + "{a: " * 3000 + "}" * 3000,
        "[" * 100_000,
        '{"a":' * 50_000,
        "a: &a [*a]\n",
        "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)),
        "a: \x07\n",
        "a: \ud800\n",
        "? [a]\n: b\n",
        "a: 'x\n",
        "%YAML 9.9\n---\na: b\n",
    ],
)
def test_what_is_beyond_reason_is_refused_quickly(text):
    begun = time.process_time()
    with pytest.raises(NotADocument) as refused:
        stream.parse(text)
    assert list(refused.value.spans(HIDDEN))
    assert time.process_time() - begun < 2


def test_places_of_json():
    text = '{\n\t"a\\u00e9": {"b": ["\\ud83d\\ude00", "x"],\t"c/": "y\\/"},\n\t"d": 3\n}\n'
    parsed = stream.parse(text)
    assert parsed.data == [{"aé": {"b": ["😀", "x"], "c/": "y/"}, "d": 3}]
    for path, piece in (
        ((0, "aé", "b", 0), '"\\ud83d\\ude00"'),
        ((0, "aé", "b", 1), '"x"'),
        ((0, "aé", "c/"), '"y\\/"'),
        ((0, "d"), "3"),
    ):
        assert text[slice(*parsed.extent(path))] == piece
    span = parsed.span(Place((0, "d"), on_key=True), HIDDEN)
    assert (span.line, span.column) == (3, 2)


@pytest.mark.parametrize("value", ["\x7f", "x" * 2000, "\x85"])
def test_json_that_is_no_yaml_has_places_or_none(value):
    text = '{"k' + value + '": 1,\n "b": {"c": 2}}'
    parsed = stream.parse(text)
    span = parsed.span(Place((0, "b", "c")), HIDDEN)
    assert (span.line, span.column) in ((2, 13), (1, 1))


def test_half_a_character_of_json_is_refused():
    with pytest.raises(NotADocument):
        stream.parse('{"k\\ud800": 1}')


# -- TOML ------------------------------------------------------------------------------------

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
toml_text = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("'\"#=[]{},\\\n\t ."), max_size=8
)


def is_plain(character):
    return ord(character) >= 32 and ord(character) != 127


def in_quotes(text):
    codes = (ESCAPES.get(c) or (c if is_plain(c) else f"\\u{ord(c):04x}") for c in text)
    return f'"{"".join(codes)}"'


def plain(text, more=""):
    return "".join(c for c in text if is_plain(c) or c in more)


in_apostrophes = toml_text.map(lambda text: f"'{plain(text).replace(chr(39), '')}'")
in_three_quotes = st.tuples(toml_text, st.sampled_from(["", '\\"', "\\\n   ", '"', '""'])).map(
    lambda parts: '"""' + in_quotes(parts[0])[1:-1].replace("\\n", "\n") + parts[1] + '"""'
)
in_three_apostrophes = st.tuples(toml_text, st.sampled_from(["", "'", "''"])).map(
    lambda parts: "'''" + plain(parts[0], "\n\t").replace("'", "") + parts[1] + "'''"
)
toml_scalars = (
    toml_text.map(in_quotes)
    | in_apostrophes
    | in_three_quotes
    | in_three_apostrophes
    | st.sampled_from(["0", "-17", "+1_000", "0xDEAD_beef", "0o17", "0b1", "true", "false"])
    | st.sampled_from(["1.5", "-1e3", "6.02E+23", "inf", "-nan", "07:32:00", "1979-05-27"])
    | st.sampled_from(["1979-05-27T07:32:00Z", "1979-05-27t00:32:00.999999-07:00"])
    | st.just("1979-05-27 07:32:00")
)
toml_keys = (
    st.sampled_from(["a", "b-c", "1", "true", "inf"]) | toml_text.map(in_quotes) | in_apostrophes
)
blanks = st.sampled_from(["", " ", "\t", "  "])
breaks = st.sampled_from(["", " ", "\n", "\n\t", " # ], } = 'x\n", "\r\n"])


@st.composite
def toml_arrays(draw, values):
    several = draw(st.lists(values, max_size=3))
    parts = [draw(breaks) + one + draw(breaks) for one in several]
    comma = draw(st.sampled_from(["", "," + draw(breaks)])) if several else draw(breaks)
    return "[" + ",".join(parts) + comma + "]"


@st.composite
def toml_pairs(draw, values):
    dot = draw(blanks) + "." + draw(blanks)
    key = dot.join(draw(st.lists(toml_keys, min_size=1, max_size=3)))
    return f"{key}{draw(blanks)}={draw(blanks)}{draw(values)}"


@st.composite
def toml_tables(draw, values):
    pairs = draw(st.lists(toml_pairs(values), max_size=2))
    return "{" + ",".join(f"{draw(blanks)}{pair}{draw(blanks)}" for pair in pairs) + "}"


toml_values = st.recursive(
    toml_scalars, lambda below: toml_arrays(below) | toml_tables(below), max_leaves=6
)


@st.composite
def toml_headers(draw):
    keys = draw(st.lists(toml_keys, min_size=1, max_size=3))
    dot = draw(blanks) + "." + draw(blanks)
    inside = f"{draw(blanks)}{dot.join(keys)}{draw(blanks)}"
    return f"[[{inside}]]" if draw(st.booleans()) else f"[{inside}]"


def is_toml(text):
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


@st.composite
def toml_lines(draw):
    """Lines that read as TOML, each that does not being left out."""
    text = ""
    parts = draw(st.lists(toml_pairs(toml_values) | toml_headers(), max_size=8))
    for part in parts:
        end = draw(st.sampled_from(["\n", " # [x] = 'y'\n", "\t\n\n", "\r\n", "\n# z\n"]))
        longer = f"{text}{draw(blanks)}{part}{end}"
        if is_toml(longer):
            text = longer
    return text.rstrip("\r\n") if draw(st.booleans()) else text


def same(one, two):
    both = isinstance(one, float) and isinstance(two, float)
    return (both and math.isnan(one) and math.isnan(two)) or (one == two and type(one) is type(two))


def every_value_has_its_place(text):
    data, extents = tomllib.loads(text), toml_places.extents(text)
    for path in all_paths(data):
        if not path:
            continue
        assert path in extents, path
        extent = extents[path]
        value = data
        for step in path:
            value = value[step]
        piece = text[slice(*extent.value)]
        assert extent.scalar == (not isinstance(value, dict | list))
        if extent.scalar:
            assert same(tomllib.loads(f"x = {piece}")["x"], value), (path, piece)
        if isinstance(path[-1], int):
            assert extent.key is None
        else:
            key = text[slice(*extent.key)]
            assert list(tomllib.loads(f"{key} = 1")) == [path[-1]]


@settings(often, max_examples=400)
@given(toml_lines())
def test_every_value_of_a_toml_text_has_its_place(text):
    every_value_has_its_place(text)


plain_data = st.recursive(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
    | st.integers(-(2**40), 2**40)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.dates()
    | st.datetimes(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4), below, max_size=3
        )
    ),
    max_leaves=12,
)


@often
@given(st.dictionaries(st.sampled_from(["a", "b.c", "", "ü", '"']), plain_data, max_size=4))
def test_every_value_that_tomlkit_writes_has_its_place(data):
    text = tomlkit.dumps(data)
    assume(is_toml(text))
    every_value_has_its_place(text)


@pytest.mark.parametrize(
    "text, path, piece",
    [
        ("a.b = 1\n", ("a", "b"), "1"),
        ("[a]\n[a.b]\nc = 1 # x\n", ("a", "b", "c"), "1"),
        ("[[a]]\nb = 1\n[[a]]\nb = 2\n", ("a", 1, "b"), "2"),
        ("[[a]]\n[[a.c]]\nb = 1\n[[a]]\n[[a.c]]\nb = 2\n", ("a", 1, "c", 0, "b"), "2"),
        ("[[a]]\n[a.c]\nb = 1\n", ("a", 0, "c", "b"), "1"),
        ("[[a]]\nb.c = 1\n", ("a", 0, "b", "c"), "1"),
        ("a = [{b = 1}, {b = [2, 3]}]\n", ("a", 1, "b", 1), "3"),
        ('"a.b"."c" = 1\n', ("a.b", "c"), "1"),
        ("'a\\b' = 1\n", ("a\\b",), "1"),
        ('a = """"x""""\n', ("a",), '""""x""""'),
        ('a = """\\\n  "" \\""" "\n"""\n', ("a",), '"""\\\n  "" \\""" "\n"""'),
        ("a = ''''x''''\n", ("a",), "''''x''''"),
        ('a = ""\nb = 1', ("b",), "1"),
        ('a = """"""\nb = 1', ("a",), '""""""'),
        ("a = 1979-05-27 07:32:00 # 1", ("a",), "1979-05-27 07:32:00"),
        ("a = [1979-05-27 , 2]", ("a", 0), "1979-05-27"),
        ("a = [ # ]\n 1, # ,\n 2 # ]\n]", ("a", 1), "2"),
        ("a = [[],[[1]]]", ("a", 1, 0, 0), "1"),
        ("a = {}\nb = [ ]\nc = 1", ("c",), "1"),
        ("a={b.c={d=1}}", ("a", "b", "c", "d"), "1"),
        ("a = '#'\nb = \"#\" # '\nc = 1", ("c",), "1"),
    ],
)
def test_places_of_toml(text, path, piece):
    every_value_has_its_place(text)
    assert text[slice(*toml_places.extents(text)[path].value)] == piece


def test_lines_and_columns_of_toml():
    text = '\ufeff# x\r\n[a."b c"]\r\n  d = ["e",\r\n    "f"]\r\n'
    parsed = toml_places.parse(text)
    for path, key, at in (
        (("a", "b c", "d", 1), False, (4, 5)),
        (("a", "b c", "d"), True, (3, 3)),
        (("a", "b c"), True, (2, 4)),
        (("a", "b c", "none"), False, (2, 1)),
    ):
        span = parsed.span(Place(path, on_key=key), HIDDEN)
        assert (span.line, span.column) == at


@pytest.mark.parametrize(
    "text, at",
    [
        ("a = Hunter2\n", (1, 5)),
        ("a = 1\nHunter2 = 'x\n", (3, 1)),
        ("[Hunter2]\n[Hunter2]\n", (2, 9)),
        ("Hunter2 = 1\nHunter2 = 2\n", (2, 12)),
        ('a = "Hunter2', (1, 13)),
        ('a = "\\qHunter2"', (1, 6)),
        ("a = 1 Hunter2\n", (1, 7)),
        ("[Hunter2\n", (1, 9)),
        ("a = [1, Hunter2]\n", (1, 9)),
        ("a = {Hunter2 = 1, Hunter2 = 2}\n", (1, 30)),
    ],
)
def test_what_is_no_toml_is_told_without_a_word_of_it(text, at):
    with pytest.raises(NotADocument) as refused:
        toml_places.parse(text)
    problem, span = next(refused.value.spans(HIDDEN))
    assert problem.message.startswith("this is not TOML: ")
    assert not problem.message.endswith("expected")
    assert "Hunter2" not in problem.message + problem.help
    assert span.line == at[0]
    assert abs(span.column - at[1]) <= 2


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 5000 + "]" * 5000,
        "x = " + "[" * 300 + "]" * 300,
        "x = " + "{a = " * 300 + "1" + "}" * 300,
        "a." * 300 + "a = 1",
        "[" + "a." * 5000 + "a]",
        "x = " + "9" * 5000,
    ],
)
def test_toml_beyond_reason_is_refused_quickly(text):
    begun = time.process_time()
    with pytest.raises(NotADocument):
        toml_places.parse(text)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "text",
    [
        "".join(f'[a."b{number}"]\nc = ["d"]\n' for number in range(20_000)),
        "".join(f"[[a]]\nb = {number}\n" for number in range(20_000)),
        "a = [" + "1, " * 100_000 + "]",
        'a = """' + "x\\n" * 200_000 + '"""',
        "a = '" + "x" * 1_000_000 + "'",
        "# x\n" * 100_000,
        " " * 1_000_000 + "a = 1",
        'a = "' + "\\\\" * 200_000 + '"',
        "a = '''" + "''x" * 100_000 + "'''",
    ],
    ids=range(9),
)
def test_places_of_large_texts_are_found_quickly(text):
    begun = time.process_time()
    found = toml_places.extents(text)
    assert time.process_time() - begun < 3
    assert bool(found) == text.lstrip().startswith(("a", "["))
