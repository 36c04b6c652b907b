"""What `regspec integrate` prints, in the hands of GNU make, bash and the schemas of CI systems."""

from __future__ import annotations

import datetime as dt
import functools
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from regspec import __version__
from regspec.file_list import LIST

SITES = ("north", "south")


@pytest.fixture
def fleet(tmp_path, head, root):
    """Two sites, each with a CA of its own."""
    sites = tmp_path / "sites"
    sites.mkdir()
    for name in SITES:
        shutil.copy(root / "examples/ca.crt", sites / f"{name}.crt")
        (sites / f"{name}.yaml").write_text(
            f"{head}registry: {{endpoint: {name}.example.org, caCert: {{file: {name}.crt}}}}\n"
            "mirrors: [docker.io, docker.io/library]\ntargets: [values, secret]\n"
        )
    return tmp_path


@pytest.fixture
def make(fleet, here):
    """Runs GNU make over the fleet; gives what it said and which sites it compiled."""
    (fleet / "regspec.mk").write_text(here("integrate", "make", cwd=fleet).stdout)
    (fleet / "Makefile").write_text(
        "include regspec.mk\n"
        "bundle: out/north/values.yaml\n\tcp $< $@\n"
        "clean:\n\t@echo nothing to clean\n"
    )

    def run(*words, code=0):
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        done = subprocess.run(
            ["make", f"REGSPEC={sys.executable} -m regspec", *words],
            cwd=fleet,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "warning: " not in said.lower(), said
        return said, re.findall(r"regspec compile .*?'sites/(\w+)\.yaml'", done.stdout)

    return run


def change(path, text):
    """Add to a file, at a time that is certainly later than that of anything made so far."""
    time.sleep(0.05)
    with path.open("a") as file:
        file.write(text)


def test_the_second_run_has_nothing_to_do(make):
    assert sorted(make()[1]) == sorted(SITES)
    said, compiled = make()
    assert compiled == []
    assert "Nothing to be done" in said
    assert make("clean")[1] == []


def test_one_site_is_compiled_again_when_its_ca_or_its_spec_changes(make, fleet, root):
    make()
    change(fleet / "sites/south.crt", (root / "examples/ca.crt").read_text())
    assert make()[1] == ["south"]
    assert make()[1] == []
    change(fleet / "sites/south.yaml", "# changes no file\n")
    assert make()[1] == ["south"]
    assert make()[1] == [], "files that would not change keep their old times"
    shutil.rmtree(fleet / "out/south")
    assert make()[1] == ["south"]


def test_sites_are_compiled_at_the_same_time(make, fleet):
    assert sorted(make("-j4")[1]) == sorted(SITES)
    for name in SITES:
        assert sorted(path.name for path in (fleet / "out" / name).iterdir()) == [
            LIST,
            ".regspec.d",
            ".regspec.stamp",
            "registry-secret.yaml",
            "values.yaml",
        ]
        values = yaml.safe_load((fleet / "out" / name / "values.yaml").read_text())
        assert values["config"]["ociImageRegistry"]["endpoint"] == f"{name}.example.org"
    assert make("-j4")[1] == []


def test_a_ca_that_is_gone_is_told_by_regspec_and_no_trouble_once_unused(make, fleet):
    make()
    spec = fleet / "sites/north.yaml"
    (fleet / "sites/north.crt").unlink()
    said, _ = make(code=2)
    assert "error[reference]" in said
    assert "No rule to make target" not in said
    spec.write_text(spec.read_text().replace(", caCert: {file: north.crt}", ""))
    assert make()[1] == ["north"]
    spec.unlink()
    assert make()[1] == []


def test_a_spec_with_an_error_is_compiled_again_until_it_has_none(make, fleet):
    spec = fleet / "sites/north.yaml"
    good = spec.read_text()
    spec.write_text(good + "x: 1\n")
    for _ in range(2):
        assert "north" in make("-k", code=2)[0]
    assert not (fleet / "out/north").exists()
    assert (fleet / "out/south/values.yaml").exists()
    spec.write_text(good)
    assert make()[1] == ["north"]


def test_rules_of_others_may_name_a_file_of_a_site(make, fleet):
    assert make("bundle")[1] == ["north"]
    assert make("bundle") == ("", [])
    change(fleet / "sites/north.yaml", "# changes no file\n")
    said, compiled = make("bundle")
    assert compiled == ["north"]
    assert "cp " not in said, "what has not changed needs no new bundle"
    (fleet / "out/north/values.yaml").unlink()
    assert make("bundle")[1] == ["north"]
    assert make("bundle")[1] == []
    assert "does not compile to this file" in make("out/north/other.yaml", code=2)[0]


def test_the_variables_can_be_overridden(make, fleet):
    (fleet / "sites").rename(fleet / "specs")
    said, _ = make("SITES=specs", "OUT=made/here", "REGSPEC_FLAGS=--target values")
    assert "compile --target values 'specs/north.yaml' -o 'made/here/north'" in said
    assert not (fleet / "out").exists()
    assert (fleet / "made/here/north/values.yaml").exists()
    assert not (fleet / "made/here/north/registry-secret.yaml").exists()
    words = ("SITES=specs", "OUT=made/here", "REGSPEC_FLAGS=--target values")
    assert "Nothing to be done" in make(*words)[0]


def test_check_writes_nothing(make, fleet):
    assert "missing" in make("regspec-check", code=2)[0]
    assert not (fleet / "out").exists()
    make()
    make("regspec-check")


def test_the_rule_on_the_page_works(root, head, tmp_path):
    page = (root / "docs/builds.md").read_text()
    (rule,) = re.findall(r"```make\n(out/site\.stamp.*?)```", page, re.DOTALL)
    program = f"{sys.executable} -m regspec"
    (tmp_path / "Makefile").write_text(rule.replace("\tregspec", f"\t{program}"))
    (tmp_path / "site.yaml").write_text(
        f"{head}registry: {{endpoint: a.example.org}}\nmirrors: [docker.io]\nimages: images.txt\n"
    )
    (tmp_path / "images.txt").write_text("quay.io/a/b:1\n")
    runs = []
    for _ in range(2):
        runs += [
            subprocess.run(["make"], cwd=tmp_path, capture_output=True, text=True, check=True)
            for _ in range(2)
        ]
        change(tmp_path / "images.txt", "quay.io/a/b:2\n")
    assert [" compile site.yaml " in run.stdout for run in runs] == [True, False, True, False]


def test_the_command_of_the_build_engine_needs_only_its_inputs(root, fleet, tmp_path):
    """The rule itself is not tested; the words of its action are, with links for inputs."""
    page = (root / "docs/builds.md").read_text()
    parts = re.findall(r"arguments\.add_all\((\[.*?\])\)", page)
    ctx = SimpleNamespace(file=SimpleNamespace(spec="sites/north.yaml"))
    names = {"ctx": ctx, "out": SimpleNamespace(path="made/north")}
    words = [word for part in parts for word in eval(part, names)]
    made = []
    for name in ("one", "another"):
        box = tmp_path / name
        (box / "sites").mkdir(parents=True)
        for file in ("north.yaml", "north.crt"):
            (box / "sites" / file).symlink_to(fleet / "sites" / file)
        command = [sys.executable, "-m", "regspec", *words]
        subprocess.run(command, cwd=box, env={}, capture_output=True, check=True)
        files = sorted((box / "made/north").iterdir())
        made.append({path.name: path.read_bytes() for path in files})
    assert made[0] == made[1]
    assert set(made[0]) == {"values.yaml", "registry-secret.yaml", LIST}
    (box / "sites/north.crt").unlink()
    done = subprocess.run(command, cwd=box, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "sites/north.yaml:3:" in done.stderr


WHEEL = f"wheels/regspec-{__version__}-py3-none-any.whl"
COMMIT = "git+https://git.example.org/regspec@" + 40 * "c"
INDEX = "https://pypi.example.org/simple"
SOURCES = {"folder": "wheels", "wheel": WHEEL, "index": INDEX, "commit": COMMIT}


@pytest.fixture
def workflow(here, tmp_path):
    """What is printed for a CI system, in a file."""

    def write(system, source=""):
        path = tmp_path / f"{system}.yaml"
        words = ("--from", source) if source else ()
        done = here("integrate", system, *words, cwd=tmp_path)
        assert (done.returncode or 0, done.stderr) == (0, "")
        path.write_text(done.stdout)
        return path

    return write


SCHEMAS = {
    "github": ["--builtin-schema", "vendor.github-workflows"],
    "gitlab": ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
}


def validated(system, path):
    """What check-jsonschema says of a workflow, from the schemas that it brings along."""
    words = (sys.executable, "-m", "check_jsonschema", *SCHEMAS[system], str(path))
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("system", SCHEMAS)
def test_a_workflow_is_what_the_schema_asks_for(system, source, workflow):
    path = workflow(system, source)
    done = validated(system, path)
    assert done.returncode == 0, done.stdout
    broken = path.read_text().replace("runs-on:", "run-on:").replace("script:", "skript:")
    path.write_text(broken)
    assert validated(system, path).returncode == 1, "the schema accepts anything"


def steps(system, path):
    """The commands of a workflow, in order."""
    data = yaml.load(path.read_text(), yaml.BaseLoader)
    if system == "gitlab":
        return data["regspec"]["script"]
    return [step["run"] for step in data["jobs"]["regspec"]["steps"] if "run" in step]


@pytest.mark.parametrize("system", SCHEMAS)
def test_the_commands_of_a_workflow_do_what_it_says(system, workflow, fleet):
    _install, *commands = steps(system, workflow(system))
    program = fleet / "bin/regspec"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m regspec "$@"\n')
    program.chmod(0o755)
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    env |= {"GITHUB_ACTIONS": "true"} if system == "github" else {"GITLAB_CI": "true"}

    def run():
        done = [
            subprocess.run(
                ["bash", "-e", "-c", command],
                cwd=fleet,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            for command in commands
        ]
        return [one.returncode for one in done], "".join(one.stderr for one in done)

    code, said = run()
    assert code == [0, 1], said
    assert "rendered/north/values.yaml: missing\n" in said
    write = "regspec compile sites/*.yaml -o 'rendered/{stem}' --secrets placeholder"
    subprocess.run(["bash", "-c", write], cwd=fleet, env=env, check=True, capture_output=True)
    assert run()[0] == [0, 0]
    with (fleet / "sites/south.yaml").open("a") as file:
        file.write("miror: 1\n")
    code, said = run()
    assert code == [1, 1]
    mark = (
        "::error file=sites/south.yaml,line=6" if system == "github" else "sites/south.yaml:6:1: "
    )
    assert f"\n{mark}" in f"\n{said}"


def audited(path, kind="workflows"):
    """What zizmor finds at its strictest, without a network and without a configuration.

    Returns:
        The exit code, which is 0 if it finds nothing, and all that was printed.
    """
    zizmor = Path(sys.executable).with_name("zizmor")
    words = (f"--collect={kind}", "--offline", "--no-config", "--persona=auditor")
    done = subprocess.run(
        [zizmor, *words, "--strict-collection", "--color=never", path],
        env={"PATH": os.environ["PATH"], "HOME": str(path.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("source", [*SOURCES.values(), ""], ids=[*SOURCES, "default"])
def test_an_auditor_of_workflows_finds_nothing(source, workflow):
    path = workflow("github", source)
    code, said = audited(path)
    assert (code, "No findings to report" in said) == (0, True), said


@pytest.mark.parametrize(
    "pattern, changed, finding",
    [
        (r"@[0-9a-f]{40} # ", "@", "unpinned-uses"),
        ("persist-credentials: false", "persist-credentials: true", "artipacked"),
        (r"permissions: \{\}", "permissions: write-all", "excessive-permissions"),
        ("      contents: read # .*", "      contents: write", "undocumented-permissions"),
    ],
)
def test_the_auditor_finds_what_the_workflow_avoids(pattern, changed, finding, workflow):
    path = workflow("github")
    path.write_text(re.sub(pattern, changed, path.read_text()))
    code, said = audited(path)
    assert code
    assert f"[{finding}]" in said


def test_the_auditor_finds_nothing_in_what_the_pages_show(root, workflow, tmp_path):
    page = (root / "docs/builds.md").read_text()
    (steps,) = re.findall(r"```yaml\n(- run: .*?sarif.*?)```", page, re.DOTALL)
    path = workflow("github")
    text = path.read_text()
    check = "      - run: regspec check sites/*.yaml\n"
    read = "      contents: read # for checkout\n"
    assert check in text
    assert read in text
    text = text.replace(check, textwrap.indent(steps, 6 * " "))
    (permission,) = re.findall(r"```yaml\n *(security-events: .*?\n)```", page)
    path.write_text(text.replace(read, f"{read}      {permission}"))
    assert validated("github", path).returncode == 0
    code, said = audited(path)
    assert code == 0, said

    page = (root / "docs/secrets.md").read_text()
    (hooks,) = re.findall(r"```yaml\n(repos:.*?)```", page, re.DOTALL)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/.pre-commit-config.yaml").write_text(hooks)
    code, said = audited(tmp_path / "site", "pre-commit")
    assert code == 0, said


def stand_in(folder, owner, build=""):
    """Write a wheel of a package that is called regspec and knows only its owner.

    Args:
        folder: where to, made if missing.
        owner: what `regspec.OWNER` is.
        build: the build tag; pip prefers one to none, for the same version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = f"regspec-{__version__}.dist-info"
    files = {
        "regspec/__init__.py": f"OWNER = {owner!r}\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: regspec\n"
        f"Version: {__version__}\nProvides-Extra: ca\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD"
    files[record] = "".join(f"{name},,\n" for name in [*files, record])
    path = folder / f"regspec-{__version__}{build}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def indexes(tmp_path):
    """The URL and the CA file of a server with two indexes, of ours and of a stranger."""
    for owner, build in (("ours", ""), ("stranger", "-1")):
        stand_in(tmp_path / "served" / owner / "regspec", owner, build)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(key.private_bytes(*form) + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_words):
            """Print nothing."""

    server = ThreadingHTTPServer(
        ("localhost", 0), functools.partial(Quiet, directory=tmp_path / "served")
    )
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://localhost:{server.server_port}", pem
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pip(indexes, tmp_path):
    """Runs a command with a pip whose index has a package of a stranger called regspec.

    The repository of the specs has our wheel in wheels/, and git.example.org has our sources. The
    function gives the owner of the package that was installed, or what pip printed.
    """
    url, pem = indexes
    site = tmp_path / "site"
    stand_in(site / "wheels", "ours")
    project = tmp_path / "project"
    wheel = stand_in(project, "ours")
    (project / "pyproject.toml").write_text(
        f"[project]\nname = 'regspec'\nversion = {__version__!r}\n[build-system]\n"
        "requires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    )
    (project / "backend.py").write_text(
        "import shutil\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        f"    shutil.copy({wheel.name!r}, folder)\n"
        f"    return {wheel.name!r}\n"
    )
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/pip"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip "$@"\n')
    program.chmod(0o755)
    env = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_CERT": str(pem),
        "PIP_INDEX_URL": f"{url}/stranger/",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{project}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://git.example.org/regspec",
    }
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (("init", "-q"), ("add", "--all"), (*who, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *words], cwd=project, env=env, check=True)
    words = ("git", "rev-parse", "HEAD")
    done = subprocess.run(words, cwd=project, env=env, check=True, capture_output=True, text=True)
    sources = {
        "folder": "wheels",
        "wheel": WHEEL,
        "index": f"{url}/ours/",
        "commit": f"git+https://git.example.org/regspec@{done.stdout.strip()}",
    }

    def install(command):
        target = tmp_path / "installed"
        done = subprocess.run(
            ["bash", "-e", "-c", command],
            cwd=site,
            env=env | {"PIP_TARGET": str(target)},
            capture_output=True,
            text=True,
            check=False,
        )
        found = target / "regspec/__init__.py"
        return found.read_text() if found.exists() else done.stdout + done.stderr

    return sources, install


@pytest.mark.parametrize("source", SOURCES)
def test_a_workflow_installs_ours_where_a_stranger_has_the_name(source, workflow, pip):
    sources, install = pip
    command, *_ = steps("github", workflow("github", sources[source]))
    assert command == steps("gitlab", workflow("gitlab", sources[source]))[0]
    assert install(command) == "OWNER = 'ours'\n"


def test_the_name_alone_installs_what_a_stranger_has_published(pip):
    _, install = pip
    assert install(f"pip install regspec=={__version__}") == "OWNER = 'stranger'\n"


@pytest.mark.parametrize(
    "source, said",
    [
        ("", "write a folder of wheels"),
        ("regspec==0.1.0", "write a folder of wheels"),
        ("-r", "write a folder of wheels"),
        ("my wheels", "write a folder of wheels"),
        ("wheels\n", "write a folder of wheels"),
        ("wheels';id;'", "write a folder of wheels"),
        ("${{ github.head_ref }}", "write a folder of wheels"),
        ("wheels/click-8.3.0-py3-none-any.whl", "begins with `regspec-`"),
        ("http://pypi.example.org/simple", "write https://"),
        ("https://pypi.example.org/simple?a=$(id)", "without a query"),
        ("https://puller:SECRET@pypi.example.org/simple", "~/.netrc"),
        ("git+https://SECRET@git.example.org/regspec@" + 40 * "c", "~/.netrc"),
        ("git+ssh://git:SECRET@git.example.org/regspec@" + 40 * "c", "~/.netrc"),
        ("git+https://git.example.org/regspec", "can be moved"),
        ("git+https://git.example.org/regspec@v0.1.0", "can be moved"),
        ("git+https://git.example.org/regspec@" + 39 * "c", "can be moved"),
        ("git+http://git.example.org/regspec@" + 40 * "c", "git+https://"),
    ],
)
def test_a_source_that_is_not_explicit_is_refused(source, said, here, tmp_path):
    done = here("integrate", "github", "--from", source, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "SECRET" not in done.stderr


@pytest.mark.parametrize(
    "source",
    [
        "/opt/wheels",
        "https://[fd00::1]:8443/simple/",
        "git+ssh://git@git.example.org:2222/team/regspec.git@" + 64 * "0",
    ],
)
@pytest.mark.parametrize("system", SCHEMAS)
def test_a_source_is_passed_to_pip_as_it_is(system, source, workflow):
    install, *_ = steps(system, workflow(system, source))
    assert any(word.endswith(source) for word in shlex.split(install))


def test_make_takes_no_source(here, tmp_path):
    done = here("integrate", "make", "--from", "wheels", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "installs nothing" in done.stderr


def test_an_image_without_git_is_not_used_where_pip_needs_git(workflow):
    """Of Docker's Python images, the slim ones have no git."""
    images = {
        name: yaml.safe_load(workflow("gitlab", source).read_text())["regspec"]["image"]
        for name, source in SOURCES.items()
    }
    slim = "docker.io/library/python:3.13-slim"
    assert images == dict.fromkeys(SOURCES, slim) | {"commit": "docker.io/library/python:3.13"}


def test_nothing_that_we_print_or_write_installs_regspec_by_its_name(root):
    """No public index has regspec: whoever publishes that name there would be installed."""
    texts = [
        *root.glob("*.md"),
        *root.glob("docs/**/*.md"),
        *root.glob("compiler/**/*.py"),
        *root.glob("templates/*.j2"),
        *root.glob(".ci/**/*"),
        root / ".pre-commit-hooks.yaml",
    ]
    bare = re.compile(
        r"""((pip3?|pipx|uv\ pip|uv\ tool)\ install|uvx|pipx\ run)\ ([^`\n]*[ '"])?"""
        r"""regspec(\[[a-z]+\])?(?=[='"`\s])(?!\ @)  # by its name, and not from a URL"""
        r"""|install\ `regspec\[""",
        re.VERBOSE,
    )
    found = [
        f"{path.relative_to(root)}: {match[0]}"
        for path in texts
        if path.is_file() and path.suffix != ".pyc"
        for match in bare.finditer(path.read_text())
        if not re.search(r"--no-index|--index-url", match[0])
    ]
    assert found == []
    for line in (
        "$ pip install regspec\n",
        "pip install -U 'regspec[ca]==1'",
        "uvx regspec --help",
    ):
        assert bare.search(line)


def test_what_is_printed_is_a_whole_text(here, tmp_path):
    for system in ("make", *SCHEMAS):
        done = here("integrate", system, cwd=tmp_path)
        assert (done.returncode or 0, done.stderr) == (0, "")
        assert done.stdout.startswith("# ")
        assert done.stdout.endswith("\n")
        assert not re.search(r"[ \t]$|\n\n\n|\n\n\Z", done.stdout, re.MULTILINE)
        assert __version__ in done.stdout


def test_an_unknown_system_is_refused(here, tmp_path):
    done = here("integrate", "jenkins", cwd=tmp_path)
    assert done.returncode == 2
    assert "'make'" in done.stderr
