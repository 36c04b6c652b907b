"""dockerd with both image stores: the requests of a recorded dockerd 29.7.2, and what we write.

Debian's dockerd has the classic store only; tests/e2e/test_docker.py runs it.
"""

from __future__ import annotations

import json

import pytest
from regspec import reference
from regspec.dialects.docker.resolve import resolvers
from regspec.dialects.files import Files

HEAD = "apiVersion: regspec/v1\nkind: RegistrySpec\n"
DAEMON, CERTS_D = "/etc/docker/daemon.json", "/etc/docker/certs.d"
H = "http://127.0.0.9:5000"
CONTAINERD = {"features": {"containerd-snapshotter": True}}
CLASSIC = {"features": {"containerd-snapshotter": False}}
QUAY = f"{H}/v2/p/quay.io/team/app/manifests/1?ns=quay.io"
HELLO = f"{H}/v2/p/docker.io/library/hello/manifests/1?ns=docker.io"


def deny(source):
    """A hosts.toml as target `certs.d` writes it with `fallback: deny`."""
    root = f'server = "{H}/v2/p/{source}"\ncapabilities = ["pull", "resolve"]\n'
    return f"{root}override_path = true\n\n[host]\n"


def node(daemon, **hosts):
    """The files of a node, with a hosts.toml for docker.io and quay.io."""
    texts = {f"{CERTS_D}/{source}/hosts.toml": deny(source) for source in ("docker.io", "quay.io")}
    texts |= {f"{CERTS_D}/{folder}/hosts.toml": text for folder, text in hosts.items()}
    return Files(texts if daemon is None else texts | {DAEMON: json.dumps(daemon)})


def requested(files, image, version=None):
    """The URLs that the only runtime requests."""
    (resolver,) = resolvers(files, (version,) if version else ())
    outcome = resolver.pull(image, reference.parse(image))
    assert outcome.loads, outcome.reason
    return [attempt.url for attempt in outcome.attempts]


@pytest.mark.parametrize(
    "daemon, version, image, expected",
    [
        (CONTAINERD, None, "quay.io/team/app:1", [QUAY]),
        (CONTAINERD, None, "hello:1", [HELLO]),
        (CONTAINERD, None, "missing:1", [HELLO.replace("hello", "missing")]),
        (CONTAINERD, None, "ghcr.io/a/b:1", ["https://ghcr.io/v2/a/b/manifests/1"]),
        (
            CONTAINERD | {"registry-mirrors": [H]},
            None,
            "hello:1",
            [f"{H}/v2/library/hello/manifests/1?ns=docker.io", HELLO],
        ),
        (None, "29", "quay.io/team/app:1", [QUAY]),
        (CLASSIC, None, "quay.io/team/app:1", ["https://quay.io/v2/team/app/manifests/1"]),
        (CLASSIC, "29", "hello:1", ["https://registry-1.docker.io/v2/library/hello/manifests/1"]),
        # Not in the table, from the same sources.
        (None, "28.5", "quay.io/team/app:1", ["https://quay.io/v2/team/app/manifests/1"]),
        (CONTAINERD, "27.5.1", "quay.io/team/app:1", ["https://quay.io/v2/team/app/manifests/1"]),
        (CONTAINERD | {"registry-mirrors": [H]}, None, "quay.io/team/app:1", [QUAY]),
    ],
)
def test_the_recorded_requests(daemon, version, image, expected):
    assert requested(node(daemon), image, version) == expected


@pytest.mark.parametrize(
    "mirror, root",
    [
        (f"{H}/v2/p/docker.io", "/v2/p/docker.io/v2"),
        (f"{H}/p/", "/p/v2"),
        (f"{H}/p/v2", "/p/v2"),
        (f"{H}/p/v2/", "/p/v2"),
        (H, "/v2"),
    ],
)
def test_the_path_of_a_mirror_in_daemon_json(mirror, root):
    files = Files({DAEMON: json.dumps(CONTAINERD | {"registry-mirrors": [mirror]})})
    first, last = requested(files, "hello:1")
    assert first == f"{H}{root}/library/hello/manifests/1?ns=docker.io"
    assert last == "https://registry-1.docker.io/v2/library/hello/manifests/1"


def test_daemon_json_is_merged_only_into_one_host():
    allow = f'[host."{H}/v2/p/docker.io"]\noverride_path = true\n'
    daemon = CONTAINERD | {
        "registry-mirrors": ["https://m.example.org"],
        "insecure-registries": ["registry-1.docker.io", "127.0.0.9:5000", "quay.io"],
    }
    files = node(daemon, **{"docker.io": allow})
    assert requested(files, "hello:1") == [
        HELLO,
        "https://registry-1.docker.io/v2/library/hello/manifests/1",
    ]
    (resolver,) = resolvers(files, ())
    pulled = resolver.pull("hello:1", reference.parse("hello:1"))
    assert not any(attempt.skip_verify or attempt.falls_back for attempt in pulled.attempts)
    lone = Files({DAEMON: json.dumps(daemon)})
    (resolver,) = resolvers(lone, ())
    (attempt,) = resolver.pull("quay.io/a:1", reference.parse("quay.io/a:1")).attempts
    assert (attempt.skip_verify, attempt.falls_back) == (True, True)


def test_both_stores_are_shown_if_it_is_not_known_which_one_it_is():
    found = {
        resolver.version: resolver.pull("quay.io/a:1", reference.parse("quay.io/a:1"))
        for resolver in resolvers(node({"debug": True}), ())
    }
    assert [outcome.attempts[0].upstream for outcome in found.values()] == [True, False]
    assert list(found) == ["28", "29"]
    assert all("does not set" in outcome.notes[-1] for outcome in found.values())
    # Without a hosts.toml there is nothing to choose between.
    (resolver,) = resolvers(Files({DAEMON: "{}"}), ())
    assert (resolver.version, resolver.pull("a", reference.parse("a")).notes) == (None, ())


@pytest.mark.parametrize("features", [[], {"containerd-snapshotter": "true"}])
def test_features_that_dockerd_refuses(features):
    (resolver,) = resolvers(node({"features": features}), ())
    assert not resolver.pull("a", reference.parse("a")).loads


SPEC = (
    f"{HEAD}registry: {{endpoint: m.example.org, baseContentPath: p@}}\n"
    'mirrors: [docker.io, quay.io, {source: "*", target: "o.example.org:5000/all"}]\n'
    'hosts: {"o.example.org:5000": {insecureSkipVerify: true}}\n'
    "targets:\n"
)
"""`@` is where further keys of the registry are added."""
CHOICE = "{target: docker, imageStore: containerd"


@pytest.fixture
def site(regspec, tmp_path):
    """Compiles SPEC with targets, puts docker/ below node/etc, and gives what runs commands."""

    def made(*targets, more=""):
        text = SPEC.replace("@", more) + "".join(f"  - {target}\n" for target in targets)
        (tmp_path / "spec.yaml").write_text(text)
        done = regspec("compile", "spec.yaml", "-o", "node/etc", cwd=tmp_path)
        assert done.returncode == 0, done.stderr

        def run(*words):
            return regspec(*words, cwd=tmp_path)

        return tmp_path / "node/etc/docker", run

    return made


def test_the_folder_is_that_of_certs_d(site):
    folder, _ = site(f"{CHOICE}}}", "certs.d")
    own, theirs = (
        {path.relative_to(root): path.read_text() for path in root.rglob("*") if path.is_file()}
        for root in (folder / "certs.d", folder.parent / "certs.d")
    )
    assert own == theirs
    assert len(own) == 5
    assert json.loads((folder / "daemon.json").read_text()) == {
        "features": {"containerd-snapshotter": True},
        "insecure-registries": ["o.example.org:5000"],
    }


@pytest.mark.parametrize(
    "targets, more, codes",
    [
        (("docker",), "", {"RS225", "RS211"}),
        ((f"{CHOICE}}}",), "", set()),
        ((f"{CHOICE}}}", "{target: docker, out: other}"), "", {"RS225", "RS211"}),
        ((f"{CHOICE}}}",), ", username: u, password: {env: P}", {"RS214"}),
        ((f"{CHOICE}, credentials: header}}",), ", username: u, password: {env: P}", set()),
        ((f"{CHOICE}, credentials: config}}",), "", {"RS202"}),
        (("{target: docker, credentials: header}",), "", {"RS202", "RS225", "RS211"}),
    ],
)
def test_what_is_reported_of_each_store(regspec, tmp_path, targets, more, codes):
    text = SPEC.replace("@", more) + "".join(f"  - {target}\n" for target in targets)
    (tmp_path / "spec.yaml").write_text(text)
    words = ("check", "--format", "json", "spec.yaml")
    done = regspec(*words, cwd=tmp_path, env={"P": "s3cret"})
    found = {finding["code"] for finding in json.loads(done.stdout)}
    assert found - {"RS304", "RS320"} == codes


def test_a_source_that_is_served_from_itself_is_no_matter_of_the_classic_store(regspec, tmp_path):
    text = f"{HEAD}registry: {{endpoint: m.example.org}}\nfallback: allow\ntargets: [docker]\n"
    mirrors = '{source: docker.io, path: ""}, {source: m.example.org, path: ""}'
    (tmp_path / "spec.yaml").write_text(f"{text}mirrors: [{mirrors}]\n")
    done = regspec("check", "spec.yaml", cwd=tmp_path)
    assert "RS225" not in done.stderr + done.stdout


def test_the_files_of_a_node(site):
    folder, run = site(f"{CHOICE}}}")
    hosts, daemon = folder / "certs.d/quay.io/hosts.toml", folder / "daemon.json"
    for source in ("node", "node/etc/docker"):
        assert run("verify", "spec.yaml", source).stdout == ""
    images = ("quay.io/a/b:1", "hello:1", "x.example.org/a:1", "m.example.org/a:1")
    done = run("explain", "--node", "node", "--spec", "spec.yaml", "--format", "json", *images)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["runtime"], row["verdict"]) for row in found] == [("dockerd", "mirror")] * 4
    assert run("explain", "spec.yaml", *images).returncode == 0
    data = run("import", "node/etc/docker").stdout
    assert "targets:\n  - {target: docker, imageStore: containerd}\n" in data
    for path, text, message in (
        (hosts, hosts.read_text().replace("/p/", "/q/"), "the list of endpoints for `quay.io`"),
        (hosts, None, "this file is missing"),
        (daemon, '{"insecure-registries": ["o.example.org:5000"]}', "containerd-snapshotter"),
        (
            daemon,
            daemon.read_text().replace("{", '{"registry-mirrors": ["https://m.example.org"],', 1),
            "dockerd requests `registry-mirrors` before hosts.toml",
        ),
        (daemon, daemon.read_text().replace("true", "false"), "containerd-snapshotter` is `false`"),
    ):
        before = path.read_text()
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
        done = run("verify", "spec.yaml", "node")
        assert done.returncode == 1, message
        assert message in done.stdout
        path.write_text(before)


def test_a_fresh_installation_without_a_daemon_json(site):
    folder, run = site(f"{CHOICE}}}")
    (folder / "daemon.json").unlink()
    for source in ("node", "node/etc/docker", "node/etc/docker/certs.d/quay.io/hosts.toml"):
        words = ("explain", "--from", source, "quay.io/a:1", "--format", "json")
        rows = [json.loads(line) for line in run(*words).stdout.splitlines()]
        assert [(row["version"], row["verdict"]) for row in rows] == [
            ("28", "upstream"),
            ("29", "mirror"),
        ], source
        assert run(*words, "--version", "dockerd=29").returncode == 0


def test_the_login_of_a_mirror(site):
    more = ", username: u, password: s3cret"
    folder, run = site(f"{CHOICE}, credentials: header}}", more=more)
    path = folder / "certs.d/quay.io/hosts.toml"
    assert "Authorization" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert run("verify", "spec.yaml", "node").stdout == ""
    targets = "  - {target: docker, imageStore: containerd, credentials: header}\n"
    assert targets in run("import", "node/etc/docker").stdout


def test_an_import_of_a_daemon_json_that_only_chooses_the_store(regspec, tmp_path):
    (tmp_path / "docker/certs.d/quay.io").mkdir(parents=True)
    (tmp_path / "docker/certs.d/quay.io/hosts.toml").write_text(deny("quay.io"))
    (tmp_path / "docker/daemon.json").write_text(
        json.dumps({"features": {"containerd-snapshotter": True, "buildkit": True}})
    )
    done = regspec("import", "docker", cwd=tmp_path)
    assert "targets:\n  - {target: docker, imageStore: containerd}\n" in done.stdout
    assert "1 setting that is not about registries" in done.stderr
