"""{env: NAME} and {file: PATH}: what they stand for, and what is said when they cannot."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import time

import pytest
import yaml

LARGEST = 1024 * 1024
CONTENT = "Hunter2Kx7Zq"


def spec(head, reference, key="password"):
    """A spec whose sixth line has the reference; its `{` is in column 13 for a password."""
    return (
        f"{head}registry:\n  endpoint: harbor.example.org\n  username: puller\n"
        f"  {key}: {reference}\nmirrors: [docker.io]\ntargets: [values, secret]\n"
    )


def registry(folder, name="out"):
    """What the compiled values hold about the registry."""
    data = yaml.safe_load((folder / name / "values.yaml").read_text())
    return data["config"]["ociImageRegistry"]


def certificate(content=b"c" * 200):
    """A certificate as far as the compiler looks at it: an ASN.1 sequence in PEM."""
    der = b"\x30\x81" + bytes([len(content)]) + content
    return (
        f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(der).decode()}\n"
        "-----END CERTIFICATE-----\n"
    )


def refused(done, folder, place, *reasons, secret=CONTENT):
    """Whether a reference was refused at its place, quietly, with nothing written."""
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert f"--> {place}" in done.stderr
    for reason in reasons:
        assert reason in done.stderr
    for form in (secret, base64.b64encode(secret.encode()).decode(), secret[::-1]):
        assert form.casefold() not in said.casefold()
    assert "Traceback" not in said
    assert not (folder / "out").exists()


@pytest.fixture
def site(tmp_path):
    """A folder for the spec, below one that it must not read."""
    (tmp_path / "outside").write_text(CONTENT)
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


# --- environment variables ----------------------------------------------------------------


def test_a_variable_is_read(site, head, here):
    (site / "spec.yaml").write_text(spec(head, "{env: REGISTRY_PASSWORD}"))
    done = here("compile", "spec.yaml", cwd=site, env={"REGISTRY_PASSWORD": "pä$$ ' \"\n: #x"})
    assert done.returncode == 0, done.stderr
    assert registry(site)["password"] == "pä$$ ' \"\n: #x"


def test_a_variable_that_is_not_set_is_named(site, head, here):
    (site / "spec.yaml").write_text(spec(head, "{env: REGISTRY_PASSWORD}"))
    done = here("compile", "spec.yaml", cwd=site)
    refused(done, site, "spec.yaml:6:19", "`password`", "`REGISTRY_PASSWORD` is not set")


def test_a_variable_whose_name_could_be_the_password_is_not_named(site, head, here):
    (site / "spec.yaml").write_text(spec(head, f"{{env: {CONTENT}}}"))
    done = here("compile", "spec.yaml", cwd=site)
    refused(done, site, "spec.yaml:6:19", "this variable is not set")


@pytest.mark.parametrize("value", ["", "\n", "\r\n"], ids=["nothing", "LF", "CRLF"])
def test_a_variable_that_is_empty_is_refused(site, head, here, value):
    (site / "spec.yaml").write_text(spec(head, "{env: REGISTRY_PASSWORD}"))
    done = here("compile", "spec.yaml", cwd=site, env={"REGISTRY_PASSWORD": value})
    refused(done, site, "spec.yaml:6:19", "`password`: what this refers to is empty", '`""`')


def test_a_variable_that_is_not_utf_8_is_refused(site, head, here):
    (site / "spec.yaml").write_text(spec(head, "{env: REGISTRY_PASSWORD}"))
    value = os.fsdecode(CONTENT.encode() + b"\xff\xfe")
    done = here("compile", "spec.yaml", cwd=site, env={"REGISTRY_PASSWORD": value})
    refused(done, site, "spec.yaml:6:19", "`REGISTRY_PASSWORD` is not UTF-8")


@pytest.mark.parametrize("name", ["1A", "A-B", "A B", "A=B", "", "$A", "A\\n", "Ä"], ids=repr)
def test_what_is_no_name_of_a_variable_is_refused(site, head, here, name):
    (site / "spec.yaml").write_text(spec(head, f'{{env: "{name}"}}'))
    done = here("compile", "spec.yaml", cwd=site, env={"A": CONTENT})
    refused(done, site, "spec.yaml:6:19")


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["pw", "./pw", "deep/pw", "deep/../pw", "deep/link", "a b ä"])
def test_a_file_inside_the_folder_is_read(site, head, here, path):
    (site / "deep").mkdir()
    (site / "deep" / "link").symlink_to("../pw")
    for name in ("pw", "deep/pw", "a b ä"):
        (site / name).write_text(f"{CONTENT}\n")
    (site / "spec.yaml").write_text(spec(head, f"{{file: '{path}'}}"))
    done = here("compile", "spec.yaml", cwd=site)
    assert done.returncode == 0, done.stderr
    assert registry(site)["password"] == CONTENT
    assert CONTENT not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "case",
    [
        (b"pw", "pw"),
        (b"pw\n", "pw"),
        (b"pw\r\n", "pw"),
        (b"pw\n\n", "pw\n"),
        (b"pw\r\n\r\n", "pw\r\n"),
        (b"pw\n\r\n", "pw\n"),
        (b"pw\r", "pw\r"),
        (b"pw\n\r", "pw\n\r"),
        (b"pw\r\r\n", "pw\r"),
        (b"\npw ", "\npw "),
        (b"\n\n", "\n"),
        (b" \n", " "),
        (b"\tp\0w\x7f\xc2\x85\xe2\x80\xa8\n", "\tp\0w\x7f\x85\u2028"),
    ],
)
@pytest.mark.parametrize("kind", ["env", "file"])
def test_one_final_line_break_is_dropped_and_nothing_else(site, head, here, case, kind):
    content, text = case
    if kind == "env" and b"\0" in content:
        content, text = content.replace(b"\0", b""), text.replace("\0", "")
    (site / "pw").write_bytes(content)
    (site / "spec.yaml").write_text(spec(head, "{env: PW}" if kind == "env" else "{file: pw}"))
    done = here("compile", "spec.yaml", cwd=site, env={"PW": content.decode().replace("\0", "")})
    assert done.returncode == 0, done.stderr
    assert registry(site)["password"] == text


@pytest.mark.parametrize("path", ["secret", "deep/spec", "../site/secret"])
def test_paths_are_relative_to_the_spec_wherever_the_command_runs(tmp_path, site, head, here, path):
    (site / "deep").mkdir()
    (site / "secret").write_text("right")
    (site / "deep" / "spec").write_text("right")
    (tmp_path / "secret").write_text("wrong")
    (site / "spec.yaml").write_text(spec(head, f"{{file: {path}}}"))
    for cwd, name in (
        (tmp_path, "site/spec.yaml"),
        (site / "deep", "../spec.yaml"),
        (tmp_path, site / "spec.yaml"),
    ):
        done = here("compile", name, "-o", site / "out", cwd=cwd)
        assert done.returncode == 0, done.stderr
        assert registry(site)["password"] == "right"


def test_paths_of_a_spec_on_standard_input_are_relative_to_where_the_command_runs(
    tmp_path, site, head, here
):
    (site / "secret").write_text("right")
    (tmp_path / "secret").write_text("wrong")
    done = here("compile", "-", cwd=site, input=spec(head, "{file: secret}"))
    assert done.returncode == 0, done.stderr
    assert registry(site)["password"] == "right"
    shutil.rmtree(site / "out")
    done = here("compile", "-", cwd=site, input=spec(head, "{file: ../outside}"))
    refused(done, site, "<stdin>:6:20", "outside the folder of the spec")


def test_a_linked_spec_reads_files_beside_its_link(tmp_path, site, head, here):
    # As the shell shows it: the folder is that of the name that was given.
    (tmp_path / "spec.yaml").write_text(spec(head, "{file: secret}"))
    (site / "spec.yaml").symlink_to("../spec.yaml")
    (site / "secret").write_text("right")
    done = here("compile", "spec.yaml", cwd=site)
    assert done.returncode == 0, done.stderr
    assert registry(site)["password"] == "right"


@pytest.mark.parametrize("key", ["username", "password", "caCert"])
@pytest.mark.parametrize(
    "what", ["missing", "empty", "line break", "directory", "not UTF-8", "too large"]
)
def test_a_file_that_holds_no_text_is_refused(site, head, here, key, what):
    path = site / CONTENT
    match what:
        case "missing":
            reason = "this file cannot be read: no such file or directory"
        case "empty":
            path.write_bytes(b"")
            reason = "what this refers to is empty"
        case "line break":
            path.write_bytes(b"\r\n")
            reason = "what this refers to is empty"
        case "directory":
            path.mkdir()
            reason = "this file cannot be read: not a regular file"
        case "not UTF-8":
            path.write_bytes(CONTENT.encode() + b"\xff")
            reason = "what this refers to is not UTF-8"
        case _:
            path.write_bytes(CONTENT.encode() * (LARGEST // len(CONTENT) + 1))
            reason = f"this file is larger than {LARGEST} bytes"
    text = spec(head, f"{{file: {CONTENT}}}", key).replace("username: puller\n", "name: x\n")
    (site / "spec.yaml").write_text(text)
    done = here("compile", "spec.yaml", cwd=site)
    refused(done, site, f"spec.yaml:6:{12 + len(key)}", f"`{key}`: ", reason)


def test_the_largest_file_is_read(site, head, here):
    (site / "pw").write_bytes(b"x" * LARGEST)
    (site / "spec.yaml").write_text(spec(head, "{file: pw}"))
    done = here("compile", "spec.yaml", cwd=site)
    assert done.returncode == 0, done.stderr
    assert registry(site)["password"] == "x" * LARGEST
    (site / "out" / "values.yaml").rename(site / "kept")
    (site / "pw").write_bytes(b"x" * LARGEST + b"\n")
    assert here("compile", "spec.yaml", cwd=site).returncode == 1


@pytest.mark.parametrize("what", ["pipe", "linked pipe", "zero", "tty", "socket"])
def test_what_could_block_or_never_end_is_refused_at_once(site, head, here, what):
    allowed = []
    path = "pipe"
    match what:
        case "pipe" | "linked pipe":
            os.mkfifo(site / "pipe")
            (site / "linked").symlink_to("pipe")
            path = what.split()[0]
        case "socket":
            import socket

            with socket.socket(socket.AF_UNIX) as server:
                # The name of a socket is at most 107 bytes long, which a test's folder is not.
                before = os.open(".", os.O_RDONLY)
                os.chdir(site)
                server.bind("pipe")
                os.fchdir(before)
                os.close(before)
        case _:
            path, allowed = f"/dev/{what}", ["--allow-file", "/dev"]
    (site / "spec.yaml").write_text(spec(head, f"{{file: {path}}}"))
    began = time.process_time()
    done = here("compile", "spec.yaml", *allowed, cwd=site)
    assert time.process_time() - began < 3
    refused(done, site, "spec.yaml:6:20", "`password`: this ")


@pytest.mark.parametrize(
    "path",
    [
        "../outside",
        "deep/../../outside",
        "./../outside",
        "../site/../outside",
        "link",
        "deep/link",
        "folder/outside",
        "/dev/zero",
        "/proc/self/environ",
        "/etc/passwd",
        "ABSOLUTE",
    ],
)
def test_a_file_outside_the_folder_is_refused(site, head, here, path):
    outside = site.parent / "outside"
    (site / "deep").mkdir()
    (site / "link").symlink_to("../outside")
    (site / "deep" / "link").symlink_to(outside)
    (site / "folder").symlink_to("..")
    path = str(outside) if path == "ABSOLUTE" else path
    (site / "spec.yaml").write_text(spec(head, f"{{file: {path}}}"))
    done = here("compile", "spec.yaml", cwd=site, env={"OTHER": CONTENT})
    refused(done, site, "spec.yaml:6:20", "outside the folder of the spec", "--allow-file DIR")
    assert "root:" not in done.stderr


def test_a_folder_whose_name_begins_like_that_of_the_spec_is_outside(site, head, here):
    neighbour = site.with_name("site-other")
    neighbour.mkdir()
    (neighbour / "pw").write_text(CONTENT)
    (site / "spec.yaml").write_text(spec(head, "{file: ../site-other/pw}"))
    refused(here("compile", "spec.yaml", cwd=site), site, "spec.yaml:6:20", "outside the folder")


def test_whether_a_file_outside_exists_is_hard_to_learn_from_its_content(site, head, here):
    # The message depends on the path only, never on what is in the file.
    said = set()
    for content in ("a", "b" * 2_000_000, "", "\udcff"):
        (site.parent / "outside").write_bytes(content.encode("utf-8", "surrogateescape"))
        (site / "spec.yaml").write_text(spec(head, "{file: ../outside}"))
        said.add(here("compile", "spec.yaml", cwd=site).stderr)
    assert len(said) == 1


@pytest.mark.parametrize("path", ["../outside", "ABSOLUTE", "link"])
@pytest.mark.parametrize("allowed", ["..", "ABSOLUTE", "linked"])
def test_a_file_in_a_folder_that_is_allowed_is_read(site, head, here, path, allowed):
    (site / "link").symlink_to("../outside")
    (site / "linked").symlink_to("..")
    path = str(site.parent / "outside") if path == "ABSOLUTE" else path
    allowed = site.parent if allowed == "ABSOLUTE" else allowed
    (site / "spec.yaml").write_text(spec(head, f"{{file: {path}}}"))
    done = here("compile", "spec.yaml", "--allow-file", allowed, cwd=site)
    assert done.returncode == 0, done.stderr
    assert registry(site)["password"] == CONTENT


def test_allowing_one_folder_allows_no_other(site, head, here):
    for name in ("one", "two"):
        (site.parent / name).mkdir()
        (site.parent / name / "pw").write_text(CONTENT)
    (site.parent / "one" / "link").symlink_to("../two/pw")
    words = ("compile", "spec.yaml", "--allow-file", "../one")
    for path in ("../two/pw", "../one/../two/pw", "../one/link"):
        (site / "spec.yaml").write_text(spec(head, f"{{file: {path}}}"))
        refused(here(*words, cwd=site), site, "spec.yaml:6:20", "outside the folder")
    (site / "spec.yaml").write_text(spec(head, "{file: ../two/pw}"))
    done = here(*words, "--allow-file", "../two", cwd=site)
    assert done.returncode == 0, done.stderr


def test_a_folder_that_is_not_there_cannot_be_allowed(site, head, here):
    (site / "spec.yaml").write_text(spec(head, "x"))
    done = here("compile", "spec.yaml", "--allow-file", "nowhere", cwd=site)
    assert done.returncode == 2
    assert not (site / "out").exists()


@pytest.mark.parametrize(
    "path",
    ["x" * 300, "/".join("y" * 200 for _ in range(15)), "loop", "spec.yaml/pw", "~/pw"],
    ids=["long name", "long path", "loop", "file as a folder", "home"],
)
def test_a_path_that_leads_nowhere_is_refused(site, head, here, path):
    (site / "loop").symlink_to("loop")
    (site / "pw").write_text(CONTENT)
    (site / "spec.yaml").write_text(spec(head, f"{{file: {path}}}"))
    done = here("compile", "spec.yaml", cwd=site, env={"HOME": str(site)})
    refused(done, site, "spec.yaml:6:20", "`password`: this file cannot be read: ")


@pytest.mark.parametrize(
    "path", ['"a\\0b"', '"a\\nb"', '""', "[a]", "{a: b}", "1", "null", '"\\ud800"', "true"]
)
def test_what_is_no_path_is_refused(site, head, here, path):
    (site / "spec.yaml").write_text(spec(head, f"{{file: {path}}}"))
    done = here("compile", "spec.yaml", cwd=site)
    refused(done, site, "spec.yaml:6:")


@pytest.mark.parametrize(
    "reference", ["{}", "{env: A, file: b}", "{ENV: A}", "{env: A, other: b}", "[env, A]", "{env}"]
)
def test_what_is_no_reference_is_refused(site, head, here, reference):
    (site / "b").write_text(CONTENT)
    (site / "spec.yaml").write_text(spec(head, reference))
    done = here("compile", "spec.yaml", cwd=site, env={"A": CONTENT})
    refused(
        done, site, "spec.yaml:6:", "{env: NAME}" if reference != "{env: A, file: b}" else "both"
    )


def test_a_file_that_may_not_be_read_is_refused(site, head, unprivileged):
    (site / "pw").write_text(CONTENT)
    (site / "pw").chmod(0)
    (site / "spec.yaml").write_text(spec(head, "{file: pw}"))
    command = [*unprivileged, sys.executable, "-m", "regspec", "compile", "spec.yaml"]
    done = subprocess.run(command, cwd=site, capture_output=True, text=True, check=False)
    refused(done, site, "spec.yaml:6:20", "this file cannot be read: permission denied")


# --- certificates, hosts, several at once -------------------------------------------------


@pytest.mark.parametrize("kind", ["env", "file"])
def test_a_certificate_is_read(site, head, here, kind):
    (site / "ca.crt").write_text(certificate().replace("\n", "\r\n"))
    reference = "{env: CA}" if kind == "env" else "{file: ca.crt}"
    (site / "spec.yaml").write_text(spec(head, reference, "caCert"))
    done = here("compile", "spec.yaml", cwd=site, env={"CA": certificate()})
    assert done.returncode == 0, done.stderr
    assert registry(site)["caCert"].startswith("-----BEGIN CERTIFICATE-----\n")


@pytest.mark.parametrize(
    "content",
    [
        CONTENT,
        f"-----BEGIN PRIVATE KEY-----\n{CONTENT}\n-----END PRIVATE KEY-----\n",
        f"-----BEGIN CERTIFICATE-----\n{CONTENT}\n",
        f"-----BEGIN CERTIFICATE-----\n{CONTENT}!\n-----END CERTIFICATE-----\n",
        f"-----BEGIN CERTIFICATE-----\n{CONTENT}\n-----END CERTIFICATE-----\n",
        f"{certificate()}-----BEGIN PRIVATE KEY-----\n{CONTENT}\n-----END PRIVATE KEY-----\n",
        f"{certificate()}-----BEGIN OPENSSH PRIVATE KEY-----\n{CONTENT}\n",
    ],
)
@pytest.mark.parametrize("kind", ["env", "file"])
def test_a_certificate_that_is_none_is_refused_and_not_shown(site, head, here, content, kind):
    (site / "ca.crt").write_text(content)
    reference = "{env: CA}" if kind == "env" else "{file: ca.crt}"
    (site / "spec.yaml").write_text(spec(head, reference, "caCert"))
    done = here("compile", "spec.yaml", cwd=site, env={"CA": content})
    refused(done, site, "spec.yaml:6:11", "`caCert`: ")


def test_every_bad_reference_is_told_at_once(site, head, here):
    (site / "spec.yaml").write_text(
        f"{head}registry:\n  endpoint: harbor.example.org\n"
        "  username: {env: NONE_A}\n  password: {file: none-b}\n  caCert: {file: none-c}\n"
        "mirrors: [{source: quay.io, target: nexus.example.org/quay}]\n"
        "hosts:\n  nexus.example.org:\n    username: {file: ../outside}\n"
        "    password: {env: NONE_D}\n"
    )
    done = here("compile", "spec.yaml", cwd=site)
    places = ("5:19", "6:20", "7:18", "11:22", "12:21")
    refused(done, site, "spec.yaml:5:19", *(f"--> spec.yaml:{place}\n" for place in places))


@pytest.mark.parametrize("mode", ["--check", "--diff", "--stdout"])
def test_a_bad_reference_prints_nothing_else(site, head, here, mode):
    (site / "spec.yaml").write_text(spec(head, "{file: ../outside}"))
    done = here("compile", "spec.yaml", mode, cwd=site)
    refused(done, site, "spec.yaml:6:20")
    assert done.stdout == ""


# --- image lists --------------------------------------------------------------------------


def with_images(head, path):
    """A spec whose fifth line names an image list."""
    return (
        f"{head}registry: {{endpoint: harbor.example.org}}\nmirrors: [docker.io]\n"
        f"images: {path}\ntargets: [values, secret]\n"
    )


def test_an_image_list_may_have_comments_and_blank_lines(site, head, here):
    (site / "images.txt").write_text("# all\n\nnginx:1.27\r\n  quay.io/team/app:1  \n")
    (site / "spec.yaml").write_text(with_images(head, "images.txt"))
    done = here("compile", "spec.yaml", cwd=site)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", ["../outside", "nowhere", ".", "pipe", "/dev/zero", "empty"])
def test_an_image_list_that_cannot_be_read_is_refused(site, head, here, path):
    os.mkfifo(site / "pipe")
    (site / "empty").write_text("")
    (site / "spec.yaml").write_text(with_images(head, path))
    began = time.process_time()
    done = here("compile", "spec.yaml", cwd=site)
    assert time.process_time() - began < 3
    refused(done, site, "spec.yaml:5:9", "`images`: ")


def test_a_bad_line_of_an_image_list_is_told_by_its_number(site, head, here):
    (site / "images.txt").write_text("nginx:1\n\nquay.io/team/app:\n")
    (site / "spec.yaml").write_text(with_images(head, "images.txt"))
    done = here("compile", "spec.yaml", cwd=site)
    refused(done, site, "spec.yaml:5:9", "line 3 of this file")


@pytest.mark.parametrize(
    "content",
    [
        f"{CONTENT}\n",
        f"-----BEGIN PRIVATE KEY-----\n{CONTENT}\n-----END PRIVATE KEY-----\n",
        f"password: {CONTENT}\n",
        f"https://user:{CONTENT}@harbor.example.org/app:1\n",
    ],
    ids=["password", "key", "values", "login"],
)
def test_a_file_of_secrets_that_is_taken_for_an_image_list_is_not_shown(site, head, here, content):
    (site / "images.txt").write_text(content)
    (site / "spec.yaml").write_text(with_images(head, "images.txt"))
    done = here("compile", "spec.yaml", cwd=site)
    refused(done, site, "spec.yaml:5:9", "`images`: line ")
