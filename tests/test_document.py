"""How YAML is read, and where everything in it stands."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from regspec import composer, limits
from regspec.diagnostics import Place
from regspec.document import NotADocument, parse
from regspec.places import Showing
from regspec.reading import stream
from yaml.error import MarkedYAMLError


@pytest.mark.parametrize(
    "written, value",
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("12", 12),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        # Everything else is text, whatever YAML 1.1 makes of it.
        *((text, text) for text in ("no", "Yes", "on", "True", "NULL", "010", "0o17", "0x1f")),
        *(
            (text, text)
            for text in ("1e3", ".5", "5.", "+1", "1_000", "1:30", "2026-11-23", ".inf")
        ),
        ("'true'", "true"),
        ('"12"', "12"),
        ("!!str 12", None),
    ],
)
def test_plain_scalars(written, value):
    if written.startswith("!"):
        with pytest.raises(NotADocument):
            parse(f"key: {written}\n")
        return
    read = parse(f"key: {written}\n").data["key"]
    assert read == value
    assert type(read) is type(value)


EVERYTHING = Showing(value=lambda _path, _value: True, key=lambda _path: True)
NOTHING = Showing(value=lambda _path, _value: False, key=lambda _path: False)


@pytest.mark.parametrize(
    "text, path, line, column, marked",
    [
        ("a: b\n", ("a",), 1, 4, "b"),
        ("a:\n  - x\n  - 'y z'\n", ("a", 1), 3, 5, "'y z'"),
        ("a: {b: c, d: [e, f]}\n", ("a", "d", 1), 1, 18, "f"),
        ("é: 'ü'\nb: c\n", ("é",), 1, 4, "'ü'"),
        ("a: b\r\nc: d\r\n", ("c",), 2, 4, "d"),
        ("# comment\n\n---\na: b\n", ("a",), 4, 4, "b"),
        ("\ta: b\n".strip(), ("a",), 1, 4, "b"),
        ("a: |\n  first\n  second\n", ("a",), 1, 4, "|"),
    ],
)
def test_values_have_their_places(text, path, line, column, marked):
    span = parse(text).span(Place(path), EVERYTHING)
    assert (span.line, span.column) == (line, column)
    assert span.excerpt[slice(*span.mark)] == marked


def test_a_key_has_its_place():
    span = parse("a:\n  bcd: e\n").span(Place(("a", "bcd"), on_key=True), EVERYTHING)
    assert (span.line, span.column, span.excerpt[slice(*span.mark)]) == (2, 3, "bcd")


def test_a_path_that_is_not_there_stands_for_the_one_above():
    span = parse("a:\n  b: c\n").span(Place(("a", "x", "y"), on_key=True), EVERYTHING)
    assert (span.line, span.column) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "s: |\n  one,\n  two,two\n",
        "s: >\n  one,\n\n  two,two\n",
        "s: one,\n  two,two\n",
        's: "one,\\ttwo,\\\n  two"\n',
        "s: 'one,two,two'\n",
    ],
)
def test_a_part_of_a_text_has_its_place_in_every_style(text):
    document = parse(text)
    value = document.data["s"]
    second = value.rindex("two")
    span = document.span(Place(("s",), part=(second, second + 3)), EVERYTHING)
    line = text.splitlines()[span.line - 1]
    assert line[span.column - 1 :].startswith("two")
    assert text.rindex("two") == sum(len(x) + 1 for x in text.splitlines()[: span.line - 1]) + (
        span.column - 1
    )


def test_an_alias_stands_for_its_value_and_has_its_own_place():
    document = parse("a: &x [1, 2]\nb: *x\n")
    assert document.data == {"a": [1, 2], "b": [1, 2]}
    assert document.span(Place(("b", 1)), EVERYTHING).line == 2


def test_a_hidden_value_is_not_in_the_excerpt_of_its_neighbour():
    document = parse("{a: b, p: hunter2, k: [hunter3, x]} # hunter4\n")
    showing = Showing(lambda path, _value: path[:1] not in (("p",), ("k",)), lambda _path: True)
    assert document.span(Place(("a",)), showing).excerpt == "{a: b, p: ..., k: [..., ...]}"


def test_hidden_keys_and_the_names_of_anchors_are_not_in_the_excerpt():
    document = parse("{a: b, hunter2: c, d: &hunter3 [x], e: *hunter3}\n")
    showing = Showing(lambda _path, _value: True, lambda path: path != ("hunter2",))
    assert document.span(Place(("a",)), showing).excerpt == "{a: b, ...: c, d: ... [x], e: ...}"


def test_a_long_line_is_cut_around_the_mark():
    text = "a: [" + "x, " * 500 + "here, " + "y, " * 500 + "z]\n"
    span = parse(text).span(Place(("a", 500)), EVERYTHING)
    assert span.excerpt[slice(*span.mark)] == "here"
    assert len(span.excerpt) <= 160
    assert span.column == text.index("here") + 1


@given(st.text(alphabet="ab:-[]{},&*!|>'\"%@`#?\n\t \r~01.é\u2028\x85", max_size=40))
def test_any_text_is_a_document_or_says_where_it_is_none(text):
    try:
        document = parse(text)
    except NotADocument as why:
        for problem, span in why.spans(NOTHING):
            assert problem.message
            assert span.line >= 1
            assert span.column >= 1
    else:
        # Every place can be shown.
        for path in document._extents:
            document.span(Place(path), EVERYTHING)
            document.span(Place(path, on_key=True), NOTHING)


DEEP = {
    "flow": lambda deepest: "[" * (deepest + 1),
    "flow mappings": lambda deepest: "{a: " * (deepest + 1),
    "flow beyond any limit of the parser": lambda _: "[" * 50_000,
    "flow with another mistake behind": lambda deepest: "[" * (deepest + 1) + "@",
    "flow with text": lambda deepest: "['[', " * (deepest + 1),
    "block": lambda deepest: "".join(f"{' ' * level}a:\n" for level in range(deepest + 2)),
    "block beyond any limit of the parser": lambda _: "".join(
        f"{' ' * level}-\n" for level in range(3000)
    ),
    "block lists in one line": lambda deepest: "- " * (deepest + 2) + "a",
}


@pytest.mark.parametrize("above", [None, 2, 36])
@pytest.mark.parametrize(
    "read, deepest", [(parse, composer.DEEPEST), (stream.parse, limits.DEEPEST)]
)
@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_refused_whatever_limit_the_parser_has(
    deep, read, deepest, above, monkeypatch
):
    if above:
        monkeypatch.setattr(composer, "_Parser", with_limit(deepest + above))
    with pytest.raises(NotADocument) as refused:
        read(deep(deepest))
    (problem,) = refused.value.problems
    assert problem.message == f"nested more than {deepest} levels deep"


@pytest.mark.parametrize("limit", [None, 66])
def test_64_levels_and_brackets_in_text_are_not_deep(limit, monkeypatch):
    if limit:
        monkeypatch.setattr(composer, "_Parser", with_limit(limit))
    deep = "[" * 64 + "]" * 64
    for text in (deep, f"'{'[' * 3000}'", "a # " + "[" * 3000, "[" + "[], " * 3000 + "]"):
        parse(text)
        stream.parse(text)
    for text in (f"'{'[' * 100}' @", "[" * 64 + "@"):
        with pytest.raises(NotADocument, match="not a document") as refused:
            parse(text)
        assert "nested" not in refused.value.problems[0].message


def with_limit(limit):
    """A parser that refuses a text deeper than its limit before it gives one event of it."""
    real = composer._Parser

    class Parser:
        def __init__(self, text):
            self.loader = real(text)
            self.refused = [at for at, depth in nesting(text) if depth > limit]

        def get_event(self):
            if self.refused:
                mark = SimpleNamespace(index=self.refused[0])
                raise MarkedYAMLError(problem="a limit of the parser", problem_mark=mark)
            return self.loader.get_event()

        def dispose(self):
            self.loader.dispose()

    return Parser


def nesting(text):
    """The places where nesting begins in a text up to its first mistake, and the depth there."""
    depth = 0
    loader = yaml.SafeLoader(text[:2000])
    with contextlib.suppress(yaml.YAMLError):
        while loader.check_token():
            token = loader.get_token()
            if isinstance(token, STARTING):
                depth += 1
                yield token.start_mark.index, depth
            elif isinstance(token, ENDING):
                depth -= 1


STARTING = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
ENDING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
