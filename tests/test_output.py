"""What the output folder looks like after a compile: finished, failed, or killed."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from regspec.file_list import LIST

PUBLIC = "nodes/containerd.toml"
SECRET = ("values.yaml", "registry-secret.yaml")
FILES = (*SECRET, PUBLIC)
LEFTOVER = ".regspec-new"


def spec(head, name, *, password="hunter2", mirrors=("docker.io", "quay.io"), containerd=PUBLIC):
    """A spec of three files, two of them with the password; everything in them has the name."""
    return (
        f"{head}registry: {{endpoint: {name}.example.org, username: {name}, "
        f"password: '{password and name + password}'}}\n"
        f"mirrors: [{', '.join(mirrors)}]\n"
        f"targets: [values, secret, {{target: containerd, out: {containerd}, endpoints: api}}]\n"
        f"lint: {{ignore: [RS315, RS214, {'RS503' if password else 'RS502'}]}}\n"
    )


def snapshot(folder):
    """Every file below a folder, leftovers included: its mode and its bytes."""
    return {
        str(path.relative_to(folder)): (stat.S_IMODE(path.lstat().st_mode), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if not path.is_dir() and LIST not in path.name
    }


def everything(folder):
    """What must not change when nothing is written: names, kinds, modes, times, bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        link = path.readlink() if path.is_symlink() else None
        # Making and removing a temporary file touches the time of a folder, no more.
        when = None if stat.S_ISDIR(status.st_mode) else status.st_mtime_ns
        found[str(path)] = (status.st_ino, status.st_mode, when, content, link)
    return found


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, head, regspec):
    """The specs old.yaml and new.yaml, and what each compiles to, made once."""
    folder = tmp_path_factory.mktemp("compiled")
    for name in ("old", "new"):
        (folder / f"{name}.yaml").write_text(spec(head, name))
        done = regspec("compile", f"{name}.yaml", "-o", name, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def sites(tmp_path, compiled):
    """The specs old.yaml and new.yaml, and out/ as old.yaml makes it."""
    for name in ("old.yaml", "new.yaml"):
        shutil.copy(compiled / name, tmp_path)
    shutil.copytree(compiled / "old", tmp_path / "out")
    return tmp_path


@pytest.fixture
def both(compiled):
    """What old.yaml and new.yaml make, as snapshots."""
    old, new = snapshot(compiled / "old"), snapshot(compiled / "new")
    assert set(old) == set(new) == set(FILES)
    assert not any(old[name][1] == new[name][1] for name in FILES)
    return old, new


@pytest.fixture
def private_mounts():
    """The words before a command that may mount what nobody else sees."""
    user = () if os.geteuid() == 0 else ("--map-root-user",)
    words = ("unshare", "--mount", *user)
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare")
    probe = "mount -t tmpfs -o size=16k none /mnt"
    tried = subprocess.run([*words, "sh", "-c", probe], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("no mount namespace can be made here")
    return words


# --- killed at any moment -----------------------------------------------------------------

# Compiles new.yaml over what is in out/ again and again, in a child that is killed: at its Nth
# look at the file system, before the Nth line of output.py, or at the Nth byte of a file. The
# child is a fork, so that thousands of runs take seconds.
KILLER = r"""
import base64, json, os, resource, shutil, signal, stat, sys
from pathlib import Path

from regspec import cli, output, pipeline
from regspec.sources import FolderReader

kind, umask, words = sys.argv[1], int(sys.argv[2], 8), ["compile", "new.yaml"]
LOOKS = {"open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "fcntl.flock"}
text = Path("new.yaml").read_bytes()
artifacts = pipeline.compile_spec(
    text, targets=(), environment={}, read_file=FolderReader(Path())
).artifacts


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def at_look(number):
    left = number

    def hook(event, _arguments):
        nonlocal left
        if event in LOOKS:
            left -= 1
            if left == 0:
                die()

    sys.addaudithook(hook)


def at_line(number):
    left = number

    def local(_frame, event, _argument):
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                die()
        return local

    sys.settrace(lambda frame, *_: local if frame.f_code.co_filename == output.__file__ else None)


def at_byte(number):
    # The system kills with SIGXFSZ whoever writes beyond the limit, after the bytes before it.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (number - 1, number - 1))


ARM = {"look": at_look, "line": at_line, "byte": at_byte}


def run(number):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.umask(umask)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    code = 99
    try:
        if number:
            ARM[kind](number)
        if kind == "look":
            cli.main(words)
        else:
            output.write(Path("out"), artifacts)
            code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        os._exit(code)


def snapshot():
    return {
        str(path.relative_to("out")): (
            stat.S_IMODE(path.lstat().st_mode), base64.b64encode(path.read_bytes()).decode()
        )
        for path in Path("out").rglob("*")
        if not path.is_dir() and ".regspec-files" not in path.name
    }


shutil.rmtree("start", ignore_errors=True)
if Path("out").exists():
    shutil.copytree("out", "start")
cases, number = [], 0
longest = max(len(artifact.text.encode()) for artifact in artifacts)
while True:
    # Each byte would be many runs for little: the first and last ones, and some between.
    number += 1 if kind != "byte" or number < 3 else 37
    if kind == "byte" and number > longest:
        number = longest + 1
    shutil.rmtree("out", ignore_errors=True)
    if Path("start").exists():
        shutil.copytree("start", "out")
    code = run(number)
    killed = snapshot()
    again = run(0)
    cases.append([number, code, killed, again, snapshot()])
    if code >= 0:
        break
print(json.dumps(cases))
"""


def cases_of(kind, cwd, umask="022"):
    """Each run that was killed, and the last one, which was not: see KILLER."""
    done = subprocess.run(
        [sys.executable, "-c", KILLER, kind, umask],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    def decoded(files):
        return {name: (mode, base64.b64decode(text)) for name, (mode, text) in files.items()}

    cases = json.loads(done.stdout)
    return [(n, code, decoded(a), again, decoded(b)) for n, code, a, again, b in cases]


def is_sound(files, old, new):
    """Whether each file is a whole one, and nobody else can read a leftover he should not."""
    for name, (mode, content) in files.items():
        folder, _, base = name.rpartition("/")
        if not base.endswith(LEFTOVER):
            assert (mode, content) in (old.get(name), new[name]), f"{name} is neither old nor new"
            continue
        whose = f"{folder}/" * bool(folder) + base.removeprefix(".").removesuffix(LEFTOVER)
        assert new[whose][1].startswith(content)
        if whose in SECRET or content != new[whose][1]:
            assert not mode & 0o077, f"others can read {name}"
    assert set(files) >= set(old), "an old file is gone"


@pytest.mark.parametrize("over", ["old files", "nothing"])
@pytest.mark.parametrize("kind, least", [("look", 15), ("line", 150), ("byte", 10)])
def test_a_killed_compile_leaves_whole_files_and_the_next_one_cleans_up(
    sites, both, kind, least, over
):
    old, new = both
    if over == "nothing":
        shutil.rmtree(sites / "out")
        old = {}
    cases = cases_of(kind, sites)
    assert len(cases) > least, "the kills missed the compile"
    for number, code, killed, again, after in cases[:-1]:
        where = f"killed at {kind} {number}"
        assert code in (-signal.SIGKILL, -signal.SIGXFSZ), where
        is_sound(killed, old, new)
        assert again == 0, where
        assert after == new, f"{where}: the next run did not finish the work"
    assert cases[-1][1] == 0
    assert cases[-1][2] == new
    # Else the kills all came too early or too late to say anything.
    seen = [killed for _, _, killed, _, _ in cases]
    assert any(name.endswith(LEFTOVER) for killed in seen for name in killed)
    if kind != "byte":
        mixed = [{k: v for k, v in files.items() if LEFTOVER not in k} for files in seen]
        assert any(files not in (old, new) for files in mixed)


@pytest.mark.parametrize("umask", ["000", "077"])
def test_no_umask_makes_a_leftover_readable(sites, both, umask):
    old, new = both
    for _, _, killed, again, after in cases_of("look", sites, umask):
        is_sound(killed, old, new)
        assert again == 0
        assert after == new


@pytest.mark.parametrize("umask", [0o000, 0o027, 0o077])
def test_no_umask_closes_a_folder_to_others(tmp_path, compiled, here, umask):
    before = os.umask(umask)
    try:
        done = here("compile", str(compiled / "new.yaml"), "-o", "a/b", cwd=tmp_path)
        assert os.umask(umask) == umask, "the umask of the user is not changed"
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    folders = [tmp_path / name for name in ("a", "a/b", "a/b/nodes")]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o755}


def cpu_seconds(usage):
    return usage.ru_utime + usage.ru_stime


def cpu_seconds_of(process):
    """How long a process has run so far, while nothing else did on its core."""
    return int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e9


def test_a_compile_killed_from_outside_leaves_whole_files(tmp_path, head, regspec):
    # Many mirrors make the files large enough for a kill to come while they are written.
    mirrors = [f"r{number}.example.net" for number in range(400)]
    made = {}
    for name in ("old", "new"):
        (tmp_path / f"{name}.yaml").write_text(spec(head, name, mirrors=mirrors))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        regspec("compile", f"{name}.yaml", "-o", f"wanted-{name}", cwd=tmp_path)
        longest = cpu_seconds(resource.getrusage(resource.RUSAGE_CHILDREN)) - cpu_seconds(before)
        made[name] = snapshot(tmp_path / f"wanted-{name}")
        assert set(made[name]) == set(FILES)
    shutil.copytree(tmp_path / "wanted-old", tmp_path / "out")
    chance = random.Random(20)
    for turn in range(24):
        name = ("new", "old")[turn % 2]
        command = [sys.executable, "-m", "regspec", "compile", f"{name}.yaml"]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
            enough = chance.uniform(0.6, 1.1) * longest
            while process.poll() is None and cpu_seconds_of(process) < enough:
                time.sleep(0.0005)
            process.kill()
        files = snapshot(tmp_path / "out")
        for file in FILES:
            assert files[file] in (made["old"][file], made["new"][file])
        for file, (mode, _) in files.items():
            assert LEFTOVER not in file or PUBLIC.rpartition("/")[2] in file or not mode & 0o077
    done = regspec("compile", "new.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert snapshot(tmp_path / "out") == made["new"]


def test_a_leftover_beside_a_file_that_is_up_to_date_is_removed(sites, here):
    for name in FILES:
        path = sites / "out" / name
        path.with_name(f".{path.name}{LEFTOVER}").write_text("half")
    before = {name: (sites / "out" / name).stat().st_mtime_ns for name in FILES}
    done = here("compile", "old.yaml", cwd=sites)
    assert done.returncode == 0, done.stderr
    assert set(snapshot(sites / "out")) == set(FILES)
    assert {name: (sites / "out" / name).stat().st_mtime_ns for name in FILES} == before


def test_what_only_looks_like_a_leftover_stays(sites, here):
    other = sites / "out" / f".other.yaml{LEFTOVER}"
    other.write_text("not ours")
    assert here("compile", "new.yaml", cwd=sites).returncode == 0
    assert other.read_text() == "not ours"


def test_a_link_in_place_of_a_leftover_is_removed_and_not_followed(sites, both, here):
    _, new = both
    victim = sites / "victim"
    victim.write_text("precious")
    (sites / "out" / f".values.yaml{LEFTOVER}").symlink_to(victim)
    assert here("compile", "new.yaml", cwd=sites).returncode == 0
    assert victim.read_text() == "precious"
    assert snapshot(sites / "out") == new


def test_a_folder_in_place_of_a_leftover_stops_the_compile(sites, both, here):
    old, _ = both
    (sites / "out" / f".registry-secret.yaml{LEFTOVER}").mkdir()
    done = here("compile", "new.yaml", cwd=sites)
    assert done.returncode == 2
    assert "registry-secret.yaml: " in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(sites / "out") == old


def test_a_file_named_like_the_leftover_of_another_is_not_lost(tmp_path, smallest, here):
    (tmp_path / "spec.yaml").write_text(
        smallest + f"targets: [values, {{target: secret, out: .values.yaml{LEFTOVER}}}]\n"
    )
    done = here("compile", "spec.yaml", cwd=tmp_path)
    if done.returncode == 0:
        assert set(snapshot(tmp_path / "out")) == {"values.yaml", f".values.yaml{LEFTOVER}"}
        assert here("compile", "spec.yaml", "--check", cwd=tmp_path).returncode == 0
    else:  # refusing such a name is as good
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()


# --- failures -----------------------------------------------------------------------------


def test_a_file_that_cannot_be_finished_leaves_the_old_ones(sites, both):
    old, new = both
    for size in (0, 1, max(len(content) for _, content in new.values()) - 1):
        done = subprocess.run(
            [sys.executable, "-m", "regspec", "compile", "new.yaml"],
            cwd=sites,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=lambda size=size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2, f"{size} bytes: {done.stderr}"
        assert ": file too large" in done.stderr
        assert "Traceback" not in done.stderr
        assert snapshot(sites / "out") == old


# Free pages of the small disk, of which each new file takes one.
@pytest.mark.parametrize("free", [0, 1, 2])
def test_a_full_disk_leaves_the_old_files(sites, both, private_mounts, free):
    old, _ = both
    page = os.sysconf("SC_PAGESIZE")
    script = f"""
        set -e
        mkdir disk
        mount -t tmpfs -o size={page * (len(FILES) + 5 + free)} none disk
        mkdir disk/out
        cp -rp out/. disk/out
        while head -c {page} /dev/zero >> disk/fill; do :; done 2> /dev/null
        truncate -s -{page * free} disk/fill
        set +e
        "$0" -m regspec compile new.yaml -o disk/out
        code=$?
        set -e
        rm -r out
        cp -rp disk/out out
        exit $code
    """
    done = subprocess.run(
        [*private_mounts, "sh", "-c", script, sys.executable],
        cwd=sites,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "no space left on device" in done.stderr
    assert "error: disk/out/" in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(sites / "out") == old


def test_a_read_only_file_system_leaves_the_old_files(sites, private_mounts):
    before = everything(sites / "out")
    script = 'mount --bind out out && mount -o remount,bind,ro out && exec "$@"'
    command = [sys.executable, "-m", "regspec", "compile", "new.yaml"]
    done = subprocess.run(
        [*private_mounts, "sh", "-c", script, "sh", *command],
        cwd=sites,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert f"error: out/{LIST}: read-only file system" in done.stderr
    assert everything(sites / "out") == before


@pytest.mark.parametrize("folder", ["out", "out/nodes"])
def test_a_folder_that_may_not_be_written_to_leaves_the_old_files(sites, unprivileged, folder):
    (sites / folder).chmod(0o555)
    before = everything(sites / "out")
    done = subprocess.run(
        [*unprivileged, sys.executable, "-m", "regspec", "compile", "new.yaml"],
        cwd=sites,
        capture_output=True,
        text=True,
        check=False,
    )
    (sites / folder).chmod(0o755)  # pytest removes it
    assert done.returncode == 2, done.stderr
    assert f"error: {folder}/" in done.stderr
    assert ": permission denied" in done.stderr
    after = everything(sites / "out")
    changed = {path for path in before if before[path] != after.get(path)}
    changed -= {str(sites / "out" / LIST)}  # it may have files that are not there
    assert set(after) == set(before)
    assert changed == {str(sites / "out" / "nodes")} - {str(sites / "out")} or not changed


def test_a_folder_that_may_not_be_made_is_said(tmp_path, smallest, unprivileged):
    (tmp_path / "spec.yaml").write_text(smallest)
    (tmp_path / "closed").mkdir(mode=0o555)
    done = subprocess.run(
        [
            *unprivileged,
            sys.executable,
            "-m",
            "regspec",
            "compile",
            "spec.yaml",
            "-o",
            "closed/a/b",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "permission denied" in done.stderr
    assert "Traceback" not in done.stderr


def blocked_by(what, path, victim):
    """Put something in a file's place."""
    path.unlink(missing_ok=True)
    match what:
        case "folder":
            path.mkdir()
            (path / "kept").write_text("kept")
        case "link":
            path.symlink_to(victim)
        case "dangling link":
            path.symlink_to(victim.with_name("nowhere"))
        case "link to itself":
            path.symlink_to(path.name)
        case "link to a folder":
            path.symlink_to(victim.parent)
        case "pipe":
            os.mkfifo(path)


@pytest.mark.parametrize("mode", [(), ("--check",), ("--diff",)], ids=["write", "check", "diff"])
@pytest.mark.parametrize(
    "what", ["folder", "link", "dangling link", "link to itself", "link to a folder", "pipe"]
)
def test_what_is_no_file_in_a_files_place_stops_everything(sites, here, what, mode):
    # It is in the way of the last file, so the others were ready before it was met.
    victim = sites / "elsewhere" / "victim"
    victim.parent.mkdir()
    victim.write_text("precious")
    blocked_by(what, sites / "out" / PUBLIC, victim)
    before = everything(sites)
    done = here("compile", "new.yaml", *mode, cwd=sites)
    assert done.returncode == 2
    assert f"error: out/{PUBLIC}: " in done.stderr
    assert ("link" in what) == ("there is a link in its way" in done.stderr)
    assert "Traceback" not in done.stderr
    assert everything(sites) == before


@pytest.mark.parametrize("what", ["link", "dangling link", "file"])
def test_a_link_or_a_file_in_place_of_a_folder_below_the_output_stops_everything(sites, here, what):
    shutil.rmtree(sites / "out" / "nodes")
    elsewhere = sites / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "containerd.toml").write_text("precious")
    match what:
        case "link":
            (sites / "out" / "nodes").symlink_to(elsewhere)
        case "dangling link":
            (sites / "out" / "nodes").symlink_to(sites / "nowhere")
        case "file":
            (sites / "out" / "nodes").write_text("precious")
    before = everything(sites)
    for mode in ((), ("--check",), ("--diff",)):
        done = here("compile", "new.yaml", *mode, cwd=sites)
        assert done.returncode == 2, done.stderr
        assert f"error: out/{PUBLIC}: there is a " in done.stderr
        assert "in place of a folder" in done.stderr
        assert everything(sites) == before


def test_the_output_folder_may_be_a_link(sites, both, here):
    _, new = both
    (sites / "real").mkdir()
    (sites / "link").symlink_to("real")
    done = here("compile", "new.yaml", "-o", "link", cwd=sites)
    assert done.returncode == 0, done.stderr
    assert (sites / "link").is_symlink()
    assert snapshot(sites / "real") == new


@pytest.mark.parametrize("what", ["file", "file above", "dangling link", "pipe"])
def test_an_output_folder_that_is_none_is_said_and_stays(sites, here, what):
    place = sites / "place"
    match what:
        case "dangling link":
            place.symlink_to(sites / "nowhere")
        case "pipe":
            os.mkfifo(place)
        case _:
            place.write_text("precious")
    before = everything(sites)
    where = "place/below" if what == "file above" else "place"
    for mode in ((), ("--check",), ("--diff",)):
        if mode and what == "dangling link":
            continue  # as far as a comparison can tell, the files are missing
        done = here("compile", "new.yaml", "-o", where, *mode, cwd=sites)
        assert done.returncode == 2, done.stderr
        assert f"error: {where}" in done.stderr
        assert "Traceback" not in done.stderr
        assert everything(sites) == before


def test_a_file_with_another_name_is_not_changed_through_a_hard_link(sites, both, here):
    old, new = both
    backup = sites / "backup.yaml"
    backup.hardlink_to(sites / "out" / "values.yaml")
    assert here("compile", "new.yaml", cwd=sites).returncode == 0
    assert backup.read_bytes() == old["values.yaml"][1]
    assert snapshot(sites / "out") == new


# --- several specs, several runs ----------------------------------------------------------


def test_two_specs_for_one_path_stop_before_anything_is_written(sites, here):
    shutil.rmtree(sites / "out")
    done = here("compile", "old.yaml", "new.yaml", cwd=sites)
    assert done.returncode == 2
    assert "old.yaml and new.yaml would both write out/values.yaml" in done.stderr
    assert "{stem}" in done.stderr
    assert not (sites / "out").exists()


@pytest.mark.parametrize("mode", ["--check", "--diff"])
def test_two_specs_for_one_path_are_said_when_nothing_is_written_too(sites, here, mode):
    done = here("compile", "old.yaml", "new.yaml", mode, cwd=sites)
    assert done.returncode == 2
    assert "would both write" in done.stderr


def test_two_specs_for_one_path_by_a_linked_folder_stop(sites, here):
    (sites / "sites" / "old").mkdir(parents=True)
    (sites / "sites" / "new").symlink_to("old")
    before = everything(sites)
    done = here("compile", "old.yaml", "new.yaml", "-o", "sites/{stem}", cwd=sites)
    assert done.returncode == 2
    assert "would both write" in done.stderr
    assert everything(sites) == before


def test_two_specs_for_one_path_by_a_link_that_is_not_the_last_folder_stop(sites, here):
    (sites / "sites" / "old").mkdir(parents=True)
    (sites / "sites" / "new").symlink_to("old")
    before = everything(sites)
    done = here("compile", "old.yaml", "new.yaml", "-o", "sites/{stem}/x/../y", cwd=sites)
    assert done.returncode == 2, done.stderr
    assert everything(sites) == before


def test_two_specs_of_one_name_in_two_folders_stop(sites, here):
    shutil.rmtree(sites / "out")
    (sites / "more").mkdir()
    shutil.copy(sites / "old.yaml", sites / "more")
    done = here("compile", "old.yaml", "more/old.yaml", "-o", "out/{stem}", cwd=sites)
    assert done.returncode == 2
    assert "old.yaml and more/old.yaml would both write" in done.stderr
    assert not (sites / "out").exists()


def test_a_spec_on_standard_input_can_be_one_of_two_for_one_path(sites, here):
    text = (sites / "new.yaml").read_text()
    before = everything(sites)
    done = here("compile", "old.yaml", "-", cwd=sites, input=text)
    assert done.returncode == 2
    assert "old.yaml and <stdin> would both write" in done.stderr
    assert everything(sites) == before


def test_two_specs_go_to_two_folders_by_their_stems(sites, both, here):
    old, new = both
    done = here("compile", "old.yaml", "new.yaml", "-o", "sites/{stem}", cwd=sites)
    assert done.returncode == 0, done.stderr
    assert snapshot(sites / "sites" / "old") == old
    assert snapshot(sites / "sites" / "new") == new


@pytest.mark.parametrize("order", [("good", "bad"), ("bad", "good"), ("good", "gone")])
def test_one_spec_that_fails_keeps_every_other_from_being_written(sites, head, here, order):
    (sites / "good.yaml").write_text(spec(head, "good"))
    (sites / "bad.yaml").write_text(head + "registry: {endpoint: bad.example.org, pasword: x}\n")
    names = [f"{name}.yaml" for name in order]
    before = everything(sites)
    done = here("compile", *names, "-o", "sites/{stem}", cwd=sites)
    assert done.returncode == (2 if "gone" in order else 1)
    assert everything(sites) == before


def test_ten_compiles_at_once_all_succeed(sites, both):
    _, new = both
    command = [sys.executable, "-m", "regspec", "compile", "new.yaml"]
    options = {"cwd": sites, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, **options) for _ in range(10)]
    for process in running:
        _, said = process.communicate()
        assert process.returncode == 0, said
    assert snapshot(sites / "out") == new


def test_ten_compiles_at_once_into_a_folder_that_is_not_there_all_succeed(sites, both):
    _, new = both
    command = [sys.executable, "-m", "regspec", "compile", "new.yaml", "-o", "a/b/c"]
    options = {"cwd": sites, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, **options) for _ in range(10)]
    for process in running:
        _, said = process.communicate()
        assert process.returncode == 0, said
    assert snapshot(sites / "a" / "b" / "c") == new


def is_waiting_for_a_lock(process):
    """Whether the kernel lists the process among those that wait for the holder of a lock."""
    locks = Path("/proc/locks").read_text().splitlines()
    return any(
        line.split()[1:3] == ["->", "FLOCK"] and str(process.pid) in line.split() for line in locks
    )


def test_a_compile_waits_for_another_that_writes_into_the_folder(sites, both):
    old, new = both
    command = [sys.executable, "-m", "regspec", "compile", "new.yaml"]
    folder = os.open(sites / "out", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with subprocess.Popen(command, cwd=sites, stderr=subprocess.DEVNULL) as process:
            while not is_waiting_for_a_lock(process):
                assert process.poll() is None
                time.sleep(0.01)
            assert snapshot(sites / "out") == old
            fcntl.flock(folder, fcntl.LOCK_UN)
            assert process.wait() == 0
    finally:
        os.close(folder)
    assert snapshot(sites / "out") == new


def test_a_compile_waits_for_nobody_when_it_only_compares(sites):
    folder = os.open(sites / "out", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "regspec", "compile", "old.yaml", "--check"]
        assert subprocess.run(command, cwd=sites, check=False).returncode == 0
    finally:
        os.close(folder)


# --- modes, and files that need nothing ---------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("over", ["old files", "nothing"])
def test_bytes_and_modes_do_not_depend_on_the_umask(sites, both, here, umask, over):
    _, new = both
    if over == "nothing":
        shutil.rmtree(sites / "out")
    done = here("compile", "new.yaml", cwd=sites, umask=umask)
    assert done.returncode == 0, done.stderr
    made = snapshot(sites / "out")
    assert made == new
    assert {name: mode for name, (mode, _) in made.items()} == {
        "values.yaml": 0o600,
        "registry-secret.yaml": 0o600,
        PUBLIC: 0o644,
    }


def test_files_that_are_up_to_date_are_not_touched(sites, here):
    before = everything(sites / "out")
    done = here("compile", "old.yaml", cwd=sites)
    assert done.returncode == 0
    assert "0 files written, 3 up to date" in done.stderr
    assert everything(sites / "out") == before
    assert here("compile", "old.yaml", "--check", cwd=sites).returncode == 0
    assert here("compile", "old.yaml", "--diff", cwd=sites).returncode == 0


def test_only_the_file_that_differs_is_replaced(sites, here):
    before = everything(sites / "out")
    changed = sites / "out" / "values.yaml"
    changed.write_text("other\n")
    assert "1 file written, 2 up to date" in here("compile", "old.yaml", cwd=sites).stderr
    after = everything(sites / "out")
    assert {path for path in before if before[path] != after[path]} == {str(changed)}
    assert after[str(changed)][3] == before[str(changed)][3]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o601])
def test_a_secret_that_others_may_read_is_said_and_closed(sites, here, mode):
    for name in SECRET:
        (sites / "out" / name).chmod(mode)
    open_to_others = everything(sites / "out")
    checked = here("compile", "old.yaml", "--check", cwd=sites)
    assert checked.returncode == 1
    for name in SECRET:
        assert f"out/{name}: holds a secret, and others may read it" in checked.stderr
    assert PUBLIC not in checked.stderr
    assert everything(sites / "out") == open_to_others
    shown = here("compile", "old.yaml", "--diff", cwd=sites)
    assert shown.returncode == 1
    assert everything(sites / "out") == open_to_others
    done = here("compile", "old.yaml", cwd=sites)
    assert done.returncode == 0
    for name in SECRET:
        path = sites / "out" / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        ino, _, when, content, _ = open_to_others[str(path)]
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (ino, when)
        assert path.read_bytes() == content


def test_a_secret_file_that_others_may_read_is_closed_when_it_is_replaced(sites, both, here):
    _, new = both
    for name in SECRET:
        (sites / "out" / name).chmod(0o666)
    assert here("compile", "new.yaml", cwd=sites).returncode == 0
    assert snapshot(sites / "out") == new


def test_the_mode_of_a_file_without_a_secret_does_not_count(tmp_path, head, here):
    (tmp_path / "open.yaml").write_text(spec(head, "open", password=""))
    assert here("compile", "open.yaml", cwd=tmp_path).returncode == 0
    for name, mode in zip(FILES, (0o666, 0o644, 0o600), strict=True):
        (tmp_path / "out" / name).chmod(mode)
    before = everything(tmp_path / "out")
    checked = here("compile", "open.yaml", "--check", cwd=tmp_path)
    assert checked.returncode == 0
    assert "read" not in checked.stderr
    assert here("compile", "open.yaml", "--diff", cwd=tmp_path).returncode == 0
    assert here("compile", "open.yaml", cwd=tmp_path).returncode == 0
    assert everything(tmp_path / "out") == before


def test_a_stricter_mode_of_a_secret_file_is_left_alone(sites, here):
    (sites / "out" / "values.yaml").chmod(0o400)
    assert here("compile", "old.yaml", "--check", cwd=sites).returncode == 0
    assert here("compile", "old.yaml", cwd=sites).returncode == 0
    assert stat.S_IMODE((sites / "out" / "values.yaml").stat().st_mode) == 0o400


# --- where files may go -------------------------------------------------------------------


@pytest.mark.parametrize(
    "out",
    [
        "../x",
        "/abs",
        "//abs",
        "a/../../x",
        "a/../x",
        "..",
        ".",
        "",
        "a/..",
        "./x",
        "a/./x",
        "a//x",
        "a/",
        "..\\x",
        "a\\..\\..\\x",
        "a\nb",
        "a\u0000b",
        "a\u2028b",
        "../x\n",
    ],
)
def test_an_out_that_is_not_plainly_below_the_folder_is_refused(tmp_path, smallest, here, out):
    work = tmp_path / "work"
    work.mkdir()
    (work / "spec.yaml").write_text(
        f"{smallest}targets: [{{target: values, out: {json.dumps(out)}}}]\n"
    )
    before = everything(tmp_path)
    done = here("compile", "spec.yaml", "-o", "deep/out", cwd=work)
    assert done.returncode == 1, done.stderr
    assert "spec.yaml:5:" in done.stderr
    assert everything(tmp_path) == before
    assert not Path("/abs").exists()


@pytest.mark.parametrize("out", ["...", "..x", "a/..x", ".x", "-x", "a b", "{stem}", "~", "ä/ö"])
def test_an_out_that_only_looks_odd_is_a_file_below_the_folder(tmp_path, smallest, here, out):
    (tmp_path / "spec.yaml").write_text(f"{smallest}targets: [{{target: values, out: '{out}'}}]\n")
    done = here("compile", "spec.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(snapshot(tmp_path / "out")) == {out}


def test_a_name_too_long_for_the_disk_is_said(tmp_path, smallest, here):
    (tmp_path / "spec.yaml").write_text(smallest)
    done = here("compile", "spec.yaml", "-o", "x" * 300, cwd=tmp_path)
    assert done.returncode == 2
    assert "file name too long" in done.stderr
    assert snapshot(tmp_path) == {"spec.yaml": (0o644, (tmp_path / "spec.yaml").read_bytes())}


# --- printing -----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("--stdout",), ("--diff", "-o", "none")], ids=["stdout", "diff"])
def test_a_standard_output_that_is_full_is_said(sites, words):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "regspec", "compile", "new.yaml", *words],
            cwd=sites,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2, done.stderr
    assert "no space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(sites):
    command = f"{sys.executable} -m regspec compile new.yaml --stdout | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=sites,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-"])
def test_a_compile_needs_no_standard_stream(sites, both, closed):
    _, new = both
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m regspec compile new.yaml {closed}', sys.executable],
        cwd=sites,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert snapshot(sites / "out") == new


def test_printing_writes_nothing(sites, here):
    before = everything(sites)
    done = here("compile", "new.yaml", "--stdout", cwd=sites)
    assert done.returncode == 0
    for name in FILES:
        assert f"# file: out/{name}\n" in done.stdout
    assert everything(sites) == before


@pytest.mark.parametrize("name", ["values.yaml", "registry-secret.yaml"])
def test_a_spec_is_not_replaced_by_what_it_compiles_to(here, tmp_path, smallest, name):
    (tmp_path / name).write_text(smallest)
    done = here("compile", name, "-o", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{name}: this was read to compile it" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == smallest


CERTS_D = "targets: [certs.d, k3s, registries.conf]\n"


def test_what_the_spec_does_not_make_any_more_is_told(here, tmp_path, smallest):
    spec = tmp_path / "registry.yaml"
    spec.write_text(smallest.replace("docker.io,", "docker.io, quay.io,") + CERTS_D)
    assert here("compile", "registry.yaml", cwd=tmp_path).returncode == 0
    assert here("compile", "registry.yaml", "--check", cwd=tmp_path).returncode == 0
    spec.write_text(smallest + CERTS_D)
    left = "out/certs.d/quay.io/hosts.toml: the spec does not compile to this file any more"
    done = here("compile", "registry.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert left in done.stderr
    assert (tmp_path / "out/certs.d/quay.io/hosts.toml").exists()
    for words in (("--check",), ("--diff",), ("--check", "-j", "2")):
        done = here("compile", "registry.yaml", *words, cwd=tmp_path)
        assert done.returncode == 1
        assert left.partition(":")[0] in done.stderr
    (tmp_path / "out/certs.d/quay.io/hosts.toml").unlink()
    assert here("compile", "registry.yaml", "--check", cwd=tmp_path).returncode == 0


def test_a_login_that_is_left_behind_is_told(here, tmp_path, head):
    login = "registry: {endpoint: harbor.example.org, username: a, password: hunter2}\n"
    rest = "mirrors: [docker.io]\ntargets: [registries.conf]\n"
    spec = tmp_path / "registry.yaml"
    spec.write_text(head + login + rest)
    here("compile", "registry.yaml", cwd=tmp_path)
    spec.write_text(head + "registry: {endpoint: harbor.example.org}\n" + rest)
    done = here("compile", "registry.yaml", "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert (
        "out/containers/auth.json: the spec does not compile to this file any more" in done.stderr
    )


def test_what_others_keep_beside_the_artifacts_is_left_alone(here, tmp_path, smallest):
    (tmp_path / "registry.yaml").write_text(smallest + CERTS_D)
    for name in ("out/notes.txt", "out/k3s/config.yaml", "out/conf.d/90-own.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    done = here("compile", "registry.yaml", cwd=tmp_path)
    assert "any more" not in done.stderr
