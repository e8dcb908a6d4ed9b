"""`dataclass` as the standard library has it, but defined in a sixth of the time: a cold start defines dozens of them.

The standard library writes and compiles up to six methods per class when the class is defined. Here all classes share the methods
but one, and `__init__` is written and compiled when a class is first used. What makes a class a dataclass (`fields`, `replace`,
`asdict`, slots, `__match_args__`) is the standard library's own.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - type checkers see the standard library's
    from types import FunctionType

    Cls = type[Any]
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, kw_only: bool = False) -> Callable[[Cls], Cls]:
        """A decorator with these options of `dataclasses.dataclass`. Fields have no options ``init`` and ``hash``.

        A class that inherits from another dataclass is left to the standard library, which has rules for both.
        """

        def decorated(cls: Cls) -> Cls:
            if any(map(dataclasses.is_dataclass, cls.__bases__)):
                return dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only)(cls)
            methods = _OF_ALL | (_OF_FROZEN if frozen else {"__hash__": None}) | (_OF_COPIES if frozen and slots else {})
            for name, method in methods.items():
                if name not in vars(cls):
                    setattr(cls, name, method)
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            made.__init__ = _Init(made)
            made.__dataclass_params__.frozen = frozen  # the standard library asks base classes for it
            return made

        return decorated


class _Factory:
    """The default of a parameter whose value a factory makes."""

    def __repr__(self) -> str:
        return "<factory>"


class _Init:
    """Stands for `__init__` until it is first looked up, and then puts the written one into its place."""

    def __init__(self, owner: Cls) -> None:
        self._owner = owner

    def __get__(self, instance: object, cls: Cls | None = None) -> Any:
        written = _written_init(self._owner)
        self._owner.__init__ = written
        return written.__get__(instance, cls)


def _written_init(cls: Cls) -> FunctionType:
    """`__init__` with a parameter per field, as the standard library writes it."""
    scope: dict[str, Any] = {"_set": object.__setattr__, "_FACTORY": _Factory()}
    positional, by_name, lines = ["self"], list[str](), list[str]()
    for field in dataclasses.fields(cls):
        name, value = field.name, field.name
        parameter = name
        if field.default is not MISSING:
            scope[f"_default_{name}"] = field.default
            parameter = f"{name}=_default_{name}"
        elif field.default_factory is not MISSING:
            scope[f"_make_{name}"] = field.default_factory
            parameter = f"{name}=_FACTORY"
            value = f"_make_{name}() if {name} is _FACTORY else {name}"
        (by_name if field.kw_only else positional).append(parameter)
        lines.append(f"    _set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    parameters = ", ".join([*positional, *(["*", *by_name] if by_name else [])])
    exec(f"def __init__({parameters}):\n" + "\n".join(lines or ["    pass"]), scope)  # noqa: S102 - names of fields, as dataclasses does it
    init: FunctionType = scope["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    init.__annotations__ = {**{field.name: field.type for field in dataclasses.fields(cls)}, "return": None}
    return init


@cache
def _compared(cls: Any) -> Callable[[Any], Any]:
    """A function that returns what two instances are compared by: a tuple of members, or the member if there is one."""
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    return attrgetter(*names) if names else lambda _: ()


@cache
def _shown(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls) if field.repr)


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    members = _compared(self.__class__)
    return members(self) == members(other)


def _hash(self: Any) -> int:
    return hash(_compared(self.__class__)(self))


@recursive_repr()
def _repr(self: Any) -> str:
    members = ", ".join([f"{name}={getattr(self, name)!r}" for name in _shown(self.__class__)])
    return f"{type(self).__qualname__}({members})"


def _refuse(self: Any, name: str, doing: str) -> None:
    if "__dataclass_fields__" in vars(type(self)) or name in type(self).__dataclass_fields__:
        raise FrozenInstanceError(f"cannot {doing} field {name!r}")


def _setattr(self: Any, name: str, value: object) -> None:
    _refuse(self, name, "assign to")
    object.__setattr__(self, name, value)


def _delattr(self: Any, name: str) -> None:
    _refuse(self, name, "delete")
    object.__delattr__(self, name)


def _getstate(self: Any) -> Any:
    """What `copy` and `pickle` keep. Without it they would assign to the slots of the copy, which `_setattr` refuses."""
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: Any, state: Any) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_OF_ALL = {"__eq__": _eq, "__repr__": _repr}
_OF_FROZEN = {"__hash__": _hash, "__setattr__": _setattr, "__delattr__": _delattr}
_OF_COPIES = {"__getstate__": _getstate, "__setstate__": _setstate}
