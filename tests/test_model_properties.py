"""Properties of the compiler over random valid specs."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from regspec import document, mirrors, model, reference
from regspec.pipeline import compile_spec

pytestmark = pytest.mark.slow

CA = (Path(__file__).resolve().parent.parent / "examples" / "ca.crt").read_text()
LETTERS = string.ascii_lowercase + string.digits
FAST = settings(max_examples=200, deadline=None)

# Names by the grammars of RFC 1123 (hosts) and distribution/reference (paths).
words = st.text(LETTERS, min_size=1, max_size=6)
labels = st.one_of(words, st.builds("{}{}{}".format, words, st.sampled_from(["-", "--"]), words))
names = st.lists(labels, min_size=1, max_size=3).map(".".join)
addresses = st.sampled_from(["localhost", "127.0.0.1", "10.0.0.1", "[fd00:0:0:0:0:0:0:1]"])
ports = st.integers(1, 65535).map(":{}".format)
# A source named `default` has a test of its own: in the string it is the wildcard's name.
hosts = st.builds(
    "{}{}".format, st.one_of(names, names, addresses), st.one_of(st.just(""), ports)
).filter(lambda host: host != "default")
separators = st.sampled_from([".", "_", "__", "-", "---"])
components = st.one_of(words, st.builds("{}{}{}".format, words, separators, words))
some_paths = st.lists(components, min_size=1, max_size=4).map("/".join)
# A path that begins with `v2` has a test of its own: it cannot be told from a proxy cache.
paths = st.one_of(st.just(""), some_paths).filter(lambda path: path.split("/")[0] != "v2")
locations = st.builds(lambda host, path: f"{host}/{path}" if path else host, hosts, paths)
texts = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), max_size=8)
booleans = st.booleans()


def optional(**strategies):
    """A mapping with any of the keys."""
    return st.fixed_dictionaries({}, optional=strategies)


accesses = optional(
    # A colon ends the user name in a pull secret; tests/test_strings.py is about it.
    username=texts.filter(lambda text: ":" not in text),
    password=texts,
    insecureSkipVerify=booleans,
    plainHTTP=booleans,
    caCert=st.just(CA),
)


@st.composite
def mirror_lists(draw):
    """Mirrors in all their forms, each of another source."""
    sources = st.one_of(st.sampled_from(["docker.io", "docker.io/library", "quay.io", "*"]), hosts)
    listed = []
    for source in draw(st.lists(sources, min_size=1, max_size=8, unique=True)):
        # `*` and a port are no path, so these sources have to have one.
        forms = ["path", "target"]
        forms += ["short", "source"] * (source != "*" and ":" not in source and source != "v2")
        match draw(st.sampled_from(forms)):
            case "short":
                listed.append(source)
                continue
            case "source":
                entry = {"source": source}
            case "path":
                entry = {"source": source, "path": draw(paths)}
            case "target":
                entry = {"source": source, "target": draw(locations)}
        listed.append(entry | draw(optional(proxyCache=booleans)))
    return listed


@st.composite
def containerd_targets(draw, tls, library):
    """The target with options that go together.

    `tls` says that hosts need TLS settings, `library` that `docker.io/library` has a mirror of its
    own, which only the documented form can hold.
    """
    options = draw(optional(out=some_paths.map("containerd/{}".format)))
    if library or draw(booleans):
        options |= draw(optional(form=st.sampled_from(["fragment", "full"])))
        options |= draw(optional(version=st.sampled_from(["1.7", "2.1.4"])))
        return {"target": "containerd", "endpoints": "documented"} | options
    options["endpoints"] = "api"
    if tls:
        options |= {"version": "1.7", "caFile": "/etc/containerd/ca.crt"}
    elif draw(booleans):
        options |= {"version": "2.1", "configVersion": 3}
    else:
        options |= draw(optional(form=st.sampled_from(["fragment", "full"])))
    return {"target": "containerd"} | options


@st.composite
def specs(draw):
    """The data of a spec that has nothing wrong with it."""
    registry = {"endpoint": draw(locations)} | draw(accesses)
    registry |= draw(optional(name=texts.filter(bool), baseContentPath=paths, proxyCache=booleans))
    listed = draw(mirror_lists())
    known = draw(st.dictionaries(hosts, accesses, max_size=2))
    for entry in listed:
        if "target" in entry and draw(booleans):
            known[entry["target"].partition("/")[0]] = draw(accesses)
    every = (registry, *known.values())
    tls = any("caCert" in access or access.get("insecureSkipVerify") for access in every)
    library = "docker.io/library" in [
        entry if isinstance(entry, str) else entry["source"] for entry in listed
    ]
    swap = {"isEKSCluster": draw(booleans)}
    if any(access.get("username") and access.get("password") for access in every):
        swap["pullSecret"] = draw(booleans)
    spec = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": registry,
        "mirrors": listed,
        "hosts": known,
        "imageSwap": swap,
    }
    if draw(booleans):
        spec["targets"] = ["values", "secret", draw(containerd_targets(tls, library))]
    return spec


def compiled(spec):
    """The files of a spec, which must compile."""
    content = json.dumps(spec, ensure_ascii=False).encode()
    result = compile_spec(content, targets=(), environment={}, read_file={}.__getitem__)
    assert not result.failed, result.diagnostics
    return [(artifact.path, artifact.text, artifact.mode) for artifact in result.artifacts]


def modelled(spec):
    return model.build(document.parse(json.dumps(spec, ensure_ascii=False)).data)


def without_port(location):
    return re.match(r"\[[^]]*\]|[^:/]*", location)[0]


@FAST
@given(specs())
def test_how_a_certificate_is_checked_follows_from_the_first_key_that_is_set(spec):
    found = modelled(spec)
    wanted = ("plainHTTP", "insecureSkipVerify", "caCert")
    for host in found.mirror_hosts:
        of_registry = without_port(host) == without_port(spec["registry"]["endpoint"])
        keys = spec["hosts"].get(host, spec["registry"] if of_registry else {})
        first = next((key for key in wanted if keys.get(key)), "")
        assert found.origin(host) == f"http{'' if first == 'plainHTTP' else 's'}://{host}"
        assert found.is_insecure(host) is (first in ("plainHTTP", "insecureSkipVerify"))
        assert found.authorities.get(host, "") == (CA if first == "caCert" else "")


def read_back(text):
    """The mirrors of a string, none of which may be unreadable."""
    entries = list(mirrors.read_string(text))
    assert [entry.problem for entry in entries if entry.problem] == []
    return tuple(entry.mirror(("registry", "mirrorRegistries")) for entry in entries)


@FAST
@given(specs())
def test_a_valid_spec_compiles_to_three_files_and_to_the_same_bytes_each_time(spec):
    first = compiled(spec)
    assert len(first) == 3
    assert compiled(spec) == first


@FAST
@given(specs())
def test_the_mirror_string_holds_every_mirror(spec):
    wanted = modelled(spec).mirrors
    assert read_back(mirrors.to_string(wanted)) == wanted


@FAST
@given(specs(), st.sampled_from([",", "\n", " ,\n ", ",\n\n"]))
def test_a_spec_with_the_string_in_place_of_the_list_compiles_to_the_same_bytes(spec, separator):
    """So an existing values.yaml or Secret can be pasted, whatever parts its pairs."""
    text = mirrors.to_string(modelled(spec).mirrors).replace(",", separator)
    pasted = {key: value for key, value in spec.items() if key != "mirrors"}
    # The string says itself which mirrors are proxy caches.
    pasted["registry"] = spec["registry"] | {"mirrorRegistries": text, "proxyCache": False}
    assert compiled(pasted) == compiled(spec)


@pytest.mark.parametrize(
    "mirror",
    [
        # The webhook takes `default` for every registry that has no line of its own.
        {"source": "default", "target": "nexus.example.org/one"},
        # The documented `/v2/` of a proxy cache and a path of that name are the same text.
        {"source": "quay.io", "target": "nexus.example.org/v2/quay"},
        {"source": "quay.io", "target": "nexus.example.org/v2"},
    ],
    ids=["default", "v2-below", "v2"],
)
def test_a_mirror_that_the_string_cannot_tell_from_another_is_refused(mirror):
    spec = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": "harbor.example.org"},
        "mirrors": [mirror],
    }
    result = compile_spec(
        json.dumps(spec).encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    wanted = modelled(spec).mirrors
    assert result.failed or read_back(mirrors.to_string(wanted)) == wanted


tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True)
digests = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)
registries = st.one_of(
    st.sampled_from(
        ["docker.io", "index.docker.io", "registry-1.docker.io", "localhost", "Reg.io"]
    ),
    hosts,
)
references = st.builds(
    "{}{}{}{}".format,
    st.one_of(st.just(""), registries.map("{}/".format)),
    some_paths,
    st.one_of(st.just(""), tags.map(":{}".format)),
    st.one_of(st.just(""), digests.map("@{}".format)),
)


@settings(max_examples=1_000, deadline=None)
@given(references)
@example("nginx")
@example("index.docker.io/nginx")
@example("docker.io/library/nginx:1.25")
@example("localhost/a")
@example("localhost:5000/a@sha256:" + "0" * 64)
def test_a_printed_reference_is_the_reference_that_it_was(text):
    parsed = reference.parse(text)
    assert reference.parse(str(parsed)) == parsed


@settings(max_examples=1_000, deadline=None)
@given(st.text("abAB01.:/@-_[]sha256 \n\u00e9", max_size=30))
@example("library/" + "a" * 247)
@example("a" * 238)
def test_any_text_is_a_reference_that_can_be_printed_or_none(text):
    try:
        parsed = reference.parse(text)
    except reference.NotAReference as why:
        assert str(why)  # noqa: PT017 - either of two outcomes is right
    else:
        assert reference.parse(str(parsed)) == parsed
