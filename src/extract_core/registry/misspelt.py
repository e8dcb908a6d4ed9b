"""Finds public names of a job type that are probably misspelt attributes or methods of its base: nothing would read them."""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASES: Final = "extract_core"
"""The package of the classes that read a job type's attributes and methods."""
_NEAR: Final = 0.8  # from 0, nothing in common, to 1, the same (difflib.SequenceMatcher.ratio)


def misspelt(job_type: object) -> tuple[str, str] | None:
    """The first misspelt name and the one that is probably meant.

    A name that the class itself uses is a helper. So is a name beside the one that it is near (``reasons`` beside ``reason``).
    """
    classes = type(job_type).__mro__
    bases = [cls for cls in classes if cls.__module__.partition(".")[0] == _BASES]
    own = [cls for cls in classes if cls not in bases and cls is not object]
    known = {name for base in bases for name in (*vars(base), *vars(base).get("__annotations__", ())) if name[0] != "_"}
    written = {name: value for cls in own for name, value in vars(cls).items() if name[0] != "_"}
    unknown = sorted(written.keys() - known)
    if not unknown:
        return None
    from difflib import get_close_matches

    used = {name for cls in own for value in vars(cls).values() for name in _names_in(value)}
    for name in unknown:
        near = get_close_matches(name.lower(), sorted(known), n=1, cutoff=_NEAR)
        if near and near[0] not in written and name not in used:
            return name, near[0]
    return None


def _names_in(value: object) -> Iterator[str]:
    """The attributes that a method reads, including its inner functions."""
    if isinstance(value, property):
        value = value.fget
    function = getattr(value, "__func__", value)  # of a classmethod or staticmethod
    codes = [function.__code__] if isinstance(function, FunctionType) else []
    while codes:
        code = codes.pop()
        yield from code.co_names
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
