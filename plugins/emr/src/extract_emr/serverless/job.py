"""The job run of one table on EMR Serverless: its limits, and its options of spark-submit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_emr.arguments import Limits
from extract_emr.spark_options import options_text

if TYPE_CHECKING:
    from extract_emr.serverless.settings import ServerlessSettings

LIMITS: Final = Limits(entry_point=4096, arguments=1024, argument=None)
"""botocore: EntryPointPath, EntryPointArguments. Neither a shell nor YARN is between the call and the driver's argv."""


def spark_options(settings: ServerlessSettings) -> str:
    """The member SparkSubmitParameters: the table's own options, then its sizes."""
    sizes: dict[tuple[str, str], str | int | None] = {
        ("--executor-cores", "spark.executor.cores"): settings.executor_cores,
        ("--executor-memory", "spark.executor.memory"): settings.executor_memory,
        ("--driver-cores", "spark.driver.cores"): settings.driver_cores,
        ("--driver-memory", "spark.driver.memory"): settings.driver_memory,
    }
    return options_text(settings.spark_submit_args, sizes)
