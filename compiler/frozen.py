"""Frozen records: what `@dataclass(frozen=True, slots=True)` makes, at a fraction of its price.

The library writes and compiles the methods of every class at every start. That was a fifth of what
a cold `compile` cost; here all classes share them (docs/decisions/0012-starts.md).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar, dataclass_transform

    T = TypeVar("T")
else:

    def dataclass_transform(**_: object) -> object:
        """For type checkers only, which read the one of typing."""
        return lambda decorator: decorator


_NONE: Any = object()


class _Field:
    """A field that has more to it than a default."""

    __slots__ = ("compared", "convert", "default", "factory", "shown")

    def __init__(
        self,
        default: Any,
        factory: Callable[[], Any] | None,
        convert: Callable[[Any], Any] | None,
        *,
        shown: bool,
        compared: bool,
    ) -> None:
        self.default, self.factory, self.convert = default, factory, convert
        self.shown, self.compared = shown, compared

    def missing(self, name: str) -> Any:
        """The value of a field that none is given for."""
        if self.factory:
            return self.factory()
        if self.default is _NONE:
            raise TypeError(f"a value for {name} is missing")
        return self.default


def field(
    *,
    default: Any = _NONE,
    default_factory: Callable[[], Any] | None = None,
    convert: Callable[[Any], Any] | None = None,
    repr: bool = True,  # noqa: A002 - as in dataclasses
    compare: bool = True,
) -> Any:
    """A field of a record that has more to it than a default.

    Args:
        default: its value when none is given.
        default_factory: makes that value, anew for each record.
        convert: what every value of the field goes through when a record is made.
        repr: whether it is shown; a secret is not.
        compare: whether records that differ in it alone differ.
    """
    return _Field(default, default_factory, convert, shown=repr, compared=compare)


class _Record:
    """What every record can do, by the names and the setters of its class's fields."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()
    _setters: tuple[Callable[[Any, Any], None], ...] = ()
    _fields: tuple[_Field, ...] = ()
    _compared: tuple[str, ...] = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        names, setters = self.__match_args__, self._setters
        given = len(values)
        if given > len(names):
            raise TypeError(f"{type(self).__name__} has {len(names)} fields, not {given}")
        for set_field, value in zip(setters, values, strict=False):
            set_field(self, value)
        for index in range(given, len(names)):
            name = names[index]
            if name in named:
                setters[index](self, named.pop(name))
            else:
                setters[index](self, self._fields[index].missing(name))
        if named:
            raise TypeError(f"{type(self).__name__} does not take {', '.join(named)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash(_compared(self))

    def __repr__(self) -> str:
        shown = (
            f"{name}={getattr(self, name)!r}"
            for name, one in zip(self.__match_args__, self._fields, strict=True)
            if one.shown
        )
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple([getattr(self, name) for name in self.__match_args__])


def _converting(
    set_field: Callable[[Any, Any], None], convert: Callable[[Any], Any]
) -> Callable[[Any, Any], None]:
    """What sets a field to what its values become."""
    return lambda record, value: set_field(record, convert(value))


def _compared(record: _Record) -> tuple[Any, ...]:
    return tuple([getattr(record, name) for name in record._compared])  # noqa: SLF001 - its own


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make a class a frozen record with slots; its fields are what it annotates.

    They cannot be inherited, and there is no `InitVar`, `ClassVar` or `__post_init__`.
    """
    members = dict(cls.__dict__)
    names = tuple(members.get("__annotations__", ()))
    fields = [members.pop(name, _NONE) for name in names]
    for of_the_old in ("__dict__", "__weakref__"):
        members.pop(of_the_old, None)
    members |= {"__slots__": names, "__match_args__": names}
    record: Any = type(cls.__name__, (_Record,), members)
    of_class = [
        one if type(one) is _Field else _Field(one, None, None, shown=True, compared=True)
        for one in fields
    ]
    record._fields = tuple(of_class)
    setters = [record.__dict__[name].__set__ for name in names]
    for index, one in enumerate(fields):
        if type(one) is _Field and one.convert is not None:
            setters[index] = _converting(setters[index], one.convert)
    record._setters = tuple(setters)  # noqa: SLF001
    record._compared = tuple(  # noqa: SLF001
        [name for name, one in zip(names, of_class, strict=True) if one.compared]
    )
    made: type[T] = record
    return made


def replace(record: T, **changes: Any) -> T:
    """A record of the same class with some fields changed."""
    names: tuple[str, ...] = record.__match_args__  # type: ignore[attr-defined]
    kept = {name: getattr(record, name) for name in names if name not in changes}
    return type(record)(**kept, **changes)
