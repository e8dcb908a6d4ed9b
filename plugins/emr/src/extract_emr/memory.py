"""Sizes of memory as Spark writes them: ``512m``, ``4g``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

Memory = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,6}[mg]$", description="Memory as Spark writes it: 512m, 4g")]

OVERHEAD: Final = 1.1
"""What a container has on top of an executor's memory: a tenth, at least 384 MiB (Spark's spark.executor.memoryOverhead)."""

_LEAST_OVERHEAD: Final = 384
_UNITS: Final = {"k": 1 / 1024, "m": 1.0, "g": 1024.0, "t": 1024.0 * 1024}


def mebibytes(memory: str) -> int | None:
    """MiB of ``4g``, ``4G``, ``4gb``, ``512m`` or a plain number of MiB; None for what Spark would not read either."""
    match = re.fullmatch(r"(\d{1,12})([kmgt]?)b?", memory.strip().lower())
    return int(int(match[1]) * _UNITS[match[2] or "m"]) if match else None


def written(size: int) -> str:
    """MiB as Spark writes them."""
    return f"{size // 1024}g" if size % 1024 == 0 else f"{size}m"


def doubled(memory: str) -> str | None:
    """Twice as much; None if the text is not a size."""
    size = mebibytes(memory)
    return None if size is None else written(size * 2)


def with_overhead(size: int) -> int:
    """MiB of the container of an executor or driver with so much memory."""
    return max(int(size * OVERHEAD), size + _LEAST_OVERHEAD)


def option(args: Sequence[str], flag: str, conf: str) -> str | None:
    """The value of a spark-submit option, by its flag (``--executor-memory``) or its configuration; the last one, flags first.

    A flag wins over ``--conf`` (spark: SparkSubmitArguments).
    """
    flags: list[str] = []
    confs: list[str] = []
    for index, arg in enumerate(args):
        following = args[index + 1] if index + 1 < len(args) else ""
        if arg == flag:
            flags.append(following)
        elif arg.startswith(f"{flag}="):
            flags.append(arg.partition("=")[2])
        setting = following if arg in ("--conf", "-c") else arg.removeprefix("--conf=")
        if setting.startswith(f"{conf}="):
            confs.append(setting.partition("=")[2])
    values = flags or confs
    return values[-1] if values else None


def without(args: Sequence[str], flag: str, conf: str) -> list[str]:
    """The options of spark-submit without this one, in any of its forms."""
    others: list[str] = []
    rest = iter(args)
    for arg in rest:
        if arg == flag:
            next(rest, None)
        elif arg in ("--conf", "-c"):
            setting = next(rest, "")
            if not setting.startswith(f"{conf}="):
                others += [arg, setting]
        elif not arg.startswith((f"{flag}=", f"--conf={conf}=")):
            others.append(arg)
    return others
