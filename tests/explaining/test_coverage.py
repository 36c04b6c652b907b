"""`regspec coverage`: which images no mirror serves, and which mirrors are for nothing."""

from __future__ import annotations

import json

import pytest

SPEC = (
    "registry: {endpoint: m.example.org}\n"
    "mirrors: [docker.io, docker.io/library, {source: gcr.io, path: g}, "
    "{source: ghcr.io, path: g}, quay.io]\n"
    "targets: [{target: certs.d, version: '1.7', systemdCgroup: true}]\n"
)
LIST = (
    "nginx\nquay.io/a:1\ngcr.io/x:1\nghcr.io/x:1\nmcr.example.net:5000/b:1\nm.example.org/own:1\n"
)


@pytest.fixture
def cover(regspec, head, tmp_path):
    """Runs the command on a list, with the spec of this file or another."""

    def run(*words, images=LIST, spec=SPEC):
        (tmp_path / "registry.yaml").write_text(head + spec)
        (tmp_path / "list").write_text(images)
        return regspec("coverage", "registry.yaml", *words, cwd=tmp_path)

    return run


def test_the_summary_says_what_to_do(cover):
    done = cover("-i", "list")
    assert done.returncode == 1
    assert done.stdout == (
        "docker.io: 1 image, served from m.example.org/docker.io\n"
        "quay.io: 1 image, served from m.example.org/quay.io\n"
        "gcr.io: 1 image, served from m.example.org/g\n"
        "ghcr.io: 1 image, served from m.example.org/g\n"
        "mcr.example.net:5000: 1 image, NOT SERVED\n"
        "  mcr.example.net:5000/b:1\n"
        "m.example.org: 1 image, served from m.example.org\n"
        "registry.k8s.io: 1 image, NOT SERVED\n"
        "  registry.k8s.io/pause:3.8\n"
        "these would all be m.example.org/g/x:1:\n  gcr.io/x:1\n  ghcr.io/x:1\n"
        "add to `mirrors`:\n"
        '  - {source: "mcr.example.net:5000", path: mcr.example.net}\n'
        "  - registry.k8s.io\n"
    )


def test_json_has_it_all(cover):
    found = json.loads(cover("-i", "list", "--format", "json").stdout)
    assert found["complete"] is False
    assert found["registries"][0] == {
        "registry": "docker.io",
        "images": ["nginx"],
        "source": "docker.io",
        "served_from": "m.example.org/docker.io",
    }
    assert found["collisions"] == [
        {"place": "m.example.org/g/x:1", "images": ["gcr.io/x:1", "ghcr.io/x:1"]}
    ]
    assert found["missing"][1] == "- registry.k8s.io"
    assert found["unused"] == []


def test_what_is_pasted_makes_it_complete(cover):
    entries = json.loads(cover("-i", "list", "--format", "json").stdout)["missing"]
    spec = SPEC.replace("mirrors: [", f"mirrors: [{', '.join(e[2:] for e in entries)}, ")
    spec = spec.replace("{source: ghcr.io, path: g}", "ghcr.io")
    done = cover("-i", "list", spec=spec)
    assert "NOT SERVED" not in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_github_and_sarif_are_those_of_check(cover):
    done = cover("-i", "list", "--format", "github")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert all(line.startswith("::") for line in lines)
    assert sum("title=regspec RS319" in line for line in lines) == 1
    assert sum("title=regspec RS324" in line for line in lines) == 1
    log = json.loads(cover("-i", "list", "--format", "sarif").stdout)
    assert {result["ruleId"] for result in log["runs"][0]["results"]} >= {"RS319", "RS321", "RS324"}


def test_the_list_of_the_spec_is_the_default(cover):
    spec = SPEC.replace("mirrors:", "images: list\nmirrors:")
    assert "mcr.example.net:5000/b:1" in cover(spec=spec).stdout
    done = cover(spec=SPEC.replace("version: '1.7', ", ""))
    assert "there are no images" in done.stdout
    assert done.returncode == 0


def test_mirrors_that_no_image_is_from_are_listed(cover):
    done = cover("-i", "list", images="docker.io/a/b\n")
    assert (
        "mirrors that no image is from: docker.io/library, gcr.io, ghcr.io, quay.io\n"
        in done.stdout
    )
    told = cover("-i", "list", "--format", "concise", images="docker.io/a/b\n").stderr
    assert told.count("info[RS323]") == 4


def test_manifests_and_layouts_are_read(cover):
    manifest = "kind: X\nspec: {sidecarImage: quay.io/s:1, image: quay.io/i:2}\n"
    found = json.loads(cover("-i", "list", "--format", "json", images=manifest).stdout)
    assert found["registries"][0]["images"] == ["quay.io/i:2"]
    words = ("-i", "list", "--format", "json", "--field", "sidecarImage")
    found = json.loads(cover(*words, images=manifest).stdout)
    assert found["registries"][0]["images"] == ["quay.io/s:1", "quay.io/i:2"]
    index = {
        "schemaVersion": 2,
        "manifests": [
            {"annotations": {"io.containerd.image.name": "quay.io/a:1"}},
            {"annotations": {"org.opencontainers.image.ref.name": "quay.io/b:1"}},
            {"annotations": {"org.opencontainers.image.ref.name": "latest"}},
        ],
    }
    found = json.loads(cover("-i", "list", "--format", "json", images=json.dumps(index)).stdout)
    assert found["registries"][0]["images"] == ["quay.io/a:1", "quay.io/b:1"]


def test_wrong_usage_and_errors(cover, regspec, tmp_path):
    assert cover("-i", "none").returncode == 2
    done = cover("-i", "list", images="a: b\n c: : d\n")
    assert done.returncode == 2
    assert "line 2 is neither an image nor YAML" in done.stderr
    done = cover("-i", "list", spec=SPEC + "x: 1\n")
    assert done.returncode == 1
    assert "error[schema]" in done.stderr
    done = regspec("coverage", "-", "-i", "-", cwd=tmp_path, input="")
    assert done.returncode == 2


def test_what_a_machine_writes_on_one_line_is_read(cover):
    index = '{"manifests":[{"annotations":{"io.containerd.image.name":"mcr.example.net/b:1"}}]}'
    done = cover("-i", "list", images=index)
    assert "mcr.example.net: 1 image, NOT SERVED" in done.stdout
    assert done.returncode == 1


def test_what_is_no_image_is_told_and_none_at_all_is_an_error(cover):
    done = cover("-i", "list", images="NGINX:1\nhttps://quay.io/a/b:1\nquay.io/a:1\n")
    assert done.returncode == 1
    assert "not an image reference: https://quay.io/a/b:1\n" in done.stdout
    done = cover("-i", "list", images="# nothing\n")
    assert done.returncode == 2
    assert "have no image" in done.stderr


def test_the_copy_list_does_not_stand_in_the_way(cover):
    spec = SPEC.replace("targets: [", "targets: [copy-list, ")
    assert "mcr.example.net:5000: 1 image, NOT SERVED" in cover("-i", "list", spec=spec).stdout


def test_the_library_may_be_elsewhere(cover):
    spec = (
        "registry: {endpoint: m.example.org}\ntargets: [imageswap]\n"
        "mirrors: [{source: docker.io, path: a}, {source: docker.io/library, path: b}]\n"
    )
    found = json.loads(cover("-i", "list", "--format", "json", images="nginx\n", spec=spec).stdout)
    assert found["complete"]
    spec = spec.replace("{source: docker.io, path: a}, ", "")
    done = cover("-i", "list", images="nginx\nbitnami/redis\n", spec=spec)
    assert "docker.io/library: 1 image, served from m.example.org/b\n" in done.stdout
    assert "docker.io: 1 image, NOT SERVED\n  bitnami/redis\n" in done.stdout


CHARTS = (
    "imageSwap: {{images: {{imageSwapInitImage: {0}/x/init:1, imageSwapImage: {0}/x/swap:1}}}}\n"
)


def test_an_image_of_a_chart_needs_no_mirror(cover):
    """It is named by its place in the private registry; where there is a mirror, it counts."""
    bare = SPEC.replace("targets: [", "targets: [values, ")
    images = "nginx\nquay.io/a:1\n"
    none = cover("-i", "list", images=images, spec=bare.replace(", version: '1.7'", ""))
    spec = bare.replace(", version: '1.7'", "") + CHARTS.format("mcr.example.net")
    done = cover("-i", "list", images=images, spec=spec)
    assert (done.returncode, done.stdout) == (0, none.stdout)
    spec = bare.replace(", version: '1.7'", "") + CHARTS.format("gcr.io")
    done = cover("-i", "list", images=images, spec=spec)
    assert "gcr.io: 2 images, served from m.example.org/g\n" in done.stdout


def test_an_image_of_a_chart_that_is_no_reference_is_an_error_of_the_spec(cover):
    done = cover("-i", "list", spec=SPEC + CHARTS.format("UPPER.example.org/X"))
    assert done.returncode == 1
    assert "error" in done.stderr
    assert "Traceback" not in done.stderr
