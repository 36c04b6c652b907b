"""The model of the image-swap webhook, held to what the webhook did, and to a second one.

Rows were recorded from phenixblue/imageswap-webhook 1.5.3 (commit d45185b) in MAPS mode, or, where
it says so, concluded from a description of it. imageswap_by_the_text.py was written from that
description by somebody else, so that a mistake is not made twice.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from regspec.dialects.imageswap.resolve import Refused, read, swap

_SPEC = importlib.util.spec_from_file_location(
    "imageswap_by_the_text", Path(__file__).parent / "imageswap_by_the_text.py"
)
by_the_text = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(by_the_text)

H = "harbor.example.test"
M = H + "/airgap-images"
SHA = "@sha256:" + "a" * 64
NO_LIB = f"default::\ndocker.io::{M}/docker.io\n"
GOOD = (
    f"default::\ndocker.io::{M}/docker.io\ndocker.io/library::{M}/docker.io/library\n"
    f"registry.k8s.io::{M}/registry.k8s.io\nquay.io::{M}/quay.io\n"
    f"reg.example.test:5000::{M}/reg.example.test\n"
)
GOOD_M = GOOD.replace("default::", f"default::{M}")
NO_DEFAULT = GOOD.replace("default::\n", "")
DASH = (
    f"default::\nquay.io::{H}/mirror-\ndocker.io::{H}/mirror-\nreg.example.test:5000::{H}/mirror-\n"
)
ROWS = [
    # recorded
    (GOOD, "nginx", f"{M}/docker.io/library/nginx"),
    (GOOD, "nginx:1.25", f"{M}/docker.io/library/nginx:1.25"),
    (GOOD, f"nginx{SHA}", f"{M}/docker.io/library/nginx{SHA}"),
    (NO_LIB, "nginx", f"{M}/docker.io/nginx"),
    (NO_LIB, "nginx:1.25", f"{M}/docker.io/nginx:1.25"),
    (NO_LIB, f"nginx{SHA}", f"{M}/docker.io/nginx{SHA}"),
    (GOOD, "library/nginx:1", f"{M}/docker.io/library/nginx:1"),
    (GOOD, "docker.io/library/nginx:1", f"{M}/docker.io/library/nginx:1"),
    (GOOD, "docker.io/nginx:1", f"{M}/docker.io/nginx:1"),
    (GOOD, "bitnami/redis:7", f"{M}/docker.io/bitnami/redis:7"),
    (GOOD, "docker.io/bitnami/redis:7", f"{M}/docker.io/bitnami/redis:7"),
    (GOOD, "index.docker.io/library/nginx:1", "index.docker.io/library/nginx:1"),
    (GOOD, "registry-1.docker.io/library/nginx:1", "registry-1.docker.io/library/nginx:1"),
    (GOOD, "DOCKER.IO/library/nginx:1", "DOCKER.IO/library/nginx:1"),
    (
        GOOD,
        "registry.k8s.io/coredns/coredns:v1.11.1",
        f"{M}/registry.k8s.io/coredns/coredns:v1.11.1",
    ),
    (GOOD, f"quay.io/a/b/c:1{SHA}", f"{M}/quay.io/a/b/c:1{SHA}"),
    (GOOD, "reg.example.test:5000/team/app:1", f"{M}/reg.example.test/team/app:1"),
    (GOOD, "reg.example.test/team/app:1", "reg.example.test/team/app:1"),
    (GOOD, "ghcr.io/x/y:1", "ghcr.io/x/y:1"),
    (GOOD_M, "ghcr.io/x/y:1", f"{M}/x/y:1"),
    (GOOD, "localhost:5000/foo/bar:1", f"{M}/docker.io/localhost:5000/foo/bar:1"),
    (GOOD, "registry:5000/team/app:1", f"{M}/docker.io/registry:5000/team/app:1"),
    (GOOD, f"{M}/docker.io/library/nginx:1", f"{M}/docker.io/library/nginx:1"),
    (GOOD_M, f"{M}/docker.io/library/nginx:1", f"{M}/airgap-images/docker.io/library/nginx:1"),
    (
        f"default::\nreg.example.test::{M}/reg.example.test\n",
        "reg.example.test:5000/team/app:1",
        f"{M}/reg.example.test:5000/team/app:1",
    ),
    (DASH, "quay.io/a/b:1", f"{H}/mirror-quay.io/a/b:1"),
    (DASH, "nginx:1", f"{H}/mirror-docker.io/nginx:1"),
    (DASH, "reg.example.test:5000/team/app:1", f"{H}/mirror-reg.example.test/app:1"),
    (f"default::{H}/mirror-\n", "ghcr.io/x/y:1", f"{H}/mirror-ghcr.io/ghcr.io/x/y:1"),
    (f"default::\ndocker.io::{H}/v2/P\n", "library/nginx:1", f"{H}/v2/P/library/nginx:1"),
    (f"default::\ndocker.io::{H}/v2/P\n", "docker.io/library/nginx:1", f"{H}/v2/P/library/nginx:1"),
    (f"default::\nquay.io::https://{M}\n", "quay.io/a/b:1", f"https://{M}/a/b:1"),
    (f"default::\nregistry.k8s.io::{H}/P/\n", "registry.k8s.io/pause:3", f"{H}/P//pause:3"),
    (f"default::\ndocker.io/library::{M}/docker.io/library\n", "bitnami/redis:7", Refused),
    (GOOD, "docker.io/foo/docker.io-proxy:1", f"{M}/docker.io/foo/{M}/docker.io-proxy:1"),
    (GOOD, "quay.io/quayXio/x", f"{M}/quay.io/{M}/quay.io/x"),
    (f"default::{M}\nnoswap_wildcards::foo,\n", "ghcr.io/x/y:1", "ghcr.io/x/y:1"),
    (
        f"default::\n[EXACT]nginx:1.25::{M}/nginx:1.25\n",
        "docker.io/library/nginx:1.25",
        "docker.io/library/nginx:1.25",
    ),
    (
        f"default::\n[REPLACE]registry.k8s.io/*::{M}/registry.k8s.io\n",
        "registry.k8s.io/coredns/coredns:v1",
        f"{M}/registry.k8s.io/coredns:v1",
    ),
    (NO_DEFAULT, "nginx:1.25", "nginx:1.25"),
    (NO_DEFAULT, "quay.io/a/b:1", "quay.io/a/b:1"),
    (NO_DEFAULT + f"[EXACT]nginx:1.25::{M}/exact:1\n", "nginx:1.25", f"{M}/exact:1"),
    (NO_DEFAULT + f"[REPLACE]quay.io/*::{M}/q\n", "quay.io/a/b:1", f"{M}/q/b:1"),
    # concluded from the description: reading the map file
    ("# default::x\n" + GOOD, "quay.io/a:1", f"{M}/quay.io/a:1"),
    (f"default::\nquay.io::{M}/q # a comment\n", "quay.io/a:1", f"{M}/q/a:1"),
    (f"default::\nquay.io::{M}/q # one # two\n", "quay.io/a:1", f"{M}/q#one/a:1"),
    (f"default::\n  quay.io :: {M}/q  \n\n   \n", "quay.io/a:1", f"{M}/q/a:1"),
    (f"default::\nnvcr.io\t::{M}/nvcr.io\n", "nvcr.io/a:1", "nvcr.io/a:1"),
    (f"default:\nquay.io:{M}/quay.io\n", "quay.io/a:1", f"{M}/quay.io/a:1"),
    (f"default::\nquay.io:{H}:8443/x\n", "quay.io/a:1", "quay.io/a:1"),
    ("default::\nquay.io::b::c\n", "quay.io/a:1", "quay.io/a:1"),
    (f"default::\n[exact]nginx::{M}/x\n", "nginx", "nginx"),
    (f"default::\nquay.io::{M}/one\nquay.io::{M}/two\n", "quay.io/a:1", f"{M}/two/a:1"),
    # concluded from the description: swapping
    (GOOD, "localhost/x", f"{M}/docker.io/localhost/x"),
    ("[REPLACE]quay.io/*::\n", "quay.io/a/b:1", "b:1"),
    (f"[REPLACE]quay.io/*::{M}/1\n[REPLACE]*::{M}/2\n", "quay.io/a/b:1", f"{M}/1/b:1"),
    (f"[REPLACE]*::{M}/2\n[EXACT]nginx:1::{M}/e:1\n", "nginx:1", f"{M}/e:1"),
    (f"default::{M}\nquay.io::\n", "quay.io/a:1", "quay.io/a:1"),
    (f"default::{M}\nnoswap_wildcards::foo,/x/\n", "ghcr.io/x/y:1", "ghcr.io/x/y:1"),
    (f"default::{M}\nnoswap_wildcards::foo, bar\n", "ghcr.io/x/y:1", f"{M}/x/y:1"),
    (GOOD + "noswap_wildcards::quay\n", "quay.io/a:1", f"{M}/quay.io/a:1"),
    (f"default::{M}\n", "nginx:1", f"{M}/nginx:1"),
    # recorded
    (f"docker.io::{M}/docker.io\n", "nginx:1.25", "nginx:1.25"),
    (GOOD.strip().replace("\n", ","), "nginx:1.25", "nginx:1.25"),
    (GOOD, "docker.io/nginx:1.25", f"{M}/docker.io/nginx:1.25"),
    (GOOD, "index.docker.io/bitnami/redis", "index.docker.io/bitnami/redis"),
    (GOOD, "quay.io/acme/quay.io-sync:1", f"{M}/quay.io/acme/{M}/quay.io-sync:1"),
    (GOOD, "localhost:5000/foo", f"{M}/docker.io/localhost:5000/foo"),
    (GOOD, "registry:5000/foo", f"{M}/docker.io/registry:5000/foo"),
    (
        "default::\ndocker.io::localhost:30003/dockerhub\n",
        "nginx:1",
        "localhost:30003/dockerhub/nginx:1",
    ),
    (
        "default::\ndocker.io::localhost:30003/dockerhub\n",
        "localhost:30003/dockerhub/nginx:1",
        "localhost:30003/dockerhub/localhost:30003/dockerhub/nginx:1",
    ),
    (
        f"default::\nus-docker.pkg.dev::{M}\n",
        "us-docker.pkg.dev/palette-images/x",
        f"{M}/palette-images/x",
    ),
    (f"default::\ndocker.io::https://{M}/\n", "nginx", f"https://{M}//nginx"),
    (f"default::\nquay.io\t::\t{M}/quay.io\n", "quay.io/a:1", "quay.io/a:1"),
    (f"default::\nquay.io/team::{M}/team\n", "quay.io/team/x:1", "quay.io/team/x:1"),
    (f"default::\nquay.io:{H}:8443/q\n", "quay.io/team/x:1", "quay.io/team/x:1"),
    ("default::\nquay.io::[fd00::1]/q\n", "quay.io/a:1", "quay.io/a:1"),
    (GOOD.replace("\n", "\r\n"), "nginx:1.25", f"{M}/docker.io/library/nginx:1.25"),
]


def model(text, image):
    """What our model says, with the pod that is refused as an answer."""
    try:
        return swap(read(text), image)
    except Refused:
        return Refused


def second(text, image):
    try:
        return by_the_text.swapped(text, image)
    except by_the_text.Refused:
        return Refused


@pytest.mark.parametrize("text, image, swapped", ROWS, ids=range(len(ROWS)))
def test_the_rows(text, image, swapped):
    assert model(text, image) == swapped
    assert second(text, image) == swapped


def test_pairs_get_the_default_that_the_chart_adds():
    assert swap({"quay.io": f"{M}/q"}, "quay.io/a:1") == f"{M}/q/a:1"
    assert swap({"default": M}, "quay.io/a:1") == f"{M}/a:1"
    assert swap({}, "quay.io/a:1") == "quay.io/a:1"


HOSTS = st.sampled_from(
    [
        "docker.io",
        "quay.io",
        "reg.example.test:5000",
        "reg.example.test",
        "localhost:5000",
        "a.b",
        "x",
    ]
)
PARTS = st.sampled_from(["library", "nginx", "quay.io-sync", "team", "quayXio", "a.b", ""])
TAGS = st.sampled_from(["", ":1", ":1@sha256:" + "a" * 64])
KEYS = st.one_of(
    HOSTS,
    st.sampled_from(
        ["default", "docker.io/library", "quay.io/library", "noswap_wildcards", "[EXACT]nginx:1",
         "[EXACT]quay.io/team", "[REPLACE]quay.io/*", "[REPLACE]*", "[exact]nginx", "# c",
         "a.b\t", ""]
    ),
)  # fmt: skip
VALUES = st.sampled_from(
    ["", "h.example.test/p", "h.example.test/p/", "h.example.test:8443/q", "h/mirror-", "quay.io/x",
     "foo,", "nginx,team", " h.example.test # c", "h # one # two", "https://h/p"]
)  # fmt: skip
LINES = st.tuples(KEYS, st.sampled_from(["::", ":", " :: ", "::x::"]), VALUES).map("".join)


@st.composite
def images(draw):
    host = draw(st.one_of(st.just(""), HOSTS))
    parts = draw(st.lists(PARTS, min_size=1, max_size=3))
    return "/".join([*([host] if host else []), *parts]) + draw(TAGS)


@settings(max_examples=1500, deadline=None)
@given(st.lists(LINES, max_size=6).map("\n".join), images())
@example("default::\nquay.io::h", "quay.io/")
def test_two_that_read_the_same_words_agree(text, image):
    assert model(text, image) == second(text, image)
