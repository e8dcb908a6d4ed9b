"""The job run of one table on EMR on EKS: its name, its limits, and its options of spark-submit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_emr.arguments import Limits
from extract_emr.memory import doubled
from extract_emr.spark_options import options_text

if TYPE_CHECKING:
    from extract_emr.eks.settings import EksSettings

LIMITS: Final = Limits(
    entry_point=256,
    arguments=None,
    argument=10_280,
    refused=re.compile(r"\$\(|\$\$|\A\s*\Z"),
    because="which does not reach the driver's pod unchanged",
)
"""botocore: entryPoint, EntryPointArgument (it has a character that is not a blank). Kubernetes reads ``$(NAME)`` in a
container's args as a variable of its environment, and ``$$`` as a dollar sign (Kubernetes API reference, Container.args)."""

_MAX_NAME: Final = 64


def job_name(source: str, table: str, run_id: str, attempt: int) -> str:
    """At most 64 characters of ``[.-_/#A-Za-z0-9]`` (botocore: ResourceNameString): the table gives way, then the run."""
    tail = f"-{run_id}"[-40:] + f"-{attempt}"
    name = f"{source}-{table}"[: _MAX_NAME - len(tail)] + tail
    return re.sub(r"[^.\-_/#A-Za-z0-9]", "-", name)


def spark_options(settings: EksSettings) -> str:
    """The member SparkSubmitParameters: the table's own options, then its sizes."""
    sizes: dict[tuple[str, str], str | int | None] = {
        ("--executor-cores", "spark.executor.cores"): settings.executor_cores,
        ("--executor-memory", "spark.executor.memory"): settings.executor_memory,
        ("--driver-memory", "spark.driver.memory"): settings.driver_memory,
    }
    return options_text(settings.spark_submit_args, sizes)


def bigger(settings: EksSettings) -> EksSettings:
    """Twice the memory of executors and driver."""
    more = {"executor_memory": doubled(settings.executor_memory), "driver_memory": doubled(settings.driver_memory)}
    return settings.model_copy(update=more)
