"""Bigger workers for a further attempt at a job run that ran out of memory, of the sizes that EMR Serverless has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_emr.memory import OVERHEAD, mebibytes, option, with_overhead, written

if TYPE_CHECKING:
    from extract_emr.serverless.settings import Cores, ServerlessSettings

LARGEST: Final[dict[Cores, int]] = {1: 8, 2: 16, 4: 30, 8: 60, 16: 120}
"""GB of memory that a worker with so many vCPUs has at most (EMR Serverless guide, "Supported worker configurations")."""

_DEFAULT: Final = ("14g", 4)
"""Memory and cores of driver and executors if nothing is set (EMR Serverless guide, "Default configuration for Spark jobs")."""


def bigger(settings: ServerlessSettings) -> ServerlessSettings | None:
    """Twice the memory of executors and driver, as far as there are workers of that size, with their vCPUs.

    None if both have the most already.
    """
    larger: dict[str, object] = {}
    for who, memory, cores in (
        ("executor", settings.executor_memory, settings.executor_cores),
        ("driver", settings.driver_memory, settings.driver_cores),
    ):
        args = settings.spark_submit_args
        memory_text = memory or option(args, f"--{who}-memory", f"spark.{who}.memory") or _DEFAULT[0]
        given_cores = cores or option(args, f"--{who}-cores", f"spark.{who}.cores") or _DEFAULT[1]
        size = mebibytes(memory_text)
        if size is None or not str(given_cores).isdecimal():
            continue
        more, needed = _next(size, int(given_cores))
        if more > size:
            larger |= {f"{who}_memory": written(more), f"{who}_cores": needed}
    return settings.model_copy(update=larger) if larger else None


def _next(size: int, cores: int) -> tuple[int, Cores]:
    """Memory (MiB) and vCPUs of the next size: twice, or what the biggest worker takes."""
    biggest = max(LARGEST)
    most = int(LARGEST[biggest] * 1024 / OVERHEAD)
    more = min(size * 2, most)
    fitting = [vcpus for vcpus, gigabytes in LARGEST.items() if vcpus >= cores and with_overhead(more) <= gigabytes * 1024]
    return more, min(fitting, default=biggest)
