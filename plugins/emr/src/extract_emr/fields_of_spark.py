"""What the services and Spark call the settings that all three job types have."""

from __future__ import annotations

from typing import Final

SPARK_NAMES: Final = {
    "EntryPoint": "script",
    "SparkSubmitParameters": "spark_submit_args",
    "spark.executor.memory": "executor_memory",
    "spark.executor.cores": "executor_cores",
    "spark.driver.memory": "driver_memory",
}
"""Members of SparkSubmit (EMR Serverless and EMR on EKS API references), and Spark's configuration (Spark guide)."""
