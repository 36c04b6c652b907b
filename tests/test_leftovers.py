"""Files that an earlier run wrote and that no spec makes any more: what is reported and removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from regspec.file_list import LIST, text

SITE = "registry: {{endpoint: harbor.example.org, username: robot, password: hunter2}}\n"
SITE += "mirrors: [docker.io, docker.io/library]\ntargets: [{targets}]\n"
SITE += "lint: {{ignore: [RS503, RS211, RS315, RS214, RS207]}}\n"
ENDS = "any more; `--prune` removes it"


@pytest.fixture
def compiles(regspec, head, tmp_path):
    """Writes specs by their names, and compiles those of the words."""

    def run(*words, **targets):
        for name, chosen in targets.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(head + SITE.format(targets=chosen))
        return regspec("compile", *words, cwd=tmp_path)

    return run


def files(folder):
    """The files below a folder, without the lists, links included."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if (path.is_symlink() or path.is_file()) and path.name != LIST
    )


def reported(done):
    return [line.partition(": ")[2] for line in done.stderr.splitlines() if ENDS in line]


CERTS_D = ["certs.d/docker.io/hosts.toml", "certs.d/harbor.example.org/hosts.toml"]
CERTS_D.append("conf.d/50-regspec.toml")


@pytest.mark.parametrize(
    "before, after, left",
    [
        ("certs.d", "{target: containerd, endpoints: api}", CERTS_D),
        ("values", "{target: values, out: base.yaml}", ["values.yaml"]),
        ("{target: k3s, out: a/b/c}", "{target: k3s, out: a/d}", ["a/b/c/registries.yaml"]),
        ("values, pull-secret", "values", ["pull-secret.yaml"]),
    ],
)
def test_what_the_spec_does_not_make_any_more_is_reported_and_removed(
    compiles, tmp_path, before, after, left
):
    words = ("a.yaml", "-j", "1") if "pull-secret" in before else ("a.yaml",)
    assert compiles(*words, a=before).returncode == 0
    own = tmp_path / "out" / os.path.dirname(left[0]) / "notes.txt"
    own.write_text("mine")

    checked = compiles(*words, "--check", a=after)
    assert checked.returncode == 1
    done = compiles(*words)
    assert done.returncode == 0
    told = [line for line in done.stderr.splitlines() if line.startswith("warning: out/")]
    assert [line.partition("out/")[2].partition(": ")[0] for line in told] == left
    again = compiles(*words, "--check", "--prune")
    assert again.returncode == 1
    for path in left:
        assert f"out/{path}: this file is not an output of the spec {ENDS}" in again.stderr
        assert (tmp_path / "out" / path).exists()

    pruned = compiles(*words, "--prune")
    assert pruned.returncode == 0
    assert all(f"out/{path}: removed\n" in pruned.stderr for path in left)
    assert f", {len(left)} removed" in pruned.stderr
    assert own.read_text() == "mine"
    own.unlink()
    assert compiles(*words, "--check").returncode == 0
    assert compiles("a.yaml", "-o", "fresh").returncode == 0
    assert files(tmp_path / "fresh") == files(tmp_path / "out")
    assert (tmp_path / "fresh" / LIST).read_bytes() == (tmp_path / "out" / LIST).read_bytes()


@pytest.mark.parametrize("jobs", [(), ("-j", "1")])
def test_the_folder_of_a_deleted_spec_is_left_over(compiles, tmp_path, jobs):
    words = ("sites/a.yaml", "sites/b.yaml", "-o", "out/{stem}-site/x", *jobs)
    assert compiles(*words, sites__a="values", sites__b="secret").returncode == 0
    (tmp_path / "out/c-site/x").mkdir(parents=True)
    (tmp_path / "out/c-site/x/values.yaml").write_text("of somebody else")
    (tmp_path / "out/link-site").symlink_to("b-site")
    one = ("sites/a.yaml", *words[2:])
    done = compiles(*one, "--prune")
    assert (done.returncode, "b-site" in done.stderr) == (0, False), "b.yaml is still there"

    (tmp_path / "sites/b.yaml").unlink()
    assert compiles(*one, "--check").returncode == 1
    done = compiles(*one)
    line = "out/b-site/x/registry-secret.yaml: the spec of this file is gone; `--prune` removes it"
    assert (done.returncode, f"warning: {line}\n" in done.stderr) == (0, True)
    done = compiles(*one, "--prune")
    assert done.returncode == 0
    assert "out/b-site/x/registry-secret.yaml: removed" in done.stderr
    assert "link-site" not in done.stderr
    assert not (tmp_path / "out/b-site/x").exists()
    assert files(tmp_path / "out/c-site") == ["x/values.yaml"]
    assert compiles(*one, "--check").returncode == 0


def test_a_folder_of_a_deleted_spec_with_other_files_is_kept(compiles, tmp_path):
    compiles("a.yaml", "b.yaml", "-o", "out/{stem}", a="values", b="k3s")
    (tmp_path / "b.yaml").unlink()
    (tmp_path / "out/b/k3s/notes.txt").write_text("mine")
    assert compiles("a.yaml", "-o", "out/{stem}", "--prune").returncode == 0
    assert files(tmp_path / "out/b") == ["k3s/notes.txt"]


def test_specs_of_one_folder_have_nothing_to_do_with_each_other(compiles, tmp_path):
    assert compiles("a.yaml", a="values, palette").returncode == 0
    done = compiles("b.yaml", b="secret, k3s")
    assert (done.returncode, reported(done)) == (0, [])
    done = compiles("b.yaml", "--prune", b="secret")
    assert "out/k3s/registries.yaml: removed" in done.stderr
    assert files(tmp_path / "out") == ["palette-values.yaml", "registry-secret.yaml", "values.yaml"]
    # What another spec makes now is not left over, and neither is it when that one is renamed.
    done = compiles("a.yaml", "b.yaml", a="values", b="secret, palette")
    assert (done.returncode, reported(done)) == (0, [])
    (tmp_path / "b.yaml").rename(tmp_path / "c.yaml")
    assert compiles("a.yaml", "c.yaml", "--check").returncode == 0
    (tmp_path / "c.yaml").unlink()
    done = compiles("a.yaml", "--check")
    assert done.returncode == 1
    assert done.stderr.count(ENDS) == 2
    compiles("a.yaml", "--prune")
    assert files(tmp_path / "out") == ["values.yaml"]


@pytest.mark.parametrize(
    "words, cwd",
    [(["../sites/a.yaml", "-o", "../out"], "elsewhere"), (["a.yaml", "-o", "../out"], "sites")],
)
def test_a_spec_is_the_same_from_any_working_folder(compiles, regspec, tmp_path, words, cwd):
    compiles("sites/a.yaml", "sites/b.yaml", "-o", "out", sites__a="values", sites__b="secret")
    (tmp_path / "elsewhere").mkdir()
    done = regspec("compile", *words, "--check", cwd=tmp_path / cwd)
    assert (done.returncode, done.stderr.count(ENDS)) == (0, 0)
    compiles("sites/a.yaml", "--check", sites__a="{target: values, out: new.yaml}")
    done = regspec("compile", *words, cwd=tmp_path / cwd)
    assert done.stderr.count(ENDS) == 1
    assert f"values.yaml: this file is not an output of the spec {ENDS}" in done.stderr


def test_selected_targets_say_nothing_of_the_others(compiles, tmp_path):
    listed = "values, secret"
    assert compiles("a.yaml", a=listed).returncode == 0
    for words in (("-t", "values"), ("-t", "k3s", "-t", "secret")):
        done = compiles("a.yaml", *words)
        assert (done.returncode, reported(done)) == (0, [])
    assert compiles("a.yaml", *words, "--check").returncode == 0
    # Nor does the whole spec of what was asked for in addition.
    assert compiles("a.yaml", "--check").returncode == 0
    assert "k3s/registries.yaml" in files(tmp_path / "out")
    done = compiles("a.yaml", a="values")
    assert [line for line in done.stderr.splitlines() if ENDS in line] == [
        f"warning: out/registry-secret.yaml: this file is not an output of the spec {ENDS}"
    ]
    # Once the spec lists the target, its files are those of the spec.
    compiles("a.yaml", a="values, k3s")
    done = compiles("a.yaml", "--prune", a="values")
    assert "out/k3s/registries.yaml: removed" in done.stderr
    assert files(tmp_path / "out") == ["values.yaml"]


def test_a_spec_with_an_error_has_nothing_left_over(compiles, tmp_path):
    compiles("a.yaml", "b.yaml", "-o", "out/{stem}", a="values", b="k3s")
    for words in (("-j", "1"), ("--prune",)):
        done = compiles("a.yaml", "b.yaml", "-o", "out/{stem}", *words, b="no-target")
        assert (done.returncode, reported(done)) == (1, [])
    assert files(tmp_path / "out/b") == ["k3s/registries.yaml"]


@pytest.mark.parametrize("option", [("--stdout",), ("-t", "values")])
def test_prune_goes_with_all_files_only(compiles, option):
    done = compiles("a.yaml", "--prune", *option, a="values")
    assert done.returncode == 2
    assert f"--prune excludes {'--target' if option[0] == '-t' else option[0]}" in done.stderr


def test_no_spec_can_have_the_list_as_a_file(compiles, tmp_path):
    done = compiles("a.yaml", a=f"{{target: values, out: {LIST}}}")
    assert (done.returncode, (tmp_path / "out").exists()) == (1, False)
    assert "is not a file below the output folder" in done.stderr
    done = compiles("a.yaml", "--sha256sums", f"out/{LIST}", a="values")
    assert (done.returncode, (tmp_path / "out").exists()) == (2, False)


def test_the_list_has_no_secret_and_says_nothing_of_the_machine(compiles, tmp_path):
    compiles(str(tmp_path / "sites/a.yaml"), "-o", "one/out", sites__a="values, secret")
    compiles("sites/../sites/a.yaml", "-o", str(tmp_path / "two"))
    one, two = ((tmp_path / folder / LIST).read_text() for folder in ("one/out", "two"))
    assert one == two.replace('"sites/a.yaml"', '"a.yaml"')
    assert json.loads(one)["files"] == {
        "a.yaml": {"registry-secret.yaml": False, "values.yaml": True}
    }
    assert "hunter2" not in one
    assert str(tmp_path) not in one
    assert (tmp_path / "two" / LIST).stat().st_mode & 0o777 == 0o644


def test_reading_an_output_folder_passes_over_the_list(compiles, regspec, tmp_path):
    compiles("a.yaml", a="values, k3s")
    assert regspec("verify", "a.yaml", "out", cwd=tmp_path).returncode == 0
    done = regspec("import", "out", "-o", "new.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert LIST not in done.stderr


# --- a list that somebody edited ---


def hostile(tmp_path, path):
    """Put a path into the list of out/, as one of a.yaml and of a spec that is gone."""
    of_spec = {path: False}
    (tmp_path / "out" / LIST).write_text(text({"a.yaml": of_spec, "gone.yaml": of_spec}, {}))


@pytest.mark.parametrize(
    "path",
    [
        "../victim/file",
        "x/../../victim/file",
        "./values.yaml",
        "/etc/passwd",
        "a//b",
        "",
        "a\0b",
        "\ud800",
        "..",
        "victim/",
    ],
)
def test_a_path_out_of_the_folder_is_no_list(compiles, tmp_path, path):
    compiles("a.yaml", a="values")
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").write_text("precious")
    hostile(tmp_path, path)
    before = (tmp_path / "out" / LIST).read_bytes()
    for words in (("--prune",), ("--prune", "-j", "1")):
        done = compiles("a.yaml", *words)
        assert done.returncode == 2
        assert f"error: out/{LIST}: not a list of files that regspec wrote" in done.stderr
    assert (tmp_path / "victim/file").read_text() == "precious"
    assert (tmp_path / "out" / LIST).read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"files": 1}', '{"files": {"a": ["x"]}}', "[" * 9999, "\xff"]
)
def test_what_is_no_list_is_an_error(compiles, tmp_path, content):
    compiles("a.yaml", a="values")
    (tmp_path / "out" / LIST).write_bytes(content.encode("latin-1"))
    done = compiles("a.yaml", "--prune")
    assert done.returncode == 2
    assert "not a list of files that regspec wrote; remove it" in done.stderr
    (tmp_path / "out" / LIST).unlink()
    assert compiles("a.yaml", "--prune").returncode == 0


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "link above", "spec", "file above"])
def test_nothing_but_a_regular_file_of_the_folder_is_removed(compiles, tmp_path, kind):
    compiles("a.yaml", "-o", "out", a="values")
    victim, out = tmp_path / "victim", tmp_path / "out"
    victim.mkdir()
    (victim / "file").write_text("precious")
    path = "x"
    if kind == "link":
        (out / "x").symlink_to(victim / "file")
    elif kind == "folder":
        (out / "x").mkdir()
        (out / "x/file").write_text("precious")
    elif kind == "pipe":
        os.mkfifo(out / "x")
    elif kind == "link above":
        (out / "x").symlink_to(victim)
        path = "x/file"
    elif kind == "file above":
        (out / "x").write_text("precious")
        path = "x/file"
    else:
        (out / "x").symlink_to("../a.yaml")
    hostile(tmp_path, path)
    before = files(out)
    done = compiles("a.yaml", "--prune")
    assert (done.returncode, files(out)) == (0, before)
    assert (victim / "file").read_text() == "precious"
    assert LIST not in done.stderr


def test_the_spec_itself_is_never_removed(regspec, head, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.yaml").write_text(head + SITE.format(targets="values"))
    hostile(tmp_path, "a.yaml")
    for words in ((), ("-j", "1")):
        done = regspec("compile", "a.yaml", "-o", ".", "--prune", *words, cwd=folder)
        assert (done.returncode, files(folder)) == (0, ["a.yaml", "values.yaml"])


def test_a_file_that_somebody_put_in_the_place_of_ours_is_kept(compiles, tmp_path):
    compiles("a.yaml", a="values")
    (tmp_path / "out/values.yaml").write_text("own: true\n")
    done = compiles("a.yaml", "--prune", a="{target: values, out: base.yaml}")
    assert (done.returncode, reported(done)) == (0, [])
    assert (tmp_path / "out/values.yaml").read_text() == "own: true\n"
    assert "values.yaml" not in json.loads((tmp_path / "out" / LIST).read_text())["files"]["a.yaml"]


def test_a_file_in_the_list_of_a_folder_below_is_of_that_folder(compiles, tmp_path):
    compiles("a.yaml", a="{target: values, out: b/values.yaml}")
    compiles("b.yaml", "-o", "out/b", b="values")
    done = compiles("a.yaml", "--prune", a="secret")
    assert (done.returncode, reported(done)) == (0, [])
    assert (tmp_path / "out/b/values.yaml").exists()


# --- killed at any moment ---

# Compiles new.yaml in a child that is killed before its Nth change of the file system, and then
# again in one that is not; the output folder begins as start/ each time.
KILLER = """
import json, os, shutil, signal, sys
from pathlib import Path
from regspec import cli

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "fcntl.flock"}

def run(number, words):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = number
    def hook(event, arguments):
        nonlocal left
        creates = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        if event in CHANGES or creates:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    try:
        cli.main(["compile", "new.yaml", *words])
    except SystemExit as end:
        os._exit(end.code or 0)
    finally:
        os._exit(99)

def there():
    return sorted(str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file())

try:  # what is imported here is not imported by each child
    cli.main(["compile", "new.yaml", "-o", "{stem}-warm", "--prune", "--check"])
except SystemExit:
    pass
cases = []
for number in range(1, 200):
    shutil.rmtree("out", ignore_errors=True)
    shutil.copytree("start", "out")
    code, killed = run(number, sys.argv[1:]), there()
    listing = Path("out/.regspec-files").read_text()
    cases.append([code, killed, json.loads(listing)["files"], run(0, ["--prune"]), there()])
    if code >= 0:
        break
print(json.dumps(cases))
"""


@pytest.mark.parametrize("words", [(), ("--prune",)])
def test_a_run_that_is_killed_loses_no_file(compiles, tmp_path, words):
    compiles("old.yaml", old="certs.d, registries.conf")
    (tmp_path / "out").rename(tmp_path / "start")
    (tmp_path / "old.yaml").unlink()
    compiles("new.yaml", "-o", "fresh", new="values, {target: k3s, out: c/d}")
    done = subprocess.run(
        [sys.executable, "-c", KILLER, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    cases = json.loads(done.stdout)
    seen = set()
    for code, killed, by_spec, again, after in cases:
        artifacts = {name for name in killed if ".regspec-" not in name}
        assert artifacts <= {path for paths in by_spec.values() for path in paths}
        seen.add(frozenset(artifacts))
        assert again == 0
        assert [name for name in after if name != LIST] == files(tmp_path / "fresh")
        assert code in (-9, 0)
    assert cases[-1][0] == 0
    assert len(cases) > 15
    assert len(seen) > 2
