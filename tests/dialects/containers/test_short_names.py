"""Image names without a registry: what podman 4.3.1 did with the same files, and our model."""

from __future__ import annotations

import json

import pytest
from regspec import reference
from regspec.dialects.containers.resolve import resolvers
from regspec.dialects.files import Files

MIRRORED = '[[registry]]\nprefix = "docker.io"\nlocation = "docker.io"\nblocked = true\n'
MIRRORED += '[[registry.mirror]]\nlocation = "m.example.org/hub"\n'
DIGEST = f"@sha256:{'a' * 64}"
HUB = "https://m.example.org/v2/hub/library/nginx/manifests/1"
RED_HAT = "https://registry.access.redhat.com/v2/nginx/manifests/1"
SEARCHED = 'unqualified-search-registries = ["registry.access.redhat.com", "docker.io"]\n'


def pulled(image, *texts):
    """The outcome of a pull with these texts as registries.conf and its drop-ins."""
    files = {"/etc/containers/registries.conf": texts[0]}
    for number, text in enumerate(texts[1:]):
        files[f"/etc/containers/registries.conf.d/{number}.conf"] = text
    (resolver,) = resolvers(Files(files), ())
    return resolver.pull(image, reference.parse(image))


def urls(outcome):
    return [attempt.url for attempt in outcome.attempts]


# Each was run by `podman pull nginx:1` with CONTAINERS_REGISTRIES_CONF, without a terminal.
@pytest.mark.parametrize(
    "settings, expected",
    [
        ("", []),
        ('unqualified-search-registries = ["docker.io"]\n', [HUB]),
        (SEARCHED, [RED_HAT, HUB]),
        (f'{SEARCHED}short-name-mode = "enforcing"\n', []),
        (
            'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "enforcing"\n',
            [HUB],
        ),
        ('[aliases]\n"nginx" = "docker.io/library/nginx"\n', [HUB]),
        (f'{SEARCHED}[aliases]\n"nginx" = "docker.io/library/nginx"\n', [HUB]),
        (f'{SEARCHED}[aliases]\n"other" = "docker.io/library/other"\n', [RED_HAT, HUB]),
    ],
)
def test_a_short_name_is_resolved_as_podman_does(settings, expected):
    outcome = pulled("nginx:1", settings + MIRRORED)
    assert urls(outcome) == expected
    assert bool(outcome.reason) is not bool(expected)
    assert (outcome.reason or outcome.notes[0]).endswith("write docker.io/library/nginx:1")


@pytest.mark.parametrize("image", ["docker.io/nginx:1", "docker.io/library/nginx:1"])
def test_a_full_name_does_not_depend_on_the_list(image):
    outcome = pulled(image, SEARCHED + MIRRORED)
    assert (urls(outcome), outcome.reason, outcome.notes) == ([HUB], None, ())


def test_a_later_file_replaces_the_list_and_adds_aliases():
    first = f'{SEARCHED}[aliases]\n"a" = "quay.io/x/a"\n"nginx" = "quay.io/nginx"\n'
    later = 'unqualified-search-registries = ["docker.io"]\n[aliases]\n"nginx" = ""\n' + MIRRORED
    assert urls(pulled("nginx:1", first, later)) == [HUB]
    assert urls(pulled("a" + DIGEST, first, later)) == [
        f"https://quay.io/v2/x/a/manifests/{DIGEST[1:]}"
    ]
    assert urls(pulled("bitnami/redis", first, later)) == [
        "https://m.example.org/v2/hub/bitnami/redis/manifests/latest"
    ]


@pytest.mark.parametrize("target", ["registries.conf", "openshift"])
@pytest.mark.parametrize("image", ["nginx", "bitnami/redis:7", f"a/b/c{DIGEST}"])
@pytest.mark.parametrize("fallback", ["deny", "allow"])
def test_explain_has_no_comfort_for_a_short_name(  # noqa: PLR0913, PLR0917
    regspec, tmp_path, smallest, target, image, fallback
):
    given = {"input": f"{smallest}fallback: {fallback}\n", "cwd": tmp_path}
    words = ("explain", "-", image, "--target", target)
    done = regspec(*words, **given)
    assert done.returncode == 1
    assert ": mirror\n" not in done.stdout
    assert "a short name" in done.stdout
    row = json.loads(regspec(*words, "--format", "json", **given).stdout)
    first = row["attempts"][0]["url"] if row["attempts"] else ""
    assert first.startswith("https://registry.access.redhat.com/") is (target == "openshift")
    assert row["verdict"] == "none" or target == "openshift"


def test_a_short_name_is_that_of_docker_hub_to_containerd(regspec, tmp_path, smallest):
    words = ("explain", "-", "bitnami/redis", "--target", "certs.d")
    done = regspec(*words, input=smallest, cwd=tmp_path)
    assert (done.returncode, "short name" in done.stdout) == (0, False)


def test_a_cluster_of_openshift_may_have_a_list_of_its_own():
    from regspec.dialects.openshift import resolve

    image = (
        "---\napiVersion: config.openshift.io/v1\nkind: Image\nmetadata: {name: cluster}\n"
        "spec: {registrySources: {containerRuntimeSearchRegistries: [quay.io]}}\n"
    )
    (resolver,) = resolve.resolvers(Files({"/image.yaml": image}), ())
    outcome = resolver.pull("nginx:1", reference.parse("nginx:1"))
    assert urls(outcome) == ["https://quay.io/v2/nginx/manifests/1"]
    assert "`containerRuntimeSearchRegistries`" in outcome.notes[0]


# Each was run: the first three with skopeo 1.9.3, the last one with podman 4.3.1.
@pytest.mark.parametrize(
    "image, expected",
    [
        ("quay.io/a/b:1", []),
        ("quay.io:5000/a:1", []),
        ("m.example.org:5000/b:1", ["https", "http"]),
        ("nginx:1", ["https"]),
    ],
)
def test_version_1_blocks_and_searches_registries(image, expected):
    text = '[registries.search]\nregistries = ["docker.io"]\n'
    text += '[registries.block]\nregistries = ["quay.io/"]\n'
    text += '[registries.insecure]\nregistries = ["m.example.org:5000"]\n'
    outcome = pulled(image, text)
    assert [url.partition(":")[0] for url in urls(outcome)] == expected
    assert bool(outcome.reason) is not bool(expected)


BLOCKED = '[[registry]]\nlocation = "docker.io"\nblocked = true\n'


# Each was run with skopeo 1.9.3, whose reader takes a key in any letter case.
@pytest.mark.parametrize(
    "text, expected",
    [
        ('[[registry]]\nlocation = "docker.io"\nBlocked = true\n', []),
        ('Registry = [{LOCATION = "docker.io", bloCked = true}]\n', []),
        ('[Registries.Block]\nRegistries = ["docker.io"]\n', []),
        (f'{BLOCKED}[[registry.Mirror]]\nLocation = "m.example.org/hub"\n', [HUB]),
        (MIRRORED.replace("[[registry.", "Mirror-By-Digest-Only = true\n[[registry."), []),
    ],
)
def test_a_key_counts_in_any_letter_case(text, expected):
    assert urls(pulled("docker.io/library/nginx:1", text)) == expected


OF_VERSION_1 = '[registries.block]\nregistries = ["quay.io"]\n'


@pytest.mark.parametrize(
    "texts",
    [
        (f"{MIRRORED}{OF_VERSION_1}",),
        (MIRRORED, OF_VERSION_1),
        (f'unqualified-search-registries = ["docker.io/a"]\n{MIRRORED}',),
        (MIRRORED.replace("= true", '= "true"'),),
    ],
)
def test_a_file_that_podman_refuses_is_not_loaded(texts):
    outcome = pulled("docker.io/library/nginx:1", *texts)
    assert (outcome.loads, outcome.attempts) == (False, ())
    assert outcome.reason.startswith("/etc/containers/registries.conf")
