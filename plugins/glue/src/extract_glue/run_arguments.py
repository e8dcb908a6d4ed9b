"""The arguments of a job run: the job's flat ``--key value`` map, with what Glue keeps for itself, or can't carry, refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core import ArgumentsTooLong

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVED: Final = {
    "--JOB_NAME": "Glue passes it itself",
    "--JOB_ID": "Glue passes it itself",
    "--JOB_RUN_ID": "Glue passes it itself",
    "--SECURITY_CONFIGURATION": "Glue passes it itself: set security_configuration under [job_types.glue] of extract.toml",
    "--encryption-type": "Glue passes it itself, from the job's security configuration",
    "--continuation-option": "Glue passes it itself",
    "--debug": "Glue uses it internally",
    "--mode": "Glue uses it internally",
}
"""Names that Glue's guide ("Using job parameters") and ``awsglue.utils.getResolvedOptions`` keep, and why.

``--conf`` is listed there too, yet is in wide use to set Spark's options: it is let through.
"""

OF_GLUE: Final = frozenset({
    "--TempDir", "--additional-python-modules", "--auto-scale-within-microbatch", "--class", "--conf",
    "--continuous-log-conversionPattern", "--continuous-log-logGroup", "--continuous-log-logStreamPrefix",
    "--customer-driver-env-vars", "--customer-executor-env-vars", "--custom-logGroup-prefix", "--custom-logStream-prefix",
    "--datalake-formats", "--disable-proxy-v2", "--enable-auto-scaling", "--enable-continuous-cloudwatch-log",
    "--enable-continuous-log-filter", "--enable-glue-datacatalog", "--enable-job-insights",
    "--enable-lakeformation-fine-grained-access", "--enable-metrics", "--enable-observability-metrics",
    "--enable-rename-algorithm-v2", "--enable-s3-parquet-optimized-committer", "--enable-spark-ui", "--executor-cores",
    "--extra-files", "--extra-jars", "--extra-py-files", "--glue-shuffle-spark-conf", "--job-bookmark-from",
    "--job-bookmark-option", "--job-bookmark-to", "--job-language", "--python-modules-installer-option", "--scriptLocation",
    "--spark-event-logs-path", "--spark-ui-event-logs-path", "--use-postgres-driver", "--user-jars-first",
    "--write-shuffle-files-to-s3", "--write-shuffle-spills-to-s3",
})  # fmt: skip
"""Names that Glue reads itself, some with an empty value: ``--enable-metrics`` (Glue guide, "Using job parameters")."""


MAX_REQUEST: Final = 180_000
"""Bytes of all arguments as JSON. Glue's limits are not documented: requests above 180 to 190 K were refused with "Request size
limit exceeded" (awsdocs/aws-glue-developer-guide#55)."""

MAX_ARGUMENT: Final = 131_071
"""Bytes of one value: Glue gives them to the job's process as its argv, of which Linux takes so many (execve(2), MAX_ARG_STRLEN;
the same report has "argument list too long")."""


def run_arguments(job_arguments: Mapping[str, str]) -> dict[str, str]:
    """The member Arguments of StartJobRun.

    ValueError for a name that Glue keeps or can't take, ArgumentsTooLong for a value over 128 KiB, or over 180,000 bytes in all.
    """
    for name in sorted(name for name in job_arguments if name in RESERVED or name[:2] != "--" or len(name) < 3):
        if name in RESERVED:
            raise ValueError(f"the argument {name!r} is reserved by Glue ({RESERVED[name]}): take another name under arguments")
        raise ValueError(f"the argument {name!r} can't be passed to Glue: names begin with '--'")
    if sum(map(len, job_arguments.values())) > _SURELY_FITS:
        _check_size(job_arguments)
    return dict(job_arguments)


_SURELY_FITS: Final = 10_000
"""Characters: most tables are not measured."""


def _check_size(job_arguments: Mapping[str, str]) -> None:
    longest = max(job_arguments, key=lambda name: len(job_arguments[name].encode("utf-8", "surrogatepass")))
    size = len(job_arguments[longest].encode("utf-8", "surrogatepass"))
    if size > MAX_ARGUMENT:
        raise ArgumentsTooLong(
            f"the argument {longest!r} of this table's Glue job has {size:,} bytes, {MAX_ARGUMENT:,} is the limit of one: "
            "shorten it"
        )
    whole = len(json.dumps(dict(job_arguments), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if whole > MAX_REQUEST:
        raise ArgumentsTooLong(
            f"the arguments of this table's Glue job have {whole:,} bytes, {MAX_REQUEST:,} is the limit; the longest is "
            f"{longest!r} with {size:,}: shorten it"
        )
