"""The two modes of the Map over the tables, and how many of them run at once in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

MapMode: TypeAlias = Literal["INLINE", "DISTRIBUTED"]

MOST_AT_ONCE: Final[Mapping[MapMode, int]] = {"INLINE": 40, "DISTRIBUTED": 10_000}
"""Iterations, or children, that run at once (Step Functions quotas, "Map state processing modes")."""


def map_mode(word: object) -> MapMode | None:
    """The mode of the Map that `map` in extract.toml names. None if it names none."""
    modes: dict[object, MapMode] = {"inline": "INLINE", "distributed": "DISTRIBUTED"}
    return modes.get(word.lower() if isinstance(word, str) else None)


def concurrency_fault(mode: MapMode, value: object) -> str | None:
    """What is wrong with this max_concurrency in this mode, or None."""
    most = MOST_AT_ONCE[mode]
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        return None
    text = f"{value!r} is not a number from 1 to {most:,}, the limit of a Map that is {mode}"
    more = mode == "INLINE" and concurrency_fault("DISTRIBUTED", value) is None
    return f'{text}; for more, write map = "distributed"' if more else text
