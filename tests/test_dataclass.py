"""The core's dataclasses behave as those of the standard library, whose decorator they replace."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
from dataclasses import field
from pathlib import Path
from typing import Generic, TypeVar, get_type_hints

import pytest

import extract_core
from extract_core.dataclass import dataclass

T = TypeVar("T")


def plain(decorator):
    @decorator(frozen=True)
    class Case:
        """A case."""

        name: str
        size: int = 3

    return Case


def slotted(decorator):
    @decorator(frozen=True, slots=True, kw_only=True)
    class Case:
        """A case."""

        name: str
        sizes: dict[str, int] = field(default_factory=dict)
        hidden: int = field(default=1, repr=False, compare=False)

    return Case


def mutable(decorator):
    @decorator(slots=True)
    class Case:
        """A case."""

        name: str
        sizes: list[int] = field(default_factory=list)

    return Case


def generic(decorator):
    @decorator(frozen=True, slots=True, kw_only=True)
    class Case(Generic[T]):
        """A case."""

        name: T
        size: int | None = None

    return Case


def checked(decorator):
    @decorator(frozen=True, slots=True)
    class Case:
        """A case."""

        name: str
        later: str = field(default="z", kw_only=True)

        def __post_init__(self) -> None:
            if not self.name:
                raise ValueError("no name")

        def __repr__(self) -> str:
            return "mine"

    return Case


def inherited(decorator):
    @decorator(frozen=True, slots=True)
    class Base:
        """A base."""

        name: str

    @decorator(frozen=True, slots=True)
    class Case(Base):
        """A case."""

        size: int = 2

    return Case


def empty(decorator):
    @decorator(frozen=True)
    class Case:
        """A case."""

    return Case


CASES = [plain, slotted, mutable, generic, checked, inherited, empty]
CALLS = [((), {}), (("a",), {}), ((), {"name": "a"}), ((), {"name": ""}), (("a", 1, 2), {}), ((), {"name": "a", "odd": 1})]


@pytest.fixture(params=CASES, ids=lambda case: case.__name__)
def both(request, monkeypatch):
    """The class of a case as the standard library makes it, and ours. Ours can be pickled under its name."""
    theirs, ours = request.param(dataclasses.dataclass), request.param(dataclass)
    monkeypatch.setitem(globals(), "Case", ours)
    ours.__qualname__ = theirs.__qualname__ = "Case"
    return theirs, ours


def outcome(call):
    try:
        return call()
    except (TypeError, ValueError, AttributeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("arguments", CALLS, ids=repr)
def test_an_instance_is_made_and_shown_alike(both, arguments):
    positional, named = arguments
    theirs, ours = (outcome(lambda of=of: repr(of(*positional, **named))) for of in both)
    if isinstance(theirs, tuple):  # the name of the function in the message is that of the case
        theirs, ours = ((kind, text.partition("__init__")[2] or text) for kind, text in (theirs, ours))
    assert ours == theirs


def test_the_class_looks_alike(both):
    theirs, ours = both
    assert str(inspect.signature(ours)) == str(inspect.signature(theirs))
    assert get_type_hints(ours.__init__, globals()) == get_type_hints(theirs.__init__, globals())
    names = [[(of.name, of.type, of.kw_only, of.compare, of.repr) for of in dataclasses.fields(kind)] for kind in both]
    assert names[0] == names[1]
    assert ours.__match_args__ == theirs.__match_args__
    assert getattr(ours, "__slots__", None) == getattr(theirs, "__slots__", None)
    assert (ours.__hash__ is None) == (theirs.__hash__ is None)


def made(kind, **members):
    return kind(**({"name": "a", **members} if dataclasses.fields(kind) else {}))


def test_values_are_compared_copied_and_replaced_alike(both):
    for kind in both:
        one = made(kind)
        assert one == made(kind)
        assert one != object()
        assert copy.deepcopy(one) == copy.copy(one) == one
        assert dataclasses.replace(one) == one
        if dataclasses.fields(kind):
            assert dataclasses.replace(one, name="b") != one
            assert dataclasses.asdict(one)["name"] == "a"
    assert pickle.loads(pickle.dumps(made(both[1]))) == made(both[1])  # noqa: S301 - its own bytes
    assert outcome(lambda: hash(made(both[1])) - hash(made(both[0]))) in (0, (TypeError, "unhashable type: 'dict'"), (
        TypeError, "unhashable type: 'Case'"))  # fmt: skip
    assert made(both[0]) != made(both[1])


def test_a_frozen_value_refuses_changes_alike(both):
    messages = []
    for kind in both:

        class Below(kind):
            """A class that is not a dataclass, whose instances have more attributes."""

        changes = [
            lambda of=of, name=name, change=change: change(of, name)
            for of in (made(kind), made(Below))
            for name in ("name", "more")
            for change in (lambda one, name: setattr(one, name, "x"), delattr)
        ]
        messages.append([outcome(change) for change in changes])
    theirs, ours = messages
    for of_theirs, of_ours in zip(theirs, ours, strict=True):
        is_faulty = of_theirs is not None and "super" in of_theirs[1]  # a fault of the standard library with slots
        assert of_ours == of_theirs or is_faulty


def test_a_frozen_class_of_the_standard_library_inherits_from_ours(both):
    kind = both[1]
    frozen = kind.__dataclass_params__.frozen
    below = dataclasses.dataclass(frozen=frozen)(type("Below", (kind,), {"__annotations__": {"more": "int"}, "more": 1}))
    members = {"name": "a"} if dataclasses.fields(kind) else {}
    assert below(**members) == below(**members, more=1) != below(**members, more=2)


def test_init_is_written_at_the_first_use():
    kind = slotted(dataclass)
    assert not inspect.isfunction(vars(kind)["__init__"])
    kind(name="a")
    assert inspect.isfunction(vars(kind)["__init__"])


def test_the_core_takes_its_dataclasses_from_here():
    """What Lambda imports: each class of the standard library's decorator would cost a cold start more."""
    root = Path(extract_core.__file__).parent
    names = [path.name for path in root.rglob("*.py") if re.search(r"from dataclasses import .*\bdataclass\b", path.read_text())]
    assert names == ["dataclass.py"]
