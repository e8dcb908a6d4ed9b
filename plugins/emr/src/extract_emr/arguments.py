"""The job's own arguments as entry point arguments, within the limits of the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core import ArgumentsTooLong
from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json

MAX_ARGUMENT: Final = 131_071
"""Bytes of one argument of the driver's process, whatever the service takes (execve(2), MAX_ARG_STRLEN)."""

_NO_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes; None: no limit. `refused` finds what the service would change, `because` says why."""

    entry_point: int
    arguments: int | None
    argument: int | None
    refused: re.Pattern[str] | None = None
    because: str = ""


def spark_submit(script: str, job_arguments: Mapping[str, str], options: str, limits: Limits) -> dict[str, Json]:
    """The member SparkSubmit: entry point, its arguments, and the options, if any. ValueError for invalid ones."""
    if len(script) > limits.entry_point:
        raise ValueError(f"the script's URI has {len(script):,} characters, {limits.entry_point:,} is the limit: {script!r}")
    for name in sorted(job_arguments):
        _check(name, job_arguments[name], limits)
    passed = [part for pair in job_arguments.items() for part in pair]
    if limits.arguments is not None and len(passed) > limits.arguments:
        raise ValueError(f"the job has {len(passed):,} arguments, {limits.arguments:,} is the limit: set argument_encoding: json")
    made: dict[str, Json] = {"EntryPoint": script, "EntryPointArguments": passed}
    if options:
        made["SparkSubmitParameters"] = options
    return made


def _check(name: str, value: str, limits: Limits) -> None:
    if no_text := _NO_TEXT.search(name + value):
        raise ValueError(f"the value of {name!r} holds {no_text[0]!r}, which no argument can carry: set argument_encoding: json")
    if limits.refused and (changed := limits.refused.search(name) or limits.refused.search(value)):
        raise ValueError(f"the value of {name!r} holds {changed[0]!r}, {limits.because}: set argument_encoding: json")
    if limits.argument is not None and len(value) > limits.argument:
        raise ArgumentsTooLong(
            f"the value of {name!r} has {len(value):,} characters, {limits.argument:,} is the limit of one argument: shorten it"
        )
    if len(value) > MAX_ARGUMENT // 4 and (size := len(value.encode())) > MAX_ARGUMENT:
        raise ArgumentsTooLong(f"the value of {name!r} has {size:,} bytes, a process takes {MAX_ARGUMENT:,} in one: shorten it")
