"""More memory for another attempt at a step that ran out of it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from extract_emr.memory import OVERHEAD, doubled, option

if TYPE_CHECKING:
    from extract_core import JobStatus
    from extract_emr.settings import EmrSettings

_LIMIT_OF_YARN: Final = re.compile(r"of (\d{1,6}(?:\.\d{1,3})?) ?GB physical memory used", re.IGNORECASE)


def bigger(settings: EmrSettings, status: JobStatus) -> EmrSettings | None:
    """Twice the memory of executors and driver, if it is set or YARN named it; else one task at a time in an executor.

    The default of a cluster is not known here: one core leaves an executor's whole memory to one task, and asks for no
    container that the cluster can't give. None if there is nothing left to do.
    """
    args = settings.spark_submit_args
    executor = settings.executor_memory or option(args, "--executor-memory", "spark.executor.memory")
    driver = settings.driver_memory or option(args, "--driver-memory", "spark.driver.memory")
    limit = _LIMIT_OF_YARN.search(status.message or "")
    more = {
        "executor_memory": doubled(executor or "") or (f"{math.ceil(float(limit[1]) / OVERHEAD * 2)}g" if limit else None),
        "driver_memory": doubled(driver or ""),
    }
    sizes = {name: size for name, size in more.items() if size}
    if sizes:
        return settings.model_copy(update=sizes)
    cores = settings.executor_cores or option(args, "--executor-cores", "spark.executor.cores")
    return None if str(cores) == "1" else settings.model_copy(update={"executor_cores": 1})
