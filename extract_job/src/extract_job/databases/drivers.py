"""The drivers of the databases, each an extra of this distribution: the job is imported without them."""

from extract_job.errors import FailureClass, JobError

_PACKAGES = {
    "postgres": ("adbc-driver-postgresql", "postgres"),
    "mysql": ("PyMySQL numpy", "mysql"),
    "sqlserver": ("mssql-python", "sqlserver"),
    "oracle": ("oracledb", "oracle"),
}
"""By engine: the packages of the driver, and the extra."""


def no_driver(engine: str) -> JobError:
    """Return the error for a driver that is not installed. It names the driver's package, which is on the public index."""
    package, extra = _PACKAGES[engine]
    return JobError(
        f"--db_engine {engine!r} requires a driver, which is in the extra {extra!r} of extract-sfn-job; install it with: "
        f"pip install {package}",
        FailureClass.CONFIG,
    )
