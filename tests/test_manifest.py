"""`regspec compile --output-manifest` and `--sha256sums`, held to the files and to sha256sum."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess

import pytest
from regspec import __version__
from regspec.file_list import LIST

LOGINS = {"REGISTRY_PASSWORD": "s3cret", "NEXUS_PASSWORD": "n3xus"}
BOTH = ("--output-manifest", "out/manifest.json", "--sha256sums", "out/SHA256SUMS")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(folder, name="SHA256SUMS"):
    """What the real sha256sum says of each file."""
    return subprocess.run(
        ["sha256sum", "--check", "--strict", name],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        check=False,
    )


@pytest.fixture
def everything(here, root, tmp_path):
    """The spec of every key, compiled with both lists."""
    spec = root / "examples/everything.yaml"
    done = here("compile", spec, *BOTH, cwd=tmp_path, env=LOGINS)
    assert done.returncode == 0, done.stderr
    return tmp_path / "out"


def test_the_manifest_tells_what_is_in_the_folder(everything, root):
    manifest = json.loads((everything / "manifest.json").read_text())
    assert list(manifest) == ["regspec", "specs"]
    assert manifest["regspec"] == __version__
    (spec,) = manifest["specs"]
    assert spec["name"] == "everything.yaml"
    assert spec["sha256"] == digest(root / "examples/everything.yaml")
    rows = spec["artifacts"]
    assert [(row["target"], row["path"]) for row in rows] == [
        ("values", "values.yaml"),
        ("secret", "registry-secret.yaml"),
        ("containerd", "containerd.toml"),
        ("containerd", "containerd-api.toml"),
    ]
    for row in rows:
        path = everything / row["path"]
        assert row == {
            "target": row["target"],
            "path": row["path"],
            "sha256": digest(path),
            "size": path.stat().st_size,
            "mode": f"{mode(path):04o}",
            "holds_secret": row["path"] in ("values.yaml", "registry-secret.yaml"),
        }
    assert {path.name for path in everything.iterdir()} == {
        *(row["path"] for row in rows),
        "manifest.json",
        "SHA256SUMS",
        LIST,
    }


def test_the_page_names_every_key(everything, root):
    page = (root / "docs/builds.md").read_text()
    manifest = json.loads((everything / "manifest.json").read_text())
    (spec,) = manifest["specs"]
    assert re.findall(r"^\| `([a-z_0-9.\[\]]+)` \|", page, re.MULTILINE) == [
        *manifest,
        *(f"specs[].{key}" for key in spec),
        *(f"specs[].artifacts[].{key}" for key in spec["artifacts"][0]),
    ]


def test_sha256sum_accepts_the_sums(everything):
    done = check(everything)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "values.yaml: OK\nregistry-secret.yaml: OK\ncontainerd.toml: OK\ncontainerd-api.toml: OK\n"
    )
    with (everything / "values.yaml").open("a") as file:
        file.write("# by hand\n")
    assert "values.yaml: FAILED\n" in check(everything).stdout


def test_a_list_with_the_digest_of_a_secret_is_its_owners_only(everything):
    assert mode(everything / "manifest.json") == mode(everything / "SHA256SUMS") == 0o600


@pytest.mark.parametrize(
    "case",
    [
        ("", "containerd", False),
        ("hunter2", "containerd", True),  # the digest of the spec would do as well
        ("{env: REGISTRY_PASSWORD}", "containerd", False),
        ("{env: REGISTRY_PASSWORD}", "secret", True),
        ("hunter2", "secret", True),
    ],
)
def test_the_mode_is_that_of_what_it_tells(case, here, head, tmp_path):
    password, target, closed = case
    access = f", username: a, password: {password}" if password else ""
    (tmp_path / "a.yaml").write_text(
        f"{head}registry: {{endpoint: a.example.org{access}}}\nmirrors: [docker.io]\n"
    )
    for _ in range(2):
        done = here("compile", "a.yaml", "-t", target, *BOTH, cwd=tmp_path, env=LOGINS)
        assert done.returncode == 0, done.stderr
        for name in ("manifest.json", "SHA256SUMS"):
            assert mode(tmp_path / "out" / name) == (0o600 if closed else 0o644)
            if closed:  # whoever opens it finds it closed again
                (tmp_path / "out" / name).chmod(0o644)


def test_it_is_the_same_wherever_and_whenever_it_is_made(regspec, root, tmp_path):
    made = []
    for number, folder in enumerate(("here", "a folder/elsewhere")):
        cwd = tmp_path / folder
        cwd.mkdir(parents=True)
        spec = root / "examples/everything.yaml"
        env = LOGINS | {"PYTHONHASHSEED": str(number), "TZ": "Asia/Tokyo", "LC_ALL": "C"}
        words = [
            *("-o", (cwd / "out") if number else "out"),
            *("--output-manifest", (cwd / "out/manifest.json") if number else "out/manifest.json"),
            *("--sha256sums", (cwd / "out/SHA256SUMS") if number else "./out/SHA256SUMS"),
        ]
        done = regspec("compile", spec, *words, cwd=cwd, env=env, umask=0o077 * number)
        assert done.returncode == 0, done.stderr
        made.append([(cwd / "out" / name).read_text() for name in ("manifest.json", "SHA256SUMS")])
    assert made[0] == made[1]
    assert str(tmp_path) not in "".join(made[0])
    assert str(root) not in "".join(made[0])


def test_a_fleet_in_one_list(here, smallest, tmp_path):
    (tmp_path / "sites").mkdir()
    for name in ("north", "a b", "back\\slash"):
        (tmp_path / f"sites/{name}.yaml").write_text(smallest.replace("harbor", name[:1]))
    specs = [f"sites/{name}.yaml" for name in ("north", "back\\slash", "a b")]
    done = here("compile", *specs, "-o", "out/{stem}", *BOTH, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("11 files written, 0 up to date\n")
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert [spec["name"] for spec in manifest["specs"]] == [spec[6:] for spec in specs]
    paths = [row["path"] for spec in manifest["specs"] for row in spec["artifacts"]]
    assert paths[::3] == ["north/values.yaml", "back\\slash/values.yaml", "a b/values.yaml"]
    assert all((tmp_path / "out" / path).is_file() for path in paths)
    done = check(tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(": OK\n") == 9


def test_a_list_above_the_folder(here, smallest, tmp_path):
    words = ("--output-manifest", "manifest.json", "--sha256sums", "sums")
    assert here("compile", "-", *words, cwd=tmp_path, input=smallest).returncode == 0
    (spec,) = json.loads((tmp_path / "manifest.json").read_text())["specs"]
    assert spec["name"] == "<stdin>"
    assert spec["sha256"] == hashlib.sha256(smallest.encode()).hexdigest()
    assert spec["artifacts"][0]["path"] == "out/values.yaml"
    assert check(tmp_path, "sums").returncode == 0


def test_check_tells_a_stale_list(here, smallest, tmp_path):
    (tmp_path / "a.yaml").write_text(smallest)
    words = ("compile", "a.yaml", *BOTH)
    done = here(*words, "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert "out/manifest.json: missing\n" in done.stderr
    assert here(*words, cwd=tmp_path).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert here(*words, "--check", cwd=tmp_path).returncode == 0
    assert here(*words, cwd=tmp_path).stderr.endswith("0 files written, 5 up to date\n")
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    (tmp_path / "a.yaml").write_text(f"{smallest}# more\n")
    done = here(*words, "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("\nout/manifest.json: differs\n")


@pytest.mark.parametrize("option", ["--output-manifest", "--sha256sums"])
@pytest.mark.parametrize(
    "case",
    [
        (["out/values.yaml"], "would both write"),
        (["a.yaml"], "name another file"),
        (["out/linked"], "there is a link in its way"),
        (["linked"], "there is a link in its way"),
        (["out/below/list"], "or above it"),
        (["elsewhere/list"], "or above it"),
        (["out"], "is not the name of a file"),
        (["out/list", "--stdout"], "excludes"),
        (["out/list", "--diff"], "excludes"),
    ],
    ids=str,
)
def test_what_a_list_cannot_be_is_refused(option, case, here, smallest, tmp_path):
    words, said = case
    (tmp_path / "a.yaml").write_text(smallest)
    (tmp_path / "out").mkdir()
    (tmp_path / "linked").symlink_to("other")
    (tmp_path / "out/linked").symlink_to("../other")
    before = sorted(tmp_path.rglob("*"))
    done = here("compile", "a.yaml", option, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "a.yaml").read_text() == smallest


def test_two_records_cannot_be_one_file(here, smallest, tmp_path):
    words = ("--output-manifest", "out/list", "--sha256sums", "./out/LIST")
    done = here("compile", "-", *words, cwd=tmp_path, input=smallest)
    assert done.returncode == 2
    assert "--output-manifest and --sha256sums would both write out/LIST; name" in done.stderr
    assert not (tmp_path / "out").exists()
