"""The quick readers of artifacts: they say what the libraries say, or nothing."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from regspec import emit, readback

PIECES = st.sampled_from(
    [
        "a", "b.c", "yes", "1", "0x1", "1e3", "~", "null", "true", '"', '"x"', "'", "\\", "\\n",
        "\\u0041", "\\/", ": ", ":", " = ", "=", "[", "]", "[a]", '[a."b"]', "[[a]]", "{", "}",
        "{}", "[]", ", ", "#", " #", "\n", "  ", "- ", "|\n", "&a ", "*a", "!x ", "---\n", "<<",
        "?", "\t", "ü", "\x7f", "\u2028", "2026-11-23", "1:30", "-1", "1.0", "01", "12345678901",
        ".5", "inf", "\r", "\x0c", '["a".b]',
    ]
)  # fmt: skip
WHOLLY = {"yaml": lambda text: yaml.load(text, yaml.SafeLoader), "toml": tomllib.loads}


@pytest.fixture(scope="module")
def texts(root):
    """The artifacts of every golden case, by their form."""
    found = {"yaml": [], "toml": []}
    for path in sorted(root.glob("golden/*/out/**/*")):
        if path.suffix == ".yaml" and path.is_file():
            found["yaml"] += re.split(r"(?m)^(?=---\n)", path.read_text())
        elif path.suffix in (".toml", ".conf"):
            found["toml"].append(path.read_text())
    assert min(map(len, found.values())) > 20
    return found


def same(form, text):
    """Whether the quick reader answers; then it must answer what the library does."""
    data = getattr(readback, form)(text)
    if data is None:
        return False
    assert json.dumps(data) == json.dumps(WHOLLY[form](text)), text
    return True


@pytest.mark.parametrize("form", WHOLLY)
def test_artifacts_read_as_the_libraries_read_them(texts, form):
    answered = [same(form, text) for text in texts[form]]
    assert sum(answered) > len(answered) * 0.5


def test_the_default_targets_need_no_library(root):
    out = root / "golden/harbor-airgap/out"
    assert readback.yaml((out / "values.yaml").read_text())
    assert readback.yaml((out / "registry-secret.yaml").read_text())
    assert readback.toml((out / "containerd.toml").read_text())


@pytest.mark.parametrize("form", WHOLLY)
def test_changed_artifacts_read_so_too(texts, form):
    answered = 0

    @settings(max_examples=1500, deadline=None)
    @given(
        st.sampled_from([text for text in texts[form] if len(text) < 3000]),
        st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 4), PIECES), max_size=3),
    )
    def holds(text, changes):
        nonlocal answered
        for at, length, put in changes:
            spot = at % (len(text) + 1)
            text = text[:spot] + put + text[spot + length :]
        answered += same(form, text)

    holds()
    assert answered > 100


@pytest.mark.parametrize("form", WHOLLY)
@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_whatever_stands_there_is_read_so(form, text):
    same(form, text)


@pytest.mark.parametrize(
    "form, text",
    [
        ("yaml", "a: yes\n"),
        ("yaml", "a: 010\n"),
        ("yaml", "a: &x [b]\nc: *x\n"),
        ("yaml", "a: 1\na: 2\n"),
        ("yaml", "y: a\n"),
        ("yaml", "a: [\n"),
        ("toml", "a = 1\na = 2\n"),
        ("toml", "[a]\n[a]\n"),
        ("toml", 'a = "\\/"\n'),
        ("toml", "a = 010\n"),
        ("toml", "a.b = 1\n"),
        ("toml", "a = 1\n[a.b]\n"),
    ],
)
def test_a_doubt_is_left_to_the_library(form, text):
    assert getattr(readback, form)(text) is None


def test_what_does_not_read_back_is_a_bug_of_ours():
    for text, data in (('a: "b"\n', {"a": "c"}), ("a: yes\n", {"a": "yes"}), ("a: [\n", {})):
        with pytest.raises(emit.NotTheSame):
            emit.verify(text, data, "yaml")
    emit.verify('a = "b"\n', {"a": "b"}, "toml")
    with pytest.raises(emit.NotTheSame):
        emit.verify('a = "b"\n', {"a": "c"}, "toml")
