"""A larger task for another attempt after a lack of memory: among the sizes that Fargate has, else twice the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_ecs.overrides import FARGATE_MEMORY

if TYPE_CHECKING:
    from extract_core import JobStatus
    from extract_ecs.settings import EcsSettings

_MOST: Final = FARGATE_MEMORY[max(FARGATE_MEMORY)][-1]


def bigger(settings: EcsSettings, status: JobStatus) -> EcsSettings | None:
    """At least twice the memory, with the CPU that Fargate requires for it.

    None at the largest size, and if no size is known. A table that names no size has that of its task definition: the cost of
    the stopped task tells it.
    """
    cpu, memory = settings.cpu, settings.memory
    if cpu is None and memory is None:
        cpu, memory = _reported_size(status)
    if cpu is None and memory is not None:  # the task definition's: at most the most CPU that goes with this memory
        cpu = max((size for size, sizes in FARGATE_MEMORY.items() if memory in sizes), default=None)
    if memory is None:
        if cpu is None or cpu not in FARGATE_MEMORY:
            return None
        memory = FARGATE_MEMORY[cpu][-1]  # the task definition's is this or less
        return settings.model_copy(update={"cpu": cpu, "memory": memory})
    if cpu is None or memory not in FARGATE_MEMORY.get(cpu, ()):  # your own host
        return settings.model_copy(update={"memory": memory * 2})
    if memory == _MOST:
        return None
    wanted = min(memory * 2, _MOST)
    cpu, memory = next(
        (size, memory) for size, sizes in FARGATE_MEMORY.items() if size >= cpu for memory in sizes if memory >= wanted
    )  # fmt: skip
    return settings.model_copy(update={"cpu": cpu, "memory": memory})


def _reported_size(status: JobStatus) -> tuple[int | None, int | None]:
    """CPU and memory by what the task cost: their ratio is exact, the hours count from the image's pull.

    Run time alone is shorter, so what comes out is the size or the next one of the same ratio above it, never one below.
    """
    cost = status.cost_basis or {}
    cpus, gigabytes = cost.get("vcpu_hours"), cost.get("memory_gb_hours")
    if not cpus or not gigabytes or status.started_at is None or status.ended_at is None:
        return None, None
    hours = (status.ended_at - status.started_at).total_seconds() / 3600
    if hours <= 0:
        return None, None
    most = gigabytes / hours * 1024 * 1.001  # for what rounding took
    ratio = gigabytes / cpus
    fitting = [
        (cpu, memory)
        for cpu, sizes in FARGATE_MEMORY.items()
        for memory in sizes
        if abs(memory / cpu - ratio) < 0.01 and memory <= most
    ]
    return fitting[-1] if fitting else (None, None)
