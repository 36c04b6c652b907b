"""`regspec compile --depfile`, as GNU make reads it."""

from __future__ import annotations

import os
import subprocess

import pytest

MAKEFILE = "include made.d\n%: ; @: $(info made $@)\n"
# Each stands in the name of a spec, of what it refers to and of the output folder.
ODD = (
    *("a b", " a", "a#b", "a$b", "$(HOME)", "a:b", "a::b", "c:\\b", "a%b", "%", "a|b", "a=b",
     "a:=b", ".a"),
    *("a*b", "a?b", "[ab]", "a\\b", "a\\ b", "a\\\\ b", "a\\#b", "a\\*b", "a~b", "a&b", "a'b",
     'a"b', "a`b"),
    *("(1) b", "ä", "-a", "@a", "+a", "a,b", "{a}", "a!b", "a<b>",
     "include", "export a"),
)  # fmt: skip


@pytest.fixture
def site(tmp_path, head, root):
    """Writes a spec of a CA and an image list, all of a name, and compiles it below another."""

    def write(name):
        folder = tmp_path / "sites"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.crt").write_bytes((root / "examples/ca.crt").read_bytes())
        (folder / f"{name}.txt").write_text("docker.io/library/nginx:1.25\n")
        quoted = name.replace("'", "''")
        (folder / f"{name}.yaml").write_text(
            f"{head}registry: {{endpoint: a.example.org, caCert: {{file: '{quoted}.crt'}}}}\n"
            f"mirrors: [docker.io, docker.io/library]\nimages: '{quoted}.txt'\n"
            "targets: [values, secret]\n"
        )
        return [f"sites/{name}.{ending}" for ending in ("yaml", "crt", "txt")]

    return write


def make(folder, *goals):
    """Whether GNU make would make the goals again."""
    done = subprocess.run(
        ["make", "--no-builtin-rules", "--", *goals],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return [goal for goal in goals if f"made {goal}\n" in done.stdout]


@pytest.mark.parametrize("name", ODD)
def test_make_reads_odd_names_as_they_are(name, here, site, tmp_path):
    inputs = site(name)
    out = f"out {name}/{name}".replace("{", "(").replace("}", ")")  # `{` is for {stem}
    done = here("compile", "-o", out, "--depfile", "made.d", "--", inputs[0], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = [f"{out}/values.yaml", f"{out}/registry-secret.yaml"]
    # What a pattern would match as well, and is older than everything.
    for decoy in ("axb", "a", "b"):
        (tmp_path / "sites" / f"{decoy}.yaml").touch()
    (tmp_path / "Makefile").write_text(MAKEFILE)
    for path in tmp_path.rglob("*"):
        os.utime(path, (1000, 1000))
    assert make(tmp_path, *made) == []
    for path in inputs:
        os.utime(tmp_path / path, (2000, 2000))
        assert make(tmp_path, *made) == made, f"{path} is no prerequisite"
        os.utime(tmp_path / path, (1000, 1000))
    for decoy in ("axb", "a", "b"):
        if decoy != name:
            os.utime(tmp_path / "sites" / f"{decoy}.yaml", (2000, 2000))
    assert make(tmp_path, *made) == [], "a name is taken for a pattern"
    (tmp_path / inputs[1]).unlink()
    assert make(tmp_path, *made) == made, "a missing file breaks make"


@pytest.mark.parametrize(
    "name", ["~a", "a;b", "a\\", "a&", "lib(a)", "a\tb", "a\nb", os.fsdecode(b"\xff")]
)
def test_a_name_that_make_cannot_hold_is_refused_before_anything_is_written(
    name, here, smallest, tmp_path
):
    (tmp_path / name).write_text(smallest)
    done = here("compile", name, "--depfile", "made.d", cwd=tmp_path)
    assert done.returncode == 2
    assert "rename it\n" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert here("compile", name, cwd=tmp_path).returncode == 0


def test_it_looks_as_that_of_a_compiler(here, site, tmp_path):
    inputs = site("a")
    words = ("-o", "./out/{stem}", "--depfile", "out/a.d", "--depfile-target", "out/a.stamp")
    assert here("compile", inputs[0], *words, cwd=tmp_path).returncode == 0
    assert (tmp_path / "out/a.d").read_text() == (
        "./out/a/values.yaml \\\n"
        "./out/a/registry-secret.yaml \\\n"
        "out/a.stamp: \\\n"
        "  sites/a.yaml \\\n"
        "  sites/a.crt \\\n"
        "  sites/a.txt\n"
        "\nsites/a.yaml:\n\nsites/a.crt:\n\nsites/a.txt:\n"
    )
    assert (tmp_path / "out/a.d").stat().st_mode & 0o777 == 0o644


def test_all_specs_of_a_run_are_in_one(here, site, tmp_path):
    specs = [site(name)[0] for name in ("a", "b")]
    words = ("-o", "out/{stem}", "--depfile", "made.d")
    assert here("compile", *specs, *words, cwd=tmp_path).returncode == 0
    (tmp_path / "Makefile").write_text(MAKEFILE)
    for path in tmp_path.rglob("*"):
        os.utime(path, (1000, 1000))
    os.utime(tmp_path / "sites/b.crt", (2000, 2000))
    made = ["out/a/values.yaml", "out/b/registry-secret.yaml"]
    assert make(tmp_path, *made) == made


def test_absolute_paths_stay_absolute_and_logins_are_prerequisites(here, head, tmp_path):
    allowed = tmp_path / "logins"
    allowed.mkdir()
    (allowed / "password").write_text("hunter2")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/a.yaml").write_text(
        f"{head}registry:\n  endpoint: a.example.org\n  username: a\n"
        f"  password: {{file: ../logins/password}}\nmirrors: [docker.io]\n"
    )
    words = ("--depfile", "made.d", "--allow-file", allowed, "-t", "secret")
    done = here("compile", tmp_path / "site/a.yaml", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (
        (tmp_path / "made.d")
        .read_text()
        .startswith(
            f"out/registry-secret.yaml: \\\n  {tmp_path}/site/a.yaml \\\n"
            f"  {tmp_path}/site/../logins/password\n"
        )
    )


def test_standard_input_is_no_prerequisite(here, smallest, tmp_path):
    words = ("--depfile", "made.d", "-t", "values")
    assert here("compile", "-", *words, cwd=tmp_path, input=smallest).returncode == 0
    assert (tmp_path / "made.d").read_text() == "out/values.yaml:\n"


def test_it_is_left_alone_when_a_spec_has_an_error(here, smallest, tmp_path):
    (tmp_path / "good.yaml").write_text(smallest)
    (tmp_path / "bad.yaml").write_text(smallest + "x: 1\n")
    (tmp_path / "made.d").write_text("mine\n")
    words = ("-o", "out/{stem}", "--depfile", "made.d")
    assert here("compile", "good.yaml", "bad.yaml", *words, cwd=tmp_path).returncode == 1
    assert (tmp_path / "made.d").read_text() == "mine\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words, said",
    [
        (["--depfile", "made.d", "--check"], "excludes"),
        (["--depfile", "made.d", "--diff"], "excludes"),
        (["--depfile", "made.d", "--stdout"], "excludes"),
        (["--depfile-target", "a.stamp"], "--depfile"),
        (["--depfile", "a.yaml"], "name another file"),
        (["--depfile", "./out/values.yaml"], "name another file"),
        (["--depfile", "out/values.yaml/made.d"], "name another file"),
        (["--depfile", "out"], "is not the name of a file"),
        (["--depfile", "out/"], "is not the name of a file"),
        (["--depfile", "linked.d"], "there is a link in its way"),
        (["--depfile", "out/linked/made.d"], "a link in place of a folder"),
    ],
)
def test_what_it_cannot_be_is_refused(words, said, here, smallest, tmp_path):
    (tmp_path / "a.yaml").write_text(smallest)
    (tmp_path / "linked.d").symlink_to("other")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/linked").symlink_to("..")
    done = here("compile", "a.yaml", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert (tmp_path / "a.yaml").read_text() == smallest
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.yaml"]
