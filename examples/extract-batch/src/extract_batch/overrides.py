"""The job of one table: its name, the command that it gets, and its size."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Final

from extract_core import ArgumentsTooLong

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_batch.settings import BatchSettings
    from extract_core import JobStatus, Json

MAX_CHARACTERS: Final = 8192
"""The most characters of a job's container overrides, with the JSON's own punctuation. Batch runs jobs as ECS tasks, and this is
their limit. A job over it ends FAILED with "Container Overrides length must be at most 8192" (seen in ASFHyP3/hyp3#3041)."""

_MAX_NAME: Final = 128
_LOST: Final = re.compile(r"\bRef::|[\x00\ud800-\udfff]")
"""``Ref::name`` in a command is a placeholder (Batch guide, "Parameters"); NUL and half characters fit into no command."""

_MIB_OF_A_VCPU: Final = 8192
"""The most memory that Fargate gives for one vCPU."""


def job_name(source: str, table: str, run_id: str, attempt: int) -> str:
    """At most 128 letters, digits, ``-`` and ``_`` (Batch API reference, SubmitJob). The table's name is cut, not the run's."""
    tail = f"-{run_id}"[-80:] + f"-{attempt}"
    name = f"{source}-{table}"[: _MAX_NAME - len(tail)] + tail
    return re.sub(r"[^A-Za-z0-9_-]", "-", name).lstrip("-_") or "extract"


def container_overrides(job_arguments: Mapping[str, str], settings: BatchSettings) -> dict[str, Json]:
    """The job's arguments as Command, its size as ResourceRequirements with texts as values.

    Raises ValueError for a value that a command cannot carry, ArgumentsTooLong over 8,192 characters.
    """
    for name in sorted(job_arguments):
        if lost := _LOST.search(f"{name} {job_arguments[name]}"):
            raise ValueError(f"the value of {name!r} holds {lost[0]!r}, which Batch would change: set argument_encoding: json")
    made: dict[str, Json] = {"Command": [part for pair in job_arguments.items() for part in pair]}
    sizes = {"VCPU": settings.vcpus, "MEMORY": settings.memory}
    required: list[Json] = [{"Type": kind, "Value": f"{size:g}"} for kind, size in sizes.items() if size is not None]
    if required:
        made["ResourceRequirements"] = required
    size = len(json.dumps(made, ensure_ascii=False))
    if size > MAX_CHARACTERS:
        longest = max(job_arguments, key=lambda name: len(job_arguments[name]))
        raise ArgumentsTooLong(
            f"the overrides of this table's Batch job have {size:,} characters, {MAX_CHARACTERS:,} is the limit; the longest "
            f"argument is {longest!r} with {len(job_arguments[longest]):,}: shorten it"
        )
    return made


def bigger(settings: BatchSettings, status: JobStatus) -> BatchSettings | None:
    """Twice the memory of the table's settings or of the failed job's cost, and more vCPUs if Fargate needs them.

    None if no size is known.
    """
    vcpus, memory = _reported_size(status)
    vcpus, memory = settings.vcpus or vcpus, settings.memory or memory
    if not memory:
        return None
    memory *= 2
    if vcpus and memory > vcpus * _MIB_OF_A_VCPU:
        needed = memory / _MIB_OF_A_VCPU
        vcpus = 0.5 if needed <= 0.5 else 2 ** math.ceil(math.log2(needed))
    return settings.model_copy(update={"memory": memory, "vcpus": vcpus or None})


def _reported_size(status: JobStatus) -> tuple[float | None, int | None]:
    cost = status.cost_basis or {}
    if status.started_at is None or status.ended_at is None:
        return None, None
    hours = (status.ended_at - status.started_at).total_seconds() / 3600
    if hours <= 0:
        return None, None
    vcpus, gigabytes = cost.get("vcpu_hours", 0.0) / hours, cost.get("memory_gb_hours", 0.0) / hours
    return (round(vcpus, 2) if vcpus < 1 else round(vcpus)) or None, round(gigabytes * 1024) or None
