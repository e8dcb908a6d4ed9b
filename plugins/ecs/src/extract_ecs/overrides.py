"""The member Overrides of RunTask for one table: the job's command, its size, and the limits that they must keep."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Final

from extract_core import ArgumentsTooLong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core import Json

MAX_CHARACTERS: Final = 8192
"""The most characters of all overrides together, with the JSON's own punctuation (ECS API reference, TaskOverride)."""

_GIB: Final = 1024
FARGATE_MEMORY: Final[Mapping[int, tuple[int, ...]]] = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}
"""MiB that Fargate offers for so many CPU units (ECS guide, "Task CPU and memory")."""
_MOST: Final = max(map(max, FARGATE_MEMORY.values()))


def check_fargate_size(cpu: int | None, memory: int | None) -> None:
    """ValueError for a size that Fargate has not. None is the task definition's own, which is not known here."""
    if cpu is not None and cpu not in FARGATE_MEMORY:
        raise ValueError(
            f"cpu {cpu} is not a size of Fargate: write one of {', '.join(map(str, FARGATE_MEMORY))} (1024 is one vCPU)"
        )
    if cpu is not None and memory is not None and memory not in FARGATE_MEMORY[cpu]:
        raise ValueError(f"memory {memory} MiB does not go with cpu {cpu} on Fargate: write {_in_words(FARGATE_MEMORY[cpu])}")
    if cpu is None and memory is not None and memory > _MOST:
        raise ValueError(f"memory {memory} MiB is more than Fargate has: write at most {_MOST}")


def _in_words(sizes: Sequence[int]) -> str:
    """The sizes as they are: a range where the steps are equal, else each of them."""
    step = sizes[1] - sizes[0]
    if all(after - before == step for before, after in itertools.pairwise(sizes)):
        return f"{sizes[0]} to {sizes[-1]} in steps of {step}"
    return f"{', '.join(map(str, sizes[:-1]))} or {sizes[-1]}"


def overrides(container: str, job_arguments: Mapping[str, str], cpu: int | None, memory: int | None) -> dict[str, Json]:
    """The job's arguments as the container's Command; Cpu and Memory of the task as text, as RunTask requires.

    ArgumentsTooLong when the whole is over 8,192 characters.
    """
    command = [part for pair in job_arguments.items() for part in pair]
    made: dict[str, Json] = {"ContainerOverrides": [{"Name": container, "Command": command}]}
    if cpu is not None:
        made["Cpu"] = str(cpu)
    if memory is not None:
        made["Memory"] = str(memory)
    size = len(json.dumps(made, ensure_ascii=False))
    if size > MAX_CHARACTERS:
        longest = max(job_arguments, key=lambda name: len(job_arguments[name]))
        raise ArgumentsTooLong(
            f"the overrides of this table's ECS task have {size:,} characters, {MAX_CHARACTERS:,} is ECS's limit; "
            f"the longest argument is {longest!r} with {len(job_arguments[longest]):,}: shorten it"
        )
    return made
