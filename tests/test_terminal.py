"""Nothing that stands in a file or a name acts on a terminal or on the runner of a CI job.

Every key and every value of every format that regspec reads is replaced by hostile text, in turn,
and every form of output is looked at.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import shutil
import tarfile
import tomllib
from pathlib import Path

import pytest
import tomlkit
import yaml
from regspec import cli, recognise
from regspec.diagnostics import Diagnostic, Severity, Span, inert
from regspec.dialects.attempt import Outcome

pytestmark = pytest.mark.slow


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

HOSTILE = (
    "\x1b[31m",  # red
    "\x1b]0;title\x07",
    "\r",
    "\b",
    "\x7f",
    "\x85",  # a line break to some
    "\x9b2J",  # clears the screen
    "\u202e",  # from right to left
    "\u2066",
    "\u2028",
    "\u200b",  # no width
    "\xad",
    "\ufeff",
    "\U000e0041",
    "\n::add-mask::x",
    "\r::stop-commands::x",
    " ::error::x",
    "##[group]x",
    "##vso[task.setvariable variable=a]x",
)
TEXTS = (
    "::add-mask::x",
    "##[add-mask]x",
    *("".join(HOSTILE[start::3]) for start in range(3)),
)
"""Each hostile string, in texts short enough to be shown whole, and at the start of a text."""
TEXTS_OF_A_PLACE = 2
"""How many of them each place gets: all of them in turn, since there are many places."""
PLACED = {"alone": "{0}", "before": "{0}{1}", "after": "{1}{0}"}
FORMS = ("text", "json", "github", "sarif")
ALL_FORMS = (*FORMS, "concise")
OURS = re.compile(r"::(?:error|warning|notice) file=[^:]*,title=regspec [A-Za-z0-9-]+::")


def harmful(output: str) -> list[str]:
    """What of an output acts on a terminal or a runner, besides the annotations of ours."""
    found = [repr(c) for c in set(output) if c != "\n" and not c.isprintable()]
    lines = output.split("\n")
    found += [line for line in lines if re.match(r"\s*::", line) and not OURS.match(line)]
    return found + [line for line in lines if "##" in line]


def checked(done) -> None:
    """Fail where a run says anything harmful, or does not end as it should."""
    assert done.returncode in {0, 1, 2}, done.stderr
    for output in (done.stdout, done.stderr):
        found = harmful(output)
        assert not found, (done.args, found)


def test_the_harmful_is_found():
    for text in HOSTILE:
        assert harmful(f"a\n{text}"), text
        assert not harmful(inert(text)), text
        assert not harmful(inert(f" {text}{text}")), text
    assert harmful("  ::x")
    assert harmful("##[x]")
    assert not harmful("::error file=a,line=1,col=1,title=regspec RS101::x")
    assert harmful("::error::x")


def test_a_text_that_is_harmless_stays_as_it_is():
    for text in ("docker.io::a.example.org", "a # b", "é😀", "\\x1b", "[::1]"):
        assert inert(text) == text
        assert inert(inert(f"\x1b{text}")) == inert(f"\x1b{text}")


def test_a_diagnostic_is_harmless_however_it_is_made():
    text = "".join(HOSTILE)
    diagnostic = Diagnostic(Severity.ERROR, "x", text, text, Span(1, 1))
    assert not harmful(diagnostic.message + diagnostic.help)
    outcome = Outcome(loads=False, reason=text, notes=(text,))
    assert not harmful(f"{outcome.reason}{outcome.notes[0]}")
    assert Outcome(loads=True).reason is None


def paths_of(data, path=()):
    """The path of every key and of every scalar in data."""
    if isinstance(data, dict | list):
        for step in data if isinstance(data, dict) else range(len(data)):
            if isinstance(data, dict) and step not in CODED:
                yield (*path, step), "key"
            yield from paths_of(data[step], (*path, step))
    else:
        yield path, "value"


def changed(data, path, kind, text):
    """A copy of data with one key or value changed."""
    if not path:
        return text("" if data is None else str(data))
    step, *rest = path
    if isinstance(data, list):
        return [changed(v, rest, kind, text) if i == step else v for i, v in enumerate(data)]
    if kind == "key" and not rest:
        return {(text(str(k)) if k == step else k): v for k, v in data.items()}
    return {k: changed(v, rest, kind, text) if k == step else v for k, v in data.items()}


CODED = ("as JSON", "as base64")
"""The only key of a mapping that stands for its text, so that what is inside is changed."""


def opened(data):
    """Data in which texts that are JSON, or base64 of a text, are what they hold."""
    match data:
        case dict():
            return {key: opened(value) for key, value in data.items()}
        case list():
            return [opened(value) for value in data]
        case str() if data.startswith("{") and data.endswith("}"):
            return {"as JSON": json.loads(data)}
        case str() if len(data) > 7 and len(data) % 4 == 0:
            try:
                text = base64.b64decode(data, validate=True).decode()
            except ValueError:
                return data
            return {"as base64": opened(text)} if text.isprintable() or "\n" in text else data
    return data


def closed(data):
    """The inverse of `opened`."""
    match data:
        case {"as JSON": inner}:
            return json.dumps(closed(inner))
        case {"as base64": inner}:
            return base64.b64encode(closed(inner).encode()).decode()
        case dict():
            return {key: closed(value) for key, value in data.items()}
        case list():
            return [closed(value) for value in data]
    return data


class Sample:
    """A file that regspec reads, and its data."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text()
        self.kinds = []
        try:
            read = recognise.read(self.text, f"/{path.parent.name}/{path.name}", lambda _path: None)
            self.kinds = [reading.kind for reading in read]
        except (recognise.Unknown, recognise.NotADocument):
            return
        try:
            self.data, self.syntax = tomllib.loads(self.text), "toml"
        except tomllib.TOMLDecodeError:
            self.data, self.syntax = list(yaml.safe_load_all(self.text)), "yaml"
        if not isinstance(self.data, dict) and not isinstance(self.data[0], dict | list):
            self.data, self.syntax = self.text.splitlines(), "text"
        self.data = opened(self.data)

    def written(self, data) -> str:
        """The text of changed data, in which every character is spelt as its syntax allows."""
        data = closed(data)
        if self.syntax == "toml":
            return tomlkit.dumps(data)
        if self.syntax == "text":
            return "\n".join(data)
        return "".join(f"---\n{json.dumps(document)}\n" for document in data)

    def places(self):
        """The paths of which each shape is there once, for the items of a list are alike."""
        seen = set()
        for path, kind in paths_of(self.data):
            shape = shape_of(path, kind)
            if shape not in seen:
                seen.add(shape)
                yield path, kind


def shape_of(path, kind):
    return kind, tuple("" if isinstance(step, int) else step for step in path)


def samples() -> dict[str, list[tuple[Sample, list]]]:
    """The files in golden/ that a reader knows, by kind, each with the places new in it."""
    found: dict[str, list[tuple[Sample, list]]] = {}
    seen = set()
    for path in sorted((ROOT / "golden").rglob("*")):
        inside = path.relative_to(ROOT / "golden").parts
        if not path.is_file() or path.suffix == ".md" or inside[0] == "bad":
            continue
        try:
            sample = Sample(path)
        except UnicodeDecodeError:
            continue
        if not sample.kinds:
            continue
        new = [
            (place, kind)
            for place, kind in sample.places()
            if (sample.kinds[0], shape_of(place, kind)) not in seen
        ]
        if new:
            seen |= {(sample.kinds[0], shape_of(place, kind)) for place, kind in new}
            found.setdefault(sample.kinds[0], []).append((sample, new))
    return found


SAMPLES = samples()


def variants(sample: Sample, places) -> Iterator[str]:
    """The texts of a sample with hostile text at each place, which is alone, before and after."""
    positions, texts = itertools.cycle(PLACED.values()), itertools.cycle(TEXTS)
    for path, kind in places:
        for hostile in itertools.islice(texts, TEXTS_OF_A_PLACE):
            position = next(positions)
            data = changed(sample.data, path, kind, lambda old: position.format(hostile, old))  # noqa: B023
            yield sample.written(data)


@pytest.fixture
def spec(tmp_path):
    """A spec with a target of every kind, and no login that would have to be set."""
    folder = tmp_path / "spec"
    folder.mkdir()
    shutil.copy(ROOT / "golden/runtimes/registry.yaml", folder)
    shutil.copy(ROOT / "golden/runtimes/ca.crt", folder)
    return folder / "registry.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAMPLES)
def test_nothing_in_a_file_that_is_read_acts(kind, here, spec, tmp_path):
    several = []
    for number, (sample, places) in enumerate(SAMPLES[kind]):
        for count, text in enumerate(variants(sample, places)):
            file = tmp_path / f"files/{number}-{count}/{sample.path.parent.name}/{sample.path.name}"
            file.parent.mkdir(parents=True)
            file.write_text(text, newline="")
            several.append(file)
    for form in FORMS:
        done = here("verify", spec, "files", "--format", form, cwd=tmp_path)
        checked(done)
        assert form not in {"json", "sarif"} or done.returncode == 2 or json.loads(done.stdout)
    for file in several:
        checked(here("import", file.relative_to(tmp_path), cwd=tmp_path))


NODE = {
    "etc/containerd/config.toml": """version = 2
imports = ["/etc/containerd/conf.d/*.toml", "/etc/containerd/other.toml"]
root = "/var/lib/containerd"
disabled_plugins = ["a"]
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "pause:3.8"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "/etc/containerd/certs.d"
[plugins."io.containerd.grpc.v1.cri".registry.headers]
User-Agent = ["x"]
""",
    "etc/containerd/conf.d/50.toml": """version = 2
[plugins."io.containerd.grpc.v1.cri".registry.configs."a.example.org".auth]
username = "u"
password = "p"
[plugins."io.containerd.grpc.v1.cri".registry.configs."a.example.org".tls]
ca_file = "/etc/a.crt"
insecure_skip_verify = false
""",
    "etc/containerd/certs.d/docker.io/hosts.toml": """server = "https://registry-1.docker.io"
capabilities = ["pull"]
[host."https://harbor.example.org/v2/airgap-images/docker.io"]
capabilities = ["pull", "resolve"]
override_path = true
ca = ["ca.crt"]
client = [["a.pem", "b.pem"]]
dial_timeout = "3s"
[host."https://harbor.example.org/v2/airgap-images/docker.io".header]
authorization = "Basic dTpw"
x = ["y"]
""",
    "etc/containerd/certs.d/docker.io/ca.crt": (ROOT / "examples/ca.crt").read_text(),
    "etc/docker/daemon.json": '{"registry-mirrors": ["https://a.example.org"], "debug": true}',
    "etc/rancher/k3s/registries.yaml": (
        '{"mirrors": {"docker.io": {"endpoint": ["https://a.example.org"], "rewrite": {"^": "x"}}}}'
    ),
    "etc/containers/registries.conf.d/50.conf": """[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "a.example.org/x"
""",
    "etc/buildkit/buildkitd.toml": """[registry."docker.io"]
mirrors = ["a.example.org/x"]
[registry."a.example.org"]
http = false
ca = ["/a"]
""",
}
"""The files of a node, with every key that `explain` and `verify` know."""


def node(folder: Path, **files: str) -> Path:
    for name, text in (NODE | files).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, newline="")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", NODE)
def test_nothing_in_a_file_of_a_node_acts(name, here, spec, tmp_path):
    folder = node(tmp_path / "node")
    sample = Sample(folder / name)
    for count, text in enumerate(variants(sample, sample.places())):
        node(folder, **{name: text})
        form = FORMS[count % len(FORMS)]
        checked(here("verify", spec, folder, "--format", form, cwd=tmp_path))
        for version, form in (("1.7", "text"), ("2.3", "text"), ("2.3", "json")):
            words = ("--node", folder, "nginx:1", "--containerd", version, "--format", form)
            checked(here("explain", *words, cwd=tmp_path))


BROKEN = (
    "a: {0}: {0}",
    "{0} = = 3",
    "x = {0}",
    "version = 2\n[plugins.{0}\n",
    "- {0}\n  {0}: 'x",
    '{{"a": {0}',
)
"""Texts that no parser takes, with hostile text where each stops."""


@pytest.mark.slow
def test_nothing_in_a_broken_file_acts(here, spec, tmp_path):
    node(tmp_path / "node")
    for count, (broken, text) in enumerate(itertools.product(BROKEN, (*HOSTILE, *TEXTS))):
        written = broken.format(text)
        file = tmp_path / f"files/{count}/config.toml"
        file.parent.mkdir(parents=True)
        file.write_text(written, newline="")
        checked(here("import", file, cwd=tmp_path))
        checked(here("check", file, cwd=tmp_path))
        for name in ("etc/containerd/config.toml", "etc/containerd/certs.d/docker.io/hosts.toml"):
            node(tmp_path / "node", **{name: written})
            checked(here("explain", "--node", "node", "nginx:1", cwd=tmp_path))
            checked(here("verify", spec, "node", cwd=tmp_path))
    for form in FORMS:
        checked(here("verify", spec, "files", "--format", form, cwd=tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["everything", "harbor-airgap", "cert-manager"])
def test_nothing_in_a_spec_acts(name, here, tmp_path):
    for file in (ROOT / "examples").iterdir():
        shutil.copy(file, tmp_path)
    data = yaml.safe_load((tmp_path / f"{name}.yaml").read_text())
    env = {"REGISTRY_PASSWORD": "p", "NEXUS_PASSWORD": "p"}
    runs = [
        *(("check", "x.yaml", "--strict", "--format", form) for form in ALL_FORMS),
        ("check", "x.yaml", "--diff"),
        ("compile", "x.yaml", "--diff"),
        ("explain", "x.yaml", "nginx:1"),
        *(("coverage", "x.yaml", "--format", form) for form in ("text", "json", "github")),
    ]
    positions, turns = itertools.cycle(PLACED.values()), itertools.cycle(runs)
    for (path, kind), hostile in itertools.product(paths_of(data), TEXTS):
        position = next(positions)
        text = json.dumps(changed(data, path, kind, lambda old: position.format(hostile, old)))  # noqa: B023
        (tmp_path / "x.yaml").write_text(text)
        for words in (*runs[:1], next(turns), next(turns), next(turns)):
            checked(here(*words, cwd=tmp_path, env=env))


def test_nothing_in_a_spec_as_it_is_written_acts(here, smallest, tmp_path):
    """Unlike JSON, it has hostile text in the lines that are shown, if it is YAML."""
    for text, line in itertools.product(
        (*HOSTILE, *TEXTS), ("mirrors: ['{0}']", "{0}", "a: '{0}'", "{0}: 1", " {0}")
    ):
        written = line.format(text)
        (tmp_path / "x.yaml").write_text(f"{smallest}{written}\n", newline="")
        for form in ALL_FORMS:
            checked(here("check", "x.yaml", "--format", form, cwd=tmp_path))
        checked(here("check", "x.yaml", "--diff", cwd=tmp_path))


def test_nothing_in_what_a_diff_shows_acts(here, smallest, tmp_path):
    spec = (
        smallest + "targets: [values, secret, certs.d, copy-list, k3s, runbook]\nimages: [nginx]\n"
    )
    (tmp_path / "x.yaml").write_text(spec)
    assert here("compile", "x.yaml", cwd=tmp_path).returncode == 0
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert len(files) > 5
    for text in (*HOSTILE, *TEXTS):
        for file in files:
            before = file.read_text()
            lines = before.splitlines()
            for at, how in enumerate(("{1}{0}", "{0}{1}", "{1}\n {0}")):
                there = [
                    how.format(text, one) if number % 3 == at else one
                    for number, one in enumerate(lines)
                ]
                file.write_text("\n".join(there), newline="")
                checked(here("compile", "x.yaml", "--diff", cwd=tmp_path))
            file.write_text(before)


NAMES = [
    *(text.replace("/", "-") for text in (*HOSTILE, *TEXTS)),
    os.fsdecode(b"\xff\xfe\x1b"),
    "-\n::add-mask::x",
]
"""Names of files and folders, of which one is not UTF-8."""


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_of_a_file_or_folder_acts(name, here, smallest, tmp_path):
    work = tmp_path / "work"
    site = node(work / name)
    bad = f"{smallest}x: 1\nlint: 3\n"
    (work / f"{name}.yaml").write_text(bad)
    (work / f"{name}.good").write_text(smallest)
    (site / name).mkdir()
    shutil.copytree(ROOT / "golden/runtimes/out", site / name / name)
    shutil.copy(ROOT / "golden/runtimes/out/palette-values.yaml", work / f"{name}.values")
    shutil.copy(ROOT / "golden/runtimes/out/k3s/registries.yaml", work / f"{name}.k3s")
    archive = work / f"{name}.tar"
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(ROOT / "golden/runtimes/out", f"{name}/{name}")
    # As a path from here, so that it stands at the start of a line.
    spec, good, values = (
        f"./{name}.yaml"[2 * (name[0] != "-") :],
        f"./{name}.good",
        f"./{name}/{name}",
    )
    runs = [
        *(("check", spec, good, "--format", form) for form in ALL_FORMS),
        ("check", good, "--fix"),
        ("check", f"./{name}", f"{name}x" if name[0] != "-" else "x"),
        ("check", good, "--diff"),
        ("compile", spec),
        ("compile", good, "-o", f"./{name}/out"),
        ("compile", good, "-o", f"./{name}/out", "--check"),
        ("compile", good, "-o", f"./{name}/other", "--check"),
        ("compile", good, "-o", f"./{name}/other", "--diff"),
        ("compile", good, "--stdout", "-o", f"./{name}"),
        ("compile", spec, good, "-j", "1", "-o", f"./{name}/{{stem}}"),
        ("compile", good, "-j", "1", "-o", f"./{name}/{{stem}}x", "--check"),
        ("compile", good, "-j", "1", "-o", good),
        ("compile", good, "-o", good),
        (
            "compile",
            good,
            good[2:] if name[0] != "-" else good,
            "-o",
            name if name[0] != "-" else "x",
        ),
        ("compile", good, "-o", f"./{name}/out", "--depfile", f"./{name}/d"),
        ("compile", good, "-o", f"./{name}/out", "--output-manifest", f"./{name}/m"),
        ("compile", good, "-o", f"./{name}/out", "--sha256sums", good),
        ("compile", good, "-o", f"./{name}/out", "--sha256sums", f"{name}/"),
        *(("verify", good, f"./{name}", "--format", form) for form in FORMS),
        *(("verify", good, values, "--format", form) for form in FORMS),
        *(("verify", good, f"./{name}.tar", "--format", form) for form in FORMS),
        ("verify", spec, f"./{name}"),
        ("verify", good, f"./{name}-no"),
        ("import", values),
        ("import", values, "--fallback", "deny"),
        ("import", f"./{name}.tar"),
        ("import", f"{values}/palette-values.yaml", f"{values}/k3s/registries.yaml"),
        ("import", f"{values}/palette-values.yaml", "-o", f"./{name}/spec.yaml"),
        ("import", f"{values}/palette-values.yaml", "-o", f"./{name}/spec.yaml"),
        ("import", f"{values}/palette-values.yaml", "--prefer", f"./{name}"),
        ("import", good),
        ("import", f"./{name}.values"),
        ("import", f"./{name}.values", f"./{name}.k3s"),
        ("import", f"./{name}.values", f"./{name}.k3s", "--secrets", "literal"),
        ("explain", "--node", f"./{name}", "nginx"),
        ("explain", "--node", f"./{name}", good),
        ("explain", good, "-i", f"./{name}-no"),
        ("explain", good, f"./{name}"),
        ("coverage", good, "-i", f"./{name}.yaml"),
        ("coverage", spec),
        ("init", "-o", f"./{name}/init.yaml"),
        ("init", "-o", f"./{name}/init.yaml"),
    ]
    for words in runs:
        checked(here(*words, cwd=work))
    done = here("check", spec, "--format", "json", cwd=work)
    assert json.loads(done.stdout)[0]["file"] == spec  # a program is told the very name


@pytest.mark.parametrize("name", NAMES[:-2], ids=range(len(NAMES) - 2))
def test_no_path_that_a_file_of_a_node_names_acts(name, here, spec, tmp_path):
    """The folders and CA files that a node's configuration names are there, and are shown."""
    folder = node(tmp_path / "node")
    root = f"/etc/{name.replace(':', '')}x"  # a `:` would separate two folders
    authority = f"/etc/x{name}.crt"
    main = {
        "version": 2,
        "plugins": {"io.containerd.grpc.v1.cri": {"registry": {"config_path": root}}},
    }
    hosts = {
        "server": "https://registry-1.docker.io",
        "ca": [authority],
        "host": {"https://harbor.example.org/v2": {"ca": [authority]}},
    }
    files = {
        "etc/containerd/config.toml": tomlkit.dumps(main),
        f"{root[1:]}/docker.io/hosts.toml": tomlkit.dumps(hosts),
        authority[1:]: (ROOT / "examples/ca.crt").read_text(),
    }
    node(folder, **files)
    for version in ("1.7", "2.3"):
        done = here("explain", "--node", folder, "nginx:1", "--containerd", version, cwd=tmp_path)
        checked(done)
        assert f"because of {inert(root)}" in done.stdout
        assert f"CA of {inert(authority)}" in done.stdout
        words = ("--containerd", version, "--format", "json")
        done = here("explain", "--node", folder, "nginx:1", *words, cwd=tmp_path)
        checked(done)
        row = next(row for line in done.stdout.splitlines() if (row := json.loads(line)))
        assert row["attempts"][0]["file"].startswith(root)
        checked(here("verify", spec, folder, "--containerd", version, cwd=tmp_path))


@pytest.mark.parametrize("text", NAMES, ids=range(len(NAMES)))
def test_no_word_of_a_command_line_acts(text, here, smallest, tmp_path):
    (tmp_path / "x.yaml").write_text(smallest)
    for words in (
        (text,),
        (f"--{text}",),
        ("check", f"--{text}", "x.yaml"),
        ("check", f"-{text}", "x.yaml"),
        ("check", "x.yaml", "--format", text),
        ("check", "x.yaml", f"--strict={text}"),
        ("check", "x.yaml", "--select", text),
        ("check", "x.yaml", "--at", text),
        ("check", "x.yaml", "--allow-file", text),
        ("compile", "x.yaml", "--target", text),
        ("compile", "x.yaml", "-j", text),
        ("compile", "x.yaml", "--depfile-target", text, "--depfile", "d"),
        ("explain", "x.yaml", "--", text),
        ("explain", "x.yaml", "nginx", "--containerd", text),
        ("explain", "--node", text, "nginx"),
        ("rule", "--", text),
        ("completion", "--", text),
        ("integrate", "--", text),
        ("init", "--endpoint", text),
        ("init", "--base-path", text),
        ("coverage", "x.yaml", "--field", text),
        ("verify", "x.yaml", "x.yaml", "--containerd", text),
        ("import", "x.yaml", "--prefer", text),
        ("import", "x.yaml", "--secrets", text),
    ):
        checked(here(*words, cwd=tmp_path))


def test_no_image_of_a_list_acts(here, smallest, tmp_path):
    (tmp_path / "x.yaml").write_text(smallest)
    for text in (*HOSTILE, *TEXTS):
        written = (
            f"nginx{text}\nnginx\n",
            f"{text}nginx\n",
            json.dumps(
                {
                    "kind": "Pod",
                    "spec": {"containers": [{"image": f"{text}x"}, {"image": f"x{text}"}]},
                }
            ),
            json.dumps(
                {"manifests": [{"annotations": {"org.opencontainers.image.ref.name": f"x{text}"}}]}
            ),
        )
        for content in written:
            (tmp_path / "images").write_text(content, newline="")
            for form in ALL_FORMS:
                checked(here("coverage", "x.yaml", "-i", "images", "--format", form, cwd=tmp_path))
            for form in ("text", "json"):
                words = ("-i", "images", "--format", form)
                checked(here("explain", "x.yaml", *words, cwd=tmp_path))


def test_what_import_writes_is_exact(here, tmp_path):
    """It is quoted so that nothing of it acts where it is printed, and stays the same data."""
    original = yaml.safe_load((ROOT / "golden/everything/out/values.yaml").read_text())
    for text in (*HOSTILE, *TEXTS, "a\n::add-mask::x\n##[x]\n", "::x\n"):
        original["config"]["ociImageRegistry"]["name"] = text
        (tmp_path / "values.yaml").write_text(json.dumps(original))
        done = here("import", "values.yaml", cwd=tmp_path)
        checked(done)
        assert yaml.safe_load(done.stdout)["registry"]["name"] == text
        (tmp_path / "spec.yaml").unlink(missing_ok=True)
        here("import", "values.yaml", "-o", "spec.yaml", cwd=tmp_path)
        assert (tmp_path / "spec.yaml").read_text() == done.stdout


def test_only_regspec_paints(here, smallest, tmp_path):
    """Colours are those of regspec, whatever a name or a value has in it."""
    name = "\x1b[31mx.yaml"
    (tmp_path / name).write_text(f"{smallest}x: '\x1b[32m'\n".replace("\x1b", "\\x1b"))
    done = here("check", name, cwd=tmp_path, env={"FORCE_COLOR": "1"})
    codes = set(re.findall(r"\x1b\[[0-9;]*[A-Za-z]", done.stderr))
    assert codes <= {
        code
        for both in cli.terminal._CODES.values()
        for code in re.findall(r"\x1b\[[0-9;]*m", both)
    } | {"\x1b[0m"}
    assert "\x1b[32m" not in codes
    assert "\\x1b[31mx.yaml" in done.stderr
