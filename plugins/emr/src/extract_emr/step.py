"""The step of one table: command-runner.jar, spark-submit, the script and the job's arguments, within EMR's and YARN's limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core import ArgumentsTooLong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_emr.settings import EmrSettings

JAR: Final = "command-runner.jar"

MAX_CHARACTERS: Final = 10_240
"""The most characters of all texts of a HadoopJarStep together (EMR API reference, HadoopJarStepConfig)."""

MAX_NAME: Final = 256
"""Characters of a step's name (botocore: XmlStringMaxLen256)."""

_CHANGED_BY_YARN: Final = re.compile(r"[`\\]|\{\{|\}\}")
"""What does not survive YARN's ``bash -c "…"`` of a driver in the cluster: Spark escapes dollar signs and quotes for it, not
these (spark: YarnSparkHadoopUtil.escapeForShell), and YARN itself reads ``{{NAME}}`` as a variable of the environment."""

_NO_TEXT_OF_EMR: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Control characters and the like, which EMR's texts may not have (botocore: the pattern of XmlString)."""


def step_name(source: str, table: str, run_id: str, attempt: int) -> str:
    """The step's name in the console, at most 256 characters; the table gives way, not the run."""
    tail = f" {run_id} attempt {attempt}"
    return f"{source} {table}"[: MAX_NAME - len(tail)] + tail


def step_args(script: str, settings: EmrSettings, job_arguments: Mapping[str, str]) -> list[str]:
    """The member Args of HadoopJarStep. ValueError for what YARN would change, ArgumentsTooLong over 10,240 characters."""
    passed = [part for pair in job_arguments.items() for part in pair]
    _check_letters(job_arguments)
    if settings.deploy_mode == "cluster":
        _check_yarn(job_arguments)
    args = [
        "spark-submit",
        "--deploy-mode",
        settings.deploy_mode,
        *settings.spark_submit_args,
        *settings.sizes(),
        script,
        *passed,
    ]
    _check_size(args, job_arguments)
    return args


def _check_letters(job_arguments: Mapping[str, str]) -> None:
    for name in sorted(job_arguments):
        no_text = _NO_TEXT_OF_EMR.search(name + job_arguments[name])
        if no_text:
            raise ValueError(f"the value of {name!r} holds {no_text[0]!r}, which no step can carry: set argument_encoding: json")


def _check_yarn(job_arguments: Mapping[str, str]) -> None:
    for name in sorted(job_arguments):
        changed = _CHANGED_BY_YARN.search(name + job_arguments[name])
        if changed:
            raise ValueError(
                f"the value of {name!r} holds {changed[0]!r}, which YARN changes on the way to a driver in the cluster: "
                "set argument_encoding: json, or deploy_mode: client"
            )


def _check_size(args: Sequence[str], job_arguments: Mapping[str, str]) -> None:
    size = len(JAR) + sum(map(len, args))
    if size <= MAX_CHARACTERS:
        return
    longest = max(job_arguments, key=lambda name: len(job_arguments[name]), default="")
    raise ArgumentsTooLong(
        f"the step of this table has {size:,} characters, {MAX_CHARACTERS:,} is EMR's limit; the longest argument is "
        f"{longest!r} with {len(job_arguments.get(longest, '')):,}: shorten it"
    )
