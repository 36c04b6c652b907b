"""The command line, as a user types it."""

from __future__ import annotations

import json

import pytest
import yaml
from regspec import __version__
from regspec.dialects import DEFAULT_TARGETS, TARGETS


@pytest.mark.parametrize("words", [["--help"], ["-h"], [], ["compile", "--help"]])
def test_help_teaches(regspec, tmp_path, words):
    done = regspec(*words, cwd=tmp_path)
    text = done.stdout + done.stderr
    assert done.returncode == (0 if words else 2)
    assert "regspec compile registry.yaml" in text
    assert "Exit codes" in text or "[default: out]" in text


@pytest.mark.parametrize("command", ["compile", "init", "schema", "targets"])
def test_every_command_has_help(regspec, tmp_path, command):
    done = regspec(command, "-h", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: regspec {command}")
    assert f"\n  {command} " in regspec("--help", cwd=tmp_path).stdout


def test_the_version(regspec, tmp_path):
    assert regspec("--version", cwd=tmp_path).stdout == f"regspec {__version__}\n"


@pytest.mark.parametrize(
    "words, said",
    [
        (["compil"], "compil"),
        (["compile"], "SPEC"),
        (["compile", "a.yaml", "--chek"], "--check"),
        (["compile", "a.yaml", "--target", "vales"], "values"),
        (["compile", "a.yaml", "--check", "--stdout"], "exclude"),
        (["compile", "-", "-"], "once"),
        (["compile", "a.yaml", "--allow-file", "nowhere"], "nowhere"),
        (["init", "--endpoint", "https://Harbor.example.org/"], "`harbor.example.org`"),
        (["init", "--base-path", "/a/"], "`a`"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_to_type(regspec, tmp_path, words, said):
    done = regspec(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing.yaml", ".", "/dev/zero", "missing/registry.yaml"])
def test_a_spec_that_cannot_be_read_exits_2(regspec, tmp_path, name):
    done = regspec("compile", name, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {name}: ")


def test_a_spec_that_is_a_pipe_is_refused_at_once(regspec, tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    done = regspec("compile", "pipe", cwd=tmp_path)
    assert done.returncode == 2
    assert "`-`" in done.stderr


def test_compile_writes_to_out_and_says_so(regspec, tmp_path, smallest):
    (tmp_path / "registry.yaml").write_text(smallest)
    done = regspec("compile", "registry.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == ""
    assert done.stderr.endswith("3 files written, 0 up to date\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".regspec-files",
        "containerd.toml",
        "registry-secret.yaml",
        "values.yaml",
    ]


def test_a_spec_on_standard_input(regspec, tmp_path, smallest):
    done = regspec("compile", "-", "-o", "{stem}", cwd=tmp_path, input=smallest)
    assert done.returncode == 0
    assert "--> <stdin>:" in done.stderr
    assert (tmp_path / "stdin" / "values.yaml").exists()


def test_several_specs_each_to_its_own_folder(regspec, tmp_path, smallest):
    for site in ("north", "south"):
        (tmp_path / f"{site}.yaml").write_text(smallest.replace("harbor", site))
    done = regspec("compile", "north.yaml", "south.yaml", "-o", "out/{stem}", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.endswith("6 files written, 0 up to date\n")
    for site in ("north", "south"):
        assert (
            f'endpoint: "{site}.example.org"'
            in (tmp_path / "out" / site / "values.yaml").read_text()
        )


def test_a_spec_that_is_named_twice_is_compiled_once(regspec, tmp_path, smallest):
    (tmp_path / "registry.yaml").write_text(smallest)
    done = regspec("compile", "registry.yaml", "registry.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.endswith("3 files written, 0 up to date\n")


def test_the_worst_exit_code_wins(regspec, tmp_path, smallest):
    (tmp_path / "good.yaml").write_text(smallest)
    (tmp_path / "bad.yaml").write_text("registry: {}\n")
    args = ["-o", "out/{stem}"]
    assert regspec("compile", "good.yaml", "bad.yaml", *args, cwd=tmp_path).returncode == 1
    assert regspec("compile", "bad.yaml", "none.yaml", *args, cwd=tmp_path).returncode == 2
    assert not (tmp_path / "out").exists()


def test_one_artifact_on_stdout_is_its_exact_bytes(regspec, tmp_path, smallest):
    regspec("compile", "-", cwd=tmp_path, input=smallest)
    for target in DEFAULT_TARGETS:
        done = regspec("compile", "-", "-t", target, "--stdout", cwd=tmp_path, input=smallest)
        assert done.returncode == 0
        assert done.stdout == (tmp_path / "out" / TARGETS[target].file).read_text()


def test_several_artifacts_on_stdout_are_told_apart_by_comments(regspec, tmp_path, smallest):
    done = regspec(
        "compile", "-", "-t", "values", "-t", "secret", "--stdout", cwd=tmp_path, input=smallest
    )
    assert done.stdout.startswith("# file: out/values.yaml\n# made by regspec")
    assert "\n# file: out/registry-secret.yaml\n---\n" in done.stdout
    # So the two are one stream of YAML documents.
    values, secret = yaml.safe_load_all(done.stdout)
    assert "config" in values
    assert secret["kind"] == "Secret"
    assert not (tmp_path / "out").exists()


def test_stdout_of_a_bad_spec_is_empty(regspec, tmp_path, smallest):
    done = regspec("compile", "-", "--stdout", cwd=tmp_path, input=smallest + "x: 1\n")
    assert (done.returncode, done.stdout) == (1, "")


def test_init_writes_a_spec_that_compiles_as_it_stands(regspec, tmp_path):
    done = regspec("init", "--endpoint", "r.example.org:5000", "--base-path", "", cwd=tmp_path)
    assert done.returncode == 0
    done = regspec("compile", "registry.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "11 files written, 0 up to date\n")
    values = yaml.safe_load((tmp_path / "out/values.yaml").read_text())
    assert values["config"]["ociImageRegistry"]["endpoint"] == "r.example.org:5000"


def test_init_refuses_to_overwrite(regspec, tmp_path):
    (tmp_path / "registry.yaml").write_text("mine\n")
    done = regspec("init", cwd=tmp_path)
    assert done.returncode == 2
    assert "registry.yaml: is there already" in done.stderr
    assert (tmp_path / "registry.yaml").read_text() == "mine\n"


def test_init_prints(regspec, tmp_path):
    done = regspec("init", "-o", "-", cwd=tmp_path)
    assert done.returncode == 0
    assert regspec("compile", "-", cwd=tmp_path, input=done.stdout).returncode == 0


def test_what_init_comments_out_is_valid_too(regspec, tmp_path):
    text = regspec("init", "-o", "-", cwd=tmp_path).stdout
    wanted = []
    for line in text.splitlines():
        bare = line.lstrip()
        is_yaml = bare.startswith(("# name", "# user", "# pass", "# insecure", "# plain", "# - {"))
        is_block = bare.startswith(("# hosts:", "#   ", "# imageSwap:"))
        wanted.append(line.replace("# ", "", 1) if is_yaml or is_block else line)
    spec = "\n".join(wanted).replace(":TAG", ":v1")
    env = {"REGISTRY_PASSWORD": "a", "NEXUS_PASSWORD": "b"}
    done = regspec("compile", "-", "--stdout", cwd=tmp_path, input=spec, env=env)
    assert done.returncode == 0, done.stderr
    assert "nexus.example.org:8083/nvidia" in done.stdout
    assert "imageSwapInitImage" in done.stdout


def test_schema_prints_the_schema(regspec, root, tmp_path):
    done = regspec("schema", cwd=tmp_path)
    assert done.stdout == (root / "schemas/registry-spec.schema.json").read_text()


def test_targets_as_text_and_as_json(regspec, tmp_path):
    rows = json.loads(regspec("targets", "--format", "json", cwd=tmp_path).stdout)
    assert [row["target"] for row in rows] == list(TARGETS)
    (row,) = [row for row in rows if row["target"] == "containerd"]
    assert row["destination"] == "/etc/containerd/config.toml"
    assert row["restart"] == "containerd"
    text = regspec("targets", cwd=tmp_path).stdout
    for row in rows:
        assert row["target"] in text
        assert row["destination"] in text


def test_colours_only_where_they_are_wanted(regspec, tmp_path, smallest):
    spec = smallest + "x: 1\n"
    plain = regspec("compile", "-", cwd=tmp_path, input=spec).stderr
    forced = regspec("compile", "-", cwd=tmp_path, input=spec, env={"FORCE_COLOR": "1"}).stderr
    never = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
    refused = regspec("compile", "-", cwd=tmp_path, input=spec, env=never).stderr
    assert "\x1b[" in forced
    assert plain == refused
    assert "\x1b[" not in plain


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(regspec, tmp_path, shell):
    done = regspec(cwd=tmp_path, env={"_REGSPEC_COMPLETE": f"{shell}_source"})
    assert done.returncode == 0
    assert "_REGSPEC_COMPLETE" in done.stdout


def test_completion_knows_the_targets(regspec, tmp_path):
    env = {
        "_REGSPEC_COMPLETE": "bash_complete",
        "COMP_WORDS": "regspec compile --target ",
        "COMP_CWORD": "3",
    }
    done = regspec(cwd=tmp_path, env=env)
    assert [line.partition(",")[2] for line in done.stdout.split()] == list(TARGETS)


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    import subprocess
    import sys

    command = f"{sys.executable} -m regspec schema | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "{\n0\n"
    assert done.stderr == ""


def test_a_bug_of_ours_exits_3_without_a_secret(tmp_path, smallest):
    import subprocess
    import sys

    (tmp_path / "registry.yaml").write_text(smallest)
    script = (
        "import sys\n"
        "from regspec import emit\n"
        "from regspec.cli import main\n"
        "def broken(*_): raise KeyError('s3cret')\n"
        "emit.verify = broken\n"
        "main(sys.argv[1:])\n"
    )
    for debug in ([], ["--debug"]):
        words = [sys.executable, "-c", script, *debug, "compile", "registry.yaml"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 3
        assert "this is a bug in regspec (KeyError)" in done.stderr
        assert ("pipeline.py" in done.stderr) == bool(debug)
        assert "s3cret" not in done.stderr.replace("raise KeyError('s3cret')", "")
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("closed, command", [("<&-", "-"), (">&-", "registry.yaml --stdout")])
def test_a_closed_stream_is_told(tmp_path, smallest, closed, command):
    import subprocess
    import sys

    (tmp_path / "registry.yaml").write_text(smallest)
    line = f"{sys.executable} -m regspec compile {command} {closed}"
    done = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.endswith("is closed\n")
    assert "Traceback" not in done.stderr


def test_no_control_character_reaches_the_terminal(regspec, tmp_path, smallest):
    spec = smallest + 'fallback: "\\e[2J\\u202e"\n'
    done = regspec("compile", "-", "-o", "\x1b[2J", cwd=tmp_path, input=spec)
    assert done.returncode == 1
    assert r"`\x1b[2J\u202e`" in done.stderr
    (tmp_path / "\x1b[2J").write_text("a file in place of the folder")
    again = regspec("compile", "-", "-o", "\x1b[2J", cwd=tmp_path, input=smallest)
    assert again.returncode == 2
    assert "\x1b" not in done.stderr + again.stderr


def test_progress_is_shown_on_a_terminal(tmp_path, smallest):
    import os
    import pty
    import subprocess
    import sys

    names = [f"site{number}.yaml" for number in range(40)]
    for name in names:
        (tmp_path / name).write_text(smallest)
    ours, theirs = pty.openpty()
    script = (
        "import sys; from regspec.cli import main, terminal\n"
        "terminal.PROGRESS_AFTER = 0.0\n"
        "main(sys.argv[1:])\n"
    )
    words = [sys.executable, "-c", script, "compile", *names, "-t", "secret", "-o", "{stem}"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=theirs) as process:
        os.close(theirs)
        told = b""
        try:
            while piece := os.read(ours, 4096):
                told += piece
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0
    assert b"\r39 of 40 specs compiled\r\x1b[K" in told
    assert told.rstrip().endswith(b"\r39 of 40 specs written\r\x1b[K40 files written, 0 up to date")
