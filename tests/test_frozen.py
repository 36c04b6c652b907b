"""Records are what the dataclasses of the standard library would be."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest
from regspec import frozen


@frozen.frozen
class Ours:
    """Every kind of field."""

    name: str
    secret: str = frozen.field(default="", repr=False)
    place: int = frozen.field(default=0, compare=False)
    parts: list = frozen.field(default_factory=list)
    last: tuple = ()

    @property
    def loud(self):
        return self.name.upper()


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    name: str
    secret: str = dataclasses.field(default="", repr=False)
    place: int = dataclasses.field(default=0, compare=False)
    parts: list = dataclasses.field(default_factory=list)
    last: tuple = ()


@frozen.frozen
class Pair:
    left: int
    right: int


VALUES = [
    (("a",), {}),
    (("a", "s3cret", 1, ["x"], (1,)), {}),
    (("a",), {"last": (1,), "secret": "x"}),
    ((), {"name": "b", "parts": [1]}),
]


@pytest.mark.parametrize("given, named", VALUES)
def test_a_record_has_the_fields_of_a_dataclass(given, named):
    ours, theirs = Ours(*given, **named), Theirs(*given, **named)
    for field in dataclasses.fields(theirs):
        assert getattr(ours, field.name) == getattr(theirs, field.name)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert "s3cret" not in repr(ours)
    assert Ours.__match_args__ == Theirs.__match_args__
    assert Ours.__doc__ == "Every kind of field."
    assert Ours.__slots__ == Theirs.__slots__
    assert not hasattr(ours, "__dict__")


@pytest.mark.parametrize(
    "given, named",
    [((), {}), (("a",), {"name": "b"}), (("a",), {"other": 1}), (("a", "", 0, [], (), 1), {})],
)
def test_what_a_dataclass_refuses_is_refused(given, named):
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*given, **named)


def test_records_compare_as_dataclasses_do():
    for kind in (Ours, Theirs):
        assert kind("a", place=1) == kind("a", place=2)
        assert kind("a") != kind("b")
        assert kind("a") != ("a", "", 0, [], ())
        assert kind("a").parts is not kind("a").parts
        with pytest.raises(TypeError):
            hash(kind("a"))
    assert Ours("a") != Theirs("a")
    assert hash(Pair(1, 2)) == hash(Pair(1, 2))
    assert len({Pair(1, 2), Pair(1, 2), Pair(2, 1)}) == 2


def test_a_field_converts_every_value():
    @frozen.frozen
    class Loud:
        word: str = frozen.field(convert=str.upper)
        other: str = frozen.field(default="x", convert=str.upper)

    assert (Loud("a").word, Loud(word="a").word, Loud("a").other) == ("A", "A", "X")
    assert frozen.replace(Loud("a"), word="b") == Loud("B", "X")


def test_a_record_does_not_change():
    record = Ours("a")
    for change in (
        lambda: setattr(record, "name", "b"),
        lambda: setattr(record, "other", "b"),
        lambda: delattr(record, "name"),
    ):
        with pytest.raises(AttributeError):
            change()
    assert record.name == "a"
    other = frozen.replace(record, name="b", last=(1,))
    assert (other.name, other.last, other.loud, record.name) == ("b", (1,), "B", "a")
    with pytest.raises(TypeError):
        frozen.replace(record, other=1)


def test_a_record_is_copied_and_pickled():
    record = Pair(1, 2)
    assert copy.copy(record) == copy.deepcopy(record) == record
    named = copy.deepcopy(Ours("a", parts=[1]))
    assert named == Ours("a", parts=[1])
    assert pickle.loads(pickle.dumps(frozen.frozen)) is frozen.frozen
    match record:
        case Pair(1, right):
            assert right == 2


def test_the_records_of_regspec_go_between_processes():
    from regspec.diagnostics import Place

    place = Place(("mirrors", 1), part=(0, 2))
    assert pickle.loads(pickle.dumps(place)) == place
